"""What a database holds, table by table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def rows_of(database: Path) -> dict[str, list[str]]:
    """Every row of every table but the migrations', whose moments are those of the tables' making."""
    with closing(sqlite3.connect(database)) as sql:
        names = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {
            name: sorted(repr(row) for row in sql.execute(f'SELECT * FROM "{name}"'))
            for name in names
            if name != "_sqlite_migrations"
        }
