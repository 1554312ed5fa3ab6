"""Real files filled in by their names alone, against the timeline that was observed."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from monitor.store import Store
from tests.archive.conftest import ARCHIVE
from tests.support.archive import filled

# Publications of July and August 2025: names with `am`, `pm`, `_b`.
CHOSEN = slice(210, 300)
COLUMNS = ("listed_as", "name", "file", "published_at")


@pytest.fixture
def timeline() -> list[dict[str, str]]:
    with (ARCHIVE / "timeline.csv").open(newline="") as file:
        return [*csv.DictReader(file)][CHOSEN]


def told(folder: Path, state: Path) -> tuple[Counter[tuple[str, str | None]], Counter[tuple[str, ...]]]:
    """(what was told of which state, what stands: an agreement may be known by the spelling that was read first)."""
    store = Store.open(state / "monitor.db")
    try:
        assert [one.capture.path.name for one in filled(store, folder, state / "documents") if one.detail] == []
        events = Counter((event.kind, event.state) for event in store.events())
        rows = (*store.standing("participating"), *store.standing("pending"))
        return events, Counter((row.list, row.state or "", row.agency, row.model or "", str(row.signed)) for row in rows)
    finally:
        store.close()


def test_names_alone_give_what_the_timeline_gives(timeline: list[dict[str, str]], tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    for row in timeline:
        (folder / row["listed_as"]).mkdir(parents=True, exist_ok=True)
        shutil.copy(ARCHIVE / row["listed_as"] / row["file"], folder / row["listed_as"] / row["file"])
    by_name = told(folder, tmp_path / "by name")
    with (folder / "timeline.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(timeline)
    by_timeline = told(folder, tmp_path / "by timeline")
    assert by_name == by_timeline
    assert sum(by_name[0].values()) > 500
