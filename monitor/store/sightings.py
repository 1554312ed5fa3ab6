"""The table of sightings: which document was found when under which address, and what the server said of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from monitor.core.chain import START, breaks, link
from monitor.core.events import iso, moment
from monitor.store.records import NewSighting, Sighting

_LINKED = "id, sha256, url, name, how, headers, first_seen"
# What makes an answer another one though its bytes are the same.
_TELLING = ("etag", "last-modified")


class Sightings:
    """The sightings of one store. The caller holds the transaction for what writes."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def add(self, sighting: NewSighting, at: datetime) -> None:
        """Adds a sighting at `at`; where the address gave the same the last time, that one lasts until now."""
        latest = self._sql.execute(
            "SELECT id, sha256, name, how, headers FROM sightings WHERE url = ? ORDER BY id DESC LIMIT 1", (sighting.url,)
        ).fetchone()
        if latest and latest[1:4] == (sighting.sha256, sighting.name, sighting.how):
            before = json.loads(latest[4])
            if all(before.get(name) == sighting.headers.get(name) for name in _TELLING):
                self.again(sighting.url, at)
                return
        number, previous = self._end()
        headers = json.dumps(dict(sighting.headers), ensure_ascii=False)
        row = (number, sighting.sha256, sighting.url, sighting.name, sighting.how, headers, iso(at))
        self._sql.execute(
            f"INSERT INTO sightings ({_LINKED}, last_seen, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, iso(at), link(previous, line(row))),
        )

    def again(self, url: str, at: datetime) -> None:
        """Notes that an address gave at `at` what it gave the last time."""
        self._sql.execute(
            "UPDATE sightings SET last_seen = max(last_seen, ?) WHERE id = (SELECT max(id) FROM sightings WHERE url = ?)",
            (iso(at), url),
        )

    def all(self, sha256: str | None = None) -> Iterator[Sighting]:
        """Every sighting, or those of one document, the oldest first."""
        where, parameters = ("WHERE sha256 = ?", (sha256,)) if sha256 else ("", ())
        query = f"SELECT {_LINKED}, last_seen, chain FROM sightings {where} ORDER BY id"
        for number, digest, url, name, how, headers, first_seen, last_seen, chain in self._sql.execute(query, parameters):
            yield Sighting(
                *(number, digest, url, name, how, dict(json.loads(headers)), moment(first_seen), moment(last_seen)), chain=chain
            )

    def head(self) -> tuple[int, str]:
        """(number of sightings, the last one's link in the chain)."""
        number, chain = self._end()
        return number - 1, chain

    def link(self, number: int) -> str | None:
        """The link of a sighting by its number, that of the start for 0; None where there is none."""
        row = self._sql.execute("SELECT chain FROM sightings WHERE id = ?", (number,)).fetchone()
        return row[0] if row else START if number == 0 else None

    def lines(self, documents: Collection[str] | None = None) -> Iterator[tuple[int, str, str]]:
        """(number, line, link) of every sighting, or of those of some documents; the line is what the chain is made of."""
        where = "" if documents is None else "WHERE sha256 IN (SELECT value FROM json_each(:documents))"
        query = f"SELECT chain, {_LINKED} FROM sightings {where} ORDER BY id"
        for chain, number, *rest in self._sql.execute(query, {"documents": json.dumps([*(documents or ())])}):
            yield number, line((number, *rest)), chain

    def broken(self) -> list[tuple[int, str]]:
        """(number, what is wrong) of every sighting that is not as it was written down."""
        return [*breaks(self.lines())]

    def _end(self) -> tuple[int, str]:
        row = self._sql.execute("SELECT id, chain FROM sightings ORDER BY id DESC LIMIT 1").fetchone()
        return (row[0] + 1, row[1]) if row else (1, START)


def line(row: Sequence[object]) -> str:
    """A sighting as the line that the chain is made of: a JSON array, `headers` being the text of a JSON object."""
    return json.dumps([*row], ensure_ascii=False)
