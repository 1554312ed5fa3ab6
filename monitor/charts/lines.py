"""Numbers over time as lines: agreements, agreements by model, pending applications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

from monitor.charts.axes import Scale, round_values, span_in_words
from monitor.charts.drawing import (
    FILL,
    GAP,
    HALF_DIGIT,
    MAIL,
    PAGE,
    STROKE,
    Layout,
    add,
    canvas,
    day_axis,
    fitted,
    nothing,
    text,
    text_width,
    value_axis,
    written,
)
from monitor.texts import ENGLISH, Language

# More steps than this are not told apart on the width of a mail.
MOST_POINTS = 200
# The lines of a chart by their place: colour, dashes, and the mark at the end. A fourth begins anew.
STYLES = (("first", "none", "disc"), ("second", "7 3", "square"), ("third", "2 3", "triangle"))

Points = Sequence[tuple[str, int]]


def growth_svg(points: Points, width: int = 600, height: int = 260, *, language: Language = ENGLISH) -> str:
    """How many 287(g) agreements stood by day: an SVG of `width` × `height` pixels.

    `points` are ISO days with the number that stood from then on, oldest first, at least one; of several of one day the last
    counts. Raises ValueError for a day that is none, for days out of order and for no points.
    """
    if not points:
        raise ValueError("a chart needs a point at least")
    return _curve(MAIL, numbers_by_day(points), language.text("287(g) agreements"), width, height, language)


def pending_svg(points: Points, width: int = 440, height: int = 280, *, language: Language = ENGLISH) -> str:
    """How many applications for agreements were pending by day; it fills the room it is given.

    `points` as for `growth_svg`, but there may be none; `width` and `height` are the pixels at which type has its own size.
    """
    title = language.text("Pending applications")
    if not points:
        return nothing(PAGE, width, height, title, language)
    return _curve(PAGE, numbers_by_day(points), title, width, height, language)


def models_svg(series: Mapping[str, Points], width: int = 440, height: int = 300, *, language: Language = ENGLISH) -> str:
    """How many agreements of each model stood by day, a labelled line for each; it fills the room it is given.

    `series` has a model's name → points as for `growth_svg`. A model without points has no line; a line whose last point is older
    than the newest of all goes on as it stood. A model's looks go by its place in `series`: keep the order, keep the looks.
    """
    title, layout = language.text("Agreements by model"), PAGE
    lines = {model: numbers_by_day(points) for model, points in series.items() if points}
    if not lines:
        return nothing(layout, width, height, title, language)
    first, last = min(min(numbers) for numbers in lines.values()), max(max(numbers) for numbers in lines.values())
    newest = {model: f"{model} {language.number(numbers[max(numbers)])}" for model, numbers in lines.items()}
    labels = {model: fitted(words, layout.value, width * 0.36) for model, words in newest.items()}
    values = round_values(0, max(max(numbers.values()) for numbers in lines.values()))
    beside = max(text_width(label, layout.value) for label in labels.values())
    x, y = _scales(layout, width, height, first, last, values, beside, language)

    day = language.short_day(last, with_year=True)
    words = language.text("On {day}: {models}.", day=day, models=", ".join(newest.values()))
    svg = canvas(layout, width, height, title, span_in_words(first, last, language), words)
    value_axis(svg, layout, x.start, x.end, y, values, values[0], language)
    day_axis(svg, layout, x, y.start, first, last, language)
    ends = [y(numbers[max(numbers)]) for numbers in lines.values()]
    levels = _apart(ends, layout.value * 1.2, y.end, y.start)
    looks = dict(zip(series, (STYLES[place % len(STYLES)] for place in range(len(series))), strict=True))
    for (model, numbers), end, level in zip(lines.items(), ends, levels, strict=True):
        colour, dashes, mark = looks[model]
        steps = f"{step_path(numbers, x, y)}H{x(last.toordinal()):.1f}"
        add(svg, "path", STROKE, colour, d=steps, stroke_width=2.2, stroke_dasharray=dashes, stroke_linejoin="round")
        _mark(svg, mark, colour, x(last.toordinal()), end)
        text(svg, x(last.toordinal()) + GAP, level + HALF_DIGIT * layout.value, labels[model], layout.value, colour)
    return written(svg)


def _curve(layout: Layout, numbers: Mapping[date, int], title: str, width: int, height: int, language: Language) -> str:
    """One line, the area below it where that begins at zero, and the newest number at its end."""
    first, last = min(numbers), max(numbers)
    newest = language.number(numbers[last])
    values = round_values(min(numbers.values()), max(numbers.values()))
    x, y = _scales(layout, width, height, first, last, values, text_width(newest, layout.value) + GAP, language)
    words = language.text(
        "{number} stood on {day}, {newest} on {last_day}.",
        number=language.number(numbers[first]),
        day=language.short_day(first, with_year=True),
        newest=newest,
        last_day=language.short_day(last, with_year=True),
    )
    svg = canvas(layout, width, height, title, span_in_words(first, last, language), words)
    value_axis(svg, layout, x.start, x.end, y, values, values[0], language)
    day_axis(svg, layout, x, y.start, first, last, language)

    steps = step_path(numbers, x, y)
    if values[0] == 0:
        # Only from zero up does an area say how many.
        add(svg, "path", FILL, "first", d=f"{steps}V{y.start:.1f}H{x(first.toordinal()):.1f}Z", fill_opacity=0.12)
    add(svg, "path", STROKE, "first", d=steps, stroke_width=2.2, stroke_linejoin="round", stroke_linecap="round")
    end, level = x(last.toordinal()), y(numbers[last])
    _mark(svg, "disc", "first", end, level)
    text(svg, end + GAP, level + HALF_DIGIT * layout.value, newest, layout.value, "first")
    return written(svg)


def _scales(
    layout: Layout, width: int, height: int, first: date, last: date, values: Sequence[int], beside: float, language: Language
) -> tuple[Scale, Scale]:
    """Where days and values lie, with room for the values' labels to the left and `beside` pixels to the right of the plot."""
    left = 2 * GAP + max(text_width(language.number(value), layout.tick) for value in values)
    ground = height - layout.bottom - (layout.years if first.year != last.year else 0)
    x = Scale(first.toordinal(), last.toordinal(), left, width - 2 * GAP - beside)
    return x, Scale(values[0], values[-1], ground, layout.top)


def numbers_by_day(points: Points) -> dict[date, int]:
    """The number of each day, of several of one day the last. Raises ValueError for a day that is none and for days out of order."""
    numbers = {date.fromisoformat(day): number for day, number in points}
    if [*numbers] != sorted(numbers):
        raise ValueError("the points of a chart must come oldest first")
    return numbers


def step_path(numbers: Mapping[date, int], x: Scale, y: Scale) -> str:
    """A line's `d`: a roster stays as it is until the next one, so steps, not slopes."""
    days = _thinned(numbers)
    begin = f"M{x(days[0].toordinal()):.1f},{y(numbers[days[0]]):.1f}"
    return begin + "".join(f"H{x(day.toordinal()):.1f}V{y(numbers[day]):.1f}" for day in days[1:])


def _thinned(numbers: Mapping[date, int]) -> list[date]:
    """The days on which a number changed, at most MOST_POINTS of them; the first and the last day are always among them."""
    days = [*numbers]
    changed = [day for before, day in pairwise(days) if numbers[day] != numbers[before] or day == days[-1]]
    told = [days[0], *changed]
    if len(told) <= MOST_POINTS:
        return told
    return [told[number * (len(told) - 1) // (MOST_POINTS - 1)] for number in range(MOST_POINTS)]


def _apart(levels: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """`levels` in their order, moved so that `least` pixels are between any two, between `top` and `bottom` if there is room."""
    placed: dict[int, float] = {}
    for before, number in pairwise([-1, *sorted(range(len(levels)), key=lambda number: levels[number])]):
        placed[number] = max(levels[number], placed.get(before, top - least) + least)
    floor = bottom
    for number in reversed(placed):
        placed[number] = min(placed[number], floor)
        floor = placed[number] - least
    return [placed[number] for number in range(len(levels))]


def _mark(svg: ET.Element, mark: str, colour: str, x: float, y: float) -> None:
    if mark == "disc":
        add(svg, "circle", FILL, colour, cx=x, cy=y, r=4)
    elif mark == "square":
        add(svg, "rect", FILL, colour, x=x - 4, y=y - 4, width=8, height=8)
    else:
        add(svg, "path", FILL, colour, d=f"M{x:.1f},{y - 5.5:.1f}l5,9.5h-10z")
