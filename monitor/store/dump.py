"""A database for others: plain tables with types and indexes, nothing of the monitor's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.db import Table

# Of these columns, where a table has them, readers ask.
_INDEXED = ("state", "agency_id", "agreement_id", "application_id", "at", "publication_id")


@dataclass(frozen=True, slots=True)
class Dumped:
    """A table to be written: its columns with their types (str, int), the key's columns, its rows in the columns' order."""

    name: str
    columns: Mapping[str, type]
    key: tuple[str, ...]
    rows: Iterable[Sequence[Any]]


def dump(path: Path, tables: Iterable[Dumped]) -> None:
    """Writes a new database at `path`, which must not exist. Raises OSError where it cannot be written."""
    path.touch(exist_ok=False)  # SQLite's own words for a folder that is not there or not writable say neither which nor why
    database = Database(path, execute_plugins=False)
    try:
        for one in tables:
            table = Table(database, one.name)
            table.create(dict(one.columns), pk=one.key if len(one.key) > 1 else one.key[0], strict=True)
            table.insert_all(dict(zip(one.columns, row, strict=True)) for row in one.rows)
            for column in _INDEXED:
                if column in one.columns:
                    table.create_index([column])
    except sqlite3.Error as error:
        raise OSError(str(error)) from error
    finally:
        database.close()
