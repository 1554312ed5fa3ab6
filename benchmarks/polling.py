"""A poll without change, in the daemon and as a command; the daemon's memory; a changed list as the daemon takes it."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.measure import PROGRAM, Figure, cpu, megabytes, milliseconds, resident, runs
from benchmarks.site import publish_next, published
from tests.support.process import Daemon, daemon, write_config
from tests.support.site import PAGE, Site

POLLS, MANY = 40, 1_000
_EVERY = 0.25


@contextmanager
def watching(folder: Path, site: Site, every: str) -> Iterator[Daemon]:
    """A daemon that polls the site so often, after it has learnt the list and published it."""
    config = write_config(
        folder / "config.yaml",
        page=site.page_url,
        state=str(folder / "state"),
        poll={"busy": {"every": every}, "otherwise": every, "jitter": "0s"},
    )
    with daemon(config, PROGRAM) as running:
        running.wait_for(r"public files: \d+ written")
        time.sleep(2)
        yield running


def polls(folder: Path) -> list[int]:
    """Milliseconds of the polls on record."""
    with closing(sqlite3.connect(folder / "state" / "monitor.db")) as sql:
        return [millis for (millis,) in sql.execute("SELECT millis FROM polls ORDER BY id")]


def figures() -> Iterator[Figure]:
    with published() as site, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with watching(folder, site, f"{_EVERY}s") as running:
            used, took, requests, pages, documents = [], [], [], [], []
            for _ in range(5):
                first, begin, asked = len(polls(folder)), cpu(running.process.pid), len(site.requests)
                time.sleep(POLLS * _EVERY)
                made = polls(folder)[first:]
                new = site.requests[asked:]
                used.append((cpu(running.process.pid) - begin) / len(made))
                took += made
                requests.append(len(new) / len(made))
                pages.append(sum(PAGE in one.path and one.status == 200 for one in new) / len(made))
                documents.append(sum(PAGE not in one.path and one.status == 200 for one in new) / len(made))
            yield Figure("Poll without change, in the daemon: processor", "ms", milliseconds(used), goal=20)
            yield Figure("… the same, fetch to record", "ms", took)
            yield Figure("… requests", "", [round(one, 1) for one in requests])
            yield Figure("… page bodies transferred", "", [round(one, 1) for one in pages], goal=1)
            yield Figure("… document bodies transferred", "", [round(one, 1) for one in documents], goal=0)
        checks = runs([*PROGRAM, "--config", str(folder / "config.yaml"), "check"], 15)
        yield Figure("`check` without change, start included", "ms", milliseconds([one.wall for one in checks]), goal=350)
        yield Figure("… processor", "ms", milliseconds([one.cpu for one in checks]))
        yield Figure("… memory at most", "MB", megabytes([one.peak for one in checks]))


def changed() -> Iterator[Figure]:
    """From the change on the page to the record, and to the public files, as the daemon does it."""
    committed, written = [], []
    for _ in range(5):
        with published() as site, tempfile.TemporaryDirectory() as name, watching(Path(name), site, "0.05s") as running:
            publish_next(site)
            begin = time.perf_counter()
            running.wait_for(r"poll: changed")
            committed.append(time.perf_counter() - begin)
            running.wait_for(r"public files: \d+ written")
            written.append(time.perf_counter() - begin)
    yield Figure("Changed list, in the daemon: page to record, in processes of their own", "ms", milliseconds(committed))
    yield Figure("… page to public files", "ms", milliseconds(written))


def memory() -> Iterator[Figure]:
    with published() as site, tempfile.TemporaryDirectory() as name:
        with watching(Path(name), site, "1h") as running:
            time.sleep(2)
            yield Figure("Daemon at rest, after it learnt the list", "MB", megabytes([resident(running.process.pid)]), goal=80)
        busy = Path(name) / "busy"
        busy.mkdir()
        with watching(busy, site, "0.001s") as running:
            while len(polls(busy)) < MANY:
                time.sleep(0.5)
            yield Figure(f"Daemon after {MANY:,} polls", "MB", megabytes([resident(running.process.pid)]))


def starting() -> Iterator[Figure]:
    """How long commands take to start."""
    from monitor.cli import cli

    with tempfile.TemporaryDirectory() as name, published() as site:
        config = write_config(Path(name) / "config.yaml", page=site.page_url, state=str(Path(name) / "state"))
        base = [*PROGRAM, "--config", str(config)]
        runs([*base, "check"], 0)
        yield Figure("`--version`", "ms", milliseconds([one.wall for one in runs([*PROGRAM, "--version"], 15)]), goal=80)
        for command in sorted(cli.list_commands(None)):  # type: ignore[arg-type]
            took = runs([*base, command, "--help"], 5)
            yield Figure(f"`{command} --help`", "ms", milliseconds([one.wall for one in took]))
        for command in ("status", "events", "agreements", "report"):
            took = runs([*base, command], 5)
            yield Figure(f"`{command}` of 1,843 agreements", "ms", milliseconds([one.wall for one in took]))


def installed() -> Iterator[Figure]:
    """What the program and all that it runs on take on a disk, with bytecode."""
    size = sum(one.stat().st_blocks * 512 for one in Path(PROGRAM[0]).parents[1].glob("lib/*/site-packages/**/*"))
    yield Figure("Installed: the program and all that it runs on, with bytecode, blocks of the disk", "MB", [size / 1e6], goal=90)
