"""Numbers by place: agreements in every state, and in every county of a state, in classes of colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree as ET

from monitor.charts import shapes
from monitor.charts.counts import agreements
from monitor.charts.drawing import (
    FILL,
    GAP,
    HALF_DIGIT,
    PAGE,
    WIDE,
    Layout,
    add,
    canvas,
    text,
    text_width,
    told,
    written,
)
from monitor.texts import ENGLISH, Language

CLASSES = 5
# Of the map of the country, in the units of its plane: the squares of places too small to be seen or not in the plane, one below the
# other in the Atlantic, and the room below the map for the legend.
SQUARE, SQUARE_GAP, SQUARES_X, SQUARES_BOTTOM = 56, 8, 907, 606
SMALL = ("DC", "PR", "VI", "GU", "MP", "AS")
LEGEND_HEIGHT = 92
# What the counties of a state are called where that is not "counties".
KINDS = {
    "AK": "{number} boroughs and census areas",
    "AS": "{number} districts",
    "DC": "{number} district",
    "GU": "{number} island",
    "LA": "{number} parishes",
    "MP": "{number} municipalities",
    "PR": "{number} municipios",
    "VA": "{number} counties and cities",
    "VI": "{number} islands",
}


def us_map_svg(
    counts: Mapping[str, int], link: Callable[[str], str | None] | None = None, *, language: Language = ENGLISH
) -> str:
    """A map of the states, coloured by their number of agreements; it fills the room it is given.

    `counts` has a USPS code → number; a state that is not in it has none. `link` gives a state's address by its code, or None where
    it has none; each state with an address is a link. Numbers stand in the states that have room for them. Raises ValueError for a
    code of no state and for numbers below 0.
    """
    states = shapes.states()
    _check(counts, states)
    layout, width = WIDE, shapes.PLANE_WIDTH
    plane = layout.top + shapes.PLANE_HEIGHT
    most = max(counts.values(), default=0)
    starts = class_starts(most)
    some = [code for code in states if counts.get(code)]
    title, total = language.text("287(g) agreements by state"), agreements(sum(counts.values()), language)
    words = f"{total}."
    if some:
        places = language.plural("{number} place", "{number} places", len(some))
        total = language.text("{agreements} in {places}", agreements=total, places=places)
        most_of = sorted(some, key=lambda code: (-counts[code], code))[:3]
        leading = ", ".join(f"{states[code].name} {language.number(counts[code])}" for code in most_of)
        words = language.text("{total}. Most: {leading}.", total=total, leading=leading)
    # What has role img has no links for those who do not see it.
    svg = canvas(layout, width, plane + LEGEND_HEIGHT, title, total, words, "group" if link else "img")
    land = add(svg, "g", transform=f"translate(0 {layout.top})", stroke_width=1.2)
    for code, shape in states.items():
        number = counts.get(code, 0)
        level = _level(number, starts)
        address = link(code) if link else None
        place = add(land, "g") if address is None else add(land, "a", href=address)
        told(place, f"{shape.name}: {agreements(number, language)}")
        if shape.path:
            add(place, "path", FILL, f"{_colour(level)} area", d=shape.path)
        if code in SMALL:
            _square(place, layout, code, level)
        if number and code not in SMALL:
            _number(place, layout, shape, language.number(number), level)
    _legend(svg, layout, starts, most, width, plane, language)
    return written(svg)


def county_map_svg(state: str, counts: Mapping[str, int], width: int = 440, *, language: Language = ENGLISH) -> str:
    """A map of one state's counties, coloured by their number of agreements; it fills the room it is given.

    `state` is a USPS code, `counts` has a county's FIPS code → number; a county that is not in it has none. `width` is the pixels at
    which type has its own size; the height follows the state's shape. Raises ValueError for a code of no state, for a FIPS code of no
    county of it and for numbers below 0.
    """
    frame, layout = shapes.counties(state), PAGE
    _check(counts, frame.counties)
    scale = (width - 2 * GAP) / max(frame.width, frame.height)
    bottom = layout.top + frame.height * scale
    most = max(counts.values(), default=0)
    starts = class_starts(most)
    some = [fips for fips in frame.counties if counts.get(fips)]
    kinds = language.text(KINDS.get(state, "{number} counties"), number=language.number(len(frame.counties)))
    total = language.text(
        "{agreements} in {some} of {places}" if some else "{agreements} in {places}",
        agreements=agreements(sum(counts.values()), language),
        some=language.number(len(some)),
        places=kinds,
    )
    svg = canvas(layout, width, round(bottom + 4 * layout.tick), shapes.states()[state].name, total, f"{total}.")
    left = (width - frame.width * scale) / 2
    land = add(svg, "g", transform=f"translate({left:.1f} {layout.top}) scale({scale:.4f})", stroke_width=0.8 / scale)
    for fips, shape in frame.counties.items():
        number = counts.get(fips, 0)
        county = add(land, "path", FILL, f"{_colour(_level(number, starts))} area", d=shape.path)
        told(county, f"{shape.name}: {agreements(number, language)}")
    _legend(svg, layout, starts, most, width, bottom, language)
    return written(svg)


def class_starts(most: int) -> list[int]:
    """Where the classes of the numbers 1 to `most` begin, ascending from 1: at most CLASSES, each about as many times the one before.

    They begin at 1, 2 or 5 times a power of ten, so that a map looks the same from day to day; up to 19 they are 1, 2, 3, 4 and more.
    """
    rounds = [digit * 10**power for power in range(len(str(most))) for digit in (1, 2, 5) if digit * 10**power <= most]
    if len(rounds) <= CLASSES:
        return [*range(1, min(most, CLASSES) + 1)]
    return [rounds[place * (len(rounds) - 1) // (CLASSES - 1)] for place in range(CLASSES)]


def _check(counts: Mapping[str, int], places: Mapping[str, object]) -> None:
    for code, number in counts.items():
        if code not in places:
            raise ValueError(f"no place of this map has the code {code!r}")
        if number < 0:
            raise ValueError(f"{code}: a number of agreements cannot be below 0")


def _level(number: int, starts: Sequence[int]) -> int:
    """0 for none, else the class of `number`: the last has the strongest colour, however many there are."""
    return sum(start <= number for start in starts) + CLASSES - len(starts) if number else 0


def _colour(level: int) -> str:
    return f"class{level}" if level else "none"


def _square(parent: ET.Element, layout: Layout, code: str, level: int) -> None:
    x = SQUARES_X
    y = SQUARES_BOTTOM - (len(SMALL) - SMALL.index(code)) * (SQUARE + SQUARE_GAP)
    add(parent, "rect", FILL, f"{_colour(level)} area", x=x, y=y, width=SQUARE, height=SQUARE, rx=6)
    colour = f"on{level}" if level else "quiet"
    text(parent, x + SQUARE / 2, y + SQUARE / 2 + HALF_DIGIT * layout.tick, code, layout.tick, colour, "middle")


def _number(parent: ET.Element, layout: Layout, shape: shapes.StateShape, words: str, level: int) -> None:
    """A state's number, where it has room; on narrow screens, where type is larger, only if it has room for that too."""
    x, y, room = shape.label
    narrow = layout.narrow[1] if layout.narrow else layout.value

    def fits(size: int) -> bool:
        # A box within an ellipse that is as many times wider than high as the room is.
        return (text_width(words, size) / 2) ** 2 + (shapes.STRETCH * HALF_DIGIT * size) ** 2 <= room**2

    if fits(layout.value):
        colour = f"on{level}" if fits(narrow) else f"on{level} tight"
        text(parent, x, y + HALF_DIGIT * layout.value, words, layout.value, colour, "middle")


def _legend(
    svg: ET.Element, layout: Layout, starts: Sequence[int], most: int, width: int, top: float, language: Language
) -> None:
    """A row of the colours from none to most, each with its numbers below it."""
    ends = [start - 1 for start in starts[1:]]
    begins = [language.number(start) for start in starts]
    spans = [
        begin if start == end else f"{begin}–{language.number(end)}"
        for begin, start, end in zip(begins, starts, ends, strict=False)
    ]
    cell, size = (width - 2 * GAP) / (CLASSES + 1), layout.tick
    if any(text_width(span, layout.narrow[1] if layout.narrow else size) > cell - GAP for span in spans):
        spans = [f"{begin}+" for begin in begins[:-1]]
    last = [begin if start == most else f"{begin}+" for begin, start in zip(begins[-1:], starts[-1:], strict=True)]
    labels = [language.text("none"), *spans, *last]
    for place, (label, level) in enumerate(zip(labels, [0, *range(CLASSES - len(starts) + 1, CLASSES + 1)], strict=True)):
        at = GAP + cell * place
        add(svg, "rect", FILL, _colour(level), x=at, y=top + size, width=cell - 2, height=size * 0.7)
        text(svg, at + cell / 2, top + size * 3.1, label, size, "ink", "middle")
