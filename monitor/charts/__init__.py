"""Charts for messages and pages: figures in, an SVG out, and the PNG of an SVG for readers that show none.

A chart brings its own background, for it is looked at in dark mail too. No clock, no network, no font of the machine's: the same
figures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from itertools import pairwise
from xml.etree import ElementTree as ET

from monitor.charts.axes import MOST_DAYS, Scale, day_in_words, round_days, round_values, span_in_words

# The font of every picture; a browser without it finds Verdana as wide.
FONTS = "DejaVu Sans, Verdana, sans-serif"
# More steps than this are not told apart on the width of a mail.
MOST_POINTS = 200
PAPER, GRID, AXIS, QUIET, INK, LINE = "#fcfcfb", "#e2e6ea", "#a4adb6", "#5c6670", "#1d2730", "#1c5d99"
# Pixels: type, the room above the plot (for the heading) and below it (for the days and the years), and between things.
HEADING_SIZE, TICK_SIZE, VALUE_SIZE = 14, 11, 15
TOP, BOTTOM, YEARS, GAP = 52, 34, 15, 10
# In font sizes: a character's width (a digit's in DejaVu Sans, a letter's on average; a space and a comma have half of it) and
# half a digit's height.
CHARACTER, HALF_DIGIT = 0.636, 0.365


def growth_svg(points: Sequence[tuple[str, int]], width: int = 600, height: int = 260) -> str:
    """How many 287(g) agreements stood by day: an SVG of `width` × `height` pixels.

    `points` are ISO days with the number that stood from then on, oldest first, at least one; of several of one day the last
    counts. Raises ValueError for a day that is none, for days out of order and for no points.
    """
    numbers = _by_day(points)
    first, last, newest = min(numbers), max(numbers), points[-1][1]
    values = round_values(min(numbers.values()), max(numbers.values()))
    left = 2 * GAP + max(_text_width(f"{value:,}", TICK_SIZE) for value in values)
    right = width - 3 * GAP - _text_width(f"{newest:,}", VALUE_SIZE)
    x = Scale(first.toordinal(), last.toordinal(), left, right)
    y = Scale(values[0], values[-1], height - BOTTOM - (YEARS if first.year != last.year else 0), TOP)

    span = span_in_words(first, last)
    told = (
        f"{numbers[first]:,} stood on {day_in_words(first, with_year=True)}, {newest:,} on {day_in_words(last, with_year=True)}."
    )
    svg = _canvas(width, height, "287(g) agreements", span, told)
    _value_axis(svg, x, y, values)
    _day_axis(svg, x, y, first, last)

    # A roster stays as it is until the next one: steps, not slopes.
    days = _thinned(numbers)
    steps = f"M{x(first.toordinal()):.1f},{y(numbers[first]):.1f}"
    steps += "".join(f"H{x(day.toordinal()):.1f}V{y(numbers[day]):.1f}" for day in days[1:])
    if values[0] == 0:
        # Only from zero up does an area say how many.
        _add(svg, "path", d=f"{steps}V{y.start:.1f}H{x(first.toordinal()):.1f}Z", fill=LINE, fill_opacity=0.12)
    _add(svg, "path", d=steps, fill="none", stroke=LINE, stroke_width=2.2, stroke_linejoin="round", stroke_linecap="round")
    end, level = x(last.toordinal()), y(newest)
    _add(svg, "circle", cx=end, cy=level, r=4, fill=LINE)
    _text(svg, end + GAP, level + HALF_DIGIT * VALUE_SIZE, f"{newest:,}", VALUE_SIZE, LINE)
    return ET.tostring(svg, encoding="unicode")


def png(svg: str, scale: float = 2.0) -> bytes:
    """A chart's SVG as a PNG with `scale` pixels to one of the SVG's, whatever fonts the machine has.

    Only text in DejaVu Sans and in Latin letters shows: no other font is known here. Raises ValueError for what is no SVG and for
    a scale that is not positive.
    """
    import resvg_py  # here: only those who want a picture are to wait for it

    with resources.as_file(resources.files("monitor.charts").joinpath("fonts/DejaVuSans-Latin.ttf")) as font:
        return resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, skip_system_fonts=True, font_files=[str(font)])


def _by_day(points: Sequence[tuple[str, int]]) -> dict[date, int]:
    numbers = {date.fromisoformat(day): number for day, number in points}
    if not numbers:
        raise ValueError("a chart needs a point at least")
    if [*numbers] != sorted(numbers):
        raise ValueError("the points of a chart must come oldest first")
    return numbers


def _thinned(numbers: Mapping[date, int]) -> list[date]:
    """The days on which a number changed, at most MOST_POINTS of them; the first and the last day are always among them."""
    days = [*numbers]
    changed = [day for before, day in pairwise(days) if numbers[day] != numbers[before] or day == days[-1]]
    told = [days[0], *changed]
    if len(told) <= MOST_POINTS:
        return told
    return [told[number * (len(told) - 1) // (MOST_POINTS - 1)] for number in range(MOST_POINTS)]


def _canvas(width: int, height: int, title: str, span: str, told: str) -> ET.Element:
    """An SVG with its background, its heading, and the words for those who do not see it."""
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONTS, **size})
    _add(svg, "title").text = f"{title}, {span}"
    _add(svg, "desc").text = told
    _add(svg, "rect", width=width, height=height, fill=PAPER)
    heading = _text(svg, GAP, 26, title, HEADING_SIZE, INK)
    _add(heading, "tspan", dx=GAP, font_size=TICK_SIZE + 1, fill=QUIET).text = span
    return svg


def _value_axis(svg: ET.Element, x: Scale, y: Scale, values: Sequence[int]) -> None:
    """A thin line across the plot for each value, with the value to the left of it; the lowest is the ground."""
    for value in values:
        colour = AXIS if value == values[0] else GRID
        _add(svg, "line", x1=x.start, y1=y(value), x2=x.end, y2=y(value), stroke=colour)
        _text(svg, x.start - GAP, y(value) + HALF_DIGIT * TICK_SIZE, f"{value:,}", TICK_SIZE, QUIET, "end")


def _day_axis(svg: ET.Element, x: Scale, y: Scale, first: date, last: date) -> None:
    """Marks below the plot with their days, as many as there is room for; where there are several years, each where it begins."""
    room = _text_width("May 29", TICK_SIZE)
    year = last.year if first.year == last.year else None
    for day in round_days(first, last, max(1, min(MOST_DAYS, int((x.end - x.start) / (room + GAP))))):
        at = x(day.toordinal())
        _add(svg, "line", x1=at, y1=y.start, x2=at, y2=y.start + 5, stroke=AXIS)
        middle = max(at, GAP + room / 2)
        _text(svg, middle, y.start + 20, day_in_words(day, with_year=False), TICK_SIZE, QUIET, "middle")
        if day.year != year:
            year = day.year
            _text(svg, middle, y.start + 20 + YEARS, str(year), TICK_SIZE, QUIET, "middle")


def _text(parent: ET.Element, x: float, y: float, words: str, size: int, fill: str, anchor: str = "start") -> ET.Element:
    element = _add(parent, "text", x=x, y=y, font_size=size, fill=fill, text_anchor=anchor)
    element.text = words
    return element


def _text_width(words: str, size: int) -> float:
    """About how many pixels wide `words` are at a font of `size` pixels."""
    return CHARACTER * size * (len(words) - (words.count(" ") + words.count(",")) / 2)


def _add(parent: ET.Element, tag: str, **attributes: str | float) -> ET.Element:
    """A new child; `stroke_width=2.25` is written as stroke-width="2.25", pixels with two decimals at most."""
    element = ET.SubElement(parent, tag)
    for name, value in attributes.items():
        element.set(name.replace("_", "-"), value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip("."))
    return element
