"""Does the database agree with itself: its pages, what stands in two places, what was read from what was seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_QUOTED = ("list", "name", "sha256", "seen_at")
_COLUMNS = {"kind": "e.kind", "at": "e.at"}


class Soundness:
    """Questions to one store about itself; nothing is written."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read within is of one moment, whatever another process writes meanwhile."""
        self._sql.execute("BEGIN")
        try:
            yield
        finally:
            self._sql.rollback()

    def damage(self) -> list[str]:
        """What is wrong with the file itself, in SQLite's words; nothing where it is sound."""
        try:
            found = [str(row[0]) for row in self._sql.execute("PRAGMA integrity_check(10)")]
        except sqlite3.DatabaseError as error:
            return [f"the database is damaged: {error}"]
        return [] if found == ["ok"] else [f"the database is damaged: {' '.join(line.split())}" for line in found]

    def misquoted_events(self) -> list[tuple[int, str]]:
        """(number, what is wrong) of events whose line says otherwise than their row, or than the publication that they name."""
        columns = " OR ".join(f"json_extract(e.value, '$.{name}') IS NOT {column}" for name, column in _COLUMNS.items())
        quoted = " OR ".join(f"json_extract(e.value, '$.publication.{name}') IS NOT p.{name}" for name in _QUOTED)
        # SQLite may evaluate both sides of an OR: what is no JSON must not be asked for its parts.
        query = (
            f"SELECT id, differs, missing FROM (SELECT e.id, CASE WHEN json_valid(e.value) THEN {columns}"
            " OR json_extract(e.value, '$.publication.id') IS NOT e.publication_id ELSE 1 END AS differs,"
            " e.publication_id IS NOT NULL AND p.id IS NULL AS missing,"
            f" CASE WHEN json_valid(e.value) AND p.id IS NOT NULL THEN {quoted} ELSE 0 END AS otherwise"
            " FROM events AS e LEFT JOIN publications AS p ON p.id = e.publication_id)"
            " WHERE differs OR missing OR otherwise ORDER BY id"
        )
        return [
            (
                number,
                "its line and its row say two things"
                if differs
                else "the publication it was read from is missing"
                if missing
                else "it names a publication that says otherwise of itself",
            )
            for number, differs, missing in self._sql.execute(query)
        ]

    def unsighted_publications(self) -> list[int]:
        """Publications of which no sighting tells: its document under its address, at its moment or before."""
        query = (
            "SELECT p.id FROM publications AS p WHERE NOT EXISTS (SELECT 1 FROM sightings AS s WHERE s.sha256 = p.sha256"
            " AND s.url = p.url AND s.first_seen <= p.seen_at) ORDER BY p.id"
        )
        return [number for (number,) in self._sql.execute(query)]
