"""Every SQL statement of the monitor, and the one transaction in which a publication is committed.

A Store belongs to the thread that opened it. Evidence files are written before the transaction; a file without its row is harmless.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from monitor.core.chain import link
from monitor.core.events import Event, iso, moment
from monitor.core.memory import Known, Memory
from monitor.core.publication import APPLIED, HELD, SUPERSEDED, Publication
from monitor.core.roster import LISTS, Listing
from monitor.fetcher import Validators
from monitor.store import listings
from monitor.store.alerts import Alerts
from monitor.store.journal import Journal
from monitor.store.log import EventLog, line
from monitor.store.opening import StoreError, opened
from monitor.store.outbox import Outbox
from monitor.store.papers import Papers
from monitor.store.records import (
    ARCHIVED,
    FETCHED,
    Alert,
    Commit,
    Delivery,
    Document,
    EarlierAlert,
    Incident,
    NewAlert,
    NewDelivery,
    NewSighting,
    Paper,
    PaperText,
    PollRecord,
    Sighting,
    Source,
    Told,
)
from monitor.store.sightings import Sightings
from monitor.store.soundness import Soundness
from monitor.store.tables import Tables

__all__ = [
    "ARCHIVED",
    "FETCHED",
    "Alert",
    "Commit",
    "DatabaseError",
    "Delivery",
    "Document",
    "EarlierAlert",
    "Incident",
    "NewAlert",
    "NewDelivery",
    "NewSighting",
    "Paper",
    "PaperText",
    "PollRecord",
    "Sighting",
    "Source",
    "Store",
    "StoreError",
    "Told",
]

# What SQLite raises: a full disk, a lock that lasts, a damaged file. What was being written is rolled back.
DatabaseError = sqlite3.Error


class Store(EventLog):
    """The database of one state directory."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._sql: sqlite3.Connection = db.conn
        self.alerts = Alerts(self._sql)
        self.outbox = Outbox(self._sql)
        self.journal = Journal(self._sql)
        self.sightings = Sightings(self._sql)
        self.soundness = Soundness(self._sql)
        self.papers = Papers(self._sql)
        self.tables = Tables(self._sql)

    @classmethod
    def open(cls, path: Path, *, create: bool = True, checked: bool = False) -> Self:
        """Opens the database, migrating it forward; `create`: makes one where there is none, `checked`: refuses one that is damaged.

        Raises StoreError.
        """
        return cls(opened(path, create=create, checked=checked))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction; another writer is waited for at its begin, not in its middle."""
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.rollback()
            raise
        self._sql.commit()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read within is of one moment, whatever another process writes meanwhile. Raises StoreError where it is damaged."""
        try:
            self._sql.execute("BEGIN")
            try:
                yield
            finally:
                self._sql.rollback()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"the database cannot be read: {error}; `monitor287g evidence verify` says more") from error

    # -- what is known ---------------------------------------------------------------------------------------------------------

    def memory(self, list_name: str) -> Memory:
        """What the differ needs to know before it reads a publication of `list_name`."""
        rows = listings.known(self._sql, list_name)
        others = [one for other in LISTS if other != list_name for one in listings.known(self._sql, other)]
        return Memory(
            tuple(one for one in rows if one.stands),
            tuple(one for one in rows if not one.stands),
            tuple(others),
            all(self.lists_on_page().get(other, True) for other in LISTS if other != list_name),
        )

    def standing(self, list_name: str) -> list[Listing]:
        """What stands now: agreements (participating) or applications (pending), by state, agency and model."""
        return listings.standing(self._sql, list_name)

    def known(self, list_name: str) -> list[Known]:
        """Every agreement (participating) or application (pending) that was ever printed, by id."""
        return listings.known(self._sql, list_name)

    def latest_publication(self, list_name: str, *, applied: bool = False) -> Publication | None:
        """The list's newest publication, whatever the guard said of it; with `applied` the newest that was accepted."""
        status = f"AND status IN {APPLIED}" if applied else ""
        return next(self._publications(f"WHERE list = ? {status} ORDER BY id DESC LIMIT 1", (list_name,)), None)

    def held_publications(self, list_name: str) -> list[Publication]:
        """The publications of the list that are held now, the oldest first."""
        return [*self._publications("WHERE list = ? AND status = ? ORDER BY id", (list_name, HELD))]

    def publication(self, number: int) -> Publication | None:
        return next(self._publications("WHERE id = ?", (number,)), None)

    def publications(self, limit: int = -1) -> list[Publication]:
        """The newest `limit` publications (all by default), the newest first."""
        return [*self._publications("ORDER BY id DESC LIMIT ?", (limit,))]

    def publications_at(self, at: datetime) -> list[Publication]:
        """The publications that were seen at that very moment, in their order."""
        return [*self._publications("WHERE seen_at = ? ORDER BY id", (iso(at),))]

    def reaches(self) -> datetime | None:
        """The newest moment that the record tells anything of, None where it tells nothing."""
        query = (
            "SELECT max(at) FROM (SELECT max(at) AS at FROM events UNION ALL SELECT max(seen_at) FROM publications"
            " UNION ALL SELECT max(last_seen) FROM sightings)"
        )
        newest = self._sql.execute(query).fetchone()[0]
        return moment(newest) if newest else None

    def publications_about(self, agency_id: str) -> set[int]:
        """The publications that told something of an agency, through all its names."""
        query = (
            "SELECT DISTINCT publication_id FROM events WHERE publication_id IS NOT NULL AND ? IN"
            " (json_extract(value, '$.agreement.agency_id'), json_extract(value, '$.application.agency_id'))"
        )
        return {number for (number,) in self._sql.execute(query, (agency_id,))}

    def publications_told(self, since: datetime | None, until: datetime | None) -> set[int]:
        """The publications of which the log tells something in a time: when they were seen, or later, when they were released."""
        query = (
            "SELECT DISTINCT publication_id FROM events WHERE publication_id IS NOT NULL"
            " AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at <= :until)"
        )
        parameters = {"since": iso(since) if since else None, "until": iso(until) if until else None}
        return {number for (number,) in self._sql.execute(query, parameters)}

    def seen_before(self, list_name: str, roster_digest: str) -> datetime | None:
        """When this very roster was current, if it was before the latest accepted publication and is not that one's."""
        latest = self.latest_publication(list_name, applied=True)
        if latest is None or latest.roster_digest == roster_digest:
            return None
        query = f"SELECT seen_at FROM publications WHERE list = ? AND roster_digest = ? AND status IN {APPLIED} ORDER BY id DESC LIMIT 1"
        row = self._sql.execute(query, (list_name, roster_digest)).fetchone()
        return moment(row[0]) if row else None

    def next_publication_id(self) -> int:
        """The id of the next publication. Good until the next commit: one process writes at a time."""
        return int(self._sql.execute("SELECT coalesce(max(id), 0) + 1 FROM publications").fetchone()[0])

    def _publications(self, where: str, parameters: Sequence[Any]) -> Iterator[Publication]:
        query = (
            "SELECT id, list, listed_as, name, url, sha256, roster_digest, seen_at, published_at, status, reasons, figures,"
            f" unreadable, ended, backfilled FROM publications {where}"
        )
        for row in self._sql.execute(query, parameters):
            yield Publication(
                id=row[0],
                list=row[1],
                listed_as=row[2],
                name=row[3],
                url=row[4],
                sha256=row[5],
                roster_digest=row[6],
                seen_at=moment(row[7]),
                published_at=moment(row[8]) if row[8] else None,
                status=row[9],
                reasons=tuple(json.loads(row[10])),
                figures=json.loads(row[11]),
                unreadable=tuple(json.loads(row[12])),
                ended=frozenset(json.loads(row[13])),
                backfilled=bool(row[14]),
            )

    def source(self, url: str) -> Source | None:
        """What is known of an address, None where it was never announced."""
        query = "SELECT url, listed_as, sha256, name, etag, last_modified, first_seen FROM sources WHERE url = ?"
        row = self._sql.execute(query, (url,)).fetchone()
        return Source(row[0], row[1], row[2], row[3], Validators(row[4], row[5]), moment(row[6])) if row else None

    def document_list(self, sha256: str) -> str | None:
        """Which list a kept document holds, None where it holds none or is not kept."""
        row = self._sql.execute("SELECT list FROM documents WHERE sha256 = ?", (sha256,)).fetchone()
        return row[0] if row else None

    def count_documents(self) -> int:
        """How many documents of evidence there are."""
        return int(self._sql.execute("SELECT count(*) FROM documents").fetchone()[0])

    def documents(self) -> list[Document]:
        """Every document of evidence, by SHA-256."""
        return [Document(*row) for row in self._sql.execute("SELECT sha256, bytes, list FROM documents ORDER BY sha256")]

    def page(self) -> tuple[str, str] | None:
        """(digest of what the page says, SHA-256 of its bytes when it first said so), None before the first poll."""
        row = self._sql.execute("SELECT digest, sha256 FROM page").fetchone()
        return (row[0], row[1]) if row else None

    # -- commits -----------------------------------------------------------------------------------------------------------------

    def commit(self, commit: Commit) -> list[Event]:
        """Commits everything or nothing; gives the events with the ids the log gave them."""
        with self.transaction():
            self._sql.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?) ON CONFLICT(sha256) DO UPDATE SET list = coalesce(excluded.list, list)",
                [(document.sha256, document.bytes, document.list, iso(commit.at)) for document in commit.documents],
            )
            for sighting in commit.sightings:
                self.sightings.add(sighting, commit.at)
            for source in commit.sources:
                self._put_source(source, commit.at)
            for held in commit.moot:
                self._sql.execute("UPDATE publications SET status = ? WHERE id = ?", (SUPERSEDED, held))
            number = previous = None
            if commit.publication:
                latest = self.latest_publication(commit.publication.list, applied=True)
                number, previous = commit.publication.id, latest.id if latest else None
                self._put_publication(commit.publication)
            elif commit.known and commit.events and commit.events[0].publication:
                number = previous = commit.events[0].publication.id
            for known in commit.known:
                listings.put(self._sql, known, number, previous)
            events = self._append(commit.events)
            for name, on_page in (commit.lists or {}).items():
                self._sql.execute(
                    "INSERT INTO lists VALUES (?, ?, ?) ON CONFLICT(name) DO UPDATE SET on_page = excluded.on_page,"
                    " since = CASE WHEN on_page = excluded.on_page THEN since ELSE excluded.since END",
                    (name, on_page, iso(commit.at)),
                )
            if commit.page:
                self._sql.execute("INSERT OR REPLACE INTO page VALUES (1, ?, ?, ?)", (*commit.page, iso(commit.at)))
            if commit.page_documents is not None:
                self.papers.put_on_page(commit.page_documents, commit.at)
            for paper in commit.papers:
                self.papers.put(paper)
            self.alerts.add(commit.alerts(), [event.id for event in events])
            self.outbox.queue(commit.deliveries, commit.at)
        return events

    def _put_source(self, source: Source, at: datetime) -> None:
        self._sql.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(url) DO UPDATE SET listed_as = excluded.listed_as,"
            " sha256 = excluded.sha256, name = excluded.name, etag = excluded.etag, last_modified = excluded.last_modified,"
            " last_changed = excluded.last_changed",
            (
                *(source.url, source.listed_as, source.sha256, source.name, source.validators.etag),
                *(source.validators.last_modified, iso(source.first_seen), iso(at)),
            ),
        )

    def _put_publication(self, publication: Publication) -> None:
        """Adds a publication, or writes a new status of one that was held."""
        self._sql.execute(
            f"INSERT INTO publications VALUES ({', '.join('?' * 15)}) ON CONFLICT(id) DO UPDATE SET status = excluded.status,"
            " reasons = excluded.reasons, figures = excluded.figures, ended = excluded.ended",
            (
                *(publication.id, publication.list, publication.listed_as, publication.name, publication.url),
                *(publication.sha256, publication.roster_digest, iso(publication.seen_at)),
                iso(publication.published_at) if publication.published_at else None,
                *(publication.status, json.dumps(publication.reasons), json.dumps(publication.figures)),
                json.dumps([dict(row) for row in publication.unreadable], ensure_ascii=False),
                json.dumps(sorted(publication.ended)),
                publication.backfilled,
            ),
        )

    def _append(self, events: Sequence[Event]) -> list[Event]:
        last, chain = self.head()
        appended = []
        for number, event in enumerate(events, last + 1):
            listing = event.listing
            value = json.dumps(event.to_json(explain=True), ensure_ascii=False)
            chain = link(chain, line(number, value))
            self._sql.execute(
                "INSERT INTO events (id, kind, at, publication_id, listing_id, state, model, value, chain)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(number, event.kind, iso(event.at), event.publication.id if event.publication else None),
                    *(listing.id if listing else None, event.state, listing.model if listing else None, value, chain),
                ),
            )
            appended.append(replace(event, id=number))
        return appended
