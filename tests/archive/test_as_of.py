"""As of every step of the archive: what the event log alone says stood is what the lists printed then."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from monitor.cli import cli
from monitor.core import replay
from monitor.core.events import Event
from monitor.core.roster import Printed, Roster, copies
from monitor.reader import read_roster
from monitor.store import Store
from tests.archive.conftest import ARCHIVE


def test_as_of_all_464_steps_the_log_alone_gives_the_rosters_as_published(whole_archive: Path) -> None:
    store = Store.open(whole_archive / "monitor.db")
    try:
        # Through the lines that anyone gets: nothing but the log is used.
        events = [Event.from_json(json.loads(line)) for _, line, _ in store.lines()]
    finally:
        store.close()
    held = {(event.publication.list, event.at) for event in events if event.kind == "publication.held" and event.publication}
    with (ARCHIVE / "timeline.csv").open(newline="") as file:
        timeline = [
            (datetime.fromisoformat(row["published_at"]), ARCHIVE / row["listed_as"] / row["file"])
            for row in csv.DictReader(file)
        ]
    assert len(timeline) == 464
    published: dict[str, Counter[Printed]] = {}
    differing = []
    for number, (moment, path) in enumerate(timeline):
        name, rows = rows_of(path.read_bytes(), moment)
        if (name, moment) not in held:
            published[name] = rows
        if number + 1 < len(timeline) and timeline[number + 1][0] == moment:
            continue  # as of a moment all that it brought is known
        standing = replay.standing(event for event in events if event.at <= moment).values()
        for name, rows in published.items():
            if Counter(printed for one in standing if one.list == name for printed in copies(one)) != rows:
                differing.append((moment, name))
    assert differing == []
    assert len(held) == 1
    as_asked(whole_archive, timeline[-1][0], sum(published["participating"].values()))


@cache
def rows_of(body: bytes, moment: datetime) -> tuple[str, Counter[Printed]]:
    """(which list a document holds, the rows it prints)."""
    found = read_roster(body, moment, "")
    assert isinstance(found, Roster)
    return found.list, Counter(row.printed for row in found.listings)


def as_asked(folder: Path, moment: datetime, rows: int) -> None:
    """The command answers from the same replay."""
    result = CliRunner().invoke(cli, ["--state", str(folder), "agreements", "--as-of", moment.isoformat(), "--json"])
    assert sum(1 + len(one.get("also_printed", ())) for one in json.loads(result.stdout)) == rows
