"""The clock. Commands and the daemon read it; everything below them is given the moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Time servers slew smaller differences, and nothing is planned to the minute.
NOTABLE = timedelta(minutes=1)


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Drift:
    """Notices that the wall clock was set, or that the machine slept: what was planned by it must be planned anew."""

    def __init__(self, now: Callable[[], datetime] = utc_now, steady: Callable[[], float] = time.monotonic) -> None:
        self._now, self._steady = now, steady
        self._last = now(), steady()

    def jump(self) -> timedelta:
        """By how much the wall clock went further (below zero: less far) than time did since this was last asked; zero below NOTABLE."""
        now, steady = self._now(), self._steady()
        gone = now - self._last[0] - timedelta(seconds=steady - self._last[1])
        self._last = now, steady
        return gone if abs(gone) >= NOTABLE else timedelta(0)
