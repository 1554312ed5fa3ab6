"""What the two lists say, as values: printed rows become agreements and applications.

A roster is what one publication prints. Each row keeps its printed strings beside the canonical ones, so that every later
claim ("the agency was renamed") can be checked against what ICE printed. Which of the two lists a document holds is decided
here by its columns and content, never by its name or link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from typing import Any, ClassVar, Self

from rapidfuzz.distance import OSA

from monitor.core.names import agency_kind, tidy
from monitor.core.places import state_code
from monitor.core.sheet import Cell, Sheet, Unreadable
from monitor.core.urls import real_url
from monitor.core.values import county_name, model_code, printed_date, read_date, signed_date

PARTICIPATING = "participating"
PENDING = "pending"
LISTS = (PARTICIPATING, PENDING)


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """One row exactly as printed. None: the list has no such column; "": an empty cell.

    `signed` is ISO (YYYY-MM-DD) for a real date cell and the printed string otherwise. `moa_link` and `addendum_link` are the
    hyperlink targets as they stand in the file, wrapped or not.
    """

    state: str | None = None
    agency: str | None = None
    type: str | None = None
    county: str | None = None
    model: str | None = None
    signed: str | None = None
    moa: str | None = None
    addendum: str | None = None
    moa_link: str | None = None
    addendum_link: str | None = None

    def cells(self) -> tuple[str | None, ...]:
        """The values by the order of their names above."""
        return _values(self)

    # As dataclasses make them, at half the time: of every row it is asked whether it was printed before.
    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if isinstance(other, Printed) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def to_json(self) -> dict[str, str | None]:
        return dict(zip(CELLS, _values(self), strict=True))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(*map(value.get, CELLS))


CELLS = tuple(f.name for f in fields(Printed))
_values: Callable[[Printed], tuple[str | None, ...]] = attrgetter(*CELLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one row of either list says, in canonical form.

    `state` is the USPS code (None where unreadable), `agency` the printed name with blanks and apostrophes tidied, `agency_kind` one
    of `kinds.KINDS`, `model` JEM, TFM or WSO, `signed` a plausible date or None. `id` names the agreement (or application) through
    all its corrections and `agency_id` its agency through renames; both are "" until the differ has decided which one the row is.
    `also_printed` holds further rows that print the same agreement again.
    """

    state: str | None
    agency: str
    agency_kind: str
    county: str | None
    model: str | None
    printed: Printed
    signed: date | None = None
    moa_url: str | None = None
    addendum_url: str | None = None
    also_printed: tuple[Printed, ...] = ()
    id: str = ""
    agency_id: str = ""

    list: ClassVar[str]
    json_fields: ClassVar[tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        """The value as the event log prints it."""
        value: dict[str, Any] = {name: getattr(self, name) for name in self.json_fields}
        if self.signed is not None:
            value["signed"] = self.signed.isoformat()
        value["printed"] = self.printed.to_json()
        if self.also_printed:
            value["also_printed"] = [p.to_json() for p in self.also_printed]
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        plain: dict[str, Any] = dict(zip(cls.json_fields, map(value.get, cls.json_fields), strict=True))
        if signed := value.get("signed"):
            plain["signed"] = date.fromisoformat(signed)
        return cls(
            **plain,
            printed=Printed.from_json(value["printed"]),
            also_printed=tuple(Printed.from_json(p) for p in value.get("also_printed", ())),
        )


class Agreement(Listing):
    """A signed Memorandum of Agreement: one row of the participating list."""

    __slots__ = ()
    list = PARTICIPATING
    json_fields = (
        "id",
        "agency_id",
        "state",
        "agency",
        "agency_kind",
        "county",
        "model",
        "signed",
        "moa_url",
        "addendum_url",
    )


class Application(Listing):
    """A request for an agreement: one row of the pending list, which prints no signing date."""

    __slots__ = ()
    list = PENDING
    json_fields = ("id", "agency_id", "state", "agency", "agency_kind", "county", "model", "moa_url")


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that could not be read whole: where it stands, why, and its cells. It is reported, never dropped in silence."""

    sheet: str
    row: int
    reason: str
    cells: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"sheet": self.sheet, "row": self.row, "reason": self.reason, "cells": [*self.cells]}


@dataclass(frozen=True, slots=True)
class Roster:
    """What one publication prints: `list` says which of the two lists, decided by content; `columns` the fields it has."""

    list: str
    columns: tuple[str, ...]
    listings: tuple[Listing, ...]
    unreadable: tuple[UnreadableRow, ...] = ()


# Headings as ICE has printed them, letters only.
_HEADINGS = {
    "state": ("state",),
    "agency": ("lawenforcementagency", "agency", "lea", "agencyname"),
    "type": ("type", "agencytype"),
    "county": ("county",),
    "model": ("supporttype", "model", "supportmodel"),
    "signed": ("signed", "datesigned", "signeddate", "signeddt"),
    "moa": ("moa", "moalink"),
    "addendum": ("addendum", "addenda"),
}
_NEEDED = ("state", "agency", "model")
_HEADING_ROWS = 40


def read(sheets: Sequence[Sheet], seen_on: date) -> Roster | Unreadable:
    """The roster a document's sheets hold, or why they hold none.

    The sheet with the headings STATE, LAW ENFORCEMENT AGENCY and SUPPORT TYPE is the list, the one with most readable rows where
    several have them; a column SIGNED makes it the participating one. Sheets without those headings (state counts, notes) say nothing.
    """
    found = [(sheet, *heading) for sheet in sheets if (heading := _heading(sheet))]
    if not found:
        names = ", ".join(tidy(sheet.name) for sheet in sheets[:5]) or "none"
        return Unreadable(
            "no_list", f"no sheet has the headings STATE, LAW ENFORCEMENT AGENCY and SUPPORT TYPE (sheets: {names})"
        )
    printed_rows = [[*_printed_rows(*item)] for item in found]
    best = 0
    if len(found) > 1:
        best = max(range(len(found)), key=lambda number: sum(not _unreadable_because(row) for _, row in printed_rows[number]))
    sheet, _, columns = found[best]
    listings: list[Listing] = []
    unreadable: list[UnreadableRow] = []
    kind = Agreement if "signed" in columns else Application
    for number, printed in printed_rows[best]:
        reason = _unreadable_because(printed)
        if reason:
            cells = tuple(str(cell) for cell in sheet.rows[number - 1] if cell not in (None, ""))
            unreadable.append(UnreadableRow(sheet.name, number, reason, cells))
        # A row that still says which agreement it prints is listed all the same: it stands until ICE stops printing it. A footnote, a
        # stray word or the headings again say nothing of the kind.
        if not reason or (tidy(printed.agency) and _says_which(printed)):
            listings.append(canonical(kind, printed, seen_on))
    if not listings:
        return Unreadable("empty_list", f"the list in sheet {tidy(sheet.name)} has no rows")
    return Roster(kind.list, tuple(columns), tuple(listings), tuple(unreadable))


def canonical(kind: type[Listing], printed: Printed, seen_on: date) -> Listing:
    """The canonical reading of one printed row; `seen_on` tells plausible signing dates from slips."""
    return kind(
        state=state_code(tidy(printed.state)),
        agency=tidy(printed.agency),
        agency_kind=agency_kind(printed.agency or "", printed.type),
        county=county_name(printed.county),
        model=model_code(tidy(printed.model)),
        signed=signed_date(printed.signed or "", seen_on),
        moa_url=_document(printed.moa, printed.moa_link),
        addendum_url=_document(printed.addendum, printed.addendum_link),
        printed=printed,
    )


def copies(listing: Listing) -> Iterator[Printed]:
    """Every row that prints this agreement, the first one first."""
    yield listing.printed
    yield from listing.also_printed


def with_printed(listing: Listing, printed: Printed, seen_on: date) -> Listing:
    """`listing` as another row prints it: same identity, canonical values of `printed`."""
    again = canonical(type(listing), printed, seen_on)
    return replace(again, id=listing.id, agency_id=listing.agency_id, also_printed=listing.also_printed)


def _document(text: str | None, link: str | None) -> str | None:
    """The address of a document cell: its hyperlink's, or the text's own where a bare address is printed."""
    if link and (url := real_url(link)):
        return url
    return real_url(text) if text and ":" in text and re.match(r"\s*https?:", text, re.IGNORECASE) else None


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """(number of the heading row from 1, column index from 0 by field) of the list in this sheet, None where it has none."""
    for number, row in enumerate(sheet.rows[:_HEADING_ROWS], 1):
        columns: dict[str, int] = {}
        for index, cell in enumerate(row):
            field = _field(str(cell)) if isinstance(cell, str) else None
            if field and field not in columns:
                columns[field] = index
        if all(field in columns for field in _NEEDED):
            return number, columns
    return None


def _field(heading: str) -> str | None:
    letters = re.sub("[^a-z]", "", heading.lower())
    for field, forms in _HEADINGS.items():
        if letters in forms:
            return field
    near = [
        field
        for field, forms in _HEADINGS.items()
        if any(len(form) >= 5 and OSA.distance(letters, form) <= 1 + (len(form) > 10) for form in forms)
    ]
    return near[0] if len(near) == 1 else None


def _printed_rows(sheet: Sheet, top: int, columns: Mapping[str, int]) -> Iterator[tuple[int, Printed]]:
    """(row number, row as printed) of every row under the headings in which anything is printed."""
    width = max(columns.values()) + 1
    links = [(f"{field}_link", columns[field] + 1) for field in ("moa", "addendum") if field in columns]
    for number, row in enumerate(sheet.rows[top:], top + 1):
        # Blank rows follow the table by the thousand.
        if not any(cell not in (None, "") and tidy(str(cell)) for cell in row):
            continue
        cells: Sequence[Cell] = row if len(row) >= width else [*row, *[None] * (width - len(row))]
        texts: dict[str, str | None] = {
            field: cell if type(cell := cells[index]) is str else printed_date(cell) for field, index in columns.items()
        }
        for name, column in links:
            texts[name] = sheet.links.get((number, column))
        yield number, Printed(**texts)


def _says_which(printed: Printed) -> bool:
    """Whether a row that is not readable whole still has a state or a model, or a date or document beside its agency."""
    readable = state_code(tidy(printed.state)) is not None or model_code(tidy(printed.model)) is not None
    return readable or read_date(printed.signed or "") is not None or bool(printed.moa_link)


def _unreadable_because(printed: Printed) -> str:
    """Why a row cannot be read whole, "" where it can."""
    if not tidy(printed.agency):
        return "no agency is named"
    if state_code(tidy(printed.state)) is None:
        return f"no state can be read from {tidy(printed.state)!r}"
    if model_code(tidy(printed.model)) is None:
        return f"no model can be read from {tidy(printed.model)!r}"
    return ""
