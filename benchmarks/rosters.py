"""A changed list from its bytes to the commit of its events and alerts, at four sizes, and the same station by station."""

from __future__ import annotations

import importlib
import io
import pkgutil
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook

import monitor.core
from benchmarks.invented import lines, next_publication, workbook
from benchmarks.measure import Figure, timed, unhurried
from monitor.config import Settings
from monitor.core import differ, roster
from monitor.core import workbook as sheets
from monitor.core.events import PublicationRef
from monitor.core.hasher import bytes_digest, roster_digest
from monitor.core.roster import Roster
from monitor.evidence import Evidence
from monitor.intake import Arrival, Intake
from monitor.publishers import publish, refresh
from monitor.reader import read_roster
from monitor.statedir import StateDirectory
from monitor.store import Store

SIZES = (150, 1_843, 20_000, 100_000)
GOALS = {1_843: 60.0, 100_000: 4_000.0}
_AT = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)
_URL = "https://www.ice.gov/doclib/participatingAgencies.xlsx"
_CHANNEL = {"type": "slack", "name": "news", "webhook": "https://hooks.slack.com/services/T0/B0/benchmark"}
_SETTINGS = Settings.model_validate({"channels": [_CHANNEL]})


def caches() -> list[Callable[[], None]]:
    """What empties each cache that comparing fills."""
    modules = [info.name for info in pkgutil.iter_modules(monitor.core.__path__, "monitor.core.")]
    values = [value for name in (*modules, "monitor.store.listings") for value in vars(importlib.import_module(name)).values()]
    return [clear for value in values if callable(clear := getattr(value, "cache_clear", None))]


def _read(body: bytes) -> Roster:
    found = read_roster(body, _AT, _URL)
    if not isinstance(found, Roster):
        raise SystemExit(f"the invented list cannot be read: {found.detail}")
    return found


def take(intake: Intake, body: bytes, at: datetime) -> int:
    """Reads and commits one publication; the number of its events."""
    arrival = Arrival(body, bytes_digest(body), _read(body), _URL, "participatingAgencies.xlsx", "participating")
    return len(intake.take(arrival, at).events)


def _taken(state: Path, body: bytes, at: datetime) -> None:
    with closing(Store.open(state / "monitor.db")) as store:
        take(Intake(store, Evidence(state / "documents"), _SETTINGS), body, at)


def figures() -> Iterator[Figure]:
    for size in SIZES:
        before = lines(size)
        first, second = workbook(before), workbook(next_publication(before))
        number = 9 if size < 10_000 else 3
        with tempfile.TemporaryDirectory() as name:
            start = Path(name) / "start"
            _taken(start, first, _AT)
            for cold in (False, True):
                times = []
                for run in range(number + 1):
                    state = Path(name) / f"{cold}{run}"
                    shutil.copytree(start, state)
                    if cold:
                        for clear in caches():
                            clear()
                    with closing(Store.open(state / "monitor.db")) as store, unhurried():
                        intake = Intake(store, Evidence(state / "documents"), _SETTINGS)
                        begin = time.perf_counter()
                        events = take(intake, second, _AT + timedelta(days=1))
                        times.append((time.perf_counter() - begin) * 1e3)
                    shutil.rmtree(state)
                how = "in a fresh process" if cold else "in a process that read it before"
                goal = None if cold else GOALS.get(size)
                yield Figure(f"{size:,} rows, {events:,} events, {how}: bytes to commit", "ms", times[1:], goal)
                if size in GOALS:
                    yield Figure("… each row", "µs", [one * 1e3 / size for one in times[1:]])


def stations() -> Iterator[Figure]:
    """1,843 rows, in a process that has read the list before."""
    before = lines(1_843)
    first, second = workbook(before), workbook(next_publication(before))
    number = 15
    ref = PublicationRef(2, roster.PARTICIPATING, "participatingAgencies.xlsx", "0" * 64, _AT + timedelta(days=1))
    with tempfile.TemporaryDirectory() as name:
        start = Path(name) / "start"
        _taken(start, first, _AT)
        archive = zipfile.ZipFile(io.BytesIO(second))
        parts = {one: archive.read(one) for one in archive.namelist()}
        path = "xl/worksheets/sheet1.xml"
        book = sheets.read(second)
        if not isinstance(book, list):
            raise SystemExit(book.detail)
        read = _read(second)
        with closing(Store.open(start / "monitor.db")) as store, unhurried():
            memory = store.memory(roster.PARTICIPATING)
            done: list[tuple[str, Callable[[], object]]] = [
                ("unzip", lambda: [zipfile.ZipFile(io.BytesIO(second)).read(one) for one in parts]),
                ("limits", lambda: sheets._too_spread(parts)),
                (
                    "cells (calamine)",
                    lambda: CalamineWorkbook.from_filelike(io.BytesIO(second)).get_sheet_by_index(0).to_python(),
                ),
                ("links", lambda: dict(sheets._links(parts[path], sheets._relations(parts, path), book[0].rows))),
                ("all of the workbook", lambda: sheets.read(second)),
                ("normalise", lambda: roster.read(book, _AT.date())),
                ("digest", lambda: roster_digest(read.list, read.listings)),
                ("what is known, from the database", lambda: store.memory(roster.PARTICIPATING)),
                ("diff", lambda: differ.diff(memory, read, ref)),
            ]
            for what, work in done:
                yield Figure(what, "ms", timed(work, number))
        times = []
        for run in range(number):
            state = Path(name) / f"store{run}"
            shutil.copytree(start, state)
            with closing(Store.open(state / "monitor.db")) as store, unhurried():
                arrival = Arrival(second, bytes_digest(second), read, _URL, "participatingAgencies.xlsx", "participating")
                begin = time.perf_counter()
                Intake(store, Evidence(state / "documents"), _SETTINGS).take(arrival, _AT + timedelta(days=1))
                times.append((time.perf_counter() - begin) * 1e3)
            shutil.rmtree(state)
        yield Figure("all from the list on: digest, known, diff, guard, store", "ms", times)
        yield from _publishing(Path(name), start, second)


def _publishing(folder: Path, start: Path, body: bytes) -> Iterator[Figure]:
    whole, after = [], []
    for run in range(5):
        state = StateDirectory(folder / f"publish{run}")
        shutil.copytree(start, state.path)
        with closing(Store.open(state.database)) as store:
            evidence = Evidence(state.documents)
            begin = time.perf_counter()
            publish(store, _SETTINGS, evidence, state.public, _AT)
            whole.append((time.perf_counter() - begin) * 1e3)
        _taken(state.path, body, _AT + timedelta(hours=1))
        with closing(Store.open(state.database)) as store:
            begin = time.perf_counter()
            refresh(store, _SETTINGS, evidence, state.public, _AT + timedelta(hours=1))
            after.append((time.perf_counter() - begin) * 1e3)
        shutil.rmtree(state.path)
    yield Figure("publish: what one publication changed", "ms", after)
    yield Figure("publish: the whole site", "ms", whole)
