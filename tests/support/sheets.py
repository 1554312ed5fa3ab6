"""Small spreadsheets of invented agencies, built as ICE builds them, and the rosters they hold."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl

from monitor.core import roster, workbook
from monitor.core.roster import Roster

PARTICIPATING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM")
PENDING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")
TFM, JEM, WSO = "Task Force Model", "Jail Enforcement Model", "Warrant Service Officer"
SEEN_ON = date(2025, 6, 2)


def row(
    state: str = "TEXAS",
    agency: str = "Smith County Sheriff's Office",
    model: str = TFM,
    signed: Any = date(2025, 5, 20),
    moa: str = "",
    *,
    county: str = "",
    type: str = "County",
    moa_text: str | None = None,
    addendum: str = "",
) -> dict[str, Any]:
    """One printed row, as a dict by heading; `moa` and `addendum` are hyperlink targets ("" prints `link pending` and nothing)."""
    return {
        "STATE": state,
        "LAW ENFORCEMENT AGENCY": agency,
        "TYPE": type,
        "COUNTY": county,
        "SUPPORT TYPE": model,
        "SIGNED": signed,
        "MOA": (moa_text if moa_text is not None else "link", moa)
        if moa
        else (moa_text if moa_text is not None else "link pending"),
        "ADDENDUM": ("link", addendum) if addendum else "",
    }


def sheet(
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str] = PARTICIPATING,
    *,
    sheet_name: str = "Sheet1",
    before: Sequence[Sequence[Any]] = (),
    after: Sequence[Sequence[Any]] = (),
    extra_sheets: dict[str, Sequence[Sequence[Any]]] | None = None,
) -> bytes:
    """An XLSX with `columns` as headings and `rows` under them; `before` and `after` are further rows, cell by cell."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet_name
    for line in before:
        page.append(list(line))
    page.append(list(columns))
    for entry in rows:
        number = page.max_row + 1
        for index, column in enumerate(columns, 1):
            value = entry.get(column, "")
            cell = page.cell(number, index)
            if isinstance(value, tuple):
                cell.value, cell.hyperlink = value
            elif isinstance(value, date) and not isinstance(value, datetime):
                cell.value = datetime(value.year, value.month, value.day)
                cell.number_format = "m/d/yyyy"
            elif value != "":
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # openpyxl would make a formula of `=…`
    for line in after:
        page.append(list(line))
    for name, lines in (extra_sheets or {}).items():
        other = book.create_sheet(name)
        for line in lines:
            other.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pending_sheet(rows: Sequence[dict[str, Any]]) -> bytes:
    """An XLSX of the pending list: no SIGNED, no MOA."""
    return sheet(rows, PENDING)


def read(body: bytes, seen_on: date = SEEN_ON) -> Roster:
    """The roster a workbook holds; fails the test where it holds none."""
    sheets = workbook.read(body)
    assert isinstance(sheets, list), sheets
    found = roster.read(sheets, seen_on)
    assert isinstance(found, Roster), found
    return found


def roster_of(*rows: dict[str, Any], columns: Sequence[str] = PARTICIPATING) -> Roster:
    """The roster of a sheet with these rows."""
    return read(sheet(rows, columns))
