"""An archive filled in, as a user would, and the public files while its last publications come."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import PROGRAM, Figure, megabytes, run, unhurried
from monitor.backfill import Backfill, contents
from monitor.config import Settings
from monitor.evidence import Evidence
from monitor.publishers import Kept, publish, refresh
from monitor.store import Store
from tests.support.rows import rows_of

# The last publications of the archive, each a measurement.
LAST = 40


def backfill(archive: Path) -> Iterator[Figure]:
    """Twice into new directories, and once more over the second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        used = [
            run([*PROGRAM, "--state", str(folder / state), "backfill", str(archive)]) for state in ("first", "second", "second")
        ]
        yield Figure("Backfill of the archive", "s", [one.wall for one in used[:2]], goal=20)
        yield Figure("… memory at most", "MB", megabytes([one.peak for one in used[:2]]), goal=250)
        yield Figure("… over what is known already", "s", [used[2].wall])
        tables = [rows_of(folder / state / "monitor.db") for state in ("first", "second")]
        different = [table for table, content in tables[0].items() if content != tables[1][table]]
        yield Figure(
            f"… tables that differ between the two ({sum(map(len, tables[0].values())):,} rows)", "", [len(different)], goal=0
        )


def publishing(archive: Path) -> Iterator[Figure]:
    """All files from most of the archive, then what each of the last publications changes."""
    archived = contents(archive, datetime.now(UTC)).captures
    with tempfile.TemporaryDirectory() as name, closing(Store.open(Path(name) / "monitor.db")) as store, unhurried():
        folder, settings = Path(name), Settings()
        evidence, kept, public = Evidence(folder / "documents"), Kept(), folder / "public"
        history = Backfill(store, evidence, settings)
        for _ in history.replay(archived[:-LAST]):
            pass
        publish(store, settings, evidence, public, archived[-LAST].at)
        took, files, midnights = [], [], []
        day = archived[-LAST].at.date()
        for one in archived[-LAST:]:
            if one.at.date() != day:
                # As the daemon's first poll of the day: days waited are counted anew, and pictures painted.
                day = one.at.date()
                begin = time.perf_counter()
                refresh(store, settings, evidence, public, datetime.combine(day, datetime.min.time(), UTC), kept)
                midnights.append((time.perf_counter() - begin) * 1e3)
            if not any(each.events for each in history.replay([one])):
                continue
            begin = time.perf_counter()
            files.append(len(refresh(store, settings, evidence, public, one.at, kept)))
            took.append((time.perf_counter() - begin) * 1e3)
        begin = time.perf_counter()
        quiet = refresh(store, settings, evidence, public, archived[-1].at)
        idle = (time.perf_counter() - begin) * 1e3
        begin = time.perf_counter()
        built, _ = publish(store, settings, evidence, folder / "again", archived[-1].at + timedelta(days=1))
        whole = time.perf_counter() - begin
        yield Figure("Public files after one publication of the archive", "ms", took)
        yield Figure("… files rewritten", "", files)
        yield Figure("… at midnight, pictures painted", "ms", midnights)
        yield Figure(f"… after a poll without change ({len(quiet)} files)", "ms", [idle])
        yield Figure(f"… whole ({built:,} files)", "s", [whole])
