"""Routes: what is in a channel's scope, what a wrong filter is told, and when an event is due, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.core.calendar import within
from monitor.notifiers import BadChannel
from monitor.notifiers.routes import AT_ONCE, Route, routes
from tests.support.told import agreement, application, channel, corrected, event

SMITH = agreement("Smith County Sheriff's Office", county="Smith County")
TFM_ONLY, NOTHING = {"models": ["TFM"]}, timedelta(0)


def route(**keys: Any) -> Route:
    return Route.of(channel(**keys), "America/New_York")


def tells(listing: Any, kind: str = "added", tell: Any = ("news",), **keys: Any) -> bool:
    """Whether a channel with this filter is told that of an agreement or application."""
    noun = "application" if listing.list == "pending" else "agreement"
    return route(filter=keys, tell=[*tell]).takes(event(f"{noun}.{kind}", listing))


# -- scope -----------------------------------------------------------------------------------------------------------------------


def test_without_a_filter_everything_is_in_scope() -> None:
    assert tells(SMITH)
    assert tells(agreement("", None, None, None))


@pytest.mark.parametrize("states", [["TX"], ["tx"], ["Texas"], ["TEXAS"], ["OH", "texas"]])
def test_states_by_code_or_name(states: list[str]) -> None:
    assert tells(SMITH, states=states)
    assert not tells(agreement("Bay County Sheriff's Office", "FL"), states=states)


@pytest.mark.parametrize("models", [["TFM"], ["tfm"], ["JEM", "TFM"]])
def test_models_by_their_codes(models: list[str]) -> None:
    assert tells(SMITH, models=models)
    assert not tells(agreement(model="WSO"), models=models)


@pytest.mark.parametrize(
    ("kinds", "taken"),
    [
        (["agreement.added"], {"agreement.added"}),
        (["agreement"], {"agreement.added", "agreement.removed", "agreement.renewed", "agreement.relisted"}),
        (
            ["application", "list"],
            {"application.added", "application.approved", "application.withdrawn", "list.left_page", "list.returned"},
        ),
    ],
)
def test_kinds_by_name_or_by_what_stands_before_the_dot(kinds: list[str], taken: set[str]) -> None:
    one = route(filter={"kinds": kinds})
    found = {kind for kind in ("list.left_page", "list.returned") if one.takes(event(kind))}
    for noun, listing in (("agreement", SMITH), ("application", application())):
        names = (f"{noun}.{kind}" for kind in ("added", "removed", "renewed", "relisted", "corrected", "approved", "withdrawn"))
        found |= {kind for kind in names if one.takes(event(kind, listing))}
    assert found == taken


def test_kinds_of_corrections_for_whoever_asks_for_them() -> None:
    one = route(filter={"kinds": ["moa"]}, tell=["corrections"])
    assert one.takes(event("moa.posted", SMITH))
    assert not one.takes(event("addendum.posted", SMITH))


def test_kinds_of_agencies() -> None:
    assert tells(SMITH, agencies=["police", "sheriff"])
    assert not tells(SMITH, agencies=["police"])


@pytest.mark.parametrize("county", ["Smith County", "smith", "SMITH COUNTY", "Smith County, TX", "Smith, Texas"])
def test_counties_with_their_state_or_without(county: str) -> None:
    assert tells(SMITH, counties=[county])
    assert not tells(agreement(county="Travis County"), counties=[county])


def test_a_county_is_one_states_where_the_state_is_said() -> None:
    mississippi = agreement("Smith County Sheriff's Office", "MS", county="Smith County")
    assert tells(mississippi, counties=["Smith County"])
    assert not tells(mississippi, counties=["Smith County, TX"])


def test_a_county_spelt_in_another_way_is_the_same() -> None:
    assert tells(agreement(state="FL", county="ST. JOHNS"), counties=["Saint Johns County, FL"])


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [("sheriff", True), ("^SMITH", True), ("police|jail", False), ("office$", True), ("^smith county$", True)],
)
def test_a_pattern_is_looked_for_in_the_agencys_name_and_its_county(pattern: str, taken: bool) -> None:
    """In each by itself; upper and lower case are one."""
    assert tells(SMITH, matches=pattern) is taken


def test_every_key_must_agree() -> None:
    assert tells(SMITH, states=["TX"], models=["TFM"], agencies=["sheriff"], counties=["Smith County"], matches="smith")
    for other in (
        {"states": ["OH"]},
        {"models": ["JEM"]},
        {"agencies": ["police"]},
        {"counties": ["Bay County"]},
        {"matches": "bay"},
    ):
        assert not tells(SMITH, **{"states": ["TX"], "models": ["TFM"], "agencies": ["sheriff"], "matches": "smith", **other})


def test_what_cannot_be_read_is_out_of_no_scope() -> None:
    """Better told once too often than never."""
    assert tells(agreement(state=None), states=["OH"])
    assert tells(agreement(model=None), models=["JEM"])
    assert not tells(agreement(state=None, model="TFM"), states=["OH"], models=["JEM"])


def test_a_county_whose_state_cannot_be_read_is_out_of_no_scope() -> None:
    assert tells(agreement(state=None, county="Smith County"), counties=["Smith County, TX"])
    assert not tells(agreement(state=None, county="Travis County"), counties=["Smith County, TX"])


def test_a_list_that_left_the_page_concerns_everyone_who_is_told_of_its_rows() -> None:
    assert route(filter={"states": ["OH"], "matches": "x"}).takes(event("list.left_page"))
    assert not route(filter={"kinds": ["agreement"]}).takes(event("list.left_page"))
    assert not route(tell=["operator"]).takes(event("list.left_page"))


def test_applications_are_in_scope_as_agreements_are() -> None:
    assert tells(application(model="TFM"), **TFM_ONLY)
    assert not tells(application(model="WSO"), **TFM_ONLY)


# -- corrections that move an agreement ------------------------------------------------------------------------------------------


def test_a_correction_that_moves_an_agreement_into_scope_is_told_as_if_it_were_news() -> None:
    moved = corrected(agreement(state="OH"), state="TX")
    assert route(filter={"states": ["TX"]}).takes(moved)


@pytest.mark.parametrize(
    ("before", "after"),
    [("OH", "OH"), ("TX", "OH"), ("OH", "FL"), ("TX", "TX")],
)
def test_any_other_correction_is_for_those_who_ask_for_corrections(before: str, after: str) -> None:
    mended = corrected(agreement(state=before), state=after)
    assert not route(filter={"states": ["TX"]}).takes(mended)
    assert route(filter={"states": ["TX"]}, tell=["corrections"]).takes(mended) is (after == "TX")


def test_a_state_that_becomes_readable_moves_nothing_into_scope() -> None:
    """The row was told when it could not be read."""
    assert not route(filter={"states": ["TX"]}).takes(corrected(agreement(state=None), state="TX"))


def test_a_moved_application_is_told_too() -> None:
    after = application(model="JEM")
    moved = event("application.corrected", after, before=application(model="TFM"), changes={"model": ("TFM", "JEM")})
    assert route(filter={"models": ["JEM"]}).takes(moved)


def test_a_move_is_no_news_to_a_channel_that_is_told_no_news() -> None:
    assert not route(tell=["operator"], filter={"states": ["TX"]}).takes(corrected(agreement(state="OH"), state="TX"))


def test_a_channel_that_is_told_what_is_new_hears_of_what_moves_into_its_scope() -> None:
    """It asks for new agreements only; to it this one is new."""
    moved = corrected(agreement(state="OH"), state="TX")
    assert route(filter={"states": ["TX"], "kinds": ["agreement.added"]}).takes(moved)


# -- mistakes --------------------------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[dict[str, Any], tuple[Any, ...], str]] = {
    "state": (
        {"states": ["TX", "Narnia"]},
        ("filter", "states", 1),
        "'Narnia' is no state; expected a code such as TX or a name",
    ),
    "empty state": ({"states": [""]}, ("filter", "states", 0), "'' is no state"),
    "model": ({"models": ["XYZ"]}, ("filter", "models", 0), "'XYZ' is no model; expected JEM, TFM, WSO"),
    "kind": (
        {"kinds": ["agreement.vanished"]},
        ("filter", "kinds", 0),
        "no kind of event is called 'agreement.vanished'; there are agreement.added,",
    ),
    "bookkeeping": ({"kinds": ["agreement.baseline"]}, ("filter", "kinds", 0), "no kind of event"),
    "operator's": ({"kinds": ["publication.held"]}, ("filter", "kinds", 0), "no kind of event"),
    "empty kind": ({"kinds": [""]}, ("filter", "kinds", 0), "no kind of event"),
    "untold kind": (
        {"kinds": ["moa.posted"]},
        ("filter", "kinds", 0),
        "moa.posted belongs to `corrections`, which `tell` leaves out; add it",
    ),
    "agency": (
        {"agencies": ["sheriffs"]},
        ("filter", "agencies", 0),
        "no kind of agency is called 'sheriffs'; there are sheriff, police,",
    ),
    "county": (
        {"counties": ["Gotham"]},
        ("filter", "counties", 0),
        "'Gotham' is no county; expected a name such as Travis County, or",
    ),
    "county of another state": ({"counties": ["Travis County, OH"]}, ("filter", "counties", 0), "is no county"),
    "county of no state": ({"counties": ["Travis County, Narnia"]}, ("filter", "counties", 0), "is no county"),
    "pattern": ({"matches": "(sheriff"}, ("filter", "matches"), "not a regular expression: "),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_filter_is_told_with_its_place_and_what_is_right(mistake: str) -> None:
    keys, place, words = MISTAKES[mistake]
    with pytest.raises(BadChannel) as caught:
        route(filter=keys)
    ((found, message),) = caught.value.mistakes
    assert found == place
    assert words in message


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadChannel) as caught:
        route(filter={"states": ["Narnia", "TX", "Oz"], "models": ["XYZ"], "matches": "("})
    places = [place for place, _ in caught.value.mistakes]
    assert places == [("filter", "states", 0), ("filter", "states", 2), ("filter", "models", 0), ("filter", "matches")]


@pytest.mark.parametrize(
    "keys",
    [
        *(
            {"rhythm": rhythm}
            for rhythm in ("daily", "daily 24:00", "weekly 08:00", "weekly mo 08:00", "monthly", "At once", "daily 08:00 ", "")
        ),
        *({"quiet": quiet} for quiet in ("22:00", "22:00-24:00", "22-07", "22:00-22:00", "22:00 - 07:00")),
        *({"timezone": zone} for zone in ("Mars/Olympus", "", "../etc/passwd")),
        *({"tell": tell} for tell in (["everything"], "news")),
        {"filter": {"state": ["TX"]}},
    ],
)
def test_a_rhythm_quiet_hours_or_a_zone_that_mean_nothing_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        channel(**keys)


def test_quiet_hours_that_begin_when_they_end_are_refused_however_they_are_written() -> None:
    with pytest.raises(ValidationError):
        channel(quiet="7:00-07:00")


def test_the_routes_of_all_channels() -> None:
    found = routes([channel(name="a"), channel(name="b", timezone="Asia/Kolkata")], "America/New_York")
    assert [(one.channel, str(one.zone)) for one in found] == [("a", "America/New_York"), ("b", "Asia/Kolkata")]


# -- when ------------------------------------------------------------------------------------------------------------------------


def due(at: str, wait: timedelta = NOTHING, **keys: Any) -> str:
    """When an event learnt at a moment is told, as clocks in New York show it."""
    found = route(**keys).due(datetime.fromisoformat(at).astimezone(UTC), wait)
    assert found.utcoffset() == NOTHING
    return found.astimezone(ZoneInfo("America/New_York")).isoformat(timespec="minutes")


RHYTHMS = [
    ("at once", "2025-05-30T10:05-04:00", "2025-05-30T10:05-04:00"),
    ("hourly", "2025-05-30T10:05-04:00", "2025-05-30T11:00-04:00"),
    ("hourly", "2025-05-30T10:00-04:00", "2025-05-30T11:00-04:00"),
    ("daily 08:00", "2025-05-30T07:59-04:00", "2025-05-30T08:00-04:00"),
    ("daily 8:00", "2025-05-30T08:00-04:00", "2025-05-31T08:00-04:00"),
    ("weekly mon 08:00", "2025-05-30T10:05-04:00", "2025-06-02T08:00-04:00"),
    ("weekly fri 08:00", "2025-05-30T10:05-04:00", "2025-06-06T08:00-04:00"),
    # Spring: March 9 has no 02:30 and 23 hours.
    ("at once", "2025-03-09T03:00-04:00", "2025-03-09T03:00-04:00"),
    ("hourly", "2025-03-09T01:30-05:00", "2025-03-09T03:00-04:00"),
    ("daily 08:00", "2025-03-08T10:00-05:00", "2025-03-09T08:00-04:00"),
    ("daily 02:30", "2025-03-08T10:00-05:00", "2025-03-09T03:30-04:00"),
    ("weekly sun 02:30", "2025-03-08T10:00-05:00", "2025-03-09T03:30-04:00"),
    # Autumn: November 2 has 01:30 twice and 25 hours. One digest a day.
    ("hourly", "2025-11-02T01:30-04:00", "2025-11-02T01:00-05:00"),
    ("daily 08:00", "2025-11-01T10:00-04:00", "2025-11-02T08:00-05:00"),
    ("daily 01:30", "2025-11-02T00:30-04:00", "2025-11-02T01:30-04:00"),
    ("daily 01:30", "2025-11-02T01:30-04:00", "2025-11-03T01:30-05:00"),
    ("daily 01:30", "2025-11-02T01:10-05:00", "2025-11-03T01:30-05:00"),
]


@pytest.mark.parametrize(("rhythm", "at", "when"), RHYTHMS)
def test_a_rhythm_says_when(rhythm: str, at: str, when: str) -> None:
    assert due(at, rhythm=rhythm) == when


def test_only_what_is_told_at_once_waits_for_others() -> None:
    wait = timedelta(minutes=2)
    assert due("2025-05-30T10:05-04:00", wait) == "2025-05-30T10:07-04:00"
    assert due("2025-05-30T07:59-04:00", wait, rhythm="daily 08:00") == "2025-05-30T08:00-04:00"


def test_a_channels_own_zone_counts() -> None:
    assert due("2025-05-30T10:05-04:00", rhythm="daily 08:00", timezone="Asia/Kolkata") == "2025-05-30T22:30-04:00"


QUIET = [
    ("2025-05-30T21:59-04:00", "2025-05-30T21:59-04:00"),
    ("2025-05-30T22:00-04:00", "2025-05-31T07:00-04:00"),
    ("2025-05-31T02:00-04:00", "2025-05-31T07:00-04:00"),
    ("2025-05-31T06:59-04:00", "2025-05-31T07:00-04:00"),
    ("2025-05-31T07:00-04:00", "2025-05-31T07:00-04:00"),
    # The nights in which clocks change.
    ("2025-03-08T23:00-05:00", "2025-03-09T07:00-04:00"),
    ("2025-11-01T23:00-04:00", "2025-11-02T07:00-05:00"),
    ("2025-11-02T01:30-04:00", "2025-11-02T07:00-05:00"),
    ("2025-11-02T01:30-05:00", "2025-11-02T07:00-05:00"),
]


@pytest.mark.parametrize(("at", "when"), QUIET)
def test_quiet_hours_over_midnight_are_waited_for(at: str, when: str) -> None:
    assert due(at, quiet="22:00-07:00") == when


def test_quiet_hours_within_a_day() -> None:
    assert due("2025-05-30T12:30-04:00", quiet="12:00-13:00") == "2025-05-30T13:00-04:00"
    assert due("2025-05-30T23:30-04:00", quiet="12:00-13:00") == "2025-05-30T23:30-04:00"


def test_the_group_wait_does_not_reach_into_quiet_hours() -> None:
    assert due("2025-05-30T21:59-04:00", timedelta(minutes=2), quiet="22:00-07:00") == "2025-05-31T07:00-04:00"


@pytest.mark.parametrize("rhythm", ["hourly", "daily 23:00", "weekly fri 23:00"])
def test_a_digest_that_falls_into_quiet_hours_comes_after_them(rhythm: str) -> None:
    assert due("2025-05-30T22:30-04:00", rhythm=rhythm, quiet="22:00-07:00") == "2025-05-31T07:00-04:00"


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_do_not_last_a_day_longer() -> None:
    """At 01:10, an hour after the first 01:10, the end of the quiet hours is twenty minutes off."""
    assert due("2025-11-02T01:10-05:00", quiet="22:00-01:30") == "2025-11-02T01:30-05:00"


def awake(start: str, end: str) -> float:
    """How many hours of the day quiet hours leave."""
    first, last = (int(clock[:2]) + int(clock[3:]) / 60 for clock in (start, end))
    return (first - last) % 24


CLOCKS = st.tuples(st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59])).map(lambda pair: f"{pair[0]:02}:{pair[1]:02}")
RHYTHM = st.one_of(
    st.sampled_from([AT_ONCE, "hourly"]),
    CLOCKS.map("daily {}".format),
    st.tuples(st.sampled_from(["mon", "wed", "sun"]), CLOCKS).map(lambda pair: f"weekly {pair[0]} {pair[1]}"),
)
HOURS = st.lists(CLOCKS, min_size=2, max_size=2, unique=True).filter(lambda pair: awake(*pair) >= 2).map("-".join)
ZONES = st.sampled_from(["America/New_York", "UTC", "Australia/Lord_Howe", "Asia/Kolkata"])
# Half of the moments are in the weeks in which New York's clocks change.
MOMENTS = st.one_of(
    *(
        st.datetimes(datetime(*first), datetime(*last))
        for first, last in (((2025, 1, 1), (2027, 1, 1)), ((2025, 3, 7), (2025, 3, 11)))
    ),
    st.datetimes(datetime(2025, 10, 31), datetime(2025, 11, 4)),
).map(lambda moment: moment.replace(tzinfo=UTC))


@given(MOMENTS, st.integers(0, 600).map(lambda seconds: timedelta(seconds=seconds)), RHYTHM, st.one_of(st.just(""), HOURS), ZONES)
@settings(max_examples=500, deadline=None)
def test_nothing_is_told_before_it_is_known_in_quiet_hours_or_a_week_and_a_day_later(
    at: datetime, wait: timedelta, rhythm: str, quiet: str, zone: str
) -> None:
    found = route(rhythm=rhythm, quiet=quiet, timezone=zone)
    moment = found.due(at, wait)
    assert moment >= at
    assert moment <= at + timedelta(days=8, hours=1)
    if quiet:
        start, end = (time.fromisoformat(clock) for clock in quiet.split("-"))
        assert not within(moment, found.zone, start, end)
    elif rhythm == AT_ONCE:
        assert moment == at + wait
