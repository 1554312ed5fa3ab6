"""How long the public files take: all of them from an archive, and those that one more publication changes.

Usage: bench_publish.py ARCHIVE. Replays the archive, builds everything into an empty folder, then plays its last publications as the daemon
does: each is committed, and what it changes is rebuilt. Prints seconds, numbers of files and the peak memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.backfill import Backfill, contents
from monitor.config import Settings
from monitor.evidence import Evidence
from monitor.publishers import Kept, publish, refresh
from monitor.store import Store

# The last publications of the archive, each a measurement.
LAST = 40


def main() -> None:
    archived = contents(Path(sys.argv[1]), datetime.now(UTC)).captures
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, evidence, settings = Store.open(folder / "monitor.db"), Evidence(folder / "documents"), Settings()
        backfill = Backfill(store, evidence, settings)
        for _ in backfill.replay(archived[:-LAST]):
            pass
        public = folder / "public"
        publish(store, settings, evidence, public, archived[-LAST].at)
        took, files, kept = [], [], Kept()
        day = archived[-LAST].at.date()
        midnights = []
        for one in archived[-LAST:]:
            if one.at.date() != day:
                # As the daemon's first poll of the day: days waited are counted anew, and pictures painted.
                day = one.at.date()
                begin = time.perf_counter()
                refresh(store, settings, evidence, public, datetime.combine(day, datetime.min.time(), UTC), kept)
                midnights.append(time.perf_counter() - begin)
            if not any(each.events for each in backfill.replay([one])):
                continue
            begin = time.perf_counter()
            written = refresh(store, settings, evidence, public, one.at, kept)
            took.append((time.perf_counter() - begin, len(written), one.name))
            files.append(len(written))
        begin = time.perf_counter()
        quiet = refresh(store, settings, evidence, public, archived[-1].at)
        idle = time.perf_counter() - begin
        print(
            f"after one publication ({len(took)} of them): median {statistics.median(one[0] for one in took) * 1e3:.0f} ms,"
            f" worst {max(took)[0] * 1e3:.0f} ms ({max(took)[1]} files, {max(took)[2]}); median {statistics.median(files):.0f} files"
        )
        print(f"at midnight ({len(midnights)}): median {statistics.median(midnights) * 1e3:.0f} ms, with the pictures painted")
        print(f"after a poll without a change: {idle * 1e3:.1f} ms, {len(quiet)} files")
        again = folder / "again"
        begin = time.perf_counter()
        built, _ = publish(store, settings, evidence, again, archived[-1].at + timedelta(days=1))
        print(f"whole, into an empty folder: {time.perf_counter() - begin:.1f} s, {built:,} files")
        store.close()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
