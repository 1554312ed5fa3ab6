"""The public views and the search indexes: they follow every write, and an older database gets them filled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from monitor.core.events import BOOKKEEPING, KINDS
from monitor.core.memory import Known
from monitor.core.roster import PENDING
from monitor.store import Commit, Store
from monitor.store.migrations import migrations
from tests.support.stocked import opened, stock
from tests.support.told import AT, agreement, application, event

SMITH = agreement(county="Smith County")
BAY = agreement("Bay County Sheriff's Office", "FL", "JEM", county=None)
PROVO = application("Provo Police Department", "UT")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as one:
        stock(one, [SMITH, BAY], [event("agreement.baseline", SMITH), event("agreement.added", BAY, reason="a row of its own")])
        stock(one, [PROVO], [event("application.added", PROVO)], list_name=PENDING)
        yield one


def found(folder: Path, table: str, words: str) -> list[str]:
    """The agencies of the rows of `table` that a search finds."""
    number = "id" if table == "told_events" else "number"
    index = {"agreements_now": "agreements", "pending_now": "applications", "told_events": "events"}[table]
    query = f"SELECT agency FROM {table} WHERE {number} IN (SELECT rowid FROM {index}_search WHERE {index}_search MATCH ?) ORDER BY id"
    with closing(sqlite3.connect(folder / "monitor.db")) as database:
        return [agency for (agency,) in database.execute(query, (words,))]


def test_a_search_finds_what_was_written(store: Store, tmp_path: Path) -> None:
    assert found(tmp_path, "agreements_now", "smith") == [SMITH.agency]
    assert found(tmp_path, "agreements_now", "sheriffs") == [BAY.agency, SMITH.agency]
    assert found(tmp_path, "pending_now", "provo") == [PROVO.agency]
    assert found(tmp_path, "told_events", "row own") == [BAY.agency]
    assert found(tmp_path, "told_events", "smith") == [], "bookkeeping is searched"


def test_a_search_follows_a_rename_and_a_county_that_was_filled_in(store: Store, tmp_path: Path) -> None:
    stock(store, [replace(SMITH, agency="Jones County Sheriff's Office"), replace(BAY, county="Bay County")])
    assert found(tmp_path, "agreements_now", "agency: smith") == []
    assert found(tmp_path, "agreements_now", "jones") == ["Jones County Sheriff's Office"]
    assert found(tmp_path, "agreements_now", "county: bay") == [BAY.agency]
    stock(store, [replace(SMITH, county=None)])
    assert found(tmp_path, "agreements_now", "county: smith") == []


def test_a_row_that_is_written_again_unchanged_is_found_once(store: Store, tmp_path: Path) -> None:
    for _ in range(3):
        stock(store, [SMITH])
    assert found(tmp_path, "agreements_now", "smith") == [SMITH.agency]
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        assert database.execute("SELECT count(*) FROM agreements_search").fetchone() == (2,)


def test_what_ended_is_in_no_view_and_comes_back_found(store: Store, tmp_path: Path) -> None:
    stock(store, [SMITH], gone=True)
    assert found(tmp_path, "agreements_now", "smith") == []
    stock(store, [SMITH])
    assert found(tmp_path, "agreements_now", "smith") == [SMITH.agency]


def test_a_vacuum_loses_no_finding(store: Store, tmp_path: Path) -> None:
    """The lists' rows are named by text, so that their numbers are SQLite's own."""
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        database.execute("DELETE FROM agreements WHERE id = ?", (SMITH.id,))
        database.commit()
        database.execute("VACUUM")
    assert found(tmp_path, "agreements_now", "bay") == [BAY.agency]


def test_a_commit_that_is_rolled_back_leaves_nothing_to_find(store: Store, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.commit(Commit(AT, known=[Known(listing=agreement("Ghost Police Department"), first_seen=AT)]))
    assert found(tmp_path, "agreements_now", "ghost") == []


def test_an_older_database_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    with closing(sqlite3.connect(path)) as old:
        migrations.apply(Database(old), stop_before="m003_public_views")
        assert not [*old.execute("SELECT 1 FROM sqlite_master WHERE type = 'view'")]
        old.commit()
    now = Store.open(tmp_path / "now.db")
    try:
        stock(now, [SMITH, BAY], [event("agreement.baseline", SMITH), event("agreement.added", BAY)])
    finally:
        now.close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("ATTACH ? AS now", (str(tmp_path / "now.db"),))
        for table in ("documents", "publications", "agreements", "events"):
            columns = ", ".join(row[1] for row in old.execute(f"PRAGMA main.table_info({table})"))
            old.execute(f"INSERT INTO main.{table} SELECT {columns} FROM now.{table}")
        old.commit()
    Store.open(path).close()
    assert found(tmp_path, "agreements_now", "smith") == [SMITH.agency]
    assert found(tmp_path, "told_events", "bay OR smith") == [BAY.agency]


@pytest.mark.parametrize("kind", [*KINDS, *sorted(BOOKKEEPING)])
def test_the_view_and_the_index_tell_exactly_what_the_log_tells(tmp_path: Path, kind: str) -> None:
    """A kind that becomes bookkeeping, or ceases to be, needs a migration of both."""
    with opened(tmp_path) as store:
        stock(store, [SMITH], [event(kind, SMITH)])
        told = len([*store.events()])
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        assert database.execute("SELECT count(*) FROM told_events").fetchone() == (told,)
        assert database.execute("SELECT count(*) FROM events_search").fetchone() == (told,)


def test_lines_come_by_state_agency_and_model(store: Store) -> None:
    assert [state for state, _ in store.tables.standing("participating")] == ["FL", "TX"]
    assert store.tables.states() == ["FL", "TX", "UT"]


def test_the_events_of_a_state_are_found_by_an_index(store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "monitor.db")) as database:
        (plan,) = database.execute("EXPLAIN QUERY PLAN SELECT id FROM events WHERE state = 'TX' ORDER BY id").fetchall()
    assert "events_state" in plan[-1]
