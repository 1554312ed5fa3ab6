"""Pages about publications: the timeline by month, one page for each publication, the guard's log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from monitor.core.events import Event
from monitor.core.places import STATE_NAMES
from monitor.core.publication import ACCEPTED, Publication
from monitor.notifiers.wording import WORDS
from monitor.publishers.documents import document_name
from monitor.publishers.record import Record
from monitor.publishers.scope import Scope
from monitor.publishers.site.rendering import Page

# Of a long publication its page has the rest.
SHOWN = 10
# The front page and the page of changes show so many publications with something to tell.
LATEST, RECENT = 5, 20
REPRINTED = ("agreement.reprinted", "application.reprinted")
_ORDER = {kind: number for number, kind in enumerate(WORDS)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A publication as a list of them shows it: how many events of each kind, the weightiest of them, how many more there are."""

    publication: Publication
    counts: Sequence[tuple[str, int]]
    shown: Sequence[Event]
    more: int
    first: bool


def pages(record: Record, scope: Scope) -> Iterator[Page]:
    """The pages of this file that `scope` is about."""
    if not scope.news:
        return
    touched = [publication for publication in record.publications if scope.has_publication(publication.id)]
    for publication in {one.id: one for each in touched for one in (*record.neighbours(each), each) if one}.values():
        yield Page(f"publications/{publication.id}.html", "publication", _publication(record, publication))
    months = [{"key": key, "day": _day(key), "number": len(found)} for key, found in sorted(record.months.items(), reverse=True)]
    recent = [one for one in reversed(record.publications) if tally(record, one)][:RECENT]
    entries = [entry(record, one) for one in recent]
    yield Page("changes.html", "changes", {"months": months, "entries": entries})
    keys = sorted(record.months)
    places = {keys.index(f"{one.seen_at:%Y-%m}") + step for one in touched for step in (-1, 0, 1)}
    for key in (keys[place] for place in sorted(places) if 0 <= place < len(keys)):
        # A month is an index: what its publications tell stands on their own pages.
        entries = [entry(record, one, 0) for one in reversed(record.months[key])]
        place = keys.index(key)
        before, after = keys[place - 1] if place else "", keys[place + 1] if place + 1 < len(keys) else ""
        around = {name: {"key": month, "day": _day(month)} for name, month in (("before", before), ("after", after)) if month}
        yield Page(
            f"changes/{key}.html", "month", {"day": _day(key), "entries": entries, "before": None, "after": None, **around}
        )
    yield Page("guard.html", "guard", _guard(record))


def _day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def entry(record: Record, publication: Publication, shown: int = SHOWN) -> Entry:
    """A publication as a line of the timeline."""
    events = sorted(_told(record, publication), key=lambda event: _ORDER[event.kind])[:shown] if shown else []
    counted = tally(record, publication)
    more = sum(number for _, number in counted) - len(events) if shown else 0
    return Entry(publication, counted, events, more, record.first.get(publication.list) == publication.id)


def latest(record: Record) -> list[Entry]:
    """What the front page shows: the newest publications that told something."""
    found = [one for one in reversed(record.publications) if tally(record, one)][:LATEST]
    return [entry(record, one, SHOWN // 2) for one in found]


def tally(record: Record, publication: Publication) -> list[tuple[str, int]]:
    """(kind, number) of the events that a publication told, the weightiest kind first."""
    found = record.counts.get(publication.id, {})
    return sorted(((kind, number) for kind, number in found.items() if kind in WORDS), key=lambda pair: _ORDER[pair[0]])


def _told(record: Record, publication: Publication) -> list[Event]:
    return [event for event in record.events_of(publication.id) if event.kind in WORDS]


def _publication(record: Record, publication: Publication) -> dict[str, object]:
    events = sorted(
        _told(record, publication),
        key=lambda event: (
            STATE_NAMES.get(event.state or "", "~"),
            _ORDER[event.kind],
            event.listing.agency if event.listing else "",
        ),
    )
    before, after = record.neighbours(publication)
    return {
        "publication": publication,
        "counts": tally(record, publication),
        "by_state": [(code, [*found]) for code, found in groupby(events, key=lambda event: event.state)],
        "first": record.first.get(publication.list) == publication.id,
        "reprinted": sum(record.counts.get(publication.id, {}).get(kind, 0) for kind in REPRINTED),
        "evidence": document_name(record.evidence, publication.sha256),
        "before": before,
        "after": after,
    }


def _guard(record: Record) -> dict[str, object]:
    until: dict[int, datetime] = {}
    for event in record.store.events(kinds=("publication.released",)):
        if event.publication:
            until[event.publication.id] = event.at
    held = [one for one in reversed(record.publications) if one.status != ACCEPTED]
    pairs: dict[object, list[Event]] = defaultdict(list)
    for event in record.doubts:
        pairs[event.doubt["pair"] if event.doubt else None].append(event)
    return {
        "held": [{"publication": one, "until": until.get(one.id)} for one in held],
        "doubts": [event for found in reversed(pairs.values()) for event in found],
        "unreadable": [one for one in reversed(record.publications) if one.unreadable],
    }
