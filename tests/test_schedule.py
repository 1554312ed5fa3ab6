"""When the page is polled: often while ICE publishes, seldom otherwise, in Washington's time the whole year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.config import Poll
from monitor.schedule import Every, PollTrigger

NEW_YORK = ZoneInfo("America/New_York")
TEN_MINUTES, HOUR = timedelta(minutes=10), timedelta(hours=1)


def trigger(**values: Any) -> PollTrigger:
    return PollTrigger(Poll.model_validate(values))


def local(text: str) -> datetime:
    """A moment by New York's clock, as APScheduler gives it: in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def polls(since: str, number: int, **values: Any) -> list[str]:
    """New York's clock at the next polls after one at `since`."""
    one, moment, found = trigger(**values), local(since), []
    for _ in range(number):
        moment = one.after(moment)
        found.append(moment.astimezone(UTC).astimezone(NEW_YORK).strftime("%a %H:%M %Z"))
    return found


@pytest.mark.parametrize("now", ["2025-06-02 10:00", "2025-06-02 03:00", "2025-06-07 12:00"])
def test_the_first_poll_is_at_once_whatever_the_hour(now: str) -> None:
    assert trigger().get_next_fire_time(None, local(now)) == local(now)


def test_in_the_busy_hours_of_weekdays_it_polls_every_ten_minutes() -> None:
    assert polls("2025-06-02 08:00", 3) == ["Mon 08:10 EDT", "Mon 08:20 EDT", "Mon 08:30 EDT"]
    assert polls("2025-06-06 19:45", 2) == ["Fri 19:55 EDT", "Fri 20:05 EDT"]


def test_in_the_evening_and_at_night_it_polls_every_hour() -> None:
    assert polls("2025-06-02 20:00", 3) == ["Mon 21:00 EDT", "Mon 22:00 EDT", "Mon 23:00 EDT"]


def test_the_start_of_the_busy_hours_comes_before_the_end_of_an_hour() -> None:
    assert polls("2025-06-02 07:25", 2) == ["Mon 08:00 EDT", "Mon 08:10 EDT"]
    assert polls("2025-06-06 22:00", 3, otherwise="2d") == ["Sun 22:00 EDT", "Mon 08:00 EDT", "Mon 08:10 EDT"]


def test_at_the_weekend_it_polls_every_hour_until_monday_morning() -> None:
    found = polls("2025-06-07 08:30", 48)
    assert found[0] == "Sat 09:30 EDT"
    assert found[46:] == ["Mon 07:30 EDT", "Mon 08:00 EDT"]


def test_other_busy_days_can_be_named_across_the_week_s_end() -> None:
    busy = {"days": "sat-mon,wed"}
    days = [day for day in range(2, 9) if trigger(busy=busy).is_busy(local(f"2025-06-{day:02} 12:00"))]
    assert [datetime(2025, 6, day).strftime("%a") for day in days] == ["Mon", "Wed", "Sat", "Sun"]


@pytest.mark.parametrize(
    ("clock", "busy"), [("07:59:59", False), ("08:00:00", True), ("19:59:59", True), ("20:00:00", False), ("00:00:00", False)]
)
def test_the_busy_hours_begin_with_their_start_and_are_over_at_their_end(clock: str, busy: bool) -> None:
    assert trigger().is_busy(local(f"2025-06-02 {clock}")) is busy


def test_the_busy_hours_are_washington_s_in_winter_and_in_summer() -> None:
    one = trigger()
    assert one.after(datetime(2025, 3, 7, 12, 30, tzinfo=UTC)) == datetime(2025, 3, 7, 13, 0, tzinfo=UTC)
    assert one.after(datetime(2025, 3, 10, 11, 30, tzinfo=UTC)) == datetime(2025, 3, 10, 12, 0, tzinfo=UTC)
    assert one.after(datetime(2025, 11, 3, 12, 30, tzinfo=UTC)) == datetime(2025, 11, 3, 13, 0, tzinfo=UTC)


def test_the_hour_that_is_skipped_in_march_skips_no_poll() -> None:
    assert polls("2025-03-09 00:30", 3) == ["Sun 01:30 EST", "Sun 03:30 EDT", "Sun 04:30 EDT"]


def test_the_hour_that_comes_twice_in_november_doubles_no_poll() -> None:
    assert polls("2025-11-02 00:30", 3) == ["Sun 01:30 EDT", "Sun 01:30 EST", "Sun 02:30 EST"]


@pytest.mark.parametrize("friday", ["2025-03-07 07:30", "2025-10-31 07:30"])
def test_a_week_that_begins_before_the_clocks_change_neither_doubles_nor_skips_a_poll(friday: str) -> None:
    one, moment, waits = trigger(), local(friday), set()
    for _ in range(130):
        following = one.after(moment)
        waits.add(following.astimezone(UTC) - moment.astimezone(UTC))
        moment = following
    assert waits == {TEN_MINUTES, timedelta(minutes=30), HOUR}


@pytest.mark.parametrize("day", ["2025-03-09", "2025-11-02"])
def test_busy_hours_around_a_change_of_the_clocks_are_polled_every_ten_real_minutes(day: str) -> None:
    one, moment = trigger(busy={"days": "mon-sun", "start": "00:00", "end": "12:00"}), local(f"{day} 00:50")
    for _ in range(24):
        following = one.after(moment)
        assert following - moment == TEN_MINUTES
        moment = following


def test_busy_hours_that_begin_in_the_hour_skipped_in_march_begin_when_it_is_over() -> None:
    busy = {"days": "mon-sun", "start": "02:30", "end": "12:00"}
    assert polls("2025-03-09 01:50", 2, busy=busy) == ["Sun 03:30 EDT", "Sun 03:40 EDT"]


def test_busy_hours_that_begin_in_the_hour_repeated_in_november_do_not_turn_back_the_clock() -> None:
    one = trigger(busy={"days": "mon-sun", "start": "01:30"})
    previous = datetime(2025, 11, 2, 6, 10, tzinfo=UTC)  # 01:10, the second time
    assert one.after(previous) > previous


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)))
@example(datetime(2025, 3, 9, 6, 59, 59))
@example(datetime(2025, 11, 2, 5, 59, 59))
@settings(max_examples=200, deadline=None)
def test_the_next_poll_is_always_later_and_never_more_than_an_hour_away(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    wait = trigger().after(moment) - moment
    assert timedelta(0) < wait <= HOUR
    assert wait == TEN_MINUTES or not trigger().is_busy(moment)


ZONES = ("America/New_York", "Europe/London", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")


@given(
    moment=st.datetimes(datetime(2011, 1, 1), datetime(2027, 1, 1)),
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 22),
    minute=st.sampled_from((0, 1, 30, 59)),
    days=st.sampled_from(("mon-sun", "sun", "fri-mon", "mon,wed")),
)
@example(datetime(2025, 11, 2, 6, 10), "America/New_York", 1, 30, "mon-sun")
@example(datetime(2011, 12, 30, 9, 59), "Pacific/Apia", 12, 0, "mon-sun")  # a day that this zone left out
@settings(max_examples=300, deadline=None)
def test_whatever_is_configured_the_next_poll_is_later_and_never_more_than_an_hour_away(
    moment: datetime, zone: str, hour: int, minute: int, days: str
) -> None:
    busy = {"days": days, "start": f"{hour:02}:{minute:02}", "end": "23:59"}
    one, previous = trigger(timezone=zone, busy=busy), moment.replace(tzinfo=UTC)
    following = one.after(previous)
    assert timedelta(0) < following - previous <= HOUR
    assert following.tzinfo is UTC


def test_jitter_delays_by_up_to_its_length_and_never_hastens() -> None:
    one, previous = trigger(jitter="30s"), local("2025-06-02 10:00")
    delays = set()
    for _ in range(200):
        moment = one.get_next_fire_time(previous, previous)
        assert moment is not None
        delays.add(moment - previous - TEN_MINUTES)
    assert min(delays) >= timedelta(0)
    assert max(delays) <= timedelta(seconds=30)
    assert len(delays) > 100, "the delays are not spread"


def test_without_jitter_the_moment_is_exact() -> None:
    previous = local("2025-06-02 10:00")
    assert trigger(jitter="0s").get_next_fire_time(previous, previous) == previous + TEN_MINUTES


@pytest.mark.parametrize("one", [trigger(jitter="0s"), Every(timedelta(seconds=30))], ids=["polls", "deliveries"])
def test_a_clock_that_stood_in_1970_is_caught_up_with_in_one_step(one: PollTrigger | Every) -> None:
    now, moment, fired = local("2026-03-02 10:00"), datetime(1970, 1, 1, tzinfo=UTC), 0
    # As APScheduler counts what was missed, with its lock held.
    while moment <= now:
        fired += 1
        assert fired <= 2
        following = one.get_next_fire_time(moment, now)
        assert following is not None
        moment = following
    assert timedelta(0) < moment - now <= TEN_MINUTES
