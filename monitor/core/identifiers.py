"""Ids that people can read and that never change: an agency's through renames, an agreement's through corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from monitor.core.agencies import agency_key
from monitor.core.memory import Known
from monitor.core.names import slug
from monitor.core.roster import Agreement, Listing


class Namer:
    """Gives ids to rows that have none, unlike all that were given before."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = tuple(known)
        self._taken = {one.listing.id for one in self._known}

    @cached_property
    def _agencies(self) -> dict[tuple[str | None, str], str]:
        """Ids of the agencies known, by what tells them apart; most publications bring no new row and never ask."""
        ids: dict[tuple[str | None, str], str] = {}
        for one in self._known:
            for listing in (one.listing, *one.former):
                ids.setdefault(agency_key(listing), one.listing.agency_id)
        return ids

    def name(self, listing: Listing, agency_id: str = "") -> Listing:
        """`listing` with its ids: `tx-smith-county-sheriffs-office` and `tx-smith-county-sheriffs-office-tfm-2025-05-20`.

        An agency known under another spelling keeps its id; `agency_id` decides where the caller knows better. An id once given to
        another agreement gets a number behind it.
        """
        agency = agency_id or self._agencies.get(agency_key(listing)) or own_agency_id(listing)
        self._agencies.setdefault(agency_key(listing), agency)
        model = (listing.model or "unknown").lower()
        if isinstance(listing, Agreement):
            base = f"{agency}-{model}-{listing.signed.isoformat() if listing.signed else 'undated'}"
        else:
            base = f"{agency}-{model}-application"
        chosen, number = base, 1
        while chosen in self._taken:
            number += 1
            chosen = f"{base}-{number}"
        self._taken.add(chosen)
        return replace(listing, id=chosen, agency_id=agency)


def own_agency_id(listing: Listing) -> str:
    """The id an agency gets by its name alone: `tx-smith-county-sheriffs-office`."""
    return f"{(listing.state or 'xx').lower()}-{slug(listing.agency)}"
