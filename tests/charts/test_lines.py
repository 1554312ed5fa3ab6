"""Agreements by model and pending applications over time: a line for each, named where it ends."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.charts import models_svg, pending_svg
from monitor.charts.lines import MOST_POINTS
from tests.charts.looks import NS, Box, boxes, found, parsed

MODELS = {
    "JEM": [("2025-02-21", 68), ("2025-09-01", 130), ("2026-07-05", 165)],
    "TFM": [("2025-02-21", 20), ("2026-07-05", 1120)],
    "WSO": [("2025-02-21", 47), ("2026-05-01", 515)],
}


def line(svg: str, colour: str) -> str:
    (path,) = found(svg, f"//svg:path[@class='s-{colour}']")
    return path.get("d")


def named(svg: str, *words: str) -> list[Box]:
    return [box for box in boxes(svg) if box.words in words]


def daily(first: int, numbers: list[int]) -> list[tuple[str, int]]:
    """A number a day, from `first` days after 1 January 2025 on."""
    return [((date(2025, 1, 1) + timedelta(first + day)).isoformat(), number) for day, number in enumerate(numbers)]


def test_each_model_is_named_with_its_newest_number_where_its_line_ends() -> None:
    svg = models_svg(MODELS)
    tfm, wso, jem = (named(svg, words)[0] for words in ("TFM 1,120", "WSO 515", "JEM 165"))
    assert tfm.top < wso.top < jem.top, "more agreements stand higher"
    assert parsed(svg).findtext("svg:desc", namespaces=NS) == "On Jul 5, 2026: JEM 165, TFM 1,120, WSO 515."
    assert parsed(svg).findtext("svg:title", namespaces=NS) == "Agreements by model, Feb 21, 2025 – Jul 5, 2026"


def test_lines_differ_in_dashes_and_end_marks_as_well_as_colours() -> None:
    svg = models_svg(MODELS)
    dashes = [path.get("stroke-dasharray") for path in found(svg, "//svg:path[starts-with(@class, 's-')]")]
    assert len(set(dashes)) == 3
    marks = [mark.tag.split("}")[1] for mark in found(svg, "//*[@class='f-first' or @class='f-second' or @class='f-third']")]
    assert [mark for mark in marks if mark != "text"] == ["circle", "rect", "path"]


def test_a_model_keeps_its_looks_when_another_has_no_points_yet() -> None:
    assert line(models_svg({**MODELS, "JEM": []}), "second").startswith("M")
    assert found(models_svg({**MODELS, "JEM": []}), "//svg:path[@class='s-first']") == []


def test_a_line_goes_on_as_it_stood_until_the_newest_day_of_all() -> None:
    svg = models_svg(MODELS)
    ends = {line(svg, colour).rsplit("H", 1)[1].split("V")[0] for colour in ("first", "second", "third")}
    assert len(ends) == 1


def test_a_model_that_begins_later_begins_there() -> None:
    svg = models_svg({"JEM": [("2025-01-01", 5), ("2025-01-31", 9)], "TFM": [("2025-01-16", 5)]})
    (left, _), (begin, _) = (line(svg, colour).removeprefix("M").split("H")[0].split(",") for colour in ("first", "second"))
    assert float(begin) > float(left) + 100


def test_names_that_are_markup_are_text_and_long_ones_are_cut_short() -> None:
    svg = models_svg({'<script>"&': [("2026-01-01", 3)], "A Model With a Very Long Name Indeed": [("2026-01-01", 9)]})
    assert named(svg, '<script>"& 3')
    (cut,) = (box.words for box in boxes(svg) if box.words.startswith("A Model"))
    assert cut.endswith("…")
    assert not found(svg, "//svg:script")


def test_what_is_pending_is_drawn_from_zero_and_told_in_words() -> None:
    svg = pending_svg([("2025-05-29", 68), ("2025-09-22", 42), ("2026-02-27", 11)])
    assert parsed(svg).findtext("svg:desc", namespaces=NS) == "68 stood on May 29, 2025, 11 on Feb 27, 2026."
    assert found(svg, "//svg:path[@class='f-first']")
    assert named(svg, "11")


@pytest.mark.parametrize("picture", [models_svg({}), models_svg({"JEM": [], "TFM": []}), pending_svg([])])
def test_where_there_is_nothing_that_is_said(picture: str) -> None:
    assert boxes(picture)[-1].words == "Nothing to show yet."


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="oldest first"):
        models_svg({"JEM": [("2026-01-02", 1), ("2026-01-01", 2)]})
    with pytest.raises(ValueError, match="oldest first"):
        pending_svg([("2026-01-02", 1), ("2026-01-01", 2)])


def test_thousands_of_points_are_thinned() -> None:
    assert line(pending_svg(daily(0, [*range(9000)])), "first").count("V") == MOST_POINTS - 1


@given(
    st.dictionaries(
        st.sampled_from(["JEM", "TFM", "WSO", "Tribal"]),
        st.tuples(st.integers(0, 900), st.lists(st.integers(0, 2000), max_size=20)),
        max_size=4,
    )
)
def test_labels_stand_apart_within_the_picture_in_the_order_of_their_lines(lines: dict[str, tuple[int, list[int]]]) -> None:
    svg = models_svg({model: daily(first, numbers) for model, (first, numbers) in lines.items()})
    labels = {model: named(svg, f"{model} {numbers[-1]:,}") for model, (_, numbers) in lines.items() if numbers}
    assert all(len(label) == 1 for label in labels.values())
    standing = sorted((label[0].top, label[0].bottom, -lines[model][1][-1]) for model, label in labels.items())
    assert all(before[1] <= after[0] for before, after in pairwise(standing))
    assert [number for _, _, number in standing] == sorted(number for _, _, number in standing)
    width, height = map(float, parsed(svg).get("viewBox").split()[2:])
    assert all(0 <= box.left <= box.right <= width and 0 <= box.top <= box.bottom <= height for box in boxes(svg))
