"""A person's verdict against an earlier event: what is appended to the log so that it says what the person knows. Nothing is rewritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.core.differ import Changes
from monitor.core.events import Event
from monitor.core.identifiers import Namer, own_agency_id
from monitor.core.memory import Known
from monitor.core.revision import corrections
from monitor.core.roster import Agreement, Listing

SAME, DISTINCT = "same", "distinct"


def overturn(pair: str, verdict: str, events: Iterable[Event], known: Iterable[Known], at: datetime) -> Changes:
    """What `verdict` (same or distinct) on `pair` changes about what the log told; empty where nothing told speaks against it."""
    entries = {one.listing.id: one for one in known}
    if verdict == SAME:
        return _join(pair, [*events], entries, at)
    return _part(pair, [*events], entries, at)


def _join(pair: str, events: list[Event], known: dict[str, Known], at: datetime) -> Changes:
    """A removal and an addition that were one correction: the old agreement takes up the new row, the new id is given up."""
    removed, added = _last(pair, events, "agreement.removed"), _last(pair, events, "agreement.added")
    if removed is None or added is None:
        return Changes()
    old, new = known.get(removed.listing.id), known.get(added.listing.id)
    if old is None or new is None or old.stands or not new.stands:
        return Changes()
    listing = replace(new.listing, id=old.listing.id, agency_id=old.listing.agency_id)
    changes = {"id": (new.listing.id, old.listing.id), **dict(corrections(old.listing, listing))}
    reason = f"a person's verdict: the same agreement as {old.listing.id}, told as ended"
    event = _event("agreement.corrected", listing, added.event, at, reason, before=new.listing, changes=changes)
    return Changes((event,), (old.printed_as(listing), replace(new, gone_since=at, ended="agreement.corrected")))


def _part(pair: str, events: list[Event], known: dict[str, Known], at: datetime) -> Changes:
    """A correction that was an end and a beginning: the old agreement ends, the row it took up is an agreement of its own."""
    merged = _last(pair, events, "agreement.corrected")
    entry = known.get(merged.listing.id) if merged else None
    if merged is None or merged.event.before is None or entry is None or not entry.stands:
        return Changes()
    if "id" in merged.event.changes:  # an earlier verdict joined them: its new row gets back the id it gave up
        removed = _last(pair, events, "agreement.removed")
        if removed is None:
            return Changes()
        before = removed.listing
        new = replace(entry.listing, id=merged.event.before.id, agency_id=merged.event.before.agency_id)
    else:
        before = merged.event.before
        row = replace(entry.listing, id="", agency_id="")
        new = Namer(known.values()).name(row, agency_id=own_agency_id(row))
    reason = "a person's verdict: not one agreement with {}"
    gone = _event("agreement.removed", before, merged.event, at, reason.format(new.id), before=before)
    begun = _event("agreement.added", new, merged.event, at, reason.format(before.id))
    ended = replace(entry, listing=before, gone_since=at, ended="agreement.removed")
    return Changes((gone, begun), (ended, Known(listing=new, first_seen=at)))


@dataclass(frozen=True, slots=True)
class _Told:
    """An event of the pair, and the agreement it is about."""

    event: Event
    listing: Listing


def _last(pair: str, events: list[Event], kind: str) -> _Told | None:
    """The newest event of a kind that tells of the pair."""
    for event in reversed(events):
        if event.kind == kind and event.doubt and event.doubt["pair"] == pair and event.agreement:
            return _Told(event, event.agreement)
    return None


def _event(kind: str, listing: Listing, of: Event, at: datetime, reason: str, **more: Any) -> Event:
    """An event that a verdict appends; it carries the pair, so that the verdict can be taken back."""
    assert isinstance(listing, Agreement)
    return Event(kind=kind, at=at, publication=of.publication, agreement=listing, reason=reason, doubt=of.doubt, **more)
