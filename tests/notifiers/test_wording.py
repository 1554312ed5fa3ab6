"""The words of messages: counts in singular and plural, dates as people write them, what cannot be read said and not left out."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from monitor.core.events import CORRECTIONS, KINDS, NEWS
from monitor.notifiers.wording import (
    WORDS,
    changes_in_words,
    count,
    counted,
    day_in_words,
    describe,
    minute,
    signed,
    standing,
    state_name,
)
from tests.support.told import AT, agreement, application

COUNTED = {
    ("agreement.added",): "1 new 287(g) agreement",
    ("agreement.added",) * 2: "2 new 287(g) agreements",
    ("agreement.added",) * 1_001: "1,001 new 287(g) agreements",
    ("agreement.removed",): "1 agreement ended",
    # Two numbers never meet, as they would in `3 287(g) agreements ended`.
    ("agreement.removed",) * 3: "3 agreements ended",
    ("agreement.removed", "agreement.added"): "1 new 287(g) agreement, 1 ended",
    ("agreement.renewed", "agreement.removed", "agreement.removed"): "1 agreement renewed, 2 ended",
    ("agreement.relisted",) * 2: "2 agreements back on the list",
    ("application.added",): "1 new 287(g) application",
    ("application.added", "application.added", "application.approved"): "2 new 287(g) applications, 1 approved",
    ("application.withdrawn", "agreement.added"): "1 new 287(g) agreement, 1 application withdrawn",
    ("agreement.removed", "application.added"): "1 agreement ended, 1 new application",
    ("application.withdrawn",) * 2: "2 applications withdrawn",
    ("list.left_page",): "1 list left the page",
    ("list.returned",) * 2: "2 lists back on the page",
    ("agreement.corrected",) * 2: "2 agreements corrected",
    ("agreement.corrected", "application.corrected"): "1 agreement corrected, 1 application corrected",
    ("moa.posted", "moa.posted", "moa.replaced", "addendum.posted"): "2 documents posted, 1 replaced, 1 addendum posted",
    ("addendum.posted",) * 2: "2 addenda posted",
    (): "",
}


@pytest.mark.parametrize("kinds", COUNTED)
def test_what_was_told_is_counted_the_weightiest_first(kinds: tuple[str, ...]) -> None:
    assert counted(Counter(kinds), "287(g) ") == COUNTED[kinds]


def test_under_a_title_that_names_the_program_a_count_does_not_name_it_again() -> None:
    assert counted({"agreement.added": 7, "agreement.removed": 2}) == "7 new agreements, 2 ended"


def test_every_kind_that_can_be_told_has_words_and_no_other() -> None:
    assert WORDS.keys() == NEWS | CORRECTIONS
    assert WORDS.keys() <= {*KINDS}


@pytest.mark.parametrize("kind", WORDS)
def test_words_are_no_code(kind: str) -> None:
    words = WORDS[kind]
    assert all(text and "_" not in text and "." not in text for text in (words.mark, words.title, words.verb, *words.noun))
    assert words.mark[0].isupper()


@pytest.mark.parametrize(
    ("code", "name"),
    [("TX", "Texas"), ("VI", "U.S. Virgin Islands"), ("XX", "XX"), ("", "State not readable"), (None, "State not readable")],
)
def test_a_state_is_named(code: str | None, name: str) -> None:
    assert state_name(code) == name


def test_an_agreement_in_one_phrase() -> None:
    assert describe(agreement("Bay County Jail", "FL", "JEM")) == "Bay County Jail: Jail Enforcement Model, signed May 20, 2025"


def test_an_application_has_no_signing_date() -> None:
    assert describe(application("Bay County Jail", "FL", "WSO")) == "Bay County Jail: Warrant Service Officer"


def test_what_cannot_be_read_is_said_and_not_left_out() -> None:
    assert (
        describe(agreement("Bay County Jail", None, None, None))
        == "Bay County Jail: model not readable, no readable signing date"
    )


def test_what_changed_is_what_it_was_and_what_it_is() -> None:
    changes = {
        "agency": ("Smith Couny", "Smith County"),
        "printed.moa": ("", "link"),
        "moa_url": (None, "https://x.example/"),
        "model": ("TFM", None),
        "signed": ("2025-05-20", None),
    }
    assert changes_in_words(changes) == (
        "agency: Smith Couny → Smith County; moa: empty → link; the agreement is linked; model: TFM → empty;"
        " signed: May 20, 2025 → empty"
    )
    assert changes_in_words({"addendum_url": ("https://x.example/", None)}) == "the addendum is linked no more"


def test_nothing_changed_is_no_words() -> None:
    assert changes_in_words({}) == ""


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"agreements": 1, "states": 1, "pending": 2}, "1 agreement in 1 state and 2 pending applications"),
        ({"agreements": 0, "states": 0}, "0 agreements in 0 states"),
        ({"agreements": 1_240, "states": 40, "rows": 1_300}, "1,240 agreements in 40 states"),
        ({"pending": 1_001}, "1,001 pending applications"),
        ({}, ""),
    ],
)
def test_the_totals_are_those_that_are_known(figures: dict[str, int], words: str) -> None:
    assert standing(figures) == words


def test_numbers_days_and_moments() -> None:
    assert [count(number, "state") for number in (0, 1, 2, 1_000)] == ["0 states", "1 state", "2 states", "1,000 states"]
    assert day_in_words(date(2025, 5, 2)) == "May 2, 2025"
    assert signed(agreement(signed=date(2020, 12, 31))) == "signed December 31, 2020"
    assert minute(AT) == "May 30, 2025, 14:05 UTC"
