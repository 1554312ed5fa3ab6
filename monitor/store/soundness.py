"""Does the database agree with itself: its pages, what stands in two places, what was read from what was seen."""

from __future__ import annotations

import sqlite3

from monitor.core.roster import PARTICIPATING, PENDING

# An event's columns, and where its line says the same.
_COLUMNS = {
    "kind": "json_extract(e.value, '$.kind')",
    "at": "json_extract(e.value, '$.at')",
    "publication_id": "json_extract(e.value, '$.publication.id')",
    **{
        column: f"coalesce(json_extract(e.value, '$.agreement.{name}'), json_extract(e.value, '$.application.{name}'))"
        for column, name in (("listing_id", "id"), ("state", "state"), ("model", "model"))
    },
}
_QUOTED = ("list", "name", "sha256", "seen_at")
_LISTED = ("id", "agency_id", "state", "agency", "model")


class Soundness:
    """Questions to one store about itself; nothing is written."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def damage(self) -> list[str]:
        """What is wrong with the file itself, in SQLite's words; nothing where it is sound."""
        try:
            found = [str(row[0]) for row in self._sql.execute("PRAGMA integrity_check(10)")]
        except sqlite3.DatabaseError as error:
            return [f"the database is damaged: {error}"]
        return [] if found == ["ok"] else [f"the database is damaged: {' '.join(line.split())}" for line in found]

    def misquoted_events(self) -> list[tuple[int, str]]:
        """(number, what is wrong) of events whose line says otherwise than their row, or than the publication that they name."""
        columns = " OR ".join(f"{said} IS NOT e.{column}" for column, said in _COLUMNS.items())
        quoted = " OR ".join(f"json_extract(e.value, '$.publication.{name}') IS NOT p.{name}" for name in _QUOTED)
        # SQLite may evaluate both sides of an OR: what is no JSON must not be asked for its parts.
        query = (
            f"SELECT id, differs, missing FROM (SELECT e.id, CASE WHEN json_valid(e.value) THEN {columns} ELSE 1 END AS differs,"
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

    def misfiled_listings(self, list_name: str) -> list[str]:
        """Ids of agreements or applications whose columns say otherwise than their value, or whose value cannot be read."""
        table = {PARTICIPATING: "agreements", PENDING: "applications"}[list_name]
        columns = (*_LISTED, "signed") if list_name == PARTICIPATING else _LISTED
        differs = " OR ".join(f"json_extract(value, '$.{name}') IS NOT {name}" for name in columns)
        query = f"SELECT id FROM {table} WHERE CASE WHEN json_valid(value) THEN {differs} ELSE 1 END ORDER BY id"
        return [number for (number,) in self._sql.execute(query)]

    def misjudged_publications(self) -> list[tuple[int, str]]:
        """(id, what is wrong) of publications of which the log tells otherwise: whether they were held, and are no more."""
        told = "EXISTS (SELECT 1 FROM events AS e WHERE e.publication_id = p.id AND e.kind = 'publication.{}')"
        query = (
            f"SELECT id, status, held, released FROM (SELECT p.id, p.status, {told.format('held')} AS held,"
            f" {told.format('released')} AS released FROM publications AS p)"
            " WHERE held IS NOT (status <> 'accepted') OR released IS NOT (status IN ('released', 'superseded')) ORDER BY id"
        )
        rows = self._sql.execute(query)
        return [(number, f"it is {status} by its row, and not by the log") for number, status, _, _ in rows]

    def unsighted_publications(self) -> list[int]:
        """Publications of which no sighting tells: its document under its address, at its moment or before."""
        query = (
            "SELECT p.id FROM publications AS p WHERE NOT EXISTS (SELECT 1 FROM sightings AS s WHERE s.sha256 = p.sha256"
            " AND s.url = p.url AND s.first_seen <= p.seen_at) ORDER BY p.id"
        )
        return [number for (number,) in self._sql.execute(query)]

    def forgotten_documents(self) -> list[tuple[str, str]]:
        """(SHA-256, what tells of it) of documents that were seen or read, and that are not among the kept any more."""
        query = (
            "SELECT sha256, told FROM (SELECT sha256, 'publication ' || id AS told FROM publications"
            " UNION ALL SELECT sha256, 'sighting ' || id FROM sightings)"
            " WHERE sha256 NOT IN (SELECT sha256 FROM documents) GROUP BY sha256 ORDER BY sha256"
        )
        return self._sql.execute(query).fetchall()
