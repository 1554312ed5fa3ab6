"""A database as a file to be copied: a consistent copy while others write, and what is asked of a copy before it is trusted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from monitor.store.opening import StoreError, known


def copy(database: Path, target: Path) -> None:
    """Copies the database as it is at one moment into the new file `target`, whole and without a write-ahead log. Raises StoreError."""
    try:
        # As it is: a newer program must not bring forward what an older one still writes.
        with (
            closing(sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(target)) as copied,
        ):
            # In one step, with a read transaction: whoever writes meanwhile is neither waited for nor held up.
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"{database}: the database cannot be copied: {error}") from error


def fault_of(database: Path) -> str:
    """Why a copy must not be used: it is damaged, no database of the monitor, or a newer version's. "" where it can be."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as copied:
            found = [str(row[0]) for row in copied.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                return f"its database is damaged: {found[0]}"
            names = {name for (name,) in copied.execute("SELECT name FROM _sqlite_migrations")}
    except sqlite3.Error as error:
        return f"its database cannot be read: {error}"
    newer = names - known()
    return f"it was made by a newer version of the monitor ({max(newer)}); install that one first" if newer else ""
