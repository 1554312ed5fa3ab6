"""What kind of body an agency is: by the words of its name first, by the TYPE column, which is typed by hand too, second."""

from __future__ import annotations

import re

from monitor.core.places import STATE_NAMES, state_code
from monitor.core.vocabulary import ABBREVIATIONS, FILLERS

KINDS = (
    *("sheriff", "police", "state_police", "state_agency", "corrections", "county_board", "university", "airport"),
    *("constable", "prosecutor", "national_guard", "school_district", "regional", "fire_marshal", "other"),
)

# The kinds of body, by the word that gives each away. The first one found in this order decides.
BODY_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("university", "college")), "university"),
    (frozenset(("airport", "port", "aviation", "airports")), "airport"),
    (frozenset(("guard",)), "national_guard"),
    (frozenset(("school",)), "school_district"),
    (frozenset(("sheriff",)), "sheriff"),
    (frozenset(("constable", "marshal")), "constable"),
    (frozenset(("attorney", "prosecutor", "solicitor")), "prosecutor"),
    (frozenset(("jail", "prison", "detention", "corrections", "penitentiary")), "corrections"),
    (frozenset(("police", "trooper", "troopers")), "police"),
    (frozenset(("commissioners", "board", "council", "supervisors")), "county_board"),
)
_TOWN_WORDS = frozenset(("city", "corner", "heights", "hill", "park", "place", "point", "springs", "station", "town", "view"))
_STATE_WORDS = tuple(tuple(re.findall("[a-z]+", name.lower())) for name in STATE_NAMES.values())


def kind_of_body(words: list[str], printed_type: str) -> str:
    """The kind of body, one of KINDS: from a name's words in their one form first, from the TYPE column's text second."""
    present = set(words) - _place_words(words)
    if "fire" in present and present & {"marshal", "marshals"}:
        return "fire_marshal"
    state_body = "state" in present or "troopers" in present
    if "patrol" in present and (state_body or "highway" in present):
        return "state_police"
    if state_body and "troopers" in present:
        return "state_police"
    if "police" in present and "state" in present and not present & {"university", "college", "park"}:
        return "state_police"
    if {"attorney", "general"} <= present:
        return "state_agency"
    of_state = "state" in printed_type.lower()
    for give_away, kind in BODY_KINDS:
        if present & give_away:
            if kind == "corrections" and {"county", "board"} <= present and present & {"commissioners", "supervisors"}:
                return "county_board"  # it signs for the jail that is named behind it
            if kind in ("corrections", "county_board") and of_state and not {"regional", "jail"} <= present:
                return "state_agency"
            if kind == "corrections" and _names_state_department(words, printed_type):
                return "state_agency"
            return kind
    if {"public", "safety"} <= present:
        local = _place_before_department(words) if of_state else not _names_state_department(words, printed_type)
        return "police" if local else "state_agency"
    if {"justice", "authority"} <= present:
        return "corrections"  # as Oklahoma's counties call the trusts that run their jails
    if "regional" in present or {"task", "force"} <= present:
        return "regional"
    if of_state or _names_state_department(words, printed_type):
        return "state_agency"
    return "county_board" if "county" in printed_type.lower() and _names_county_alone(words) else "other"


def _names_state_department(words: list[str], printed_type: str) -> bool:
    """Whether a state's own name stands before a department, and TYPE does not say that the body is a county's or a city's."""
    if re.match(r"count|mun", printed_type.strip().lower()):
        return False
    return any(
        tuple(words[: len(name)]) == name and words[len(name) : len(name) + 1] in (["department"], ["division"], ["bureau"])
        for name in _STATE_WORDS
    )


def _place_before_department(words: list[str]) -> bool:
    """Whether what stands before a department's or division's name is no state's: TYPE printed `State` for a city's by mistake."""
    stop = next((i for i, word in enumerate(words) if word in ("department", "division", "public")), 0)
    before = [word for word in words[:stop] if word not in FILLERS and word not in ("state", "commonwealth", "territory")]
    codes = {ABBREVIATIONS.get(code.lower(), code.lower()) for code in STATE_NAMES}
    return bool(before) and not (len(before) == 1 and before[0] in codes) and state_code(" ".join(before)) is None


def _names_county_alone(words: list[str]) -> bool:
    """Whether a county itself is named (`Smith County Government`, `County of Smith`), not some body of it."""
    if "county" not in words:
        return False
    behind = [word for word in words[words.index("county") + 1 :] if word not in FILLERS]
    return words[:2] == ["county", "of"] or set(behind) <= {"government", "administration", "fiscal", "court"}


def _place_words(words: list[str]) -> set[str]:
    """Words that look like a kind of body and name a place: Port Orange, College Park, University City."""
    found = set()
    if "port" in words and "authority" not in words and words[:2] != ["port", "of"]:
        found.add("port")
    for word in ("college", "university"):
        if words[:1] == [word] and words[1:2] and words[1] in _TOWN_WORDS:
            found.add(word)
    return found
