"""How many agencies of each kind take part, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from monitor.core.agencies import agency_key
from monitor.core.kinds import KINDS
from monitor.core.roster import Listing
from monitor.report.history import kind_of

# Of so many agencies of a kind or fewer, each is named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of agency: how many agreements, by how many agencies, of which states (USPS codes, in their order).

    `only_in` is the one state that has any, None where several have and where one state's are all that was asked for. `named` are (state,
    agency) of all its agencies where they are few, empty otherwise.
    """

    kind: str
    agreements: int
    agencies: int
    states: tuple[str, ...]
    only_in: str | None
    named: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "agreements": self.agreements,
            "agencies": self.agencies,
            "states": [*self.states],
            "only_in": self.only_in,
            "named": [{"state": state, "agency": agency} for state, agency in self.named],
        }


def by_kind(listings: Iterable[Listing], state: str | None = None) -> list[KindFigures]:
    """The kinds that `listings` hold, which are those of all states or of one, the kind with most agencies first."""
    found: dict[str, list[Listing]] = {}
    for row in listings:
        found.setdefault(kind_of(row), []).append(row)
    figures = [_figures(kind, rows, state) for kind, rows in found.items()]
    return sorted(figures, key=lambda one: (-one.agencies, KINDS.index(one.kind)))


def _figures(kind: str, rows: list[Listing], state: str | None) -> KindFigures:
    agencies = {agency_key(row): (row.state or "", row.agency) for row in rows}
    named = tuple(sorted(agencies.values())) if len(agencies) <= NAMED else ()
    states = tuple(sorted({row.state for row in rows if row.state}))
    only_in = states[0] if len(states) == 1 and state is None and all(row.state for row in rows) else None
    return KindFigures(kind, len(rows), len(agencies), states, only_in, named)


def agencies(listings: Iterable[Listing]) -> int:
    """How many agencies hold `listings`: one that is printed in two ways of typing is one."""
    return len({agency_key(row) for row in listings})
