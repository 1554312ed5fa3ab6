"""Whether polls come as often as they should, by a clock in the test's hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.config import Poll
from monitor.health.pulse import Pulse

HOURLY = Poll.model_validate({"otherwise": "1h", "jitter": "0s"})


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, **span: float) -> None:
        self.seconds += timedelta(**span).total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    return Pulse(HOURLY, clock)


def polls(pulse: Pulse, outcome: str) -> float | None:
    return pulse.registry.get_sample_value("monitor287g_polls_total", {"outcome": outcome})


def test_a_poll_is_overdue_after_two_intervals(pulse: Pulse, clock: Clock) -> None:
    clock.wait(hours=2)
    assert pulse.problem() == ""
    clock.wait(minutes=6)
    assert pulse.problem() == "no poll for 126 minutes"
    with pulse.beat() as beat:
        beat.outcome = "unchanged"
    assert pulse.problem() == ""


def test_a_longer_interval_counts_from_the_reload_on(pulse: Pulse, clock: Clock) -> None:
    clock.wait(hours=3)
    assert pulse.stuck()
    pulse.expect(Poll.model_validate({"otherwise": "4h", "jitter": "0s"}))
    assert not pulse.stuck()


def test_a_poll_that_does_not_end_is_a_problem_however_long_the_interval(pulse: Pulse, clock: Clock) -> None:
    with pulse.beat() as beat:
        clock.wait(minutes=29)
        assert pulse.problem() == ""
        clock.wait(minutes=2)
        assert pulse.problem() == "a poll has lasted 31 minutes and does not end"
        beat.outcome = "unchanged"
    assert pulse.problem() == ""


def test_a_poll_that_raised_is_a_problem_that_a_new_start_does_not_mend(pulse: Pulse) -> None:
    with pytest.raises(OSError), pulse.beat():
        raise OSError("/var/lib/secret: no space")
    assert pulse.problem() == "the last poll ended in an error; the log says which"
    assert pulse.stuck() == ""
    assert polls(pulse, "failed") == 1


def test_polls_are_counted_by_outcome_and_timed(pulse: Pulse, clock: Clock) -> None:
    for seconds in (2, 40):
        with pulse.beat() as beat:
            clock.wait(seconds=seconds)
            beat.outcome = "unchanged"
    assert polls(pulse, "unchanged") == 2
    assert polls(pulse, "changed") is None
    sample = pulse.registry.get_sample_value
    assert sample("monitor287g_poll_duration_seconds_sum") == 42
    assert sample("monitor287g_poll_duration_seconds_bucket", {"le": "5.0"}) == 1
