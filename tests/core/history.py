"""Publications one after another, remembered as the store remembers them, without a database: for tests of the differ alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitor.core import replay, roster
from monitor.core.differ import Changes, diff
from monitor.core.events import Event, PublicationRef
from monitor.core.memory import Known, Memory
from monitor.core.roster import LISTS, PARTICIPATING, PENDING, Listing, Printed, Roster, copies
from monitor.core.sheet import Cell, Sheet
from tests.support.sheets import PARTICIPATING as PARTICIPATING_COLUMNS
from tests.support.sheets import PENDING as PENDING_COLUMNS
from tests.support.sheets import TFM, row

START = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)
SEEN_ON = START.date()
DAY = timedelta(days=1)
MOA = "https://www.ice.gov/doclib/287gMOA/"
# Stands in every roster beside what a test is about, so that no list is ever empty.
BYSTANDER = row("OHIO", "Butler County Sheriff's Office", TFM, date(2025, 3, 3), f"{MOA}butler.pdf")

Row = Mapping[str, Any]


def sheet_of(rows: Iterable[Row], columns: Sequence[str] = PARTICIPATING_COLUMNS) -> Sheet:
    """The sheet that prints `rows` (made by `tests.support.sheets.row`), as a reader of workbooks would give it."""
    lines: list[list[Cell]] = [[*columns]]
    links: dict[tuple[int, int], str] = {}
    for entry in rows:
        cells: list[Cell] = []
        for column in columns:
            value = entry.get(column, "")
            if isinstance(value, tuple):
                value, links[len(lines) + 1, len(cells) + 1] = value
            cells.append(value)
        lines.append(cells)
    return Sheet("Sheet1", lines, links)


def roster_of(rows: Iterable[Row], columns: Sequence[str] = PARTICIPATING_COLUMNS, seen_on: date = SEEN_ON) -> Roster:
    """The roster of a sheet with these rows; fails the test where it holds none."""
    found = roster.read([sheet_of(rows, columns)], seen_on)
    assert isinstance(found, Roster), found
    return found


class Log:
    """Everything learnt from a run of publications: the entries of the memory by list and id, and the events in their order.

    What is kept goes through its JSON form and back, as in the store, so that nothing may rest on what is not written down.
    """

    def __init__(self) -> None:
        self.now = START
        self.known: dict[str, dict[str, Known]] = {name: {} for name in LISTS}
        self.events: list[Event] = []
        self.publications = 0
        self.changes = Changes()
        self.last: dict[str, Roster] = {}

    def publish(self, *rows: Row, after: timedelta = DAY, verdicts: Mapping[str, str] | None = None) -> list[Event]:
        """The participating list with `rows` and the bystander; gives the events that tell something."""
        return self.read(roster_of([*rows, BYSTANDER], seen_on=(self.now + after).date()), after=after, verdicts=verdicts)

    def apply(self, *rows: Row, after: timedelta = DAY) -> list[Event]:
        """The pending list with `rows` and the bystander; gives the events that tell something."""
        return self.read(roster_of([*rows, BYSTANDER], PENDING_COLUMNS, (self.now + after).date()), after=after)

    def read(self, found: Roster, *, after: timedelta = DAY, verdicts: Mapping[str, str] | None = None) -> list[Event]:
        """One publication of either list, `after` the one before."""
        self.now += after
        self.publications += 1
        publication = PublicationRef(self.publications, found.list, f"{found.list}Agencies.xlsx", "0" * 64, self.now)
        self.changes = diff(self.memory(found.list), found, publication, verdicts=verdicts)
        return self.append(self.changes, found)

    def append(self, changes: Changes, found: Roster | None = None) -> list[Event]:
        """Takes `changes` into memory and log; gives the events that tell something."""
        for one in changes.known:
            self.known[one.listing.list][one.listing.id] = _stored(one)
        events = [Event.from_json({**event.to_json(explain=True), "id": 0}) for event in changes.events]
        self.events += events
        if found:
            self.last[found.list] = found
        return [event for event in events if event.tells]

    def memory(self, list_name: str = PARTICIPATING) -> Memory:
        """What is known before a publication of `list_name` is read."""
        mine = [one for _, one in sorted(self.known[list_name].items())]
        other = PENDING if list_name == PARTICIPATING else PARTICIPATING
        return Memory(
            tuple(one for one in mine if one.stands),
            tuple(one for one in mine if not one.stands),
            tuple(one for _, one in sorted(self.known[other].items())),
        )

    def standing(self, list_name: str = PARTICIPATING) -> list[Listing]:
        """What stands, without the bystander."""
        return [
            one.listing for one in self.memory(list_name).standing if one.listing.agency != BYSTANDER["LAW ENFORCEMENT AGENCY"]
        ]

    def replayed(self, list_name: str = PARTICIPATING) -> Counter[Printed]:
        """Every row the list prints now, and how often, by the events alone."""
        rows = replay.standing(self.events).values()
        return Counter(printed for listing in rows if listing.list == list_name for printed in copies(listing))


def _stored(one: Known) -> Known:
    kind = type(one.listing)
    return Known(
        listing=kind.from_json(one.listing.to_json()),
        former=tuple(kind.from_json(former.to_json()) for former in one.former),
        first_seen=one.first_seen,
        gone_since=one.gone_since,
        ended=one.ended,
    )


def printed_rows(found: Roster) -> Counter[Printed]:
    """Every row a roster prints, and how often."""
    return Counter(listing.printed for listing in found.listings)


def kinds(events: Iterable[Event]) -> list[str]:
    """The kinds of events, in their order."""
    return [event.kind for event in events]


def changed(event: Event, name: str) -> tuple[Any, Any]:
    """What `event` says changed in the field `name`: (old, new); fails the test where it says nothing of it."""
    assert name in event.changes, f"{event.kind} says nothing of {name}: {dict(event.changes)}"
    return event.changes[name]
