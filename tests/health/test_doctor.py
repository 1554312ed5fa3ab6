"""`doctor` over a real state directory, a real site, real channels: each trouble is found, and told with what to do."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.config import Configuration, Settings, load
from monitor.core.alarms import Open
from monitor.health.checks import Finding, configured, in_words, machine, network, record
from monitor.health.doctor import examine
from monitor.statedir import StateDirectory
from monitor.store import NewDelivery
from tests.support.line import Line
from tests.support.process import write_config
from tests.support.sheets import row, sheet
from tests.support.site import PAGE, Fault, Site

WELL = {"contact": "https://monitor.example.org", "health": {"ping": "https://hc.example.org/1"}}


@pytest.fixture
def polled(watch: Line) -> Line:
    watch.site.publish("participating", sheet([row()]))
    watch.poll()
    watch.publish()
    return watch


def states(findings: Iterator[Finding] | list[Finding]) -> dict[str, str]:
    return {finding.check: finding.state for finding in findings}


def only(findings: Iterator[Finding]) -> Finding:
    (one,) = findings
    return one


def test_a_monitor_that_is_well_has_nothing_to_do(polled: Line, tmp_path: Path) -> None:
    channel = {"type": "slack", "url": f"{polled.site.address}/hook"}
    added = Settings.model_validate({**WELL, "channels": [channel], "web": {"public_url": "https://monitor.example.org"}})
    update = {name: getattr(added, name) for name in ("contact", "health", "channels", "web")}
    settings = polled.settings.model_copy(update=update)
    configuration = Configuration(tmp_path / "config.yaml", settings)
    found = [
        one for one in examine(configuration, polled.pause, lambda: polled.now) if one.check != "certificate of web.public_url"
    ]
    # The site's clock is today's, the test's is not.
    found = [one for one in found if one.check != "clock"]
    assert [(one.check, one.found, one.remedy) for one in found if one.state != "ok"] == []
    assert {"database", "daemon", "polls", "public files", "page", "channel slack"} <= {one.check for one in found}
    assert [one.method for one in polled.site.requests if one.method == "POST"] == [], "something was sent"


def test_what_the_configuration_leaves_out_is_told(tmp_path: Path) -> None:
    bare = Configuration(tmp_path / "config.yaml", Settings())
    assert states(configured.choices(bare)) == {
        "configuration": "ok",
        "contact": "warn",
        "channels": "warn",
        "dead man's switch": "warn",
    }
    deaf = Settings.model_validate({**WELL, "channels": [{"type": "slack", "tell": ["news"]}]})
    assert states(configured.choices(Configuration(tmp_path / "config.yaml", deaf))) == {
        "configuration": "ok",
        "channels": "warn",
        "public address": "warn",
    }


def test_a_secret_that_everybody_may_read_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "ping"
    secret.write_text("https://hc.example.org/very-secret")
    config = tmp_path / "config.yaml"
    config.write_text(f"health: {{ping: 'file:{secret}'}}")
    config.chmod(0o644)
    secret.chmod(0o640)
    assert [*configured.modes(load(config))] == []
    secret.chmod(0o644)
    found = only(configured.modes(load(config)))
    assert found.found == f"every user of this machine may read {secret}"
    assert "very-secret" not in str(found)
    secret.chmod(0o600)
    config.chmod(0o666)
    assert only(configured.modes(load(config))).found == f"every user of this machine may change {config}"


def test_a_file_of_another_user_in_the_state_directory_is_told(polled: Line) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    assert only(machine.directory(polled.state)).state == "ok"
    os.chown(polled.state.database, 12_345, -1)
    found = only(machine.directory(polled.state))
    assert (found.state, found.remedy) == ("fail", f"chown -R --reference={polled.state.path} {polled.state.path}")
    assert "monitor.db" in found.found


def test_a_file_that_everybody_may_write_is_told(polled: Line) -> None:
    polled.state.database.chmod(0o666)
    found = only(machine.directory(polled.state))
    assert (found.state, found.found) == ("fail", f"everybody may write {polled.state.database}")


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    found = only(machine.directory(StateDirectory(tmp_path)))
    assert (found.state, found.found) == ("fail", f"{tmp_path} cannot be written by this user")


def test_a_database_that_is_damaged_is_told_with_the_way_back(polled: Line) -> None:
    assert only(machine.database(polled.state)).state == "ok"
    polled.store.close()
    with polled.state.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    found = only(machine.database(polled.state))
    assert found.state == "fail"
    assert "restore" in found.remedy


def test_a_damaged_database_does_not_end_the_examination(polled: Line, tmp_path: Path) -> None:
    polled.store.close()
    body = bytearray(polled.state.database.read_bytes())
    body[4096:] = b"\xff" * (len(body) - 4096)
    polled.state.database.write_bytes(body)
    configuration = Configuration(tmp_path / "config.yaml", polled.settings)
    found = [*examine(configuration, polled.pause, lambda: polled.now)]
    assert states(found)["database"] == "fail"
    assert states(found)["page"] == "ok", "what comes after it was not looked at"


def test_a_running_daemon_is_told_by_its_process(polled: Line) -> None:
    def daemon() -> Finding:
        return next(record.polls(polled.store, polled.state, polled.settings, polled.now))

    assert daemon().found == "does not run; the last poll was 0 seconds ago"
    with polled.state.locked():
        assert daemon().found == f"runs as process {os.getpid()}"
    polled.now += timedelta(hours=5)
    assert (daemon().state, daemon().found) == ("warn", "does not run; the last poll was 5 hours ago")


def test_a_daemon_that_runs_and_does_not_poll_fails(polled: Line) -> None:
    polled.now += timedelta(hours=5)
    with polled.state.locked():
        found = [*record.polls(polled.store, polled.state, polled.settings, polled.now)]
    assert (found[1].state, found[1].found) == ("fail", "the last was 5 hours ago though the daemon runs")


def test_a_source_that_does_not_answer_is_a_warning_at_first_and_fails_later(polled: Line) -> None:
    polled.site.faults = [Fault(PAGE, "status", 403, 99)]
    for span, state in ((timedelta(minutes=10), "warn"), (timedelta(hours=3), "fail")):
        polled.poll(after=span)
        assert states(record.polls(polled.store, polled.state, polled.settings, polled.now))["polls"] == state


def test_a_clock_that_stands_before_the_record_is_told(polled: Line) -> None:
    assert [*record.clock(polled.store, polled.now - timedelta(minutes=2))] == []
    assert only(record.clock(polled.store, polled.now - timedelta(days=1))).state == "fail"


def test_what_waits_is_told_with_the_command_that_ends_it(polled: Line) -> None:
    with polled.store.transaction():
        polled.store.outbox.queue([NewDelivery("old desk", {})], polled.now)
        polled.store.journal.put_alarms(
            {"page": Open(polled.now, "timeout"), "no_list": Open(polled.now, "none", polled.now)}, polled.now
        )
    found = [*record.waiting(polled.store, polled.settings, polled.now)]
    assert [(one.check, one.state) for one in found] == [("alarm", "fail"), ("alarm", "warn"), ("outbox", "warn")]
    assert found[-1].remedy == "configure it again, or: monitor287g deliveries drop --channel 'old desk'"


def test_public_files_that_are_older_than_the_last_poll_are_told(polled: Line) -> None:
    polled.now = polled.now + timedelta(days=1000)
    polled.poll()
    assert only(record.public_files(polled.store, polled.state)).state == "warn"


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [("status", 403, "ICE's network refuses this machine"), ("status", 404, "has it moved?"), ("status", 500, "the site is ill")],
)
def test_a_page_that_is_not_had_is_told_with_what_that_means(polled: Line, fault: str, value: Any, said: str) -> None:
    polled.site.faults = [Fault(PAGE, fault, value, 9)]
    found = only(network.page(polled.settings, polled.pause, lambda: polled.now))
    assert found.state == "fail"
    assert said in found.remedy
    assert len(polled.site.asked(PAGE)) == 2, "it is asked once"


def test_a_page_without_lists_is_told(polled: Line) -> None:
    polled.site.links.clear()
    assert states(network.page(polled.settings, polled.pause, lambda: polled.now))["page"] == "fail"


def test_a_clock_far_from_the_site_s_is_told(polled: Line) -> None:
    found = {one.check: one for one in network.page(polled.settings, polled.pause, lambda: polled.now)}
    assert found["clock"].state == "fail"
    assert "behind the site's" in found["clock"].found


def test_a_channel_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    channel = Settings.model_validate({"channels": [{"type": "slack", "url": f"http://127.0.0.1:{port}/T0/secret"}]}).channels[0]
    found = network.channel(channel)
    assert (found.state, found.found) == ("fail", "Slack cannot be reached (ConnectError)")
    assert found.remedy.endswith("monitor287g notify test slack")


def test_the_command_tells_every_mistake_of_the_configuration_and_ends_with_2(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("pages: x\npoll: {jitter: soon}\n")
    done = CliRunner().invoke(cli, ["--config", str(config), "doctor", "--json"])
    assert done.exit_code == 2
    value = json.loads(done.stdout)
    assert value["status"] == "fail"
    assert [one["check"] for one in value["checks"]] == ["configuration", "configuration"]


def test_the_command_ends_with_1_where_something_fails_and_with_0_where_nothing_does(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet([row()]))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    done = CliRunner().invoke(cli, ["--config", str(config), "doctor"])
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("to look at\n")
    site.links.clear()
    done = CliRunner().invoke(cli, ["--config", str(config), "doctor"])
    assert done.exit_code == 1
    assert "shows no list" in done.stdout


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=119), "119 seconds"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(hours=30), "30 hours"),
        (timedelta(days=12), "12 days"),
        (timedelta(minutes=-5), "5 minutes"),
    ],
)
def test_a_span_is_told_in_words(span: timedelta, words: str) -> None:
    assert in_words(span) == words
