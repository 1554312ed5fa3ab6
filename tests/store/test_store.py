"""What is committed stays, whole; what fails leaves nothing."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.alarms import Open
from monitor.core.events import Event
from monitor.core.memory import Known
from monitor.core.publication import HELD, Publication
from monitor.core.roster import Agreement, Printed
from monitor.fetcher import Fetched, Validators
from monitor.store import Commit, Document, NewDelivery, PollRecord, Source, Store, StoreError

AT = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
URL = "https://www.ice.gov/list.xlsx"
AGREEMENT = Agreement(
    id="tx-smith-tfm",
    agency_id="tx-smith",
    state="TX",
    agency="Smith County Sheriff’s Office",
    agency_kind="sheriff",
    county="Smith County",
    model="TFM",
    signed=date(2025, 5, 20),
    moa_url="https://www.ice.gov/smith.pdf",
    printed=Printed(state="TEXAS ", agency="Smith County Sheriff’s Office", signed="2025-05-20", moa="link"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "monitor.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    one = Store.open(path)
    yield one
    one.close()


def publication(number: int = 1, **values: Any) -> Publication:
    plain: dict[str, Any] = {
        "id": number,
        "list": "participating",
        "listed_as": "participating",
        "name": f"list{number}.xlsx",
        "url": URL,
        "sha256": f"{number:064x}",
        "roster_digest": f"{number:08x}",
        "seen_at": AT + number * DAY,
        "published_at": AT,
        "reasons": ("a reason",),
        "figures": {"rows": 1},
        "unreadable": ({"sheet": "Sheet1", "row": 2, "reason": "no agency is named", "cells": ["TEXAS"]},),
        "ended": frozenset({"tx-old", "tx-older"}),
    }
    return Publication(**{**plain, **values})


def commit_of(one: Publication, **values: Any) -> Commit:
    """A commit with something for every table."""
    event = Event(kind="agreement.added", at=one.seen_at, publication=one.ref, agreement=AGREEMENT, match={"weight": 1})
    plain: dict[str, Any] = {
        "at": one.seen_at,
        "publication": one,
        "known": [Known(listing=AGREEMENT, former=(replace(AGREEMENT, agency="Smith Couny"),), first_seen=AT)],
        "events": [event],
        "deliveries": [NewDelivery("newsroom", {"title": "one"}, one.id)],
        "documents": [Document(one.sha256, 7, "participating")],
        "sources": [Source(URL, "participating", one.sha256, one.name, Validators('W/"a"', "Thu, 29 May"), AT)],
        "lists": {"participating": True},
        "page": ("digest", one.sha256),
    }
    return Commit(**{**plain, **values})


def tables(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, read by another connection."""
    with sqlite3.connect(path) as other:
        names = [name for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {name: other.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names if name[0] != "_"}
    other.close()
    return found


def known(store: Store) -> dict[str, Any]:
    """Everything that can be asked of a store about one publication."""
    return {
        "publications": store.publications(),
        "events": [*store.events()],
        "standing": store.standing("participating"),
        "memory": store.memory("participating"),
        "source": store.source(URL),
        "page": store.page(),
        "lists": store.lists_on_page(),
        "documents": store.document_digests(),
        "outbox": store.outbox.summary(),
    }


def test_what_was_committed_is_read_back_as_it_was(store: Store) -> None:
    one = publication()
    (event,) = store.commit(commit_of(one))
    assert event.id == 1
    assert store.publications() == [one]
    assert store.publication(1) == one
    assert [*store.events()] == [event]
    assert store.standing("participating") == [AGREEMENT]
    (entry,) = store.memory("participating").standing
    assert (entry.listing, [former.agency for former in entry.former]) == (AGREEMENT, ["Smith Couny"])
    assert store.source(URL) == Source(URL, "participating", one.sha256, one.name, Validators('W/"a"', "Thu, 29 May"), AT)
    assert (store.page(), store.lists_on_page()) == (("digest", one.sha256), {"participating": True})
    assert store.document_list(one.sha256) == "participating"
    delivery = store.outbox.next_due("newsroom", one.seen_at)
    assert delivery is not None
    assert (delivery.message, delivery.attempts, delivery.created_at) == ({"title": "one"}, 0, one.seen_at)


def test_everything_is_there_after_reopening(store: Store, path: Path) -> None:
    store.commit(commit_of(publication()))
    before = known(store)
    store.close()
    again = Store.open(path)
    try:
        assert known(again) == before
        assert again.next_publication_id() == 2
    finally:
        again.close()


def test_a_commit_that_fails_at_its_very_end_leaves_nothing(store: Store, path: Path) -> None:
    store.commit(commit_of(publication(1)))
    before = tables(path)
    # Deliveries come last; this one belongs to a publication that does not exist.
    broken = commit_of(publication(2), deliveries=[NewDelivery("newsroom", {}, 2), NewDelivery("newsroom", {}, 99)])
    with pytest.raises(sqlite3.IntegrityError):
        store.commit(broken)
    assert tables(path) == before
    store.commit(commit_of(publication(2)))
    assert [one.id for one in store.publications()] == [2, 1], "the store is of no use after a failure"


def test_an_interrupted_transaction_leaves_nothing(store: Store, path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.outbox.queue([NewDelivery("newsroom", {})], AT)
        raise KeyboardInterrupt
    assert tables(path)["deliveries"] == []


FOREIGN: dict[str, Commit] = {
    "a publication without its document": commit_of(publication(), documents=[]),
    "a source without its document": Commit(AT, sources=[Source(URL, None, "0" * 64, "", Validators(), AT)]),
    "a page without its document": Commit(AT, page=("digest", "0" * 64)),
    "an event of no publication": Commit(AT, events=[Event(kind="list.left_page", at=AT, publication=publication(7).ref)]),
    "a message of no publication": Commit(AT, deliveries=[NewDelivery("newsroom", {}, 7)]),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_nothing_refers_to_what_is_not_there(store: Store, path: Path, name: str) -> None:
    before = tables(path)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        store.commit(FOREIGN[name])
    assert tables(path) == before


def test_the_database_is_in_wal_mode_and_what_is_committed_is_on_the_disk(store: Store, path: Path) -> None:
    store.commit(commit_of(publication()))
    assert path.with_name("monitor.db-wal").stat().st_size > 0
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_a_reader_sees_the_last_commit_while_another_connection_writes(store: Store, path: Path) -> None:
    store.commit(commit_of(publication(1)))
    writer = Store.open(path)
    try:
        with writer.transaction():
            writer.outbox.queue([NewDelivery("newsroom", {"title": "two"})], AT)
            assert [row["waiting"] for row in writer.outbox.summary()] == [2]
            assert [row["waiting"] for row in store.outbox.summary()] == [1]
            late = Store.open(path)
            assert [one.id for one in late.publications()] == [1]
            late.close()
        assert [row["waiting"] for row in store.outbox.summary()] == [2]
    finally:
        writer.close()


def test_opening_twice_migrates_once(store: Store, path: Path) -> None:
    def schema() -> list[Any]:
        with sqlite3.connect(path) as other:
            found = other.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            found += other.execute("SELECT * FROM _sqlite_migrations").fetchall()
        other.close()
        return found

    before = schema()
    assert sum("first_schema" in str(row) for row in before) == 1
    Store.open(path).close()
    assert schema() == before


def test_a_new_database_is_opened_when_another_process_lets_it_go(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ended = threading.Timer(0.1, other.rollback)
    ended.start()
    try:
        Store.open(path).close()
    finally:
        ended.join()
        other.close()


def test_several_processes_can_open_a_new_database_at_once(tmp_path: Path) -> None:
    failures: list[str] = []
    for number in range(10):
        path, start = tmp_path / f"{number}.db", threading.Barrier(4)

        def opens(path: Path, start: threading.Barrier) -> None:
            start.wait()
            try:
                Store.open(path).close()
            except StoreError as error:
                failures.append(str(error))

        threads = [threading.Thread(target=opens, args=(path, start)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.mark.parametrize("content", [b"no database" * 100, b"\0" * 4096])
def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "monitor.db"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store.open(path)
    assert str(caught.value) == f"{path}: the database cannot be opened: file is not a database"
    assert path.read_bytes() == content


def test_a_folder_in_the_database_s_place_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the database cannot be opened: unable to open database file"):
        Store.open(tmp_path)


def test_a_held_publication_takes_a_new_status_and_stays_one(store: Store) -> None:
    held = publication(1, status=HELD)
    store.commit(commit_of(held, known=[]))
    assert store.latest_publication("participating") == held
    assert store.latest_publication("participating", applied=True) is None
    assert store.held_publications("participating") == [held]
    store.commit(commit_of(publication(2), moot=[1]))
    assert [(one.id, one.status) for one in store.publications()] == [(2, "accepted"), (1, "superseded")]
    assert store.held_publications("participating") == []


def test_a_roster_that_was_current_before_is_known_again(store: Store) -> None:
    store.commit(commit_of(publication(1)))
    assert store.seen_before("participating", publication(1).roster_digest) is None, "it is current, not an old one"
    store.commit(commit_of(publication(2)))
    assert store.seen_before("participating", publication(1).roster_digest) == publication(1).seen_at
    assert store.seen_before("pending", publication(1).roster_digest) is None


def test_events_can_be_asked_by_time_kind_state_and_publication(store: Store) -> None:
    for number in (1, 2):
        one = publication(number)
        kinds = ("agreement.baseline", "agreement.added", "list.left_page")
        events = [
            Event(kind=kind, at=one.seen_at, publication=one.ref, agreement=None if kind[0] == "l" else AGREEMENT)
            for kind in kinds
        ]
        store.commit(commit_of(one, events=events))

    def ids(**asked: Any) -> list[int]:
        return [event.id for event in store.events(**asked)]

    assert ids() == [2, 3, 5, 6], "bookkeeping is told"
    assert ids(bookkeeping=True) == [1, 2, 3, 4, 5, 6]
    assert ids(since=AT + 2 * DAY) == [5, 6]
    assert ids(until=AT + 2 * DAY - timedelta(seconds=1)) == [2, 3]
    assert ids(state="TX") == [2, 5]
    assert ids(kinds=("list.left_page", "agreement.baseline")) == [1, 3, 4, 6]
    assert ids(publication=2, kinds=("agreement.added",)) == [5]
    assert store.event_counts() == {"agreement.added": 2, "agreement.baseline": 2, "list.left_page": 2}


def poll(store: Store, days: int, good: bool) -> None:
    at = AT + days * DAY
    with store.transaction():
        fetched = [Fetched(URL, "ok" if good else "blocked", b"PK" if good else b"", 200 if good else 403)]
        store.journal.add_poll(PollRecord(at, "unchanged" if good else "page_blocked", good, "", 5), fetched)


def test_polls_and_requests_are_forgotten_after_ninety_days_but_not_the_last_good_poll(store: Store, path: Path) -> None:
    for days, good in ((0, True), (1, True), (2, False), (90, False), (92, False)):
        poll(store, days, good)
    found = tables(path)
    assert [row[1][:10] for row in found["polls"]] == ["2025-05-30", "2025-05-31", "2025-08-27", "2025-08-29"]
    assert [row[1][:10] for row in found["fetches"]] == ["2025-05-31", "2025-08-27", "2025-08-29"]
    poll(store, 200, False)
    found = tables(path)
    assert [row[1][:10] for row in found["polls"]] == ["2025-05-30", "2025-12-15"]
    assert [row[1][:10] for row in found["fetches"]] == ["2025-12-15"]
    good_poll, last = store.journal.last_poll(good=True), store.journal.last_poll()
    assert good_poll is not None
    assert last is not None
    assert (good_poll.at, last.at, last.good) == (AT + DAY, AT + 200 * DAY, False)


def test_a_request_s_body_is_recorded_by_size_and_digest(store: Store, path: Path) -> None:
    poll(store, 0, True)
    poll(store, 1, False)
    assert [row[5:7] for row in tables(path)["fetches"]] == [(hashlib.sha256(b"PK").hexdigest(), 2), (None, 0)]


def test_open_alarms_are_those_put_last(store: Store) -> None:
    first, second = {"page": Open(AT, "blocked"), "no_list": Open(AT, "x", AT + DAY)}, {"page": Open(AT, "timeout", AT)}
    for alarms in (first, second):
        with store.transaction():
            store.journal.put_alarms(alarms)
        assert store.journal.alarms() == alarms
