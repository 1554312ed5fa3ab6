"""Pairs of rows that a person may judge better than the rules, as the event log prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.core.matching import Doubt, Evidence, Row, pair_key
from monitor.core.memory import Identity, identity
from monitor.core.roster import Listing


def by_row(doubts: Iterable[Doubt], rows: Sequence[Row], listings: Sequence[Listing]) -> dict[Identity, Mapping[str, Any]]:
    """The doubtful pair of each row that was left unmatched, by the row's identity; the weightiest one where there are several."""
    found: dict[Identity, Mapping[str, Any]] = {}
    for doubt in sorted(doubts, key=lambda d: -d.evidence.weight):
        old, new = rows[doubt.old].listing, listings[doubt.new]
        told = doubtful_pair(old, new, doubt.reason, doubt.evidence)
        found.setdefault(identity(old), told)
        found.setdefault(identity(new), told)
    return found


def doubtful_pair(old: Listing, new: Listing, reason: str, evidence: Evidence) -> dict[str, Any]:
    """A pair of rows that a person may judge better, as the event log prints it; `pair` names it for `review`."""
    return {
        "pair": pair_key(old, new),
        "reason": reason,
        "old": {"id": old.id, **_row(old)},
        "new": _row(new),
        "evidence": evidence.to_json(),
    }


def _row(listing: Listing) -> dict[str, Any]:
    return {"state": listing.state, "agency": listing.agency, "model": listing.model, "signed": listing.printed.signed}
