"""Feeds: of the country, each state, each model, corrections, applications and the source's health, in RSS, Atom and JSON Feed.

A feed is a sequence of items made of the log. The document to subscribe to holds the newest 50 to 99; the rest stands in archives of 50
(RFC 5005, section 4), which never change: an item's place in its feed is the same for ever.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from monitor.config import Settings
from monitor.core.events import Event, moment
from monitor.core.publication import Publication
from monitor.notifiers.news import Links
from monitor.publishers.feeds import items
from monitor.publishers.feeds.formats import FORMATS, Head
from monitor.publishers.feeds.items import Item
from monitor.publishers.feeds.opml import opml
from monitor.publishers.feeds.sequence import CHUNK, FEEDS, HEALTH, Feed, Notice, Sequences, Slot, archives, notices
from monitor.publishers.record import Record
from monitor.store import Told

__all__ = ["Listed", "Renderings", "catalogue", "documents", "files", "of"]

_Place = Slot | Notice


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed as a page announces it: `path` below the public folder, `type` its media type, `format` the name of that for people."""

    title: str
    path: str
    type: str
    format: str
    key: str
    group: str
    name: str


@cache
def catalogue() -> tuple[Listed, ...]:
    """Every feed in every format: the country's first, then corrections, applications, the source's health, models, states by name."""
    return tuple(
        Listed(feed.title, feed.path(one.suffix), one.type, one.name, feed.key, feed.group, feed.name)
        for feed in FEEDS
        for one in FORMATS
    )


def of(key: str) -> tuple[Listed, ...]:
    """One feed in every format; `key` as in its address, `us` for the country's."""
    return tuple(one for one in catalogue() if one.key == key)


def documents(names: Iterable[str]) -> list[str]:
    """Which of these files, by their paths below the public folder, are documents to subscribe to."""
    listed = {one.path for one in catalogue()}
    return [name for name in names if name in listed]


@dataclass(slots=True)
class Renderings:
    """The sequences of items, and items as an earlier build wrote them. Kept from one build to the next of one store it saves making them
    again; what no document to subscribe to holds any more is forgotten."""

    sequences: Sequences = field(default_factory=Sequences)
    _links: Links | None = None
    _written: dict[Hashable, tuple[datetime, tuple[str, ...]]] = field(default_factory=dict)
    _current: dict[str, Sequence[_Place]] = field(default_factory=dict)

    def prepare(self, links: Links) -> None:
        """Forgets what was written for other addresses."""
        if links != self._links:
            self._links = links
            self._written.clear()
            self._current.clear()

    def missing(self, places: Iterable[_Place]) -> list[_Place]:
        return [place for place in places if place.key not in self._written]

    def keep(self, place: _Place, item: Item) -> None:
        self._written[place.key] = (item.at, tuple(one.item(item) for one in FORMATS))

    def of(self, place: _Place) -> tuple[datetime, tuple[str, ...]]:
        """When an item was learnt, and its text in each format."""
        return self._written[place.key]

    def forget(self, current: Mapping[str, Sequence[_Place]]) -> None:
        """Keeps what `current` documents hold, by feed, and what those of other feeds held before."""
        self._current.update(current)
        held = {place.key for places in self._current.values() for place in places}
        for key in [key for key in self._written if key not in held]:
            del self._written[key]


@dataclass(frozen=True, slots=True)
class _Document:
    """A document of a feed in all formats: its number among the archives, None where it is the one to subscribe to."""

    feed: Feed
    places: Sequence[_Place]
    number: int | None
    archives: int


def files(
    record: Record, new: Iterable[Event] | None = None, renderings: Renderings | None = None
) -> Iterator[tuple[str, bytes]]:
    """(path below the public folder, content) of every file of every feed.

    With `new`, the events since the files were last built, of the files that these make: the feeds that tell them and that of the
    source's health, of each the document to subscribe to and the archives that are new. `renderings` is what earlier calls wrote.
    """
    settings = record.settings
    links = Links(settings.web.public_url, settings.page)
    kept = Renderings() if renderings is None else renderings
    kept.prepare(links)
    log = kept.sequences
    log.grow(record.store.told(log.last))
    after = 0 if new is None else min((event.id for event in new), default=log.last + 1) - 1
    incidents = record.store.journal.incidents()
    wanted = {feed.key for feed in FEEDS} - {HEALTH} if new is None else log.touched(after)
    places: dict[str, Sequence[_Place]] = {key: log.slots(key) for key in wanted}
    places[HEALTH] = notices(log.verdicts(), incidents)
    began = moment(log.rows[0].at) if log.rows else None
    parts = [part for feed in FEEDS if feed.key in places for part in _parts(feed, places[feed.key], after, whole=new is None)]
    maker = _Maker(record, links, whole=new is None)
    maker.read(place for part in parts for place in kept.missing(part.places))
    for part in parts:
        for place in kept.missing(part.places):
            kept.keep(place, maker.item(place))
        yield from _written(part, kept, settings, began)
    kept.forget({part.feed.key: part.places for part in parts if part.number is None})
    if new is None:
        yield "feeds.opml", opml(settings.web.public_url)


def _parts(feed: Feed, places: Sequence[_Place], after: int, *, whole: bool) -> Iterator[_Document]:
    number = archives(len(places))
    if whole:
        known = 0
    elif feed.key == HEALTH:
        # Of what was wrong no event tells when it came: the newest archive is written again, which changes nothing.
        known = max(0, number - 1)
    else:
        known = archives(sum(1 for place in places if isinstance(place, Slot) and place.last <= after))
    for archive in range(known + 1, number + 1):
        yield _Document(feed, places[(archive - 1) * CHUNK : archive * CHUNK], archive, number)
    yield _Document(feed, places[number * CHUNK :], None, number)


def _written(part: _Document, kept: Renderings, settings: Settings, began: datetime | None) -> Iterator[tuple[str, bytes]]:
    found = [kept.of(place) for place in reversed(part.places)]
    updated = max((at for at, _ in found), default=began)
    base = settings.web.public_url
    for number, one in enumerate(FORMATS):
        if one.suffix == ".atom" and updated is None:
            # Atom demands a date, and before the first publication there is none.
            continue

        def address(archive: int | None = None, suffix: str = one.suffix) -> str:
            return f"{base}/{part.feed.path(suffix, archive)}"

        earlier = part.archives if part.number is None else part.number - 1
        head = Head(
            id=f"urn:287g:feed:{part.feed.key}",
            title=part.feed.title,
            description=part.feed.description,
            own=address(part.number),
            page=f"{base}/status.html" if part.feed.key == HEALTH else f"{base}/",
            current=address() if part.number else "",
            earlier=address(earlier) if earlier else "",
            # Given before that archive is there: one that is written is never written again.
            later=address(part.number + 1) if part.number else "",
            hubs=() if part.number else settings.web.hubs,
            updated=updated,
            dated=bool(found),
        )
        yield part.feed.path(one.suffix, part.number), one.document(head, [texts[number] for _, texts in found])


class _Maker:
    """Makes items of what the store holds: reads it once, for all that will be made."""

    def __init__(self, record: Record, links: Links, *, whole: bool) -> None:
        self._record = record
        self._links = links
        self._whole = whole
        self._events: dict[int, Event] = {}
        self._publications: dict[int, Publication] = {}

    def read(self, places: Iterable[_Place]) -> None:
        """Reads the events and publications of `places`."""
        rows = {row.id: row for place in places for row in _rows(place)}
        store = self._record.store
        for number in {row.publication for row in rows.values()}:
            publication = self._record.publication[number] if self._whole else store.publication(number)
            if publication:
                self._publications[number] = publication
            if self._whole:
                # The pages read these, too.
                self._events.update((event.id, event) for event in self._record.events_of(number))
        if rows and not self._whole:
            self._events = {event.id: event for event in store.events(ids=[*rows])}

    def item(self, place: _Place) -> Item:
        if isinstance(place, Slot):
            publication = self._publications[place.rows[0].publication]
            events = [self._events[row.id] for row in place.rows if row.id in self._events]
            if place.digest:
                return items.of_digest(place, events, publication, self._links)
            return items.of_event(place, events[0], publication, self._links)
        if place.incident:
            return items.of_incident(place, place.incident, self._links)
        assert place.row
        return items.of_verdict(place, place.row, self._events[place.row.id], self._links)


def _rows(place: Slot | Notice) -> tuple[Told, ...]:
    if isinstance(place, Slot):
        return place.rows
    return (place.row,) if place.row else ()
