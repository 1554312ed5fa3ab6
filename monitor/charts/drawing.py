"""What every chart is drawn with: ground and heading, text, axes, and colours for light and dark ground. Knows no agreements.

Colours are classes. One style sheet, the same in every picture (a page with several needs one hash to allow it), says what they are
on light ground and, where a reader prefers it, on dark; what makes a PNG knows no such preference and takes the light ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from xml.etree import ElementTree as ET

from monitor.charts.axes import MOST_DAYS, Scale, round_days
from monitor.texts import Language

# The font of every picture; a browser without it finds Verdana as wide.
FONTS = "DejaVu Sans, Verdana, sans-serif"
# Class → its colour on light ground, on dark ground. Text has at least 4.5 : 1 to what it stands on (WCAG 2.2, 1.4.3). `first` to
# `third` stay apart for every kind of colour-blindness; `class1` to `class5` differ in lightness, `on1` to `on5` is text upon them.
COLOURS = {
    "paper": ("#fcfcfb", "#14191f"),
    "grid": ("#e2e6ea", "#2b333c"),
    "axis": ("#a4adb6", "#5f6b76"),
    "quiet": ("#5c6670", "#a7b1bb"),
    "ink": ("#1d2730", "#e8edf1"),
    "first": ("#1c5d99", "#6db3f2"),
    "second": ("#c2500a", "#f0964a"),
    "third": ("#2f3842", "#dfe5ea"),
    "none": ("#eaedf0", "#262d35"),
    "class1": ("#bcd6ec", "#1f4f7c"),
    "class2": ("#8fbce0", "#2a6aa3"),
    "class3": ("#5a9bd0", "#4a90cc"),
    "class4": ("#2b73b3", "#8ac1ee"),
    "class5": ("#0c3c6e", "#d3e9fc"),
    "on1": ("#1d2730", "#f4f7fa"),
    "on2": ("#1d2730", "#f4f7fa"),
    "on3": ("#1d2730", "#14191f"),
    "on4": ("#ffffff", "#14191f"),
    "on5": ("#ffffff", "#14191f"),
}
# The first letter of a class: the colour fills, or it draws the line.
FILL: Final = "f"
STROKE: Final = "s"
# Below so many pixels a wide picture (a map of the country) is shrunk so far that its text must grow.
NARROW = 480
# In font sizes: a character's width (a digit's in DejaVu Sans, a letter's on average; a space and a comma have half of it) and
# half a digit's height.
CHARACTER, HALF_DIGIT = 0.636, 0.365
# Pixels between things.
GAP = 10

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Pixels: the sizes of type, the room above the plot for the heading and below it for the days, and for their years.

    The note stands beside the heading or below it. A picture of fixed size says its width and height; others fill the room they are
    given. A wide one has larger type on narrow screens: `narrow` is its heading's and all other text's.
    """

    heading: int
    note: int
    tick: int
    value: int
    top: int
    bottom: int
    years: int
    beside: bool = False
    fixed: bool = False
    narrow: tuple[int, int] | None = None


MAIL = Layout(heading=14, note=12, tick=11, value=15, top=52, bottom=34, years=15, beside=True, fixed=True)
# Still 9 to 12 pixels high where 440 are shown on 320.
PAGE = Layout(heading=16, note=13, tick=13, value=14, top=72, bottom=38, years=17)
WIDE = Layout(heading=28, note=22, tick=22, value=19, top=112, bottom=0, years=0, narrow=(36, 32))


def _style() -> str:
    def rules(ground: int) -> str:
        fills = "".join(f".chart .{FILL}-{name}{{fill:{pair[ground]}}}" for name, pair in COLOURS.items())
        return fills + "".join(f".chart .{STROKE}-{name}{{fill:none;stroke:{pair[ground]}}}" for name, pair in COLOURS.items())

    def chosen(ground: int) -> str:
        return f".chart a:hover .area,.chart a:focus-visible .area{{stroke:{COLOURS['ink'][ground]};stroke-width:4}}"

    heading, other = WIDE.narrow or (WIDE.heading, WIDE.tick)
    return (
        f"{rules(0)}.chart .area{{stroke:{COLOURS['paper'][0]};stroke-linejoin:round}}{chosen(0)}"
        f"@media (prefers-color-scheme:dark){{{rules(1)}.chart .area{{stroke:{COLOURS['paper'][1]}}}{chosen(1)}}}"
        f"@media (max-width:{NARROW}px){{.wide text{{font-size:{other}px}}.wide .heading{{font-size:{heading}px}}"
        ".wide .tight{display:none}}"
    )


STYLE = _style()


def canvas(layout: Layout, width: int, height: int, title: str, note: str, told: str, role: str = "img") -> ET.Element:
    """An SVG with its ground, its heading with a note, and `told`, the words for those who do not see it."""
    size = {"width": str(width), "height": str(height)} if layout.fixed else {}
    kind = "chart wide" if layout.narrow else "chart"
    head = {"xmlns": "http://www.w3.org/2000/svg", "role": role, "class": kind, "font-family": FONTS}
    svg = ET.Element("svg", {**head, **size, "viewBox": f"0 0 {width} {height}"})
    add(svg, "title").text = f"{title}, {note}" if note else title
    add(svg, "desc").text = told
    add(svg, "style").text = STYLE
    add(svg, "rect", FILL, "paper", width=width, height=height)
    largest, larger = layout.narrow or (layout.heading, layout.note)
    baseline = GAP + largest * 8 // 7
    heading = text(svg, GAP, baseline, title, layout.heading, "ink heading")
    if layout.beside:
        add(heading, "tspan", FILL, "quiet", dx=GAP, font_size=layout.note).text = note
    elif note:
        text(svg, GAP, baseline + larger * 3 / 2, note, layout.note, "quiet")
    return svg


def nothing(layout: Layout, width: int, height: int, title: str, language: Language) -> str:
    """The picture of no figures: the heading and that there are none."""
    words = language.text("Nothing to show yet.")
    svg = canvas(layout, width, height, title, "", words)
    text(svg, width / 2, (layout.top + height) / 2, words, layout.tick, "quiet", "middle")
    return written(svg)


def written(svg: ET.Element) -> str:
    return ET.tostring(svg, encoding="unicode")


def value_axis(
    svg: ET.Element,
    layout: Layout,
    left: float,
    right: float,
    y: Scale,
    values: Sequence[int],
    ground: int,
    language: Language,
) -> None:
    """A thin line across the plot for each value, with the value to the left of it; the one at `ground` is darker."""
    for value in values:
        add(svg, "line", STROKE, "axis" if value == ground else "grid", x1=left, y1=y(value), x2=right, y2=y(value))
        text(svg, left - GAP, y(value) + HALF_DIGIT * layout.tick, language.number(value), layout.tick, "quiet", "end")


def day_axis(svg: ET.Element, layout: Layout, x: Scale, bottom: float, first: date, last: date, language: Language) -> None:
    """Marks below the plot with their days, as many as there is room for; where there are several years, each where it begins."""
    room = max(text_width(language.short_day(date(2025, month, 28)), layout.tick) for month in range(1, 13))
    year = last.year if first.year == last.year else None
    for day in round_days(first, last, max(1, min(MOST_DAYS, int((x.end - x.start) / (room + GAP))))):
        at = x(day.toordinal())
        add(svg, "line", STROKE, "axis", x1=at, y1=bottom, x2=at, y2=bottom + 5)
        middle = max(at, GAP + room / 2)
        baseline = bottom + 9 + layout.tick
        text(svg, middle, baseline, language.short_day(day), layout.tick, "quiet", "middle")
        if day.year != year:
            year = day.year
            text(svg, middle, baseline + layout.years, str(year), layout.tick, "quiet", "middle")


def line(svg: ET.Element, colour: str, x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> None:
    """A line that shows on bars too: with a rim of the ground's colour."""
    add(svg, "line", STROKE, "paper", x1=x1, y1=y1, x2=x2, y2=y2, stroke_width=4)
    add(svg, "line", STROKE, colour, x1=x1, y1=y1, x2=x2, y2=y2, stroke_width=2, **attributes)


def text(parent: ET.Element, x: float, y: float, words: str, size: int, colour: str, anchor: Anchor = "start") -> ET.Element:
    """A line of text with its baseline at `y`."""
    element = add(parent, "text", FILL, colour, x=x, y=y, font_size=size, text_anchor=anchor)
    element.text = words
    return element


def text_width(words: str, size: int) -> float:
    """About how many pixels wide `words` are at a font of `size` pixels."""
    return CHARACTER * size * (len(words) - (words.count(" ") + words.count(",")) / 2)


def fitted(words: str, size: int, room: float) -> str:
    """`words`, cut short with an ellipsis where they are wider than `room` pixels."""
    if text_width(words, size) <= room:
        return words
    return next(
        (f"{words[:end].rstrip()}…" for end in range(len(words), 0, -1) if text_width(words[:end] + "…", size) <= room), "…"
    )


def told(element: ET.Element, words: str) -> None:
    """What a reader is told who points at an element."""
    add(element, "title").text = words


def add(
    parent: ET.Element, tag: str, paint: Literal["f", "s", ""] = "", colour: str = "", **attributes: str | float
) -> ET.Element:
    """A new child, filled or drawn in a colour; `stroke_width=2.25` is written as stroke-width="2.25", pixels with two decimals.

    `colour` is one of COLOURS, and may be followed by further classes.
    """
    element = ET.SubElement(parent, tag, {"class": f"{paint}-{colour}"} if paint else {})
    for name, value in attributes.items():
        element.set(name.replace("_", "-"), value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip("."))
    return element
