"""The curve of agreements: words and figures in their places, steps in proportion to time, a picture that needs no font."""

from __future__ import annotations

import struct
import subprocess
import sys
from datetime import date, timedelta
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from monitor.charts import growth_svg, png
from monitor.charts.axes import Scale, round_days, round_values, span_in_words
from monitor.charts.lines import MOST_POINTS
from tests.charts.looks import colour

SUMMER = [("2026-05-29", 1412), ("2026-06-12", 1450), ("2026-07-10", 1560), ("2026-08-28", 1648), ("2026-09-15", 1725)]
YEARS = [("2025-02-21", 135), ("2025-06-20", 700), ("2026-01-09", 1250), ("2026-09-15", 1725)]
NS = {"svg": "http://www.w3.org/2000/svg"}
DAYS = st.dates(date(1996, 1, 1), date(2100, 1, 1))


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def texts(svg: str, anchor: str) -> list[str]:
    """The words of a chart's texts of one alignment: `end` those of the values, `middle` of the days, `start` of all else."""
    return parsed(svg).xpath(f"//svg:text[@text-anchor='{anchor}']/text()", namespaces=NS)


def outline(svg: str) -> list[tuple[float, float]]:
    """(x, y) in pixels of where the line turns to another number, its beginning first."""
    (path,) = parsed(svg).xpath("//svg:path[@class='s-first']/@d", namespaces=NS)
    begin, *steps = path.removeprefix("M").split("H")
    x, y = begin.split(",")
    return [(float(x), float(y)), *((float(at), float(to)) for at, to in (step.split("V") for step in steps))]


def without(svg: str, *elements: str) -> str:
    """The chart without what the XPaths name."""
    root = parsed(svg)
    for element in elements:
        for found in root.xpath(element, namespaces=NS):
            found.getparent().remove(found)
    return etree.tostring(root, encoding="unicode")


def daily(number: int) -> list[tuple[str, int]]:
    """A point a day, each of another number than the one before."""
    return [((date(2006, 1, 1) + timedelta(day)).isoformat(), 30 + day // 3 + day % 2) for day in range(number)]


# -- what it says --------------------------------------------------------------------------------------------------------------


def test_a_chart_says_what_it_shows_in_figures_days_and_words() -> None:
    svg = growth_svg(SUMMER)
    assert texts(svg, "end") == ["1,400", "1,500", "1,600", "1,700", "1,800"]
    assert texts(svg, "middle") == ["Jun 1", "Jul 1", "Aug 1", "Sep 1"]
    assert texts(svg, "start") == ["287(g) agreements", "1,725"]
    root = parsed(svg)
    assert root.findtext("svg:title", namespaces=NS) == "287(g) agreements, May 29 – Sep 15, 2026"
    assert root.findtext("svg:desc", namespaces=NS) == "1,412 stood on May 29, 2026, 1,725 on Sep 15, 2026."
    assert root.get("role") == "img"


def test_the_years_are_told_where_there_are_several() -> None:
    assert texts(growth_svg(YEARS), "middle") == ["Apr 1", "2025", "Jul 1", "Oct 1", "Jan 1", "2026", "Apr 1", "Jul 1"]


def test_a_chart_has_a_light_ground_of_its_own_behind_all_else() -> None:
    root = parsed(growth_svg(SUMMER, width=500, height=200))
    ground = root.xpath("*[not(self::svg:title or self::svg:desc or self::svg:style)]", namespaces=NS)[0]
    assert etree.QName(ground).localname == "rect"
    assert (root.get("width"), root.get("height")) == (ground.get("width"), ground.get("height")) == ("500", "200")
    assert min(bytes.fromhex(colour(ground, "fill").removeprefix("#"))) > 240


def test_the_line_goes_in_steps_and_in_proportion_to_time() -> None:
    (begin, low), (middle, mid), (end, high) = outline(
        growth_svg([("2026-05-01", 100), ("2026-05-11", 150), ("2026-05-31", 200)])
    )
    assert (end - begin) == pytest.approx(3 * (middle - begin), abs=0.3)
    assert low - mid == pytest.approx(mid - high, abs=0.3)
    assert low > mid > high, "more agreements stand higher"


def test_an_area_is_filled_only_from_zero_up() -> None:
    assert len(parsed(growth_svg(YEARS)).findall("svg:path", namespaces=NS)) == 2
    assert len(parsed(growth_svg(SUMMER)).findall("svg:path", namespaces=NS)) == 1


def test_of_several_publications_of_a_day_the_last_counts() -> None:
    assert growth_svg([*SUMMER[:-1], ("2026-09-15", 1700), SUMMER[-1]]) == growth_svg(SUMMER)


@pytest.mark.parametrize(
    "day", ["", "yesterday", "2026-02-30", "2026-05-29T06:00:00Z", "<script>alert(1)</script>", '"/><image/>']
)
def test_a_day_that_is_none_is_refused(day: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|day|month"):
        growth_svg([(day, 1), ("2026-05-29", 2)])


def test_no_points_and_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="a point at least"):
        growth_svg([])
    with pytest.raises(ValueError, match="oldest first"):
        growth_svg(SUMMER[::-1])


# -- odd figures ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "days"),
    [
        ([("2026-05-29", 1725)], ["May 29"]),
        ([("2026-05-29", 0)], ["May 29"]),
        ([("2026-05-29", 3), ("2026-05-30", 5)], ["May 29", "May 30"]),
        ([("2026-05-29", 7), ("2026-05-31", 7)], ["May 29", "May 30", "May 31"]),
        ([("2025-12-31", 1), ("2026-01-01", 1)], ["Dec 31", "2025", "Jan 1", "2026"]),
    ],
)
def test_few_points_make_a_chart(points: list[tuple[str, int]], days: list[str]) -> None:
    svg = growth_svg(points)
    assert texts(svg, "middle") == days
    assert texts(svg, "start")[-1] == f"{points[-1][1]:,}"


def test_thousands_of_points_are_thinned_and_the_first_and_last_kept() -> None:
    points = daily(7000)
    drawn, ends = outline(growth_svg(points)), outline(growth_svg([points[0], points[-1]]))
    assert len(drawn) == MOST_POINTS
    assert (drawn[0], drawn[-1]) == (ends[0], ends[-1])


def test_days_on_which_nothing_changed_cost_no_point() -> None:
    still = [((date(2025, 1, 1) + timedelta(day)).isoformat(), 100 + day // 100) for day in range(500)]
    assert len(outline(growth_svg(still))) == 6, "five numbers, and the last day"


# -- laws ----------------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@example(0, 0)
@example(1725, 0)
def test_values_are_round_ascending_and_enclose_the_figures(low: int, more: int) -> None:
    values = round_values(low, low + more)
    assert 3 <= len(values) <= 5
    assert 0 <= values[0] <= low <= low + more <= values[-1]
    (step,) = {after - before for before, after in pairwise(values)}
    assert str(step).rstrip("0") in {"1", "2", "5"}
    assert all(value % step == 0 for value in values)


@given(DAYS, st.integers(0, 12_000), st.sampled_from([5, 6]))
def test_days_are_ascending_and_three_to_six(first: date, length: int, most: int) -> None:
    last = first + timedelta(length)
    days = round_days(first, last, most)
    assert min(3, length + 1) <= len(days) <= most
    assert days == sorted(set(days))
    assert first <= days[0] <= days[-1] <= last


@given(DAYS, st.lists(st.tuples(st.integers(1, 400), st.integers(0, 2_000_000)), min_size=1, max_size=30))
def test_every_chart_is_drawn_within_its_bounds_and_its_days_stand_apart(first: date, steps: list[tuple[int, int]]) -> None:
    points, day = [], first
    for days, number in steps:
        points.append((day.isoformat(), number))
        day += timedelta(days)
    svg = growth_svg(points)
    assert all(0 < x < 600 and 0 < y < 260 for x, y in outline(svg))
    labels = parsed(svg).xpath("//svg:text[@text-anchor='middle'][contains(., ' ')]", namespaces=NS)
    places = [float(label.get("x")) for label in labels]
    assert all(after - before > 7 * len("May 29") for before, after in pairwise(places))
    span = (date.fromisoformat(points[-1][0]) - first).days
    assert min(3, span + 1) <= len(labels) <= 6


def test_a_scale_runs_either_way_and_puts_a_single_value_in_the_middle() -> None:
    assert Scale(10, 20, 200, 100)(15) == 150
    assert Scale(10, 20, 200, 100)(20) == 100
    assert Scale(7, 7, 0, 100)(7) == 50


def test_a_span_names_a_year_once_where_there_is_one() -> None:
    assert span_in_words(date(2025, 5, 29), date(2025, 5, 29)) == "May 29, 2025"
    assert span_in_words(date(2025, 5, 29), date(2025, 9, 5)) == "May 29 – Sep 5, 2025"
    assert span_in_words(date(2025, 11, 20), date(2026, 1, 5)) == "Nov 20, 2025 – Jan 5, 2026"


# -- pictures ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "size"), [(1.0, (600, 260)), (2.0, (1200, 520)), (1.5, (900, 390))])
def test_a_picture_has_the_chart_s_size_times_the_scale(scale: float, size: tuple[int, int]) -> None:
    picture = png(growth_svg(SUMMER), scale)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == size


def test_a_picture_shows_the_chart_and_every_piece_of_its_text() -> None:
    svg = growth_svg(YEARS)
    whole = png(svg)
    assert whole != png(without(svg, "//svg:path", "//svg:circle", "//svg:line", "//svg:text")), "blank"
    pieces = len(parsed(svg).xpath("//svg:text", namespaces=NS))
    unseen = [number for number in range(1, pieces + 1) if png(without(svg, f"(//svg:text)[{number}]")) == whole]
    assert unseen == []


def test_a_picture_is_the_same_bytes_each_time_and_asks_for_no_font_of_the_machine_s() -> None:
    svg = growth_svg(SUMMER)
    assert png(svg) == png(growth_svg(SUMMER))
    assert "DejaVu Sans" in svg
    other = svg.replace("DejaVu Sans, Verdana, sans-serif", "DejaVu Serif, Arial, Times New Roman, serif")
    assert png(other) == png(without(svg, "//svg:text")), "another font was found"


def test_what_is_no_svg_makes_no_picture() -> None:
    with pytest.raises(ValueError, match=r"root|SVG|document"):
        png("<p>")


def test_the_font_is_small_and_comes_with_its_licence() -> None:
    fonts = resources.files("monitor.charts").joinpath("fonts")
    assert len(fonts.joinpath("DejaVuSans-Latin.ttf").read_bytes()) < 60_000
    licence = fonts.joinpath("LICENSE").read_text("utf-8")
    assert "Bitstream Vera Fonts Copyright" in licence
    assert "Arev Fonts Copyright" in licence


def test_whoever_draws_nothing_does_not_load_what_draws_pictures() -> None:
    subprocess.run([sys.executable, "-c", "import sys, monitor.charts; assert 'resvg_py' not in sys.modules"], check=True)
