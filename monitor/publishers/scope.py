"""What of the public files a build is about: all, or what some events and publications touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from monitor.core.events import Event
from monitor.core.publication import Publication


@dataclass(frozen=True, slots=True)
class Scope:
    """What is built anew; None: every one there is. `states` are USPS codes, `agencies` ids, `publications` ids.

    `news`: anything at all was learnt, so that what speaks of the whole is built too; `day`: what counts days is; `new_states`: a state
    is there that was not; `events` what was told since.
    """

    states: Collection[str] | None = None
    agencies: Collection[str] | None = None
    publications: Collection[int] | None = None
    news: bool = True
    day: bool = True
    new_states: bool = True
    events: Sequence[Event] | None = None

    @property
    def whole(self) -> bool:
        return self.states is None

    def states_of(self, known: Sequence[str]) -> Sequence[str]:
        """The states to build, of those that are known, in the order of their codes."""
        return known if self.states is None else sorted(self.states)

    def has_publication(self, number: int) -> bool:
        return self.publications is None or number in self.publications


WHOLE = Scope()
NOTHING = Scope(frozenset(), frozenset(), frozenset(), news=False, day=False, new_states=False, events=())


def touched(events: Iterable[Event], publications: Iterable[Publication], known: Collection[str], *, day: bool) -> Scope:
    """What these new events (the log's bookkeeping too) and these new, or newly judged, publications touch.

    `known` are the states that there were before.
    """
    learnt = tuple(events)
    states, agencies = set[str](), set[str]()
    numbers = {publication.id for publication in publications}
    news = bool(numbers)
    for event in learnt:
        news = True
        for listing in (event.agreement, event.application, event.before):
            if listing:
                states |= {listing.state} if listing.state else set()
                agencies.add(listing.agency_id)
        if event.kind.startswith("list."):
            # Who waits is said on every state's page, and only while the list is on ICE's.
            states |= {*known}
        if event.publication:
            numbers.add(event.publication.id)
    return Scope(frozenset(states), frozenset(agencies), frozenset(numbers), news, day, not states <= {*known}, learnt)
