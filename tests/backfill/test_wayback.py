"""History fetched from a web archive: what is asked of it, how politely, and what comes of its faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.backfill import BackfillError
from monitor.backfill.wayback import Wayback
from monitor.cli import cli
from monitor.config import Settings
from monitor.fetcher import Fetcher
from monitor.store import Store
from tests.support.pages import DOCLIB, doclib, with_links, with_table
from tests.support.process import write_config
from tests.support.sheets import pending_sheet, row, sheet
from tests.support.wayback import Machine, archiving

PAGE = "https://www.ice.gov/identify-and-arrest/287g"
BELOW = f"https://www.ice.gov{DOCLIB}"
DOWNLOAD = "https://www.ice.gov/file-download/download/public/209067"
OLD = [row("TEXAS", "Smith County Sheriff's Office")]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
NEWER = [*NEW, row("UTAH", "Provo Police Department")]
MODIFIED = "Thu, 29 May 2025 14:00:00 GMT"


@pytest.fixture
def machine() -> Iterator[Machine]:
    with archiving() as one:
        yield one


@pytest.fixture
def run(machine: Machine, tmp_path: Path) -> Any:
    wayback = {"url": machine.address, "pause": "0.01s"}
    config = write_config(tmp_path / "config.yaml", page=PAGE, state=str(tmp_path / "state"), wayback=wayback)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), "backfill", "--wayback", *arguments], prog_name="monitor287g")

    return command


def stocked(machine: Machine) -> None:
    """A year: the list in the page, then linked by its name, then behind an address without one."""
    table = [("TEXAS", "Smith County Sheriff’s Office", "Task Force Model", "2025-05-20", "link pending")]
    machine.add("20250210120000", PAGE, with_table(table))
    machine.add("20250530150000", PAGE, doclib("participating05302025am.xlsx", "pending05302025am.xlsx"))
    machine.add("20250530153000", PAGE, doclib("participating05302025am.xlsx", "pending05302025am.xlsx"))  # within the hour
    machine.add("20250601000000", f"{BELOW}/participating05302025am.xlsx", sheet(NEW), last_modified=MODIFIED, etag='"a"')
    machine.add("20250530151000", f"{BELOW}/pending05302025am.xlsx", pending_sheet([row("UTAH")]))
    machine.add("20260401150000", PAGE, with_links({DOWNLOAD: "View 287(g) Participating Agencies"}))
    named = 'attachment; filename="participatingAgencies04012026.xlsx"'
    machine.add("20260401140000", DOWNLOAD, sheet(NEW), content_disposition=named)
    machine.add("20260401160000", DOWNLOAD, sheet(NEWER), content_disposition=named)


def test_pages_and_the_lists_they_linked_are_fetched_and_replayed(run: Any, machine: Machine, tmp_path: Path) -> None:
    stocked(machine)
    result = run()
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    store = Store.open(tmp_path / "state" / "monitor.db")
    try:
        told = [(event.kind, event.state, f"{event.at:%Y-%m-%d %H:%M}") for event in store.events()]
        seen = [*store.sightings.all()]
    finally:
        store.close()
    assert told == [
        ("agreement.added", "OH", "2025-05-30 15:00"),
        ("list.left_page", None, "2026-04-01 15:00"),
        ("agreement.added", "UT", "2026-04-01 16:00"),
    ]
    named = next(one for one in seen if one.url == f"{BELOW}/participating05302025am.xlsx")
    assert named.how == "archived"
    assert named.headers["last-modified"] == MODIFIED
    assert named.headers["x-archive-url"] == f"{machine.address}/web/20250601000000id_/{named.url}"
    assert {one.name for one in seen if one.url == DOWNLOAD} == {"participatingAgencies04012026.xlsx"}


def test_the_archive_is_asked_for_each_thing_once_and_left_alone_between(machine: Machine, tmp_path: Path) -> None:
    stocked(machine)
    waited: list[float] = []
    settings = Settings.model_validate(
        {"page": PAGE, "wayback": {"url": machine.address, "pause": "3s"}, "allowed_hosts": ["127.0.0.1"]}
    )

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    def gather() -> int:
        with Fetcher(settings, pause) as fetcher:
            wayback = Wayback(settings, fetcher, tmp_path / "folder", pause)
            for _ in wayback.fetch(wayback.pages(None, None), "287g.html"):
                pass
            for captures in wayback.documents(None):
                for _ in wayback.fetch(captures):
                    pass
            return wayback.fetched

    assert gather() == 7
    assert len(machine.asked) == len(set(machine.asked)) == 1 + 3 + 3 + 4
    assert waited == [3.0] * len(machine.asked)
    assert gather() == 0
    assert all("/cdx/" in path for path in machine.asked[11:]), "what is there was fetched again"


def test_only_captures_between_two_moments_are_asked_for(run: Any, machine: Machine, tmp_path: Path) -> None:
    stocked(machine)
    assert run("--from", "2025-05-01", "--to", "2025-12-31").exit_code == 0
    assert {path.parent.name for path in (tmp_path / "state" / "wayback").glob("*/*")} == {
        "20250530150000",
        "20250530151000",
        "20250601000000",
    }


def test_a_list_that_was_captured_after_the_last_moment_is_taken_by_its_name_only(
    run: Any, machine: Machine, tmp_path: Path
) -> None:
    stocked(machine)
    machine.captures = [one for one in machine.captures if one.stamp != "20260401140000"]
    result = run("--from", "2026-04-01", "--to", "2026-04-01T15:30:00Z")
    assert result.exit_code == 1
    assert "participating: not_kept" in result.stderr


def test_a_capture_that_fails_for_now_stops_the_filling_but_keeps_what_came(run: Any, machine: Machine, tmp_path: Path) -> None:
    stocked(machine)
    machine.faults["id_/https://www.ice.gov/file-download"] = [503]
    result = run()
    assert result.exit_code == 1
    assert "1 captures could not be had" in result.stderr
    assert "call it again to fetch the rest" in result.stderr
    assert not (tmp_path / "state" / "monitor.db").exists()
    assert run().exit_code == 0


def test_a_capture_that_is_gone_is_named_and_the_rest_goes_on(run: Any, machine: Machine) -> None:
    stocked(machine)
    machine.faults[f"id_/{BELOW}/pending"] = [404]
    result = run()
    assert result.exit_code == 1
    assert f"not used: {BELOW}/pending05302025am.xlsx of 20250530151000: not_found HTTP 404" in result.stderr
    assert "agreement.added" in result.stdout


CDX = {
    "no JSON": b"<html>busy</html>",
    "another form": b'{"error": 1}',
    "rows cut short": b'[["timestamp","original"],["20250530150000"]]',
}


@pytest.mark.parametrize("what", CDX)
def test_a_list_of_captures_that_cannot_be_read_is_said_in_one_line(run: Any, machine: Machine, what: str) -> None:
    machine.cdx = CDX[what]
    result = run()
    assert result.exit_code == 1
    assert "the archive's list of captures of https://www.ice.gov/identify-and-arrest/287g cannot be read" in result.stderr
    assert "Traceback" not in result.output


def test_captures_of_odd_moments_and_addresses_are_passed_over(run: Any, machine: Machine) -> None:
    stocked(machine)
    odd = [["x", PAGE], ["2025", PAGE], ["20250530150000", "file:///etc/passwd"], ["../../../../tmp/x", PAGE]]
    machine.cdx = [["timestamp", "original"], *odd]
    result = run()
    assert result.exit_code == 1
    assert f"{machine.address} has no captures of {PAGE}" in result.stderr


def test_an_archive_that_is_down_is_said_and_not_asked_for_ever(run: Any, machine: Machine) -> None:
    machine.faults["/cdx/"] = [503] * 50
    result = run()
    assert result.exit_code == 1
    assert "does not list its captures of" in result.stderr
    machine.asked.clear()
    for day in range(1, 29):
        machine.add(f"202506{day:02d}150000", PAGE, doclib("participating.xlsx"))
    machine.faults = {"id_/": [503] * 500}
    assert "has failed 5 times running (server_error HTTP 503)" in run().stderr
    assert len(machine.asked) == 1 + 5


def test_a_stop_is_heeded_between_two_requests(machine: Machine, tmp_path: Path) -> None:
    stocked(machine)
    settings = Settings.model_validate({"page": PAGE, "wayback": {"url": machine.address}, "allowed_hosts": ["127.0.0.1"]})
    with Fetcher(settings, lambda _: False) as fetcher:
        wayback = Wayback(settings, fetcher, tmp_path, lambda _: True)
        with pytest.raises(BackfillError, match="stopped; what was fetched is kept"):
            wayback.pages(datetime(2025, 1, 1, tzinfo=UTC), None)
    assert machine.asked == []
