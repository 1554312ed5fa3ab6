"""How long it takes to compare a publication with what stood: invented rosters of the size of today's list and far beyond.

`python -m benchmarks.comparing [--runs N]` prints, for each case, the median and the spread of `differ.diff` alone, once with every
cache of the core emptied before the new roster is read (a process that has just started) and once with them filled (one that has run
for days).
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.invented import COLUMNS, MODELS, Line, lines, redated, renamed, reposted
from benchmarks.measure import machine
from benchmarks.rosters import caches
from monitor.core import roster
from monitor.core.differ import Changes, diff
from monitor.core.events import PublicationRef
from monitor.core.memory import Memory
from monitor.core.roster import PARTICIPATING, Roster
from monitor.core.sheet import Cell, Sheet

SEEN_AT = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """Two rosters to compare; `goal` is the time allowed in milliseconds (None: no goal is set)."""

    name: str
    before: Sequence[Line]
    after: Sequence[Line]
    goal: float | None


# -- invented rosters ------------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    many = lines(103_000)
    today, strangers = many[:1_843], many[50_000:50_200]
    vast, newcomers = many[:100_000], many[100_000:100_500]
    # Towns of one state that signed on one day, so that any that goes may be any that comes.
    names = {line[1].split(" County ")[0] for line in many}
    towns = [name for name in sorted(names) if name.isalpha() and len(name) > 4][:1_200:3]
    batch = [("TEXAS", f"{town} Police Department", MODELS[1], date(2025, 5, 20), "") for town in towns]
    fourth = 500
    changed = [
        *map(renamed, vast[:fourth]),
        *map(redated, vast[fourth : 2 * fourth]),
        *map(reposted, vast[2 * fourth : 3 * fourth]),
        *newcomers,
    ]
    return [
        Case("1,843 rows, the same again", today, today, None),
        Case("1,843 rows, 200 gone and 200 others come", today, [*today[200:], *strangers], 50),
        Case("1,843 rows, 200 printed with a slip", today, [*map(renamed, today[:200]), *today[200:]], 50),
        Case(
            "1,843 rows, 200 gone and 200 come of one state, model, date",
            [*today[:1_643], *batch[::2]],
            [*today[:1_643], *batch[1::2]],
            50,
        ),
        Case("100,000 rows, 2,000 changed", vast, [*changed, *vast[4 * fourth :]], 3_000),
    ]


def roster_of(lines: Sequence[Line]) -> Roster:
    """The roster that a sheet with these lines holds."""
    rows: list[list[Cell]] = [[*COLUMNS]]
    links: dict[tuple[int, int], str] = {}
    for number, (state, agency, model, signed, document) in enumerate(lines, 2):
        rows.append([state, agency, "County", "", model, signed, "link" if document else "link pending", ""])
        if document:
            links[number, 7] = f"https://www.ice.gov/doclib/287gMOA/{document}"
    found = roster.read([Sheet("Sheet1", rows, links)], SEEN_AT.date())
    if not isinstance(found, Roster):
        raise SystemExit(f"the invented sheet holds no list: {found.detail}")
    return found


def learnt(found: Roster) -> Memory:
    """What is remembered after a first publication of `found`."""
    return Memory(standing=diff(Memory(), found, publication(1)).known)


def publication(number: int) -> PublicationRef:
    return PublicationRef(number, PARTICIPATING, "participatingAgencies.xlsx", "0" * 64, SEEN_AT + timedelta(days=number))


# -- measuring -------------------------------------------------------------------------------------------------------------------


def measured(memory: Memory, lines: Sequence[Line], runs: int, *, cold: bool) -> tuple[list[float], Changes]:
    """Milliseconds of each of `runs` comparisons with a roster of `lines`, and what they found."""
    clear = caches()
    found = roster_of(lines)
    changes = diff(memory, found, publication(2))
    times = []
    for _ in range(runs):
        if cold:
            for empty in clear:
                empty()
            found = roster_of(lines)  # what a process reads before it compares
        gc.collect()
        start = time.perf_counter()
        changes = diff(memory, found, publication(2))
        times.append((time.perf_counter() - start) * 1_000)
    return times, changes


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="comparisons per case and kind (default: %(default)s)")
    runs = max(1, parser.parse_args().runs)
    table = Table(
        title="differ.diff, milliseconds", caption="cold: every cache of the core emptied before the new roster is read"
    )
    for heading in ("case", "caches", "runs", "median", "least", "most", "goal", "met", "events"):
        table.add_column(heading, justify="left" if heading in ("case", "caches", "met") else "right")
    for case in cases():
        memory = learnt(roster_of(case.before))
        for kind in ("cold", "warm"):
            # A case of 100,000 rows takes a while; a third of the runs tell enough.
            number = runs if len(case.before) < 10_000 else max(1, runs // 3)
            times, changes = measured(memory, case.after, number, cold=kind == "cold")
            median = statistics.median(times)
            figures = [f"{value:,.1f}" for value in (median, min(times), max(times))]
            goal = f"{case.goal:,.0f}" if case.goal else ""
            met = "" if case.goal is None else "yes" if median < case.goal else "NO"
            table.add_row(case.name, kind, str(number), *figures, goal, met, f"{len(changes.events):,}")
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(machine())
    console.print(table)


if __name__ == "__main__":
    main()
