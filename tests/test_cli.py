"""The command as people and programs use it: output, exit codes, one-line errors."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from tests.support.process import write_config
from tests.support.sheets import JEM, pending_sheet, row, sheet
from tests.support.site import PAGE, Fault, Site

Run = Callable[..., Result]
OLD = [
    row("TEXAS", "Smith County Sheriff's Office", moa="https://www.ice.gov/doclib/287gMOA/smith.pdf", county="Smith County"),
    row("FLORIDA", "=cmd|' /C calc'!A0 Police Department", JEM, type="Municipality"),
]
COUNTIES = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]


@pytest.fixture
def run(site: Site, tmp_path: Path) -> Run:
    """Runs the command against the stand-in site and a fresh state directory."""
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    site.publish("participating", sheet(OLD))
    site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department", type="Municipality")]))

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), *arguments], prog_name="monitor287g")

    return command


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_check_prints_outcome_publications_and_events(run: Run, site: Site) -> None:
    first = json.loads(run("check", "--json").stdout)
    assert first["outcome"] == "first_run"
    assert [p["list"] for p in first["publications"]] == ["participating", "pending"]
    assert first["events"] == []
    site.publish("participating", sheet(NEW))
    second = run("check", "--json")
    value = json.loads(second.stdout)
    assert second.exit_code == 0
    assert (value["outcome"], [event["kind"] for event in value["events"]]) == ("changed", ["agreement.added"])
    assert value["events"][0]["id"] == lines(run("events", "--json"))[-1]["id"]
    assert json.loads(run("check", "--json").stdout)["outcome"] == "unchanged"


def test_check_exits_1_and_says_why_when_the_source_fails(run: Run, site: Site) -> None:
    site.faults = [Fault(PAGE, "status", 403, 9)]
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout == "page_blocked: HTTP 403\n"


def test_events_can_be_asked_by_kind_state_and_time(run: Run, site: Site) -> None:
    run("check")
    site.publish("participating", sheet([row("TEXAS", "Smith Couny Sheriff's Office", county="Smith County"), *NEW[1:]]))
    run("check")
    assert {e["kind"] for e in lines(run("events", "--json"))} == {"agreement.added", "agreement.corrected"}
    assert [e["kind"] for e in lines(run("events", "--json", "--kind", "agreement.added"))] == ["agreement.added"]
    assert [e["agreement"]["state"] for e in lines(run("events", "--json", "--state", "ohio"))] == ["OH"]  # type: ignore[index]
    assert lines(run("events", "--json", "--since", "2100-01-01")) == []
    assert len(lines(run("events", "--json", "--all"))) == 5
    (corrected,) = lines(run("events", "--json", "--kind", "agreement.corrected", "--explain"))
    assert corrected["match"]["evidence"]["name"] == "same"  # type: ignore[index]
    assert "Couny" in run("events").stdout


def test_agreements_come_as_table_json_and_formula_safe_csv(run: Run) -> None:
    run("check")
    assert "Smith County Sheriff's Office" in run("agreements").stdout
    listed = json.loads(run("agreements", "--json", "--state", "TX").stdout)
    assert [(a["id"], a["moa_url"]) for a in listed] == [
        ("tx-smith-county-sheriffs-office-tfm-2025-05-20", "https://www.ice.gov/doclib/287gMOA/smith.pdf")
    ]
    table = list(csv.DictReader(io.StringIO(run("agreements", "--csv", "--model", "jem").stdout)))
    assert table[0]["agency"] == "'=cmd|' /C calc'!A0 Police Department"
    assert json.loads(run("pending", "--json").stdout)[0]["agency"] == "Provo Police Department"
    assert json.loads(run("agreements", "--json", "--as-of", "2020-01-01").stdout) == []


def test_what_stood_at_a_moment_is_told_from_the_log(run: Run, site: Site) -> None:
    run("check")
    site.publish("participating", sheet(NEW))
    run("check")
    (event,) = lines(run("events", "--json"))
    now = json.loads(run("agreements", "--json").stdout)
    assert json.loads(run("agreements", "--json", "--as-of", str(event["at"])).stdout) == now
    report = json.loads(run("report", "--json").stdout)
    assert (report["agreements"]["total"], report["pending"]["total"]) == (3, 1)


def test_status_is_0_when_all_is_well_and_1_when_it_is_not(run: Run, site: Site) -> None:
    run("check")
    well = run("status", "--json")
    assert (well.exit_code, json.loads(well.stdout)["agreements"]) == (0, 2)
    site.links.clear()
    run("check")
    ill = run("status")
    assert ill.exit_code == 1
    assert "no_list" in ill.stdout


def test_a_held_publication_is_released_by_its_number(run: Run, site: Site) -> None:
    many = [row("TEXAS", f"{name} County Sheriff's Office") for name in COUNTIES]
    site.publish("participating", sheet([*NEW, *many]))
    run("check")
    site.publish("participating", sheet(NEW))
    held = json.loads(run("check", "--json").stdout)["publications"][0]
    assert held["status"] == "held"
    assert f"monitor287g release {held['id']}" in run("status").stdout
    released = run("release", str(held["id"]))
    assert released.exit_code == 0, released.output
    assert "agreement.removed 12" in released.stdout
    again = run("release", str(held["id"]))
    assert (again.exit_code, again.stderr) == (1, f"Error: publication {held['id']} is released, not held\n")


def test_notify_test_sends_and_reports(run: Run, site: Site, tmp_path: Path) -> None:
    none = run("notify", "test")
    assert (none.exit_code, "no channel is switched on" in none.stderr) == (2, True)
    write_config(
        tmp_path / "config.yaml",
        page=site.page_url,
        channels=[{"type": "slack", "name": "newsroom", "url": f"{site.address}/hook/s3cret"}],
    )
    assert run("notify", "test", "newsroom").stdout == "newsroom: sent\n"
    assert "This channel (newsroom) works" in site.posts[0]["text"]
    site.hook_status = 404
    failed = run("notify", "test")
    assert failed.exit_code == 1
    assert "Slack answered 404" in failed.stderr
    assert "s3cret" not in failed.output
    assert run("notify", "test", "nobody").exit_code == 2


def test_what_a_user_gets_wrong_is_one_line_and_exit_2(run: Run, tmp_path: Path) -> None:
    for arguments in (
        ("agreements", "--state", "Atlantis"),
        ("events", "--kind", "agreement.exploded"),
        ("events", "--since", "soon"),
        ("frobnicate",),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert "Traceback" not in result.output
    (tmp_path / "config.yaml").write_text("poll:\n  busy: {every: often}\n")
    result = run("config", "check")
    assert result.exit_code == 2
    assert f"{tmp_path / 'config.yaml'}:2: poll.busy.every: expected a duration such as 30s, 10m, 1h or 3d" in result.stderr


def test_asking_before_anything_was_polled_says_what_to_do(run: Run) -> None:
    result = run("agreements")
    assert result.exit_code == 1
    assert "run `monitor287g check` or `monitor287g run` first" in result.stderr


def test_the_public_files_can_be_written_anywhere(run: Run, tmp_path: Path) -> None:
    run("check")
    assert "feed.xml" in run("publish", str(tmp_path / "web")).stdout
    assert "nothing changed" in run("publish", str(tmp_path / "web")).stdout
    assert (tmp_path / "web" / "style.css").exists()


def test_the_preview_is_what_goes_out(run: Run, site: Site) -> None:
    run("check")
    assert run("notify", "preview").exit_code == 1
    site.publish("participating", sheet(NEW))
    run("check")
    assert run("notify", "preview").stdout.splitlines()[0] == "1 new 287(g) agreement"
