"""`python -m tests.chaos.soak POLLS`: one daemon that polls again and again, as over a year, and must need no more at its end.

The scheduler polls as fast as it can. The clock is set forward by ten minutes for every poll, so that records of polls get old and are
thinned as they are in earnest; of this the daemon notices each few seconds that the clock was set, and plans anew.

Exit 1 where memory, open files, threads or the database grow.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from monitor.store.journal import KEPT
from tests.chaos.clock import Clock
from tests.chaos.driver import Daemon
from tests.support.process import write_config
from tests.support.sheets import pending_sheet, row, sheet
from tests.support.site import Site, serving

APART = timedelta(minutes=10)
WARM_UP = 1_000
# A list changes every so many polls: every second day.
CHANGE_EVERY = 250
AGENCIES = 300
MEMORY = 1.05
# What a list that changed leaves in the record for ever: its publication, events and sightings, in bytes. Some 11 KB of these lists.
RECORD = 16 << 10
# By then records of polls go as fast as they come, whatever the policy keeps of those that are newer.
_FULL = int(KEPT / APART * 1.1)
_FASTEST = "0.001s"
_TICK = 0.1
_PATIENCE = 120.0


@dataclass(frozen=True)
class Sample:
    """What the daemon needed after so many polls: resident memory and database (bytes), open files, threads."""

    polls: int
    memory: int
    files: int
    threads: int
    database: int


def sample(process: int, state: Path, polls: int) -> Sample:
    """Of the process with this id, now."""
    proc = Path("/proc") / str(process)
    said = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    return Sample(
        polls,
        int(said["VmRSS"].split()[0]) * 1024,
        len([*(proc / "fd").iterdir()]),
        int(said["Threads"]),
        (state / "monitor.db").stat().st_size,
    )


def grown(samples: Sequence[Sample], warm_up: int = WARM_UP, full: int = _FULL) -> list[str]:
    """What is more at the end than after the warm-up, in words."""
    last = samples[-1].polls
    first = [one for one in samples if warm_up <= one.polls < 2 * warm_up]
    end = [one for one in samples if one.polls > last - warm_up]
    before, after = (statistics.median(one.memory for one in some) for some in (first, end))
    wrong = []
    if after > before * MEMORY:
        wrong.append(f"memory grew from {before / 2**20:.1f} to {after / 2**20:.1f} MB")
    for name in ("files", "threads"):
        # What comes and goes with a poll or a reader is no leak; what stays lifts even the lowest sample.
        most, least = max(getattr(one, name) for one in first), min(getattr(one, name) for one in end)
        if least > most:
            wrong.append(f"{name} grew from {most} to {least}")
    thinned = [one for one in samples if one.polls >= full]
    if thinned and samples[-1].database > thinned[0].database + RECORD * ((last - thinned[0].polls) // CHANGE_EVERY):
        sizes = (one.database / 2**20 for one in (thinned[0], samples[-1]))
        wrong.append("the database grew from {:.1f} to {:.1f} MB after {} polls".format(*sizes, thinned[0].polls))
    return wrong


def soak(site: Site, folder: Path, polls: int, seen: Callable[[Sample], None]) -> list[Sample]:
    """Runs the daemon in `folder` until it has polled so often. Raises AssertionError where it ends by itself, or no longer polls."""
    state, changes = folder / "state", 0
    config = write_config(
        folder / "config.yaml",
        page=site.page_url,
        state=str(state),
        poll={"busy": {"every": _FASTEST}, "otherwise": _FASTEST, "jitter": "0s"},
        log={"level": "warning"},
    )
    began = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
    clock = Clock(folder / "clock")
    clock.set(began)
    _publish(site, changes)
    samples: list[Sample] = []
    daemon = Daemon(config, clock.path, folder / "daemon.log")
    try:
        daemon.start()
        done, since = 0, time.monotonic()
        while done < polls:
            time.sleep(_TICK)
            if daemon.ended():
                raise AssertionError(f"the daemon ended by itself: {(folder / 'daemon.log').read_text('utf-8')[-2000:]}")
            now = _polls(state)
            if now == done:
                if time.monotonic() - since > _PATIENCE:
                    raise AssertionError(f"no poll came after poll {done}")
                continue
            done, since = now, time.monotonic()
            clock.set(began + done * APART)
            if done // CHANGE_EVERY > changes:
                changes = done // CHANGE_EVERY
                _publish(site, changes)
            site.requests.clear()
            samples.append(sample(daemon.number, state, done))
            seen(samples[-1])
        if code := daemon.stop():
            raise AssertionError(f"stopped with exit code {code}")
    finally:
        daemon.close()
    return samples


def _polls(state: Path) -> int:
    """How many polls are recorded or were; 0 before the first."""
    if not (state / "monitor.db").exists():
        return 0
    with closing(sqlite3.connect(state / "monitor.db", timeout=10)) as connection:
        try:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM polls").fetchone()[0])
        except sqlite3.OperationalError:
            return 0  # the schema is not there yet


def _publish(site: Site, number: int) -> None:
    """The lists after `number` changes: each time one agency is new and the oldest gone, and every fifth time an application too."""
    site.documents.clear()
    rows = [row("TEXAS", f"Town {one} Police Department") for one in range(number, number + AGENCIES)]
    later = number // 5
    pending = [row("OHIO", f"Village {one} Police Department") for one in range(later, later + 20)]
    stamp = datetime(2025, 6, 2, 12, 0, tzinfo=UTC) + timedelta(minutes=number)
    for name, body in (("participating", sheet(rows)), ("pending", pending_sheet(pending))):
        site.publish(
            name, body, f"{name}{number if name == 'participating' else later}.xlsx", f"{stamp:%a, %d %b %Y %H:%M:%S} GMT"
        )


def main(polls: int) -> int:
    console = Console(width=120)
    folder = Path(tempfile.mkdtemp(prefix="monitor287g-soak-"))
    began = time.monotonic()
    console.print(f"samples: {folder / 'samples.csv'}")
    with (
        serving() as site,
        (folder / "samples.csv").open("w", buffering=1) as table_of_all,
        Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as bar,
    ):
        task = bar.add_task("polls", total=polls)

        def seen(one: Sample) -> None:
            print(*astuple(one), sep=",", file=table_of_all)
            bar.update(task, completed=one.polls)

        samples = soak(site, folder, polls, seen)
    seconds = time.monotonic() - began
    table = Table("Polls", "Memory, MB", "Files", "Threads", "Database, MB")
    marks = [WARM_UP, *(polls * part // 10 for part in range(1, 10))]
    shown = [next(one for one in samples if one.polls >= mark) for mark in sorted(marks) if mark < polls]
    for one in (*shown, samples[-1]):
        values = (f"{one.memory / 2**20:.1f}", str(one.files), str(one.threads), f"{one.database / 2**20:.1f}")
        table.add_row(f"{one.polls:,}", *values)
    console.print(table)
    with closing(sqlite3.connect(folder / "state" / "monitor.db")) as connection:
        kept = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("polls", "fetches", "events")}
    console.print(
        f"{samples[-1].polls:,} polls in {seconds:,.0f} s; kept: " + ", ".join(f"{n:,} {name}" for name, n in kept.items())
    )
    wrong = grown(samples, min(WARM_UP, polls // 3))
    for line in wrong:
        console.print(line, style="red")
    console.print(f"see {folder}" if wrong else "nothing grew")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
