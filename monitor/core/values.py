"""Cells of the lists, one value at a time: models, signing dates, counties. Printed text in, canonical value or None out."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from rapidfuzz.distance import OSA

from monitor.core.names import tidy
from monitor.core.sheet import Cell

MODEL_NAMES = {
    "JEM": "Jail Enforcement Model",
    "TFM": "Task Force Model",
    "WSO": "Warrant Service Officer",
}
_MODEL_WORDS = {
    "jail": "JEM",
    "task": "TFM",
    "taskforce": "TFM",
    "warrant": "WSO",
    "jem": "JEM",
    "tfm": "TFM",
    "wso": "WSO",
}
# The section was enacted in September 1996; the oldest agreement is of 2002.
FIRST_YEAR = 1996
# A date this long after the list was published is a slip of the hand, not a signature to come.
FUTURE = timedelta(days=60)
_NUMERIC = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]?\s*(\d{4}|\d{2})")
_EXCEL_EPOCH = date(1899, 12, 30)


@lru_cache(maxsize=256)
def model_code(text: str) -> str | None:
    """JEM, TFM or WSO for a SUPPORT TYPE as printed (`Task Force Officer`, `Jail Enforcment Model `), None where it names none."""
    words = re.findall("[a-z]+", text.lower())
    exact = {_MODEL_WORDS[word] for word in words if word in _MODEL_WORDS}
    found = exact or {
        code for word in words for known, code in _MODEL_WORDS.items() if len(known) > 3 and OSA.distance(word, known) <= 1
    }
    return found.pop() if len(found) == 1 else None


def county_name(text: str | None) -> str | None:
    """The COUNTY cell tidied (`Calhoun County `), None for an empty one and for a spreadsheet's `#N/A`, `#NA`, `N/A`."""
    name = tidy(text)
    return None if not name or re.fullmatch(r"#.*|n/?a", name, re.IGNORECASE) else name


def printed_date(cell: Cell) -> str:
    """A SIGNED cell as the log prints it: ISO for a real date, the printed string otherwise."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


@lru_cache(maxsize=4_096)
def read_date(printed: str) -> date | None:
    """The date a printed SIGNED means, plausible or not: ISO, `05/08/2025`, `7/72025`, `8/282025`, `May 8, 2025`, a serial number."""
    text = tidy(printed)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return _date(int(text[:4]), int(text[5:7]), int(text[8:]))
    if re.fullmatch(r"[2-9]\d{4}", text):
        return _EXCEL_EPOCH + timedelta(days=int(text))
    if match := _NUMERIC.fullmatch(text):
        month, day, year = (int(group) for group in match.groups())
        return _date(year if year > 99 else 2000 + year, month, day)
    for form in ("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%d %B %Y", "%b. %d, %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a signing date has no zone
        except ValueError:
            continue
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def signed_date(printed: str, seen_on: date) -> date | None:
    """The signing date, None where none can be read or the one printed cannot be (`5025-07-07`, a year before 1996, next year)."""
    found = read_date(printed)
    if found is None or found.year < FIRST_YEAR or found - seen_on > FUTURE:
        return None
    return found
