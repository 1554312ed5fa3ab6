"""The tables as files: JSON, NDJSON, CSV and XLSX of the whole country and of each state, and the Data Packages that describe them.

The same log gives the same bytes. Columns are those of `tables`; docs/data.md describes every file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from pydantic_core import from_json

from monitor.core.places import STATE_NAMES
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.publishers import tables
from monitor.publishers.cells import csv_cells, xlsx, xlsx_cells
from monitor.publishers.record import Record
from monitor.publishers.tables import Table

FOLDER = "data"


class Row(NamedTuple):
    """One row as the files that have columns hold it: its line of a CSV, its cells in a workbook."""

    csv: bytes
    cells: tuple[Any, ...]


@dataclass(slots=True)
class Kept:
    """What one build of a folder leaves for the next: which lines each file held, and the rows of events, which never change."""

    lines: dict[str, int] = field(default_factory=dict)
    events: dict[str, Row] = field(default_factory=dict)


def files(record: Record, states: Collection[str] | None, kept: Kept) -> Iterator[tuple[str, bytes | Callable[[], bytes]]]:
    """(path below the public folder, content) of every file of the whole country and of those of `states`.

    `states` are USPS codes; None: every state that the log knows. A state in which nothing stands has empty tables. What cannot be
    filed under a state is in the files of the whole country only. Files that hold what they held at an earlier call with `kept` are left
    out. What makes a workbook is given instead of it: it needs no interpreter, and a thread may do it beside all else.
    """
    wanted = sorted(set(record.store.tables.states() if states is None else states))
    for table in tables.TABLES:
        lines = [*_lines(record, table)]
        places = {FOLDER: [text for _, text in lines]}
        if table.by_state:
            places |= {folder(state): [] for state in wanted}
            for state, text in lines:
                if state and (place := folder(state)) in places:
                    places[place].append(text)
        names = table.names
        reader = _Reader(table, kept.events if table is tables.EVENTS else {})
        for place, texts in places.items():
            path = f"{place}/{table.name}"
            # Of this process only: hashes of text are salted.
            held = hash(tuple(texts))
            if kept.lines.get(path) != held:
                rows = [reader.row(text) for text in texts]
                yield (
                    f"{path}.xlsx",
                    partial(xlsx, table, [dict(zip(names, row.cells, strict=True)) for row in rows]),
                )
                yield from _forms(path, table, texts, rows)
                kept.lines[path] = held
    for one in (None, *wanted):
        path = f"{folder(one) if one else FOLDER}/datapackage.json"
        if path not in kept.lines:
            yield path, _package(record, one)
            kept.lines[path] = 0


def folder(state: str) -> str:
    """Where the files of a state (USPS code) are, below the public folder."""
    return f"{FOLDER}/{state.lower()}"


def _lines(record: Record, table: Table) -> Iterable[tuple[str | None, str]]:
    """The state and the JSON of each of a table's rows."""
    if table is tables.EVENTS:
        return record.store.tables.events()
    if table is tables.PUBLICATIONS:
        return ((None, json.dumps(one.to_json(), ensure_ascii=False)) for one in record.publications)
    return record.store.tables.standing(PARTICIPATING if table is tables.AGREEMENTS else PENDING)


class _Reader:
    """Reads the lines of a table, each once; `known` are the rows by the id that their lines begin with."""

    def __init__(self, table: Table, known: dict[str, Row]) -> None:
        self._known = known
        self._csv, self._xlsx, self._values = csv_cells(table), xlsx_cells(table), table.reader()

    def row(self, text: str) -> Row:
        key = text[: text.index(",")]
        row = self._known.get(key)
        if row is None:
            values = self._values(from_json(text))
            line = ",".join([cells[value] for cells, value in zip(self._csv, values, strict=True)])
            cells = tuple([cells[value] for cells, value in zip(self._xlsx, values, strict=True)])
            row = self._known[key] = Row(f"{line}\r\n".encode(), cells)
        return row


def _forms(path: str, table: Table, texts: list[str], rows: list[Row]) -> Iterator[tuple[str, bytes]]:
    yield f"{path}.json", "".join(("[\n", ",\n".join(texts), "\n]\n")).encode() if texts else b"[]\n"
    yield f"{path}.ndjson", "\n".join((*texts, "")).encode()
    yield f"{path}.csv", b"".join((",".join(table.names).encode(), b"\r\n", *(row.csv for row in rows)))


def _package(record: Record, state: str | None) -> bytes:
    """The Data Package (Frictionless, version 1) of a folder's CSVs."""
    where = f" in {STATE_NAMES.get(state, state)}" if state else ""
    package = {
        "profile": "tabular-data-package",
        "name": f"287g-{state.lower()}" if state else "287g",
        "title": f"ICE's 287(g) program{where}: agreements, applications and what changed",
        "description": (
            "Read from the lists that ICE publishes. Text that a spreadsheet would take for a formula has an apostrophe before it."
        ),
        "homepage": f"{record.settings.web.public_url}/",
        "licenses": [
            {
                "name": "other-pd",
                "title": "Public domain: the lists are works of the United States government (17 U.S.C. 105)",
                "path": "https://www.usa.gov/government-copyright",
            }
        ],
        "sources": [{"title": "U.S. Immigration and Customs Enforcement, section 287(g)", "path": record.settings.page}],
        "resources": [_resource(table) for table in tables.TABLES if table.by_state or state is None],
    }
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _resource(table: Table) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "title": table.title,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "type": column.type,
                    "format": "default",
                    "description": column.description,
                    **({"constraints": {"required": True, "unique": True}} if column.name == table.key else {}),
                }
                for column in table.columns
            ],
            "primaryKey": table.key,
            "missingValues": [""],
        },
    }
