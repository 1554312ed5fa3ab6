"""The tables of the whole archive against the figures of the report: every row there is, in every form."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator

import openpyxl
import pytest

from monitor.config import Settings
from monitor.evidence import Evidence
from monitor.intake import Intake
from monitor.publishers.tables import TABLES
from monitor.report import figures
from monitor.store import Store
from tests.archive.conftest import ARCHIVE
from tests.support.archive import announced
from tests.support.stocked import csv_rows, data_files


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, bytes]]]:
    """The log of the whole archive, and all its files."""
    folder = tmp_path_factory.mktemp("data")
    store = Store.open(folder / "monitor.db")
    try:
        intake = Intake(store, Evidence(folder / "documents"), Settings.model_validate({"state": folder}))
        for _ in announced(intake, ARCHIVE):
            pass
        yield store, dict(data_files(store))
    finally:
        store.close()


def test_the_tables_agree_with_the_report(built: tuple[Store, dict[str, bytes]]) -> None:
    store, found = built
    for name, list_name in (("agreements", "participating"), ("pending", "pending")):
        report = figures(store.standing(list_name))
        rows = csv_rows(found[f"data/{name}.csv"])
        assert len(rows) == report["total"] > 50
        assert dict(sorted(Counter(row["state"] for row in rows if row["state"]).items())) == report["by_state"]
        assert Counter(row["model"] for row in rows if row["model"]) == {
            code: model["total"] for code, model in report["models"].items() if model["total"]
        }
        for state, number in report["by_state"].items():
            assert len(csv_rows(found[f"data/{state.lower()}/{name}.csv"])) == number


def test_the_events_are_the_contract_to_the_letter(built: tuple[Store, dict[str, bytes]]) -> None:
    store, found = built
    lines = [json.dumps(one.to_json(), ensure_ascii=False) for one in store.events()]
    assert found["data/events.ndjson"].decode().splitlines() == lines
    assert len(lines) > 3_000


def test_every_form_holds_every_row(built: tuple[Store, dict[str, bytes]]) -> None:
    _, found = built
    for table in TABLES:
        path = f"data/{table.name}"
        values = json.loads(found[f"{path}.json"])
        rows = csv_rows(found[f"{path}.csv"])
        assert [str(value[table.key]) for value in values] == [row[table.key] for row in rows]
        assert found[f"{path}.ndjson"].count(b"\n") == len(values)
        page = openpyxl.load_workbook(io.BytesIO(found[f"{path}.xlsx"]), read_only=True).active
        assert page is not None
        keys = [
            f"{cell:.0f}" if isinstance(cell, float) else cell
            for (cell,) in page.iter_rows(min_row=2, max_col=1, values_only=True)
            if cell is not None
        ]
        assert keys == [row[table.key] for row in rows]


def test_the_states_files_are_the_whole_together(built: tuple[Store, dict[str, bytes]]) -> None:
    store, found = built
    for table in TABLES[:3]:
        whole = [row for row in csv_rows(found[f"data/{table.name}.csv"]) if row["state"]]
        parts = [row for state in store.tables.states() for row in csv_rows(found[f"data/{state.lower()}/{table.name}.csv"])]
        assert sorted(row[table.key] for row in parts) == sorted(row[table.key] for row in whole)
