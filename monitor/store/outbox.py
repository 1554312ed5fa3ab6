"""The table of deliveries: which message is due to which channel, and what became of it.

queued → sending → sent; or failed (it is tried again at `due_at`); dead where it is given up, dropped where a person gave it up.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.core.events import iso, moment
from monitor.store.records import Delivery, NewDelivery, Waiting

QUEUED, SENDING, SENT, FAILED, DEAD, DROPPED = "queued", "sending", "sent", "failed", "dead", "dropped"
STATES = (QUEUED, SENDING, SENT, FAILED, DEAD, DROPPED)
# Never told, and not to be told any more.
GIVEN_UP = (DEAD, DROPPED)
# Longer than any wait between two attempts.
_FARTHEST = timedelta(days=2)
# As the index of what is open says it.
_OPEN = "status IN ('queued', 'sending', 'failed')"
_COLUMNS = "id, channel, message, status, attempts, created_at, due_at, sent_at, error, said, receipt"


class Outbox:
    """Deliveries of one store. A row is queued in the transaction of what caused it and marked sent after the send returned."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def queue(self, deliveries: Iterable[NewDelivery], at: datetime) -> list[int]:
        """Queues messages and gives their ids; the caller holds the transaction."""
        return [
            int(
                self._sql.execute(
                    "INSERT INTO deliveries (channel, publication_id, message, key, status, attempts, created_at, due_at, error)"
                    " VALUES (?, ?, ?, ?, ?, 0, ?, ?, '')",
                    (
                        *(d.channel, d.publication, json.dumps(d.message, ensure_ascii=False), d.message.get("id", "")),
                        *(QUEUED, iso(at), iso(at)),
                    ),
                ).lastrowid
                or 0
            )
            for d in deliveries
        ]

    def next_due(self, channel: str, at: datetime, *, severity: str | None = None) -> Delivery | None:
        """The channel's oldest open message (of a severity) if it is due; a later one never overtakes it.

        Should the clock have been set back, one that never failed always is due, and one that failed when it stood far ahead.
        """
        first = self._first_open(channel, severity)
        waits = first is not None and first.state == FAILED and at < first.due_at <= at + _FARTHEST
        return None if waits else first

    def next_moment(self, channel: str) -> datetime | None:
        """When the channel's oldest open message is due, None where none is open."""
        first = self._first_open(channel)
        return first.due_at if first else None

    def find(self, *, channel: str | None = None, states: Sequence[str] = (), limit: int = -1) -> list[Delivery]:
        """Deliveries, the newest first."""
        conditions, values = ["1"], []
        if channel is not None:
            conditions.append("channel = ?")
            values.append(channel)
        if states:
            conditions.append(f"status IN ({', '.join('?' * len(states))})")
            values.extend(states)
        return self._select(f"WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*values, limit))

    def delivery(self, number: int) -> Delivery | None:
        found = self._select("WHERE id = ?", (number,))
        return found[0] if found else None

    def receipt_of(self, channel: str, key: str) -> Mapping[str, Any]:
        """What the channel's service said when it took the message of that id; empty where it did not."""
        query = "SELECT receipt FROM deliveries WHERE channel = ? AND key = ? ORDER BY id DESC LIMIT 1"
        row = self._sql.execute(query, (channel, key)).fetchone()
        receipt: Mapping[str, Any] = json.loads(row[0]) if row else {}
        return receipt

    def last_sent(self, channel: str) -> datetime | None:
        """When the channel's service last took a message."""
        query = "SELECT sent_at FROM deliveries WHERE channel = ? AND status = 'sent' ORDER BY id DESC LIMIT 1"
        row = self._sql.execute(query, (channel,)).fetchone()
        return moment(row[0]) if row else None

    def sending(self, delivery: Delivery) -> None:
        """Notes that an attempt begins: if nothing follows, the process ended in its midst."""
        self._write("UPDATE deliveries SET status = ? WHERE id = ?", SENDING, delivery.id)

    def sent(self, delivery: Delivery, at: datetime, said: str, receipt: Mapping[str, Any]) -> None:
        self._write(
            "UPDATE deliveries SET status = ?, attempts = attempts + 1, sent_at = ?, error = '', failing_since = NULL, said = ?,"
            " receipt = ? WHERE id = ?",
            *(SENT, iso(at), said, json.dumps(receipt, ensure_ascii=False), delivery.id),
        )

    def failed(self, delivery: Delivery, at: datetime, due_at: datetime, error: str, receipt: Mapping[str, Any]) -> None:
        """The attempt failed `at`; the next is at `due_at`. `receipt` is what part of the message was taken."""
        self._write(
            "UPDATE deliveries SET status = ?, attempts = attempts + 1, due_at = ?, error = ?, receipt = ?,"
            " failing_since = coalesce(failing_since, ?) WHERE id = ?",
            *(FAILED, iso(due_at), error, json.dumps(receipt, ensure_ascii=False), iso(at), delivery.id),
        )

    def dead(self, delivery: Delivery, error: str, at: datetime, notices: Sequence[NewDelivery]) -> None:
        """The message is given up, and `notices` are queued to say so."""
        with self._sql:
            self._sql.execute(
                "UPDATE deliveries SET status = ?, attempts = attempts + 1, error = ? WHERE id = ?", (DEAD, error, delivery.id)
            )
            self.queue(notices, at)

    def retry(self, numbers: Sequence[int], at: datetime) -> int:
        """Makes deliveries that failed or were given up due now, as if they were new; how many there were."""
        return self._change(
            numbers, "status = 'queued', attempts = 0, due_at = ?, created_at = ?", (iso(at), iso(at)), (FAILED, *GIVEN_UP)
        )

    def drop(self, numbers: Sequence[int]) -> int:
        """Gives up deliveries that wait, and acknowledges those that were given up; how many there were."""
        return self._change(numbers, "status = 'dropped'", (), (QUEUED, SENDING, FAILED, DEAD))

    def waiting(self) -> dict[str, Waiting]:
        """What is open, by channel."""
        rows = self._sql.execute(
            f"SELECT channel, count(*), min(created_at), min(failing_since), max(error) FROM deliveries WHERE {_OPEN} GROUP BY channel"
        )
        return {
            channel: Waiting(number, moment(oldest), moment(since) if since else None, error)
            for channel, number, oldest, since, error in rows
        }

    def has_open(self, channel: str, key: str) -> bool:
        """Whether a message whose id begins with `key` waits in the channel's queue."""
        query = f"SELECT 1 FROM deliveries WHERE channel = ? AND {_OPEN} AND substr(key, 1, ?) = ? LIMIT 1"
        return self._sql.execute(query, (channel, len(key), key)).fetchone() is not None

    def summary(self) -> list[dict[str, Any]]:
        """Per channel: how many messages are in each state, since when the oldest waits, the last sent, the last error."""
        rows = self._sql.execute(
            f"SELECT channel, {', '.join(f'sum(status = {state!r})' for state in STATES)},"
            f" min(CASE WHEN {_OPEN} THEN created_at END), max(sent_at),"
            " (SELECT error FROM deliveries AS last WHERE last.channel = deliveries.channel AND error <> '' ORDER BY id DESC LIMIT 1)"
            " FROM deliveries GROUP BY channel ORDER BY channel"
        )
        names = ("channel", *STATES, "oldest_waiting", "last_sent", "last_error")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _first_open(self, channel: str, severity: str | None = None) -> Delivery | None:
        only = "AND json_extract(message, '$.severity') = ?" if severity else ""
        values = (channel, *([severity] if severity else []))
        found = self._select(f"WHERE channel = ? AND {_OPEN} {only} ORDER BY id LIMIT 1", values)
        return found[0] if found else None

    def _select(self, where: str, values: Sequence[Any]) -> list[Delivery]:
        return [
            Delivery(
                id=row[0],
                channel=row[1],
                message=json.loads(row[2]),
                state=row[3],
                attempts=row[4],
                created_at=moment(row[5]),
                due_at=moment(row[6]),
                sent_at=moment(row[7]) if row[7] else None,
                error=row[8],
                said=row[9],
                receipt=json.loads(row[10]),
            )
            for row in self._sql.execute(f"SELECT {_COLUMNS} FROM deliveries {where}", values)
        ]

    def _write(self, statement: str, *values: Any) -> None:
        with self._sql:
            self._sql.execute(statement, values)

    def _change(self, numbers: Sequence[int], assignments: str, values: Sequence[Any], states: Sequence[str]) -> int:
        changed = 0
        with self._sql:
            for number in numbers:
                changed += self._sql.execute(
                    f"UPDATE deliveries SET {assignments} WHERE id = ? AND status IN ({', '.join('?' * len(states))})",
                    (*values, number, *states),
                ).rowcount
        return changed
