"""When to poll: often in the hours in which ICE publishes, seldom otherwise. Settings in, APScheduler triggers out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from monitor.config import Poll
from monitor.core.calendar import DAYS, next_time, within


class PollTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires every `busy.every` in the busy hours of `timezone` and every `otherwise` outside them.

    Counted from the last time it fired, so that a change of the clocks neither doubles nor skips a poll. What was missed while the machine
    slept is not counted, of which there may be a great deal.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._zone = ZoneInfo(poll.timezone)
        self._days = frozenset(_day_numbers(poll.busy.days))

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment to poll: at once at the first call, then after the interval that holds at that moment."""
        if previous_fire_time is None:
            return now
        moment = max(self.after(previous_fire_time), now)
        return self._apply_jitter(moment, self._poll.jitter.total_seconds() or None, now)  # type: ignore[no-any-return]

    def after(self, previous: datetime) -> datetime:
        """When to poll after `previous`: after the interval, or at the start of the busy hours if that comes first."""
        previous = previous.astimezone(UTC)
        if self.is_busy(previous):
            return previous + self._poll.busy.every
        return min(previous + self._poll.otherwise, next_time(previous, self._zone, self._poll.busy.start, self._days))

    def is_busy(self, moment: datetime) -> bool:
        """Whether `moment` lies in the busy hours."""
        day = moment.astimezone(self._zone).weekday()
        return day in self._days and within(moment, self._zone, self._poll.busy.start, self._poll.busy.end)


class Every(BaseTrigger):  # type: ignore[misc]
    """Fires every `span`. APScheduler's own interval counts every time that was missed: after a clock that stood in 1970, for minutes."""

    def __init__(self, span: timedelta) -> None:
        self._span = span

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """`span` after the last time, or now where that has passed."""
        return max(previous_fire_time + self._span, now) if previous_fire_time else now


def _day_numbers(days: str) -> list[int]:
    numbers: list[int] = []
    for part in days.split(","):
        first, _, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        numbers += [day % 7 for day in range(start, end + 1 + (7 if end < start else 0))]
    return numbers
