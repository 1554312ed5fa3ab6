"""One agreement printed twice in one publication: under two spellings, or under two dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from monitor.core.agencies import parts
from monitor.core.likeness import Likeness
from monitor.core.matching import Row, compare, judge
from monitor.core.names import AgencyName
from monitor.core.places import is_county
from monitor.core.roster import Listing
from monitor.core.urls import document_key

# Where two rows of one agency and model stand this close in date and one without a document goes, no agreement ended.
TWICE_DAYS = 3


_MUNICIPAL = {None, "city", "town", "village"}


class Rows:
    """Rows standing side by side, found by what two printings of one agreement share: state, model and date, and one thing more."""

    def __init__(self) -> None:
        self._rows: dict[tuple[object, ...], list[Listing]] = defaultdict(list)

    def add(self, listing: Listing) -> None:
        for key in _keys(listing):
            self._rows[key].append(listing)

    def twin(self, listing: Listing) -> Listing | None:
        """The first row that prints the same agreement as `listing`."""
        return next((one for key in _keys(listing) for one in self._rows[key] if printed_twice(one, listing)), None)


def _keys(listing: Listing) -> Iterator[tuple[object, ...]]:
    shared = slot(listing)
    yield (*shared, "place", place_key(listing))
    if document := document_key(listing.moa_url):
        yield (*shared, "document", document)
    if parts(listing).kind == "sheriff":  # whose county may be misspelt
        yield (*shared, "county", listing.agency[:1].casefold())


def slot(listing: Listing) -> tuple[object, ...]:
    """What two printings of one agreement in one publication share in any case."""
    return listing.state, listing.model, listing.signed or listing.printed.signed


def place_key(listing: Listing) -> str:
    """The place a row's agency names, however its words are ordered; "" for a state's own bodies."""
    return "".join(sorted(parts(listing).place))


def printed_twice(one: Listing, other: Listing, days: int = 0) -> bool:
    """Whether two rows standing side by side are one agreement under two spellings, or under two dates up to `days` apart.

    Rows under two dates count as two agreements while both are printed, as they do for ICE.
    """
    if (one.state, one.model) != (other.state, other.model) or one.id == other.id != "":
        return False
    evidence = compare(Row(one), other)
    close = evidence.days is not None and abs(evidence.days) <= days and not (one.moa_url and other.moa_url)
    near = evidence.date or close
    if not near or evidence.document == "other" or judge(evidence) is None:
        return False
    mine, theirs = parts(one), parts(other)
    if document_key(one.moa_url) is not None and evidence.document == "same":
        return evidence.name >= Likeness.VARIANT
    if mine.rest != theirs.rest or mine.kind != theirs.kind or not _one_level(mine, theirs):
        return False
    # Lampass County stands on no list of counties: beside Lampasas County it is that one again.
    misspelt = (
        evidence.name == Likeness.TYPO and mine.kind == "sheriff" and _names_county(mine, one) + _names_county(theirs, other) == 1
    )
    return misspelt or evidence.name >= Likeness.VARIANT


def _one_level(mine: AgencyName, theirs: AgencyName) -> bool:
    """Whether two names side by side can be one body's: a township and the city in it are two, a sheriff is the county's anyway."""
    levels = {mine.level, theirs.level}
    one_sided = None in levels and (levels <= _MUNICIPAL or mine.kind == "sheriff")
    return len(levels) == 1 or one_sided


def _names_county(name: AgencyName, listing: Listing) -> bool:
    """Whether the name's place is a county of the row's state."""
    return bool(name.place) and is_county(listing.state, " ".join(name.place))
