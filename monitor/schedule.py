"""When to poll: often in the hours in which ICE publishes, seldom otherwise. Settings in, APScheduler triggers out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from monitor.config import Poll

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PollTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires every `busy.every` in the busy hours of `timezone` and every `otherwise` outside them.

    Counted from the last time it fired, so that a change of the clocks neither doubles nor skips a poll.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self._zone = ZoneInfo(poll.timezone)
        self._days = frozenset(_day_numbers(poll.busy.days))

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment to poll: at once at the first call, then after the interval that holds at that moment."""
        if previous_fire_time is None:
            return now
        moment = self.after(previous_fire_time)
        return self._apply_jitter(moment, self._poll.jitter.total_seconds() or None, now)  # type: ignore[no-any-return]

    def after(self, previous: datetime) -> datetime:
        """When to poll after `previous`: after the interval, or at the start of the busy hours if that comes first."""
        previous = previous.astimezone(UTC)
        if self.is_busy(previous):
            return previous + self._poll.busy.every
        return min(previous + self._poll.otherwise, self._next_start(previous))

    def is_busy(self, moment: datetime) -> bool:
        """Whether `moment` lies in the busy hours."""
        local = moment.astimezone(self._zone)
        return local.weekday() in self._days and self._poll.busy.start <= local.time() < self._poll.busy.end

    def _next_start(self, moment: datetime) -> datetime:
        """The next start of busy hours after `moment`; compared in UTC, since local clocks repeat an hour in autumn."""
        first = moment.astimezone(self._zone).date()
        for ahead in range(9):
            day = first + timedelta(days=ahead)
            start = datetime.combine(day, self._poll.busy.start, self._zone).astimezone(UTC)
            if day.weekday() in self._days and start > moment:
                return start
        return moment + self._poll.otherwise


def _day_numbers(days: str) -> list[int]:
    numbers: list[int] = []
    for part in days.split(","):
        first, _, last = part.partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        numbers += [day % 7 for day in range(start, end + 1 + (7 if end < start else 0))]
    return numbers
