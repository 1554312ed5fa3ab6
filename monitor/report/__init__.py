"""Figures about a roster: totals, models, states, kinds, and how they went. The same counts the press prints.

The whole report as of a moment is `press.py`; how it is written for people `sections.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

from monitor.core.memory import Known
from monitor.core.roster import Listing
from monitor.core.values import MODEL_NAMES


def figures(listings: Iterable[Listing]) -> dict[str, Any]:
    """Counts over agreements or applications: `total`, `states`, and per model (JEM, TFM, WSO) its `total` and `states`."""
    rows = [*listings]
    by_model: dict[str, Any] = {}
    for code in MODEL_NAMES:
        of_model = [row for row in rows if row.model == code]
        by_model[code] = {"total": len(of_model), "states": len({row.state for row in of_model if row.state})}
    return {
        "total": len(rows),
        "states": len({row.state for row in rows if row.state}),
        "models": by_model,
        "by_state": dict(sorted(Counter(row.state for row in rows if row.state).items())),
    }


def standing_by_day(known: Iterable[Known]) -> list[tuple[str, int]]:
    """How many of `known` stood at the end of each day (ISO, UTC) on which that number changed, the oldest first.

    As they are known now: a row that was gone for some days and came back stood all the while.
    """
    changes: Counter[date] = Counter()
    for one in known:
        changes[one.first_seen.date()] += 1
        if one.gone_since:
            changes[one.gone_since.date()] -= 1
    days = sorted(changes)
    return [(day.isoformat(), number) for day, number in zip(days, accumulate(changes[day] for day in days), strict=True)]


def models_by_day(agreements: Iterable[Known]) -> dict[str, list[tuple[str, int]]]:
    """`standing_by_day` of each model, under its code, in the order of MODEL_NAMES."""
    by_model: dict[str, list[Known]] = {code: [] for code in MODEL_NAMES}
    for one in agreements:
        if one.listing.model in by_model:
            by_model[one.listing.model].append(one)
    return {code: standing_by_day(rows) for code, rows in by_model.items()}


def changes_by_week(agreements: Iterable[Known], since: datetime) -> list[tuple[str, int, int]]:
    """(ISO day of its Monday, agreements begun, ended) for each week with a change after the moment `since`, the oldest first."""
    begun: Counter[date] = Counter()
    ended: Counter[date] = Counter()
    for one in agreements:
        if one.first_seen > since:
            begun[_monday(one.first_seen)] += 1
        if one.gone_since and one.gone_since > since:
            ended[_monday(one.gone_since)] += 1
    return [(week.isoformat(), begun[week], ended[week]) for week in sorted({*begun, *ended})]


def waits(approvals: Iterable[tuple[str, date]], applications: Iterable[Known], since: datetime) -> list[int]:
    """Days from the day an application was first seen to the signature of the agreement it became.

    `approvals` are (an application's id, the day its agreement was signed). Applications that were on the list when it was first read, at
    `since`, are left out: how long they had waited is not known.
    """
    seen = {one.listing.id: one.first_seen.date() for one in applications if one.first_seen > since}
    return [(signed - seen[application]).days for application, signed in approvals if application in seen]


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(moment.weekday())
