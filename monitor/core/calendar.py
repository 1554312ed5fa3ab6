"""Times of day in a time zone, as people mean them: clocks that repeat or skip an hour included."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))


def next_time(after: datetime, zone: ZoneInfo, clock: time, days: Container[int] = EVERY_DAY) -> datetime:
    """The first moment (UTC) after `after` at which clocks in `zone` show `clock` on one of `days` (0: Monday).

    Compared in UTC, since local clocks repeat an hour in autumn; a time that spring skips is an hour later.
    """
    first = after.astimezone(zone).date()
    ahead = 0
    while True:
        day = first + timedelta(days=ahead)
        moment = datetime.combine(day, clock, zone).astimezone(UTC)
        if day.weekday() in days and moment > after:
            return moment
        ahead += 1


def within(moment: datetime, zone: ZoneInfo, start: time, end: time) -> bool:
    """Whether clocks in `zone` show a time from `start` to before `end`; an `end` before `start` is that of the next day."""
    clock = moment.astimezone(zone).time()
    return start <= clock < end if start <= end else clock >= start or clock < end


def after(moment: datetime, zone: ZoneInfo, start: time, end: time) -> datetime:
    """`moment`, or the `end` of the hours from `start` on if it falls within them (UTC)."""
    if not within(moment, zone, start, end):
        return moment
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= end)
    # In the hour that comes twice, the end of the same pass through it.
    return datetime.combine(day, end.replace(fold=local.fold), zone).astimezone(UTC)
