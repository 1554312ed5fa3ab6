"""The operator hears of a trouble once when it has lasted, and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitor.core.alarms import ANNOUNCED_PATIENCE, PATIENCE, Alarms, Condition, Open, update

START = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)
BLOCKED = Condition("page", "blocked 403", PATIENCE)
NO_LIST = Condition("no_list", "no link on the page leads to a list")


def polls(*conditions: Condition | None, every: timedelta = TEN_MINUTES) -> list[Alarms]:
    """The alarms after each of a run of polls, each of which met one condition or none."""
    alarms: list[Alarms] = []
    before: Mapping[str, Open] = {}
    for number, condition in enumerate(conditions):
        met = {condition.key: condition} if condition else {}
        alarms.append(update(before, met, START + number * every))
        before = alarms[-1].open
    return alarms


def test_a_trouble_is_told_once_when_it_has_lasted_an_hour() -> None:
    told = [alarm.raised for alarm in polls(*[BLOCKED] * 12)]
    assert told == [()] * 6 + [("page",)] + [()] * 5


def test_a_passing_trouble_is_told_neither_when_it_comes_nor_when_it_goes() -> None:
    for alarm in polls(BLOCKED, BLOCKED, None, BLOCKED, None):
        assert (alarm.raised, alarm.over) == ((), ())


def test_a_trouble_that_comes_and_goes_starts_anew_each_time() -> None:
    for alarm in polls(*[BLOCKED] * 6, None, *[BLOCKED] * 6):
        assert alarm.raised == ()


def test_the_end_of_a_told_trouble_is_told_once() -> None:
    told = [alarm.over for alarm in polls(*[BLOCKED] * 7, None, None)]
    assert told == [()] * 7 + [("page",), ()]


def test_a_page_without_any_list_is_told_at_once() -> None:
    assert polls(NO_LIST)[0].raised == ("no_list",)


def test_an_announced_document_may_keep_us_waiting_for_hours() -> None:
    announced = Condition("announced:participating", "404", ANNOUNCED_PATIENCE)
    told = [alarm.raised for alarm in polls(*[announced] * 8, every=timedelta(hours=1))]
    assert told == [()] * 6 + [("announced:participating",), ()]


def test_two_troubles_are_told_each_on_its_own() -> None:
    first = update({}, {"no_list": NO_LIST, "page": BLOCKED}, START)
    assert first.raised == ("no_list",)
    second = update(first.open, {"page": BLOCKED}, START + PATIENCE)
    assert (second.raised, second.over) == (("page",), ("no_list",))


def test_a_trouble_that_cannot_be_looked_at_is_neither_over_nor_forgotten() -> None:
    document = Condition("document:pending", "not_a_workbook")
    first = update({}, {document.key: document}, START)
    blind = update(first.open, {"page": BLOCKED}, START + TEN_MINUTES, unknown=frozenset((document.key,)))
    assert (blind.over, document.key in blind.open) == ((), True)
    after = update(blind.open, {}, START + 2 * TEN_MINUTES)
    assert after.over == (document.key,)


def test_an_alarm_says_since_when_and_what_is_wrong_now() -> None:
    first = update({}, {"page": BLOCKED}, START)
    later = update(first.open, {"page": Condition("page", "server_error 503", PATIENCE)}, START + PATIENCE)
    assert later.open["page"] == Open(START, "server_error 503", START + PATIENCE)


def test_what_began_under_a_clock_that_stood_ahead_is_told_all_the_same() -> None:
    ahead = update({}, {"page": BLOCKED}, START + timedelta(days=400))
    right = update(ahead.open, {"page": BLOCKED}, START)
    assert right.open["page"].opened_at == START
    assert update(right.open, {"page": BLOCKED}, START + PATIENCE).raised == ("page",)
