"""The daemon as its operator meets it: started, reloaded, unplugged, killed, stopped."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from monitor.store import Store
from tests.support.process import daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Fault, Site

OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office")]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]


def kinds(state: Path) -> list[str]:
    store = Store.open(state / "monitor.db")
    try:
        return [event.kind for event in store.events()]
    finally:
        store.close()


def test_it_polls_at_once_serves_what_it_has_and_stops_within_five_seconds(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = write_config(tmp_path / "config.yaml", page=site.page_url)
    with daemon(config) as one:
        address = one.address()
        one.wait_for("poll: first_run, 2 agreements learnt")
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
        channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook"}
        write_config(config, page=site.page_url, channels=[channel])
        one.send(signal.SIGHUP)
        one.wait_for("configuration read again")
        one.wait_for("poll: changed, agreement.added 1")
        one.wait_for("channel newsroom: 1 sent")
        assert one.stop() == 0
    assert site.posts[0]["blocks"][0]["text"]["text"] == "1 new 287(g) agreement"


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
    config = write_config(tmp_path / "config.yaml", page=site.page_url, channels=[channel])
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
    assert [post["blocks"][0]["text"]["text"] for post in site.posts][1:] == ["1 new 287(g) agreement"]


def asked(site: Site, path: str) -> None:
    """Waits until the site was asked for `path`."""
    for _ in range(600):
        if site.asked(path):
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"{path} was never asked for")


def test_a_person_releases_a_held_publication_while_it_runs(site: Site, tmp_path: Path) -> None:
    counties = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
    site.publish("participating", sheet([*OLD, *(row("TEXAS", f"{name} County Sheriff's Office") for name in counties)]))
    channel = {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook", "tell": ["news"]}
    config = write_config(tmp_path / "config.yaml", page=site.page_url, channels=[channel])
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
    assert site.posts[-1]["blocks"][0]["text"]["text"] == "12 287(g) agreements ended"
