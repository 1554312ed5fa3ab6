"""How two agency names relate: one name typed differently, a variant, a misspelling, another body of the place, or another agency.

Places decide. Two names that name two real counties of a state are two agencies, however small the edit distance; a county that
does not exist is a misspelling of one that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from monitor.core.names import AgencyName
from monitor.core.places import is_county, is_known_place


class Likeness(IntEnum):
    """From two agencies to one name; the greater, the more alike."""

    DIFFERENT = 0
    SAME_PLACE = 1  # another body of the same place: sheriff's office and county jail
    TYPO = 2  # the place is misspelt in one of the two
    VARIANT = 3  # a division, a level or a word added or dropped
    SAME = 4  # one name typed in two ways


_MUNICIPAL = frozenset(("city", "town", "village"))
# Words that many agencies share; alone in common they say little.
_COMMON = frozenset(
    (
        *("police", "public", "safety", "law", "enforcement", "state", "division", "services", "corrections", "county"),
        *("board", "authority", "regional", "district", "attorney", "general", "highway", "patrol", "criminal", "unit"),
    )
)
_NUMBERS = frozenset(
    (
        *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
        *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
        *("twentieth", "i", "ii", "iii", "iv", "v", "vi"),
    )
)


@lru_cache(maxsize=65_536)
def likeness(old: AgencyName, new: AgencyName, state: str | None, same_county: bool = False) -> Likeness:
    """How `new` relates to `old`, both printed in `state` (USPS code). `same_county`: the COUNTY column printed one county for both."""
    if old.key == new.key:
        return Likeness.SAME
    if _numbers(old) != _numbers(new) and (_numbers(old) and _numbers(new)):
        return Likeness.DIFFERENT
    if not old.place or not new.place:
        return _functions(old, new)
    places = _places(old, new, state, same_county)
    if places is None:
        return Likeness.DIFFERENT
    if not _one_body(old, new):
        return Likeness.SAME_PLACE if places == Likeness.SAME else Likeness.DIFFERENT
    if places == Likeness.TYPO:
        return Likeness.TYPO
    return Likeness.SAME if old.rest == new.rest and old.level == new.level else Likeness.VARIANT


def _numbers(name: AgencyName) -> frozenset[str]:
    words = (*name.place, *name.rest)
    return frozenset(word for word in words if word in _NUMBERS or re.fullmatch(r"\d+(st|nd|rd|th)?", word))


def _one_body(old: AgencyName, new: AgencyName) -> bool:
    """Whether two names of one place can name one body: the same kind, or one says all that the other says and more."""
    if old.kind == new.kind:
        return old.rest <= new.rest or new.rest <= old.rest or _near_words(old.rest, new.rest) or not _distinct(old, new)
    return bool(old.rest and new.rest) and (old.rest <= new.rest or new.rest <= old.rest)


def _distinct(old: AgencyName, new: AgencyName) -> bool:
    """Whether each name has a telling word that the other lacks (`… Investigation Division` / `… Marine Unit`)."""
    return bool(old.rest - new.rest - _COMMON) and bool(new.rest - old.rest - _COMMON)


def _places(old: AgencyName, new: AgencyName, state: str | None, same_county: bool) -> Likeness | None:
    """SAME or TYPO for one place, None for two."""
    if not _one_level(old, new):
        return None
    ours, theirs = "".join(old.place), "".join(new.place)
    if ours == theirs or sorted(old.place) == sorted(new.place):
        return Likeness.SAME
    county = "county" in (old.level, new.level) or "sheriff" in (old.kind, new.kind)
    if county:
        real = is_county(state, " ".join(old.place)) + is_county(state, " ".join(new.place))
        if real == 2:
            return None
        if real == 1:
            return Likeness.TYPO if OSA.normalized_similarity(ours, theirs) >= 0.6 else None
    if not county and is_known_place(" ".join(old.place)) and is_known_place(" ".join(new.place)):
        return None
    if _misspelt(old.place, new.place, short=county or same_county):
        return Likeness.TYPO
    return None


def _one_level(old: AgencyName, new: AgencyName) -> bool:
    levels = {old.level, new.level}
    if len(levels) == 1 or levels <= _MUNICIPAL:
        return True
    if None not in levels:
        return False
    # A sheriff is the county's anyway; a town's police and its county's police are two departments.
    return "county" not in levels or "police" not in (old.kind, new.kind)


def _misspelt(old: Iterable[str], new: Iterable[str], *, short: bool) -> bool:
    """Whether word for word one is the other misspelt; words of four letters only where `short`."""
    ours, theirs = [*old], [*new]
    if len(ours) != len(theirs):
        return OSA.distance("".join(ours), "".join(theirs)) <= 1
    for left, right in zip(ours, theirs, strict=True):
        if left == right:
            continue
        length = max(len(left), len(right))
        allowed = 0 if length < (4 if short else 5) else 1 if length < 8 else 2 if length < 10 else 3
        if OSA.distance(left, right) > allowed or (left[0] != right[0] and sorted(left) != sorted(right)):
            return False
    return True


def _functions(old: AgencyName, new: AgencyName) -> Likeness:
    """State bodies and other names without a place: compared by the words that say what they do."""
    ours, theirs = old.rest | set(old.place), new.rest | set(new.place)
    if ours == theirs:
        return Likeness.SAME
    if not ours or not theirs:
        return Likeness.DIFFERENT
    if _near_words(ours, theirs):
        return Likeness.VARIANT
    common = ours & theirs
    within = ours <= theirs or theirs <= ours
    # Law enforcement and the law enforcement of environmental protection are two bodies: where all that is shared is common
    # words, nothing telling may be added.
    if within and (common - _COMMON or (len(common) >= 2 and old.kind == new.kind and not (ours ^ theirs) - _COMMON)):
        return Likeness.VARIANT
    if old.kind == new.kind == "state_police":
        return Likeness.VARIANT  # a state has one: its police, its patrol, its troopers
    return Likeness.DIFFERENT


def _near_words(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether every word that only one of the two has is a misspelling of one that only the other has, or all but fill the same."""
    left, right = ours - theirs, theirs - ours
    if not left or not right:
        return False
    fewer, more = sorted((left, right), key=len)
    return all(any(_misspelt((a,), (b,), short=False) for b in more) for a in fewer) and (
        len(left) == len(right) or bool(more - _COMMON) is False
    )
