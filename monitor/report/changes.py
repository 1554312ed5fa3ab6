"""What changed since a moment: agreements begun and ended, renewed, corrected and relisted; applications; counties that are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core.places import County
from monitor.core.roster import PARTICIPATING, Listing
from monitor.report.counties import Gazetteer
from monitor.report.history import History

BEGUN, ENDED, RENEWED, RELISTED, CORRECTED = (
    *("agreement.added", "agreement.removed", "agreement.renewed"),
    *("agreement.relisted", "agreement.corrected"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was told between two moments; `before` and `after` are the numbers of agreements that stood at them.

    `new_counties` has each county in which a local agency's agreement began and none was ever printed before, with that agreement.
    """

    before: int
    after: int
    begun: tuple[Listing, ...]
    ended: tuple[Listing, ...]
    renewed: tuple[Listing, ...]
    relisted: tuple[Listing, ...]
    corrected: int
    applied: int
    approved: int
    withdrawn: int
    new_counties: tuple[tuple[County, Listing], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "agreements_before": self.before,
            "agreements_after": self.after,
            "begun": _listed(self.begun),
            "ended": _listed(self.ended),
            "renewed": _listed(self.renewed),
            "relisted": _listed(self.relisted),
            "corrected": self.corrected,
            "applications": {"new": self.applied, "approved": self.approved, "withdrawn": self.withdrawn},
            "new_counties": [
                {"fips": county.fips, "state": county.state, "name": county.full_name, "agreement": brief(row)}
                for county, row in self.new_counties
            ],
        }


def changes(history: History, gazetteer: Gazetteer) -> Changes:
    """What was told after `history.since`, up to its moment."""
    rows: dict[str, list[Listing]] = {kind: [] for kind in (BEGUN, ENDED, RENEWED, RELISTED)}
    for event in history.events:
        if event.kind in rows and event.agreement:
            rows[event.kind].append(event.agreement)
    counts = Counter(event.kind for event in history.events)
    return Changes(
        before=sum(row.list == PARTICIPATING for row in history.stood),
        after=len(history.listed(PARTICIPATING)),
        begun=tuple(rows[BEGUN]),
        ended=tuple(rows[ENDED]),
        renewed=tuple(rows[RENEWED]),
        relisted=tuple(rows[RELISTED]),
        corrected=counts[CORRECTED],
        applied=counts["application.added"],
        approved=counts["application.approved"],
        withdrawn=counts["application.withdrawn"],
        new_counties=_new_counties(history, gazetteer),
    )


def _new_counties(history: History, gazetteer: Gazetteer) -> tuple[tuple[County, Listing], ...]:
    before: set[County] = set()
    new: dict[County, Listing] = {}
    for entry in history.ever(PARTICIPATING):
        county = gazetteer.county(entry.listing)
        if county is None:
            continue
        if entry.at_start or entry.first_seen <= history.since:
            before.add(county)
        else:
            new.setdefault(county, entry.listing)
    return tuple(sorted(((one, row) for one, row in new.items() if one not in before), key=lambda pair: pair[0].fips))


def by_state(rows: Sequence[Listing]) -> dict[str, int]:
    """How many of `rows` each state has (USPS code, "" where none can be read), most first."""
    counts = Counter(row.state or "" for row in rows)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def brief(row: Listing) -> dict[str, Any]:
    """An agreement in few words."""
    return {
        "id": row.id,
        "state": row.state,
        "agency": row.agency,
        "model": row.model,
        "signed": row.signed.isoformat() if row.signed else None,
    }


def _listed(rows: Sequence[Listing]) -> dict[str, Any]:
    return {"total": len(rows), "by_state": by_state(rows), "agreements": [brief(row) for row in rows]}
