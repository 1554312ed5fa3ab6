"""Agencies as rows name them: a name's parts, what tells agencies apart, which names were heard before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from monitor.core.likeness import Likeness, likeness
from monitor.core.names import AgencyName, take_apart
from monitor.core.places import is_county, is_known_place
from monitor.core.roster import Listing


def parts(listing: Listing) -> AgencyName:
    """The taken-apart name of a listing's agency."""
    return take_apart(listing.agency, listing.state, listing.printed.type or "")


class Names:
    """Agencies by (state, key of the name): those that any row printed before this publication, and those that it prints.

    Few pairs ask, so the names are taken apart at the first question.
    """

    def __init__(self, before: Iterable[Listing], now: Iterable[Listing]) -> None:
        self._before, self._now = before, now

    @cached_property
    def before(self) -> frozenset[tuple[str | None, str]]:
        return frozenset(map(agency_key, self._before))

    @cached_property
    def now(self) -> frozenset[tuple[str | None, str]]:
        return frozenset(map(agency_key, self._now))

    def unheard(self, old: Listing, new: Listing, *, same_body: bool) -> bool:
        """Whether the new name was never printed before and the old one is printed no more: what a corrected name looks like.

        Where another body of the place takes over (not `same_body`), the old one may keep its other models.
        """
        return agency_key(new) not in self.before and not (same_body and agency_key(old) in self.now)


def agency_key(listing: Listing) -> tuple[str | None, str]:
    """What tells agencies apart: the state and the name's parts."""
    return listing.state, parts(listing).key


def one_slip(old: Listing, new: Listing, edits: int) -> bool:
    """Whether the whole names, blanks aside, are within so many edits of each other, and no two real places or numbers."""
    ours, theirs = _squashed(old.agency), _squashed(new.agency)
    if abs(len(ours) - len(theirs)) > edits or OSA.distance(ours, theirs, score_cutoff=edits) > edits:
        return False
    if re.findall(r"\d+", ours) != re.findall(r"\d+", theirs):
        return False
    places = (parts(old).place, parts(new).place)
    sheriff = "sheriff" in (parts(old).kind, parts(new).kind) or "county" in (parts(old).level, parts(new).level)
    real = [is_county(new.state, " ".join(p)) if sheriff else is_known_place(" ".join(p)) for p in places if p]
    return not (all(real) and len(real) == 2 and places[0] != places[1])


@lru_cache(maxsize=16_384)
def _squashed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def same_agency(one: Listing, other: Listing) -> bool:
    """Whether two rows name one agency, a word more or less aside."""
    return one.state == other.state and likeness(parts(one), parts(other), one.state) >= Likeness.VARIANT
