"""How long an archive takes to fill in, how much memory, and whether the same comes of it twice.

Usage: bench_backfill.py ARCHIVE. Each run is a process of its own, as a user would start it: two into new state directories, one more over
the second. Prints seconds, peak memory, and the tables in which the two differ (none should).
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path


def main() -> None:
    archive = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for state in ("first", "second", "second"):
            begin = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "monitor", "--state", str(folder / state), "backfill", archive],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.perf_counter() - begin
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{seconds:.1f} s, {peak:.0f} MB at most: {done.stdout.splitlines()[0]}")
        tables = [rows(folder / state / "monitor.db") for state in ("first", "second")]
        different = [table for table, content in tables[0].items() if content != tables[1][table]]
        print(f"{len(tables[0])} tables, {sum(map(len, tables[0].values())):,} rows; different: {', '.join(different) or 'none'}")


def rows(database: Path) -> dict[str, list[str]]:
    """Every row of every table but the migrations', which say when they were made."""
    with closing(sqlite3.connect(database)) as sql:
        names = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(map(repr, sql.execute(f'SELECT * FROM "{name}"'))) for name in names if name != "_sqlite_migrations"}


if __name__ == "__main__":
    main()
