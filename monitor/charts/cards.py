"""A card: what is shown of a page where people share its address, in a few large words and figures.

Its colours are written out instead of told by the style sheet: a card is looked at as a PNG, and is light everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from xml.etree import ElementTree as ET

from monitor.charts.axes import Scale, round_values
from monitor.charts.drawing import COLOURS, FONTS, GAP, HALF_DIGIT, Anchor, add, fitted, text_width, written
from monitor.charts.lines import Points, numbers_by_day, step_path

# Pixels. 1.91 : 1 is what social networks show uncut; they ask for 1200 x 630, which is scale 2.
WIDTH, HEIGHT, MARGIN = 600, 315, 36
BAND, FIGURE, ROWS_TOP, ROWS_BOTTOM, FOOT = 88, 134, 152, 262, 296
# Of the sparkline, which stands to the right of the rows.
SPARK_LEFT, SPARK_TOP, SPARK_BOTTOM = 372, 168, 248
# Sizes of type. A title takes the first that it fits.
TITLES, LARGE, ROW, SMALL = (40, 32, 25), 29, 17, 14
MOST_ROWS = 4


def card_svg(title: str, figure: str, lines: Sequence[tuple[str, str]], note: str, points: Points = ()) -> str:
    """A card of 600 x 315 pixels: `title` on a band, `figure` in large type, rows of (label, value), and `note` at the foot.

    `points` as for `growth_svg`, may be none: from two days on they are a small curve without axes beside the rows. What is too wide
    is cut short. Raises ValueError for more than four rows, for a day that is none and for days out of order.
    """
    if len(lines) > MOST_ROWS:
        raise ValueError(f"a card has room for {MOST_ROWS} rows, not for {len(lines)}")
    frame = {"width": str(WIDTH), "height": str(HEIGHT), "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONTS, **frame})
    add(svg, "title").text = f"{title}, {figure}"
    add(svg, "desc").text = "; ".join([*(f"{label}: {value}" for label, value in lines), note])
    _area(svg, "paper", 0, 0, WIDTH, HEIGHT)
    _area(svg, "class5", 0, 0, WIDTH, BAND)
    room = WIDTH - 2 * MARGIN
    largest = next((size for size in TITLES if text_width(title, size) <= room), TITLES[-1])
    _text(svg, MARGIN, BAND / 2 + HALF_DIGIT * largest, fitted(title, largest, room), largest, "on5")
    _text(svg, MARGIN, FIGURE, fitted(figure, LARGE, room), LARGE, "first")

    numbers = numbers_by_day(points)
    right = SPARK_LEFT - MARGIN if len(numbers) > 1 else WIDTH - MARGIN
    for place, (label, value) in enumerate(lines):
        height = (ROWS_BOTTOM - ROWS_TOP) / len(lines)
        _row(svg, label, value, ROWS_TOP + place * height, height, right)
    if len(numbers) > 1:
        _sparkline(svg, numbers)
    _text(svg, MARGIN, FOOT, fitted(note, SMALL, room), SMALL, "quiet")
    return written(svg)


def _row(svg: ET.Element, label: str, value: str, top: float, height: float, right: float) -> None:
    """A thin line, below it the label at its left and the value at its right end."""
    # On whole pixels: half a pixel would make the line a blurred one of two.
    _area(svg, "grid", MARGIN, round(top), right - MARGIN, 1)
    baseline = top + height / 2 + HALF_DIGIT * ROW
    value = fitted(value, ROW, (right - MARGIN) * 0.6)
    _text(svg, right, baseline, value, ROW, "ink", "end")
    room = right - MARGIN - GAP - text_width(value, ROW)
    _text(svg, MARGIN, baseline, fitted(label, ROW, room), ROW, "quiet")


def _sparkline(svg: ET.Element, numbers: Mapping[date, int]) -> None:
    first, last = min(numbers), max(numbers)
    values = round_values(min(numbers.values()), max(numbers.values()))
    x = Scale(first.toordinal(), last.toordinal(), SPARK_LEFT, WIDTH - MARGIN - 6)
    y = Scale(values[0], values[-1], SPARK_BOTTOM, SPARK_TOP)
    path, colour = step_path(numbers, x, y), COLOURS["first"][0]
    if values[0] == 0:
        # Only from zero up does an area say how many.
        add(svg, "path", fill=COLOURS["class1"][0], d=f"{path}V{SPARK_BOTTOM}H{SPARK_LEFT}Z")
    add(svg, "path", fill="none", stroke=colour, stroke_width=3, stroke_linejoin="round", d=path)
    add(svg, "circle", fill=colour, cx=x(last.toordinal()), cy=y(numbers[last]), r=6)


def _area(svg: ET.Element, colour: str, x: float, y: float, width: float, height: float) -> None:
    add(svg, "rect", fill=COLOURS[colour][0], x=x, y=y, width=width, height=height)


def _text(svg: ET.Element, x: float, y: float, words: str, size: int, colour: str, anchor: Anchor = "start") -> None:
    add(svg, "text", fill=COLOURS[colour][0], x=x, y=y, font_size=size, text_anchor=anchor).text = words
