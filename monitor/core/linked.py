"""The other documents on the page: templates, fact sheets, spreadsheets that are no list; what came, what left, what gave way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.core.events import Event, PublicationRef
from monitor.core.memory import same_typing
from monitor.core.page import PageReading, path_of
from monitor.core.urls import real_url

ADDED, CHANGED, REMOVED = "document.added", "document.changed", "document.removed"
_FILE = re.compile(
    r"\.(pdf|docx?|pptx?|zip|xlsx?|xlsm|xlsb|ods|csv)\W*$|/doclib/|/file-download/|/sites/.*/files/", re.IGNORECASE
)
_PICTURE = re.compile(r"\.(jpe?g|png|gif|svg|webp|mp4)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageDocument:
    """A document that the page links: its address and the link's text."""

    url: str
    text: str

    @property
    def name(self) -> str:
        """The file's name: the last part of its address."""
        return unquote(urlsplit(self.url).path.rstrip("/").rsplit("/", 1)[-1])

    def to_json(self) -> dict[str, Any]:
        """As the log prints it."""
        return {"url": self.url, "text": self.text, "name": self.name}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a document: `kind` is the event's; `before` what a changed one took the place of."""

    kind: str
    document: PageDocument
    before: PageDocument | None = None


def documents(reading: PageReading, lists: Iterable[str]) -> list[PageDocument]:
    """The documents that the page links beside `lists` (addresses) and beside those of agreements in a table of it, each once."""
    of_tables = {real_url(target) for table in reading.tables for target in table.links.values()}
    others = {*lists}
    found: dict[str, PageDocument] = {}
    for link in reading.links:
        path = path_of(link.url)
        if not _FILE.search(path) or _PICTURE.search(path) or link.url in others or real_url(link.url) in of_tables:
            continue
        found.setdefault(link.url, PageDocument(link.url, link.text))
    return [*found.values()]


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> list[Change]:
    """What differs between the documents that the page linked before and now (the links' texts by address); another text is no change."""
    came = [PageDocument(url, text) for url, text in now.items() if url not in before]
    left = {url: PageDocument(url, text) for url, text in before.items() if url not in now}
    changes = []
    for one in came:
        # The same words on another address: a new edition took the old one's place.
        same = [old for old in left.values() if one.text and same_typing(old.text) == same_typing(one.text)]
        if len(same) == 1 and sum(same_typing(other.text) == same_typing(one.text) for other in came) == 1:
            changes.append(Change(CHANGED, one, left.pop(same[0].url)))
        else:
            changes.append(Change(ADDED, one))
    return changes + [Change(REMOVED, one) for one in left.values()]


def events_of(changes: Iterable[Change], publication: PublicationRef, at: datetime, *, backfilled: bool = False) -> list[Event]:
    """The events that tell `changes`; `publication` is the newest that the page has."""
    reasons = {ADDED: "the page links it", REMOVED: "the page no longer links it", CHANGED: "the same link leads elsewhere"}
    return [
        Event(
            kind=one.kind,
            at=at,
            publication=publication,
            document=one.document.to_json(),
            changes={"url": (one.before.url, one.document.url)} if one.before else {},
            reason=reasons[one.kind],
            backfilled=backfilled,
        )
        for one in changes
    ]
