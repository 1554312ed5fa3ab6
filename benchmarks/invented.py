"""Agreements without end, invented: real counties, bodies of each, three models, dates over half a year, documents for most."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from itertools import islice, product

import xlsxwriter

from monitor.core.places import STATE_NAMES

COLUMNS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM")
MODELS = ("Jail Enforcement Model", "Task Force Model", "Warrant Service Officer")
BODIES = (
    "Sheriff's Office",
    "Jail",
    "Police Department",
    "District Attorney's Office",
    *(f"Constable Precinct {n}" for n in range(1, 9)),
)
# (state, agency, model, signed, name of the document or "")
Line = tuple[str, str, str, date, str]
# A sheet of Excel takes no more links.
_LINKS = 65_000


def lines(number: int, start: int = 0) -> list[Line]:
    """So many of them, from the `start`th on: always the same."""
    return [*islice(_invented(), start, start + number)]


def _invented() -> Iterator[Line]:
    source = resources.files("monitor.core").joinpath("data/counties.csv").read_text("utf-8")
    counties = [
        (STATE_NAMES[row["state"]].upper(), row["name"])
        for row in csv.DictReader(source.splitlines())
        if row["state"] in STATE_NAMES
    ]
    # By name, so that neighbours are of different states and resemble each other.
    counties.sort(key=lambda one: (one[1], one[0]))
    for number, (body, model, (state, county)) in enumerate(product(BODIES, MODELS, counties)):
        signed = date(2025, 1, 2) + timedelta(days=number % 150)
        yield state, f"{county} County {body}", model, signed, f"{number}.pdf" if number % 10 else ""


def renamed(line: Line) -> Line:
    """Printed with a slip."""
    return line[0], line[1].replace("County", "Couny").replace("'", "’"), *line[2:]


def redated(line: Line) -> Line:
    """With the next day's date."""
    return *line[:3], line[3] + timedelta(days=1), line[4]


def reposted(line: Line) -> Line:
    """With another document."""
    return *line[:4], f"new_{line[4]}"


def next_publication(before: Sequence[Line]) -> list[Line]:
    """What ICE might publish next: of 200 agreements one is new, one has gone, one is printed with a slip, and some moved."""
    some = max(3, len(before) // 200)
    came = lines(some, start=103_000)
    changed = [*map(renamed, before[some : 2 * some]), *before[2 * some :]]
    return [*changed[: len(changed) // 2], *came, *changed[len(changed) // 2 :]]


def workbook(rows: Sequence[Line]) -> bytes:
    """A spreadsheet as ICE makes them: one sheet, real dates, documents behind the word `link`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "m/d/yyyy"}) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, COLUMNS)
        for number, (state, agency, model, signed, document) in enumerate(rows, 1):
            sheet.write_row(number, 0, (state, agency, "County", "", model))
            sheet.write_datetime(number, 5, datetime(signed.year, signed.month, signed.day))  # noqa: DTZ001
            if document and number <= _LINKS:
                sheet.write_url(number, 6, f"https://www.ice.gov/doclib/287gMOA/{document}", string="link")
            else:
                sheet.write_string(number, 6, "link pending")
    return out.getvalue()
