"""An independent reading of ICE's spreadsheets with openpyxl, to hold the monitor's own against."""

from __future__ import annotations

import datetime
import io
from collections import Counter
from typing import Any

import openpyxl

from monitor.core.roster import Printed

_FIELDS = {
    "STATE": "state",
    "LAW ENFORCEMENT AGENCY": "agency",
    "TYPE": "type",
    "COUNTY": "county",
    "SUPPORT TYPE": "model",
    "SIGNED": "signed",
    "MOA": "moa",
    "ADDENDUM": "addendum",
}


def printed_rows(body: bytes) -> Counter[Printed]:
    """Every row of the list in a workbook, cell for cell and link for link, and how often it is printed."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    for sheet in book.worksheets:
        lines = list(sheet.iter_rows())
        for top, line in enumerate(lines):
            headings = [str(cell.value or "").replace("\xa0", " ").strip().upper() for cell in line]
            if "LAW ENFORCEMENT AGENCY" in headings and "STATE" in headings:
                return Counter(filter(None, (_row(headings, cells) for cells in lines[top + 1 :])))
    raise AssertionError("no sheet holds the list")


def _row(headings: list[str], cells: tuple[Any, ...]) -> Printed | None:
    texts: dict[str, str | None] = {}
    for heading, cell in zip(headings, cells, strict=False):
        if heading not in _FIELDS:
            continue
        field = _FIELDS[heading]
        value = cell.value
        is_date = isinstance(value, datetime.datetime)
        texts[field] = "" if value is None else value.date().isoformat() if is_date else str(value)
        if field in ("moa", "addendum"):
            texts[f"{field}_link"] = cell.hyperlink.target if cell.hyperlink else None
    if not (texts.get("agency") or "").replace("\xa0", " ").strip():
        return None
    return Printed(**texts)
