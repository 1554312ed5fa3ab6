"""Sightings: one row for as long as an address gives the same; and a past that is only added to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from monitor.store import ARCHIVED, Commit, Document, NewSighting, Store
from tests.support.stocked import stock
from tests.support.told import agreement, event

AT = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://www.ice.gov/list.xlsx"
A, B = f"{1:064x}", f"{2:064x}"
MODIFIED = {"last-modified": "Thu, 29 May 2025 14:00:00 GMT", "date": "Thu, 29 May 2025 14:00:01 GMT"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    one = Store.open(path)
    yield one
    one.close()


def see(store: Store, hour: int, sha256: str = A, **values: object) -> None:
    sighting = NewSighting(**{"sha256": sha256, "url": URL, "name": "list.xlsx", "headers": MODIFIED, **values})  # type: ignore[arg-type]
    store.commit(Commit(AT + hour * HOUR, documents=[Document(sha256, 1)], sightings=[sighting]))


def seen(store: Store) -> list[tuple[str, int, int]]:
    """(document, first hour, last hour) of each sighting."""
    return [
        ("A" if one.sha256 == A else "B", (one.first_seen - AT) // HOUR, (one.last_seen - AT) // HOUR)
        for one in store.sightings.all()
    ]


def test_what_an_address_gives_again_lasts_until_then(store: Store) -> None:
    see(store, 0)
    see(store, 1, headers={**MODIFIED, "date": "another"})
    with store.transaction():
        store.sightings.again(URL, AT + 2 * HOUR)
    assert seen(store) == [("A", 0, 2)]
    assert next(store.sightings.all(A)).headers == MODIFIED


def test_a_document_that_comes_back_is_a_sighting_of_its_own(store: Store) -> None:
    see(store, 0)
    see(store, 1, B)
    see(store, 2)
    assert seen(store) == [("A", 0, 0), ("B", 1, 1), ("A", 2, 2)]
    assert [one.id for one in store.sightings.all(A)] == [1, 3]


@pytest.mark.parametrize(
    "other", [{"name": "other.xlsx"}, {"how": ARCHIVED}, {"headers": {"last-modified": "later"}}, {"url": f"{URL}?1"}]
)
def test_the_same_bytes_in_another_way_are_a_sighting_of_their_own(store: Store, other: dict[str, object]) -> None:
    see(store, 0)
    see(store, 1, **other)
    assert seen(store) == [("A", 0, 0), ("A", 1, 1)]


def test_a_clock_that_was_set_back_shortens_no_sighting(store: Store) -> None:
    see(store, 2)
    see(store, 1)
    assert seen(store) == [("A", 2, 2)]


REWRITES = (
    "UPDATE events SET at = '2020-01-01T00:00:00Z' WHERE id = 1",
    "DELETE FROM events WHERE id = 1",
    "UPDATE sightings SET first_seen = '2020-01-01T00:00:00Z'",
    "DELETE FROM sightings",
)


@pytest.mark.parametrize("statement", REWRITES)
def test_the_past_refuses_to_be_rewritten(store: Store, path: Path, statement: str) -> None:
    stock(store, events=[event("agreement.added", agreement())])
    see(store, 0)
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="only added to"):
        other.execute(statement)
    other.close()


FORGERIES = {
    "an event": ("events_kept", "UPDATE events SET value = replace(value, 'agreement.added', 'agreement.removed') WHERE id = 2"),
    "an event's number": ("events_kept", "UPDATE events SET id = 9 WHERE id = 3"),
    "an event dropped": ("events_kept_all", "DELETE FROM events WHERE id = 2"),
    "when a document was first seen": ("sightings_kept", "UPDATE sightings SET first_seen = '2020-01-01T00:00:00Z' WHERE id = 2"),
    "a sighting dropped": ("sightings_kept_all", "DELETE FROM sightings WHERE id = 1"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_past_that_was_rewritten_all_the_same_is_found(store: Store, path: Path, what: str) -> None:
    stock(store, events=[event("agreement.added", agreement())] * 3)
    see(store, 0)
    see(store, 1, B)
    assert (store.broken(), store.sightings.broken()) == ([], [])
    trigger, statement = FORGERIES[what]
    with sqlite3.connect(path) as other:
        other.execute(f"DROP TRIGGER {trigger}")
        assert other.execute(statement).rowcount == 1
    other.close()
    (found,) = store.broken() + store.sightings.broken()
    assert found[0] in (1, 2, 3)


def test_a_log_from_before_the_chain_is_chained_when_it_is_opened(store: Store, path: Path) -> None:
    stock(store, events=[event("agreement.added", agreement())] * 2)
    store.close()
    db = Database(sqlite3.connect(path))
    for statement in (
        "DROP TRIGGER events_kept",
        "DROP TRIGGER events_kept_all",
        "DROP TABLE sightings",
        "ALTER TABLE events DROP COLUMN chain",
        "DELETE FROM _sqlite_migrations WHERE name = 'm005_sightings_and_chain'",
    ):
        db.conn.execute(statement)
    db.conn.commit()
    db.conn.close()
    again = Store.open(path)
    try:
        assert again.broken() == []
        assert again.head()[0] == 2
        assert again.sightings.broken() == []
        (one,) = again.sightings.all()
        publication = again.publications()[0]
        assert (one.sha256, one.name, one.first_seen) == (publication.sha256, publication.name, publication.seen_at)
    finally:
        again.close()
