"""Events → duties: which channel is to be told which event, and when; and which event puts an earlier alert right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from monitor.core.agencies import same_agency
from monitor.core.events import NEWS, Event
from monitor.notifiers.news import NEWS_OF_THEIR_OWN, SAID, UNDOES
from monitor.notifiers.routes import Route
from monitor.store import EarlierAlert, NewAlert

# An alert that is older is history: what ICE mends in it is no news to those who got it.
CORRECTED_WITHIN = timedelta(days=30)

Earlier = Callable[[str, datetime], Iterable[EarlierAlert]]


def alerts(events: Sequence[Event], routes: Sequence[Route], at: datetime, wait: timedelta, earlier: Earlier) -> list[NewAlert]:
    """The alerts that `events`, learnt at `at`, cause. `wait` is the group wait; `earlier` gives who was told of a listing since when.

    An event that undoes or mends what a channel was told corrects that message; the channel does not get it as news as well, unless it
    is that too (a renewal, an approval).
    """
    found = []
    for position, event in enumerate(events):
        told = _told(event, at, earlier) if any(_may_correct(event, route) for route in routes) else []
        for route in routes:
            due = route.due(at, wait)
            own = [one for one in told if one.channel == route.channel and _puts_right(event, one)]
            corrected = {one.delivery for one in own if one.delivery is not None}
            found += [NewAlert(route.channel, position, due, delivery) for delivery in sorted(corrected)]
            # What is still to be told is told as the event leaves it.
            news = event.kind in NEWS_OF_THEIR_OWN or not own
            if any(one.delivery is None for one in own) or (news and route.takes(event)):
                found.append(NewAlert(route.channel, position, due))
    return found


def _may_correct(event: Event, route: Route) -> bool:
    return (event.kind in UNDOES or event.kind.endswith(".corrected")) and bool(route.tell - {"operator"})


def _told(event: Event, at: datetime, earlier: Earlier) -> list[EarlierAlert]:
    """What channels were last told of the agreement: one entry for each channel and each id it was told under."""
    ids = {listing.id for listing in (event.agreement, event.application, event.before) if listing and listing.id}
    last: dict[tuple[str, str], EarlierAlert] = {}
    for number in sorted(ids):
        for one in earlier(number, at - CORRECTED_WITHIN):
            if one.kind in NEWS:
                last.setdefault((one.channel, number), one)
    return [*last.values()]


def _puts_right(event: Event, told: EarlierAlert) -> bool:
    """Whether `event` says that what was told is wrong or undone."""
    if event.kind in UNDOES:
        return told.kind == UNDOES[event.kind]
    said = set(event.changes) & SAID
    if said == {"agency"} and event.listing and event.before and same_agency(event.before, event.listing):
        # Written out or shortened: what was told is as true as before.
        return False
    return bool(said)
