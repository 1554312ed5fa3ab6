"""What a state directory holds, so that two runs over the same publications can be compared.

Left out is what says how the work went instead of what was learnt: polls, requests, alarms, the queue; and in which order the page and
its documents were seen, which faults change. The clock differs by seconds between two runs, so a moment counts as the step in which it
lies; left out is what follows from it: the chains, the Date of an answer, the random parts of the page, of which every copy is evidence
and counts as `a page`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

TABLES = (
    "documents",
    "sources",
    "publications",
    "agreements",
    "applications",
    "lists",
    "events",
    "page",
    "sightings",
    "page_documents",
)
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LEFT_OUT = {"events": {"chain"}, "sightings": {"chain", "id"}}
_HEADERS = ("etag", "last-modified", "content-disposition")


def contents(state: Path, moments: Sequence[datetime]) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table that tells what was learnt, in the tables' own order."""
    with closing(sqlite3.connect(state / "monitor.db")) as connection:
        connection.row_factory = sqlite3.Row
        pages = {
            sha256
            for (sha256,) in connection.execute("SELECT sha256 FROM documents WHERE list IS NULL")
            if _is_page(state, sha256)
        }
        return {
            table: sorted(
                (
                    {name: _plain(name, row[name], moments, pages) for name in row.keys() if name not in _LEFT_OUT.get(table, ())}  # noqa: SIM118
                    for row in connection.execute(f"SELECT * FROM {table}")
                ),
                key=lambda row: json.dumps(row, sort_keys=True),
            )
            for table in TABLES
        }


def differences(one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What stands in only one of two states, a line for each row."""
    found = []
    for table in TABLES:
        ours, theirs = ([json.dumps(row, sort_keys=True) for row in rows[table]] for rows in (one, other))
        found += [f"{table}: only quiet: {row[:300]}" for row in ours if ours.count(row) > theirs.count(row)]
        found += [f"{table}: only chaos: {row[:300]}" for row in theirs if theirs.count(row) > ours.count(row)]
    return found


def _is_page(state: Path, sha256: str) -> bool:
    found = [*state.glob(f"documents/{sha256[:2]}/{sha256}.*")]
    return bool(found) and b"<" in found[0].read_bytes()[:200].lstrip()[:1]


def _plain(name: str, value: Any, moments: Sequence[datetime], pages: set[str]) -> Any:
    if not isinstance(value, str):
        return value
    if value in pages:
        return "a page"
    if name == "headers":
        return json.dumps({key: said for key, said in json.loads(value).items() if key in _HEADERS})
    # The source's own moments stand as they are.
    return value if name == "published_at" else _MOMENT.sub(lambda match: _step(match.group(), moments), value)


def _step(text: str, moments: Sequence[datetime]) -> str:
    return f"step {bisect_right(moments, datetime.fromisoformat(text))}"
