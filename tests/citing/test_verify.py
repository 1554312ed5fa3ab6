"""Whether a record is as it was: what one flipped byte, one edited line and one lost file look like."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.citing.stamps import Head, Stamps
from monitor.citing.verify import Verdict, verify
from monitor.cli import cli
from monitor.core.chain import ALTERED, link
from monitor.evidence import Evidence
from monitor.store import Store
from tests.citing.conftest import MANY, ROWS
from tests.support.line import Line
from tests.support.sheets import row, sheet


def look(record: Line) -> Verdict:
    return verify(record.store, record.evidence, Stamps(record.state.stamps))


def problems(record: Line) -> list[tuple[str, str]]:
    return [(Path(one.where).name, one.problem) for one in look(record).faults]


def files(record: Line) -> list[Path]:
    return sorted(path for path in record.state.documents.rglob("*") if path.is_file())


def edit(record: Line, *statements: str) -> None:
    """Rewrites the database behind the monitor's back."""
    with closing(sqlite3.connect(record.state.database)) as sql, sql:
        for (name,) in sql.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_kept%' ESCAPE '\\'"
        ).fetchall():
            sql.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            sql.execute(statement)


def test_a_record_that_nobody_touched_is_sound(record: Line) -> None:
    found = look(record)
    assert (found.faults, found.notes) == ([], [])
    assert found.checked["documents"] == len(files(record)) == 9
    assert found.checked["publications"] == 5
    assert found.heads is not None and found.heads.events_head == record.store.head()[1]
    assert [event.kind for event in record.store.events()][-2:] == ["publication.released", "list.left_page"]


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("number", range(9))
def test_one_flipped_bit_in_any_document_is_found(record: Line, number: int, place: str) -> None:
    path = files(record)[number]
    body = bytearray(path.read_bytes())
    body[{"first": 0, "middle": len(body) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(body)
    assert problems(record) == [(path.name, "its bytes are not those that were kept: another SHA-256")]


def test_a_document_that_is_gone_cut_short_or_grown_is_found(record: Line) -> None:
    gone, cut, grown, *_ = files(record)
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    grown.write_bytes(grown.read_bytes() + b"\n")
    found = dict(problems(record))
    assert found[gone.stem] == "the document is missing"
    assert {cut.name, grown.name} == {name for name, problem in found.items() if "another SHA-256" in problem}


def test_what_no_row_names_is_a_note(record: Line) -> None:
    one = files(record)[0]
    (one.parent / f".{one.name}.4711").write_bytes(b"half a docu")
    (record.state.documents / "ab").mkdir(exist_ok=True)
    (record.state.documents / "ab" / f"ab{'0' * 62}.xlsx").write_bytes(b"x")
    found = look(record)
    assert found.faults == []
    assert len(found.notes) == 2


def test_a_document_that_was_taken_out_with_its_file_is_still_told_of(record: Line) -> None:
    for path in files(record):
        body = path.read_bytes()
        path.unlink()
        edit(record, f"DELETE FROM documents WHERE sha256 = '{path.stem}'")
        ((name, problem),) = problems(record)
        assert name == path.stem
        assert problem.endswith(" tells of this document, and no row of the documents does")
        path.write_bytes(body)
        edit(record, f"INSERT INTO documents VALUES ('{path.stem}', {len(body)}, NULL, '2025-05-29T14:10:00Z')")


def test_a_size_that_is_not_the_file_s_is_found(record: Line) -> None:
    one = files(record)[0]
    edit(record, f"UPDATE documents SET bytes = 7 WHERE sha256 = '{one.stem}'")
    assert problems(record) == [(one.name, f"it has {one.stat().st_size:,} bytes, and 7 by its row")]


EDITS: dict[str, tuple[str, str]] = {
    "an event's text": ("UPDATE events SET value = replace(value, 'Ada County', 'Ida County') WHERE id = 5", "event 5"),
    "an event's moment in its line": (
        'UPDATE events SET value = replace(value, \'"at": "2025\', \'"at": "2024\') WHERE id = 5',
        "event 5",
    ),
    "an event's moment in its row": ("UPDATE events SET at = '2024-01-01T00:00:00Z' WHERE id = 5", "event 5"),
    "an event's kind in its row": ("UPDATE events SET kind = 'agreement.removed' WHERE id = 5", "event 5"),
    "an event's publication": ("UPDATE events SET publication_id = 1 WHERE id = 5", "event 5"),
    "an event that is no JSON": ("UPDATE events SET value = substr(value, 1, 90) WHERE id = 5", "event 5"),
    "the first event": ("UPDATE events SET value = replace(value, 'baseline', 'added') WHERE id = 1", "event 1"),
    "an event gone": ("DELETE FROM events WHERE id = 6", "event 6"),
    "two events swapped": ("UPDATE events SET id = CASE id WHEN 4 THEN 1004 ELSE 4 END WHERE id IN (4, 5)", "event 4"),
    "a publication's moment": ("UPDATE publications SET seen_at = '2024-01-01T00:00:00Z' WHERE id = 3", "publication 3"),
    "a publication's hash": (
        "UPDATE publications SET sha256 = (SELECT sha256 FROM publications WHERE id = 1) WHERE id = 3",
        "event 5",
    ),
    "when a document was first seen": ("UPDATE sightings SET first_seen = '2024-01-01T00:00:00Z' WHERE id = 2", "sighting 2"),
    "what a server said": ("UPDATE sightings SET headers = '{}' WHERE id = 2", "sighting 2"),
    "an event's state in its row": ("UPDATE events SET state = 'TX' WHERE id = 5", "event 5"),
    "an event's model in its row": ("UPDATE events SET model = NULL WHERE id = 5", "event 5"),
    "an event's agreement in its row": ("UPDATE events SET listing_id = 'x' WHERE id = 5", "event 5"),
    "an event that is empty": ("UPDATE events SET value = '' WHERE id = 5", "event 5"),
    "a publication that was held": ("UPDATE publications SET status = 'accepted' WHERE id = 4", "publication 4"),
    "a publication that was not held": ("UPDATE publications SET status = 'held' WHERE id = 3", "publication 3"),
    "a publication's address": ("UPDATE publications SET url = 'https://www.ice.gov/x.xlsx' WHERE id = 1", "publication 1"),
    "a publication's figures": ("UPDATE publications SET figures = '{' WHERE id = 3", "monitor.db, publications"),
    "where a document was seen": ("UPDATE sightings SET url = 'https://www.ice.gov/' WHERE id = 2", "sighting 2"),
    "when a document was last seen": ("UPDATE sightings SET last_seen = '2024-01-01T00:00:00Z' WHERE id = 2", "sighting 2"),
    "a last moment that is none": ("UPDATE sightings SET last_seen = 'x' WHERE id = 2", "monitor.db, events and sightings"),
    "a sighting gone": ("DELETE FROM sightings WHERE id = 3", "sighting 3"),
    "what stands": ("UPDATE agreements SET value = replace(value, 'Provo', 'Prove')", "ut-provo"),
    "what stands, emptied": ("UPDATE agreements SET value = '{}' WHERE id LIKE 'ut-provo%'", "ut-provo"),
    "the column of what stands": ("UPDATE agreements SET state = 'TX' WHERE id LIKE 'ut-provo%'", "ut-provo"),
    "the day an agreement was signed": ("UPDATE agreements SET signed = '2024-01-01' WHERE id LIKE 'ut-provo%'", "ut-provo"),
    "an agreement that ended, said to stand": ("UPDATE agreements SET gone_since = NULL, ended = ''", "oh-ada"),
    "an agreement that ended, gone": ("DELETE FROM agreements WHERE gone_since IS NOT NULL", "oh-ada"),
    "an agreement gone": ("DELETE FROM agreements WHERE id LIKE 'ut-provo%'", "ut-provo"),
}


@pytest.mark.parametrize("what", EDITS)
def test_one_edit_is_found(record: Line, what: str) -> None:
    statement, where = EDITS[what]
    edit(record, statement)
    found = problems(record)
    assert any(name.startswith(where) for name, _ in found), found


def forged(record: Line, number: int, old: str = '"reason": "', new: str = '"reason": "so ') -> None:
    """An event rewritten with its own link, as someone would who knows how the chain is made."""
    with closing(sqlite3.connect(record.state.database)) as sql:
        (value,) = sql.execute("SELECT value FROM events WHERE id = ?", (number,)).fetchone()
        (before,) = sql.execute("SELECT chain FROM events WHERE id = ?", (number - 1,)).fetchone()
    other = value.replace(old, new)
    assert other != value
    line = f'{{"id": {number}{other[other.index(",") :]}'
    edit(record, f"UPDATE events SET value = {quoted(other)}, chain = '{link(before, line)}' WHERE id = {number}")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_an_event_rewritten_with_its_own_link_breaks_the_next(record: Line) -> None:
    forged(record, 5)
    assert problems(record) == [("event 6", ALTERED)]


def test_the_newest_event_rewritten_with_its_link_is_found_where_it_says_what_stands(record: Line) -> None:
    """Nothing comes after it that its link would break: without a stamp, only what was made of it can tell."""
    rows = [*ROWS, *MANY[1:], row("OHIO", "Butler County Sheriff's Office"), row("IOWA", "Ames Police Department")]
    record.site.publish("participating", sheet(rows), "fourth.xlsx")
    record.poll(after=timedelta(days=1))
    newest, _ = record.store.head()
    assert look(record).faults == []
    forged(record, newest, "Ames Police", "Amos Police")
    assert problems(record) == [("ia-ames-police-department-tfm-2025-05-20", "is told otherwise by the tables than by the log")]
    edit(
        record,
        "UPDATE agreements SET value = replace(value, 'Ames Police', 'Amos Police'), agency = replace(agency, 'Ames', 'Amos')",
    )
    assert problems(record) == []  # whoever rewrites all of it is found by a stamp alone


def test_the_newest_event_rewritten_with_its_link_is_found_by_a_stamp(record: Line) -> None:
    newest, _ = record.store.head()
    stamps = Stamps(record.state.stamps)
    assert stamps.make(Head.of(record.store), ["true", "{file}"], record.now) is not None
    assert look(record).checked["stamps"] == 1
    forged(record, newest)
    (fault,) = look(record).faults
    assert fault.where.endswith("Z.json")
    assert f"event {newest} had another link" in fault.problem


def test_a_log_that_was_cut_is_found_by_a_stamp(record: Line) -> None:
    newest, _ = record.store.head()
    Stamps(record.state.stamps).make(Head.of(record.store), ["true", "{file}"], record.now)
    edit(record, f"DELETE FROM events WHERE id = {newest}")
    (problem,) = [problem for name, problem in problems(record) if name.endswith("Z.json")]
    assert problem == f"event {newest} was there when this was stamped, and is missing: the record was cut"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"events": 1}', b'{"events": "x", "events_head": 1, "sightings": {}, "sightings_head": 1}']
)
def test_a_stamp_that_cannot_be_read_is_a_fault(record: Line, body: bytes) -> None:
    record.state.stamps.mkdir()
    (record.state.stamps / "2025-05-30T140000Z.json").write_bytes(body)
    assert [problem for _, problem in problems(record)] == ["is no stamp any more: it cannot be read"]


Run = Callable[..., Result]


@pytest.fixture
def run(record: Line) -> Run:
    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--state", str(record.state.path), "evidence", *arguments], prog_name="monitor287g")

    return command


def test_the_command_says_what_it_read_and_that_all_is_sound(run: Run, record: Line) -> None:
    result = run("verify")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "sound"
    assert record.store.head()[1] in result.stdout
    assert record.store.sightings.head()[1] in result.stdout
    assert json.loads(run("verify", "--json").stdout)["sound"] is True


def test_the_command_names_every_fault_and_what_to_do(run: Run, record: Line) -> None:
    path = files(record)[2]
    path.write_bytes(b"x")
    edit(record, "UPDATE events SET value = replace(value, 'Ada County', 'Ida County') WHERE id = 5")
    result = run("verify")
    assert result.exit_code == 1
    assert f"fault: {path}: its bytes are not those that were kept: another SHA-256; restore it from a backup" in result.stderr
    assert f"fault: event 5: {ALTERED}; the events up to 3 are sound; restore it from a backup" in result.stderr
    said: Any = json.loads(run("verify", "--json").stdout)
    assert said["sound"] is False
    assert [one["where"] for one in said["faults"]][:2] == [str(path), "event 5"]


ILLEGIBLE = (
    "UPDATE events SET at = 'x'",
    "UPDATE sightings SET headers = '[1]'",
    "UPDATE publications SET sha256 = 'x'",
    "UPDATE publications SET reasons = '{'",
    "UPDATE publications SET status = 'x'",
)


@pytest.mark.parametrize("statement", ILLEGIBLE)
@pytest.mark.parametrize("command", ["list", "show", "verify", "export"])
def test_what_cannot_be_made_sense_of_is_said_in_a_line(
    run: Run, record: Line, tmp_path: Path, statement: str, command: str
) -> None:
    edit(record, statement)
    result = run(command, *{"show": ["second.xlsx"], "export": [str(tmp_path / "all.zip")]}.get(command, []))
    assert isinstance(result.exception, SystemExit) or result.exit_code == 0, result.exc_info
    if command == "verify":
        assert result.exit_code == 1
    elif result.exit_code:
        assert "`monitor287g evidence verify` says" in result.stderr
    assert not [*tmp_path.glob(".all.zip*")]


@pytest.mark.parametrize("page", [0, 1, 4, 9, 20])
def test_a_damaged_database_is_a_fault_and_no_traceback(run: Run, record: Line, page: int) -> None:
    record.store._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    body = bytearray(record.state.database.read_bytes())
    body[page * 4_096 : (page + 1) * 4_096] = b"\xff" * 4_096
    record.store.close()
    record.state.database.write_bytes(body)
    result = run("verify")
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_it_looks_at_one_moment_while_another_process_writes(record: Line) -> None:
    other = Store.open(record.state.database)
    seen: list[int] = []

    def meanwhile() -> None:
        if not seen:
            record.site.publish("participating", b"PK", "later.xlsx")
            seen.append(1)
            with closing(sqlite3.connect(record.state.database)) as sql, sql:
                sql.execute("INSERT INTO documents VALUES (?, 1, NULL, '2025-06-01T00:00:00Z')", ("f" * 64,))

    try:
        found = verify(other, Evidence(record.state.documents), Stamps(record.state.stamps), meanwhile)
    finally:
        other.close()
    assert (found.faults, seen) == ([], [1])
