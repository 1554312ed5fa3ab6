"""What the public is shown of a store: read when it is first asked for, and kept for the time of one build."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, cached_property

from monitor.config import Settings
from monitor.core.events import NEWS, Event
from monitor.core.memory import Known, by_agency
from monitor.core.publication import Publication
from monitor.core.roster import LISTS, PARTICIPATING, PENDING
from monitor.evidence import Evidence
from monitor.report import waits
from monitor.store import Store

# More events than these make a state's page slow to read; the rest is in the files of data.
EVENTS = 100


class Record:
    """Everything that pages, feeds and files of data are made of. `day` (UTC) is the one they count days up to."""

    def __init__(self, store: Store, settings: Settings, evidence: Evidence, day: date) -> None:
        self.store = store
        self.settings = settings
        self.evidence = evidence
        self.day = day
        # Each is asked for by several pages, and for each language.
        self.events_of = cache(self._events_of)
        self.events_in = cache(self._events_in)
        self.events_about = cache(self._events_about)

    # -- publications ------------------------------------------------------------------------------------------------------------

    @cached_property
    def publications(self) -> tuple[Publication, ...]:
        """Every publication of either list, whatever the guard said of it, the oldest first."""
        return tuple(reversed(self.store.publications()))

    @cached_property
    def publication(self) -> Mapping[int, Publication]:
        """Publications by id."""
        return {publication.id: publication for publication in self.publications}

    @cached_property
    def months(self) -> Mapping[str, list[Publication]]:
        """Publications by the month (`2025-05`, UTC) in which they were seen, the oldest first."""
        found: dict[str, list[Publication]] = defaultdict(list)
        for publication in self.publications:
            found[f"{publication.seen_at:%Y-%m}"].append(publication)
        return found

    @cached_property
    def first(self) -> Mapping[str, int]:
        """The id of each list's first publication that was taken: what it prints is where the record begins."""
        return {publication.list: publication.id for publication in reversed(self.publications) if publication.applied}

    @cached_property
    def newest(self) -> Mapping[str, Publication]:
        """Each list's newest publication that was taken."""
        found = ((name, self.store.latest_publication(name, applied=True)) for name in LISTS)
        return {name: publication for name, publication in found if publication}

    @cached_property
    def counts(self) -> Mapping[int, Mapping[str, int]]:
        """How many events of each kind each publication gave, by its id."""
        return self.store.publication_counts()

    def first_read(self, list_name: str) -> datetime | None:
        """When a list was first read, None where it never was."""
        return next((one.seen_at for one in self.publications if one.id == self.first.get(list_name)), None)

    def neighbours(self, publication: Publication) -> tuple[Publication | None, Publication | None]:
        """The publications of the same list before and after this one."""
        row = self._by_list[publication.list]
        place = self._places[publication.id]
        return row[place - 1] if place else None, row[place + 1] if place + 1 < len(row) else None

    @cached_property
    def _by_list(self) -> Mapping[str, list[Publication]]:
        found: dict[str, list[Publication]] = defaultdict(list)
        for publication in self.publications:
            found[publication.list].append(publication)
        return found

    @cached_property
    def _places(self) -> Mapping[int, int]:
        return {one.id: place for row in self._by_list.values() for place, one in enumerate(row)}

    # -- agreements and applications ---------------------------------------------------------------------------------------------

    @cached_property
    def agreements(self) -> tuple[Known, ...]:
        """Every agreement that was ever printed."""
        return tuple(self.store.known(PARTICIPATING))

    @cached_property
    def applications(self) -> tuple[Known, ...]:
        """Every application that was ever printed."""
        return tuple(self.store.known(PENDING))

    @cached_property
    def standing(self) -> list[Known]:
        """The agreements in force, by agency and model."""
        return sorted((one for one in self.agreements if one.stands), key=_by_name)

    @cached_property
    def waiting(self) -> list[Known]:
        """The applications on the list, by agency and model; none while the list is not on the page."""
        return [] if self.left_page(PENDING) else self.last_waiting

    @cached_property
    def last_waiting(self) -> list[Known]:
        """The applications on the list as it was last published, by agency and model."""
        return sorted((one for one in self.applications if one.stands), key=_by_name)

    def standing_in(self, state: str) -> list[Known]:
        """The agreements in force of a state, by its code."""
        return self._standing_in.get(state, [])

    @cached_property
    def _standing_in(self) -> Mapping[str | None, list[Known]]:
        found: dict[str | None, list[Known]] = defaultdict(list)
        for one in self.standing:
            found[one.listing.state].append(one)
        return found

    def waiting_in(self, state: str) -> list[Known]:
        """The applications on the list of a state, by its code."""
        return [one for one in self.waiting if one.listing.state == state]

    @cached_property
    def states(self) -> list[str]:
        """USPS codes of every state that anything was ever printed of, in their order."""
        return self.store.tables.states()

    @cached_property
    def agencies(self) -> Mapping[str, tuple[Known, ...]]:
        """Agreements and applications by their agency's id, agreements first; agencies in the order of their ids."""
        return by_agency((*self.agreements, *self.applications))

    @cached_property
    def waits(self) -> list[int]:
        """Days from application to signature, of those whose application was seen to come."""
        since = self.first_read(PENDING)
        return waits(self.store.approvals(), self.applications, since) if since else []

    # -- events ------------------------------------------------------------------------------------------------------------------

    def _events_of(self, publication: int) -> tuple[Event, ...]:
        """What a publication told, in the log's order."""
        return tuple(self.store.events(publication=publication))

    def _events_in(self, state: str) -> tuple[Event, ...]:
        """The newest EVENTS of what was told of a state, by its code, in the log's order."""
        return tuple(self.store.events(state=state, newest=EVENTS))

    def _events_about(self, agency: str) -> tuple[Event, ...]:
        """What was told of an agency, by its id, in the log's order."""
        return tuple(self.store.events(listings=[one.listing.id for one in self.agencies[agency]]))

    @cached_property
    def doubts(self) -> tuple[Event, ...]:
        """The events that a person may have to decide."""
        return tuple(self.store.events(doubtful=True))

    @cached_property
    def last_news(self) -> Event | None:
        """The newest event that is news."""
        number = self.store.last_event(NEWS)
        return next(self.store.events(ids=[number]), None) if number else None

    def left_page(self, list_name: str) -> datetime | None:
        """Since when a list is not on the page, None while it is."""
        if self.store.lists_on_page().get(list_name, True):
            return None
        left = [event for event in self.store.events(kinds=("list.left_page",)) if event.publication]
        return max((event.at for event in left if event.publication and event.publication.list == list_name), default=None)


def _by_name(one: Known) -> tuple[str, str, str, str]:
    return one.listing.state or "~", one.listing.agency, one.listing.model or "", one.listing.id
