"""The table of alerts: which event each channel is to be told, when, and in which message it was. A duty stands until it is settled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.core.events import iso, moment
from monitor.store.records import Alert, EarlierAlert, NewAlert


class Alerts:
    """Alerts of one store. They are added in the transaction of their events; the caller holds the transaction for what writes."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def add(self, alerts: Iterable[NewAlert], event_ids: Sequence[int]) -> None:
        """Adds the duties that events cause; `event_ids` are the log's ids, by the events' positions."""
        self._sql.executemany(
            "INSERT INTO alerts (channel, event_id, due_at, corrects) VALUES (?, ?, ?, ?)",
            [(alert.channel, event_ids[alert.position], iso(alert.due_at), alert.corrects) for alert in alerts],
        )

    def open(self, channel: str) -> list[Alert]:
        """What the channel has not been told yet, in the log's order."""
        query = "SELECT id, event_id, due_at, corrects FROM alerts WHERE channel = ? AND settled_at IS NULL ORDER BY event_id, id"
        return [Alert(row[0], row[1], moment(row[2]), row[3]) for row in self._sql.execute(query, (channel,))]

    def next_due(self, channel: str) -> datetime | None:
        """When the first of the channel's open alerts is due."""
        row = self._sql.execute("SELECT min(due_at) FROM alerts WHERE channel = ? AND settled_at IS NULL", (channel,)).fetchone()
        return moment(row[0]) if row[0] else None

    def settle(self, alerts: Iterable[Alert], delivery: int | None, at: datetime) -> None:
        """Marks alerts as told in a delivery, or (None) as needing no message."""
        self._sql.executemany(
            "UPDATE alerts SET delivery_id = ?, settled_at = ? WHERE id = ?",
            [(delivery, iso(at), alert.id) for alert in alerts],
        )

    def drop(self, channel: str, at: datetime) -> int:
        """Settles all that the channel was still to be told, untold; how many there were."""
        with self._sql:
            query = "UPDATE alerts SET settled_at = ? WHERE channel = ? AND settled_at IS NULL"
            return self._sql.execute(query, (iso(at), channel)).rowcount

    def earlier(self, listing: str, since: datetime) -> list[EarlierAlert]:
        """Who was told, or is to be told, of an agreement or application since a moment: the newest first.

        What was given up was not told; corrections of earlier alerts do not count.
        """
        query = (
            "SELECT alerts.channel, events.kind, alerts.delivery_id FROM events JOIN alerts ON alerts.event_id = events.id"
            " LEFT JOIN deliveries ON deliveries.id = alerts.delivery_id"
            " WHERE events.listing_id = ? AND events.at >= ? AND alerts.corrects IS NULL"
            " AND (alerts.settled_at IS NULL OR deliveries.status NOT IN ('dead', 'dropped')) ORDER BY events.id DESC"
        )
        return [EarlierAlert(*row) for row in self._sql.execute(query, (listing, iso(since)))]

    def waiting(self) -> dict[str, tuple[int, datetime]]:
        """Per channel with open alerts: how many, and when the first is due."""
        query = "SELECT channel, count(*), min(due_at) FROM alerts WHERE settled_at IS NULL GROUP BY channel"
        return {channel: (number, moment(due)) for channel, number, due in self._sql.execute(query)}
