"""Which vanished row is which appeared row: evidence weighed together, assigned one to one over the whole publication.

A pair is first judged *admissible* by a named rule (the reason a reporter will read), then weighed; the pairs are taken best evidence
first, whatever the order of the rows. What no rule admits is never merged: it stays a removal and an addition, flagged where doubtful.
Rules and examples: docs/method.md.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from monitor.core.agencies import Names, one_slip, parts
from monitor.core.likeness import Likeness, likeness
from monitor.core.places import county_key, is_county
from monitor.core.roster import Listing
from monitor.core.urls import document_key

CORRECTED, RENEWED = "corrected", "renewed"
# Days a signing date may move and still be the same signature mistyped (DOMAIN: labelled transitions of 2025).
SAME_DOCUMENT_DAYS, NEVER_LINKED_DAYS = 30, 90
# From how many appeared rows of one state, model and date on not every pair is compared.
_CROWD = 60
_ALIKE = 60.0
_WEIGHTS = {"former": 40, "document": 30, "date": 20, "state": 15, "model": 15, "county": 3, "never_linked": 1}
_NAME_WEIGHTS = {
    Likeness.SAME: 20,
    Likeness.VARIANT: 12,
    Likeness.TYPO: 8,
    Likeness.SAME_PLACE: 4,
    Likeness.DIFFERENT: -20,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two rows have in common. `document` is same, other, posted (only the new row links one), gone (only the old one does)
    or none; `days` is by how much the signing date moved, None where one of the two cannot be read; `slip` says the year alone differs;
    `dated` that the list prints dates; `unheard` that the new name was never printed before;
    `misplaced` that only the new row's state has a county of the place that both name.
    """

    name: Likeness
    state: bool
    model: bool
    date: bool
    days: int | None
    slip: bool
    document: str
    county: bool | None
    former: bool
    dated: bool = True
    unheard: bool = True
    misplaced: bool = False

    @property
    def weight(self) -> int:
        yes = {
            "former": self.former,
            "document": self.document == "same",
            "date": self.date,
            "state": self.state,
            "model": self.model,
            "county": self.county is True,
            "never_linked": self.document in ("none", "posted"),
        }
        return sum(_WEIGHTS[name] for name, holds in yes.items() if holds) + _NAME_WEIGHTS[self.name]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name.name.lower(),
            "state": self.state,
            "model": self.model,
            "date": self.date,
            "days": self.days,
            "document": self.document,
            "county": self.county,
            "printed_so_before": self.former,
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A row to be matched. `former` holds how the same agreement was printed earlier (empty for an appeared row)."""

    listing: Listing
    former: tuple[Listing, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One pair: indexes into vanished and appeared rows, what it means (`corrected` or `renewed`), why, and the runner-up's evidence."""

    old: int
    new: int
    meaning: str
    reason: str
    evidence: Evidence
    runner_up: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A vanished and an appeared row that no rule merges and that a person may want to look at."""

    old: int
    new: int
    reason: str
    evidence: Evidence


def pair_key(old: Listing, new: Listing) -> str:
    """Names a pair of printed rows for a person's verdict; depends on what was printed alone, so that a verdict can be shared."""
    rows = [[row.state, row.agency, row.model, row.printed.signed] for row in (old, new)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]


def compare(old: Row, new: Listing, names: Names | None = None) -> Evidence:
    """The evidence that `new` is `old` printed again; `names` are those printed before."""
    was = old.listing
    ours, theirs = document_key(was.moa_url), document_key(new.moa_url)
    if ours and theirs:
        document = "same" if ours == theirs else "other"
    elif ours or any(former.moa_url for former in old.former):
        document = "gone"
    else:
        document = "posted" if theirs else "none"
    county = _same_county(was, new)
    state = was.state == new.state or was.state is None or new.state is None
    same_date = (
        was.signed == new.signed if was.signed and new.signed else (was.printed.signed or "") == (new.printed.signed or "")
    )
    days = (new.signed - was.signed).days if was.signed and new.signed else None
    slip = bool(days and was.signed and new.signed and (was.signed.month, was.signed.day) == (new.signed.month, new.signed.day))
    name = max(
        likeness(parts(one), parts(new), new.state, county is True)
        for one in (was, *(f for f in old.former if f.agency != was.agency))
    )
    same_model = was.model == new.model or was.model is None or new.model is None
    likely = state and same_model and (same_date or document == "same")
    if not state and not parts(new).place:
        # Every state has a state police: under another state it is the same body only where its whole name stayed.
        name = Likeness.SAME if was.agency.casefold() == new.agency.casefold() else Likeness.DIFFERENT
    place = "" if state else " ".join(parts(new).place)
    if likely and name < Likeness.TYPO and one_slip(was, new, 2 if document == "same" else 1):
        name = Likeness.TYPO
    return Evidence(
        name=name,
        dated="signed" in new.json_fields,
        unheard=names is None or names.unheard(new),
        misplaced=bool(place) and is_county(new.state, place) and not is_county(was.state, place),
        state=state,
        model=same_model,
        date=same_date,
        days=days,
        slip=slip,
        document=document,
        county=county,
        former=any(_printed_alike(former, new) for former in old.former),
    )


def _same_county(old: Listing, new: Listing) -> bool | None:
    """Whether both rows print one county; None where one prints none, or none that its state has (a misspelling proves nothing)."""
    if not old.county or not new.county:
        return None
    if county_key(old.county) == county_key(new.county):
        return True
    real = is_county(old.state, old.county) and is_county(new.state, new.county)
    return False if real else None


def _printed_alike(one: Listing, other: Listing) -> bool:
    return (one.state, one.agency.casefold(), one.model, one.signed) == (
        other.state,
        other.agency.casefold(),
        other.model,
        other.signed,
    )


def judge(evidence: Evidence) -> tuple[str, str] | None:
    """(meaning, reason) by the rule that admits the pair, None where none does."""
    e = evidence
    if e.former:
        return CORRECTED, "printed this way before"
    date_fixed = _date_corrected(e)
    if e.state and e.model and e.date:
        return _same_but_name(e)
    if e.model and e.date and not e.state:
        # Thirty states have a Washington County. Where no date is printed, a wrong state must be seen from the place.
        if not (e.dated or e.misplaced):
            return None
        if e.name >= Likeness.VARIANT and e.document not in ("other", "gone") and e.county is not False:
            return CORRECTED, "the state was wrong: agency, model and signing date stay"
        return None
    if e.state and e.date and not e.model:
        if e.name >= Likeness.VARIANT and e.document != "other":
            return CORRECTED, "the model was wrong: agency and signing date stay"
        return None
    if e.state and e.model:
        if date_fixed and (e.name >= Likeness.VARIANT or (e.name == Likeness.TYPO and (e.document == "same" or e.days is None))):
            return CORRECTED, date_fixed
        if e.days is not None and e.days > 0 and e.name >= Likeness.VARIANT and e.document != "same":
            return RENEWED, "a later signing date and another document for the same agency and model"
        return None
    if e.model and e.document == "same" and e.name >= Likeness.VARIANT and date_fixed:
        return CORRECTED, "the state was wrong: same MOA document"
    return None


def _same_but_name(e: Evidence) -> tuple[str, str] | None:
    """Same state, model and signing date: which names may be one agency's."""
    if e.name == Likeness.SAME:
        return CORRECTED, "the same name typed differently; same state, model and signing date"
    if e.document == "same" and e.name > Likeness.DIFFERENT:
        return CORRECTED, "same MOA document and signing date"
    if e.document == "other":
        return (CORRECTED, "the name was completed; same state, model and signing date") if e.name == Likeness.VARIANT else None
    if e.name == Likeness.VARIANT:
        return CORRECTED, "a word of the name added, dropped or moved; same state, model and signing date"
    if e.county is False or not e.unheard:
        return None
    if e.name == Likeness.TYPO:
        return CORRECTED, "the place was misspelt; same state, model and signing date"
    if e.name == Likeness.SAME_PLACE and e.dated and e.document in ("none", "posted"):
        return CORRECTED, "another body of the same place, never linked to a document; same model and signing date"
    return None


def _date_corrected(e: Evidence) -> str:
    """Why a moved signing date is a correction of the old one, "" where it is not."""
    moved = abs(e.days) if e.days is not None else None
    if moved is None:
        return "the signing date was unreadable"
    if e.document == "same" and (moved <= SAME_DOCUMENT_DAYS or e.slip):
        return "the signing date was corrected; same MOA document"
    if e.document in ("none", "posted") and (moved <= NEVER_LINKED_DAYS or e.slip):
        return "the signing date was corrected before any document was linked"
    return ""


def assign(
    vanished: Sequence[Row],
    appeared: Sequence[Listing],
    verdicts: Mapping[str, str] | None = None,
    names: Names | None = None,
) -> tuple[list[Match], list[Doubt]]:
    """Pairs of vanished and appeared rows, one to one, best evidence first; and the pairs left that look alike.

    `verdicts` are people's decisions by `pair_key`: "same" forces a pair, "distinct" forbids it. `names` are those printed before.
    """
    verdicts = verdicts or {}
    admitted: list[tuple[int, str, str, int, int, str, str, Evidence]] = []
    doubtful: list[Doubt] = []
    for old, new in _candidates(vanished, appeared):
        evidence = compare(vanished[old], appeared[new], names)
        verdict = verdicts.get(pair_key(vanished[old].listing, appeared[new])) if verdicts else None
        ruling = (CORRECTED, "a person's verdict: the same agreement") if verdict == "same" else judge(evidence)
        if verdict == "distinct":
            continue
        if ruling is None:
            if reason := _doubt(evidence):
                doubtful.append(Doubt(old, new, reason, evidence))
            continue
        weight = evidence.weight + (1_000 if verdict == "same" else 0)
        order = (repr(vanished[old].listing.printed), repr(appeared[new].printed))
        admitted.append((-weight, *order, old, new, *ruling, evidence))
    admitted.sort(key=lambda item: item[:5])
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    matches: list[Match] = []
    for _, _, _, old, new, meaning, reason, evidence in admitted:
        if old not in taken_old and new not in taken_new:
            taken_old.add(old)
            taken_new.add(new)
            matches.append(Match(old, new, meaning, reason, evidence))
    return _with_runners_up(matches, admitted, vanished, appeared), [
        doubt for doubt in doubtful if doubt.old not in taken_old and doubt.new not in taken_new
    ]


def _doubt(e: Evidence) -> str:
    """Why two rows that no rule merges are worth a person's look, "" where they are not."""
    if e.document == "same" and e.model and (e.date or e.name > Likeness.DIFFERENT):
        return "same MOA document, but the names or dates speak against it"
    if e.state and e.model and e.date and e.name > Likeness.DIFFERENT:
        return "same state, model and signing date, but the names or documents differ"
    if e.date and e.name >= Likeness.VARIANT and (e.state or e.model):
        return "same agency and signing date, but the documents differ"
    if e.state and e.model and e.name >= Likeness.VARIANT:
        return "same agency and model, but an earlier date and another document"
    return ""


def _candidates(vanished: Sequence[Row], appeared: Sequence[Listing]) -> Iterator[tuple[int, int]]:
    """Pairs worth comparing: those that share a document, or two of place, state, model and date."""
    index: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, listing in enumerate(appeared):
        for key in _keys(listing):
            index[key].append(number)
    # Of many rows of one state, model and date only those with names alike are compared, or a batch would take minutes.
    crowds = {key: index.pop(key) for key in [*index] if key[0] in ("date", "undated") and len(index[key]) > _CROWD}
    texts = {key: {number: parts(appeared[number]).key for number in numbers} for key, numbers in crowds.items()}
    wild = [number for number, listing in enumerate(appeared) if listing.state is None or listing.model is None]
    for old, row in enumerate(vanished):
        found: set[int] = set(wild)
        if row.listing.state is None or row.listing.model is None:
            found.update(range(len(appeared)))
        for printing in (row.listing, *row.former):
            for key in _keys(printing):
                found.update(index.get(key, ()))
                if key in texts:
                    alike = process.extract(
                        parts(printing).key, texts[key], scorer=fuzz.token_set_ratio, score_cutoff=_ALIKE, limit=_CROWD
                    )
                    found.update(number for _, _, number in alike)
        yield from ((old, new) for new in sorted(found))


def _keys(listing: Listing) -> Iterator[tuple[object, ...]]:
    name = parts(listing)
    place = "".join(sorted(name.place)) or name.key
    if document := document_key(listing.moa_url):
        yield ("document", document)
    yield ("date", listing.state, listing.model, listing.signed or listing.printed.signed)
    yield ("place", listing.state, place)
    yield ("anywhere", listing.model, listing.signed or listing.printed.signed, place)
    if not listing.signed:
        yield ("undated", listing.state, listing.model)


def _with_runners_up(
    matches: Sequence[Match],
    admitted: Sequence[tuple[int, str, str, int, int, str, str, Evidence]],
    vanished: Sequence[Row],
    appeared: Sequence[Listing],
) -> list[Match]:
    """Each match with the next best pair that either of its rows could have made."""
    by_old: dict[int, list[int]] = defaultdict(list)
    by_new: dict[int, list[int]] = defaultdict(list)
    for position, item in enumerate(admitted):
        by_old[item[3]].append(position)
        by_new[item[4]].append(position)
    result = []
    for match in matches:
        others = [p for p in (*by_old[match.old], *by_new[match.new]) if admitted[p][3:5] != (match.old, match.new)]
        runner_up = None
        if others:
            _, _, _, old, new, _, reason, evidence = admitted[min(others)]
            runner_up = {
                "old": vanished[old].listing.agency,
                "new": appeared[new].agency,
                "reason": reason,
                "evidence": evidence.to_json(),
            }
        result.append(Match(match.old, match.new, match.meaning, match.reason, match.evidence, runner_up))
    return result
