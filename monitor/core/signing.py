"""When an agreement was signed, by its own text: the dates beside the signatures of a Memorandum of Agreement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = "|".join(f"{name}|{name[:3]}|{name[:4]}" for name in _MONTHS)
_FORMS = (
    re.compile(r"(?<![\d/])(?P<month>\d{1,2})\s?[/.-]\s?(?P<day>\d{1,2})\s?[/.-]\s?(?P<year>20\d\d|\d\d)(?![\d/])"),
    re.compile(rf"\b(?P<name>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<year>20\d\d)\b", re.IGNORECASE),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?(?P<name>{_MONTH})\.?,?\s+(?P<year>20\d\d)\b", re.IGNORECASE
    ),
    re.compile(r"(?<!\d)(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>20\d\d)\.(?P<month>\d\d)\.(?P<day>\d\d)(?= \d\d:\d\d)"),  # an electronic signature's
)
# A signature's date follows one of these within so many characters.
_BESIDE = re.compile(r"\b(date|dated|signed|signature|day of)\b|date:", re.IGNORECASE)
_REACH = 120
_FIRST_YEAR = 2002  # the program's first agreement


def signed_in(text: str, not_after: date) -> date | None:
    """The latest date that stands beside a signature in `text` and can be one: an agreement is signed when its last party signs.

    None where no date stands there, as in a scanned document without text. `not_after` is the day on which the document was seen.
    """
    found = [day for place, day in _dates(text) if day <= not_after and _is_beside(text, place)]
    return max(found, default=None)


def _is_beside(text: str, place: int) -> bool:
    return _BESIDE.search(text, max(0, place - _REACH), place) is not None


def _dates(text: str) -> Iterator[tuple[int, date]]:
    """(where it begins, day) of every date in a text."""
    for form in _FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            name = (parts.get("name") or "").lower()[:3]
            month = next((n for n, one in enumerate(_MONTHS, 1) if name and one.startswith(name)), 0) or int(
                parts.get("month") or 0
            )
            year = int(parts["year"])
            try:
                day = date(year + 2000 if year < 100 else year, month, int(parts["day"]))
            except ValueError:
                continue
            if day.year >= _FIRST_YEAR:
                yield match.start(), day
