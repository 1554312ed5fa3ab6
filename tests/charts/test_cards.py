"""Cards: the words in their places, none over another or over the edge, light everywhere."""

from __future__ import annotations

import struct
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.charts import card_svg, png
from monitor.charts.drawing import text_width
from tests.charts.gallery import daily
from tests.charts.looks import NS, Box, contrast, first_pixel, found, parsed

ROWS = [("Task force model", "97"), ("Jail enforcement model", "21"), ("Latest signed", "Jul 5, 2026")]
TEXAS = card_svg("Texas", "123 287(g) agreements", ROWS, "As of Jul 5, 2026", daily(500, 10, 0.25))


def standing(svg: str) -> list[Box]:
    """The boxes of all text."""
    result = []
    for text in found(svg, "//svg:text"):
        size, x, y = (float(text.get(name)) for name in ("font-size", "x", "y"))
        width = text_width(text.text, int(size)) if text.text else 0
        left = x - width * {"start": 0, "end": 1}[text.get("text-anchor")]
        result.append(Box(text.text or "", left, y - 0.76 * size, left + width, y + 0.2 * size))
    return result


def test_a_card_says_its_words_and_is_told_in_them() -> None:
    rows = [words for row in ROWS for words in row]
    assert {box.words for box in standing(TEXAS)} == {"Texas", "123 287(g) agreements", *rows, "As of Jul 5, 2026"}
    assert parsed(TEXAS).findtext("svg:title", namespaces=NS) == "Texas, 123 287(g) agreements"
    told = "Task force model: 97; Jail enforcement model: 21; Latest signed: Jul 5, 2026; As of Jul 5, 2026"
    assert parsed(TEXAS).findtext("svg:desc", namespaces=NS) == told


@given(
    st.text("Wim é", max_size=80),
    st.text("0, 7g", max_size=60),
    st.lists(st.tuples(st.text("ab c", max_size=60), st.text("19 x", max_size=60)), max_size=4),
    st.text("as of", max_size=120),
    st.integers(0, 30),
)
def test_no_text_meets_another_or_the_edge(title: str, figure: str, rows: list[tuple[str, str]], note: str, days: int) -> None:
    boxes = standing(card_svg(title, figure, rows, note, daily(days, 3, 2)))
    assert [box for box in boxes if box.left < 30 or box.right > 570 or box.top < 0 or box.bottom > 315] == []
    assert [(one.words, other.words) for one, other in combinations(boxes, 2) if one.meets(other)] == []


def test_a_long_title_is_smaller_before_it_is_cut_short() -> None:
    def title(words: str) -> tuple[str, int]:
        text = found(card_svg(words, "", [], ""), "//svg:text")[0]
        return text.text, int(text.get("font-size"))

    assert title("Texas") == ("Texas", 40)
    assert title("Northern Mariana Islands") == ("Northern Mariana Islands", 32)
    words, size = title("Commonwealth of the Northern Mariana Islands")
    assert words.startswith("Commonwealth of the Northern")
    assert words.endswith("…")
    assert size == 25


def test_a_curve_is_drawn_of_two_days_or_more_and_filled_from_zero_only() -> None:
    def shapes(*numbers: int) -> int:
        points = [(f"2026-01-{day:02}", number) for day, number in enumerate(numbers, 1)]
        return len(found(card_svg("Texas", "", ROWS, "", points), "//svg:path"))

    assert [shapes(), shapes(5), shapes(0, 5), shapes(95, 100)] == [0, 0, 2, 1]


def test_more_rows_than_fit_and_days_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="4 rows"):
        card_svg("Texas", "", [("a", "1")] * 5, "")
    with pytest.raises(ValueError, match="oldest first"):
        card_svg("Texas", "", ROWS, "", [("2026-01-02", 1), ("2026-01-01", 1)])


def test_names_that_are_markup_are_text() -> None:
    svg = card_svg('<script>"&', "<a>", [("<b>", "</svg>")], "<i>")
    assert [box.words for box in standing(svg)] == ['<script>"&', "<a>", "</svg>", "<b>", "<i>"]


def test_a_card_is_light_everywhere_and_can_be_read() -> None:
    assert not found(TEXAS, "//svg:style | //*[@class]")
    paper, band = (area.get("fill") for area in found(TEXAS, "//svg:rect")[:2])
    title, *others = (text.get("fill") for text in found(TEXAS, "//svg:text"))
    assert contrast(title, band) > 7
    assert min(contrast(other, paper) for other in others) > 4.5


@pytest.mark.parametrize(("scale", "size"), [(1.0, (600, 315)), (2.0, (1200, 630))])
def test_a_card_has_the_size_that_social_networks_show_uncut(scale: float, size: tuple[int, int]) -> None:
    picture = png(TEXAS, scale)
    assert struct.unpack(">II", picture[16:24]) == size
    assert first_pixel(picture)[3] == 255, "opaque"
