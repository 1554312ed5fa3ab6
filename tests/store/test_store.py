"""What is committed stays, whole; what fails leaves nothing."""

from __future__ import annotations

import gc
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlite_utils import Database

from monitor.core.alarms import Open
from monitor.core.events import Event, iso
from monitor.core.memory import Known
from monitor.core.publication import HELD, Publication
from monitor.core.roster import Agreement, Printed
from monitor.fetcher import Fetched, Validators
from monitor.notifiers import Receipt, Sending
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links
from monitor.notifiers.outbox import Queue, Sent
from monitor.store import (
    Alert,
    Commit,
    Document,
    EarlierAlert,
    Incident,
    NewAlert,
    NewDelivery,
    PollRecord,
    Source,
    Store,
    StoreError,
    journal,
)
from monitor.store.migrations import migrations
from monitor.store.records import Waiting

AT = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
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
        "alerts": lambda: [NewAlert("newsroom", 0, one.seen_at + 2 * MINUTE)],
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
        "documents": [one.sha256 for one in store.documents()],
        "outbox": store.outbox.summary(),
        "deliveries": store.outbox.find(),
        "alerts": store.alerts.open("newsroom"),
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
    assert (delivery.state, delivery.due_at, delivery.sent_at, delivery.receipt) == ("queued", one.seen_at, None, {})
    assert store.alerts.open("newsroom") == [Alert(1, event.id, one.seen_at + 2 * MINUTE, None)]


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
    "an alert that corrects no message": commit_of(publication(), alerts=lambda: [NewAlert("newsroom", 0, AT, corrects=7)]),
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
            assert [row["queued"] for row in writer.outbox.summary()] == [2]
            assert [row["queued"] for row in store.outbox.summary()] == [1]
            late = Store.open(path)
            assert [one.id for one in late.publications()] == [1]
            late.close()
        assert [row["queued"] for row in store.outbox.summary()] == [2]
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


def test_events_can_be_asked_by_their_numbers(store: Store) -> None:
    one = publication()
    kinds = ("agreement.reprinted", "agreement.added", "agreement.removed")
    store.commit(commit_of(one, events=[Event(kind=kind, at=AT, publication=one.ref, agreement=AGREEMENT) for kind in kinds]))
    assert [event.id for event in store.events(ids=[3, 1, 9], bookkeeping=True)] == [1, 3]
    assert [event.id for event in store.events(ids=[3, 1])] == [3], "bookkeeping is told"


def test_what_was_reached_before_is_known_by_total_and_by_day(store: Store) -> None:
    for number, total in ((1, 700), (2, 720), (3, 710)):
        one = publication(number, figures={"agreements": total}, status=HELD if number == 2 else "accepted")
        events = [Event(kind="agreement.added", at=one.seen_at, publication=one.ref, agreement=AGREEMENT)] * number
        store.commit(commit_of(one, events=events))
    history = store.history(publication(3).seen_at)
    assert (history.highest, sorted(history.earlier_days), history.today) == (710, [1, 2], 3), "a held publication counts"
    assert store.history(publication(4).seen_at).today == 0


def test_growth_begins_with_what_stood_and_has_one_figure_a_day(store: Store) -> None:
    for number, days, total in ((1, 1, 700), (2, 3, 705), (3, 3, 708), (4, 9, 709)):
        store.commit(commit_of(publication(number, seen_at=AT + days * DAY, figures={"agreements": total})))
    store.commit(commit_of(publication(5, list="pending", seen_at=AT + 9 * DAY, figures={"agreements": 709, "pending": 3})))
    assert store.growth(AT + 2 * DAY) == [("2025-05-31", 700), ("2025-06-01", 708), ("2025-06-07", 709)]
    assert store.growth(AT + 30 * DAY) == [("2025-06-28", 709)]


# -- alerts and deliveries ---------------------------------------------------------------------------------------------------------


def test_alerts_stand_until_they_are_settled(store: Store) -> None:
    one = publication()
    events = [Event(kind="agreement.added", at=AT, publication=one.ref, agreement=AGREEMENT)] * 2
    duties = [NewAlert("desk", 1, AT + MINUTE), NewAlert("desk", 0, AT + 2 * MINUTE), NewAlert("news", 0, AT)]
    store.commit(commit_of(one, events=events, alerts=lambda: duties))
    first, second = store.alerts.open("desk")
    assert [(alert.event, alert.due_at) for alert in (first, second)] == [(1, AT + 2 * MINUTE), (2, AT + MINUTE)]
    assert (store.alerts.next_due("desk"), store.alerts.next_due("nobody")) == (AT + MINUTE, None)
    assert store.alerts.waiting() == {"desk": (2, AT + MINUTE), "news": (1, AT)}
    with store.transaction():
        store.alerts.settle([second], 1, AT)
    assert store.alerts.open("desk") == [first]
    assert store.alerts.drop("desk", AT) == 1
    assert (store.alerts.open("desk"), store.alerts.drop("desk", AT)) == ([], 0)
    assert store.alerts.waiting() == {"news": (1, AT)}


def test_who_was_told_of_an_agreement_is_known_without_what_was_given_up_or_needed_no_message(store: Store) -> None:
    one = publication()
    events = [Event(kind="agreement.added", at=one.seen_at, publication=one.ref, agreement=AGREEMENT)]
    names = ("told", "to be told", "given up", "nothing to tell", "corrected")
    duties = [NewAlert(name, 0, AT) for name in names[:4]]
    store.commit(
        commit_of(one, events=events, alerts=lambda: duties, deliveries=[NewDelivery(name, {}) for name in ("told", "given up")])
    )
    told, given_up = store.outbox.find(channel="told")[0], store.outbox.find(channel="given up")[0]
    store.commit(Commit(AT, events=events, alerts=lambda: [NewAlert("corrected", 0, AT, corrects=told.id)]))
    store.outbox.dead(given_up, "refused", AT, [])
    with store.transaction():
        for name, delivery in (("told", told.id), ("given up", given_up.id), ("nothing to tell", None)):
            store.alerts.settle(store.alerts.open(name), delivery, AT)
    found = store.alerts.earlier(AGREEMENT.id, AT)
    assert sorted(found, key=lambda earlier: earlier.channel) == [
        EarlierAlert("to be told", "agreement.added", None),
        EarlierAlert("told", "agreement.added", told.id),
    ]
    assert store.alerts.earlier(AGREEMENT.id, one.seen_at + DAY) == []
    assert store.alerts.earlier("another", AT) == []


def test_what_a_service_said_of_a_message_is_found_by_channel_and_id(store: Store) -> None:
    with store.transaction():
        (number,) = store.outbox.queue([NewDelivery("desk", {"id": "alert-1"})], AT)
    delivery = store.outbox.delivery(number)
    assert delivery is not None
    store.outbox.sent(delivery, AT + MINUTE, "ok", {"ts": "17.5"})
    assert store.outbox.receipt_of("desk", "alert-1") == {"ts": "17.5"}
    assert store.outbox.receipt_of("news", "alert-1") == store.outbox.receipt_of("desk", "alert-2") == {}
    assert (store.outbox.last_sent("desk"), store.outbox.last_sent("news")) == (AT + MINUTE, None)
    assert store.outbox.delivery(99) is None


def test_what_waits_is_told_by_channel_with_the_error_that_holds_it_up(store: Store) -> None:
    with store.transaction():
        store.outbox.queue([NewDelivery("desk", {}), NewDelivery("news", {})], AT)
        store.outbox.queue([NewDelivery("desk", {})], AT + MINUTE)
    first = store.outbox.next_due("desk", AT)
    assert first is not None
    store.outbox.failed(first, AT + MINUTE, AT + DAY, "busy", {})
    assert store.outbox.waiting() == {
        "desk": Waiting(2, AT, AT + MINUTE, "busy"),
        "news": Waiting(1, AT, None, ""),
    }
    assert store.outbox.next_due("desk", AT + DAY - MINUTE) is None, "a later message overtakes the one that failed"
    assert store.outbox.next_moment("desk") == AT + DAY


# -- a database of the first version ------------------------------------------------------------------------------------------------


def old_message(title: str) -> dict[str, Any]:
    """A message as the first version kept it."""
    line = {"mark": "New", "text": f"{title}: Task Force Model, signed May 20, 2025", "url": None}
    return {
        "id": f"publication-{title}",
        "severity": "news",
        "title": title,
        "summary": "Now 3 agreements in 2 states. Read from list1.xlsx.",
        "at": "2025-05-29T14:00:00Z",
        "sections": [{"title": "Texas", "lines": [line]}],
        "url": "https://monitor.example.org/#publication-1",
        "source": "https://www.ice.gov/identify-and-arrest/287g",
    }


# (channel, title, status, attempts, error), in the order they were queued.
OLD_DELIVERIES = (
    ("desk", "sent", "sent", 1, ""),
    ("news", "sent late", "sent", 4, ""),
    ("desk", "given up", "failed", 80, "404 no_service"),
    ("desk", "tried", "waiting", 3, "503 busy"),
    ("news", "new to news", "waiting", 0, ""),
    ("desk", "new", "waiting", 0, ""),
    ("desk", "newer", "waiting", 0, ""),
)


@pytest.fixture
def first_version(path: Path) -> Path:
    """A database of the first schema: one publication, and messages in each of the states there were."""
    path.parent.mkdir()
    db = Database(sqlite3.connect(path))
    migrations.apply(db, stop_before="m002_alerts_and_delivery_states")
    at, due = "2025-05-30T14:00:00Z", "2025-05-30T15:00:00Z"
    with db.conn as sql:
        sql.execute("INSERT INTO documents VALUES (?, 7, 'participating', ?)", (f"{1:064x}", at))
        values = (f"{1:064x}", at, at)
        sql.execute(
            "INSERT INTO publications VALUES (1, 'participating', 'participating', 'list1.xlsx', 'https://www.ice.gov/list.xlsx',"
            " ?, 'cd', ?, ?, 'accepted', '[]', '{}', '[]', '[]', 0)",
            values,
        )
        event = Event(kind="agreement.added", at=AT + DAY, publication=publication(1).ref, agreement=AGREEMENT)
        value = json.dumps(event.to_json(explain=True))
        sql.execute("INSERT INTO events VALUES (1, 'agreement.added', ?, 1, ?, 'TX', ?)", (at, AGREEMENT.id, value))
        for channel, title, status, attempts, error in OLD_DELIVERIES:
            sent = due if status == "sent" else None
            message = json.dumps(old_message(title))
            sql.execute(
                "INSERT INTO deliveries (channel, publication_id, message, status, attempts, created_at, due_at, sent_at, error)"
                " VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)",
                (channel, message, status, attempts, at, due, sent, error),
            )
    db.conn.close()
    return path


def test_a_database_of_the_first_version_keeps_every_message_and_its_order(first_version: Path) -> None:
    store = Store.open(first_version)
    try:
        found = store.outbox.find()[::-1]
        assert [(one.channel, one.message["title"], one.attempts, one.error) for one in found] == [
            (channel, title, attempts, error) for channel, title, _, attempts, error in OLD_DELIVERIES
        ]
        assert [one.state for one in found] == ["sent", "sent", "dead", "failed", "queued", "queued", "queued"]
        assert all(one.message == old_message(one.message["title"]) for one in found)
        assert {(one.created_at, one.due_at, one.said) for one in found} == {(AT + DAY, AT + DAY + 60 * MINUTE, "")}
        assert [one.sent_at for one in found] == [AT + DAY + 60 * MINUTE] * 2 + [None] * 5
        assert all(one.receipt == {} for one in found)
        assert [event.id for event in store.events()] == [1]
        assert [one.id for one in store.publications()] == [1]
        assert store.alerts.waiting() == {}, "what was told before is told again"
    finally:
        store.close()


def test_what_the_first_version_left_in_the_queue_is_sent_in_its_order(first_version: Path) -> None:
    class Service:
        pause = 0.0
        taken: ClassVar[list[tuple[str, str, bool]]] = []

        def send(self, message: Message, sending: Sending) -> Receipt:
            ((line,),) = (section.lines for section in message.sections)
            self.taken.append((message.title, line.text, sending.again))
            return Receipt("ok", {"ts": message.title})

        def forms(self, message: Message, sending: Sending) -> dict[str, bytes]:
            return {}

    store = Store.open(first_version)
    try:
        assert store.outbox.next_due("desk", AT + DAY) is None
        links = Links("https://monitor.example.org", URL)
        queue = Queue(store, "desk", Service(), 0.0, links)
        assert queue.deliver(lambda: AT + 2 * DAY, lambda _: False) == Sent(sent=3)
        said = ": Task Force Model, signed May 20, 2025"
        assert Service.taken == [(title, title + said, title == "tried") for title in ("tried", "new", "newer")]
        assert store.outbox.receipt_of("desk", "publication-new") == {"ts": "new"}
        assert store.outbox.receipt_of("desk", "publication-sent") == {}
        assert [one.state for one in store.outbox.find(channel="news")] == ["queued", "sent"]
    finally:
        store.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(first_version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(first_version)
    module = import_module("monitor.store.migrations")
    monkeypatch.setattr(module, "_ALERTS", f"{module._ALERTS};\nUPDATE gone SET x = 1")
    try:
        Store.open(first_version)
    except StoreError as error:
        assert str(error) == f"{first_version}: the database cannot be opened: no such table: gone"
    else:
        raise AssertionError("it was opened half migrated")
    assert tables(first_version) == before
    monkeypatch.undo()
    # The process that failed ends, and with it its hold on the database.
    gc.collect()
    Store.open(first_version).close()
    assert len(tables(first_version)["deliveries"]) == len(OLD_DELIVERIES)


def poll(store: Store, days: int, good: bool) -> None:
    at = AT + days * DAY
    with store.transaction():
        fetched = [Fetched(URL, "ok" if good else "blocked", b"PK" if good else b"", 200 if good else 403)]
        store.journal.add_poll(PollRecord(at, "unchanged" if good else "page_blocked", good, "", 5), fetched)


def test_however_often_somebody_polls_the_newest_are_kept_and_the_file_stays_small(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_POLLS", 50)
    monkeypatch.setattr(journal, "MOST_FETCHES", 100)
    for number in range(200):
        poll = PollRecord(AT + timedelta(seconds=number), "unchanged", number == 0, "", 1)
        with store.transaction():
            store.journal.add_poll(poll, [Fetched("https://www.ice.gov/x", "not_modified")] * 3)
    polls = [number for (number,) in store._sql.execute("SELECT id FROM polls ORDER BY id")]
    assert polls == [1, *range(151, 201)], "the last good poll and the newest fifty"
    assert store._sql.execute("SELECT min(id), max(id) FROM fetches").fetchone() == (501, 600)


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
            store.journal.put_alarms(alarms, AT)
        assert store.journal.alarms() == alarms


def test_what_the_operator_was_told_of_the_source_is_an_incident_until_it_is_over_and_after(store: Store) -> None:
    quiet, told, of_channel = Open(AT, "blocked HTTP 403"), Open(AT, "blocked HTTP 403", AT + DAY), Open(AT, "410", AT)
    polls = (
        (AT, {"page": quiet}),
        (AT + DAY, {"page": told, "channel:desk": of_channel}),
        (AT + 2 * DAY, {"page": told, "channel:desk": of_channel}),
        (AT + 3 * DAY, {}),
        (AT + 4 * DAY, {"page": Open(AT + 4 * DAY, "timeout", AT + 4 * DAY)}),
    )
    for at, alarms in polls:
        with store.transaction():
            store.journal.put_alarms(alarms, at)
    assert store.journal.incidents() == [
        Incident(1, "page", "blocked HTTP 403", AT, AT + DAY, 0, AT + 3 * DAY, 0),
        Incident(2, "page", "timeout", AT + 4 * DAY, AT + 4 * DAY, 0),
    ]


def test_what_an_earlier_version_had_told_becomes_an_incident_and_events_know_their_model(first_version: Path) -> None:
    with sqlite3.connect(first_version) as sql:
        alarms = [("page", None), ("no_list", iso(AT)), ("channel:desk", iso(AT))]
        sql.executemany("INSERT INTO alarms VALUES (?, ?, 'x', ?)", [(key, iso(AT), at) for key, at in alarms])
    sql.close()
    store = Store.open(first_version)
    try:
        assert store.journal.incidents() == [Incident(1, "no_list", "x", AT, AT, 1)]
        assert [(one.id, one.kind, one.list, one.state, one.model) for one in store.told()] == [
            (1, "agreement.added", "participating", "TX", "TFM")
        ]
    finally:
        store.close()


def test_the_log_is_told_in_its_order_with_each_first_reading_once(store: Store) -> None:
    first = publication(1)
    baseline = [Event(kind="agreement.baseline", at=AT, publication=first.ref, agreement=AGREEMENT) for _ in range(3)]
    store.commit(Commit(AT, first, events=baseline, documents=[Document(first.sha256, 1)]))
    second = publication(2)
    kinds = ("moa.posted", "agreement.reprinted", "agreement.added")
    later = [Event(kind=kind, at=AT + DAY, publication=second.ref, agreement=AGREEMENT) for kind in kinds]
    store.commit(Commit(AT + DAY, second, events=later, documents=[Document(second.sha256, 1)]))
    assert [(one.id, one.kind, one.publication) for one in store.told()] == [
        (3, "agreement.baseline", 1),
        (4, "moa.posted", 2),
        (6, "agreement.added", 2),
    ]
