"""History filled in from a folder: the poller's walk with files, told to nobody."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.backfill import Backfill, BackfillError, Replayed, contents
from monitor.config import Settings
from monitor.core.replay import standing
from monitor.evidence import Evidence
from monitor.store import DatabaseError, Store
from tests.backfill.conftest import Run
from tests.support.archive import HEADINGS, NOW, put
from tests.support.archive import filled as fill
from tests.support.line import Line
from tests.support.pages import doclib
from tests.support.sheets import JEM, pending_sheet, row, sheet

OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
FIRST, SECOND, THIRD = sheet(OLD), sheet(NEW), sheet(NEW[1:])
COUNTIES = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
# Names that a file may bear, a day apart.
A, B, C, D = (f"2025-05-{day}.xlsx" for day in (28, 29, 30, 31))


def filled(store: Store, folder: Path) -> list[Replayed]:
    return fill(store, folder, folder.parent / "state" / "documents")


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


def test_a_timeline_may_say_where_a_file_was_found_and_which_of_one_moment_came_first(store: Store, archive: Path) -> None:
    put(archive, {"a.xlsx": FIRST, "b.xlsx": SECOND})
    lines = [
        "listed_as,file,published_at,url",
        "participating,b.xlsx,2025-05-29,https://www.ice.gov/b.xlsx",
        "participating,a.xlsx,2025-05-29,",
    ]
    (archive / "timeline.csv").write_text("\n".join(lines), "utf-8")
    assert [one.outcome for one in filled(store, archive)] == ["taken", "taken"]
    assert [(p.url, p.name) for p in reversed(store.publications())] == [
        ("https://www.ice.gov/b.xlsx", "b.xlsx"),
        ("a.xlsx", "a.xlsx"),
    ]
    assert told(store) == [("agreement.removed", "OH", "05-29")]


def test_without_a_timeline_the_files_are_taken_at_the_dates_in_their_names(store: Store, archive: Path) -> None:
    put(archive, {C: SECOND, "later/2025-06-02.xlsm": THIRD, B.replace(".xlsx", ".XLSX"): FIRST})
    assert [one.capture.name for one in filled(store, archive)] == ["2025-05-29.XLSX", C, "2025-06-02.xlsm"]
    assert told(store) == [("agreement.added", "OH", "05-30"), ("agreement.removed", "TX", "06-02")]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(store: Store, archive: Path) -> None:
    timeline = [
        f"participating,{name},{name},2025-05-{29 + number}" for number, name in enumerate(("a.xlsx", "b.xlsx", "c.xlsx"))
    ]
    timeline.insert(1, "participating,gone.xlsx,gone.xlsx,2025-05-29T12:00:00Z")
    put(archive, {"a.xlsx": FIRST, "b.xlsx": b"PK\x03\x04 torn", "c.xlsx": SECOND}, timeline)
    found = filled(store, archive)
    assert [(one.capture.name, one.outcome) for one in found] == [
        ("a.xlsx", "taken"),
        ("gone.xlsx", "missing"),
        ("b.xlsx", "not_a_workbook"),
        ("c.xlsx", "taken"),
    ]
    assert found[1].detail == "No such file or directory"
    assert found[2].detail
    assert told(store) == [("agreement.added", "OH", "05-31")]


def test_the_same_file_twice_running_is_one_publication(store: Store, archive: Path) -> None:
    put(archive, {A: FIRST, B: FIRST, C: SECOND, D: FIRST})
    assert [one.outcome for one in filled(store, archive)] == ["taken", "unchanged", "taken", "taken"]
    assert [kind for kind, _, _ in told(store)] == ["agreement.added", "agreement.removed"]
    assert [(one.name, one.how) for one in store.sightings.all()] == [(name, "archived") for name in (A, B, C, D)]


def test_history_is_marked_as_filled_in_and_told_to_nobody(store: Store, archive: Path, documents: Path) -> None:
    channel = {"type": "slack", "url": "https://hooks.slack.com/x", "tell": ["news", "corrections", "operator"]}
    settings = Settings.model_validate({"channels": [channel]})
    many = [row("TEXAS", f"{name} County Sheriff's Office") for name in COUNTIES]
    put(archive, {A: FIRST, B: sheet([*NEW, *many]), C: SECOND})
    backfill = Backfill(store, Evidence(documents), settings)
    assert [one.outcome for one in backfill.replay(contents(archive, NOW).captures)] == ["taken"] * 3
    assert [one.status for one in reversed(store.publications())] == ["accepted", "accepted", "held"]
    events = [*store.events(bookkeeping=True)]
    assert len(events) == 2 + 13 + 1
    assert all(event.backfilled for event in events)
    assert all(publication.backfilled for publication in store.publications())
    assert store.outbox.summary() == []
    assert store.alerts.waiting() == {}
    assert store.journal.last_poll() is None


def test_history_replays_to_what_stands_and_its_evidence_is_kept(store: Store, archive: Path, documents: Path) -> None:
    put(archive, {A: FIRST, B: SECOND, C: THIRD})
    filled(store, archive)
    assert standing(store.events(bookkeeping=True)) == {one.id: one for one in store.standing("participating")}
    evidence = Evidence(documents)
    assert [evidence.read(publication.sha256) for publication in store.publications()] == [THIRD, SECOND, FIRST]
    assert (store.broken(), store.sightings.broken()) == ([], [])


def test_the_first_poll_after_a_backfill_tells_only_what_came_since(watch: Line, archive: Path) -> None:
    put(archive, {A: FIRST})
    assert len(fill(watch.store, archive, watch.state.documents)) == 1
    watch.site.publish("participating", SECOND)
    result = watch.poll()
    assert [(event.kind, event.backfilled) for event in result.events] == [("agreement.added", False)]


FOLDERS: dict[str, tuple[dict[str, bytes], str | None, str]] = {
    "nothing in it": ({}, None, "holds neither a timeline.csv nor any spreadsheet or page"),
    "a timeline without a date": (
        {},
        "listed_as,file\nparticipating,a.xlsx\n",
        "timeline.csv:2: needs listed_as, file and an ISO",
    ),
    "a date that is none": ({}, f"{HEADINGS}\np,a,a.xlsx,2025-01-01\np,a,a.xlsx,soon\n", "timeline.csv:3: needs listed_as, file"),
    "a file outside": ({}, f"{HEADINGS}\np,a,../a.xlsx,2025-01-01\n", "timeline.csv:2: ../a.xlsx lies outside the folder"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_used_is_said_with_the_line(archive: Path, name: str) -> None:
    files, timeline, reason = FOLDERS[name]
    put(archive, files)
    if timeline:
        (archive / "timeline.csv").write_text(timeline, "utf-8")
    with pytest.raises(BackfillError, match=reason):
        contents(archive, NOW)
    with pytest.raises(BackfillError, match="nowhere is not a folder"):
        contents(archive / "nowhere", NOW)


TIMELINES = {
    "cut off in its last line": f"{HEADINGS}\nparticipating,a,a.xlsx\n".encode(),
    "in another encoding": f"{HEADINGS}\nparticipating,café,a.xlsx,2025-01-01\n".encode("latin-1"),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_a_damaged_timeline_is_said_with_its_name_too(archive: Path, name: str) -> None:
    (archive / "timeline.csv").write_bytes(TIMELINES[name])
    with pytest.raises(BackfillError, match=r"timeline\.csv"):
        contents(archive, NOW)


def test_a_timeline_saved_by_a_spreadsheet_is_read(archive: Path) -> None:
    put(archive, {"a.xlsx": FIRST})
    (archive / "timeline.csv").write_bytes(f"{HEADINGS}\r\nparticipating,a,a.xlsx,2025-05-29\r\n".encode("utf-8-sig"))
    assert [one.at for one in contents(archive, NOW).captures] == [datetime(2025, 5, 29, tzinfo=UTC)]


def log(run: Run) -> list[Any]:
    return [json.loads(line) for line in run("events", "--all", "--json").stdout.splitlines()]


def test_the_command_says_what_it_took_and_what_it_could_not_use(run: Run, archive: Path) -> None:
    put(archive, {A: FIRST, B: b"torn", C: SECOND, "notes.txt": b"no list", "list.xlsx": THIRD, "2025-05-30 again.xlsx": THIRD})
    result = run("backfill", str(archive), "--json")
    said = json.loads(result.stdout)
    reasons = {Path(one["file"]).name: one["reason"] for one in said.pop("not_read")}
    assert said == {
        "files": 4,
        "outcomes": {"taken": 2, "not_a_workbook": 1, "same_time": 1},
        "events": {"agreement.added": 1, "agreement.removed": 1},  # of the two of one time the first by name was taken
    }
    assert reasons[B] == "expected a workbook, got other bytes"
    assert reasons["notes.txt"] == "is neither a spreadsheet nor a page"
    assert reasons["list.xlsx"].startswith("no date can be read from its name (it was last saved 20")
    assert len(reasons) == 4
    assert result.exit_code == 1
    assert not (archive.parent / "state" / "public").exists()


def test_bad_input_is_named_for_people_too(run: Run, archive: Path) -> None:
    put(archive, {A: FIRST, B: b"torn", "notes\x1b[31m.txt": b"no list"})
    result = run("backfill", str(archive))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "2 files, 1 not a workbook, 1 taken"
    assert result.stderr.count("not used: ") == 2
    assert "\x1b" not in result.stderr


def test_a_folder_or_the_archive_must_be_named(run: Run, archive: Path) -> None:
    for arguments in ((), (str(archive), "--from", "2025-01-01")):
        result = run("backfill", *arguments)
        assert result.exit_code == 2
        assert "name a FOLDER of archived files, or fetch one with --wayback" in result.stderr
    assert run("backfill", str(archive / "nowhere")).exit_code == 1


def test_a_second_call_changes_nothing(run: Run, archive: Path) -> None:
    put(archive, {A: FIRST, B: b"torn", C: SECOND, D: SECOND, "no date.xlsx": THIRD})
    first = json.loads(run("backfill", str(archive), "--json").stdout)
    before = log(run)
    again = json.loads(run("backfill", str(archive), "--json").stdout)
    assert again["outcomes"] == {"known": 3, "not_a_workbook": 1}
    assert again["not_read"] == first["not_read"]
    assert log(run) == before


def test_younger_files_can_be_filled_in_after_older_ones(run: Run, archive: Path) -> None:
    put(archive, {A: FIRST})
    run("backfill", str(archive))
    put(archive, {B: SECOND})
    result = run("backfill", str(archive))
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "2 files, 1 known, 1 taken")
    assert [event["kind"] for event in log(run)].count("agreement.added") == 1


def test_names_of_another_encoding_are_filled_in_and_said(run: Run, archive: Path) -> None:
    for name, body in ((b"2025-05-28 \xe9.xlsx", FIRST), (b"\xe9.xlsx", SECOND)):
        with open(bytes(archive) + b"/" + name, "wb") as file:  # noqa: PTH123 a Path cannot say this name
            file.write(body)
    said = json.loads(run("backfill", str(archive), "--json").stdout)
    assert said["outcomes"] == {"taken": 1}
    assert [Path(one["file"]).name for one in said["not_read"]] == ["?.xlsx"]
    assert json.loads(run("evidence", "list", "--json").stdout)[0]["sightings"][0]["name"] == "2025-05-28 ?.xlsx"


def test_a_full_disk_is_one_line_and_the_next_call_goes_on(run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(archive, {A: FIRST, B: SECOND, C: THIRD})
    whole, commits = Store.commit, iter(range(9))

    def fills(store: Store, commit: Any) -> Any:
        if next(commits) == 1:
            raise DatabaseError("database or disk is full")
        return whole(store, commit)

    monkeypatch.setattr(Store, "commit", fills)
    result = run("backfill", str(archive))
    assert result.exit_code == 1
    assert result.stderr.strip() == "Error: the database cannot be used: database or disk is full; nothing half done was kept"
    assert run("backfill", str(archive)).stdout.splitlines()[0] == "3 files, 1 known, 2 taken"


@pytest.mark.parametrize("where", ["document", "page"])
def test_what_cannot_be_written_ends_the_call_and_is_taken_by_the_next(
    run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Were it passed over like what cannot be read, the log would be past it when there is room again."""
    page = {"20250529120000/287g.html": doclib("participating.xlsx"), "20250529120000/participating.xlsx": SECOND}
    put(archive, {A: FIRST, **(page if where == "page" else {B: SECOND, C: SECOND})})
    whole, kept = Evidence.keep, iter(range(99))

    def fills(evidence: Evidence, body: bytes) -> str:
        if next(kept) == 1:
            raise OSError(errno.ENOSPC, "No space left on device", "documents")
        return whole(evidence, body)

    monkeypatch.setattr(Evidence, "keep", fills)
    result = run("backfill", str(archive))
    assert (result.exit_code, result.stderr.strip()) == (1, "Error: documents: No space left on device")
    assert run("backfill", str(archive)).exit_code == 0
    assert [event["kind"] for event in log(run)].count("agreement.added") == 1


def test_a_linked_file_that_cannot_be_read_is_named(run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(archive, {"20250529120000/287g.html": doclib("participating.xlsx"), "20250529120000/participating.xlsx": FIRST})
    whole = Path.read_bytes

    def fails(path: Path) -> bytes:
        if path.name == "participating.xlsx":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", fails)
    result = run("backfill", str(archive))
    assert result.exit_code == 1
    assert "287g.html: participating: not_kept: Permission denied" in result.stderr
    assert "participating.xlsx: Permission denied" in result.stderr
