"""Which county an agency is of: from its name first, from the COUNTY column second, from how it was printed at other times third."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.core.agencies import parts
from monitor.core.places import County, counties_named, county_misspelt
from monitor.core.roster import Listing
from monitor.report.history import kind_of

# Bodies of a state, whatever county their headquarters are in.
STATEWIDE = frozenset(("state_agency", "state_police", "national_guard"))


class Gazetteer:
    """Counties of agencies; `printings` are all ways in which each agency was ever printed, by its id."""

    def __init__(self, printings: Mapping[str, Sequence[Listing]]) -> None:
        self._printings = printings

    def county(self, listing: Listing) -> County | None:
        """The county of a local body, None where nothing that is printed says it and for a body of the state."""
        return self.read(listing)[0]

    def read(self, listing: Listing) -> tuple[County | None, bool]:
        """(the county, whether it is printed with a slip of the hand)."""
        if kind_of(listing) in STATEWIDE:
            return None, False
        texts = [*_texts(listing)]
        for text in (*texts, *self._elsewhere(listing)):
            meant = counties_named(listing.state, text)
            if len(meant) == 2:
                meant = _settled(meant, listing)
            if len(meant) == 1:
                return meant[0], False
        return next(((county, True) for text in texts if (county := county_misspelt(listing.state, text))), (None, False))

    def _elsewhere(self, listing: Listing) -> Iterator[str]:
        """What other printings of the agency, in the same state and as the same kind of body, say of its county; the newest first.

        Lists before 17 March 2025 have no column COUNTY.
        """
        for other in reversed(self._printings.get(listing.agency_id, ())):
            if other.state == listing.state and kind_of(other) == kind_of(listing):
                yield from _texts(other)


def _texts(listing: Listing) -> Iterator[str]:
    """What a row prints about the county, the name before the column."""
    name = parts(listing)
    if name.place and (kind_of(listing) == "sheriff" or name.level == "county"):
        place = " ".join(name.place)
        yield f"{place} {name.level}" if name.level in ("county", "city") else place
    if listing.county:
        yield listing.county


def _settled(meant: tuple[County, ...], listing: Listing) -> tuple[County, ...]:
    """Of a county and a city of one name the one that the COUNTY column means, where it says which."""
    column = counties_named(listing.state, listing.county)
    return column if len(column) == 1 and column[0] in meant else ()
