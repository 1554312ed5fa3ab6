"""The event log as a report needs it: what stood at a moment and a while before, what was ever printed, how many stood when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from monitor.core import replay
from monitor.core.events import Event
from monitor.core.names import agency_kind
from monitor.core.roster import PARTICIPATING, PENDING, Listing


@dataclass(slots=True)
class Entry:
    """One agreement or application that was ever printed, up to the report's moment.

    `listing` is how it was printed last, `at_start` whether it stood when its list was first read: when it was first seen says nothing
    then. `begun` is whether it was told as new, `as_kind` when it was first printed as a body of each kind.
    """

    listing: Listing
    first_seen: datetime
    at_start: bool
    begun: bool
    as_kind: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the log says up to `as_of`, of one state where one is asked for.

    `begins` is when the participating list was first read (None: not by then), `pending_left` when the pending list left the page, where
    it is away at `as_of`. `standing` and `stood` are the rows of both lists at `as_of` and at `since`; `totals` has after every publication
    its moment and how many agreements stood; `entries` is all that was ever printed, by id; `events` what was told after `since`.
    `printings` has every way an agency was ever printed, by its id: in the whole log, since which county an agency is of does not change
    with the day.
    """

    as_of: datetime
    since: datetime
    state: str | None
    begins: datetime | None
    pending_left: datetime | None
    standing: tuple[Listing, ...]
    stood: tuple[Listing, ...]
    totals: tuple[tuple[datetime, int], ...]
    entries: Mapping[str, Entry]
    events: tuple[Event, ...]
    printings: Mapping[str, tuple[Listing, ...]]

    def listed(self, list_name: str) -> list[Listing]:
        """The rows of one list that stand at `as_of`."""
        return [row for row in self.standing if row.list == list_name]

    def ever(self, list_name: str) -> list[Entry]:
        """All of one list that was ever printed, in the order it was first seen."""
        return [entry for entry in self.entries.values() if entry.listing.list == list_name]


def kind_of(listing: Listing) -> str:
    """What kind of body is named, by the rules of today: the log keeps those of its day."""
    return agency_kind(listing.agency, listing.printed.type)


def read(events: Iterable[Event], as_of: datetime, since: datetime, state: str | None = None) -> History:
    """The history that the whole log (bookkeeping included, from its first event on) holds as of a moment, of all states or of one."""
    rows: dict[str, Listing] = {}
    stood: tuple[Listing, ...] | None = None
    totals: list[tuple[datetime, int]] = []
    entries: dict[str, Entry] = {}
    told: list[Event] = []
    printings: dict[str, dict[Listing, None]] = {}
    begins = left = None
    for at, together in groupby(events, key=lambda event: event.at):
        happened = [*together]
        for event in happened:
            for listing in filter(None, (event.agreement, event.application)):
                printings.setdefault(listing.agency_id, {})[listing] = None
        if at > as_of:
            continue
        if at > since and stood is None:
            stood = _of(rows.values(), state)
        for event in happened:
            replay.apply(rows, event)
            _enter(entries, event)
            if event.kind.startswith("list.") and event.publication and event.publication.list == PENDING:
                left = at if event.kind == "list.left_page" else None
            if at > since:
                told.append(event)
            if "id" in event.changes:
                told = _without_joined(told, event)
        if begins is None and any(event.agreement for event in happened):
            begins = at
        totals.append((at, sum(row.list == PARTICIPATING for row in _of(rows.values(), state))))
    standing = _of(rows.values(), state)
    return History(
        as_of=as_of,
        since=since,
        state=state,
        begins=begins,
        pending_left=left,
        standing=standing,
        stood=standing if stood is None else stood,
        totals=tuple(totals),
        entries={key: entry for key, entry in entries.items() if state in (None, entry.listing.state)},
        events=tuple(event for event in told if state in (None, event.state)),
        printings={agency: tuple(listings) for agency, listings in printings.items()},
    )


def _of(rows: Iterable[Listing], state: str | None) -> tuple[Listing, ...]:
    return tuple(row for row in rows if state in (None, row.state))


def _enter(entries: dict[str, Entry], event: Event) -> None:
    """Notes what an event prints; an id that a person's verdict gave up is forgotten with what was told of it."""
    listing = event.application or event.agreement
    if listing is None:
        return
    if "id" in event.changes and event.before:
        entries.pop(event.before.id, None)
    entry = entries.get(listing.id)
    if entry is None:
        start, new = event.kind.endswith(".baseline"), event.kind.endswith(".added")
        entry = entries[listing.id] = Entry(listing, event.at, start, new)
    entry.listing = listing
    entry.as_kind.setdefault(kind_of(listing), event.at)


def _without_joined(told: list[Event], verdict: Event) -> list[Event]:
    """`told` without the end and the beginning that a person's verdict says were one correction."""
    given_up, kept = verdict.changes["id"]
    gone = next((event for event in reversed(told) if event.kind == "agreement.removed" and _id(event) == kept), None)
    return [event for event in told if event is not gone and not (event.kind == "agreement.added" and _id(event) == given_up)]


def _id(event: Event) -> str:
    return event.listing.id if event.listing else ""
