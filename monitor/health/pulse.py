"""The daemon's polls as seen from within: whether they come as often as they should, how many, with what outcome, how long they take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram

from monitor.config import Poll

# A poll asks for a few documents, each with a time limit and a few attempts. One that lasts longer than this does not end.
LONGEST_POLL = timedelta(minutes=30)
# How late the next poll may begin, beside its interval: another process may hold the state directory for a while.
_LATE = timedelta(minutes=5)
FAILED = "failed"
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)


class Pulse:
    """Counts polls and knows when one is overdue. Any thread may ask; the wall clock plays no part (`clock`: seconds, never set back)."""

    def __init__(self, poll: Poll, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self._polls = Counter("monitor287g_polls", "Polls since the start, by outcome.", ["outcome"], registry=self.registry)
        self._lasting = Histogram(
            "monitor287g_poll_duration_seconds",
            "How long polls took: requests, comparison, publishing.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._ended = clock()
        self._began: float | None = None
        self._failed = False
        self.expect(poll)

    def expect(self, poll: Poll) -> None:
        """From now on polls come as `poll` says."""
        self._late_after = late_after(poll) + 2 * poll.jitter

    @contextmanager
    def beat(self) -> Iterator[Beat]:
        """Around each poll; the outcome is set on what it gives, and is `failed` where the poll raises."""
        began = self._clock()
        with self._lock:
            self._began = began
        beat = Beat()
        try:
            yield beat
        finally:
            ended = self._clock()
            with self._lock:
                self._ended, self._began, self._failed = ended, None, beat.outcome == FAILED
            self._polls.labels(beat.outcome).inc()
            self._lasting.observe(ended - began)

    def problem(self) -> str:
        """Why polls are not what they should be, for the public: what it was stands in the log. "" where they are."""
        return self.stuck() or ("the last poll ended in an error; the log says which" if self._failed else "")

    def stuck(self) -> str:
        """Why only a new start of the daemon can help, "" where nothing speaks for that."""
        now = self._clock()
        with self._lock:
            began, ended = self._began, self._ended
        if began is not None:
            lasts = timedelta(seconds=now - began)
            return f"a poll has lasted {_minutes(lasts)} and does not end" if lasts > LONGEST_POLL else ""
        silent = timedelta(seconds=now - ended)
        return f"no poll for {_minutes(silent)}" if silent > self._late_after else ""


class Beat:
    """One poll; who runs it says what came of it."""

    outcome = FAILED


def late_after(poll: Poll) -> timedelta:
    """How long after a poll the next one is late, if it comes without jitter: two of the longest intervals, and a little."""
    return 2 * max(poll.busy.every, poll.otherwise) + _LATE


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} minutes"
