"""What is asked of the event log, and of the figures that publications brought: reading only."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from monitor.core.chain import START, breaks
from monitor.core.events import BOOKKEEPING, Event, iso
from monitor.core.firsts import History
from monitor.core.publication import APPLIED
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.store import told
from monitor.store.records import Told


class EventLog:
    """The log of one store, by its connection."""

    _sql: sqlite3.Connection

    def lists_on_page(self) -> dict[str, bool]:
        """Whether each list that was ever found is on the page."""
        return {name: bool(on) for name, on in self._sql.execute("SELECT name, on_page FROM lists")}

    def events(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Sequence[str] = (),
        state: str | None = None,
        publication: int | None = None,
        listings: Sequence[str] = (),
        ids: Sequence[int] = (),
        after: int = 0,
        newest: int = 0,
        doubtful: bool = False,
        bookkeeping: bool = False,
    ) -> Iterator[Event]:
        """Events in the log's order; without `bookkeeping` those only that tell something (core/events.py).

        `listings` are ids of agreements and applications, `after` an event's id; `newest` how many of the last are wanted (0: all);
        `doubtful` events are those that carry a doubt.
        """
        conditions: list[str] = ["1"]
        parameters: list[Any] = []
        if since:
            conditions.append("at >= ?")
            parameters.append(iso(since))
        if until:
            conditions.append("at <= ?")
            parameters.append(iso(until))
        if state:
            conditions.append("state = ?")
            parameters.append(state)
        if publication is not None:
            conditions.append("publication_id = ?")
            parameters.append(publication)
        for column, wanted in (("id", ids), ("listing_id", listings)):
            if wanted:
                conditions.append(f"{column} IN (SELECT value FROM json_each(?))")
                parameters.append(json.dumps([*wanted]))
        if doubtful:
            conditions.append("""instr(value, '"doubt": {') > 0""")  # as the index has it
        if after:
            conditions.append("id > ?")
            parameters.append(after)
        if kinds:
            conditions.append(f"kind IN ({', '.join('?' * len(kinds))})")
            parameters.extend(kinds)
        elif not bookkeeping:
            conditions.append(f"kind NOT IN ({', '.join('?' * len(BOOKKEEPING))})")
            parameters.extend(sorted(BOOKKEEPING))
        query = f"SELECT id, value FROM events WHERE {' AND '.join(conditions)} ORDER BY id"
        if newest:
            query = f"SELECT * FROM ({query} DESC LIMIT {newest:d}) ORDER BY id"
        for number, value in self._sql.execute(query, parameters):
            yield Event.from_json({**json.loads(value), "id": number})

    def told(self, after: int = 0) -> list[Told]:
        """What feeds ask of each event newer than `after` that tells something, in the log's order; a list's first reading is one."""
        return told.rows(self._sql, after)

    def history(self, at: datetime) -> History:
        """What publications before `at` reached; days are those of UTC."""
        highest = self._sql.execute(
            f"SELECT max(json_extract(figures, '$.agreements')) FROM publications WHERE list = ? AND status IN {APPLIED}",
            (PARTICIPATING,),
        ).fetchone()[0]
        days = dict(
            self._sql.execute(
                "SELECT substr(at, 1, 10), count(*) FROM events WHERE kind = 'agreement.added' GROUP BY 1"
            ).fetchall()
        )
        return History(highest or 0, [number for day, number in days.items() if day < iso(at)[:10]], days.get(iso(at)[:10], 0))

    def totals(self) -> dict[str, int]:
        """What stands by the publication taken last: `agreements`, `states`, `pending`; a list that left the page has no total of today."""
        # One that was held counts from its release on.
        query = (
            "SELECT figures FROM publications LEFT JOIN (SELECT publication_id, max(at) AS released FROM events"
            f" WHERE kind = 'publication.released' GROUP BY 1) ON publication_id = id WHERE status IN {APPLIED}"
            " ORDER BY coalesce(released, seen_at) DESC, id DESC LIMIT 1"
        )
        row = self._sql.execute(query).fetchone()
        figures = json.loads(row[0]) if row else {}
        left = {"pending": not self.lists_on_page().get(PENDING, True)}
        return {name: figures[name] for name in ("agreements", "states", "pending") if name in figures and not left.get(name)}

    def growth(self, since: datetime) -> list[tuple[str, int]]:
        """How many agreements stood, by day (ISO, UTC) from `since` on; days without a publication are left out, but not the first."""
        query = (
            "SELECT max(substr(seen_at, 1, 10), ?), json_extract(figures, '$.agreements') FROM publications"
            f" WHERE list = ? AND status IN {APPLIED} AND json_extract(figures, '$.agreements') IS NOT NULL ORDER BY id"
        )
        # By day, should the clock have been set back.
        return sorted(dict(self._sql.execute(query, (iso(since)[:10], PARTICIPATING))).items())

    def last_event(self, kinds: Collection[str] = ()) -> int:
        """The id of the newest event of any kind, or of these; 0 where there is none."""
        where = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        return int(self._sql.execute(f"SELECT coalesce(max(id), 0) FROM events {where}", (*kinds,)).fetchone()[0])

    def count_events(self, state: str) -> int:
        """How many events told something of a state."""
        query = f"SELECT count(*) FROM events WHERE state = ? AND kind NOT IN ({', '.join('?' * len(BOOKKEEPING))})"
        return int(self._sql.execute(query, (state, *sorted(BOOKKEEPING))).fetchone()[0])

    def publication_counts(self) -> dict[int, dict[str, int]]:
        """How many events of each kind each publication gave, bookkeeping included."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        query = "SELECT publication_id, kind, count(*) FROM events WHERE publication_id IS NOT NULL GROUP BY 1, 2"
        for publication, kind, number in self._sql.execute(query):
            found[publication][kind] = number
        return found

    def approvals(self) -> list[tuple[str, date]]:
        """(the application's id, the day its agreement was signed) of each approval with a readable day, in the log's order."""
        query = (
            "SELECT json_extract(value, '$.application.id'), json_extract(value, '$.agreement.signed') FROM events"
            " WHERE kind = 'application.approved' ORDER BY id"
        )
        return [(application, date.fromisoformat(signed)) for application, signed in self._sql.execute(query) if signed]

    def event_counts(self) -> dict[str, int]:
        """How many events of each kind the log holds."""
        return dict(self._sql.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind").fetchall())

    # -- the chain -----------------------------------------------------------------------------------------------------------------

    def lines(
        self, publications: Collection[int] | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """(number, line, link) of every event, or of those of some publications and of a time.

        The line is that of `events --all --explain --json`.
        """
        conditions: dict[str, tuple[str, str]] = {}
        if publications is not None:
            conditions["publications"] = (
                "publication_id IN (SELECT value FROM json_each(:publications))",
                json.dumps([*publications]),
            )
        if since:
            conditions["since"] = ("at >= :since", iso(since))
        if until:
            conditions["until"] = ("at <= :until", iso(until))
        where = " AND ".join(condition for condition, _ in conditions.values()) or "1"
        query = f"SELECT id, value, chain FROM events WHERE {where} ORDER BY id"
        for number, value, chain in self._sql.execute(query, {name: value for name, (_, value) in conditions.items()}):
            yield number, line(number, value), chain

    def head(self) -> tuple[int, str]:
        """(number of events, the last one's link in the chain)."""
        row = self._sql.execute("SELECT id, chain FROM events ORDER BY id DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, START)

    def link(self, number: int) -> str | None:
        """The link of an event by its number, that of the start for 0; None where there is none."""
        row = self._sql.execute("SELECT chain FROM events WHERE id = ?", (number,)).fetchone()
        return row[0] if row else START if number == 0 else None

    def broken(self) -> list[tuple[int, str]]:
        """(number, what is wrong) of every event that is not as it was written down."""
        return [*breaks(self.lines())]


def line(number: int, value: str) -> str:
    """An event as the line that the chain is made of; `value` is what the log keeps of it, numbered 0."""
    _, comma, rest = value.partition(",")
    return f'{{"id": {number}{comma}{rest}'
