"""Agency names taken apart: place, kind of body, division; what ICE's typists vary is set aside, what tells agencies apart is kept.

`Couny`, `Twp.`, `PD`, `DPS`, word order, an apostrophe or the own state's name put in front are typing. The place is not: Bay, Clay and
Lake County are three counties. How two taken-apart names relate is `core/likeness.py`'s business.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from monitor.core.kinds import BODY_KINDS, kind_of_body
from monitor.core.places import STATE_NAMES
from monitor.core.vocabulary import ABBREVIATIONS, FILLERS, FORMS

LONGEST_SLUG = 120
# What a process remembers of a kind: all values of the largest list to be expected, so that the next publication finds them made.
LARGEST = 131_072

_BODY_WORDS = frozenset().union(*(words for words, _ in BODY_KINDS)) | {
    *("safety", "public", "enforcement", "law", "highway", "patrol", "justice", "criminal", "division", "county"),
    *("district", "services", "precinct", "court", "authority", "township", "borough", "regional", "state"),
}
# Body words long and plain enough that a near miss is a misspelling of them (`Couny`, `Constbales`, `Departent`).
_SPELLED = (
    *("sheriff", "police", "department", "county", "parish", "constable", "township", "borough", "corrections", "university"),
    *(
        "college",
        "attorney",
        "detention",
        "commissioners",
        "enforcement",
        "agriculture",
        "division",
        "office",
        "justice",
    ),
    *("investigation", "authority", "national", "environmental", "protection", "services", "airport", "precinct"),
)
_LEVELS = {
    "county": "county",
    "parish": "county",
    "city": "city",
    "town": "town",
    "village": "village",
    "township": "township",
    "borough": "borough",
}
_STATE_BODIES = frozenset(("state", "highway", "patrol", "general", "wildlife", "bureau", "motor", "vehicles"))
_STATE_NAMES = {code: (tuple(re.findall("[a-z]+", name.lower())), (code.lower(),)) for code, name in STATE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class AgencyName:
    """A name's parts: `place` in words (empty for state bodies), the `level` printed with it (county, city, …, None), the `kind` of body
    (one of KINDS), the words that remain (`rest`: divisions, functions), and `key`, equal for names that are one name typed differently.
    """

    place: tuple[str, ...]
    level: str | None
    kind: str
    rest: frozenset[str]
    key: str


@lru_cache(maxsize=LARGEST)
def tidy(text: str | None) -> str:
    """Text with its blanks, quotes and dashes put in order, nothing else; control and format characters dropped."""
    # Before normalization, which makes a blank and a combining accent of U+00B4.
    text = (text or "").translate({0x2018: "'", 0x2019: "'", 0x02BC: "'", 0x60: "'", 0xB4: "'", 0x2013: "-", 0x2014: "-"})
    text = unicodedata.normalize("NFKC", text)
    return " ".join("".join(c if c.isprintable() else "" if unicodedata.category(c) == "Cf" else " " for c in text).split())


def slug(text: str) -> str:
    """`text` as part of an id: `Smith County Sheriff's Office` → `smith-county-sheriffs-office`.

    An id is the name of a file too: from LONGEST_SLUG characters on it ends with a digest of the text.
    """
    plain = unicodedata.normalize("NFKD", tidy(text)).encode("ascii", "ignore").decode().lower().replace("'", "")
    joined = "-".join(re.findall("[a-z0-9]+", plain))
    if len(joined) <= LONGEST_SLUG:
        return joined
    return f"{joined[:LONGEST_SLUG]}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"


@lru_cache(maxsize=LARGEST)
def take_apart(name: str, state: str | None = None, printed_type: str = "") -> AgencyName:
    """The parts of an agency's name as printed in `state` (USPS code) beside the TYPE column's text."""
    pieces = [[*_words(piece)] for piece in re.split(r"\s*[,/;|()]\s*", tidy(name).lower())]
    segments = [piece for piece in pieces if piece]
    words = [word for segment in segments for word in segment]
    kind = kind_of_body(words, printed_type)
    if kind in ("state_police", "state_agency", "national_guard") or _names_state_body(words, state, printed_type):
        words = _without_own_state(words, state) or words
        content = frozenset(word for word in words if word not in FILLERS)
        return AgencyName((), None, kind, content, " ".join(sorted(content)))
    place, level, rest = _split(segments, kind)
    joined = "".join(place)
    # A university's or authority's name is its whole self; what follows the place elsewhere names a division.
    # `City of` comes and goes; a township and the borough it surrounds, a town and the village in it are different places.
    key = " ".join((joined, level if level and level != "city" else "", kind, *sorted(rest)))
    return AgencyName(place, level, kind, rest, key)


@lru_cache(maxsize=LARGEST)
def agency_kind(name: str, printed_type: str | None = None) -> str:
    """The kind of body, one of KINDS: from the name first, from the TYPE column second."""
    words = [word for piece in re.split(r"\s*[,/;|()]\s*", tidy(name).lower()) for word in _words(piece)]
    return kind_of_body(words, printed_type or "")


@lru_cache(maxsize=LARGEST)  # a row's kind and its name's parts ask for the same words
def _words(segment: str) -> tuple[str, ...]:
    """Words of lower-case text with abbreviations written out, misspelt body words mended and each word in one form."""
    # `DA's` is short for District Attorney's; `U.S.` is one word, `Pct.4` is two.
    if "'" in segment or "." in segment:
        segment = re.sub(r"\b([a-z]{2,4})'s\b", lambda m: m[1] if m[1] in ABBREVIATIONS else m[0], segment)
        segment = re.sub(r"(?<=\w)['.](?=[^\W\d])", "", segment)
    raw = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=\d)", " ", segment))
    words: list[str] = []
    for position, word in enumerate(raw):
        if word == "st" and position == len(raw) - 1:
            expanded = ["state"]
        elif word == "so" and position < len(raw) - 1:
            expanded = ["south"]
        elif word == "le" and position == 0:
            expanded = [word]  # Le Flore County
        elif word in ("n", "s", "e", "w", "co", "mt", "off", "so", "da") and position == 0 and len(raw) == 1:
            expanded = [word]
        else:
            expanded = ABBREVIATIONS.get(word, word).split()
        place_first = position == 0 and raw[1:2] != ["of"]
        words.extend(FORMS.get(form, form) for form in (_mended(part, first=place_first) for part in expanded))
    return tuple(words)


@lru_cache(maxsize=8_192)
def _mended(word: str, *, first: bool) -> str:
    """`word`, or the body word it misspells. A first word is a place's more often than a body's (`Parrish Police Department`)."""
    if len(word) < 5 or first or word in _BODY_WORDS or word in FORMS or word in FILLERS:
        return word
    for body in (*_SPELLED, *FORMS):
        if (
            abs(len(word) - len(body)) <= 2
            and sorted({word[0], body[0]}) in ([word[0]], sorted(word[:2]))
            and OSA.distance(word, body) <= (2 if len(body) >= 8 else 1)
        ):
            return FORMS.get(body, body)
    return word


def _names_state_body(words: list[str], state: str | None, printed_type: str) -> bool:
    """Whether a body of the state itself is named: TYPE says so, or the state's own name stands before a department."""
    if "county" in words or "parish" in words or {"university", "college", "sheriff", "township"} & set(words):
        return False
    if "state" in printed_type.lower():
        return True
    return _own_state_misspelt(words, state) > 0 or any(
        tuple(words[: len(own)]) == own and words[len(own) : len(own) + 1] in (["department"], ["division"])
        for own in _STATE_NAMES.get(state or "", ())[:1]
    )


def _own_state_misspelt(words: list[str], state: str | None) -> int:
    """How many words at the start are the own state's name with a slip of the hand (`Texsa Department of …`), 0 where none are."""
    own = _STATE_NAMES.get(state or "", ((),))[0]
    slip = OSA.distance(" ".join(words[: len(own)]), " ".join(own)) == 1 and len("".join(own)) >= 5
    return len(own) if slip and words[len(own) : len(own) + 1] in (["department"], ["division"]) else 0


def _without_own_state(words: list[str], state: str | None) -> list[str]:
    for own in _STATE_NAMES.get(state or "", ()):
        spelled = tuple(ABBREVIATIONS.get(word, word) for word in own)
        for form in (own, spelled):
            for start in range(len(words) - len(form) + 1):
                if tuple(words[start : start + len(form)]) == form:
                    return words[:start] + words[start + len(form) :]
    return words[_own_state_misspelt(words, state) :]


def _split(segments: list[list[str]], kind: str) -> tuple[tuple[str, ...], str | None, frozenset[str]]:
    """Place, level and remaining words of a local body's name."""
    place: list[str] = []
    level: str | None = None
    rest: set[str] = set()
    for segment in segments:
        found, found_level, remaining = _place(segment, kind)
        if found and (not place or (found_level == "county" and level is None and kind != "university")):
            if place:
                rest.update(place)
            place, level = found, found_level
        elif found and found != place:
            rest.update(found)
        rest.update(remaining)
    return tuple(place), level, frozenset(rest - FILLERS - set(place))


def _place(words: list[str], kind: str) -> tuple[list[str], str | None, list[str]]:
    """Where one comma-free piece of a name says the body is: (place words, level, other words)."""
    if kind == "university" and {"university", "college"} & set(words):
        drop = {"police", "board", "trustees", "public", "safety", "campus", "department", "of", "the", "services"}
        return [w for w in words if w not in drop], None, [w for w in words if w in drop and w in ("board", "trustees")]
    if words[:1] and words[0] in _LEVELS and words[1:2] == ["of"]:
        stop = next((i for i, w in enumerate(words[2:], 2) if _ends_place(words, i)), len(words))
        return words[2:stop], _LEVELS[words[0]], _others(words[stop:])
    for position, word in enumerate(words):
        if word in ("county", "parish", "township", "borough") and position > 0:
            before = words[:position]
            if word == "county" and "of" in before and before.index("of") + 1 < len(before):
                before = before[before.index("of") + 1 :]
            if word in ("county", "parish"):
                before = [w for w in before if w not in FILLERS]
                if not before or before[-1] in ("board",):
                    continue
            return before, _LEVELS[word], _others(words[position + 1 :])
    stop = next((i for i, _ in enumerate(words) if i > 0 and _ends_place(words, i)), len(words))
    if stop == len(words) and words and words[0] in _BODY_WORDS | FILLERS:
        return [], None, _others(words)
    if words and words[0] in ("office", "board", "department") and len(words) > 1:
        return [], None, _others(words)
    return words[:stop], None, _others(words[stop:])


def _ends_place(words: list[str], position: int) -> bool:
    word = words[position]
    return word in _BODY_WORDS - {"port", "county", "state", "township", "borough"} or word in ("office", "department")


def _others(words: list[str]) -> list[str]:
    """Words after the place that name more than the kind of body does."""
    plain = {"sheriff", "police", "constable", "services", "public", "safety", "state"} | FILLERS
    return [word for word in words if word not in plain]
