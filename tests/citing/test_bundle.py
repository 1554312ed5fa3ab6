"""Evidence in a zip: what is in it, that standard tools can check it, and that it can be filled in again."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.backfill import Backfill, contents
from monitor.citing.bundle import Choice, write_bundle
from monitor.cli import cli
from monitor.core.chain import START, link
from monitor.evidence import Evidence
from monitor.store import ARCHIVED, Commit, Document, NewSighting, Store
from tests.support.archive import NOW
from tests.support.line import Line
from tests.support.process import write_config

Run = Callable[..., Result]


@pytest.fixture
def run(record: Line, tmp_path: Path) -> Run:
    config = write_config(tmp_path / "config.yaml", page=record.settings.page, state=str(record.state.path))

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), *arguments], prog_name="monitor287g")

    return command


@pytest.fixture
def bundle(run: Run, tmp_path: Path) -> Path:
    """Everything, as a folder."""
    assert run("evidence", "export", str(tmp_path / "all.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "all.zip") as file:
        file.extractall(tmp_path / "all")
    return tmp_path / "all"


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as file:
        return {name for name in file.namelist() if name.startswith("documents/")}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_standard_tools_check_the_documents(bundle: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=bundle, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(": OK") == len([path for path in bundle.rglob("*") if path.is_file()]) - 1
    for victim in (next((bundle / "documents").iterdir()), bundle / "STATEMENT.txt"):
        body = victim.read_bytes()
        victim.write_bytes(body + b"x")
        assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=bundle, capture_output=True, check=False).returncode != 0
        victim.write_bytes(body)


def lines(folder: Path, name: str) -> list[tuple[int, str]]:
    """(number, line) of each entry of a chain, as another program would read them."""
    found = []
    for line in (folder / f"{name}.ndjson").read_text("utf-8").splitlines():
        value = json.loads(line)
        found.append((value["id"] if name == "events" else value[0], line))
    return found


@pytest.mark.parametrize("name", ["events", "sightings"])
def test_the_lines_of_the_record_follow_its_chain(bundle: Path, record: Line, name: str) -> None:
    links = manifest(bundle)["links"][name]
    previous = START
    for number, line in lines(bundle, name):
        previous = link(previous, line)
        assert links[str(number)] == previous
    chain = record.store if name == "events" else record.store.sightings
    assert manifest(bundle)["record"][f"{name}_head"] == previous == chain.head()[1]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
@pytest.mark.parametrize("name", ["events", "sightings"])
def test_one_line_of_a_part_can_be_checked_by_itself(run: Run, tmp_path: Path, name: str) -> None:
    """With the shell line that STATEMENT.txt gives."""
    assert run("evidence", "export", str(tmp_path / "some.zip"), "--publication", "5").exit_code == 0
    with zipfile.ZipFile(tmp_path / "some.zip") as file:
        file.extractall(tmp_path / "some")
    said = (tmp_path / "some" / "STATEMENT.txt").read_text("utf-8")
    command = next(line.strip() for line in said.splitlines() if "$link_before" in line)
    links = manifest(tmp_path / "some")["links"][name]
    found = lines(tmp_path / "some", name)
    assert found[0][0] > 1
    for number, line in found:
        environment = {"link_before": links[str(number - 1)], "line": line, "PATH": os.environ["PATH"]}
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.split()[0] == links[str(number)]


def test_the_manifest_says_of_each_document_when_where_and_how_it_was_seen(bundle: Path, record: Line) -> None:
    documents = manifest(bundle)["documents"]
    assert {one["sha256"] for one in documents} == {one.sha256 for one in record.store.documents()}
    second = next(one for one in documents if one["sightings"][0]["name"] == "second.xlsx")
    assert second["kind"] == "participating list"
    assert second["sightings"][0]["url"].endswith("/second.xlsx")
    assert second["sightings"][0]["how"] == "fetched"
    assert second["sightings"][0]["headers"]["last-modified"].endswith("GMT")
    assert (bundle / "documents" / second["file"]).stat().st_size == second["bytes"]
    assert [one["status"] for one in manifest(bundle)["publications"] if one["id"] in second["publications"]] == ["accepted"]


def test_the_statement_says_it_in_words(bundle: Path) -> None:
    said = " ".join((bundle / "STATEMENT.txt").read_text("utf-8").split())
    assert "It holds 9 documents, seen between 29 May 2025 at 14:10:00 UTC and" in said
    assert "Received from http://127.0.0.1:" in said
    assert "The server said: date: " in said
    assert "It was held as implausible, and made moot by a later one (" in said
    assert "sha256sum -c SHA256SUMS" in said
    assert "clock of the computer" in said


def test_the_same_record_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        run("evidence", "export", str(tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_zip_fills_an_empty_directory_with_the_same_publications(bundle: Path, record: Line, tmp_path: Path) -> None:
    again = Store.open(tmp_path / "again" / "monitor.db")
    try:
        backfill = Backfill(again, Evidence(tmp_path / "again" / "documents"), record.settings)
        found = [*backfill.replay(contents(bundle, NOW).captures)]
        assert {one.detail for one in found} == {""}
        assert publications(again) == publications(record.store)
        assert told(again) == told(record.store)
    finally:
        again.close()


def publications(store: Store) -> list[object]:
    return [(one.list, one.name, one.url, one.sha256, one.seen_at, one.status) for one in store.publications()]


def told(store: Store) -> list[object]:
    return [(one.kind, one.at, one.listing.id if one.listing else None) for one in store.events(bookkeeping=True)]


def test_a_time_an_agency_or_a_publication_can_be_chosen(run: Run, record: Line, tmp_path: Path) -> None:
    def chosen(*options: str) -> set[str]:
        path = tmp_path / "some.zip"
        assert run("evidence", "export", str(path), *options).exit_code == 0
        with zipfile.ZipFile(path) as file:
            rows = csv.DictReader(io.TextIOWrapper(file.open("timeline.csv"), "utf-8"))
            return {row["name"] for row in rows}

    assert chosen("--publication", "3") == {"second.xlsx"}
    assert chosen("--agency", "oh-ada-county-sheriffs-office") == {"second.xlsx", "third.xlsx"}
    first = {"participatingAgencies05292025am.xlsx", "pendingAgencies05292025am.xlsx", "287g"}
    assert chosen("--until", "2025-05-29T20:00:00Z") == first
    assert chosen("--since", "2025-05-31") == {"third.xlsx", "287g"}
    # Of two documents that were seen earlier something was told in that time: the one was released, the other left the page.
    wanted = {
        one.sha256
        for one in record.store.publications()
        if one.name in ("third.xlsx", "wrong.xlsx", "pendingAgencies05292025am.xlsx")
    }
    assert {name[10:74] for name in names(tmp_path / "some.zip") if name.endswith("xlsx")} == wanted
    assert chosen("--agency", "oh-ada-county-sheriffs-office", "--publication", "3") == {"second.xlsx"}
    assert chosen("--agency", "oh-ada-county-sheriffs-office", "--since", "2025-05-31") == {"third.xlsx"}


def test_events_are_chosen_by_their_moment_or_their_publication(run: Run, record: Line, tmp_path: Path) -> None:
    def kinds(*options: str) -> list[str]:
        path = tmp_path / "some.zip"
        assert run("evidence", "export", str(path), *options).exit_code == 0
        with zipfile.ZipFile(path) as file:
            return [json.loads(line)["kind"] for line in file.read("events.ndjson").splitlines()]

    everything = [one.kind for one in record.store.events(bookkeeping=True)]
    assert kinds() == everything
    assert kinds("--since", "2025-05-31") == everything[-3:] == ["agreement.removed", "publication.released", "list.left_page"]
    assert set(kinds("--publication", "1")) == {"agreement.baseline"}


WRONG = {
    "an agency that is unknown": (("--agency", "tx-nobody"), 2, "no publication told anything of an agency 'tx-nobody'"),
    "a publication that is not there": (("--publication", "99"), 2, "there is no publication 99"),
    "a time before the record": (("--until", "2020-01-01"), 1, "no document was seen in that time"),
    "a publication that told nothing of the agency": (
        ("--publication", "1", "--agency", "oh-ada-county-sheriffs-office"),
        1,
        "none belongs to what was asked for",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_choice_that_holds_nothing_is_said_in_one_line(run: Run, tmp_path: Path, what: str) -> None:
    options, code, reason = WRONG[what]
    result = run("evidence", "export", str(tmp_path / "none.zip"), *options)
    assert (result.exit_code, reason in result.stderr) == (code, True), result.output
    assert not [*tmp_path.glob("*none.zip*")]


def test_a_damaged_document_is_never_handed_on(run: Run, record: Line, tmp_path: Path) -> None:
    path = next(record.state.documents.rglob("*.xlsx"))
    path.write_bytes(b"x")
    result = run("evidence", "export", str(tmp_path / "all.zip"))
    assert result.exit_code == 1
    assert f"{path} is missing or damaged; `monitor287g evidence verify` says more" in result.stderr
    assert not [*tmp_path.glob("*all.zip*")]


@pytest.mark.parametrize("table", ["events", "sightings"])
def test_an_altered_line_is_never_handed_on(run: Run, record: Line, tmp_path: Path, table: str) -> None:
    column = {"events": "value", "sightings": "first_seen"}[table]
    with closing(sqlite3.connect(record.state.database)) as sql, sql:
        sql.execute(f"DROP TRIGGER {table}_kept")
        sql.execute(f"UPDATE {table} SET {column} = replace({column}, '2025', '2024') WHERE id = 5")
    result = run("evidence", "export", str(tmp_path / "all.zip"))
    assert result.exit_code == 1
    assert f"{table[:-1]} 5 is not what was written down; `monitor287g evidence verify` says more" in result.stderr
    assert not [*tmp_path.glob("*all.zip*")]


@pytest.mark.parametrize("name", ["monitor.db", "documents/all.zip", "public/all.zip", "all.zip"])
def test_the_monitors_own_files_are_never_written_over(run: Run, record: Line, name: str) -> None:
    before = {path: path.stat().st_size for path in record.state.path.rglob("*")}
    result = run("evidence", "export", str(record.state.path / name))
    assert result.exit_code == 2
    assert "would lie among the monitor's own files" in result.stderr
    assert before == {path: path.stat().st_size for path in record.state.path.rglob("*")}


def test_an_earlier_file_is_replaced_in_one_step(run: Run, record: Line, tmp_path: Path) -> None:
    target = tmp_path / "all.zip"
    target.write_text("earlier")
    next(record.state.documents.rglob("*.xlsx")).unlink()
    assert run("evidence", "export", str(target)).exit_code == 1
    assert target.read_text() == "earlier"


def test_a_file_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    result = run("evidence", "export", str(tmp_path / "nowhere" / "all.zip"))
    assert result.exit_code == 1
    assert "all.zip cannot be written: No such file or directory" in result.stderr


def test_the_statement_says_what_came_of_a_saved_file(record: Line, tmp_path: Path) -> None:
    store, evidence = record.store, record.evidence
    body = b"<html>saved</html>"
    digest = evidence.keep(body)
    saved = NewSighting(sha256=digest, url="saved.html", name="saved.html", how=ARCHIVED)
    captured = NewSighting(
        sha256=digest, url="https://www.ice.gov/287g", name="287g", how=ARCHIVED, headers={"x-archive-url": "https://a/"}
    )
    store.commit(Commit(record.now, documents=[Document(digest, len(body))], sightings=[saved, captured]))
    write_bundle(tmp_path / "all.zip", store, evidence, Choice())
    with zipfile.ZipFile(tmp_path / "all.zip") as file:
        said = " ".join(file.read("STATEMENT.txt").decode().split())
    assert "Read from the saved file saved.html, which its archive dates 31 May 2025 at 14:20:00 UTC." in said
    assert "Read from a saved file, by which https://www.ice.gov/287g gave it as 287g, on 31 May 2025 at 14:20:00 UTC." in said
    assert "The archive keeps it at https://a/." in said
