"""`python -m tests.chaos FAULTS KILLS [SEED]`: the whole archive of real publications, once quietly and once among faults.

Exit 1 unless both runs leave the same record, every alert was delivered, and no file is left half written.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from tests.chaos.contents import TABLES, contents, differences
from tests.chaos.driver import Plan, Run, drive, half_written, untold, verified
from tests.chaos.receivers import receivers
from tests.chaos.sources import Archive
from tests.support.archive import ARCHIVE
from tests.support.replay import replaying

_SHOWN = 20


def main(faults: int, kills: int, seed: int) -> int:
    console = Console(width=140)
    plans = {"quiet": Plan(), "chaos": Plan(seed, faults, kills, reloads=kills // 5, jumps=kills // 10)}
    console.print(f"seed {seed}")
    runs: dict[str, Run] = {}
    wrong: list[str] = []
    table = Table("Run", "Faults", "Kills", "Seconds", "Taken twice", *TABLES[:3], "events")
    folder = Path(tempfile.mkdtemp(prefix="monitor287g-chaos-"))
    states = {}
    with replaying() as replay:
        for name, plan in plans.items():
            (folder / name).mkdir()
            with receivers() as told, _bar(console) as bar:
                source = Archive(replay)
                task = bar.add_task(name, total=len(source.moments))
                run = runs[name] = drive(source, told, folder / name, plan, lambda bar=bar, task=task: bar.advance(task))
                missing, twice = untold(run.state, told)
            wrong += [f"{name}: {line}" for line in (*run.trouble, *missing, *half_written(run.state))]
            if said := verified(folder / name):
                wrong.append(f"{name}: evidence verify: {said}")
            state = states[name] = contents(run.state, run.moments)
            sizes = [str(len(state[one])) for one in (*TABLES[:3], "events")]
            table.add_row(name, str(sum(run.faults.values())), str(run.kills), f"{run.seconds:.0f}", str(twice), *sizes)
    wrong += differences(states["quiet"], states["chaos"])
    kinds = Table("Fault", "Times")
    for kind, number in sorted(runs["chaos"].faults.items()):
        kinds.add_row(kind, str(number))
    console.print(kinds, table)
    for line in wrong[:_SHOWN]:
        console.print(line, markup=False, style="red")
    console.print(
        f"{len(wrong)} differences; {folder}" if wrong else "the same record, every alert delivered, nothing half written"
    )
    return 1 if wrong else 0


def _bar(console: Console) -> Progress:
    return Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console)


if __name__ == "__main__":
    if not ARCHIVE.is_dir():
        sys.exit(f"{ARCHIVE} is not there; it holds the publications that are replayed")
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(given[0], given[1], given[2] if len(given) > 2 else 287))
