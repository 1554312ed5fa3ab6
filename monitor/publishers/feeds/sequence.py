"""Which feeds there are, and which items each has in which order: made of the log's order alone, so that a place never changes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from monitor.core.events import BASELINES, CORRECTIONS, DOCUMENTS, NEWS
from monitor.core.places import STATE_NAMES
from monitor.core.roster import PENDING
from monitor.core.values import MODEL_NAMES
from monitor.store import Incident, Told

COUNTRY, CORRECTED, APPLICATIONS, HEALTH = "us", "corrections", "pending", "health"
# Of what an archive holds. The document that is subscribed to holds this many of the newest items, and fewer than twice as many.
CHUNK = 50

_LEFT_OR_CAME = frozenset(("list.left_page", "list.returned"))
# Of the page and of no publication.
_PAGE_KINDS = frozenset((*_LEFT_OR_CAME, *DOCUMENTS))
_HEALTH_KINDS = frozenset(("publication.held", "publication.released"))


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in whatever format: `key` names it in addresses and ids, `group` and `name` are where and how a list of feeds has it."""

    key: str
    title: str
    description: str
    group: str
    name: str

    def path(self, suffix: str, archive: int | None = None) -> str:
        """Where a document of it stands below the public folder: the one to subscribe to, or an archive by its number, from 1."""
        if archive is not None:
            return f"feeds/archive/{self.key}-{archive:04}{suffix}"
        return f"feed{suffix}" if self.key == COUNTRY else f"feeds/{self.key}{suffix}"


_NEWS = "287(g) agreements that began, ended or were renewed, applications, and lists that left ICE's page or came back"
FEEDS = (
    Feed(COUNTRY, "287(g) monitor: new and ended agreements", f"{_NEWS}.", "The country", "All news"),
    Feed(
        CORRECTED,
        "287(g) monitor: corrections and documents",
        "287(g) agreements and applications that ICE's lists print differently than before, documents posted or replaced, and other"
        " documents on ICE's page.",
        "The country",
        "Corrections and documents",
    ),
    Feed(
        APPLICATIONS,
        "287(g) monitor: applications",
        "Applications for 287(g) agreements: new, approved, withdrawn and corrected; and whether ICE's page links the pending list.",
        "The country",
        "Pending applications",
    ),
    Feed(
        HEALTH,
        "287(g) monitor: health of the source",
        "What keeps ICE's lists from being read or believed, and when it was over.",
        "The monitor",
        "The source's health",
    ),
    *(
        Feed(
            code.lower(),
            f"287(g) monitor: {name}",
            f"287(g) agreements and applications of the {name}, news only.",
            "Models",
            name,
        )
        for code, name in MODEL_NAMES.items()
    ),
    *(
        Feed(code.lower(), f"287(g) monitor: {name}", f"287(g) agreements and applications in {name}, news only.", "States", name)
        for code, name in sorted(STATE_NAMES.items(), key=lambda state: state[1])
    ),
)
_KEYS = frozenset(feed.key for feed in FEEDS)


class Slot(NamedTuple):
    """The place of one item. `rows` are the events it tells, of a list's first reading one that stands for all.

    `digest` is the feed whose digest it is, "" for the item of a single event, which is the same in every feed; `first`: the first
    digest of its publication; `nth`: how many events of this very kind, list, listing and second there have been, this one included.
    """

    rows: tuple[Told, ...]
    digest: str = ""
    first: bool = False
    nth: int = 1

    @property
    def key(self) -> Hashable:
        """What tells it from every other place of the same log."""
        return (self.digest, self.rows[-1].id, len(self.rows))

    @property
    def last(self) -> int:
        """The newest event it tells."""
        return self.rows[-1].id

    @property
    def starts(self) -> bool:
        """Whether it says that a list is watched from here on."""
        return self.rows[0].kind in BASELINES


class Notice(NamedTuple):
    """The place of one item about the source's health: an event of the log, or an incident when it was told, or when it was over."""

    row: Told | None = None
    incident: Incident | None = None
    over: bool = False
    nth: int = 1

    @property
    def key(self) -> Hashable:
        """What tells it from every other place of the same log."""
        return (HEALTH, self.row.id) if self.row else (HEALTH, self.over, self.incident)


def keys_of(row: Told) -> frozenset[str]:
    """The feeds that tell an event."""
    return _keys(row.kind, row.state, row.model, row.list)


@cache
def _keys(kind: str, state: str | None, model: str | None, list_name: str) -> frozenset[str]:
    found = set[str]()
    if kind in BASELINES:
        found.add(COUNTRY)
    if kind in NEWS:
        found.add(COUNTRY)
        found.update(key for key in ((state or "").lower(), (model or "").lower()) if key in _KEYS)
    if kind in CORRECTIONS:
        found.add(CORRECTED)
    if (kind.startswith("application.") and kind not in BASELINES) or (kind in _LEFT_OR_CAME and list_name == PENDING):
        found.add(APPLICATIONS)
    return frozenset(found)


class Sequences:
    """The items of every feed, the oldest first, made of the log's rows as they come: of each publication and moment its events, then
    their digest. The country's feed has a digest wherever there is news; the others only where it is about two agreements or more.
    """

    def __init__(self) -> None:
        self.rows: list[Told] = []
        self._nth: list[int] = []
        self._seen: dict[tuple[str, str, str, str | None], int] = {}
        # Of each feed that was asked for, and how many rows it was made of.
        self._made: dict[str, tuple[_Sequence, int]] = {}

    @property
    def last(self) -> int:
        """The newest event there is, 0 before the first."""
        return self.rows[-1].id if self.rows else 0

    def grow(self, rows: Sequence[Told]) -> None:
        """Adds the rows of newer events."""
        if rows and self.rows and (rows[0].publication, rows[0].at) == (self.rows[-1].publication, self.rows[-1].at):
            # They belong to the digest that was closed already.
            self._made.clear()
        for row in rows:
            one = (row.list, row.at, row.kind, row.listing)
            self._seen[one] = nth = self._seen.get(one, 0) + 1
            self.rows.append(row)
            self._nth.append(nth)

    def slots(self, key: str) -> Sequence[Slot]:
        """The items of a feed."""
        sequence, done = self._made.get(key) or (_Sequence(key), 0)
        for place in range(done, len(self.rows)):
            if key in keys_of(self.rows[place]):
                sequence.add(self.rows[place], self._nth[place])
        sequence.end_batch()
        self._made[key] = sequence, len(self.rows)
        return sequence.slots

    def touched(self, after: int) -> set[str]:
        """The feeds that tell events newer than the one of id `after`."""
        newer = takewhile(lambda row: row.id > after, reversed(self.rows))
        return {key for row in newer for key in keys_of(row)}

    def verdicts(self) -> Iterator[tuple[Told, int]]:
        """The rows of what the guard held and released, each with how many of its very kind there have been."""
        return ((row, nth) for row, nth in zip(self.rows, self._nth, strict=True) if row.kind in _HEALTH_KINDS)


def notices(verdicts: Iterable[tuple[Told, int]], incidents: Iterable[Incident]) -> Sequence[Notice]:
    """The items of the health feed, the oldest first. What is not of the log stands behind the event that was its newest then."""
    places: list[tuple[tuple[int, int, str, int], Notice]] = [((row.id, 0, "", 0), Notice(row, nth=nth)) for row, nth in verdicts]
    for one in incidents:
        places.append(((one.told_after, 1, one.told_at.isoformat(), one.id), Notice(incident=one)))
        if one.over_at and one.over_after is not None:
            places.append(((one.over_after, 1, one.over_at.isoformat(), one.id), Notice(incident=one, over=True)))
    return [notice for _, notice in sorted(places, key=lambda place: place[0])]


def archives(length: int) -> int:
    """How many archives a feed of so many items has: all of it but the newest 50 to 99 items."""
    return max(0, length // CHUNK - 1)


class _Sequence:
    """The items of one feed as they come."""

    def __init__(self, key: str) -> None:
        self.slots: list[Slot] = []
        self._key = key
        self._batch: list[Told] = []
        self._digested: set[int] = set()

    def add(self, row: Told, nth: int) -> None:
        if self._batch and (row.publication, row.at) != (self._batch[0].publication, self._batch[0].at):
            self.end_batch()
        if row.kind in BASELINES:
            self._digest((row,))
            return
        self.slots.append(Slot((row,), nth=nth))
        # That a list left the page, or a document came to it, is no part of the publication that it last had.
        if row.kind not in _PAGE_KINDS:
            self._batch.append(row)

    def end_batch(self) -> None:
        if self._batch and (self._key == COUNTRY or len({row.listing for row in self._batch}) > 1):
            self._digest(tuple(self._batch))
        self._batch.clear()

    def _digest(self, rows: tuple[Told, ...]) -> None:
        publication = rows[0].publication
        self.slots.append(Slot(rows, self._key, publication not in self._digested))
        self._digested.add(publication)
