"""Bars: as long as their numbers, told in words to whoever points at them, and none lost however many there are."""

from __future__ import annotations

import re
from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from monitor.charts import changes_svg, states_bar_svg, waits_svg
from monitor.charts.bars import MOST_BINS, MOST_WEEKS
from tests.charts.looks import NS, boxes, found, parsed, titles

WEEKS = [("2026-05-25", 12, 0), ("2026-06-01", 6, 3), ("2026-06-15", 0, 6)]


def heights(svg: str, colour: str) -> list[float]:
    """Pixels of the bars of a colour; the key's squares left out."""
    return [float(bar.get("height")) for bar in found(svg, f"//svg:g/svg:rect[@class='f-{colour}']")]


def words(svg: str) -> list[str]:
    return [box.words for box in boxes(svg)]


def told(svg: str) -> str:
    return parsed(svg).findtext("svg:desc", namespaces=NS)


def figures(title: str) -> list[int]:
    return [int(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d", title.rpartition(": ")[2])]


# -- weeks ---------------------------------------------------------------------------------------------------------------------


def test_what_began_goes_up_and_what_ended_down_in_one_proportion() -> None:
    svg = changes_svg(WEEKS)
    twelve, six = heights(svg, "first")
    three, six_down = heights(svg, "second")
    assert twelve == pytest.approx(2 * six, abs=0.1)
    assert six == pytest.approx(six_down, abs=0.1) == pytest.approx(2 * three, abs=0.1)
    up, down = found(svg, "//svg:g[svg:title[contains(., 'Jun 1,')]]/svg:rect")
    assert float(up.get("y")) + float(up.get("height")) == pytest.approx(float(down.get("y")), abs=0.02)


def test_each_week_is_told_and_the_sums_are_in_the_key() -> None:
    svg = changes_svg(WEEKS)
    assert titles(svg) == [
        "Week from May 25, 2026: 12 begun, 0 ended",
        "Week from Jun 1, 2026: 6 begun, 3 ended",
        "Week from Jun 15, 2026: 0 begun, 6 ended",
    ]
    assert {"begun 18", "ended 9", "net", "per week, May 25 – Jun 21, 2026", "−5", "0", "5"} <= {*words(svg)}
    assert told(svg) == "18 agreements begun and 9 ended, May 25 – Jun 21, 2026."


def test_a_week_that_is_left_out_is_a_gap() -> None:
    middles = [
        float(bar.get("x")) + float(bar.get("width")) / 2 for bar in found(changes_svg(WEEKS), "//svg:g/svg:rect[position()=1]")
    ]
    assert middles[2] - middles[1] == pytest.approx(2 * (middles[1] - middles[0]), abs=0.1)


def test_the_net_change_is_marked_where_a_week_has_both() -> None:
    (mark,) = found(changes_svg(WEEKS), "//svg:g/svg:line[@class='s-ink']")
    (up,) = found(changes_svg(WEEKS), "//svg:g[svg:title[contains(., 'Jun 1,')]]/svg:rect[@class='f-first']")
    assert float(mark.get("y1")) == pytest.approx(float(up.get("y")) + float(up.get("height")) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("weeks", "reason"),
    [
        (WEEKS[::-1], "oldest first"),
        ([("2026-05-25", -1, 0)], "below 0"),
        ([("2026-05-25", 1, -1)], "below 0"),
        ([("soon", 1, 1)], "isoformat"),
    ],
)
def test_weeks_that_cannot_be_are_refused(weeks: list[tuple[str, int, int]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        changes_svg(weeks)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=60))
@example([(1, 1, 0)] * 4000)
def test_no_change_is_lost_and_there_are_never_more_bars_than_can_be_told_apart(steps: list[tuple[int, int, int]]) -> None:
    weeks, monday = [], date(2025, 2, 24)
    for skipped, begun, ended in steps:
        monday += timedelta(7 * skipped)
        weeks.append((monday.isoformat(), begun, ended))
    svg = changes_svg(weeks)
    bars = [figures(title) for title in titles(svg)]
    assert sum(begun for begun, _ in bars) == sum(begun for _, begun, _ in steps)
    assert sum(ended for _, ended in bars) == sum(ended for _, _, ended in steps)
    assert len(bars) <= MOST_WEEKS
    width, height = map(float, parsed(svg).get("viewBox").split()[2:])
    for bar in found(svg, "//svg:rect[not(../self::svg:svg)]"):
        assert 0 <= float(bar.get("x")) <= width - float(bar.get("width"))
        assert 0 <= float(bar.get("y")) <= height - float(bar.get("height"))


# -- waits ---------------------------------------------------------------------------------------------------------------------


def test_the_median_is_marked_and_told() -> None:
    svg = waits_svg([3, 8, 20, 45, 90])
    assert "median 20" in words(svg)
    assert told(svg) == "5 agreements, median 20 days; the shortest 3, the longest 90."
    assert "median 7.5" in words(waits_svg([5, 10]))


def test_a_few_very_long_waits_do_not_press_the_rest_together() -> None:
    svg = waits_svg([*range(40)] * 20 + [900])
    assert titles(svg)[-1] == "40 or more days: 1"
    assert len(titles(svg)) >= 10
    assert "40+" in words(svg)


def test_the_median_stands_on_its_place_of_the_axis() -> None:
    svg = waits_svg([10, 20, 20, 20, 30, 38])
    (mark,) = found(svg, "//svg:line[@class='s-second']")
    (tick,) = [text for text in found(svg, "//svg:text[@text-anchor='middle']") if text.text == "20"]
    assert float(mark.get("x1")) == pytest.approx(float(tick.get("x")), abs=0.1)


@given(st.lists(st.integers(-400, 4000), min_size=1, max_size=300))
@example([0])
@example([*range(5000)])
def test_every_wait_is_in_one_bar(days: list[int]) -> None:
    svg = waits_svg(days)
    assert sum(figures(title)[0] for title in titles(svg)) == len(days)
    assert len(titles(svg)) <= MOST_BINS + 2
    assert f"median {median(days):,g}" in words(svg)
    width = float(parsed(svg).get("viewBox").split()[2])
    assert all(0 <= box.left <= box.right <= width for box in boxes(svg))


# -- states --------------------------------------------------------------------------------------------------------------------


def test_the_states_with_most_come_first_and_the_rest_is_counted() -> None:
    svg = states_bar_svg([("Ohio", 9), ("Texas", 320), ("Utah", 14), ("Florida", 345), ("Maine", 0), ("Iowa", 9)], most=3)
    assert words(svg)[2:] == ["Florida", "345", "Texas", "320", "Utah", "14", "and 18 in 2 other states"]
    assert told(svg) == "697 agreements in 5 states. Most: Florida 345, Texas 320, Utah 14."
    assert titles(svg)[2] == "Utah: 14 agreements"
    florida, texas, _ = (float(bar.get("width")) for bar in found(svg, "//svg:g/svg:rect"))
    assert texas / florida == pytest.approx(320 / 345, abs=0.01)


def test_states_of_one_number_come_by_name() -> None:
    assert words(states_bar_svg([("Utah", 2), ("Ohio", 2)]))[2::2] == ["Ohio", "Utah"]


def test_names_that_are_markup_are_text() -> None:
    svg = states_bar_svg([('<a href="javascript:x">&', 2)])
    assert titles(svg) == ['<a href="javascript:x">&: 2 agreements']
    assert not found(svg, "//svg:a")


def test_a_picture_is_as_high_as_its_rows_need() -> None:
    few, many = (etree.fromstring(states_bar_svg([(str(n), n + 1) for n in range(rows)])).get("viewBox") for rows in (3, 12))
    assert int(many.split()[3]) - int(few.split()[3]) == 9 * 24


@pytest.mark.parametrize("picture", [changes_svg([]), waits_svg([]), states_bar_svg([]), states_bar_svg([("Texas", 0)])])
def test_where_there_is_nothing_that_is_said(picture: str) -> None:
    assert words(picture)[-1] == "Nothing to show yet."
