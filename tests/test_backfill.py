"""History filled in from a folder: the poller's walk with files, told to nobody."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.backfill import BackfillError, Replayed, archived_publications, replay
from monitor.cli import cli
from monitor.config import Settings
from monitor.core.replay import standing
from monitor.evidence import Evidence
from monitor.intake import Intake
from monitor.store import Store
from tests.support.line import Line
from tests.support.process import write_config
from tests.support.sheets import JEM, pending_sheet, row, sheet
from tests.support.site import Site

Run = Callable[..., Result]
HEADINGS = "listed_as,name,file,published_at"
OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
FIRST, SECOND, THIRD = sheet(OLD), sheet(NEW), sheet(NEW[1:])
COUNTIES = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
DAY = 1_748_520_000  # 29 May 2025, 12:00 UTC


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.open(tmp_path / "state" / "monitor.db")
    yield one
    one.close()


def filled(store: Store, folder: Path, settings: Settings | None = None) -> list[Replayed]:
    """Fills `store` from the folder, as the command does."""
    evidence = Evidence(folder.parent / "state" / "documents")
    intake = Intake(store, evidence, settings or Settings(), announce=False)
    return [*replay(intake, archived_publications(folder))]


def put(folder: Path, files: Mapping[str, bytes], timeline: list[str] | None = None) -> None:
    """Writes an archive; without a timeline each file is a day younger than the one before."""
    for number, (name, body) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        os.utime(path, (DAY + number * 86_400,) * 2)
    if timeline is not None:
        (folder / "timeline.csv").write_text("\n".join([HEADINGS, *timeline, ""]), "utf-8")


def told(store: Store) -> list[tuple[str, str, str]]:
    """(kind, state, day) of everything told, in the log's order."""
    return [(event.kind, event.state or "", f"{event.at:%m-%d}") for event in store.events()]


def test_a_timeline_says_what_was_published_when_under_which_name(store: Store, archive: Path) -> None:
    timeline = [
        "participating,participatingAgencies05302025am.xlsx,b.xlsx,2025-05-30T14:00:00Z",
        "participating,participatingAgencies05292025am.xlsx,a.xlsx,2025-05-29T10:00:00-04:00",
        "pending,pendingAgencies05302025.xlsx,a.xlsx,2025-05-30T15:00:00",
    ]
    put(archive, {"a.xlsx": FIRST, "b.xlsx": SECOND, "pending/a.xlsx": pending_sheet([row("UTAH")])}, timeline)
    assert [one.outcome for one in filled(store, archive)] == ["taken", "taken", "taken"]
    publications = [(p.list, p.listed_as, p.name, f"{p.seen_at:%d %H:%M}") for p in reversed(store.publications())]
    assert publications == [
        ("participating", "participating", "participatingAgencies05292025am.xlsx", "29 14:00"),
        ("participating", "participating", "participatingAgencies05302025am.xlsx", "30 14:00"),
        ("pending", "pending", "pendingAgencies05302025.xlsx", "30 15:00"),
    ]
    assert told(store) == [("agreement.added", "OH", "05-30")]


def test_without_a_timeline_the_files_are_taken_by_name_at_the_date_they_bear(store: Store, archive: Path) -> None:
    put(archive, {"2025-05-29.xlsx": FIRST, "2025-05-30.XLSX": SECOND, "later/2025-06-02.xlsm": THIRD, "notes.txt": b"no list"})
    names = [one.archived.name for one in filled(store, archive)]
    assert names == ["2025-05-29.xlsx", "2025-05-30.XLSX", "2025-06-02.xlsm"]
    assert told(store) == [("agreement.added", "OH", "05-30"), ("agreement.removed", "TX", "05-31")]


def test_files_whose_dates_contradict_their_names_still_give_a_log_that_runs_forwards(store: Store, archive: Path) -> None:
    put(archive, {"2.xlsx": SECOND, "1.xlsx": FIRST, "3.xlsx": THIRD})
    filled(store, archive)
    moments = [event.at for event in store.events(bookkeeping=True)]
    assert moments == sorted(moments)


def test_a_page_with_the_list_as_a_table_is_history_too(store: Store, archive: Path) -> None:
    headings = "".join(f"<th>{name}</th>" for name in ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"))
    cells = "".join(
        f"<td>{text}</td>"
        for text in ("TEXAS", "Smith County Sheriff’s Office", "Task Force Model", "2025-05-20", "link pending")
    )
    page = f"<!DOCTYPE html><html><body><main><table><tr>{headings}</tr><tr>{cells}</tr></table></main></body></html>"
    put(archive, {"1.html": page.encode(), "2.xlsx": FIRST})
    assert [one.outcome for one in filled(store, archive)] == ["taken", "taken"]
    assert told(store) == [("agreement.added", "FL", "05-30")]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(store: Store, archive: Path) -> None:
    timeline = [
        f"participating,{name},{name},2025-05-{29 + number}" for number, name in enumerate(("a.xlsx", "b.xlsx", "c.xlsx"))
    ]
    timeline.insert(1, "participating,gone.xlsx,gone.xlsx,2025-05-29T12:00:00Z")
    put(archive, {"a.xlsx": FIRST, "b.xlsx": b"PK\x03\x04 torn", "c.xlsx": SECOND}, timeline)
    found = filled(store, archive)
    assert [(one.archived.name, one.outcome) for one in found] == [
        ("a.xlsx", "taken"),
        ("gone.xlsx", "missing"),
        ("b.xlsx", "not_a_workbook"),
        ("c.xlsx", "taken"),
    ]
    assert found[1].detail == "No such file or directory"
    assert found[2].detail
    assert told(store) == [("agreement.added", "OH", "05-31")]


def test_the_same_file_twice_running_is_one_publication(store: Store, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST, "2.xlsx": FIRST, "3.xlsx": SECOND, "4.xlsx": FIRST})
    assert [one.outcome for one in filled(store, archive)] == ["taken", "unchanged", "taken", "taken"]
    assert [kind for kind, _, _ in told(store)] == ["agreement.added", "agreement.removed"]


def test_history_is_marked_as_filled_in_and_told_to_nobody(store: Store, archive: Path) -> None:
    channel = {"type": "slack", "url": "https://hooks.slack.com/x", "tell": ["news", "corrections", "operator"]}
    settings = Settings.model_validate({"channels": [channel]})
    many = [row("TEXAS", f"{name} County Sheriff's Office") for name in COUNTIES]
    put(archive, {"1.xlsx": FIRST, "2.xlsx": sheet([*NEW, *many]), "3.xlsx": SECOND})
    taken = [one.taken for one in filled(store, archive, settings) if one.taken]
    assert [one.publication.status for one in taken] == ["accepted", "accepted", "held"]
    events = [*store.events(bookkeeping=True)]
    assert len(events) == 2 + 13 + 1
    assert all(event.backfilled for event in events)
    assert all(publication.backfilled for publication in store.publications())
    assert store.outbox.summary() == []
    assert store.alerts.waiting() == {}


def test_history_replays_to_what_stands_and_its_evidence_is_kept(store: Store, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST, "2.xlsx": SECOND, "3.xlsx": THIRD})
    filled(store, archive)
    assert standing(store.events(bookkeeping=True)) == {one.id: one for one in store.standing("participating")}
    evidence = Evidence(archive.parent / "state" / "documents")
    bodies = [evidence.read(publication.sha256) for publication in store.publications()]
    assert bodies == [THIRD, SECOND, FIRST]


def test_the_first_poll_after_a_backfill_tells_only_what_came_since(watch: Line, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST})
    intake = Intake(watch.store, watch.evidence, watch.settings, announce=False)
    assert len([*replay(intake, archived_publications(archive))]) == 1
    watch.site.publish("participating", SECOND)
    result = watch.poll()
    assert [(event.kind, event.backfilled) for event in result.events] == [("agreement.added", False)]


FOLDERS: dict[str, tuple[dict[str, bytes], str | None, str]] = {
    "nothing in it": ({}, None, "holds neither a timeline.csv nor any .xlsx, .xlsm, .html, .htm file"),
    "a timeline without a date": (
        {},
        "listed_as,file\nparticipating,a.xlsx\n",
        "timeline.csv:2: needs listed_as, file and an ISO",
    ),
    "a date that is none": ({}, f"{HEADINGS}\np,a,a.xlsx,2025-01-01\np,a,a.xlsx,soon\n", "timeline.csv:3: needs listed_as, file"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_used_is_said_with_the_line(archive: Path, name: str) -> None:
    files, timeline, reason = FOLDERS[name]
    put(archive, files)
    if timeline:
        (archive / "timeline.csv").write_text(timeline, "utf-8")
    with pytest.raises(BackfillError, match=reason):
        archived_publications(archive)
    with pytest.raises(BackfillError, match="nowhere is not a folder"):
        archived_publications(archive / "nowhere")


TIMELINES = {
    "cut off in its last line": (f"{HEADINGS}\nparticipating,a,a.xlsx\n".encode(), "fromisoformat(None) raises TypeError"),
    "in another encoding": (
        f"{HEADINGS}\nparticipating,café,a.xlsx,2025-01-01\n".encode("latin-1"),
        "UnicodeDecodeError is raised",
    ),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_a_damaged_timeline_is_said_with_its_name_too(archive: Path, name: str) -> None:
    (archive / "timeline.csv").write_bytes(TIMELINES[name][0])
    with pytest.raises(BackfillError, match=r"timeline\.csv"):
        archived_publications(archive)


def test_a_timeline_saved_by_a_spreadsheet_is_read(archive: Path) -> None:
    put(archive, {"a.xlsx": FIRST})
    (archive / "timeline.csv").write_bytes(f"{HEADINGS}\r\nparticipating,a,a.xlsx,2025-05-29\r\n".encode("utf-8-sig"))
    assert [one.published_at for one in archived_publications(archive)] == [datetime(2025, 5, 29, tzinfo=UTC)]


@pytest.fixture
def run(site: Site, tmp_path: Path) -> Run:
    config = write_config(tmp_path / "config.yaml", page=site.page_url)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), *arguments], prog_name="monitor287g")

    return command


def log(run: Run) -> list[Any]:
    return [json.loads(line) for line in run("events", "--all", "--json").stdout.splitlines()]


def test_the_command_says_what_it_took_and_what_it_could_not_read(run: Run, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST, "2.xlsx": b"torn", "3.xlsx": SECOND})
    result = run("backfill", str(archive), "--json")
    assert json.loads(result.stdout) == {
        "files": 3,
        "outcomes": {"taken": 2, "not_a_workbook": 1},
        "events": {"agreement.added": 1},
        "not_read": [{"file": str(archive / "2.xlsx"), "reason": "expected a workbook, got other bytes"}],
    }
    assert result.exit_code == 1
    assert not (archive.parent / "state" / "public").exists()


def test_a_second_backfill_is_refused_and_changes_nothing(run: Run, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST, "2.xlsx": SECOND})
    assert run("backfill", str(archive)).exit_code == 0
    before = log(run)
    again = run("backfill", str(archive))
    assert again.exit_code == 1
    assert "history can only be filled in before anything is known" in again.stderr
    assert log(run) == before


def test_a_second_backfill_of_files_written_within_one_second_is_refused_too(run: Run, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST, "2.xlsx": SECOND})
    for number, path in enumerate(sorted(archive.iterdir())):
        os.utime(path, ns=(DAY * 10**9 + (3 + number) * 10**8,) * 2)
    run("backfill", str(archive))
    before = log(run)
    assert run("backfill", str(archive)).exit_code == 1
    assert log(run) == before


def test_younger_files_can_be_filled_in_after_older_ones(run: Run, archive: Path) -> None:
    put(archive, {"1.xlsx": FIRST})
    run("backfill", str(archive))
    (archive / "1.xlsx").write_bytes(SECOND)
    os.utime(archive / "1.xlsx", (DAY + timedelta(days=9).total_seconds(),) * 2)
    assert run("backfill", str(archive)).exit_code == 0
    assert [event["kind"] for event in log(run)].count("agreement.added") == 1
