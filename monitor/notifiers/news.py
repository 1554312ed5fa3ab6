"""Events → what people are told of them: alerts, digests, corrections of earlier alerts. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core import firsts
from monitor.core.events import CORRECTIONS, NEWS, Event, iso, moment
from monitor.core.publication import Publication
from monitor.core.roster import PARTICIPATING, Listing
from monitor.notifiers import messages
from monitor.notifiers.messages import Line, Message, Section, Source
from monitor.notifiers.wording import (
    WORDS,
    changes_in_words,
    counted,
    describe,
    document_in_words,
    minute,
    signed,
    standing,
    state_name,
)

_PROGRAM = "287(g) "
_LISTS, _PAGE = "The lists", "The page"
_BEGAN = frozenset(("agreement.added", "agreement.renewed", "agreement.relisted", "application.added"))
# What undoes what; of these, what is told all the same.
UNDOES = {
    "agreement.relisted": "agreement.removed",
    "agreement.renewed": "agreement.removed",
    "application.approved": "application.withdrawn",
    "list.returned": "list.left_page",
}
NEWS_OF_THEIR_OWN = frozenset(("agreement.renewed", "application.approved"))
# What an alert says of an agreement: a correction of anything else does not make it wrong.
SAID = frozenset(("agency", "state", "model", "signed", "id"))


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message leads: the public site's address and the page that is watched."""

    public_url: str
    page: str

    def of(self, publication: Publication) -> str:
        """The permalink of a publication."""
        return f"{self.public_url}/publications/{publication.id}.html"

    def source(self, publication: Publication) -> Source:
        """A publication as what a message was read from."""
        return Source(publication.name or "the page", publication.sha256, minute(publication.seen_at), self.of(publication))


@dataclass(frozen=True, slots=True)
class _Item:
    """One line of a message: the event it tells, as later events of the same message left it; whether its agreement was pending
    before; and whether those later events moved it to another state, county or model."""

    event: Event
    was_pending: bool = False
    moved: bool = False


def alert(
    publications: Sequence[Publication],
    events: Sequence[Event],
    links: Links,
    *,
    period: str = "",
    growth: Sequence[tuple[str, int]] = (),
    totals: Mapping[str, int] | None = None,
    at: datetime | None = None,
) -> Message | None:
    """What `events` of `publications` (both in the log's order, not empty) say; None where one undid the other.

    `period` names a digest's rhythm ("daily", "weekly"), `growth` is its curve of standing agreements, `totals` what stands now where
    that is not what the last of the publications says, and `at` the moment of the message where it is not that publication's.
    """
    items = [*_items(events)]
    return _message(publications, events, items, links, period, growth, totals, at) if items else None


def entry(publication: Publication, events: Sequence[Event], links: Links, at: datetime) -> Message:
    """What `events` of a publication, learnt at `at`, say in a feed: an alert, but where one undid the other both are told."""
    items = [*_items(events)] or [_Item(event) for event in events]
    return _message((publication,), events, items, links, at=at)


def _message(
    publications: Sequence[Publication],
    events: Sequence[Event],
    items: Sequence[_Item],
    links: Links,
    period: str = "",
    growth: Sequence[tuple[str, int]] = (),
    totals: Mapping[str, int] | None = None,
    at: datetime | None = None,
) -> Message:
    newest = publications[-1]
    counts = Counter(item.event.kind for item in items)
    notes, marked = _worth_knowing(publications, items)
    figures = newest.figures if totals is None else totals
    # A high of the week that is over is none now.
    highs = {p.figures.get("agreements") for p in publications if p.figures.get("records", {}).get("high")}
    high = ", a new high" if figures.get("agreements") in highs else ""
    # The nation's, whatever a route's filter: that is what the press counts.
    stands = standing({name: figures[name] for name in ("agreements", "states") if name in figures})
    waits = standing({"pending": figures["pending"]}) if "pending" in figures else ""
    totals_said = "; ".join(part for part in (f"{stands}{high}" if stands else "", waits) if part)
    return Message(
        id=f"alert-{newest.id}-{_digest(events)}",
        severity=messages.NEWS if counts.keys() & NEWS else messages.CORRECTIONS,
        title=_title(items, counts, period),
        summary=f"{counted(counts, _PROGRAM)}{f': now {totals_said}' if totals_said and counts.keys() & NEWS else ''}.",
        at=iso(at or newest.seen_at),
        sections=tuple(_sections(items, marked)),
        notes=tuple(notes),
        sources=tuple(links.source(publication) for publication in publications),
        events=tuple(event.id for event in events),
        url=links.of(newest),
        page=links.page,
        growth=tuple(growth),
    )


def correction(publication: Publication, events: Sequence[Event], first: Message, links: Links, at: datetime) -> Message:
    """What `events` say at the moment `at` against the alert `first`, for those who got it."""
    items = [*_items(events)] or [_Item(event) for event in events]
    which = _which(items[0].event) if len(items) == 1 else f"{len(items)} agreements"
    who = "A person has put right" if any("id" in event.changes for event in events) else "ICE's list has changed"
    return Message(
        id=f"correction-{publication.id}-{_digest(events)}-{hashlib.sha256(first.id.encode()).hexdigest()[:8]}",
        severity=messages.CORRECTIONS,
        title=f"Correction: {which}",
        summary=f"{who} what was told on {minute(moment(first.at))} (“{first.title}”).",
        at=iso(at),
        sections=tuple(_sections(items, {})),
        sources=(links.source(publication),),
        events=tuple(event.id for event in events),
        url=links.of(publication),
        page=links.page,
        thread=first.id,
    )


def _items(events: Iterable[Event]) -> Iterator[_Item]:
    """The lines of a message: an application approved and the agreement it became are one, what was told and undone is none."""
    lines: list[_Item | None] = []
    about: dict[str, list[int]] = defaultdict(list)  # which lines are about an agreement, an application or a list
    for event in events:
        same = [(n, item) for n in sorted({n for one in _ids(event) for n in about[one]}) if (item := lines[n])]
        began = next(((n, item) for n, item in same if item.event.kind in _BEGAN), None)
        undone = next((n for n, item in same if item.event.kind == UNDOES.get(event.kind)), None)
        mended = next(
            ((n, item) for n, item in same if item.event.kind == event.kind and event.kind.endswith(".corrected")), None
        )
        if "id" in event.changes:
            # A person found that what was told as ended and as new is one agreement.
            for n, _ in same:
                lines[n] = None
        elif event.kind in CORRECTIONS and began is not None:
            lines[began[0]] = _mended(began[1], event)
        elif mended is not None:
            both = _twice(mended[1].event, event)
            lines[mended[0]] = _Item(both) if both.changes else None
        else:
            if undone is not None:
                lines[undone] = None
            if undone is None or event.kind in NEWS_OF_THEIR_OWN:
                lines.append(_Item(event))
                for one in _ids(event):
                    about[one].append(len(lines) - 1)
    yield from _approved([item for item in lines if item])


def _twice(first: Event, second: Event) -> Event:
    """Two corrections of one row as one: from how it stood before the first to how it stands after the second."""
    before = {name: old for name, (old, _) in reversed([*first.changes.items(), *second.changes.items()])}
    after = {name: new for name, (_, new) in (*first.changes.items(), *second.changes.items())}
    changes = {name: (old, after[name]) for name, old in before.items() if old != after[name]}
    return replace(second, before=first.before, changes=changes)


def _mended(item: _Item, event: Event) -> _Item:
    """What began, as a correction in the same message leaves it."""
    mended = replace(item.event, agreement=event.agreement, application=event.application)
    old, new = item.event.listing, mended.listing
    moved = old is not None and new is not None and (old.state, old.county, old.model) != (new.state, new.county, new.model)
    return _Item(mended, moved=item.moved or moved)


def _ids(event: Event) -> set[str]:
    """What an event is about: the agreement or application, under every id it has there, or a list of the page."""
    if event.document and event.listing is None:
        return {f"the document {event.document.get('url')}"}
    ids = {listing.id for listing in (event.application or event.agreement, event.before) if listing}
    return ids or {f"the {event.publication.list if event.publication else ''} list"}


def _approved(items: Sequence[_Item]) -> Iterator[_Item]:
    """Merges what became of an application: its approval goes into the new agreement that it gave, its filing into the approval."""
    approvals = [item.event for item in items if item.event.kind == "application.approved"]
    filed = {event.application.id for event in approvals if event.application}
    became = {event.agreement.id for event in approvals if event.agreement}
    new = {item.event.agreement.id for item in items if item.event.kind == "agreement.added" and item.event.agreement}
    for item in items:
        event = item.event
        if event.kind == "application.approved" and event.agreement and event.agreement.id in new:
            continue
        if event.kind == "application.added" and event.application and event.application.id in filed:
            continue
        was_pending = event.kind == "agreement.added" and event.agreement is not None and event.agreement.id in became
        yield replace(item, was_pending=was_pending)


def _title(items: Sequence[_Item], counts: Mapping[str, int], period: str) -> str:
    if len(items) > 1 and period:
        return f"287(g) {period}: {counted(counts)}"
    if len(items) > 1:
        first = next(kind for kind in WORDS if kind in counts)
        return counted(counts, _PROGRAM) if WORDS[first].verb == "new" else f"287(g): {counted(counts)}"
    event = items[0].event
    if event.document and event.listing is None:
        return f"{WORDS[event.kind].title}: {_which(event)}"
    if event.listing is None:
        return f"The {event.publication.list if event.publication else 'agency'} list {WORDS[event.kind].title}"
    return f"{WORDS[event.kind].title}: {_which(event)}"


def _which(event: Event) -> str:
    """The agency an event is about, with its state; or the document, or the list."""
    if event.document and event.listing is None:
        return document_in_words(event.document)
    if event.listing is None:
        return f"the {event.publication.list if event.publication else 'agency'} list"
    return f"{event.listing.agency} ({state_name(event.state)})"


def _sections(items: Iterable[_Item], marked: Mapping[str, str]) -> Iterator[Section]:
    """Sections by state, in each the weightiest kind first."""
    by_state: dict[str, list[tuple[tuple[int, str], Line]]] = defaultdict(list)
    order = {kind: number for number, kind in enumerate(WORDS)}
    for item in items:
        listing = item.event.listing
        rank = (order.get(item.event.kind, len(order)), listing.agency if listing else "")
        section = state_name(listing.state) if listing else _PAGE if item.event.document else _LISTS
        by_state[section].append((rank, _line(item, marked)))
    for title, lines in sorted(by_state.items(), key=lambda section: (section[0] not in (_LISTS, _PAGE), section[0])):
        yield Section(title, tuple(line for _, line in sorted(lines, key=lambda pair: pair[0])))


def _line(item: _Item, marked: Mapping[str, str]) -> Line:
    event, listing = item.event, item.event.listing
    mark = WORDS[event.kind].mark if event.kind in WORDS else event.kind
    if event.document and listing is None:
        url = event.document.get("url") if event.kind != "document.removed" else None
        return Line(mark, document_in_words(event.document), url, changes_in_words(event.changes))
    if listing is None:
        return Line(mark, f"{event.publication.list if event.publication else 'a'} list: {event.reason}")
    notes = [marked.get(listing.id, "")]
    if item.was_pending:
        notes.insert(0, "was pending")
    if event.kind == "agreement.renewed" and event.before:
        notes.append(f"before: {signed(event.before)}")
    elif event.kind.endswith(".corrected"):
        changes = {name: pair for name, pair in event.changes.items() if name != "id"}
        notes += ["told as ended and as new, one agreement all along"] if "id" in event.changes else []
        notes.append(changes_in_words(changes))
    elif event.kind in ("agreement.relisted", "moa.replaced"):
        notes.append(event.reason)
    if event.doubt and event.kind in ("agreement.added", "agreement.removed"):
        notes.append("possibly one and the same as another row told here")
    url = listing.addendum_url if event.kind == "addendum.posted" else _document(event, listing)
    return Line(mark, describe(listing), url, "; ".join(note for note in notes if note))


def _document(event: Event, listing: Listing) -> str | None:
    # An approved application links what its agreement links.
    return event.agreement.moa_url if event.agreement else listing.moa_url


def _worth_knowing(publications: Sequence[Publication], items: Sequence[_Item]) -> tuple[list[str], dict[str, str]]:
    """(records and firsts for the message, what is said behind a line, by the agreement's id)."""
    # What a slip put into a state is not the first of the one it was moved to: that was not looked at.
    told = {item.event.agreement.id: item.event.agreement for item in items if item.event.agreement and not item.moved}
    notes: list[str] = []
    marked: dict[str, str] = {}
    record_days: dict[str, int] = {}
    for publication in publications:
        for number, what in publication.figures.get("firsts", {}).items():
            agreement = told.get(number)
            if agreement is None:
                continue
            if what == firsts.STATE:
                marked[number] = f"first in {state_name(agreement.state)} on record"
                notes.append(f"First agreement in {state_name(agreement.state)} on record")
            elif what == firsts.MODEL:
                marked[number] = f"first of its model in {state_name(agreement.state)}"
            else:
                marked[number] = f"first in {agreement.county}"
        if publication.list == PARTICIPATING and any(item.event.kind == "agreement.added" for item in items):
            records = publication.figures.get("records", {})
            if "passed" in records:
                notes.append(f"Reached {records['passed']:,} agreements for the first time on record")
            if "day" in records:
                # Of a day's publications the last counts all that it brought.
                record_days[iso(publication.seen_at)[:10]] = records["day"]
    notes += [f"{number:,} new agreements in a day: more than on any other on record" for number in record_days.values()]
    return [*dict.fromkeys(notes)], marked


def _digest(events: Iterable[Event]) -> str:
    return hashlib.sha256(" ".join(str(event.id) for event in events).encode()).hexdigest()[:12]
