"""What the monitor remembers of a list: every agreement or application it ever read, how it was printed, whether it still stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from monitor.core.names import LARGEST, tidy
from monitor.core.roster import PARTICIPATING, Listing, Printed, copies, with_printed

Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One agreement (or application) through time.

    `listing` is how it is printed now, or was last; `former` how it was printed before under another state, name, model or date, the
    oldest first. `gone_since` is the moment of the publication that no longer printed it (None: it stands), `ended` the kind of the
    event that told so.
    """

    listing: Listing
    former: tuple[Listing, ...] = ()
    first_seen: datetime
    gone_since: datetime | None = None
    ended: str = ""

    @property
    def stands(self) -> bool:
        return self.gone_since is None

    @property
    def gone_on(self) -> str:
        """The day (ISO, UTC) from which it was no longer printed, "" while it stands."""
        return self.gone_since.date().isoformat() if self.gone_since else ""

    def printed_as(self, listing: Listing) -> Known:
        """This agreement as `listing` now prints it; what it looked like before is remembered where it identifies it."""
        former = self.former
        if identity(listing) != identity(self.listing):
            alike = {identity(one) for one in former}
            former = (*former, self.listing) if identity(self.listing) not in alike else former
        return replace(self, listing=listing, former=former, gone_since=None, ended="")


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known before a publication is read: of its own list what stands and what is gone, and of the other list everything."""

    standing: tuple[Known, ...] = ()
    gone: tuple[Known, ...] = ()
    other: tuple[Known, ...] = ()
    other_on_page: bool = True

    @property
    def empty(self) -> bool:
        """Whether this list was never read before."""
        return not self.standing and not self.gone


@dataclass(frozen=True, slots=True)
class Printings:
    """The rows of one agreement in a publication: the one that speaks for it, and the others that print it again."""

    rows: tuple[Listing, ...] = field(default=())

    def speaking(self, for_listing: Listing | None = None) -> Listing:
        """One value for all rows: as `for_listing` printed it where one still does, else with a document, else the first in order."""
        if len(self.rows) == 1:
            return self.rows[0]

        def rank(row: Listing) -> tuple[bool, bool, bool, str]:
            same = for_listing is not None and identity(row) == identity(for_listing)
            exact = for_listing is not None and row.printed == for_listing.printed
            return (not exact, not same, row.moa_url is None, repr(row.printed))

        first, *others = sorted(self.rows, key=rank)
        return replace(first, also_printed=tuple(row.printed for row in others))


def by_agency(known: Iterable[Known]) -> Mapping[str, tuple[Known, ...]]:
    """What is known by its agency's id, in the order of the ids."""
    found: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        found[one.listing.agency_id].append(one)
    return {agency: tuple(found[agency]) for agency in sorted(found)}


def newest(rows: Sequence[Known]) -> Listing:
    """The row that speaks for an agency: one that stands before one that is gone, an agreement before an application."""
    return max(rows, key=lambda one: (one.stands, one.listing.list == PARTICIPATING, one.first_seen)).listing


def names(rows: Sequence[Known]) -> list[str]:
    """Every name that an agency was printed under, the one it goes by first."""
    printed = (listing.agency for one in rows for listing in (*one.former, one.listing))
    return [*dict.fromkeys([newest(rows).agency, *printed])]


def identity(listing: Listing) -> Identity:
    """What tells rows of a list apart, typing aside: state, agency, model and signing date, canonical where they can be read."""
    return (
        listing.state or same_typing(listing.printed.state),
        same_typing(listing.agency),
        listing.model or same_typing(listing.printed.model),
        listing.signed.isoformat() if listing.signed else same_typing(listing.printed.signed),
    )


def identities(known: Known) -> set[Identity]:
    """The identities of all rows that print an agreement."""
    listing = known.listing
    if not listing.also_printed:
        return {identity(listing)}
    seen_on = (known.gone_since or known.first_seen).date()
    return {identity(with_printed(listing, printed, seen_on)) for printed in copies(listing)}


@lru_cache(maxsize=LARGEST)
def same_typing(text: str | None) -> str:
    """`text` with blanks, case, quotes and dashes set aside: equal for what a reader would call the same typing."""
    return tidy(text).casefold()


def retyped(old: Printed, new: Printed, names: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """The cells in which two printings differ by more than typing, as name → (old, new); a column that came or went is none."""
    changes = {}
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before is not None and after is not None and same_typing(before) != same_typing(after):
            changes[name] = (before, after)
    return changes
