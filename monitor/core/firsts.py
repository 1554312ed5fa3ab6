"""Firsts and records of a publication: what makes a new agreement worth more than its line.

All of them are as far as this record reaches: an agreement that ended before the first publication is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.core.events import Event
from monitor.core.places import county_key, is_county
from monitor.core.roster import Listing

STATE, COUNTY, MODEL = "state", "county", "model"
# Bodies of a state, whatever county their headquarters are in.
_STATEWIDE = frozenset(("state_agency", "state_police", "corrections", "national_guard"))
# A total worth telling.
_ROUND = 100
# A record day needs days to compare with, and some agreements.
_DAYS, _LEAST = 10, 5


@dataclass(frozen=True, slots=True)
class History:
    """What earlier publications reached: the highest total of agreements, and how many were new on each earlier day and on this one."""

    highest: int
    earlier_days: Sequence[int]
    today: int


def firsts(events: Iterable[Event], known: Iterable[Listing]) -> dict[str, str]:
    """For each new agreement that is a first: its id and what it is the first of (state, county, model in the state).

    `known` are all agreements that were ever printed before.
    """
    states, counties, models = set(), set(), set()
    for one in known:
        states.add(one.state)
        counties.add(_county(one))
        models.add((one.state, one.model))
    found = {}
    for event in events:
        row = event.agreement
        if event.kind != "agreement.added" or row is None or row.state is None:
            continue
        if row.state not in states:
            found[row.id] = STATE
        elif row.model and (row.state, row.model) not in models:
            found[row.id] = MODEL
        elif (county := _county(row)) and county not in counties:
            found[row.id] = COUNTY
    return found


def _county(row: Listing) -> tuple[str | None, str] | None:
    """The county of a local body; None where what is printed is no county (a slip of the typist's: nothing is the first in it)."""
    local = row.county and row.agency_kind not in _STATEWIDE and is_county(row.state, row.county)
    return (row.state, county_key(row.county or "")) if local else None


def records(events: Iterable[Event], before: int, after: int, history: History) -> Mapping[str, Any]:
    """`high` (more agreements than ever), `passed` (a round total), `day` (more new ones in a day than ever); each only where true.

    `before` and `after` are the totals of agreements.
    """
    found: dict[str, Any] = {}
    if after > before and after > history.highest:
        found["high"] = True
        if after // _ROUND > history.highest // _ROUND:
            found["passed"] = after // _ROUND * _ROUND
    new = sum(event.kind == "agreement.added" for event in events)
    if new and len(history.earlier_days) >= _DAYS and history.today + new >= max(_LEAST, max(history.earlier_days) + 1):
        found["day"] = history.today + new
    return found
