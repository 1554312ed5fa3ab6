"""The daemon as its operator meets it: started, reloaded, unplugged, killed, stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from monitor.store import Store
from tests.support.process import daemon, write_config
from tests.support.sheets import pending_sheet, row, sheet
from tests.support.site import Fault, Site

OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office")]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
OHIO = "New 287(g) agreement: Butler County Sheriff's Office (Ohio)"
# Told as soon as it is learnt.
AT_ONCE = {"group_wait": "0s"}


def kinds(state: Path) -> list[str]:
    store = Store.open(state / "monitor.db")
    try:
        return [event.kind for event in store.events()]
    finally:
        store.close()


def titles(site: Site, path: str = "/hook") -> list[str]:
    """The titles of what the channel at `path` took, in order."""
    posts = [json.loads(one.body) for one in site.asked(path) if one.method == "POST" and one.status == 200]
    return [post["blocks"][0]["text"]["text"] for post in posts]


def test_it_polls_at_once_serves_what_it_has_and_stops_within_five_seconds(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        address = one.address()
        one.wait_for("poll: first_run, 2 agreements learnt")
        one.wait_for(r"public files: \d+ written")
        feed = httpx.get(f"{address}/feed.xml")
        assert feed.headers["content-type"].startswith("application/rss+xml")
        assert httpx.get(f"{address}/feed.xml", headers={"If-None-Match": feed.headers["etag"]}).status_code == 304
        assert httpx.get(f"{address}/healthz").json()["status"] == "ok"
        assert "Task Force Model" in httpx.get(f"{address}/").text
        assert one.stop() == 0
    assert any("no channel is switched on" in line for line in one.log)


def test_without_a_network_it_stays_up_says_so_in_one_line_and_serves(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = write_config(tmp_path / "config.yaml", page=f"http://127.0.0.1:{port}/identify-and-arrest/287g")
    with daemon(config) as one:
        address = one.address()
        line = one.wait_for("poll: page_unreachable.*").string
        assert "next try at" in line
        assert "Traceback" not in "\n".join(one.log)
        one.wait_for(r"public files: \d+ written")
        assert httpx.get(f"{address}/").status_code == 200
        assert httpx.get(f"{address}/healthz").json()["status"] == "degraded"
        assert one.stop() == 0


def test_a_second_process_on_the_same_state_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        one.address()
        second = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(config), "check"], capture_output=True, text=True
        )
        assert second.returncode == 1
        assert f"is in use by process {one.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_said_in_one_line(site: Site, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        config = write_config(tmp_path / "config.yaml", page=site.page_url, web={"listen": listen})
        done = subprocess.run([sys.executable, "-m", "monitor", "--config", str(config), "run"], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{listen} cannot be listened on" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hangup_reads_the_configuration_again_and_keeps_the_last_good_one(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        one.wait_for("poll: first_run")
        config.write_text("pages: wrong\n")
        one.send(signal.SIGHUP)
        one.wait_for("the last good one stays: .*config.yaml:1: pages: unknown key")
        site.publish("participating", sheet(NEW))
        channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook", "tell": ["news"]}
        write_config(config, page=site.page_url, alerts=AT_ONCE, channels=[channel])
        one.send(signal.SIGHUP)
        one.wait_for("configuration read again")
        one.wait_for("poll: changed, agreement.added 1")
        one.wait_for("channel newsroom: 1 sent")
        assert one.stop() == 0
    assert titles(site) == [OHIO]


BROKEN, MENDED = "The new configuration cannot be used", "Over: the configuration is read again"


def operated(site: Site, config: Path) -> Path:
    """A right configuration with a channel for the operator and one for the news, under other addresses."""
    asked = {"ops": ["operator"], "newsroom": ["news"]}
    channels = [
        {"type": "slack", "name": name, "url": f"{site.address}/{name}/s3cret", "tell": tell} for name, tell in asked.items()
    ]
    return write_config(config, page=site.page_url, alerts=AT_ONCE, channels=channels)


def test_a_configuration_that_cannot_be_read_is_told_to_the_operator_once_and_once_when_it_is_mended(
    site: Site, tmp_path: Path
) -> None:
    site.publish("participating", sheet(OLD))
    config = operated(site, tmp_path / "config.yaml")
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        config.write_text(config.read_text() + "pages: wrong\nlogs: loud\n")
        one.send(signal.SIGHUP)
        one.wait_for("channel ops: 1 sent")
        assert titles(site, "/ops") == [BROKEN]
        operated(site, config)
        for _ in range(2):
            one.send(signal.SIGHUP)
            one.wait_for("configuration read again")
        one.wait_for("channel ops: 1 sent")
        assert one.stop() == 0
    assert titles(site, "/ops") == [BROKEN, MENDED]
    assert titles(site, "/newsroom") == ["Watching ICE's 287(g) list from here on"]
    (told,) = (one.body.decode() for one in site.asked("/ops")[:1])
    assert "config.yaml:" in told
    assert "pages: unknown key" in told
    assert "s3cret" not in told


def test_a_reload_ends_what_is_being_sent_to_an_address_that_is_no_longer_configured(site: Site, tmp_path: Path) -> None:
    rows = [row("OHIO", f"Agency {number} Police Department") for number in range(30)]
    site.publish("participating", sheet(OLD))
    config = tmp_path / "config.yaml"

    def configured(path: str) -> None:
        channel = {"type": "slack", "name": "desk", "url": f"{site.address}{path}", "grouped": False, "pause": "0.2s"}
        write_config(config, page=site.page_url, alerts=AT_ONCE, channels=[{**channel, "tell": ["news"]}])

    configured("/old")
    with daemon(config) as one:
        one.wait_for("channel desk: 1 sent")
        site.publish("participating", sheet([*OLD, *rows]))
        one.send(signal.SIGHUP)
        waited_for(lambda: len(titles(site, "/old")) >= 3)
        configured("/new")
        one.send(signal.SIGHUP)
        one.wait_for("configuration read again")
        waited_for(lambda: bool(titles(site, "/new")))
        before = len(titles(site, "/old"))
        waited_for(lambda: len(titles(site, "/new")) >= 3)
        assert len(titles(site, "/old")) == before < 30
        one.stop()


def test_the_same_mistake_is_told_to_the_operator_once_however_often_it_is_read(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = operated(site, tmp_path / "config.yaml")
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        config.write_text("pages: wrong\n")
        for _ in range(3):
            one.send(signal.SIGHUP)
            one.wait_for("the last good one stays: ")
        operated(site, config)
        one.send(signal.SIGHUP)
        one.wait_for("configuration read again")
        waited_for(lambda: MENDED in titles(site, "/ops"))
        one.stop()
    assert titles(site, "/ops") == [BROKEN, MENDED]


def test_a_channel_that_never_heard_of_a_mistake_is_not_told_that_it_is_over(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        one.wait_for("poll: first_run")
        config.write_text("pages: wrong\n")
        one.send(signal.SIGHUP)
        one.wait_for("the last good one stays: ")
        channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook"}
        write_config(config, page=site.page_url, alerts=AT_ONCE, channels=[channel])
        site.publish("participating", sheet(NEW))
        one.send(signal.SIGHUP)
        waited_for(lambda: OHIO in titles(site))
        one.stop()
    assert titles(site) == [OHIO]


def test_after_a_change_the_page_is_asked_again_within_the_group_wait_so_that_both_lists_are_one_message(
    site: Site, tmp_path: Path
) -> None:
    signed = row("OHIO", "Butler County Sheriff's Office", signed=datetime.now(UTC).date())
    applied = [signed, row("UTAH", "Provo Police Department")]
    site.publish("participating", sheet(OLD))
    site.publish("pending", pending_sheet(applied))
    channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook"}
    config = write_config(tmp_path / "config.yaml", page=site.page_url, alerts={"group_wait": "8s"}, channels=[channel])
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        site.publish("participating", sheet([*OLD, signed]))
        one.send(signal.SIGHUP)
        one.wait_for("poll: changed, agreement.added 1")
        site.publish("pending", pending_sheet(applied[1:]))
        one.wait_for("poll: changed, application.approved 1")
        one.wait_for("channel newsroom: 1 sent")
        one.stop()
    assert titles(site)[1:] == [OHIO]
    assert "was pending" in str(site.posts[-1])


def test_stopped_in_the_middle_of_a_download_it_ends_in_time_and_catches_up_later(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        one.wait_for("poll: first_run")
        one.stop()
    path = site.publish("participating", sheet(NEW))
    site.faults = [Fault(path, "slow", 0.5)]
    with daemon(config) as one:
        one.address()
        asked(site, path)
        assert one.stop() == 0
    assert kinds(tmp_path / "state") == []
    site.faults.clear()
    with daemon(config) as one:
        one.wait_for("poll: changed, agreement.added 1")


def test_killed_in_the_middle_of_a_poll_it_catches_up_and_tells_once(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook"}
    config = write_config(tmp_path / "config.yaml", page=site.page_url, alerts=AT_ONCE, channels=[channel])
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        one.stop()
    path = site.publish("participating", sheet(NEW))
    site.faults = [Fault(path, "slow", 0.5)]
    with daemon(config) as one:
        one.address()
        asked(site, path)
        one.process.kill()
        one.process.wait()
    site.faults.clear()
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        one.stop()
    assert kinds(tmp_path / "state") == ["agreement.added"]
    assert titles(site)[1:] == [OHIO]


def asked(site: Site, path: str) -> None:
    """Waits until the site was asked for `path`."""
    waited_for(lambda: bool(site.asked(path)))


def waited_for(happened: Callable[[], bool]) -> None:
    """Waits until something has happened."""
    for _ in range(600):
        if happened():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never happened")


def test_a_person_releases_a_held_publication_while_it_runs(site: Site, tmp_path: Path) -> None:
    counties = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
    site.publish("participating", sheet([*OLD, *(row("TEXAS", f"{name} County Sheriff's Office") for name in counties)]))
    channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook", "tell": ["news"]}
    config = write_config(tmp_path / "config.yaml", page=site.page_url, alerts=AT_ONCE, channels=[channel])
    with daemon(config) as one:
        one.wait_for("channel newsroom: 1 sent")
        site.publish("participating", sheet(OLD))
        one.send(signal.SIGHUP)
        one.wait_for("poll: changed, publication.held 1")
        command = [sys.executable, "-m", "monitor", "--config", str(config), "release", "2"]
        released = subprocess.run(command, capture_output=True, text=True)
        assert (released.returncode, released.stderr) == (0, "")
        assert "agreement.removed 12" in released.stdout
        one.send(signal.SIGHUP)
        one.wait_for("channel newsroom: 1 sent")
        one.stop()
    assert titles(site)[-1] == "287(g): 12 agreements ended"
