"""States and counties of the United States: the codes, the names, and reading either from hand-typed text.

The county list is the Census Bureau's (`data/counties.csv`: FIPS code, USPS state code, name without "County"; public domain). It
answers one question the monitor cannot do without: is this printed county a real one of that state, or a misspelling?
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz.distance import OSA

STATE_NAMES = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AS": "American Samoa",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "DC": "District of Columbia",
    "FL": "Florida",
    "GA": "Georgia",
    "GU": "Guam",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "MP": "Northern Mariana Islands",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "PR": "Puerto Rico",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "VI": "U.S. Virgin Islands",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
}
_CODES = {re.sub("[^a-z]", "", name.lower()): code for code, name in STATE_NAMES.items()}
_CODES |= {
    "virginislands": "VI",
    "unitedstatesvirginislands": "VI",
    "commonwealthofthenorthernmarianaislands": "MP",
    "washingtondc": "DC",
}
# The words that say "county" in one state or another.
COUNTY_WORDS = frozenset(("county", "parish", "borough", "municipio"))


@cache
def state_code(text: str) -> str | None:
    """USPS code of a state as printed (`TEXAS `, `Georgia`, `UTAHJ`, `tx`), or None where no single state is meant.

    A misspelling counts when exactly one state's name is nearest: within one edit, two from nine letters on.
    """
    letters = re.sub("[^a-z]", "", text.lower())
    if len(letters) == 2 and letters.upper() in STATE_NAMES:
        return letters.upper()
    if letters in _CODES:
        return _CODES[letters]
    if len(letters) < 4:
        return None
    limit = 2 if len(letters) >= 9 else 1
    near = sorted((OSA.distance(letters, name), code) for name, code in _CODES.items())
    distance, code = near[0]
    rivals = {other for other_distance, other in near if other_distance == distance}
    return code if distance <= limit and len(rivals) == 1 else None


@lru_cache(maxsize=16_384)
def county_key(text: str) -> str:
    """A county's name for comparison: `St. Johns County`, `Saint Johns` and `ST JOHNS` are one, `De Soto` and `DeSoto` too."""
    words = re.findall("[a-z]+", text.lower().replace("'", "").replace("’", ""))
    if len(words) > 1 and words[-1] in COUNTY_WORDS:
        words.pop()
    words = [word for word in words if word not in ("and", "of", "the")]
    spelled = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
    return "".join(spelled.get(word, word) for word in words)


@dataclass(frozen=True, slots=True)
class County:
    """A county, or what stands for one: a parish, a borough, an independent city (`is_city`), which is part of no county.

    `name` is the Census Bureau's, without "County"; a county and a city of one state may share it (Richmond in Virginia).
    """

    fips: str
    state: str
    name: str

    @property
    def is_city(self) -> bool:
        # The Census Bureau numbers independent cities from 510 on, behind every state's counties.
        return int(self.fips[2:]) >= 510

    @property
    def full_name(self) -> str:
        """The name with what it is: `Duval County`, `Bossier Parish`, `Richmond city`."""
        if self.is_city:
            return self.name if self.name.endswith(" City") else f"{self.name} city"
        return f"{self.name} {_COUNTY_WORD.get(self.state, 'County')}".removesuffix(" ")


_COUNTY_WORD = {"LA": "Parish", "PR": "Municipio", **dict.fromkeys(("AK", "AS", "DC", "GU", "MP", "VI"), "")}


@cache
def counties(state: str) -> tuple[County, ...]:
    """The counties of a state (USPS code) and what stands for counties, in the order of their FIPS codes."""
    return tuple(county for county in _all_counties() if county.state == state)


@cache
def _all_counties() -> tuple[County, ...]:
    source = resources.files("monitor.core").joinpath("data/counties.csv")
    rows = csv.DictReader(source.read_text("utf-8").splitlines())
    return tuple(County(row["fips"], row["state"], row["name"]) for row in rows)


@cache
def _by_key(state: str) -> tuple[dict[str, County], dict[str, County]]:
    """(counties, independent cities) of a state by the key of their name."""
    found: tuple[dict[str, County], dict[str, County]] = ({}, {})
    for county in counties(state):
        found[county.is_city][county_key(county.name)] = county
    return found


@lru_cache(maxsize=16_384)
def find_county(state: str | None, name: str | None) -> County | None:
    """The county of `state` (USPS code) that bears this name, None where there is none.

    `Richmond City` and `City of Richmond` mean the independent city where there is one, `Richmond County` and `Richmond` the county.
    """
    return next(iter(counties_named(state, name)), None)


@lru_cache(maxsize=16_384)
def counties_named(state: str | None, name: str | None) -> tuple[County, ...]:
    """All that a name may mean, the county first: two where a county and a city bear it and it says of neither which it is."""
    text = " ".join((name or "").lower().split())
    of_counties, of_cities = _by_key(state or "")
    key = county_key(text)
    bare = county_key(text.removeprefix("city of ").removesuffix(" city"))
    if key not in of_counties and key not in of_cities and bare != key:
        return (of_cities[bare],) if bare in of_cities else ()
    found = tuple(known[key] for known in (of_counties, of_cities) if key in known)
    says_county = text.split()[-1:] and text.split()[-1] in COUNTY_WORDS
    return found[:1] if says_county else found


@lru_cache(maxsize=4_096)
def county_misspelt(state: str | None, name: str | None) -> County | None:
    """The county of `state` that this name misspells by one letter (`Berrian County`), None where no single one is so near.

    The name of a county elsewhere is no misspelling: Pima is not Pinal, whatever state is printed.
    """
    key = county_key(name or "")
    if len(key) < 5 or is_known_place(key):
        return None
    near = [county for known in _by_key(state or "") for other, county in known.items() if OSA.distance(key, other) == 1]
    return near[0] if len(near) == 1 else None


def county_fips(state: str | None, name: str | None) -> str | None:
    """The FIPS code of the county of `state` (USPS code) that bears this name, None where there is none."""
    county = find_county(state, name)
    return county.fips if county else None


def is_known_place(name: str) -> bool:
    """Whether some county of the nation bears this name: two such names are two names, not one and a slip of the hand."""
    return county_key(name) in _county_names()


@cache
def _county_names() -> frozenset[str]:
    return frozenset(county_key(county.name) for county in _all_counties())


def is_county(state: str | None, name: str) -> bool:
    """Whether `state` (USPS code) has a county, parish, borough or independent city of this name."""
    return find_county(state, name) is not None
