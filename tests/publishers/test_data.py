"""The files of data as programs and spreadsheets read them: the columns that are documented, the whole log, and nothing that runs."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from monitor.core.events import BOOKKEEPING, Event
from monitor.core.roster import PENDING, Printed
from monitor.publishers.cells import LONGEST, text_cell, xlsx, xlsx_cells
from monitor.publishers.tables import AGREEMENTS, EVENTS, PUBLICATIONS, TABLES, Table
from monitor.store import Store
from tests.support.stocked import csv_rows, data_files, opened, stock
from tests.support.told import HOSTILE, agreement, application, corrected, event

DOCS = Path(__file__).parents[2] / "docs" / "data.md"
SMITH = agreement(
    moa_url="https://www.ice.gov/doclib/287gMOA/smith.pdf", printed=Printed(state="TEXAS ", agency="Smith", moa="link")
)
BAY = agreement("Bay County Sheriff’s Office", "FL", "JEM", date(2025, 3, 1), county="Bay County")
NOWHERE = agreement("Lost Police Department", None, None, None)
PROVO = application("Provo Police Department", "UT", agency_id="ut-provo")
FORMULAS = (
    *(
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\u00a0=1",
        "＝1+1",
        "－1",
        "＋1",
        "＠x",
        "\u200e=1",
    ),
    *("\ufeff@x", "\x00=1", "\u202e=1", '=HYPERLINK("https://evil.example")', "\u3000＝1"),
)
CELLS = (
    *FORMULAS,
    *HOSTILE,
    "x" * 10_000,
    "x" * 40_000,
    "😀" * 20_000,
    "Smith\x00County",
    'He said "no", twice',
    "_x0041_",
    "a\x1fb\uffff",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three agreements, an application, and one of each event that says most."""
    with opened(tmp_path) as one:
        stock(one, [SMITH, BAY, NOWHERE], [event("agreement.baseline", SMITH), event("agreement.added", BAY)])
        stock(one, [PROVO], [event("application.added", PROVO)], list_name=PENDING)
        moved = corrected(SMITH, signed=date(2025, 5, 21), county="Smith County")
        match = {"evidence": {"match": ', "match": ', "name": "same"}, "runner_up": None}
        stock(one, [moved.agreement], [replace(moved, match=match), event("list.left_page"), event("agreement.reprinted", BAY)])
        yield one


def published(store: Store, states: Sequence[str] | None = None) -> dict[str, bytes]:
    pairs = [*data_files(store, states)]
    assert len({path for path, _ in pairs}) == len(pairs), "a path comes twice"
    return dict(pairs)


def sheet_rows(content: bytes) -> list[list[Any]]:
    """The cells of a workbook's only sheet, the header first; fails the test where one would be calculated or followed."""
    (page,) = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    for row in page.iter_rows():
        for cell in row:
            assert cell.data_type != "f", cell.value
            assert cell.hyperlink is None
    return [[cell.value for cell in row] for row in page.iter_rows()]


def filled(content: bytes) -> list[list[Any]]:
    return [row for row in sheet_rows(content)[1:] if any(cell is not None for cell in row)]


def test_the_whole_country_and_each_state_have_every_table_in_four_forms(store: Store) -> None:
    forms = ("json", "ndjson", "csv", "xlsx")
    whole = {f"data/{table.name}.{form}" for table in TABLES for form in forms}
    places = {f"data/{state}/{table.name}.{form}" for state in ("fl", "tx", "ut") for table in TABLES[:3] for form in forms}
    packages = {"data/datapackage.json", *(f"data/{state}/datapackage.json" for state in ("fl", "tx", "ut"))}
    assert set(published(store)) == whole | places | packages
    assert set(published(store, [])) == whole | {"data/datapackage.json"}
    only = published(store, ["FL"])
    assert {path for path in only if path.count("/") == 2} == {path for path in places | packages if path.startswith("data/fl/")}


def test_events_are_the_contract_to_the_letter(store: Store) -> None:
    expected = [json.dumps(one.to_json(), ensure_ascii=False) for one in store.events()]
    found = published(store)
    assert found["data/events.ndjson"].decode() == "".join(f"{line}\n" for line in expected)
    assert json.loads(found["data/events.json"]) == [json.loads(line) for line in expected]
    kinds = [row["kind"] for row in csv_rows(found["data/events.csv"])]
    assert kinds == ["agreement.added", "application.added", "agreement.corrected", "list.left_page"]
    assert not BOOKKEEPING & {*kinds}


def test_what_stands_is_the_contract_and_when_it_was_first_seen(store: Store) -> None:
    found = published(store)
    for name, list_name in (("agreements", "participating"), ("pending", "pending")):
        rows = json.loads(found[f"data/{name}.json"])
        first_seen = {one.listing.id: f"{one.first_seen:%Y-%m-%dT%H:%M:%SZ}" for one in store.known(list_name)}
        assert rows == [{**one.to_json(), "first_seen": first_seen[one.id]} for one in store.standing(list_name)]
        assert [json.loads(line) for line in found[f"data/{name}.ndjson"].splitlines()] == rows


def test_publications_are_as_the_commands_print_them(store: Store) -> None:
    rows = json.loads(published(store)["data/publications.json"])
    assert rows == [one.to_json() for one in store.publications()[::-1]]
    assert [row["id"] for row in rows] == [1, 2, 3]


def test_a_cell_of_a_csv_is_what_the_json_says(store: Store) -> None:
    found = published(store)
    (row,) = [row for row in csv_rows(found["data/agreements.csv"]) if row["state"] == "TX"]
    assert row["agency"] == "Smith County Sheriff's Office"
    assert (row["signed"], row["county"], row["rows"], row["printed_state"]) == ("2025-05-21", "Smith County", "1", "TEXAS ")
    assert row["addendum_url"] == row["printed_type"] == ""
    (change,) = [row for row in csv_rows(found["data/events.csv"]) if row["kind"] == "agreement.corrected"]
    assert json.loads(change["changes"]) == {"signed": ["2025-05-20", "2025-05-21"], "county": [None, "Smith County"]}
    assert (change["backfilled"], change["before_id"], change["publication_id"]) == ("false", SMITH.id, "3")
    (left,) = [row for row in csv_rows(found["data/events.csv"]) if row["kind"] == "list.left_page"]
    assert {name for name, value in left.items() if value} == {
        *("id", "kind", "at", "backfilled", "publication_id", "publication_list", "publication_name", "publication_sha256"),
        "publication_seen_at",
    }


def test_dates_of_a_workbook_are_dates(store: Store) -> None:
    header, *rows = sheet_rows(published(store)["data/agreements.xlsx"])
    first = dict(zip(header, next(row for row in rows if "TX" in row), strict=True))
    assert first["signed"] == datetime(2025, 5, 21)
    assert isinstance(first["first_seen"], datetime)
    book = openpyxl.load_workbook(io.BytesIO(published(store)["data/agreements.xlsx"])).active
    assert book.freeze_panes == "A2"
    assert all(cell.font.bold for cell in book[1])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_are_those_of_the_schema_in_every_file(store: Store, table: Table) -> None:
    found = published(store)
    for place in ("", "fl/", "tx/", "ut/") if table.by_state else ("",):
        package = json.loads(found[f"data/{place}datapackage.json"])
        (resource,) = [one for one in package["resources"] if one["name"] == table.name]
        assert resource["path"] == f"{table.name}.csv"
        names = [one["name"] for one in resource["schema"]["fields"]]
        assert names == [*table.names]
        assert resource["schema"]["primaryKey"] in names
        assert found[f"data/{place}{table.name}.csv"].decode().split("\r\n")[0].split(",") == names
        assert sheet_rows(found[f"data/{place}{table.name}.xlsx"])[0] == names


def test_a_csv_holds_what_its_schema_allows(store: Store) -> None:
    """The lexical forms of Table Schema: each cell reads as its column's type, each key is there once."""
    found = published(store)
    forms = {
        "string": "(?s).*",
        "integer": r"-?\d+",
        "boolean": "true|false",
        "date": r"\d{4}-\d\d-\d\d",
        "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    }
    for resource in json.loads(found["data/datapackage.json"])["resources"]:
        rows = csv_rows(found[f"data/{resource['path']}"])
        for field in resource["schema"]["fields"]:
            for row in rows:
                assert row[field["name"]] == "" or re.fullmatch(forms[field["type"]], row[field["name"]]), field
        keys = [row[resource["schema"]["primaryKey"]] for row in rows]
        assert len({*keys}) == len(keys) > 0 and all(keys)


def test_a_package_says_what_the_specification_asks_for(store: Store) -> None:
    for path, content in published(store).items():
        if path.endswith("datapackage.json"):
            package = json.loads(content)
            assert package["profile"] == "tabular-data-package"
            assert re.fullmatch(r"[a-z0-9._-]+", package["name"])
            assert package["title"] and package["licenses"][0]["name"] and package["sources"][0]["title"]
            for resource in package["resources"]:
                assert {"name", "path", "profile", "format", "mediatype", "encoding", "schema"} <= resource.keys()
                assert all({"name", "type", "format", "description"} <= field.keys() for field in resource["schema"]["fields"])


def test_a_state_s_files_are_its_part_of_the_whole(store: Store) -> None:
    found = published(store)
    for table in TABLES[:3]:
        whole = csv_rows(found[f"data/{table.name}.csv"])
        for state in ("FL", "TX", "UT"):
            place = f"data/{state.lower()}/{table.name}"
            assert csv_rows(found[f"{place}.csv"]) == [row for row in whole if row["state"] == state]
            lines = {*found[f"data/{table.name}.ndjson"].splitlines()}
            assert {*found[f"{place}.ndjson"].splitlines()} <= lines
            assert (
                len(json.loads(found[f"{place}.json"]))
                == len(filled(found[f"{place}.xlsx"]))
                == len(csv_rows(found[f"{place}.csv"]))
            )
        assert len(filled(found[f"data/{table.name}.xlsx"])) == len(whole)


def test_what_has_no_state_is_in_the_files_of_the_whole_country_only(store: Store) -> None:
    found = published(store)
    having = [path for path, content in found.items() if b"Lost Police" in content]
    assert sorted(having) == ["data/agreements.csv", "data/agreements.json", "data/agreements.ndjson"]


def test_a_state_that_lost_its_last_agreement_has_empty_tables(store: Store) -> None:
    stock(store, [BAY], [event("agreement.removed", BAY)], gone=True)
    found = published(store)
    assert found["data/fl/agreements.json"] == b"[]\n"
    assert found["data/fl/agreements.ndjson"] == b""
    assert found["data/fl/agreements.csv"].decode() == ",".join(AGREEMENTS.names) + "\r\n"
    assert filled(found["data/fl/agreements.xlsx"]) == []
    assert [row["kind"] for row in csv_rows(found["data/fl/events.csv"])] == ["agreement.added", "agreement.removed"]


def test_an_empty_log_has_files_that_can_be_read(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        found = published(store)
        assert len(found) == 17
        assert all(
            json.loads(content) == []
            for path, content in found.items()
            if re.fullmatch(r"data/[a-z]+s?\.json", path) and "pack" not in path
        )


@pytest.mark.parametrize("text", CELLS, ids=lambda text: repr(text[:12]))
def test_a_hostile_cell_is_inert(tmp_path: Path, text: str) -> None:
    hostile = agreement(text, county=text, printed=Printed(agency=text, moa_link=text), moa_url=text)
    with opened(tmp_path) as store:
        stock(store, [hostile], [event("agreement.added", hostile, reason=text), corrected(hostile, county="x")])
        found = published(store)
    for table in (AGREEMENTS, EVENTS):
        place = f"data/tx/{table.name}"
        for row in csv_rows(found[f"{place}.csv"]):
            assert_inert(row)
        assert csv_rows(found[f"{place}.csv"])[0]["agency"].removeprefix("'") == cleaned(text)
        header, *rows = sheet_rows(found[f"{place}.xlsx"])
        shown = unescaped(dict(zip(header, rows[0], strict=True))["agency"] or "")
        assert shown == (cleaned(text) if len(text.encode("utf-16-le")) <= 2 * LONGEST else shown)
        values = json.loads(found[f"{place}.json"])
        assert json.dumps(text) in json.dumps(values[0]), "JSON holds the text itself"
        assert [json.loads(line) for line in found[f"{place}.ndjson"].splitlines()] == values
        assert found[f"{place}.ndjson"].count(b"\n") == len(values), "a text has broken a line"


def assert_inert(row: dict[str, str]) -> None:
    """What a spreadsheet makes of a line of CSV: no cell of text begins as a formula does, even for one that skips what does not show."""
    for value in row.values():
        assert not set(value) & set(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
        seen = "".join(c for c in value if c.isprintable() and not c.isspace())
        assert seen[:1] not in tuple("=+-@＝＋－＠") or value[:1] == "'", value[:40]
        assert value[:1] not in ("\t", "\r", "\n")


def cleaned(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def unescaped(text: str) -> str:
    """OOXML's own escapes, which openpyxl leaves to the reader."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_a_text_longer_than_excel_takes_is_cut_and_says_so() -> None:
    (row,) = filled(xlsx_of("😀" * 20_000))
    text = next(cell for cell in row if cell)
    assert text.endswith("😀…")
    assert LONGEST - 2 <= len(text.encode("utf-16-le")) / 2 <= LONGEST


def xlsx_of(agency: str) -> bytes:
    """A workbook with one agreement of this agency, through the files' own way."""
    cell = xlsx_cells(AGREEMENTS)[AGREEMENTS.names.index("agency")][agency]
    return xlsx(AGREEMENTS, [{**dict.fromkeys(AGREEMENTS.names), "agency": cell}])


def test_half_a_surrogate_pair_is_left_out() -> None:
    assert text_cell("Smith\ud800 County\udfff") == "Smith County"


@pytest.mark.parametrize("text", ["Smith County", "3M Police", "(city) =1", "a-b", "'quoted", "é", "العربية", "", "#1"])
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert text_cell(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_calculated_gets_an_apostrophe(text: str) -> None:
    assert text_cell(text).startswith("'")


def test_numbers_are_no_text(store: Store) -> None:
    for row in csv_rows(published(store)["data/publications.csv"]):
        assert row["agreements"] == "1240"
    header, *rows = sheet_rows(published(store)["data/publications.xlsx"])
    assert {row[header.index("agreements")] for row in rows} == {1_240}


def test_the_same_log_gives_the_same_bytes_at_any_time_and_in_any_process(store: Store, tmp_path: Path) -> None:
    first = published(store)
    script = (
        "import hashlib, sys; from pathlib import Path; from monitor.store import Store;"
        "from tests.support.stocked import data_files; import time; time.sleep(1.1);"
        "store = Store.open(Path(sys.argv[1])); print(hashlib.sha256(b''.join(b for _, b in data_files(store))).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "monitor.db")],
        capture_output=True,
        text=True,
        check=True,
        cwd=DOCS.parents[1],
    )
    assert other.stdout.strip() == hashlib.sha256(b"".join(first.values())).hexdigest()


def test_what_is_added_to_the_log_is_added_to_the_files(store: Store) -> None:
    before = published(store)
    stock(store, [BAY], [event("moa.posted", BAY)])
    after = published(store)
    for name in ("data/events.csv", "data/events.ndjson", "data/publications.csv"):
        assert after[name].startswith(before[name])
    assert {path for path in before if "/tx/" in path and after[path] != before[path]} == set()


def test_a_line_is_cut_where_the_log_s_own_evidence_begins_whatever_an_event_says(tmp_path: Path) -> None:
    """Lines are cut from what was stored, not decoded: they must be what decoding would give."""
    awkward = agreement(', "match": null}', county='", "match": ', printed=Printed(agency='\\", \\"match\\": '))
    events: list[Event] = [
        event("agreement.added", awkward, reason=', "match": {}', doubt={"pair": "a", "match": 1, "reason": ', "match": '}),
        event("agreement.removed", awkward, match={"evidence": {"name": ', "match": '}}),
        event("agreement.corrected", awkward, before=awkward, changes={"agency": (', "match": ', None)}, backfilled=True),
    ]
    with opened(tmp_path) as store:
        stock(store, [awkward], events)
        lines = published(store)["data/events.ndjson"].decode().splitlines()
        assert [json.loads(line) for line in lines] == [one.to_json() for one in store.events()]


def test_the_documentation_names_every_table_and_every_column() -> None:
    text = DOCS.read_text("utf-8")
    for table in TABLES:
        section = text.partition(f"## `{table.name}`")[2].partition("\n## ")[0]
        named = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", section, re.MULTILINE)
        assert named == [(column.name, column.type, column.description) for column in table.columns], table.name


def test_a_listing_s_every_field_has_its_column() -> None:
    for table, listing in ((AGREEMENTS, SMITH), (TABLES[1], PROVO)):
        assert {*listing.json_fields} <= {*table.names}
    assert {"id", "kind", "at", "reason", "changes", "backfilled", "doubt"} <= {*EVENTS.names}
    assert {"status", "sha256", "name"} <= {*PUBLICATIONS.names}
