"""Fifteen months of real publications through the real line, one poll per publication."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from monitor.core.publication import HELD
from monitor.core.roster import Printed, copies
from monitor.report import figures
from tests.archive.reading import printed_rows
from tests.support.archive import ARCHIVE, SHARED
from tests.support.line import Line
from tests.support.replay import Replay
from tests.support.site import Site


@dataclass
class Replayed:
    """What the replay left: the line, outcomes by name, and every publication's roster that differs from openpyxl's reading."""

    line: Line
    outcomes: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)
    compared: int = 0
    events_on_same_bytes: list[str] = field(default_factory=list)
    press: dict[str, object] = field(default_factory=dict)


@pytest.fixture(scope="module")
def replayed(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """The whole archive, polled step by step."""
    result = Replayed(Line(Site(), tmp_path_factory.mktemp("replay"), page=replay.page_url))
    watch = result.line
    timeline = replay.timeline
    current: dict[str, str] = {}
    try:
        for step, entry in enumerate(timeline):
            replay.control("step", to=step)
            watch.now = datetime.fromisoformat(entry["published_at"])
            poll = watch.poll(after=datetime.resolution * 0)
            result.outcomes[poll.outcome] += 1
            if current.get(entry["listed_as"]) == entry["sha256"] and poll.events:
                result.events_on_same_bytes.append(entry["file"])
            current[entry["listed_as"]] = entry["sha256"]
            for publication in poll.publications:
                if publication.status != HELD:
                    result.compared += 1
                    body = watch.evidence.read(publication.sha256)
                    assert body is not None
                    stored: Counter[Printed] = Counter(p for row in watch.store.standing(publication.list) for p in copies(row))
                    if stored != printed_rows(body):
                        result.differing.append(publication.name)
            if entry["published_at"].startswith("2025-05-29T15"):
                result.press = {
                    "agreements": figures(watch.store.standing("participating")),
                    "pending": figures(watch.store.standing("pending")),
                }
        yield result
    finally:
        watch.store.close()


def test_every_poll_ends_well(replayed: Replayed) -> None:
    assert set(replayed.outcomes) <= {"first_run", "changed", "unchanged", "incomplete"}
    # On the evening of 22 September 2025 both links gave the pending list for a while: the participating one was not to be had.
    assert replayed.outcomes["incomplete"] <= 2
    assert sum(replayed.outcomes.values()) == 464


def test_every_distinct_document_is_kept_under_its_hash(replayed: Replayed) -> None:
    with (ARCHIVE / "timeline.csv").open(newline="") as file:
        published = {row["sha256"] for row in csv.DictReader(file)}
    assert all(replayed.line.evidence.read(digest) is not None for digest in published)


def test_a_new_name_alone_tells_nothing(replayed: Replayed) -> None:
    assert replayed.events_on_same_bytes == []


def test_rosters_equal_an_independent_reading_row_for_row_and_link_for_link(replayed: Replayed) -> None:
    assert replayed.compared > 300
    assert replayed.differing == []


def test_the_figures_of_the_press_hold_for_29_may_2025(replayed: Replayed) -> None:
    agreements, pending = replayed.press["agreements"], replayed.press["pending"]
    assert isinstance(agreements, dict)
    assert isinstance(pending, dict)
    assert (agreements["total"], agreements["states"]) == (635, 40)
    assert agreements["models"] == {
        "JEM": {"total": 100, "states": 25},
        "TFM": {"total": 307, "states": 30},
        "WSO": {"total": 228, "states": 31},
    }
    assert pending["total"] == 68
    assert {model: count["total"] for model, count in pending["models"].items()} == {"JEM": 7, "TFM": 43, "WSO": 18}
    assert max(agreements["by_state"], key=lambda code: agreements["by_state"][code]) == "FL"


def test_the_log_agrees_with_the_hand_made_labels(replayed: Replayed, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text("".join(json.dumps(event.to_json()) + "\n" for event in replayed.line.store.events()))
    command = [
        sys.executable,
        str(SHARED / "tools" / "score.py"),
        str(log),
        str(ARCHIVE / "changes.csv"),
        str(ARCHIVE / "timeline.csv"),
    ]
    scored = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    words = scored.split()
    assert (int(words[1]), int(words[3])) == (0, 0), scored
    assert float(scored.split("corrections ")[1].split("%")[0]) >= 99, scored


def test_the_bad_evening_and_the_stale_list_tell_nothing(replayed: Replayed) -> None:
    bad = [("2025-04-21T14:00:00Z", "2025-04-21T23:59:59Z"), ("2025-09-22T20:00:00Z", "2025-09-23T04:00:00Z")]
    for since, until in bad:
        told = replayed.line.store.events(since=datetime.fromisoformat(since), until=datetime.fromisoformat(until))
        assert [e.kind for e in told if e.kind in ("agreement.added", "agreement.removed")] == []


@pytest.mark.parametrize("era", ["download", "table"])
def test_the_other_forms_of_the_page_give_the_same_roster(replay: Replay, tmp_path: Path, era: str) -> None:
    watch = Line(Site(), tmp_path, page=replay.page_url)
    try:
        for step in (20, 60):
            replay.control("step", to=step)
            replay.control("era", era="doclib")
            watch.poll()
            replay.control("era", era=era)
            # The table prints fewer columns and no addenda; no agreement may change for that.
            kinds = {event.kind for event in watch.poll().events if event.tells}
            assert not kinds & {"agreement.added", "agreement.removed", "agreement.renewed", "agreement.relisted"}
    finally:
        replay.control("era", era="doclib")
        watch.store.close()


KINDS = [
    "status 403",
    "status 404",
    "status 429",
    "status 500",
    "status 503",
    "blocked",
    "truncated",
    "garbage",
    "empty",
    "reset",
    "bomb",
]


@pytest.mark.parametrize("fault", [*KINDS, "slow", "redirect"])
@pytest.mark.parametrize("target", ["287g$", "participating", "pending"])
def test_every_fault_ends_in_a_named_outcome_and_the_next_poll_catches_up(
    replay: Replay, tmp_path: Path, fault: str, target: str
) -> None:
    kind, _, status = fault.partition(" ")
    value = int(status) if status else {"redirect": "https://example.org/", "slow": 0.5}.get(kind)
    # The first step at which both lists change after step 60.
    replay.control("step", to=60)
    watch = Line(Site(), tmp_path, page=replay.page_url, fetch={"attempts": 2, "timeout": "3s"})
    try:
        watch.poll()
        replay.control("step", to=66)
        replay.control("fault", path=target, kind=kind, value=value, times=50)
        outcome = watch.poll()
        assert not outcome.good, outcome
        assert outcome.outcome not in ("changed", "unchanged"), outcome
        replay.control("clear")
        caught_up = watch.poll()
        assert caught_up.good, caught_up
        told = Counter(watch.kinds())
    finally:
        replay.control("clear")
        watch.store.close()
    quiet = Line(Site(), tmp_path / "quiet", page=replay.page_url)
    try:
        replay.control("step", to=60)
        quiet.poll()
        replay.control("step", to=66)
        quiet.poll()
        assert told == Counter(quiet.kinds()), "a fault changed what was told"
        assert told, "the steps hold no change, so this test would show nothing"
    finally:
        quiet.store.close()
