"""What the database says of how the monitor does, read at once for /healthz, /metrics, `status` and `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core.events import iso
from monitor.core.roster import LISTS
from monitor.store import PollRecord, Store

OK, DEGRADED, FAILING = "ok", "degraded", "failing"


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of the record and of the queues at `at`. Ages are never negative: a clock that was set back gives 0."""

    at: datetime
    last_poll: PollRecord | None
    last_good_poll: PollRecord | None
    oldest_waiting: datetime | None
    alarms: int
    held: int

    @classmethod
    def of(cls, store: Store, at: datetime) -> Reading:
        journal = store.journal
        return cls(
            at,
            journal.last_poll(),
            journal.last_poll(good=True),
            min((one.oldest for one in store.outbox.waiting().values()), default=None),
            len(journal.alarms()),
            sum(len(store.held_publications(name)) for name in LISTS),
        )

    @property
    def degraded(self) -> bool:
        """Whether somebody should look: the source fails, an alarm is open, a publication waits for a person."""
        return bool((self.last_poll and not self.last_poll.good) or self.alarms or self.held)

    def age(self, moment: datetime | None) -> int | None:
        """Seconds since `moment`, None where there is none."""
        return max(0, round((self.at - moment) / timedelta(seconds=1))) if moment else None


def health(store: Store, at: datetime, problem: str = "") -> dict[str, Any]:
    """The document of /healthz. `problem` is why the daemon does not poll as it should."""
    reading = Reading.of(store, at)
    last, good = reading.last_poll, reading.last_good_poll
    return {
        "status": FAILING if problem else DEGRADED if reading.degraded else OK,
        **({"detail": problem} if problem else {}),
        "last_poll": {"at": iso(last.at), "outcome": last.outcome} if last else None,
        "last_good_poll_age_seconds": reading.age(good.at if good else None),
        "oldest_waiting_message_seconds": reading.age(reading.oldest_waiting),
        "open_alarms": reading.alarms,
        "held_publications": reading.held,
    }
