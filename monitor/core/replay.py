"""The event log replayed: which agreements and applications stood at a moment. Nothing but the events is needed."""

from __future__ import annotations

from collections.abc import Iterable

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
