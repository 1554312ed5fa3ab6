"""Is a publication plausible? Accept it, or hold it for a person, with figures and reasons.

ICE errs: an old template printed again (308 rows where 430 stood, 21 April 2025), a column shifted, a state dropped. A held publication
changes nothing and is kept as evidence. What cannot be read as a list at all never comes here (`roster.read` refuses it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.core.differ import Changes
from monitor.core.memory import Known
from monitor.core.roster import PARTICIPATING, Roster

ACCEPT, HOLD = "accept", "hold"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the plausible, as shares of the rows that stood and as numbers of rows; both must be passed.

    Over 157 labelled publications of 2025 the most true removals in one publication were 3 of 956.
    """

    lost_rows: int = 10
    lost_share: float = 0.05
    # Applications leave in dozens when a batch is signed; those seen approved do not count as lost.
    left_rows: int = 30
    left_share: float = 0.75
    # The roster grew by 58 per cent between two publications of February 2025.
    gained_rows: int = 150
    gained_share: float = 1.0
    retyped_rows: int = 20
    retyped_share: float = 0.4
    unreadable_rows: int = 5
    unreadable_share: float = 0.02
    state_rows: int = 5
    state_share: float = 0.85
    template_rows: int = 3
    newest_rows: int = 5
    newest_share: float = 0.8
    confirmed_after: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Held:
    """A publication of this list that is held now: when it was seen, what it prints, what it would have ended (ids)."""

    publication: int
    seen_at: datetime
    roster_digest: str
    ended: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action` is accept or hold; `reasons` says why in words for people, `figures` in numbers. `confirms`: the held publication that this
    one bears out."""

    action: str
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    confirms: int | None = None


def judge(
    roster: Roster,
    changes: Changes,
    standing: Iterable[Known],
    *,
    at: datetime,
    seen_before: datetime | None = None,
    roster_digest: str = "",
    held: Sequence[Held] = (),
    limits: Limits | None = None,
) -> Verdict:
    """Whether `roster`, which would make `changes` to what is `standing`, is plausible at the moment `at`.

    `seen_before` is when the very same rows were last current, if they ever were before the latest publication. A second publication
    that prints what a held one printed, or ends what it would have ended, `confirmed_after` later, is believed.
    """
    limits = limits or Limits()
    ended = ended_ids(changes)
    figures = _figures(roster, changes, ended)
    reasons = tuple(_reasons(roster, changes, [*standing], ended, seen_before, limits))
    if not reasons:
        return Verdict(ACCEPT, (), figures)
    for one in held:
        same = one.roster_digest == roster_digest or _bears_out(ended, one.ended)
        if same and at - one.seen_at >= limits.confirmed_after:
            reason = f"a second publication says the same as the one held since {one.seen_at.date()}"
            return Verdict(ACCEPT, (reason,), figures, one.publication)
    return Verdict(HOLD, reasons, figures)


def ended_ids(changes: Changes) -> frozenset[str]:
    """Ids of what a publication would end without a successor."""
    return frozenset(
        event.listing.id for event in changes.events if event.kind in ("agreement.removed", "application.left") and event.listing
    )


def _figures(roster: Roster, changes: Changes, ended: frozenset[str]) -> dict[str, Any]:
    return {
        "rows": len(roster.listings),
        "unreadable": len(roster.unreadable),
        "standing": changes.standing_before,
        "added": changes.count("added", "relisted"),
        "ended": len(ended),
        "corrected": changes.count("corrected"),
    }


def _reasons(
    roster: Roster,
    changes: Changes,
    standing: list[Known],
    ended: frozenset[str],
    seen_before: datetime | None,
    limits: Limits,
) -> Iterable[str]:
    rows, stood = len(roster.listings), changes.standing_before
    if len(roster.unreadable) > limits.unreadable_rows and len(roster.unreadable) > limits.unreadable_share * rows:
        yield f"{len(roster.unreadable)} of {rows} rows cannot be read"
    if not stood:
        return
    moved = len(ended) + changes.count("added", "relisted")
    if seen_before and moved >= limits.template_rows:
        yield f"the roster of {seen_before.date()} again: {len(ended)} of {stood} rows would end, {moved - len(ended)} come back"
    elif roster.list == PARTICIPATING and (newest := _newest_only(standing, ended, limits)):
        yield f"an old roster again: the {newest} rows that would end are those that came last"
    participating = roster.list == PARTICIPATING
    lost, share = (limits.lost_rows, limits.lost_share) if participating else (limits.left_rows, limits.left_share)
    if len(ended) > lost and len(ended) > share * stood:
        yield f"{len(ended)} of {stood} rows would end at once"
    gained = changes.count("added", "relisted")
    if gained > limits.gained_rows and gained > limits.gained_share * stood:
        yield f"{gained} rows would be new where {stood} stood"
    identified = sum(
        event.kind.endswith(".corrected") and bool({"state", "agency", "model", "signed"} & {*event.changes})
        for event in changes.events
    )
    if identified > limits.retyped_rows and identified > limits.retyped_share * stood:
        yield f"{identified} of {stood} rows would have their state, agency, model or date corrected at once"
    if participating:
        yield from _states_gone(standing, ended, limits)


def _states_gone(standing: list[Known], ended: frozenset[str], limits: Limits) -> Iterable[str]:
    before = Counter(known.listing.state for known in standing)
    gone = Counter(known.listing.state for known in standing if known.listing.id in ended)
    for state, number in sorted(gone.items(), key=lambda item: item[0] or ""):
        if number >= limits.state_rows and number >= limits.state_share * before[state]:
            yield f"{number} of {before[state]} agreements of {state} would end at once"


def _newest_only(standing: list[Known], ended: frozenset[str], limits: Limits) -> int:
    """How many rows would end, where they are nearly all that came after some moment (a template from before it); 0 where not."""
    going = [one.first_seen for one in standing if one.listing.id in ended]
    if len(going) < limits.newest_rows:
        return 0
    since = min(going)
    came_since = sum(one.first_seen >= since for one in standing)
    first_ever = min(one.first_seen for one in standing)
    return len(going) if since > first_ever and len(going) >= limits.newest_share * came_since else 0


def _bears_out(ended: frozenset[str], before: frozenset[str]) -> bool:
    """Whether two publications end the same agreements, one tenth aside."""
    return bool(before) and len(ended & before) >= 0.9 * len(before) and len(ended - before) <= 0.1 * len(before) + 1
