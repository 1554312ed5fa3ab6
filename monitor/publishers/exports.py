"""The whole record for analysts: one row per agreement that ever was, per application, per event, per publication, as Parquet or SQLite.

The columns are those of the public tables (tables.py), and what a table of all that ever was needs besides. The same log gives the same
rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.core.events import iso
from monitor.core.publication import HELD
from monitor.core.replay import Life, lives
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.publishers import tables
from monitor.publishers.files import putting, write
from monitor.publishers.tables import Column
from monitor.store import Store
from monitor.store.dump import Dumped, dump

PARQUET, SQLITE = "parquet", "sqlite"
DATABASE = "monitor287g.sqlite"
DICTIONARY = "dictionary.md"
_STOOD = (
    Column("stands", "boolean", "row", "stands", "Whether the list prints it"),
    Column("gone_since", "datetime", "row", "gone_since", "When a publication first left it out (UTC); empty while it stands"),
    Column("ended", "string", "row", "ended", "The kind of the event that told how it ended; empty while it stands"),
)
AGREEMENTS = replace(
    tables.AGREEMENTS,
    title="Agreements",
    description="Every 287(g) agreement that ICE's participating list ever printed in the time of the record, also those that ended.",
    columns=(*tables.AGREEMENTS.columns, *_STOOD),
)
APPLICATIONS = replace(
    tables.PENDING,
    name="applications",
    title="Applications",
    description="Every application that ICE's pending list ever printed in the time of the record, also those that left it.",
    columns=(*tables.PENDING.columns, *_STOOD),
)
TABLES = (AGREEMENTS, APPLICATIONS, tables.EVENTS, tables.PUBLICATIONS)


class ExportError(Exception):
    """The export cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is exported: the record as it was at `as_of` (None: all of it), of one state (USPS code) or of all."""

    as_of: datetime | None = None
    state: str | None = None


def export(store: Store, folder: Path, form: str, choice: Choice) -> dict[str, int]:
    """Writes the tables into `folder` in a `form` (PARQUET, SQLITE) with their dictionary; rows by table. Raises ExportError, OSError."""
    write_tables = _WRITERS[form]()
    folder.mkdir(parents=True, exist_ok=True)
    rows = _rows(store, choice)
    write_tables(folder, rows)
    write(folder / DICTIONARY, dictionary().encode())
    return {name: len(found) for name, found in rows.items()}


# -- rows ----------------------------------------------------------------------------------------------------------------------


def _rows(store: Store, choice: Choice) -> dict[str, list[list[Any]]]:
    """The rows of each table by its name, values in the order of the columns: dates and moments as ISO text."""
    known = lives(store.events(until=choice.as_of, bookkeeping=True)).values()
    values = {
        AGREEMENTS.name: _listings(known, PARTICIPATING, choice),
        APPLICATIONS.name: _listings(known, PENDING, choice),
        tables.EVENTS.name: _events(store, choice),
        tables.PUBLICATIONS.name: _publications(store, choice),
    }
    return {table.name: [[*map(_text, row)] for row in map(table.reader(), values[table.name])] for table in TABLES}


def _listings(known: Iterable[Life], list_name: str, choice: Choice) -> Iterator[Mapping[str, Any]]:
    chosen = (one for one in known if one.listing.list == list_name and choice.state in (None, one.listing.state))
    for one in sorted(
        chosen, key=lambda one: (one.listing.state or "", one.listing.agency, one.listing.model or "", one.listing.id)
    ):
        yield {
            **one.listing.to_json(),
            "first_seen": iso(one.first_seen),
            "stands": one.gone_since is None,
            "gone_since": iso(one.gone_since) if one.gone_since else None,
            "ended": one.ended or None,
        }


def _events(store: Store, choice: Choice) -> Iterator[Mapping[str, Any]]:
    last = iso(choice.as_of) if choice.as_of else None
    for state, line in store.tables.events():
        if choice.state in (None, state):
            value = json.loads(line)
            if last is None or value["at"] <= last:
                yield value


def _publications(store: Store, choice: Choice) -> Iterator[Mapping[str, Any]]:
    """Publications as they were known then: what was released later, or made moot, was held."""
    held = _released_after(store, choice.as_of) if choice.as_of else frozenset()
    for one in reversed(store.publications()):
        if choice.as_of is None or one.seen_at <= choice.as_of:
            value = one.to_json()
            if one.id in held:
                value["status"] = HELD
                value["figures"] = {name: number for name, number in value["figures"].items() if name not in _TOTALS}
            yield value


# What the figures of a publication say only once it was accepted.
_TOTALS = ("agreements", "states", "pending")


def _released_after(store: Store, moment: datetime) -> frozenset[int]:
    """The ids of publications that the log tells after `moment` to be released or moot; the log counts whole seconds."""
    events = store.events(kinds=["publication.released"], since=moment + timedelta(seconds=1))
    return frozenset(event.publication.id for event in events if event.publication)


def _text(value: Any) -> Any:
    """A value that every writer takes: halves of surrogate pairs are no text in UTF-8, and NUL ends one in SQLite."""
    if isinstance(value, str) and not value.isprintable():
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return value


# -- forms ---------------------------------------------------------------------------------------------------------------------

Rows = Mapping[str, Sequence[Sequence[Any]]]


def _parquet() -> Callable[[Path, Rows], None]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ExportError("Parquet needs one more package: pip install 'monitor-287g[parquet]', or pip install pyarrow") from None
    types = {
        "string": pyarrow.string(),
        "integer": pyarrow.int64(),
        "boolean": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "datetime": pyarrow.timestamp("s", tz="UTC"),
    }
    read: dict[str, Callable[[str], Any]] = {
        "date": date.fromisoformat,
        "datetime": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    }

    def write_tables(folder: Path, rows: Rows) -> None:
        for table in TABLES:
            fields = [
                pyarrow.field(column.name, types[column.type], metadata={"description": column.description})
                for column in table.columns
            ]
            schema = pyarrow.schema(fields, metadata={"title": table.title, "description": table.description})
            columns = []
            for place, column in enumerate(table.columns):
                make = read.get(column.type)
                values = [row[place] if make is None or row[place] is None else make(row[place]) for row in rows[table.name]]
                columns.append(pyarrow.array(values, types[column.type]))
            with putting(folder / f"{table.name}.parquet") as draft:
                pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), draft, compression="zstd")

    return write_tables


_SQLITE: dict[str, type] = {"string": str, "integer": int, "boolean": int, "date": str, "datetime": str}


def _sqlite() -> Callable[[Path, Rows], None]:
    def write_tables(folder: Path, rows: Rows) -> None:
        dumped = [
            Dumped(table.name, {column.name: _SQLITE[column.type] for column in table.columns}, (table.key,), rows[table.name])
            for table in TABLES
        ]
        entries = [(table.name, column.name, column.type, column.description) for table in TABLES for column in table.columns]
        columns = dict.fromkeys(("table", "column", "type", "description"), str)
        with putting(folder / DATABASE) as draft:
            draft.unlink(missing_ok=True)  # what a run that was cut off left
            dump(draft, [*dumped, Dumped("dictionary", columns, ("table", "column"), entries)])

    return write_tables


_WRITERS = {PARQUET: _parquet, SQLITE: _sqlite}


def dictionary() -> str:
    """Every table and column in words, as Markdown."""
    parts = ["# Data dictionary", "", "Moments are UTC, dates ISO. An empty value is one that is not there.", ""]
    for table in TABLES:
        parts += [
            f"## `{table.name}`",
            "",
            f"{table.description} `{table.key}` names a row.",
            "",
            "| column | type | what it is |",
            "|---|---|---|",
        ]
        parts += [f"| `{column.name}` | {column.type} | {column.description} |" for column in table.columns]
        parts.append("")
    return "\n".join(parts)
