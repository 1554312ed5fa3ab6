"""Agencies as rows name them: a name's parts, what tells agencies apart, which names were heard before."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    """Agencies by (state, key of the name) that any row printed before this publication.

    Few pairs ask, so the names of a state are taken apart at the first question about it.
    """

    def __init__(self, printed: Iterable[Listing]) -> None:
        self._printed = printed
        self._keys: dict[str | None, frozenset[str]] = {}

    @cached_property
    def _by_state(self) -> Mapping[str | None, list[Listing]]:
        found: dict[str | None, list[Listing]] = defaultdict(list)
        for listing in self._printed:
            found[listing.state].append(listing)
        return found

    def unheard(self, listing: Listing) -> bool:
        """Whether the row's agency was never printed before, as a misspelling or a body that takes over never was.

        The old name may well be printed still: its agency's other models bear it.
        """
        state, key = agency_key(listing)
        if state not in self._keys:
            self._keys[state] = frozenset(parts(one).key for one in self._by_state.get(state, ()))
        return key not in self._keys[state]


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
