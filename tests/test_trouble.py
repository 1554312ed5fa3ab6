"""What breaks around the daemon: a full disk, a disk that cannot be written, a database that is locked, damaged or gone.

Each is one line in the log, and the next good poll catches up: nothing is lost, nothing is told twice.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.store import Store, opening
from tests.support.process import Daemon, daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Site

OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office")]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def config_of(folder: Path, site: Site, state: Path) -> Path:
    channel = {"type": "slack", "url": f"{site.address}/hook", "tell": ["news"], "pause": "0s"}
    return write_config(
        folder / "config.yaml", page=site.page_url, state=str(state), alerts={"group_wait": "0s"}, channels=[channel]
    )


def poll(one: Daemon) -> None:
    """A reload polls at once."""
    one.send(signal.SIGHUP)


def kinds(state: Path) -> list[str]:
    with closing(Store.open(state / "monitor.db")) as store:
        return [event.kind for event in store.events()]


def assert_caught_up(one: Daemon, site: Site, state: Path) -> None:
    """The next poll learns what was published, and tells it once."""
    poll(one)
    one.wait_for("poll: changed, agreement.added 1")
    one.wait_for("channel slack: 1 sent")
    assert one.stop() == 0
    assert kinds(state) == ["agreement.added"]
    assert str(site.posts).count("Butler County") == str(site.posts[-1:]).count("Butler County") > 0
    assert "Traceback" not in "\n".join(one.log)


@needs_root
def test_a_full_disk_is_one_line_a_poll_and_what_was_missed_is_caught_up_with(site: Site, tmp_path: Path, disk: Path) -> None:
    site.publish("participating", sheet(OLD))
    config = config_of(tmp_path, site, disk / "state")
    with daemon(config) as one:
        address = one.address()
        one.wait_for("poll: first_run")
        one.wait_for("channel slack: 1 sent")
        with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 4096):
                pass
        site.publish("participating", sheet(NEW))
        poll(one)
        one.wait_for("job poll failed: .*(full|space)")
        assert httpx.get(f"{address}/healthz").status_code == 503
        (disk / "filler").unlink()
        assert_caught_up(one, site, disk / "state")


@needs_root
def test_a_disk_that_cannot_be_written_is_one_line(site: Site, tmp_path: Path, disk: Path) -> None:
    site.publish("participating", sheet(OLD))
    words = ["--config", str(config_of(tmp_path, site, disk / "state")), "check"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    site.publish("participating", sheet(NEW))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    refused = CliRunner().invoke(cli, words)
    assert refused.exit_code == 1
    assert "Read-only" in refused.output
    assert len(refused.output.strip().splitlines()) == 1
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert kinds(disk / "state") == ["agreement.added"]


def test_a_database_that_another_program_holds_is_waited_for_and_then_one_line(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.2)
    site.publish("participating", sheet(OLD))
    config, state = config_of(tmp_path, site, tmp_path / "state"), tmp_path / "state"
    words = ["--config", str(config), "check"]
    assert CliRunner().invoke(cli, words).exit_code == 0
    site.publish("participating", sheet(NEW))
    with closing(sqlite3.connect(state / "monitor.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        held = CliRunner().invoke(cli, words)
        assert held.exit_code == 1
        assert "locked" in held.output
        assert len(held.output.strip().splitlines()) == 1
        other.execute("ROLLBACK")
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert kinds(state) == ["agreement.added"]


def test_a_damaged_database_ends_the_start_with_one_line_and_the_way_back(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config, database = config_of(tmp_path, site, tmp_path / "state"), tmp_path / "state" / "monitor.db"
    with daemon(config) as one:
        one.wait_for("poll: first_run")
        assert one.stop() == 0
    body = bytearray(database.read_bytes())
    body[len(body) // 3 : len(body) // 2] = b"\xff" * (len(body) // 2 - len(body) // 3)
    database.write_bytes(body)
    with daemon(config) as one:
        one.wait_for("restore a backup")
        assert one.process.wait(timeout=10) == 1
    assert len(one.log) == 1
    assert database.read_bytes() == body


def test_a_database_that_goes_away_is_not_begun_anew(site: Site, tmp_path: Path) -> None:
    site.publish("participating", sheet(OLD))
    config, state = config_of(tmp_path, site, tmp_path / "state"), tmp_path / "state"
    with daemon(config) as one:
        address = one.address()
        one.wait_for("channel slack: 1 sent")
        moved = state.rename(tmp_path / "moved")
        poll(one)
        one.wait_for("job poll failed: StoreError: .*monitor.db is gone; stop the monitor and restore a backup")
        assert httpx.get(f"{address}/healthz").status_code == 503
        assert not (state / "monitor.db").exists()
        subprocess.run(["rm", "-r", str(state)], check=True)
        moved.rename(state)
        site.publish("participating", sheet(NEW))
        assert_caught_up(one, site, state)
