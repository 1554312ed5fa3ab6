"""The database behind Datasette, as a stranger meets it: the views answer, the questions run, and all else is refused."""

from __future__ import annotations

import asyncio
import html
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from datasette.app import Datasette

from monitor.core.roster import PENDING
from monitor.publishers.datasette import DATABASE, DENIED, metadata
from monitor.publishers.tables import TABLES
from monitor.store import Store
from monitor.store.questions import QUESTIONS
from tests.support.stocked import SETTINGS, csv_rows, data_files, opened, stock
from tests.support.told import agreement, application, corrected, event

SMITH = agreement(county="Smith County", agency_id="tx-smith")
BUTLER = agreement("Butler County Sheriff's Office", "OH", "JEM", date(2025, 3, 1), agency_id="oh-butler")
PROVO = application("Provo Police Department", "UT", agency_id="ut-provo")
DOCS = Path(__file__).parents[2] / "docs" / "data.md"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A state directory with a log and the metadata beside it, as `datasette state/` finds them; the store stays open."""
    with opened(tmp_path) as store:
        stock(store, [SMITH], [event("agreement.baseline", SMITH), event("agreement.added", SMITH)])
        stock(store, [PROVO], [event("application.added", PROVO)], list_name=PENDING)
        stock(store, [BUTLER], [event("agreement.added", BUTLER), corrected(SMITH, county="Cherokee County")])
        approved = event(
            "application.approved", PROVO, agreement=agreement("Provo Police Department", "UT", agency_id="ut-provo")
        )
        stock(store, events=[approved, event("agreement.removed", BUTLER, reason="the row is gone")])
        (tmp_path / "metadata.json").write_bytes(metadata(SETTINGS))
        yield tmp_path


def get(folder: Path, *paths: str, by_folder: bool = True) -> list[httpx.Response]:
    """What Datasette answers, pointed at the folder or at the two files in it."""
    served = (
        Datasette(config_dir=folder)
        if by_folder
        else Datasette([str(folder / "monitor.db")], metadata=json.loads((folder / "metadata.json").read_bytes()))
    )

    async def ask() -> list[httpx.Response]:
        return [await served.client.get(path) for path in paths]

    return asyncio.run(ask())


def rows(folder: Path, path: str) -> list[dict[str, Any]]:
    (answer,) = get(folder, path + ("&" if "?" in path else "?") + "_shape=array")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize("by_folder", [True, False])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.view)
def test_each_view_answers_with_its_columns_and_their_descriptions(folder: Path, table: Any, by_folder: bool) -> None:
    page, answer = get(folder, f"/monitor/{table.view}", f"/monitor/{table.view}.json?_shape=objects", by_folder=by_folder)
    assert page.status_code == answer.status_code == 200
    assert table.title in page.text
    for column in table.columns:
        assert column.description.split(";")[0].split("'")[0] in page.text
    assert [name for name in answer.json()["columns"] if name != "number"] == [*table.names]
    assert answer.json()["rows"]
    assert answer.json()["facet_results"]


def test_a_view_says_what_the_files_say(folder: Path) -> None:
    store = Store.open(folder / "monitor.db")
    try:
        found = dict(data_files(store, []))
    finally:
        store.close()
    for table in TABLES:
        expected = csv_rows(found[f"data/{table.name}.csv"])
        shown = {str(row[table.key]): row for row in rows(folder, f"/monitor/{table.view}.json")}
        assert len(expected) == len(shown) > 0
        for row in expected:
            for column in table.columns:
                value = shown[row[table.key]][column.name]
                if column.type == "boolean":
                    value = ("false", "true")[value]
                if column.name == "changes" and value:
                    assert json.loads(value) == json.loads(row["changes"])
                else:
                    assert ("" if value is None else str(value)) == row[column.name], column.name


def test_events_leave_out_the_log_s_bookkeeping(folder: Path) -> None:
    kinds = [row["kind"] for row in rows(folder, "/monitor/told_events.json")]
    assert kinds == [
        *("agreement.removed", "application.approved", "agreement.corrected", "agreement.added", "application.added"),
        "agreement.added",
    ]


@pytest.mark.parametrize(
    ("path", "agencies"),
    [
        ("agreements_now.json?_search=butler", ["Butler County Sheriff's Office"]),
        ("agreements_now.json?_search=sheriffs+SMITH", ["Smith County Sheriff's Office"]),
        ("agreements_now.json?_search=nobody", []),
        ("agreements_now.json?_search='%22)+OR+*", []),
        ("pending_now.json?_search=provo", ["Provo Police Department"]),
        ("told_events.json?_search=cherokee", ["Smith County Sheriff's Office"]),
        ("told_events.json?_search=removed+butler", ["Butler County Sheriff's Office"]),
        ("told_events.json?_search=row+gone", ["Butler County Sheriff's Office"]),
        ("agreements_now.json?_search=but*&_searchmode=raw", ["Butler County Sheriff's Office"]),
    ],
)
def test_a_search_finds_an_agency_by_its_words(folder: Path, path: str, agencies: list[str]) -> None:
    assert [row["agency"] for row in rows(folder, f"/monitor/{path}")] == agencies


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_is_answered(folder: Path, name: str) -> None:
    question = QUESTIONS[name]
    filled = "&".join(f"{parameter}=smith" for parameter in question.parameters)
    page, answer = get(folder, f"/monitor/{name}?{filled}", f"/monitor/{name}.json?_shape=objects&{filled}")
    assert page.status_code == answer.status_code == 200
    assert not answer.json().get("error")
    assert answer.json()["rows"], "nothing was found to answer with"
    assert question.title in html.unescape(page.text)
    assert f"`/monitor/{name}`" in DOCS.read_text("utf-8")


def test_questions_are_answered_rightly(folder: Path) -> None:
    new = rows(folder, "/monitor/new_agreements.json")
    assert [row["agency"] for row in new] == [BUTLER.agency, SMITH.agency]
    counts = rows(folder, "/monitor/states_and_models.json")
    assert {row["state"]: (row["agreements"], row["JEM"], row["TFM"], row["WSO"]) for row in counts} == {
        "OH": (1, 1, 0, 0),
        "TX": (1, 0, 1, 0),
    }
    history = rows(folder, "/monitor/agency_history.json?agency=SMITH+county")
    assert [row["kind"] for row in history] == ["agreement.added", "agreement.corrected"]
    assert rows(folder, "/monitor/agency_history.json?agency=oh-butler")[-1]["kind"] == "agreement.removed"
    assert rows(folder, "/monitor/agency_history.json?agency=") == []
    assert [row["days"] for row in rows(folder, "/monitor/pending_by_days_waited.json")] == [2]
    assert [row["days"] for row in rows(folder, "/monitor/days_until_signed.json")] == [2]
    assert [row["agency"] for row in rows(folder, "/monitor/ended_agreements.json")] == [BUTLER.agency]


def test_new_means_thirty_days_before_the_last_publication(folder: Path) -> None:
    store = Store.open(folder / "monitor.db")
    try:
        for _ in range(29):
            stock(store)
    finally:
        store.close()
    assert [row["agency"] for row in rows(folder, "/monitor/new_agreements.json")] == [BUTLER.agency]


@pytest.mark.parametrize("by_folder", [True, False])
def test_tables_that_are_nobody_s_business_are_refused(folder: Path, by_folder: bool) -> None:
    paths = [f"/{DATABASE}/{name}{form}" for name in DENIED for form in ("", ".json", ".csv")]
    assert {answer.status_code for answer in get(folder, *paths, by_folder=by_folder)} == {403}
    (index,) = get(folder, f"/{DATABASE}.json", by_folder=by_folder)
    assert index.json()["tables"] == []
    assert sorted(view["name"] for view in index.json()["views"]) == sorted(table.view for table in TABLES)


def test_every_table_of_the_database_is_refused_by_name(folder: Path) -> None:
    """A table that a later migration adds is public until it is named."""
    with closing(sqlite3.connect(folder / "monitor.db")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {*DENIED}


@pytest.mark.parametrize(
    "path",
    [
        "/monitor?sql=select+1",
        "/monitor.json?sql=select+*+from+deliveries",
        "/monitor/told_events.json?_where=1=1",
        "/monitor/events/1",
        "/monitor/deliveries/1.json",
        "/monitor.db",
        '/monitor/told_events.json?_through={"table":"deliveries","column":"id","value":"1"}',
    ],
)
def test_what_is_not_offered_is_refused(folder: Path, path: str) -> None:
    (answer,) = get(folder, path)
    assert answer.status_code == 403


def test_the_metadata_is_the_same_twice() -> None:
    assert metadata(SETTINGS) == metadata(SETTINGS)
