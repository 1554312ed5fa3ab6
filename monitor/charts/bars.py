"""Numbers as bars: agreements begun and ended by week, days until signature, agreements by state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from xml.etree import ElementTree as ET

from monitor.charts.axes import Scale, round_step, round_values, span_in_words
from monitor.charts.counts import agreements
from monitor.charts.drawing import (
    FILL,
    GAP,
    HALF_DIGIT,
    PAGE,
    STROKE,
    Layout,
    add,
    canvas,
    day_axis,
    fitted,
    line,
    nothing,
    text,
    text_width,
    told,
    value_axis,
    written,
)
from monitor.texts import ENGLISH, Language

# More bars than these are too thin to be told apart, at 440 pixels.
MOST_WEEKS, MOST_BINS = 130, 20
# Pixels: the widest bar of a week, and a row of the states.
WIDEST, ROW = 40, 24


def changes_svg(
    weeks: Sequence[tuple[str, int, int]], width: int = 440, height: int = 300, *, language: Language = ENGLISH
) -> str:
    """How many agreements began (bars up) and ended (bars down) in each week; a line across them marks the net change.

    `weeks` are (ISO day of its Monday, begun, ended), oldest first; a week left out had no change. Of more than MOST_WEEKS several are
    drawn as one bar. Raises ValueError for a day that is none, for days out of order and for numbers below 0.
    """
    title, layout = language.text("Agreements begun and ended"), PAGE
    if not weeks:
        return nothing(layout, width, height, title, language)
    first, span, begun, ended = _by_bar(weeks)
    places = max(begun) + 1
    last = first + timedelta(7 * span * places - 1)

    step = round_values(0, max(*begun.values(), *ended.values()))[1]
    below, above = (-(-max(numbers.values()) // step) for numbers in (ended, begun))
    values = [number * step for number in range(-below, above + 1)]
    left = 2 * GAP + max(text_width(language.number(value), layout.tick) for value in values)
    ground = height - layout.bottom - (layout.years if first.year != last.year else 0)
    x = Scale(first.toordinal(), last.toordinal() + 1, left, width - 2 * GAP)
    y = Scale(values[0], values[-1] if len(values) > 1 else 1, ground, layout.top + layout.note)

    days = span_in_words(first, last, language)
    note = language.plural("per week, {days}", "per {number} weeks, {days}", span, days=days)
    words = language.text(
        "{agreements} begun and {ended} ended, {days}.",
        agreements=agreements(begun.total(), language),
        ended=language.number(ended.total()),
        days=days,
    )
    svg = canvas(layout, width, height, title, note, words)
    value_axis(svg, layout, x.start, x.end, y, values, 0, language)
    day_axis(svg, layout, x, y.start, first, last, language)
    room = (x.end - x.start) / places
    bar = min(room, WIDEST)
    for place in range(places):
        up, down = begun[place], ended[place]
        if not up and not down:
            continue
        at = x.start + room * place + (room - bar) / 2
        words = language.plural(
            "Week from {day}: {begun} begun, {ended} ended",
            "{number} weeks from {day}: {begun} begun, {ended} ended",
            span,
            day=language.short_day(first + timedelta(7 * span * place), with_year=True),
            begun=language.number(up),
            ended=language.number(down),
        )
        group = add(svg, "g")
        told(group, words)
        for number, colour in ((up, "first"), (-down, "second")):
            if number:
                high, low = sorted((y(0), y(number)))
                add(group, "rect", FILL, colour, x=at + bar * 0.1, y=high, width=bar * 0.8, height=low - high)
        if up and down:
            line(group, "ink", at, y(up - down), at + bar, y(up - down))
    _key(svg, layout, x.start, begun.total(), ended.total(), language)
    return written(svg)


def _by_bar(weeks: Sequence[tuple[str, int, int]]) -> tuple[date, int, Counter[int], Counter[int]]:
    """(first Monday, weeks to a bar, begun, ended): what began and what ended by a bar's place, 0 the first; not all places occur."""
    mondays = [date.fromisoformat(day) for day, _, _ in weeks]
    if mondays != sorted(mondays):
        raise ValueError("the weeks of a chart must come oldest first")
    if any(begun < 0 or ended < 0 for _, begun, ended in weeks):
        raise ValueError("a number of agreements cannot be below 0")
    span = (mondays[-1] - mondays[0]).days // 7 // MOST_WEEKS + 1
    begun, ended = Counter[int](), Counter[int]()
    for monday, (_, up, down) in zip(mondays, weeks, strict=True):
        place = (monday - mondays[0]).days // (7 * span)
        begun[place] += up
        ended[place] += down
    return mondays[0], span, begun, ended


def _key(svg: ET.Element, layout: Layout, left: float, begun: int, ended: int, language: Language) -> None:
    """What the colours of the weeks mean, with the sums, above the plot."""
    baseline = layout.top
    begun_words = language.text("begun {number}", number=language.number(begun))
    ended_words = language.text("ended {number}", number=language.number(ended))
    for words, colour in ((begun_words, "first"), (ended_words, "second")):
        add(svg, "rect", FILL, colour, x=left, y=baseline - 10, width=10, height=10)
        text(svg, left + 15, baseline, words, layout.tick, colour)
        left += 15 + text_width(words, layout.tick) + 2 * GAP
    line(svg, "ink", left, baseline - 5, left + 12, baseline - 5)
    text(svg, left + 17, baseline, language.text("net"), layout.tick, "ink")


def waits_svg(days: Sequence[int], width: int = 440, height: int = 280, *, language: Language = ENGLISH) -> str:
    """A histogram of the days from application to signature, the median marked.

    `days` are numbers of days in any order, also below 0. The longest twentieth is one bar where it would press the rest together.
    """
    title, layout = language.text("Days from application to signature"), PAGE
    if not days:
        return nothing(layout, width, height, title, language)
    ordered = sorted(days)
    low, usual, high = min(0, ordered[0]), ordered[(len(ordered) - 1) * 19 // 20], ordered[-1]
    cut = high - low > 2 * max(usual - low, MOST_BINS)
    size = round_step(((usual if cut else high) - low) / (MOST_BINS - 1))
    start = low // size * size
    bins = ((usual if cut else high) - start) // size + 1
    end = start + bins * size
    counts = Counter(min((number - start) // size, bins) for number in ordered)
    values = round_values(0, max(counts.values()))
    middle = median(ordered)

    left = 2 * GAP + max(text_width(language.number(value), layout.tick) for value in values)
    bar = (width - 3 * GAP - left) / (bins + (1.5 if bins in counts else 0))
    x = Scale(start, end, left, left + bar * bins)
    y = Scale(values[0], values[-1], height - layout.bottom, layout.top + layout.tick)
    note = language.plural(
        "{agreements}, median {median} day",
        "{agreements}, median {median} days",
        1 if middle == 1 else 2,  # a half is told as many are
        agreements=agreements(len(ordered), language),
        median=f"{middle:,g}",
    )
    words = language.text(
        "{summary}; the shortest {shortest}, the longest {longest}.",
        summary=note,
        shortest=f"{ordered[0]:,}",
        longest=f"{ordered[-1]:,}",
    )
    svg = canvas(layout, width, height, title, note, words)
    value_axis(svg, layout, left, width - 2 * GAP, y, values, 0, language)
    for place in sorted(counts):
        at = left + bar * (place + (0.5 if place == bins else 0))
        shape = add(svg, "rect", FILL, "first", x=at + 0.5, y=y(counts[place]), width=bar - 1, height=y(0) - y(counts[place]))
        begin = start + place * size
        form = "{first} or more days" if place == bins else "{first} days" if size == 1 else "{first} to {last} days"
        span = language.text(form, first=f"{begin:,}", last=f"{begin + size - 1:,}")
        told(shape, f"{span}: {language.number(counts[place])}")
    _bin_axis(svg, layout, x, y.start, size, left + bar * (bins + 1) if bins in counts else None, language)

    at = min(x(min(middle, end) + (0.5 if size == 1 else 0)), x.end)
    line(svg, "second", at, layout.top, at, y.start, stroke_dasharray="5 3")
    words = language.text("median {number}", number=f"{middle:,g}")
    fits = at + GAP / 2 + text_width(words, layout.value) < width - GAP
    text(svg, at + (GAP if fits else -GAP) / 2, layout.top + 4, words, layout.value, "second", "start" if fits else "end")
    return written(svg)


def _bin_axis(
    svg: ET.Element, layout: Layout, x: Scale, bottom: float, size: int, over: float | None, language: Language
) -> None:
    """Where bins of `size` begin, as many as there is room for, and below the middle (`over`) of the last, open one that it is."""
    start, end = int(x.low), int(x.high)
    most = max(1, int((x.end - x.start) / (text_width(language.number(end), layout.tick) + 2 * GAP)))
    ticks = [(x(edge), language.number(edge)) for edge in range(start, end + 1, size * -(-((end - start) // size) // most))]
    if over is not None:
        more = f"{language.number(end)}+"
        room = text_width(more, layout.tick) + GAP / 2
        ticks = [*(tick for tick in ticks if tick[0] < over - room), (over, more)]
    for at, words in ticks:
        add(svg, "line", STROKE, "axis", x1=at, y1=bottom, x2=at, y2=bottom + 5)
        text(svg, at, bottom + 9 + layout.tick, words, layout.tick, "quiet", "middle")


def states_bar_svg(counts: Sequence[tuple[str, int]], most: int = 12, width: int = 440, *, language: Language = ENGLISH) -> str:
    """The states with most agreements, a bar for each, the most first; what is left out is counted below.

    `counts` are (name, number) in any order. The picture is as high as its rows need.
    """
    title, layout = language.text("Agreements by state"), PAGE
    rows = sorted((row for row in counts if row[1]), key=lambda row: (-row[1], row[0]))
    if not rows:
        return nothing(layout, width, layout.top + 4 * ROW, title, language)
    shown, rest = rows[:most], rows[most:]
    names = [fitted(name, layout.tick, width * 0.4) for name, _ in shown]
    left = 2 * GAP + max(text_width(name, layout.tick) for name in names)
    x = Scale(0, shown[0][1], left, width - 2 * GAP - text_width(language.number(shown[0][1]), layout.tick))
    states = language.plural("{number} state", "{number} states", len(rows))
    total = agreements(sum(number for _, number in rows), language)
    note = language.text("{agreements} in {places}", agreements=total, places=states)
    leading = ", ".join(f"{name} {language.number(number)}" for name, number in shown)
    words = language.text("{total}. Most: {leading}.", total=note, leading=leading)
    svg = canvas(layout, width, layout.top + ROW * (len(shown) + bool(rest)), title, note, words)
    for place, ((name, number), words) in enumerate(zip(shown, names, strict=True)):
        middle = layout.top - GAP + ROW * (place + 0.5)
        row = add(svg, "g")
        told(row, f"{name}: {agreements(number, language)}")
        text(row, left - GAP, middle + HALF_DIGIT * layout.tick, words, layout.tick, "ink", "end")
        add(row, "rect", FILL, "first", x=left, y=middle - ROW * 0.36, width=x(number) - left, height=ROW * 0.72)
        text(row, x(number) + GAP / 2, middle + HALF_DIGIT * layout.tick, language.number(number), layout.tick, "ink")
    if rest:
        words = language.plural(
            "and {agreements} in {number} other state",
            "and {agreements} in {number} other states",
            len(rest),
            agreements=language.number(sum(number for _, number in rest)),
        )
        text(svg, left, layout.top - GAP + ROW * (len(shown) + 0.5) + HALF_DIGIT * layout.tick, words, layout.tick, "quiet")
    return written(svg)
