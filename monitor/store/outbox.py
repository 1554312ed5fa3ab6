"""The table of deliveries: which message is due to which channel, and what became of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.core.events import iso, moment
from monitor.store.records import Delivery, NewDelivery

WAITING, SENT, FAILED = "waiting", "sent", "failed"


class Outbox:
    """Deliveries of one store. A row is queued in the transaction of what caused it and marked sent after the send returned."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def queue(self, deliveries: Iterable[NewDelivery], at: datetime) -> None:
        """Queues messages; the caller holds the transaction."""
        self._sql.executemany(
            "INSERT INTO deliveries (channel, publication_id, message, status, attempts, created_at, due_at, error)"
            " VALUES (?, ?, ?, ?, 0, ?, ?, '')",
            [
                (d.channel, d.publication, json.dumps(d.message, ensure_ascii=False), WAITING, iso(at), iso(at))
                for d in deliveries
            ],
        )

    def next_due(self, channel: str, at: datetime) -> Delivery | None:
        """The channel's oldest waiting message if it is due; a later one never overtakes it."""
        row = self._sql.execute(
            "SELECT id, channel, message, attempts, created_at, due_at FROM deliveries WHERE channel = ? AND status = ?"
            " ORDER BY id LIMIT 1",
            (channel, WAITING),
        ).fetchone()
        if row is None or row[5] > iso(at):
            return None
        return Delivery(row[0], row[1], json.loads(row[2]), row[3], moment(row[4]), moment(row[5]))

    def sent(self, delivery: Delivery, at: datetime) -> None:
        with self._sql:
            self._sql.execute(
                "UPDATE deliveries SET status = ?, attempts = attempts + 1, sent_at = ?, error = '' WHERE id = ?",
                (SENT, iso(at), delivery.id),
            )

    def retry(self, delivery: Delivery, due_at: datetime, error: str) -> None:
        with self._sql:
            self._sql.execute(
                "UPDATE deliveries SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ?",
                (iso(due_at), error, delivery.id),
            )

    def failed(self, delivery: Delivery, error: str) -> None:
        with self._sql:
            self._sql.execute(
                "UPDATE deliveries SET status = ?, attempts = attempts + 1, error = ? WHERE id = ?", (FAILED, error, delivery.id)
            )

    def summary(self) -> list[dict[str, Any]]:
        """Per channel: how many messages are waiting, sent and failed, the oldest one waiting, the last error."""
        rows = self._sql.execute(
            "SELECT channel, sum(status = 'waiting'), sum(status = 'sent'), sum(status = 'failed'),"
            " min(CASE WHEN status = 'waiting' THEN created_at END), max(sent_at),"
            " (SELECT error FROM deliveries AS last WHERE last.channel = deliveries.channel AND error <> '' ORDER BY id DESC LIMIT 1)"
            " FROM deliveries GROUP BY channel ORDER BY channel"
        )
        names = ("channel", "waiting", "sent", "failed", "oldest_waiting", "last_sent", "last_error")
        return [dict(zip(names, row, strict=True)) for row in rows]
