"""What people read, in their language: English in the code, every other language in one catalogue beside this file (`es.po`).

A text is looked up by its English words, as gettext does; what a catalogue lacks stays English. Numbers and days are written as the
language does in the United States.
"""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Self

import polib

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Language:
    """One language. `code` names it in addresses (`en`, `es`), `name` is what its speakers call it."""

    def __init__(self, code: str, name: str, catalogue: gettext.NullTranslations) -> None:
        self.code = code
        self.name = name
        self._catalogue = catalogue

    @classmethod
    def read(cls, code: str, name: str) -> Self:
        """A language from its catalogue. Raises OSError or ValueError for one that is missing or broken."""
        catalogue = polib.pofile(resources.files(__name__).joinpath(f"{code}.po").read_text(encoding="utf-8"))
        return cls(code, name, gettext.GNUTranslations(io.BytesIO(catalogue.to_binary())))

    @property
    def tag(self) -> str:
        """Its BCP 47 tag: numbers and days are written as in the United States."""
        return f"{self.code}-US"

    def text(self, message: str, /, **values: object) -> str:
        """`message` in this language, `{names}` in it replaced by `values`."""
        found = self._catalogue.gettext(message)
        return found.format_map(values) if values else found

    def plural(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form for `number`, which stands in it as `{number}`: `plural("{number} state", "{number} states", 3)`."""
        return self._catalogue.ngettext(one, many, number).format_map({"number": self.number(number), **values})

    def number(self, number: int) -> str:
        """`1,725`, with a minus that is one."""
        return f"{number:,}".replace("-", "−")

    def day(self, day: date) -> str:
        """`May 29, 2025`."""
        return self.text("{month} {day}, {year}", month=self.text(_MONTHS[day.month - 1]), day=day.day, year=day.year)

    def short_day(self, day: date, *, with_year: bool = False) -> str:
        """`May 29`, or `May 29, 2025` with the month shortened: for charts and tables."""
        month = self._catalogue.pgettext("shortened", _SHORT_MONTHS[day.month - 1])
        form = "{month} {day}, {year}" if with_year else "{month} {day}"
        return self._catalogue.pgettext("shortened", form).format(month=month, day=day.day, year=day.year)

    def month(self, day: date) -> str:
        """`May 2025`."""
        return self.text("{month} {year}", month=self.text(_MONTHS[day.month - 1]), year=day.year)

    def minute(self, moment: datetime) -> str:
        """`May 29, 2025, 14:00 UTC`; `moment` is UTC."""
        return self.text("{day}, {time} UTC", day=self.day(moment.date()), time=f"{moment:%H:%M}")


ENGLISH = Language("en", "English", gettext.NullTranslations())


@cache
def languages() -> tuple[Language, ...]:
    """Every language there is, English first."""
    return ENGLISH, Language.read("es", "Español")
