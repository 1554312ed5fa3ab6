"""The whole record as Parquet and SQLite, read back by other programs."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.core.roster import Printed
from monitor.publishers import tables
from monitor.publishers.exports import AGREEMENTS, APPLICATIONS, TABLES, Choice, export
from monitor.store import Store
from tests.support.archive import filled, put
from tests.support.sheets import JEM, TFM, pending_sheet, row, sheet
from tests.support.told import agreement, event, newsroom

Run = Callable[..., Result]
DOCS = Path(__file__).parents[2] / "docs" / "data.md"
SMITH = row("TEXAS", "Smith County Sheriff's Office", TFM, date(2025, 5, 1), county="Smith County")
FORMULA = row("OHIO", "=cmd|' /C calc'!A0 Police Department", JEM, date(2025, 5, 2))
FILES = {
    "20250528140000/participating1.xlsx": sheet([SMITH]),
    "20250528140000/pending1.xlsx": pending_sheet([row("UTAH", "Provo Police Department")]),
    "20250529140000/participating2.xlsx": sheet([SMITH, FORMULA]),
    "20250530140000/participating3.xlsx": sheet([FORMULA]),
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    put(tmp_path / "archive", FILES)
    store = Store.open(tmp_path / "state" / "monitor.db")
    try:
        assert {one.outcome for one in filled(store, tmp_path / "archive", tmp_path / "state" / "documents")} == {"taken"}
    finally:
        store.close()

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--state", str(tmp_path / "state"), *arguments], prog_name="monitor287g")

    return command


def parquet(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / "monitor287g.sqlite")) as sql:
        sql.row_factory = sqlite3.Row
        return [dict(one) for one in sql.execute(f"SELECT * FROM {table} ORDER BY rowid")]


def test_every_agreement_has_a_row_also_one_that_ended(run: Run, tmp_path: Path) -> None:
    assert run("export", str(tmp_path / "out"), "--format", "parquet").exit_code == 0
    ohio, texas = parquet(tmp_path / "out", "agreements")
    assert (ohio["stands"], ohio["gone_since"], ohio["ended"]) == (True, None, None)
    assert ohio["agency"] == "=cmd|' /C calc'!A0 Police Department", (
        "in these files nothing is calculated, and nothing is changed"
    )
    assert (texas["stands"], texas["ended"]) == (False, "agreement.removed")
    assert texas["signed"] == date(2025, 5, 1)
    assert texas["first_seen"] == datetime(2025, 5, 28, 14, tzinfo=UTC)
    assert texas["gone_since"] == datetime(2025, 5, 30, 14, tzinfo=UTC)
    assert texas["county"] == "Smith County"
    assert [one["agency"] for one in parquet(tmp_path / "out", "applications")] == ["Provo Police Department"]
    assert [one["kind"] for one in parquet(tmp_path / "out", "events")] == ["agreement.added", "agreement.removed"]
    assert [one["name"] for one in parquet(tmp_path / "out", "publications")][-1] == "participating3.xlsx"


def test_columns_have_their_types_and_their_descriptions(run: Run, tmp_path: Path) -> None:
    run("export", str(tmp_path / "out"), "--format", "parquet")
    for table in TABLES:
        schema = pyarrow.parquet.read_schema(tmp_path / "out" / f"{table.name}.parquet")
        assert schema.names == [*table.names]
        for column in table.columns:
            assert schema.field(column.name).metadata[b"description"].decode() == column.description
    assert schema.field("seen_at").type == pyarrow.timestamp("ms", tz="UTC")
    assert schema.field("backfilled").type == pyarrow.bool_()


def test_sqlite_holds_the_same_rows_and_a_dictionary_of_its_columns(run: Run, tmp_path: Path) -> None:
    for form in ("sqlite", "parquet"):
        run("export", str(tmp_path / "out"), "--format", form)
    for table in TABLES:
        found, expected = rows(tmp_path / "out", table.name), parquet(tmp_path / "out", table.name)
        assert [one[table.key] for one in found] == [one[table.key] for one in expected]
        assert found, table.name
    assert rows(tmp_path / "out", "agreements")[1]["signed"] == "2025-05-01"
    assert rows(tmp_path / "out", "agreements")[1]["stands"] == 0
    said = {(one["table"], one["column"]): one["description"] for one in rows(tmp_path / "out", "dictionary")}
    assert said == {(table.name, column.name): column.description for table in TABLES for column in table.columns}
    written = (tmp_path / "out" / "dictionary.md").read_text("utf-8")
    assert all(
        f"| `{column.name}` | {column.type} | {column.description} |" in written for table in TABLES for column in table.columns
    )


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 shell is not installed")
def test_the_database_opens_in_the_shell(run: Run, tmp_path: Path) -> None:
    run("export", str(tmp_path / "out"), "--format", "sqlite")
    command = ["sqlite3", str(tmp_path / "out" / "monitor287g.sqlite"), "PRAGMA integrity_check; SELECT count(*) FROM agreements"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "ok\n2\n"


def test_as_of_a_moment_nothing_later_is_known(run: Run, tmp_path: Path) -> None:
    run("export", str(tmp_path / "out"), "--format", "parquet", "--as-of", "2025-05-29T20:00:00Z")
    assert [(one["state"], one["stands"]) for one in parquet(tmp_path / "out", "agreements")] == [("OH", True), ("TX", True)]
    assert [one["kind"] for one in parquet(tmp_path / "out", "events")] == ["agreement.added"]
    assert len(parquet(tmp_path / "out", "publications")) == 3


def test_as_of_a_moment_a_publication_released_later_was_held(run: Run, tmp_path: Path) -> None:
    others = [
        row("OHIO", f"{name} County Sheriff's Office") for name in ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall")
    ]
    more = {f"2025060{day}140000/participating{day}.xlsx": sheet(rows) for day, rows in ((3, others), (4, others[:1]))}
    put(tmp_path / "more", more)
    assert run("backfill", str(tmp_path / "more")).exit_code == 0
    (number,) = [one["id"] for one in json.loads(run("status", "--json").stdout)["held"]]
    before = "2025-06-05"
    assert run("release", str(number)).exit_code == 0
    for options, status, total in (((), "released", 1), (("--as-of", before), "held", None)):
        assert run("export", str(tmp_path / "out"), "--format", "parquet", *options).exit_code == 0
        (found,) = [one for one in parquet(tmp_path / "out", "publications") if one["id"] == number]
        assert (found["status"], found["agreements"]) == (status, total)


WHOLE, NUL, LINES, WIDE = "Ada WHOLE Police", "Bee\0 Police", "Cass\r\nPolice", "Dané 😀 Police"


@pytest.mark.parametrize("form", ["parquet", "sqlite"])
def test_text_stands_as_it_is_but_for_what_is_no_text(tmp_path: Path, form: str) -> None:
    with newsroom(tmp_path) as desk:
        learnt = [agreement(name, id=name, agency_id=name, printed=Printed(agency=name)) for name in (WHOLE, NUL, LINES, WIDE)]
        desk.learn(*(event("agreement.added", one, reason=one.agency) for one in learnt))
        # Half a surrogate pair stands in JSON only escaped.
        columns = "kind, at, publication_id, listing_id, state, model, chain"
        with closing(sqlite3.connect(tmp_path / "monitor.db")) as sql, sql:
            sql.execute(
                f"INSERT INTO events (id, {columns}, value) SELECT 5, {columns}, replace(value, 'WHOLE', ?) FROM events WHERE id = 1",
                (r"\ud800",),
            )
        export(desk.store, tmp_path / "out", form, Choice())
    read = parquet if form == "parquet" else rows
    expected = {WHOLE, "Ada ? Police", "Bee Police", LINES, WIDE}
    assert {one["printed_agency"] for one in read(tmp_path / "out", "agreements")} == expected
    assert {one["id"] for one in read(tmp_path / "out", "agreements")} == expected
    assert {one["reason"] for one in read(tmp_path / "out", "events")} == expected


def test_an_export_that_fails_leaves_the_one_before(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("export", str(tmp_path / "out"), "--format", "sqlite").exit_code == 0
    before = (tmp_path / "out" / "monitor287g.sqlite").read_bytes()
    monkeypatch.setattr("sqlite_utils.db.Table.create_index", _no_room)
    result = run("export", str(tmp_path / "out"), "--format", "sqlite", "--state", "TX")
    assert (result.exit_code, result.stderr) == (1, f"Error: {tmp_path / 'out'} cannot be written: database or disk is full\n")
    assert (tmp_path / "out" / "monitor287g.sqlite").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dictionary.md", "monitor287g.sqlite"]


def _no_room(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_the_database_has_its_indexes_and_no_triggers(run: Run, tmp_path: Path) -> None:
    run("export", str(tmp_path / "out"), "--format", "sqlite")
    with closing(sqlite3.connect(tmp_path / "out" / "monitor287g.sqlite")) as sql:
        made = sql.execute("SELECT type, tbl_name, name FROM sqlite_master").fetchall()
    assert {kind for kind, _, _ in made} == {"table", "index"}
    names = {name for _, _, name in made}
    assert {
        "idx_agreements_state",
        "idx_applications_state",
        "idx_events_state",
        "idx_events_at",
        "idx_events_agreement_id",
    } <= names


def test_a_state_can_be_chosen(run: Run, tmp_path: Path) -> None:
    run("export", str(tmp_path / "out"), "--format", "sqlite", "--state", "TX")
    assert [one["state"] for one in rows(tmp_path / "out", "agreements")] == ["TX"]
    assert [one["kind"] for one in rows(tmp_path / "out", "events")] == ["agreement.removed"]
    assert rows(tmp_path / "out", "applications") == []


@pytest.mark.parametrize("form", ["parquet", "sqlite"])
def test_an_export_again_takes_the_place_of_the_one_before_and_says_the_same(run: Run, tmp_path: Path, form: str) -> None:
    def exported() -> dict[str, Any]:
        run("export", str(tmp_path / "out"), "--format", form)
        read = parquet if form == "parquet" else rows
        return {table.name: read(tmp_path / "out", table.name) for table in TABLES}

    assert exported() == exported()
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_without_its_package_parquet_says_how_to_get_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("export", str(tmp_path / "out"), "--format", "parquet")
    assert result.exit_code == 2
    assert "pip install 'monitor-287g[parquet]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = run("export", str(tmp_path / "file" / "out"), "--format", "sqlite")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.output


def test_the_documentation_names_what_these_tables_have_besides() -> None:
    section = DOCS.read_text("utf-8").partition("## For analysts")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \| (string|boolean|datetime) \| (.+) \|$", section, re.MULTILINE)
    for table, public in ((AGREEMENTS, tables.AGREEMENTS), (APPLICATIONS, tables.PENDING)):
        besides = [column for column in table.columns if column not in public.columns]
        assert named == [(column.name, column.type, column.description) for column in besides]
    assert all(f"| `{table.name}` |" in section for table in TABLES)


def test_the_question_of_the_documentation_is_answered(run: Run, tmp_path: Path) -> None:
    (question,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    run("export", str(tmp_path / "out"), "--format", "sqlite")
    with closing(sqlite3.connect(tmp_path / "out" / "monitor287g.sqlite")) as sql:
        ((model, number, days),) = sql.execute(question).fetchall()
    assert (model, number) == ("TFM", 1)
    assert 29 < days < 30
