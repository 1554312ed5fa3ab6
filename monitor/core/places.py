"""States and counties of the United States: the codes, the names, and reading either from hand-typed text.

The county list is the Census Bureau's (`data/counties.csv`: FIPS code, USPS state code, name without "County"; public domain). It
answers one question the monitor cannot do without: is this printed county a real one of that state, or a misspelling?
"""

from __future__ import annotations

import csv
import re
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


@cache
def _counties() -> dict[str, dict[str, str]]:
    """FIPS codes by USPS code of the state and key of the county's name."""
    found: dict[str, dict[str, str]] = {}
    source = resources.files("monitor.core").joinpath("data/counties.csv")
    for row in csv.DictReader(source.read_text("utf-8").splitlines()):
        found.setdefault(row["state"], {}).setdefault(county_key(row["name"]), row["fips"])
    return found


def county_fips(state: str | None, name: str | None) -> str | None:
    """The FIPS code of the county of `state` (USPS code) that bears this name, None where there is none."""
    return _counties().get(state or "", {}).get(county_key(name or ""))


@cache
def _county_keys(state: str) -> frozenset[str]:
    return frozenset(_counties().get(state, ()))


def is_known_place(name: str) -> bool:
    """Whether some county of the nation bears this name: two such names are two names, not one and a slip of the hand."""
    return county_key(name) in _county_names()


@cache
def _county_names() -> frozenset[str]:
    return frozenset().union(*map(_county_keys, _counties()))


def is_county(state: str | None, name: str) -> bool:
    """Whether `state` (USPS code) has a county, parish, borough or independent city of this name."""
    return county_key(name) in _county_keys(state or "")
