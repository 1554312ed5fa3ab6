"""Of how many of a state's counties the sheriff takes part: each county once, whatever number of agreements its sheriff has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from monitor.core.agencies import agency_key, parts
from monitor.core.places import STATE_NAMES, County, counties, find_county
from monitor.core.roster import Listing
from monitor.report.counties import Gazetteer
from monitor.report.history import kind_of

# States and territories whose counties have no sheriffs: a share of them would say nothing.
NO_SHERIFFS = {
    "AK": "no counties; the State Troopers are the state's",
    "AS": "no sheriffs",
    "CT": "county sheriffs were abolished in 2000; State Marshals took over",
    "DC": "no sheriff; the U.S. Marshals serve its courts",
    "GU": "no sheriffs",
    "HI": "sheriffs are a division of the state",
    "MP": "no sheriffs",
    "PR": "no sheriffs",
    "RI": "sheriffs are a division of the state",
    "VI": "no sheriffs",
}
# Counties without a sheriff's office of their own, by FIPS code.
NO_OFFICE = {
    "08014": "Broomfield, Colorado: its police do a sheriff's work",
    "20161": "Riley County, Kansas: a county police department instead",
    **dict.fromkeys(("36005", "36047", "36061", "36081", "36085"), "New York City's five boroughs: one sheriff, the city's"),
}
# States where some independent cities have a sheriff of their own and some share the county's around them.
SHARING_CITIES = frozenset(("VA",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A state's sheriff's offices: how many there are, the counties of those that take part, and of those that do not.

    `cities` is the number of independent cities that are counted apart, since not each of them has a sheriff.
    """

    state: str
    offices: int
    taking_part: tuple[County, ...]
    others: tuple[County, ...]
    cities: int
    cities_taking_part: tuple[County, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "name": STATE_NAMES[self.state],
            "offices": self.offices,
            "taking_part": len(self.taking_part),
            "share": round(len(self.taking_part) / self.offices, 4),
            "counties": [_county(one) for one in self.taking_part],
            "independent_cities": self.cities,
            "independent_cities_taking_part": [_county(one) for one in self.cities_taking_part],
        }


@dataclass(frozen=True, slots=True)
class Oddity:
    """A sheriff whose county is not printed as it is called: not found at all (`county` None, `why` says it), or misspelt."""

    state: str
    agency: str
    printed_county: str
    county: County | None
    why: str

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "agency": self.agency,
            "printed_county": self.printed_county,
            "county": _county(self.county) if self.county else None,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Sheriffs:
    """Shares of all states asked for that have sheriffs, by the states' names; who is not counted; who is counted though misspelt."""

    shares: tuple[Share, ...]
    without: tuple[str, ...]
    mismatches: tuple[Oddity, ...]
    misspelt: tuple[Oddity, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "by_state": {share.state: share.to_json() for share in self.shares},
            "no_county_sheriffs": {state: NO_SHERIFFS[state] for state in self.without},
            "mismatches": [one.to_json() for one in self.mismatches],
            "misspelt": [one.to_json() for one in self.misspelt],
        }


def sheriffs(agreements: Iterable[Listing], gazetteer: Gazetteer, state: str | None = None) -> Sheriffs:
    """The sheriffs among `agreements`, by county; of all states, or of one."""
    found: dict[str, set[County]] = {}
    odd: dict[tuple[str | None, str], Oddity] = {}
    for row in agreements:
        if kind_of(row) != "sheriff":
            continue
        county, misspelt = gazetteer.read(row)
        why = "misspelt" if misspelt else _why_not(row, county)
        if why:
            odd[agency_key(row)] = Oddity(row.state or "", row.agency, row.county or "", county if misspelt else None, why)
        if county and (misspelt or not why):
            found.setdefault(county.state, set()).add(county)
    asked = [code for code in sorted(STATE_NAMES, key=lambda code: STATE_NAMES[code]) if state in (None, code)]
    oddities = sorted(odd.values(), key=lambda one: (one.state, one.agency))
    return Sheriffs(
        tuple(_share(code, found.get(code, set())) for code in asked if code not in NO_SHERIFFS),
        tuple(code for code in asked if code in NO_SHERIFFS),
        tuple(one for one in oddities if one.county is None),
        tuple(one for one in oddities if one.county),
    )


def _share(state: str, found: set[County]) -> Share:
    with_office = [one for one in counties(state) if one.fips not in NO_OFFICE]
    apart = [one for one in with_office if one.is_city and state in SHARING_CITIES]
    counted = [one for one in with_office if one not in apart]
    return Share(
        state=state,
        offices=len(counted),
        taking_part=tuple(one for one in counted if one in found),
        others=tuple(one for one in counted if one not in found),
        cities=len(apart),
        cities_taking_part=tuple(one for one in apart if one in found),
    )


def _why_not(row: Listing, county: County | None) -> str:
    """Why a sheriff is counted for no county, "" where one is found and has a sheriff."""
    if row.state is None:
        return "no state can be read"
    if row.state in NO_SHERIFFS:
        return f"{STATE_NAMES[row.state]} has no county sheriffs: {NO_SHERIFFS[row.state]}"
    if county:
        return NO_OFFICE.get(county.fips, "")
    place = " ".join(parts(row).place)
    elsewhere = sorted(STATE_NAMES[code] for code in STATE_NAMES if find_county(code, place) and code != row.state)
    known = (
        f"; {', '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} one of this name" if 0 < len(elsewhere) <= 3 else ""
    )
    return f"no one county of {STATE_NAMES[row.state]} is meant{known}"


def _county(county: County) -> dict[str, str]:
    return {"fips": county.fips, "name": county.full_name}
