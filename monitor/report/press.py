"""The whole report as of a moment: every figure the press prints, from the event log alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core.events import Event, iso
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.report import figures
from monitor.report.changes import Changes, changes
from monitor.report.counties import Gazetteer
from monitor.report.history import read
from monitor.report.kinds import KindFigures, agencies, by_kind
from monitor.report.records import First, Records, first_of_kinds, first_of_states, records
from monitor.report.sheriffs import Sheriffs, sheriffs

# What changed is told of so long before the report's moment where nothing else is asked.
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures as of a moment, of the country or of one state (`state`, a USPS code).

    `agreements` and `pending` are `figures`; `begins` is when the record begins, None where nothing was known by then; `pending_left`
    when the pending list left the page, where it is away: `pending` is what it printed last.
    """

    as_of: datetime
    since: datetime
    state: str | None
    begins: datetime | None
    pending_left: datetime | None
    agreements: Mapping[str, Any]
    agencies: int
    pending: Mapping[str, Any]
    kinds: tuple[KindFigures, ...]
    sheriffs: Sheriffs
    changes: Changes
    records: Records
    first_of_states: tuple[First, ...]
    first_of_kinds: tuple[First, ...]

    @property
    def leaders(self) -> list[tuple[str, int]]:
        """(USPS code, agreements) of each state that has any, most first."""
        return sorted(self.agreements["by_state"].items(), key=lambda pair: (-pair[1], pair[0]))

    def to_json(self) -> dict[str, Any]:
        """The report as `report --json` prints it (docs/report.md)."""
        return {
            "as_of": iso(self.as_of),
            "since": iso(self.since),
            "state": self.state,
            "record_begins": iso(self.begins) if self.begins else None,
            "agreements": dict(self.agreements),
            "agencies": self.agencies,
            "pending": dict(self.pending),
            "pending_list_left": iso(self.pending_left) if self.pending_left else None,
            "leaders": [{"state": state, "agreements": number} for state, number in self.leaders],
            "kinds": [one.to_json() for one in self.kinds],
            "sheriffs": self.sheriffs.to_json(),
            "changes": self.changes.to_json(),
            "records": self.records.to_json(),
            "firsts": {
                "states": [{"of": one.of, **one.to_json()} for one in self.first_of_states],
                "kinds": [{"of": one.of, **one.to_json()} for one in self.first_of_kinds],
            },
        }


def report(events: Iterable[Event], as_of: datetime, since: datetime | None = None, state: str | None = None) -> Report:
    """The report that the whole log (bookkeeping included) holds as of a moment; changes are told after `since`, or of a week."""
    history = read(events, as_of, as_of - WEEK if since is None else since, state)
    gazetteer = Gazetteer(history.printings)
    standing = history.listed(PARTICIPATING)
    return Report(
        as_of=as_of,
        since=history.since,
        state=state,
        begins=history.begins,
        pending_left=history.pending_left,
        agreements=figures(standing),
        agencies=agencies(standing),
        pending=figures(history.listed(PENDING)),
        kinds=tuple(by_kind(standing, state)),
        sheriffs=sheriffs(standing, gazetteer, state),
        changes=changes(history, gazetteer),
        records=records(history),
        first_of_states=tuple(first_of_states(history)),
        first_of_kinds=tuple(first_of_kinds(history, gazetteer)),
    )
