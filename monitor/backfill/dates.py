"""When an archived file was published, by the names it bears: a capture stamp, a date, or the date in ICE's own file names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

# How sure a moment is: a STAMP is the moment of a capture, a DAY stands in the name, ICE typed a date into its own.
STAMP, DAY, ICE = "stamp", "day", "ice"

_FIRST_YEAR = 2002  # the program's first agreement
_STAMP = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d\d)-(\d\d)(?:[T_ ]+(\d\d)[-:.h]?(\d\d)(?:[-:.m]?(\d\d))?(?:\.\d+)?Z?)?(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
# A year of two digits only before one of ICE's words: a number of six digits may be anything.
_ICE = re.compile(
    r"(?<!\d)(\d\d)(\d\d)(20\d\d|\d\d(?=\s*_?(?:am|pm|mid)))(?!\d)\s*_?(am|pm|mid)?(?:[_ ]?([b-f2-6])(?![a-z0-9]))?",
    re.IGNORECASE,
)
# The hour (UTC) by which what ICE calls the morning's, the midday's, the evening's list has been out; without a word, midday.
_HOURS = {"am": 14, "mid": 17, "pm": 21, "": 17}
_NOON = 12


@dataclass(frozen=True, slots=True)
class Dated:
    """A moment (UTC) read from a name, and how sure it is: STAMP, DAY or ICE."""

    at: datetime
    by: str


def dated(path: PurePath) -> Dated | None:
    """When the file at `path` (below its archive's folder) was published, by its name or else by its folders', stamps before dates.

    A stamp is 14 digits (`20250529140012`) or an ISO moment (`2025-05-29T14-00-12Z`), always UTC; a date alone means its noon. ICE's
    names bear month, day and year, and `am`, `mid` or `pm` (`participatingAgencies05292025am.xlsx`). None where no such date is found.
    """
    found = [reading for part in (path.name, *reversed(path.parts[:-1])) for reading in _readings(part)]
    return next((reading for reading in found if reading.by == STAMP), next(iter(found), None))


def _readings(text: str) -> Iterator[Dated]:
    for match in _STAMP.finditer(text):
        if moment := _moment(*map(int, match.groups())):
            yield Dated(moment, STAMP)
    for match in _ISO.finditer(text):
        year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
        if moment := _moment(year, month, day, hour if match[4] else _NOON, minute, second):
            yield Dated(moment, STAMP if match[4] else DAY)
    for match in _COMPACT.finditer(text):
        year, month, day = map(int, match.groups())
        if moment := _moment(year, month, day, _NOON):
            yield Dated(moment, DAY)
    for match in _ICE.finditer(text):
        month, day, year = (int(group) for group in match.groups()[:3])
        half, again = (match[4] or "").lower(), (match[5] or "").lower()
        if moment := _moment(year + 2000 if year < 100 else year, month, day, _HOURS[half]):
            # A second list of the same half day bears a letter or a number.
            later = " bcdef".find(again) if again.isalpha() else int(again or 1) - 1
            yield Dated(moment + timedelta(hours=later), ICE)


def _moment(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) if year >= _FIRST_YEAR else None
    except ValueError:
        return None
