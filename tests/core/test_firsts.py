"""What makes a new agreement worth more than its line: the first of its kind on record, a total never reached, a day like no other."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.firsts import COUNTY, MODEL, STATE, History, firsts, records
from tests.support.told import agreement, application, event

KNOWN = [
    agreement("Smith County Sheriff's Office", "TX", "TFM", county="Smith County"),
    agreement("Bay County Sheriff's Office", "FL", "JEM", county="Bay County"),
]
QUIET = [1] * 10


def first_of(*new: Any, known: Any = KNOWN) -> list[str | None]:
    """What each new agreement is the first of."""
    found = firsts([event("agreement.added", one) for one in new], known)
    return [found.get(one.id) for one in new]


def test_the_first_agreement_of_a_state() -> None:
    assert first_of(agreement("Butler County Sheriff's Office", "OH", "TFM", county="Butler County")) == [STATE]


def test_the_first_of_its_model_in_a_state_that_has_agreements() -> None:
    assert first_of(agreement("Travis County Sheriff's Office", "TX", "JEM", county="Smith County")) == [MODEL]


def test_the_first_of_a_county_whose_state_and_model_are_known() -> None:
    assert first_of(agreement("Travis County Sheriff's Office", "TX", "TFM", county="Travis County")) == [COUNTY]


def test_another_agency_of_a_known_county_is_no_first() -> None:
    assert first_of(agreement("Smith County Constable", "TX", "TFM", county="SMITH ")) == [None]


def test_a_county_of_the_same_name_in_another_state_is_another_county() -> None:
    known = [*KNOWN, agreement("Washington County Sheriff's Office", "TX", "TFM", county="Washington County")]
    new = agreement("Washington County Sheriff's Office", "FL", "JEM", county="Washington County")
    assert first_of(new, known=known) == [COUNTY]


def test_nothing_is_the_first_in_a_county_that_is_none_nor_a_body_of_the_state_in_any() -> None:
    typed = agreement("Howey in the Hills Police Department", "TX", "TFM", county="Travis Conty")
    state = agreement("Texas Department of Public Safety", "TX", "TFM", county="Travis County", agency_kind="state_police")
    assert first_of(typed, state) == [None, None]


def test_what_cannot_be_read_is_the_first_of_nothing() -> None:
    assert first_of(agreement("Smith", None, "TFM", county="New County")) == [None]
    assert first_of(agreement("Smith", "TX", None, county="Smith County")) == [None]
    assert first_of(agreement("Smith", "TX", "TFM", county=None)) == [None]


def test_two_that_come_at_once_are_both_the_first() -> None:
    """Which of them was signed first is not known."""
    assert first_of(agreement("Butler", "OH"), agreement("Ross", "OH")) == [STATE, STATE]


def test_an_agreement_that_ended_was_there_first() -> None:
    """`known` are all that were ever printed; the caller gives those that are gone too."""
    assert first_of(agreement("Butler", "OH"), known=[*KNOWN, agreement("Ross", "OH")]) == [None]


@pytest.mark.parametrize(
    "kind", ["agreement.removed", "agreement.renewed", "agreement.relisted", "agreement.corrected", "agreement.baseline"]
)
def test_only_what_is_new_is_a_first(kind: str) -> None:
    assert firsts([event(kind, agreement("Butler", "OH"))], KNOWN) == {}


def test_an_application_is_no_first() -> None:
    assert firsts([event("application.added", application("Butler", "OH"))], KNOWN) == {}


# -- records ---------------------------------------------------------------------------------------------------------------------


def reached(before: int, after: int, highest: int, new: int = 0, days: Any = (), today: int = 0) -> dict[str, Any]:
    events = [event("agreement.added", agreement(f"Agency {number}")) for number in range(new)]
    return dict(records([*events, event("agreement.removed", agreement("Gone"))], before, after, History(highest, days, today)))


def test_a_total_that_was_never_reached_is_a_high() -> None:
    assert reached(640, 641, 640) == {"high": True}


@pytest.mark.parametrize(
    ("before", "after", "highest"),
    [
        (640, 641, 641),  # reached before
        (640, 640, 600),  # as many as before
        (650, 640, 600),  # fewer
    ],
)
def test_what_was_reached_before_or_is_less_is_no_high(before: int, after: int, highest: int) -> None:
    assert reached(before, after, highest) == {}


@pytest.mark.parametrize(
    ("highest", "after", "passed"),
    [(899, 900, 900), (640, 702, 700), (640, 901, 900), (899, 1_000, 1_000), (900, 901, None), (699, 699, None)],
)
def test_a_round_total_is_told_when_it_is_first_passed(highest: int, after: int, passed: int | None) -> None:
    assert reached(highest, after, highest).get("passed") == passed


def test_a_round_total_that_was_passed_before_is_not_told_again() -> None:
    assert reached(895, 905, 910) == {}


def test_a_day_with_more_new_agreements_than_any_before() -> None:
    assert reached(640, 640, 700, new=7, days=[6, *QUIET]) == {"day": 7}


def test_earlier_publications_of_the_same_day_count() -> None:
    assert reached(640, 640, 700, new=3, days=[6, *QUIET], today=4) == {"day": 7}


@pytest.mark.parametrize(
    ("new", "days"),
    [
        (6, [6, *QUIET]),  # as many as on another day
        (4, QUIET),  # too few to be worth a word
        (50, [1] * 9),  # too few days to compare with
        (0, QUIET),
    ],
)
def test_a_day_like_others_is_no_record(new: int, days: list[int]) -> None:
    assert reached(640, 640, 700, new=new, days=days) == {}


def test_a_day_on_which_nothing_is_new_is_no_record_however_many_came_before() -> None:
    assert reached(640, 640, 700, new=0, days=QUIET, today=20) == {}
