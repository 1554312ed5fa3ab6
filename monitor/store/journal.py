"""The tables of polls, fetches, alarms and incidents: how the source has answered, and what the operator was told of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitor.core.alarms import Open, of_source
from monitor.core.events import iso, moment
from monitor.core.hasher import bytes_digest
from monitor.fetcher import Fetched
from monitor.store.records import Incident, PollRecord

# How long records of polls and single requests are kept, and how many at most, however often somebody polls: every ten minutes, day and
# night, for 138 days. Publications, events and evidence are kept for ever.
KEPT, MOST_POLLS, MOST_FETCHES = timedelta(days=90), 20_000, 60_000


class Journal:
    """Polls, fetches, alarms and incidents of one store. The caller holds the transaction for what writes."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def add_poll(self, poll: PollRecord, fetches: Iterable[Fetched]) -> None:
        """Records a poll with its requests, and forgets those older than KEPT, and those beyond the newest MOST_POLLS and MOST_FETCHES."""
        self._sql.execute(
            "INSERT INTO polls (at, outcome, good, detail, millis) VALUES (?, ?, ?, ?, ?)",
            (iso(poll.at), poll.outcome, poll.good, poll.detail, poll.millis),
        )
        self._sql.executemany(
            "INSERT INTO fetches (at, url, outcome, status, sha256, bytes, attempts, millis, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(iso(poll.at), f.url, f.outcome, f.status, bytes_digest(f.body) if f.body else None),
                    *(len(f.body), f.attempts, f.millis, f.detail),
                )
                for f in fetches
            ],
        )
        oldest = iso(poll.at - KEPT)
        # Of the oldest a few at a time, more than a poll adds: a look at all of them would take longer than the poll.
        # The last good poll is kept however old it is: `status` tells since when the source has been silent.
        self._sql.execute(
            "DELETE FROM polls WHERE id IN (SELECT id FROM polls ORDER BY id LIMIT 20)"
            " AND (at < ? OR id <= (SELECT max(id) FROM polls) - ?)"
            " AND id NOT IN (SELECT max(id) FROM polls WHERE good UNION SELECT max(id) FROM polls)",
            (oldest, MOST_POLLS),
        )
        self._sql.execute(
            "DELETE FROM fetches WHERE id IN (SELECT id FROM fetches ORDER BY id LIMIT 100)"
            " AND (at < ? OR id <= (SELECT max(id) FROM fetches) - ?)",
            (oldest, MOST_FETCHES),
        )

    def last_poll(self, *, good: bool = False) -> PollRecord | None:
        """The newest poll, or the newest good one."""
        where = "WHERE good" if good else ""
        row = self._sql.execute(
            f"SELECT at, outcome, good, detail, millis FROM polls {where} ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return PollRecord(moment(row[0]), row[1], bool(row[2]), row[3], row[4]) if row else None

    def alarms(self) -> dict[str, Open]:
        """Alarms that are open, by key."""
        return {
            key: Open(moment(opened_at), detail, moment(told_at) if told_at else None)
            for key, opened_at, detail, told_at in self._sql.execute(
                "SELECT key, opened_at, detail, told_at FROM alarms ORDER BY key"
            )
        }

    def put_alarms(self, alarms: Mapping[str, Open], at: datetime) -> None:
        """Makes `alarms` the open ones after the poll at `at`; those of the source that the operator was told of become incidents."""
        self._sql.execute("DELETE FROM alarms")
        self._sql.executemany(
            "INSERT INTO alarms VALUES (?, ?, ?, ?)",
            [(key, iso(a.opened_at), a.detail, iso(a.told_at) if a.told_at else None) for key, a in alarms.items()],
        )
        newest = self._sql.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
        told = [(key, iso(a.opened_at), a.detail, iso(a.told_at)) for key, a in alarms.items() if a.told_at and of_source(key)]
        self._sql.executemany(
            "INSERT INTO incidents (key, opened_at, detail, told_at, told_after) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT(key, opened_at) DO NOTHING",
            [(*one, newest) for one in told],
        )
        self._sql.execute(
            "UPDATE incidents SET over_at = ?, over_after = ? WHERE over_at IS NULL AND (key, opened_at) NOT IN"
            " (SELECT key, opened_at FROM alarms)",
            (iso(at), newest),
        )

    def incidents(self) -> list[Incident]:
        """Every alarm about the source that the operator was told of, in the order in which they were told."""
        query = "SELECT id, key, detail, opened_at, told_at, told_after, over_at, over_after FROM incidents ORDER BY id"
        return [
            Incident(
                *(number, key, detail, moment(opened_at), moment(told_at), told_after),
                *(moment(over_at) if over_at else None, over_after),
            )
            for number, key, detail, opened_at, told_at, told_after, over_at, over_after in self._sql.execute(query)
        ]
