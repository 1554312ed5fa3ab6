"""The event log replayed: which agreements and applications stood at a moment. Nothing but the events is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.core.events import Event
from monitor.core.roster import Listing

_ENDS = frozenset(("agreement.removed", "application.left", "application.withdrawn", "application.approved"))


def standing(events: Iterable[Event]) -> dict[str, Listing]:
    """What stands after `events` (in the log's order, from its first on), by id, agreements and applications together."""
    rows: dict[str, Listing] = {}
    for event in events:
        apply(rows, event)
    return rows


def apply(rows: dict[str, Listing], event: Event) -> None:
    """Makes of what stood before an event, by id, what stands after it."""
    listing = event.application or event.agreement
    if listing is None or event.kind.startswith(("list.", "document.", "publication.")):
        return
    if event.kind in _ENDS:
        rows.pop(listing.id, None)
        return
    if event.before and event.before.id != listing.id:
        rows.pop(event.before.id, None)  # renewed, or joined with another by a person's verdict
    rows[listing.id] = listing


@dataclass(frozen=True, slots=True)
class Life:
    """An agreement or application from its first printing on: `listing` as printed last, `gone_since` None while it stands.

    `ended` is the kind of the event that told how it ended, "" while it stands.
    """

    listing: Listing
    first_seen: datetime
    gone_since: datetime | None = None
    ended: str = ""


def lives(events: Iterable[Event]) -> dict[str, Life]:
    """Every agreement and application that `events` (in the log's order, from its first on) ever told of, by id."""
    found: dict[str, Life] = {}
    for event in events:
        listing = event.application or event.agreement
        if listing is None or event.kind.startswith(("list.", "document.", "publication.")):
            continue
        known = found.get(listing.id)
        if event.kind in _ENDS:
            first_seen, gone_since = (known.first_seen, known.gone_since) if known else (event.at, None)
            found[listing.id] = Life(listing, first_seen, gone_since or event.at, event.kind)
            continue
        old = found.get(event.before.id) if event.before and event.before.id != listing.id else None
        if old and (old.gone_since is None or event.kind == "agreement.renewed"):  # not one that only is mentioned
            found[old.listing.id] = Life(old.listing, old.first_seen, old.gone_since or event.at, event.kind)
        found[listing.id] = Life(listing, known.first_seen if known else event.at)
    return found
