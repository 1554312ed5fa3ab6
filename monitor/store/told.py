"""The log without what its events hold: read from an index alone, for whoever needs the place of every event."""

from __future__ import annotations

import sqlite3

from monitor.core.events import BASELINES, KINDS
from monitor.store.records import Told


def rows(sql: sqlite3.Connection, after: int) -> list[Told]:
    """The events newer than `after` that tell something, in the log's order; of the rows that a list held when it was first read the last
    stands for all."""
    lists = dict(sql.execute("SELECT id, list FROM publications"))
    columns = "id, kind, at, publication_id, listing_id, state, model FROM events WHERE id > ? AND kind IN"
    found = [
        *sql.execute(f"SELECT {columns} ({', '.join('?' * len(KINDS))})", (after, *KINDS)),
        *sql.execute(f"SELECT max(id), {columns.partition(', ')[2]} (?, ?) GROUP BY publication_id, at", (after, *BASELINES)),
    ]
    # Sorted here: the index that spares reading the values is by kind.
    found.sort()
    return [Told(number, kind, at, of, lists[of], *about) for number, kind, at, of, *about in found if of is not None]
