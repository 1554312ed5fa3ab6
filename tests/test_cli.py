"""The command as people and programs use it: output, exit codes, one-line errors."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

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


Channels = Callable[..., None]


@pytest.fixture
def channels(site: Site, tmp_path: Path) -> Channels:
    """Writes channels into the configuration: name → keys; each posts to an address of its own that holds a secret."""

    def write(**named: dict[str, Any]) -> None:
        entries = [
            {"type": "slack", "name": name, "url": f"{site.address}/{name}/s3cret", **keys} for name, keys in named.items()
        ]
        write_config(tmp_path / "config.yaml", page=site.page_url, channels=entries)

    return write


def test_notify_test_sends_and_says_what_the_service_answered(run: Run, site: Site, channels: Channels) -> None:
    none = run("notify", "test")
    assert (none.exit_code, "no channel is switched on" in none.stderr) == (2, True)
    channels(newsroom={}, desk={})
    assert run("notify", "test", "newsroom").stdout == "newsroom: sent; the service said: ok\n"
    assert [request.path for request in site.requests] == ["/newsroom/s3cret"]
    assert "This channel (newsroom) works" in site.posts[0]["text"]
    assert run("notify", "test").stdout.splitlines() == [f"{name}: sent; the service said: ok" for name in ("newsroom", "desk")]
    site.hook_status = 404
    failed = run("notify", "test")
    assert failed.exit_code == 1
    assert failed.stderr.splitlines() == [f"{name}: failed: Slack answered 404: refused" for name in ("newsroom", "desk")]
    assert "s3cret" not in failed.output
    assert run("notify", "test", "nobody").exit_code == 2


def test_a_test_message_is_no_delivery_and_stands_in_no_queue(run: Run, channels: Channels) -> None:
    run("check")
    channels(newsroom={})
    run("notify", "test")
    assert json.loads(run("deliveries", "--json").stdout) == []


OHIO = "New 287(g) agreement: Butler County Sheriff's Office (Ohio)"
FILTERED: dict[str, dict[str, Any]] = {
    "newsroom": {},
    "florida": {"filter": {"states": ["FL"]}},
    "weekly": {"filter": {"states": ["Ohio"]}, "rhythm": "weekly mon 08:00", "timezone": "UTC"},
    "ops": {"tell": ["operator"]},
}


@pytest.fixture
def changed(run: Run, site: Site, channels: Channels) -> Run:
    """After a publication with news, which nobody was told; then four channels were switched on."""
    run("check")
    site.publish("participating", sheet(NEW))
    run("check")
    channels(**FILTERED)
    site.requests.clear()
    return run


def test_routes_says_which_channels_a_past_publication_would_have_triggered_and_sends_nothing(changed: Run, site: Site) -> None:
    result = changed("routes")
    assert result.exit_code == 0
    first, heading, *rows = result.stdout.splitlines()
    assert re.fullmatch(r"publication 3, participatingAgencies2\.xlsx, seen [-\d]+T[\d:]+Z: 1 events?", first)
    assert heading.split() == ["Route", "Tells", "Due", "Title"]
    assert [row.split()[:2] for row in rows] == [["newsroom", "1"], ["florida", "0"], ["weekly", "1"], ["ops", "0"]]
    assert OHIO in rows[0]
    assert "nothing for this route" in rows[1]
    assert OHIO in rows[2]
    assert site.requests == []
    assert json.loads(changed("deliveries", "--json").stdout) == []


def test_routes_as_json_says_when_each_would_have_been_told(changed: Run) -> None:
    value = json.loads(changed("routes", "--json").stdout)
    (event,) = lines(changed("events", "--json"))
    assert (value["publication"]["id"], value["publication"]["list"]) == (3, "participating")
    seen = datetime.fromisoformat(value["publication"]["seen_at"])
    rows = {row.pop("route"): row for row in value["routes"]}
    told = {"tells": 1, "title": OHIO, "events": [event["id"]]}
    nothing = {"tells": 0, "due": None, "title": None, "events": []}
    assert {**rows["newsroom"], "due": datetime.fromisoformat(rows["newsroom"]["due"])} == {
        **told,
        "due": seen + timedelta(minutes=2),
    }
    assert rows["florida"] == rows["ops"] == nothing
    due = datetime.fromisoformat(rows["weekly"]["due"])
    assert (f"{due:%a %H:%M}", seen < due <= seen + timedelta(days=7)) == ("Mon 08:00", True)


def test_routes_takes_the_publication_it_is_asked_for(changed: Run, site: Site) -> None:
    site.publish("participating", sheet(NEW[:1]))
    changed("check")
    rows = {row["route"]: row for row in json.loads(changed("routes", "--json").stdout)["routes"]}
    assert rows["florida"]["title"].startswith("287(g) agreement ended: ")
    rows = {row["route"]: row for row in json.loads(changed("routes", "--publication", "3", "--json").stdout)["routes"]}
    assert rows["florida"]["title"] is None
    said = {"1": "publication 1 told nothing of what is asked for here", "99": "there is no publication 99; the newest is 4"}
    for number, words in said.items():
        told_nothing = changed("routes", "--publication", number)
        assert (told_nothing.exit_code, told_nothing.stderr) == (1, f"Error: {words}\n")


def test_routes_without_a_channel_or_before_any_news_says_so(run: Run, channels: Channels) -> None:
    run("check")
    none = run("routes")
    assert (none.exit_code, "no channel is switched on" in none.stderr) == (2, True)
    channels(newsroom={})
    early = run("routes")
    assert (early.exit_code, early.stderr) == (1, "Error: no publication has told anything for this yet\n")


@pytest.fixture
def failing(run: Run, site: Site, channels: Channels) -> Run:
    """Two channels that were told of the start, and whose service has not taken the news since."""
    channels(newsroom={}, desk={})
    run("check")
    site.hook_status = 503
    site.publish("participating", sheet(NEW))
    assert run("check").exit_code == 1
    return run


def test_deliveries_lists_what_was_sent_and_what_waits_with_the_answer(failing: Run) -> None:
    result = failing("deliveries")
    assert result.exit_code == 0
    heading, *rows = result.stdout.splitlines()
    assert heading.split("  ")[0] == "Number"
    assert [row.split()[:3] for row in rows] == [
        *(["4", "desk", "failed"], ["3", "newsroom", "failed"]),
        *(["2", "desk", "sent"], ["1", "newsroom", "sent"]),
    ]
    assert OHIO in rows[0]
    assert "Slack answered 503: refused" in rows[0]
    assert "Watching ICE's 287(g) list from here on" in rows[2]
    assert rows[2].rstrip().endswith("ok")
    assert "s3cret" not in result.output


def test_deliveries_as_json_can_be_asked_by_channel_state_and_number(failing: Run) -> None:
    def ids(*asked: str) -> list[int]:
        return [one["id"] for one in json.loads(failing("deliveries", *asked, "--json").stdout)]

    assert ids() == [4, 3, 2, 1]
    assert ids("--channel", "desk") == [4, 2]
    assert ids("--state", "sent", "--limit", "1") == [2]
    assert ids("--state", "sent", "--state", "failed", "--channel", "newsroom") == [3, 1]
    assert ids("--channel", "nobody") == []
    failed, *_, sent = json.loads(failing("deliveries", "--json").stdout)
    assert (failed["state"], failed["title"], failed["error"], failed["sent_at"]) == (
        *("failed", OHIO, "Slack answered 503: refused"),
        None,
    )
    assert failed["next_try"] > failed["created_at"]
    assert failed["attempts"] == 1
    assert (sent["state"], sent["said"], sent["next_try"], sent["error"]) == ("sent", "ok", None, "")
    assert sent["message"].startswith("start-")


def test_what_failed_can_be_retried_by_its_number_and_goes_with_the_next_check(failing: Run, site: Site) -> None:
    site.hook_status = 200
    failing("check")
    assert len(site.posts) == 2, "the retry did not wait"
    assert failing("deliveries", "retry", "4").stdout == "1 due now; the daemon, or the next `check`, sends them\n"
    failing("check")
    assert [request.path for request in site.asked("s3cret") if request.status == 200][2:] == ["/desk/s3cret"]
    again = failing("deliveries", "retry", "4", "99")
    assert (again.exit_code, "no message that failed or was given up is among them" in again.stderr) == (1, True)


def test_all_that_a_channel_did_not_take_can_be_retried_at_once(failing: Run, site: Site) -> None:
    site.hook_status = 200
    assert failing("deliveries", "retry", "--channel", "nobody").exit_code == 1
    assert failing("deliveries", "retry", "--channel", "newsroom").stdout.startswith("1 due now")
    failing("check")
    assert [request.path for request in site.asked("s3cret") if request.status == 200][2:] == ["/newsroom/s3cret"]


def test_what_waits_can_be_dropped_and_is_never_sent(failing: Run, site: Site) -> None:
    assert re.fullmatch(r"1 messages? and 0 alerts? dropped\n", failing("deliveries", "drop", "3").stdout)
    (dropped,) = json.loads(failing("deliveries", "--state", "dropped", "--json").stdout)
    assert (dropped["id"], dropped["next_try"], dropped["error"]) == (3, None, "Slack answered 503: refused")
    site.hook_status = 200
    failing("deliveries", "retry", "4")
    failing("check")
    assert [request.path for request in site.asked("s3cret") if request.status == 200][2:] == ["/desk/s3cret"]
    again = failing("deliveries", "drop", "3")
    assert (again.exit_code, "no message that waits is among them" in again.stderr) == (1, True)


def test_dropping_a_channel_drops_what_it_was_still_to_be_told(run: Run, site: Site, channels: Channels) -> None:
    channels(weekly={"rhythm": "weekly mon 08:00"})
    run("check")
    site.publish("participating", sheet(NEW))
    run("check")
    channels()
    left = run("status")
    assert left.exit_code == 1
    assert re.search(r"weekly is not configured any more; 0 messages and 1 alerts? waits? for it", left.stdout)
    assert re.fullmatch(r"0 messages and 1 alerts? dropped\n", run("deliveries", "drop", "--channel", "weekly").stdout)
    assert run("status").exit_code == 0


def test_status_shows_what_each_channel_is_to_be_told_and_what_it_was(run: Run, site: Site, channels: Channels) -> None:
    channels(newsroom={}, weekly={"rhythm": "weekly mon 08:00"})
    run("check")
    site.publish("participating", sheet(NEW))
    run("check")
    well = run("status", "--json")
    rows = {row["channel"]: row for row in json.loads(well.stdout)["channels"]}
    assert well.exit_code == 0, "what waits for its digest is nothing wrong"
    assert [(rows[name]["alerts"], rows[name]["sent"]) for name in ("newsroom", "weekly")] == [(0, 2), (1, 1)]
    assert rows["newsroom"]["next_due"] is None
    assert f"{datetime.fromisoformat(rows['weekly']['next_due']):%a}" == "Mon"


def test_after_what_failed_was_dropped_by_hand_all_is_well_again(failing: Run, site: Site) -> None:
    assert failing("status").exit_code == 1
    site.hook_status = 200
    failing("deliveries", "drop", "3", "4")
    failing("check")
    assert failing("status").exit_code == 0


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_deliveries_wants_to_know_which(failing: Run, command: str) -> None:
    for arguments in ((), ("3", "--channel", "desk")):
        result = failing("deliveries", command, *arguments)
        assert (result.exit_code, "expected either numbers of messages or --channel" in result.stderr) == (2, True)


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
    folder = tmp_path / "web"
    number = re.fullmatch(rf"{folder}: (\d+) files, \1 of them written\n", run("publish", str(folder)).stdout)
    assert number and int(number.group(1)) == sum(path.is_file() for path in folder.rglob("[!.]*"))
    assert run("publish", str(folder)).stdout == f"{folder}: {number.group(1)} files, 0 of them written\n"


def test_a_folder_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    run("check")
    (tmp_path / "web").write_text("a file")
    result = run("publish", str(tmp_path / "web" / "site"))
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'web' / 'site'} cannot be written: Not a directory\n"


def test_the_preview_is_what_goes_out(run: Run, site: Site, tmp_path: Path, channels: Channels) -> None:
    run("check")
    assert run("notify", "preview").exit_code == 1
    site.publish("participating", sheet(NEW))
    channels(newsroom={})
    run("check")
    sent = site.posts[-1]
    site.requests.clear()
    assert run("notify", "preview").stdout.splitlines()[0] == OHIO
    shown = run("notify", "preview", "--channel", "newsroom").stdout.splitlines()
    assert shown[0] == OHIO
    assert any(line.startswith("• *New*: Butler County Sheriff's Office: Task Force Model") for line in shown)
    path = tmp_path / "preview.json"
    written = run("notify", "preview", "--channel", "newsroom", "--output", str(path))
    assert written.stdout == f"{path}: {path.stat().st_size:,} bytes\n"
    assert json.loads(path.read_text("utf-8")) == sent
    assert site.requests == [], "the preview sent something"


def test_a_preview_in_a_file_has_the_form_that_its_suffix_says(changed: Run, tmp_path: Path) -> None:
    text, html = tmp_path / "preview.txt", tmp_path / "preview.html"
    for path in (text, html):
        assert changed("notify", "preview", "--output", str(path)).exit_code == 0
    assert text.read_text("utf-8").startswith(f"{OHIO}\n\n1 new 287(g) agreement")
    assert html.read_text("utf-8").startswith("<!doctype html>")
    for arguments, said in (
        (("--output", str(tmp_path / "preview.pdf")), "preview.pdf should end in .html or .txt"),
        (("--output", str(tmp_path / "preview")), "preview should end in .html or .txt"),
        (("--channel", "newsroom", "--output", str(tmp_path / "preview.html")), "preview.html should end in .json or .txt"),
    ):
        result = changed("notify", "preview", *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True), result.output
    assert {path.name for path in tmp_path.glob("preview*")} == {"preview.txt", "preview.html"}


def test_a_preview_for_a_channel_shows_what_its_filter_lets_through(changed: Run, site: Site) -> None:
    nobody = changed("notify", "preview", "--channel", "nobody")
    assert (nobody.exit_code, "no channel is called 'nobody'; there are newsroom, florida, weekly, ops" in nobody.stderr) == (
        2,
        True,
    )
    nothing = changed("notify", "preview", "--channel", "florida")
    assert (nothing.exit_code, nothing.stderr) == (1, "Error: no publication has told anything for this yet\n")
    site.publish("participating", sheet(NEW[:1]))
    changed("check")
    assert changed("notify", "preview").stdout.splitlines()[0] == "287(g): 2 agreements ended"
    assert changed("notify", "preview", "--channel", "weekly").stdout.splitlines()[0].startswith("287(g) agreement ended: Butler")
    assert changed("notify", "preview", "--channel", "weekly", "--publication", "3").stdout.splitlines()[0] == OHIO
