"""Records and firsts, as far as the log reaches: what ended before the first list was read is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.core.events import iso
from monitor.core.kinds import KINDS
from monitor.core.places import STATE_NAMES
from monitor.core.roster import PARTICIPATING, PENDING, Listing
from monitor.report.changes import brief
from monitor.report.counties import Gazetteer
from monitor.report.history import Entry, History, kind_of

# An application for a county's jail is its county's: the commission signs for it.
_COUNTY_BODIES = frozenset(("county_board", "corrections"))


@dataclass(frozen=True, slots=True)
class Records:
    """The highest total of agreements, when it was reached first, and whether it stands now; the day and the week with most new ones.

    Days are those of UTC, a week is named by its Monday; None where nothing was ever new.
    """

    highest: int
    reached: datetime | None
    stands: bool
    day: tuple[date, int] | None
    week: tuple[date, int] | None

    def to_json(self) -> dict[str, Any]:
        return {
            "highest": {
                "agreements": self.highest,
                "reached": iso(self.reached) if self.reached else None,
                "stands": self.stands,
            },
            "day": {"day": self.day[0].isoformat(), "new": self.day[1]} if self.day else None,
            "week": {"monday": self.week[0].isoformat(), "new": self.week[1]} if self.week else None,
        }


@dataclass(frozen=True, slots=True)
class First:
    """The first agreement of a state or of a kind of agency.

    `first` is the earliest signed, `same_day` are the others of that day, `at_start` is how many of the state or kind stood when the record
    begins, `tied` whether nothing says which of that day came first, and `applied` the agency whose application for it was on the pending
    list before.
    """

    of: str
    first: Entry
    same_day: tuple[Entry, ...]
    at_start: int
    tied: bool
    applied: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            **brief(self.first.listing),
            "first_seen": None if self.first.at_start else iso(self.first.first_seen),
            "same_day": [brief(entry.listing) for entry in self.same_day],
            "tied": self.tied,
            "stood_at_start": self.at_start,
            "applied_as": self.applied,
        }


def records(history: History) -> Records:
    """The records up to the history's moment."""
    totals = history.totals
    highest = max((total for _, total in totals), default=0)
    reached = next((at for at, total in totals if total == highest), None) if highest else None
    new = [entry.first_seen.date() for entry in history.ever(PARTICIPATING) if entry.begun]
    weeks = (day - timedelta(day.weekday()) for day in new)
    return Records(highest, reached, bool(highest) and totals[-1][1] == highest, _most(new), _most(weeks))


def _most(days: Iterable[date]) -> tuple[date, int] | None:
    """The day named most often, the earliest of equals."""
    return min(Counter(days).items(), key=lambda pair: (-pair[1], pair[0]), default=None)


def first_of_states(history: History) -> list[First]:
    """The first agreement of each state that had none when the record begins, in the order in which they came.

    Of a state that is asked for by itself also where it had some: the earliest signed of those.
    """
    found: dict[str, list[Entry]] = {}
    for entry in history.ever(PARTICIPATING):
        if entry.listing.state:
            found.setdefault(entry.listing.state, []).append(entry)
    firsts = []
    for state, entries in found.items():
        at_start = [entry for entry in entries if entry.at_start]
        if at_start and history.state is None:
            continue
        opening = at_start or [entry for entry in entries if entry.first_seen == entries[0].first_seen]
        first, *others = sorted(opening, key=lambda entry: (entry.listing.signed or date.max, entry.listing.agency))
        same_day = tuple(entry for entry in others if entry.listing.signed == first.listing.signed)
        firsts.append(First(state, first, same_day, len(at_start), bool(same_day)))
    return sorted(firsts, key=lambda one: (one.first.first_seen, STATE_NAMES[one.of]))


def first_of_kinds(history: History, gazetteer: Gazetteer) -> list[First]:
    """The first agreement of each kind of agency: the earliest signed of all that were ever printed, those that ended included.

    Of several signed on one day the one comes first that was printed first as such, then the one applied for first. What stood already
    when the record begins counts by its signing date alone.
    """
    found: dict[str, list[Entry]] = {}
    for entry in history.ever(PARTICIPATING):
        if entry.listing.signed and kind_of(entry.listing) != "other":
            found.setdefault(kind_of(entry.listing), []).append(entry)
    applications = history.ever(PENDING)
    firsts = []
    for kind in sorted(found, key=KINDS.index):
        entries = found[kind]
        earliest = min(entry.listing.signed or date.max for entry in entries)
        of_day = [entry for entry in entries if entry.listing.signed == earliest]
        applied = {entry.listing.id: _application(entry, applications, gazetteer) for entry in of_day} if len(of_day) > 1 else {}

        def rank(entry: Entry, kind: str = kind, applied: dict[str, Entry | None] = applied) -> tuple[datetime, datetime, str]:
            application = applied.get(entry.listing.id)
            printed = entry.as_kind[kind]
            return printed, application.first_seen if application else printed, entry.listing.agency

        first, *others = sorted(of_day, key=rank)
        tied = bool(others) and (rank(first)[:2] == rank(others[0])[:2] or first.at_start)
        application = applied.get(first.listing.id)
        at_start = sum(entry.at_start for entry in entries)
        firsts.append(First(kind, first, tuple(others), at_start, tied, application.listing.agency if application else None))
    return firsts


def _application(entry: Entry, applications: Iterable[Entry], gazetteer: Gazetteer) -> Entry | None:
    """The first application, printed before an agreement was, for the same model by the same body or its county's."""
    row = entry.listing
    county = gazetteer.county(row)
    return next(
        (
            one
            for one in applications
            if one.first_seen < entry.first_seen
            and (one.listing.state, one.listing.model) == (row.state, row.model)
            and (one.listing.agency_id == row.agency_id or _of_county(one.listing, row, county, gazetteer))
        ),
        None,
    )


def _of_county(one: Listing, row: Listing, county: object, gazetteer: Gazetteer) -> bool:
    bodies = {kind_of(one), kind_of(row)}
    return county is not None and bodies <= _COUNTY_BODIES and gazetteer.county(one) == county
