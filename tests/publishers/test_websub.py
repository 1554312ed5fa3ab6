"""Hubs are told of every feed that changed, at once or later, and a dead one holds nothing back."""

from __future__ import annotations

import socket
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from monitor.config import Settings
from monitor.publishers.websub import Pings, unreachable
from tests.support.line import START
from tests.support.process import Daemon, daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Site

PUBLIC = "https://monitor.example.org"
WRITTEN = ["feed.xml", "feeds/tx.json", "feeds/archive/tx-0001.json", "index.html", "feeds.opml"]
OLD = [row("TEXAS", "Smith County Sheriff's Office")]


@pytest.fixture
def pings(tmp_path: Path) -> Pings:
    return Pings(tmp_path / "state" / "websub.json")


def told(site: Site, path: str = "/hub") -> list[str]:
    """The feeds a hub was told of and took, in order."""
    asked = [one for one in site.asked(path) if one.status < 300]
    found = [parse_qs(one.body.decode()) for one in asked]
    assert all(set(one) == {"hub.mode", "hub.url"} and one["hub.mode"] == ["publish"] for one in found)
    assert all(one.headers["Content-Type"] == "application/x-www-form-urlencoded" for one in asked)
    return [one["hub.url"][0] for one in found]


def wait_until_told(one: Daemon, site: Site, name: str, times: int) -> None:
    """Waits, for as long as a minute of polls, until the hub was told of a feed so often."""
    for _ in range(60):
        if Counter(told(site))[f"{PUBLIC}/{name}"] >= times:
            return
        one.wait_for("poll: |told of")
    raise AssertionError(f"the hub was not told of {name}")


def test_each_feed_that_changed_is_told_once_to_each_hub_and_archives_are_not(site: Site, pings: Pings) -> None:
    hubs = [f"{site.address}/hub", f"{site.address}/other"]
    assert pings.add(hubs, PUBLIC, WRITTEN, START)
    for hub in hubs:
        assert pings.send(hub, lambda: START) == 2
        assert pings.send(hub, lambda: START) == 0
        assert pings.due(hub) is None
    for path in ("/hub", "/other"):
        assert told(site, path) == [f"{PUBLIC}/feed.xml", f"{PUBLIC}/feeds/tx.json"]


def test_without_hubs_or_changed_feeds_nothing_is_noted(site: Site, pings: Pings, tmp_path: Path) -> None:
    assert not pings.add([], PUBLIC, WRITTEN, START)
    assert not (tmp_path / "state").exists()
    assert not pings.add([f"{site.address}/hub"], PUBLIC, ["index.html"], START)
    assert pings.send(f"{site.address}/hub", lambda: START) == 0


def test_what_a_hub_did_not_take_is_tried_again_later_and_later_also_after_a_restart(
    site: Site, pings: Pings, tmp_path: Path
) -> None:
    hub, other = f"{site.address}/hub", f"{site.address}/other"
    pings.add([hub, other], PUBLIC, WRITTEN, START)
    site.hook_status = 503
    now, waits = START, []
    for _ in range(3):
        assert pings.send(hub, lambda: now) == 0  # noqa: B023
        due = pings.due(hub)
        assert due is not None
        waits.append((due - now).total_seconds())
        assert pings.send(hub, lambda: now + timedelta(seconds=1)) == 0  # noqa: B023
        now = due
    assert waits == [30, 60, 120]
    assert len(site.asked("/hub")) == 3, "a hub that fails is asked once each time"
    site.hook_status = 204
    assert pings.send(other, lambda: START) == 2
    again = Pings(tmp_path / "state" / "websub.json")
    assert again.send(hub, lambda: now) == 2
    assert told(site) == [f"{PUBLIC}/feed.xml", f"{PUBLIC}/feeds/tx.json"]
    again.add([hub], PUBLIC, ["feed.xml"], now)
    assert again.due(hub) == now, "a hub that took something is not left alone any longer"


def test_what_changes_while_a_hub_fails_is_told_once(site: Site, pings: Pings) -> None:
    hub = f"{site.address}/hub"
    pings.add([hub], PUBLIC, ["feed.xml"], START)
    site.hook_status = 500
    assert pings.send(hub, lambda: START) == 0
    site.hook_status = 202
    pings.add([hub], PUBLIC, ["feed.xml"], START + timedelta(seconds=5))
    assert pings.send(hub, lambda: START + timedelta(minutes=5)) == 1
    assert told(site) == [f"{PUBLIC}/feed.xml"]


def test_after_two_days_a_ping_is_given_up(site: Site, pings: Pings) -> None:
    hub = f"{site.address}/hub"
    pings.add([hub], PUBLIC, ["feed.xml"], START)
    assert pings.send(hub, lambda: START + timedelta(days=3)) == 0
    assert (pings.due(hub), site.asked("/hub")) == (None, [])


def test_a_hub_that_is_configured_no_more_is_forgotten(site: Site, pings: Pings) -> None:
    hub = f"{site.address}/hub"
    pings.add([hub], PUBLIC, WRITTEN, START)
    pings.add([], PUBLIC, [], START)
    assert pings.due(hub) is None


def test_a_file_that_cannot_be_read_costs_a_ping_and_no_more(site: Site, pings: Pings, tmp_path: Path) -> None:
    hub = f"{site.address}/hub"
    (tmp_path / "state").mkdir()
    for damaged in ("", "{", "[]", '{"x": 1}', '{"x": {"topics": 1, "failures": "x", "due": 1}}'):
        (tmp_path / "state" / "websub.json").write_text(damaged)
        assert pings.due(hub) is None
    pings.add([hub], PUBLIC, ["feed.xml"], START)
    assert pings.send(hub, lambda: START) == 1


@pytest.mark.parametrize(
    "hub", ["ftp://hub.example.org", "hub.example.org", "https://hub.example.org/a b", 'https://h.example/">x', ""]
)
def test_a_hub_is_a_web_address(hub: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Settings.model_validate({"web": {"hubs": [hub]}})


def test_a_loopback_address_is_one_that_no_hub_can_fetch() -> None:
    assert unreachable("http://127.0.0.1:8287")
    assert unreachable("http://localhost:8287")
    assert unreachable("http://[::1]:8287")
    assert not unreachable(PUBLIC)


def test_the_daemon_tells_hubs_and_a_dead_one_holds_nothing_back(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    with socket.create_server(("127.0.0.1", 0)) as free:
        dead = f"http://127.0.0.1:{free.getsockname()[1]}/"
    web = {"listen": "127.0.0.1:0", "public_url": PUBLIC, "hubs": [dead, f"{site.address}/hub"]}
    poll = {"busy": {"start": "0:00", "end": "23:59", "days": "mon-sun", "every": "1s"}, "otherwise": "1s", "jitter": "0s"}
    with daemon(write_config(tmp_path / "config.yaml", page=site.page_url, web=web, poll=poll)) as one:
        address = one.address()
        one.wait_for("poll: first_run")
        wait_until_told(one, site, "feeds/wy.atom", 1)
        before = Counter(told(site))
        site.publish("participating", sheet([*OLD, row("OHIO", "Butler County Sheriff's Office")]))
        one.wait_for("agreement.added 1")
        wait_until_told(one, site, "feeds/oh.atom", 2)
        links = httpx.get(f"{address}/feeds/oh.atom").headers["link"]
        assert one.stop() == 0
    assert links == f'<{dead}>; rel="hub", <{site.address}/hub>; rel="hub", <{PUBLIC}/feeds/oh.atom>; rel="self"'
    after = Counter(told(site)) - before
    assert after[f"{PUBLIC}/feeds/oh.atom"] == after[f"{PUBLIC}/feed.xml"] == 1
    assert f"{PUBLIC}/feeds/wy.atom" not in after
