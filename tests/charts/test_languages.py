"""Every chart in every language: all its words are that language's, and only names stay as they are given."""

from __future__ import annotations

import re
from importlib import resources

import polib
import pytest

from monitor.charts import growth_svg
from monitor.charts.shapes import counties, states
from monitor.texts import ENGLISH, Language, languages
from tests.charts.gallery import daily, pictures
from tests.charts.looks import boxes, found, titles

(SPANISH,) = (language for language in languages() if language.code == "es")
CATALOGUE = polib.pofile(resources.files("monitor.texts").joinpath("es.po").read_text("utf-8"))


def with_growth(language: Language) -> dict[str, str]:
    return {**pictures(language), "growth": growth_svg(daily(500, 68, 2), language=language)}


IN_ENGLISH, IN_SPANISH = with_growth(ENGLISH), with_growth(SPANISH)


def words(text: str) -> set[str]:
    return {*re.findall(r"[^\W\d_]+", text.lower())}


def said(svg: str) -> set[str]:
    """The words of all that is read in a picture or read out."""
    nodes = found(svg, "//svg:title/text() | //svg:desc/text() | //svg:text/text() | //svg:tspan/text()")
    return set[str]().union(*(words(node) for node in nodes))


def names(picture: str) -> set[str]:
    """The words of the names in a picture, which are the same in every language."""
    given = {"JEM", "TFM", "WSO", "Nowhere", *states(), *(shape.name for shape in states().values())}
    if picture.startswith("counties "):
        given |= {shape.name for shape in counties(picture[-2:]).counties.values()}
    return set[str]().union(*map(words, given))


@pytest.mark.parametrize("name", IN_ENGLISH)
def test_a_picture_in_spanish_has_no_english_word(name: str) -> None:
    both = set[str]().union(*(words(" ".join([entry.msgstr, *entry.msgstr_plural.values()])) for entry in CATALOGUE))
    only_english = said(IN_ENGLISH[name]) - names(name) - both
    assert only_english, "words to look for"
    assert said(IN_SPANISH[name]) & only_english == set()


def test_numbers_and_days_are_told_as_the_language_does() -> None:
    assert "por semana, 24 feb 2025 – 12 jul 2026" in {box.words for box in boxes(IN_SPANISH["changes"])}
    assert "Texas: 1 acuerdo" in titles(IN_SPANISH["country of one"])
    assert "Utah: ningún acuerdo" in titles(IN_SPANISH["country of one"])
