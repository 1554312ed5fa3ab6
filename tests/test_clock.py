"""Whether the wall clock was set: told from the time that has really passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import Drift

START = datetime(2026, 3, 8, 6, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "passed", "jump"),
    [
        (timedelta(seconds=10), 10.0, timedelta(0)),
        (timedelta(seconds=40), 10.0, timedelta(0)),
        (timedelta(days=365), 0.0, timedelta(days=365)),
        (timedelta(days=-365, seconds=10), 10.0, timedelta(days=-365)),
        (timedelta(hours=8), 5.0, timedelta(hours=8, seconds=-5)),
    ],
)
def test_a_clock_that_was_set_is_noticed_once(wall: timedelta, passed: float, jump: timedelta) -> None:
    now, steady = [START], [5.0]
    drift = Drift(lambda: now[0], lambda: steady[0])
    now[0] += wall
    steady[0] += passed
    assert drift.jump() == jump
    assert drift.jump() == timedelta(0)
