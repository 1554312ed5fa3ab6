"""Times of day as people mean them, in zones whose clocks skip an hour and repeat one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import DAYS, EVERY_DAY, next_time, within

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns")
MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0, tzinfo=None))


def utc(text: str) -> datetime:
    """A moment written as clocks in New York show it, with the offset that tells the hour that comes twice apart."""
    return datetime.fromisoformat(text).astimezone(UTC)


def shown(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("after", "clock", "first"),
    [
        ("2025-05-30T07:59-04:00", time(8), "2025-05-30T08:00-04:00"),
        # Not before the moment, not at it.
        ("2025-05-30T08:00-04:00", time(8), "2025-05-31T08:00-04:00"),
        ("2025-05-30T23:59-04:00", time(0), "2025-05-31T00:00-04:00"),
        # Clocks go forward on March 9: the day has 23 hours, and no 02:30.
        ("2025-03-08T08:00-05:00", time(8), "2025-03-09T08:00-04:00"),
        ("2025-03-08T03:00-05:00", time(2, 30), "2025-03-09T03:30-04:00"),
        ("2025-03-09T03:30-04:00", time(2, 30), "2025-03-10T02:30-04:00"),
        # Clocks go back on November 2: the day has 25 hours, and 01:30 comes twice.
        ("2025-11-01T08:00-04:00", time(8), "2025-11-02T08:00-05:00"),
        ("2025-11-02T00:00-04:00", time(1, 30), "2025-11-02T01:30-04:00"),
        # A digest of the day is made once that day.
        ("2025-11-02T01:30-04:00", time(1, 30), "2025-11-03T01:30-05:00"),
    ],
)
def test_the_next_time_of_day(after: str, clock: time, first: str) -> None:
    assert shown(next_time(utc(after), NEW_YORK, clock)) == first


@pytest.mark.parametrize(
    ("after", "day", "first"),
    [
        ("2025-05-30T12:00-04:00", "mon", "2025-06-02T08:00-04:00"),
        ("2025-05-30T07:00-04:00", "fri", "2025-05-30T08:00-04:00"),
        ("2025-05-30T08:00-04:00", "fri", "2025-06-06T08:00-04:00"),
        ("2025-10-31T12:00-04:00", "sun", "2025-11-02T08:00-05:00"),
        # Sunday evening in New York is Monday in UTC; the day is New York's.
        ("2025-06-01T21:00-04:00", "mon", "2025-06-02T08:00-04:00"),
    ],
)
def test_the_next_time_on_a_day_of_the_week(after: str, day: str, first: str) -> None:
    assert shown(next_time(utc(after), NEW_YORK, time(8), {DAYS.index(day)})) == first


@pytest.mark.parametrize(
    ("clock", "start", "end", "inside"),
    [
        (time(12), time(9), time(17), True),
        (time(9), time(9), time(17), True),
        (time(17), time(9), time(17), False),
        (time(8, 59), time(9), time(17), False),
        # Over midnight.
        (time(23), time(22), time(7), True),
        (time(22), time(22), time(7), True),
        (time(0), time(22), time(7), True),
        (time(6, 59), time(22), time(7), True),
        (time(7), time(22), time(7), False),
        (time(21, 59), time(22), time(7), False),
    ],
)
def test_hours_hold_their_start_and_not_their_end(clock: time, start: time, end: time, inside: bool) -> None:
    assert within(datetime.combine(datetime(2025, 5, 30), clock, NEW_YORK), NEW_YORK, start, end) is inside


@pytest.mark.parametrize("offset", ["-04:00", "-05:00"])
def test_an_hour_that_comes_twice_is_inside_twice(offset: str) -> None:
    assert within(utc(f"2025-11-02T01:30{offset}"), NEW_YORK, time(1), time(2))


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS, st.sets(st.integers(0, 6), min_size=1))
@settings(max_examples=300, deadline=None)
def test_a_time_is_after_the_moment_on_such_a_day_and_no_later_than_it_must_be(
    after: datetime, name: str, clock: time, days: set[int]
) -> None:
    zone = ZoneInfo(name)
    found = next_time(after, zone, clock, days)
    local = found.astimezone(zone)
    assert found > after
    assert found.utcoffset() == timedelta(0)
    if local.time() == clock:
        assert local.weekday() in days
    else:
        # Clocks skip that time of day, or (Apia in 2011) the whole day: never by more than the skipped stretch.
        skipped = (local.replace(tzinfo=None) - datetime.combine(local.date(), clock)) % timedelta(days=1)
        assert timedelta(0) < skipped <= timedelta(hours=1)
    # A week holds each day; one may be of 25 hours, and the time of day have been an hour before.
    assert found - after <= timedelta(days=7, hours=2) or name == "Pacific/Apia"


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS, CLOCKS)
@settings(max_examples=300, deadline=None)
def test_hours_and_the_rest_of_the_day_share_no_moment(moment: datetime, name: str, start: time, end: time) -> None:
    zone = ZoneInfo(name)
    if start != end:
        assert within(moment, zone, start, end) is not within(moment, zone, end, start)


def test_every_day_is_every_day() -> None:
    assert {*range(len(DAYS))} == EVERY_DAY
