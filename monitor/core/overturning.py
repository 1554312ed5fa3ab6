"""A person's verdict against an earlier event: what is appended to the log so that it says what the person knows. Nothing is rewritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.core.differ import Changes
from monitor.core.events import Event
from monitor.core.identifiers import Namer
from monitor.core.matching import pair_key
from monitor.core.memory import Known
from monitor.core.revision import corrections

SAME, DISTINCT = "same", "distinct"


def overturn(pair: str, verdict: str, events: Iterable[Event], known: Iterable[Known], at: datetime) -> Changes:
    """What `verdict` (same or distinct) on `pair` changes about what the log told; empty where nothing told speaks against it."""
    entries = {one.listing.id: one for one in known}
    if verdict == SAME:
        return _join(pair, [*events], entries, at)
    return _part(pair, [*events], entries, at)


def _join(pair: str, events: list[Event], known: dict[str, Known], at: datetime) -> Changes:
    """A removal and an addition that were one correction: the old agreement takes up the new row, the new id is given up."""
    of_pair = [event for event in events if event.doubt and event.doubt["pair"] == pair and event.agreement]
    removed = next((event for event in reversed(of_pair) if event.kind == "agreement.removed"), None)
    added = next((event for event in reversed(of_pair) if event.kind == "agreement.added"), None)
    if not (removed and added and removed.agreement and added.agreement):
        return Changes()
    old, new = known.get(removed.agreement.id), known.get(added.agreement.id)
    if old is None or new is None or old.stands or not new.stands:
        return Changes()
    listing = replace(new.listing, id=old.listing.id, agency_id=old.listing.agency_id)
    event = Event(
        kind="agreement.corrected",
        at=at,
        publication=added.publication,
        agreement=listing,  # type: ignore[arg-type]  # both are agreements: the events say so
        before=new.listing,
        changes={"id": (new.listing.id, old.listing.id), **dict(corrections(old.listing, listing))},
        reason=f"a person's verdict: the same agreement as {old.listing.id}, told as ended",
    )
    return Changes((event,), (old.printed_as(listing), replace(new, gone_since=at, ended="agreement.corrected")))


def _part(pair: str, events: list[Event], known: dict[str, Known], at: datetime) -> Changes:
    """A correction that was an end and a beginning: the old agreement ends, the row it took up is an agreement of its own."""
    for event in reversed(events):
        if event.kind != "agreement.corrected" or not event.agreement or not event.before:
            continue
        entry = known.get(event.agreement.id)
        if pair_key(event.before, event.agreement) != pair or entry is None or not entry.stands:
            continue
        reason = "a person's verdict: not one agreement with {}"
        new = Namer(known.values()).name(replace(entry.listing, id="", agency_id=""))
        gone = Event(
            kind="agreement.removed",
            at=at,
            publication=event.publication,
            agreement=event.before,  # type: ignore[arg-type]
            before=event.before,
            reason=reason.format(new.id),
        )
        begun = Event(
            kind="agreement.added",
            at=at,
            publication=event.publication,
            agreement=new,  # type: ignore[arg-type]
            reason=reason.format(event.before.id),
        )
        ended = replace(entry, listing=event.before, gone_since=at, ended="agreement.removed")
        return Changes((gone, begun), (ended, Known(listing=new, first_seen=at)))
    return Changes()
