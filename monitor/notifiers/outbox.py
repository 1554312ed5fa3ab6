"""Sends what is due: one channel at a time, in order, until nothing is left or the service refuses.

A message is marked `sending` before the attempt and `sent` after it returned: a crash in between sends it once more, never not at
all. The second time it bears the same id, and a channel whose service can be asked looks there first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.notifiers import DeliveryError, Notifier, Receipt, Sending, notices
from monitor.notifiers.messages import OPERATOR, Message
from monitor.notifiers.news import Links
from monitor.store import Delivery, NewDelivery, Store
from monitor.store.outbox import SENDING

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=24)
# A message that no service took for this long is news no more; it is given up, and the operator told.
GIVE_UP_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run over a channel did: messages sent, messages given up, and the error that ended it ("" where none did)."""

    sent: int = 0
    given_up: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """One channel's queue: `pause` seconds at least lie between two of its messages; `operators` hear of what is given up; while it is
    `quiet` only the operator's messages are sent, which never wait."""

    store: Store
    channel: str
    notifier: Notifier
    pause: float
    links: Links
    operators: Sequence[str] = ()
    quiet: Callable[[datetime], bool] = lambda at: False

    def deliver(self, now: Callable[[], datetime], wait: Callable[[float], bool]) -> Sent:
        """Sends the waiting messages, the oldest first. `wait(seconds)` is true when it is time to stop."""
        outbox = self.store.outbox
        sent = given_up = 0
        # The log keeps whole seconds: the message may have been sent at the end of its own.
        sent_at = outbox.last_sent(self.channel)
        last = sent_at + timedelta(seconds=1) if sent_at else None
        while delivery := outbox.next_due(self.channel, now(), severity=OPERATOR if self.quiet(now()) else None):
            # Bounded, should the clock have been set back.
            missing = min(self.pause, self.pause - (now() - last).total_seconds()) if last else 0.0
            if (missing > 0 or sent or given_up) and wait(max(missing, 0.0)):
                break
            last = now()
            try:
                receipt = self._attempt(delivery, last)
            except Exception as raised:
                # Whatever a channel stumbles over, the message stays due; its text may hold a secret, so only its type is told.
                error = raised if isinstance(raised, DeliveryError) else DeliveryError(f"unexpected {type(raised).__name__}")
                if error.final or now() - delivery.created_at >= GIVE_UP_AFTER:
                    self._give_up(delivery, str(error), now())
                    given_up += 1
                    continue
                pause = next_wait(delivery, error.retry_after)
                outbox.failed(
                    delivery, now(), now() + pause, str(error), delivery.receipt if error.receipt is None else error.receipt
                )
                log.warning("channel %s: not sent, next try in %d s: %s", self.channel, pause.total_seconds(), error)
                return Sent(sent, given_up, str(error))
            outbox.sent(delivery, now(), receipt.said, receipt.values)
            sent += 1
        return Sent(sent, given_up)

    def _attempt(self, delivery: Delivery, at: datetime) -> Receipt:
        message = Message.from_json(delivery.message)
        sending = Sending(
            at=at,
            events=[*self.store.events(ids=message.events, bookkeeping=True)] if message.events else [],
            # An attempt before a retry by hand has left its error.
            again=delivery.attempts > 0 or delivery.state == SENDING or bool(delivery.error),
            receipt=delivery.receipt,
            thread=self.store.outbox.receipt_of(self.channel, message.thread) if message.thread else {},
        )
        self.store.outbox.sending(delivery)
        return self.notifier.send(message, sending)

    def _give_up(self, delivery: Delivery, reason: str, at: datetime) -> None:
        log.error("channel %s: message given up at attempt %d: %s", self.channel, delivery.attempts + 1, reason)
        notes: list[NewDelivery] = []
        # Of an operator's message that is given up nobody is told: two channels that fail would tell each other for ever.
        if delivery.message.get("severity") != OPERATOR:
            message = notices.dead(
                self.channel, str(delivery.message.get("title", "")), reason, at, self.links, delivery.id
            ).to_json()
            # One notice at a time: a service that refuses everything must not bury what else the operator is told.
            key = notices.dead_key(self.channel)
            others = [name for name in self.operators if name != self.channel and not self.store.outbox.has_open(name, key)]
            notes = [NewDelivery(name, message) for name in others]
        self.store.outbox.dead(delivery, reason, at, notes)


def next_wait(delivery: Delivery, retry_after: float | None = None) -> timedelta:
    """How long to wait after a failed attempt: doubling from half a minute to a day, or what the service asks for (a day at most)."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(delivery.attempts, 12)
    return max(min(doubled, LONGEST_WAIT), timedelta(seconds=min(retry_after or 0, LONGEST_WAIT.total_seconds())))
