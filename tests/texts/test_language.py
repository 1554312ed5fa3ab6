"""A language: its texts and plurals, its days and numbers, and English for what it lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.texts import ENGLISH, Language, languages

SPANISH = next(language for language in languages() if language.code == "es")
DAY = date(2025, 5, 29)


def test_english_comes_first_and_each_language_says_its_own_name() -> None:
    assert [(language.code, language.name) for language in languages()] == [("en", "English"), ("es", "Español")]
    assert languages()[0] is ENGLISH


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        (ENGLISH, 1, "1 agreement in force"),
        (ENGLISH, 0, "0 agreements in force"),
        (ENGLISH, 1725, "1,725 agreements in force"),
        (SPANISH, 1, "1 acuerdo vigente"),
        (SPANISH, 0, "0 acuerdos vigentes"),
        (SPANISH, 1725, "1,725 acuerdos vigentes"),
    ],
)
def test_a_plural_has_the_form_of_its_number(language: Language, number: int, words: str) -> None:
    assert language.plural("{number} agreement in force", "{number} agreements in force", number) == words


def test_a_plural_takes_values_beside_its_number() -> None:
    one, many = "{number} 287(g) agreement in {state}", "{number} 287(g) agreements in {state}"
    assert ENGLISH.plural(one, many, 3, state="Texas") == "3 287(g) agreements in Texas"
    assert SPANISH.plural(one, many, 3, state="Texas") == "3 acuerdos 287(g) en Texas"


@pytest.mark.parametrize(("number", "mark"), [(1, "Renovado"), (2, "Renovados")])
def test_forms_that_are_one_in_english_are_told_apart_where_a_language_has_two(number: int, mark: str) -> None:
    assert ENGLISH.plural("Renewed", "Renewed", number) == "Renewed"
    assert SPANISH.plural("Renewed", "Renewed", number) == mark


def test_a_text_takes_its_values_where_the_language_puts_them() -> None:
    assert ENGLISH.text("Publications of {month}", month="May") == "Publications of May"
    assert SPANISH.text("Publications of {month}", month="mayo") == "Publicaciones de mayo"


def test_a_text_without_values_keeps_its_braces() -> None:
    assert SPANISH.text("Show {n} more") == "Mostrar {n} más"


def test_what_a_catalogue_lacks_stays_english() -> None:
    assert SPANISH.text("No catalogue has {this}.", this="one") == "No catalogue has one."
    assert SPANISH.plural("{number} gizmo", "{number} gizmos", 1) == "1 gizmo"
    assert SPANISH.plural("{number} gizmo", "{number} gizmos", 1000) == "1,000 gizmos"


def test_a_language_without_a_catalogue_cannot_be_read() -> None:
    with pytest.raises(OSError, match=r"xx\.po"):
        Language.read("xx", "None")


def test_a_day() -> None:
    assert ENGLISH.day(DAY) == "May 29, 2025"
    assert SPANISH.day(DAY) == "29 de mayo de 2025"


@pytest.mark.parametrize(
    ("day", "english", "spanish"),
    [
        (date(2025, 1, 2), "Jan 2", "2 ene"),
        (DAY, "May 29", "29 may"),
        (date(2025, 9, 30), "Sep 30", "30 sept"),
        (date(2025, 12, 31), "Dec 31", "31 dic"),
    ],
)
def test_a_short_day(day: date, english: str, spanish: str) -> None:
    assert ENGLISH.short_day(day) == english
    assert ENGLISH.short_day(day, with_year=True) == f"{english}, 2025"
    assert SPANISH.short_day(day) == spanish
    assert SPANISH.short_day(day, with_year=True) == f"{spanish} 2025"


def test_a_month_is_told_apart_from_its_short_form() -> None:
    assert ENGLISH.month(DAY) == "May 2025"
    assert SPANISH.month(DAY) == "mayo de 2025"


def test_every_month_has_its_name() -> None:
    months = [SPANISH.month(date(2025, number, 1)).removesuffix(" de 2025") for number in range(1, 13)]
    assert months[0] == "enero"
    assert months[-1] == "diciembre"
    assert len({*months}) == 12


def test_a_minute() -> None:
    moment = datetime(2025, 5, 29, 4, 5, 59, tzinfo=UTC)
    assert ENGLISH.minute(moment) == "May 29, 2025, 04:05 UTC"
    assert SPANISH.minute(moment) == "29 de mayo de 2025, 04:05 UTC"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (999, "999"), (1725, "1,725"), (1234567, "1,234,567"), (-1725, "−1,725")]
)
def test_a_number_is_written_as_in_the_united_states(number: int, words: str) -> None:
    assert ENGLISH.number(number) == words
    assert SPANISH.number(number) == words
