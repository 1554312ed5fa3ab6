"""A store with agreements, applications and events of one's own choosing, as if publications had printed them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from monitor.config import Settings
from monitor.core.events import Event
from monitor.core.memory import Known
from monitor.core.roster import PARTICIPATING, Listing
from monitor.evidence import Evidence
from monitor.publishers import data
from monitor.publishers.record import Record
from monitor.store import Commit, Document, Store
from tests.support.told import AT, FIGURES, publication

SETTINGS = Settings.model_validate({"web": {"public_url": "https://monitor.example.org"}})


def stock(
    store: Store,
    listings: Sequence[Listing] = (),
    events: Sequence[Event] = (),
    *,
    list_name: str = PARTICIPATING,
    gone: bool = False,
) -> list[Event]:
    """One publication, a day after the one before, that prints `listings` (or no longer prints them: `gone`) and tells `events`."""
    number = store.next_publication_id()
    seen_at = AT + number * timedelta(days=1)
    one = publication(number, list_name, seen_at, figures=FIGURES, url="list.xlsx")
    known = [Known(listing=listing, first_seen=seen_at, gone_since=seen_at if gone else None) for listing in listings]
    told = [replace(event, at=seen_at, publication=one.ref) for event in events]
    return store.commit(Commit(seen_at, one, known=known, events=told, documents=[Document(one.sha256, 1, list_name)]))


def record(store: Store) -> Record:
    return Record(store, SETTINGS, Evidence(Path("documents")), date(2025, 6, 30))


def data_files(store: Store, states: Sequence[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the files of data, of all states or of these."""
    for path, content in data.files(record(store), states, data.Kept()):
        yield path, content if isinstance(content, bytes) else content()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV by their header, read strictly."""
    text = content.decode("utf-8")
    assert text.endswith("\r\n")
    return [*csv.DictReader(io.StringIO(text, newline=""), strict=True)]


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """A new store, closed at the end."""
    store = Store.open(folder / "monitor.db")
    try:
        yield store
    finally:
        store.close()
