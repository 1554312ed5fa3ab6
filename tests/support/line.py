"""The whole line in one object: a stand-in site, a state directory and the real poller, with the clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import verdicts
from monitor.config import Settings
from monitor.evidence import Evidence
from monitor.fetcher import Fetcher
from monitor.notifiers.desk import deliver
from monitor.notifiers.outbox import Sent
from monitor.poller import Poller
from monitor.poller.results import PollResult
from monitor.publishers import publish, refresh
from monitor.statedir import StateDirectory
from monitor.store import Store
from tests.support.site import Site

START = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)


class Line:
    """Polls `site` into a state directory. `now` is the clock; no test sleeps. What is learnt is told at once, without a group wait."""

    def __init__(self, site: Site, folder: Path, **settings: Any) -> None:
        self.site = site
        self.now = START
        self.waited: list[float] = []
        values = {"page": site.page_url, "state": folder, "fetch": {"attempts": 2}, "alerts": {"group_wait": "0s"}, **settings}
        self.settings = Settings.model_validate(values)
        self.state = StateDirectory(folder)
        self.store = Store.open(self.state.database)
        self.evidence = Evidence(self.state.documents)

    def pause(self, seconds: float) -> bool:
        """Stands in for waiting: records how long it would have been."""
        self.waited.append(seconds)
        return False

    def poll(self, *, after: timedelta = timedelta(minutes=10)) -> PollResult:
        """One poll, `after` the one before."""
        self.now += after
        with Fetcher(self.settings, self.pause) as fetcher:
            found = verdicts.load(self.state.verdicts)
            return Poller(self.store, self.evidence, fetcher, self.settings, found).poll(self.now)

    def deliver(self) -> dict[str, Sent]:
        """Sends what is due now on every channel."""
        return {
            channel.name: deliver(self.store, channel, self.settings, lambda: self.now, self.pause)
            for channel in self.settings.channels
        }

    def publish(self) -> list[str]:
        """Builds all public files; the paths of those that changed."""
        return publish(self.store, self.settings, self.evidence, self.state.public, self.now)[1]

    def refresh(self) -> list[str]:
        """Builds the public files that are out of date; the paths of those that changed."""
        return refresh(self.store, self.settings, self.evidence, self.state.public, self.now)

    def kinds(self) -> list[str]:
        """Kinds of all events that tell something, in the log's order."""
        return [event.kind for event in self.store.events()]

    def agencies(self, list_name: str = "participating") -> list[str]:
        """Names of the agencies that stand."""
        return [row.agency for row in self.store.standing(list_name)]


@contextmanager
def line(site: Site, folder: Path, **settings: Any) -> Iterator[Line]:
    """A line whose database is closed at the end."""
    one = Line(site, folder, **settings)
    try:
        yield one
    finally:
        one.store.close()
