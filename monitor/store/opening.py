"""Opens a database: creates it, migrates it forward from any version there ever was, and refuses what it cannot use."""

from __future__ import annotations

import sqlite3
import time
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from monitor.store.migrations import migrations

# How long one process waits for another's transaction to end.
BUSY_SECONDS = 10.0


class StoreError(Exception):
    """The database cannot be opened or used; the message says what to do."""


def opened(path: Path, *, create: bool = True, checked: bool = False) -> Database:
    """The database at `path` in the present schema. Raises StoreError, also where there is none and none is to be made (`create`), and
    where a quick look finds it damaged (`checked`)."""
    if not create and not path.exists():
        raise StoreError(
            f"{path} is gone; stop the monitor and restore a backup, or it would begin anew and know nothing of before"
        )
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
        # What else is installed on a machine has no say here.
        db = Database(connection, execute_plugins=False)
        _enable_wal(db)
        # WAL with NORMAL can lose the last commit when the power fails; an alert already sent would be sent again.
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        if newer := {migration.name for migration in migrations.applied(db)} - known():
            raise StoreError(
                f"{path} was written by a newer version of the monitor ({max(newer)}); install that one, or restore a backup"
            )
        if migrations.pending(db):
            # Whoever comes second waits here, and finds nothing left to do.
            db.conn.execute("BEGIN IMMEDIATE")
            migrations.apply(db)
            db.conn.commit()
    except (OSError, sqlite3.Error, StoreError) as error:
        if connection:
            connection.close()  # it may be in the midst of a transaction
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: the database cannot be opened: {error}") from error
    if checked and (damage := _damage(connection)):
        connection.close()
        raise StoreError(f"{path}: the database is damaged: {damage}; restore a backup (docs/operations.md)")
    return db


def _damage(connection: sqlite3.Connection) -> str:
    """The first thing that is wrong with the file at a quick look, "" where nothing is: some 30 ms for 20 MB."""
    try:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        found = str(error)
    return "" if found == "ok" else " ".join(found.split())


@cache
def known() -> frozenset[str]:
    """The names of all migrations, by which a schema is known."""
    return frozenset(migration.name for migration in migrations.pending(Database(memory=True, execute_plugins=False)))


def _enable_wal(db: Database) -> None:
    """Switches a new database to WAL; SQLite waits for no other connection here, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.enable_wal()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
