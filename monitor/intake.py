"""One document becomes a publication: read → compare → judge → commit, in one transaction.

The poller, backfill and a person's release all come through here, so that one walk decides what is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor import apart
from monitor.config import Settings
from monitor.core import firsts
from monitor.core.events import Event
from monitor.core.hasher import roster_digest
from monitor.core.memory import Memory
from monitor.core.publication import HELD, RELEASED, Publication
from monitor.core.roster import LISTS, PARTICIPATING, PENDING, Listing, Roster
from monitor.evidence import Evidence
from monitor.notifiers import notices, operators
from monitor.notifiers.alerting import alerts
from monitor.notifiers.news import Links
from monitor.notifiers.routes import routes
from monitor.report import figures
from monitor.statedir import StateDirectory
from monitor.store import ARCHIVED, FETCHED, Commit, Document, NewAlert, NewDelivery, NewSighting, Source, Store

if TYPE_CHECKING:
    from monitor.core.differ import Changes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document that holds a list, as it came: where from, under which name, announced as which list."""

    body: bytes
    sha256: str
    roster: Roster
    url: str
    name: str
    listed_as: str | None
    source: Source | None = None
    published_at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sighting(self, how: str) -> NewSighting:
        """That this document was found, `how` being one of the store's words."""
        return NewSighting(sha256=self.sha256, url=self.url, name=self.name, how=how, headers=self.headers)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival: the publication and its events, with the ids they have in the log."""

    publication: Publication
    events: tuple[Event, ...]


class ReleaseError(Exception):
    """A publication cannot be released; the message says why."""


def take_apart(settings: Settings, verdicts: Mapping[str, str], arrival: Arrival, at: datetime, more_to_come: bool) -> Taken:
    """`Intake.take` in a process of its own: two lists compared take more memory than a daemon at rest. Raises ApartError, OSError."""
    return apart.call(_taken, settings, verdicts, arrival, at, more_to_come)


def _taken(settings: Settings, verdicts: Mapping[str, str], arrival: Arrival, at: datetime, more_to_come: bool) -> Taken:
    state = StateDirectory(settings.state)
    with closing(Store.open(state.database, create=False)) as store:
        return Intake(store, Evidence(state.documents), settings, verdicts).take(arrival, at, more_to_come=more_to_come)


class Intake:
    """Takes documents into one store. `verdicts` are people's decisions (verdicts.py); `announce` is off where history is filled in."""

    def __init__(
        self,
        store: Store,
        evidence: Evidence,
        settings: Settings,
        verdicts: Mapping[str, str] | None = None,
        *,
        announce: bool = True,
    ) -> None:
        self._store = store
        self._evidence = evidence
        self._settings = settings
        self._verdicts = verdicts or {}
        self._announce = announce
        self._links = Links(settings.web.public_url, settings.page)
        # Who is told, and when; nobody where history is filled in.
        self.routes = routes(settings.channels, settings.poll.timezone) if announce else []
        self.operators = operators(settings.channels) if announce else []

    def is_current(self, list_name: str, sha256: str) -> bool:
        """Whether a document is the list's latest publication. Latest, not ever: A, then B, then A again are two pieces of news."""
        latest = self._store.latest_publication(list_name)
        return latest is not None and latest.sha256 == sha256

    def take(self, arrival: Arrival, at: datetime, *, more_to_come: bool = False) -> Taken:
        """Commits a publication that is not current. `more_to_come`: another list is read in the same poll, and for the first time too."""
        # What compares is imported where it is needed: the daemon has another process compare.
        from monitor.core import differ, guard

        self._evidence.keep(arrival.body)
        publication = Publication(
            id=self._store.next_publication_id(),
            list=arrival.roster.list,
            listed_as=arrival.listed_as,
            name=arrival.name,
            url=arrival.url,
            sha256=arrival.sha256,
            roster_digest=roster_digest(arrival.roster.list, arrival.roster.listings),
            seen_at=at,
            published_at=arrival.published_at,
            unreadable=tuple(row.to_json() for row in arrival.roster.unreadable),
            backfilled=not self._announce,
        )
        memory = self._store.memory(publication.list)
        changes = differ.diff(memory, arrival.roster, publication.ref, verdicts=self._verdicts, backfilled=publication.backfilled)
        held = self._store.held_publications(publication.list)
        verdict = guard.judge(
            arrival.roster,
            changes,
            memory.standing,
            at=at,
            seen_before=self._store.seen_before(publication.list, publication.roster_digest),
            roster_digest=publication.roster_digest,
            held=[guard.Held(one.id, one.seen_at, one.roster_digest, one.ended) for one in held],
            limits=guard.Limits(
                lost_rows=self._settings.guard.lost_rows,
                lost_share=self._settings.guard.lost_share,
                confirmed_after=self._settings.guard.confirmed_after,
            ),
        )
        came = Commit(
            at,
            documents=[Document(arrival.sha256, len(arrival.body), publication.list)],
            sightings=[arrival.sighting(FETCHED if self._announce else ARCHIVED)],
            sources=[arrival.source] if arrival.source else [],
        )
        publication = replace(publication, reasons=verdict.reasons, figures=dict(verdict.figures), ended=guard.ended_ids(changes))
        if verdict.action == guard.HOLD:
            return self._hold(replace(publication, status=HELD), came)
        swapped = publication.listed_as not in (None, publication.list)
        if swapped:
            reason = f"the link announced the {publication.listed_as} list; by its content it is the {publication.list} one"
            publication = replace(publication, reasons=(*publication.reasons, reason))
        why = "made moot by publication {}" if verdict.confirms is None else "borne out by publication {}"
        released = [self._released(one, why.format(publication.id), at) for one in held]
        came = replace(came, moot=[one.id for one in held])
        return self._accept(publication, memory, changes, released, came, more_to_come=more_to_come)

    def release(self, number: int, at: datetime) -> Taken:
        """Accepts a held publication because a person says that it is right. Raises ReleaseError."""
        from monitor.core import differ, guard
        from monitor.reader import read_roster

        publication = self._store.publication(number)
        if publication is None:
            raise ReleaseError(f"there is no publication {number}; `monitor287g status` lists those that are held")
        if publication.status != HELD:
            raise ReleaseError(f"publication {number} is {publication.status}, not held")
        body = self._evidence.read(publication.sha256)
        found = read_roster(body, publication.seen_at, publication.url) if body else None
        if not isinstance(found, Roster):
            raise ReleaseError(f"the evidence of publication {number} (SHA-256 {publication.sha256}) is missing or damaged")
        memory = self._store.memory(publication.list)
        changes = differ.diff(memory, found, replace(publication, seen_at=at).ref, verdicts=self._verdicts)
        events = tuple(replace(event, publication=publication.ref) for event in changes.events)
        changes = replace(changes, events=events)
        publication = replace(publication, status=RELEASED, ended=guard.ended_ids(changes))
        others = [one for one in self._store.held_publications(publication.list) if one.id != number]
        released = [self._released(publication, "a person found it right", at)]
        released += [self._released(one, f"made moot by the release of publication {number}", at) for one in others]
        return self._accept(publication, memory, changes, released, Commit(at, moot=[one.id for one in others]))

    def decide(self, pair: str, verdict: str, at: datetime) -> tuple[Event, ...]:
        """Appends what a person's verdict on `pair` changes about what the log told, and tells it; nothing where it changes nothing."""
        from monitor.core.overturning import overturn

        memory = self._store.memory(PARTICIPATING)
        events = self._store.events(kinds=("agreement.added", "agreement.removed", "agreement.corrected"))
        changes = overturn(pair, verdict, events, (*memory.standing, *memory.gone), at)
        if not changes.events:
            return ()
        commit = Commit(at, known=changes.known, events=changes.events, alerts=self.alerts(changes.events, at))
        return tuple(self._store.commit(commit))

    def _hold(self, publication: Publication, came: Commit) -> Taken:
        event = Event(
            kind="publication.held",
            at=publication.seen_at,
            publication=publication.ref,
            reason="; ".join(publication.reasons),
            backfilled=publication.backfilled,
        )
        message = notices.held(publication, self._links).to_json()
        commit = replace(
            came,
            publication=publication,
            events=[event],
            deliveries=[NewDelivery(name, message, publication.id) for name in self.operators],
        )
        return Taken(publication, tuple(self._store.commit(commit)))

    def _accept(
        self,
        publication: Publication,
        memory: Memory,
        changes: Changes,
        released: Sequence[Event],
        came: Commit,
        *,
        more_to_come: bool = False,
    ) -> Taken:
        """Commits a publication with what its document brought (`came`); it was learnt when that came."""
        known = totals(publication.list, memory, changes)
        figures = {
            **self._totals(publication.list, known),
            **self._worth_knowing(publication, memory, changes, known, came.at),
        }
        publication = replace(publication, figures={**publication.figures, **figures})
        events = [*changes.events, *released]
        start = [] if not memory.empty or more_to_come else self._start(publication)
        commit = replace(
            came,
            publication=publication,
            known=changes.known,
            events=events,
            alerts=self.alerts(events, came.at),
            deliveries=[*start, *self._over(released)],
        )
        return Taken(publication, tuple(self._store.commit(commit)))

    def _totals(self, list_name: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """Both lists' totals; what a list said when it left the page is no figure of today."""
        on_page = self._store.lists_on_page()
        return {
            name: number
            for name, number in known.items()
            if name != "pending" or list_name == PENDING or on_page.get(PENDING, True)
        }

    def _worth_knowing(
        self, publication: Publication, memory: Memory, changes: Changes, known: Mapping[str, Any], at: datetime
    ) -> dict[str, Any]:
        """Firsts and records among the new agreements, where there are any (core/firsts.py)."""
        if publication.list != PARTICIPATING or memory.empty:
            return {}
        history = self._store.history(at)
        before, after = len(memory.standing), known["agreements"]
        found = {
            "firsts": firsts.firsts(changes.events, (one.listing for one in (*memory.standing, *memory.gone))),
            "records": firsts.records(changes.events, before, after, history),
        }
        return {name: value for name, value in found.items() if value}

    def alerts(self, events: Sequence[Event], at: datetime) -> Callable[[], Sequence[NewAlert]]:
        """What channels are to be told of events learnt at `at`, for a commit to ask within its transaction."""
        return lambda: alerts(events, self.routes, at, self._settings.alerts.group_wait, self._store.alerts.earlier)

    def _start(self, publication: Publication) -> list[NewDelivery]:
        others = [self._store.latest_publication(name, applied=True) for name in LISTS if name != publication.list]
        message = notices.start([*(one for one in others if one), publication], self._links).to_json()
        return [NewDelivery(route.channel, message, publication.id) for route in self.routes if "news" in route.tell]

    def _over(self, released: Sequence[Event]) -> list[NewDelivery]:
        """Tells the operator what became of each held publication."""
        deliveries = []
        for event in released:
            publication = self._store.publication(event.publication.id) if event.publication else None
            if publication:
                message = notices.released(publication, event.reason, event.at, self._links).to_json()
                deliveries += [NewDelivery(name, message, publication.id) for name in self.operators]
        return deliveries

    def _released(self, publication: Publication, reason: str, at: datetime) -> Event:
        return Event(
            kind="publication.released",
            at=at,
            publication=publication.ref,
            reason=reason,
            backfilled=publication.backfilled,
        )


def totals(list_name: str, memory: Memory, changes: Changes) -> Mapping[str, Any]:
    """Both lists' totals after `changes`: agreements and states of the one, pending applications of the other."""
    after: dict[str, Listing] = {one.listing.id: one.listing for one in (*memory.standing, *memory.other) if one.stands}
    for one in changes.known:
        if one.stands:
            after[one.listing.id] = one.listing
        else:
            after.pop(one.listing.id, None)
    agreements = figures(row for row in after.values() if row.list == PARTICIPATING)
    pending = sum(row.list != PARTICIPATING for row in after.values())
    known: dict[str, Any] = {}
    if agreements["total"] or list_name == PARTICIPATING:
        known |= {"agreements": agreements["total"], "states": agreements["states"]}
    if pending or list_name != PARTICIPATING:
        known["pending"] = pending
    return known
