"""What any chart's axes are made of: round values, well-chosen days, and where on the image they lie. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count

from monitor.texts import ENGLISH, Language

MOST_VALUES = 5
MOST_DAYS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from `low` to `high` in proportion to pixels from `start` to `end`, which may lie either way round."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of `value`; the middle where all values are one."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + share * (self.end - self.start)


def round_values(low: int, high: int) -> list[int]:
    """3 to 5 ascending multiples of 1, 2 or 5 times a power of ten that enclose 0 <= low <= high.

    They begin at 0 where `low` is at most half of `high`, and span at least a fiftieth of `high`: a change of one in two thousand
    is not to look like a leap.
    """
    if 2 * low <= high:
        low = 0
    spread = max(2, high // 50)
    low = max(0, low - max(0, spread - (high - low)) // 2)
    high = max(high, low + spread)
    # A step is at most 2.5 times the one before it, which needed 6 values or more: 3 are left at least.
    step = next(step for step in _steps() if -(-high // step) - low // step < MOST_VALUES)
    return [number * step for number in range(low // step, -(-high // step) + 1)]


def round_step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20, 50 and so on that is not below `least`."""
    return next(step for step in _steps() if step >= least)


def _steps() -> Iterator[int]:
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def round_days(first: date, last: date, most: int = MOST_DAYS) -> list[date]:
    """At most `most` (>= 1) days from `first` to `last`, ascending: every so many days back from `last`, or the first of months.

    At least 3 where there are that many days and `most` is 5 or more.
    """
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    return next(choice for choice in _choices(days) if len(choice) <= most)


def _choices(days: Sequence[date]) -> Iterator[list[date]]:
    """Ever fewer of `days`; each choice leaves about half of the one before it, and none less than 3 of 6."""
    for step in (1, 2, 4, 7, 14):
        yield [*days[::-step]][::-1]
    yield [day for day in days if day.day in (1, 15)]
    for months in chain((1, 2, 3), (6 * 2**power for power in count())):
        yield [day for day in days if day.day == 1 and (12 * day.year + day.month - 1) % months == 0]


def span_in_words(first: date, last: date, language: Language = ENGLISH) -> str:
    """`May 29, 2025`, `May 29 – Sep 15, 2025` or `Nov 20, 2025 – Jan 5, 2026`."""
    if first == last:
        return language.short_day(last, with_year=True)
    return f"{language.short_day(first, with_year=first.year != last.year)} – {language.short_day(last, with_year=True)}"
