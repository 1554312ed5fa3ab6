"""Backups made while the monitor works, and the way back: the same record, continued, and nothing that a hostile file could add."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor import backup
from monitor.cli import cli
from monitor.statedir import StateDirectory
from monitor.store import Store
from tests.chaos.contents import contents, differences
from tests.support.line import Line, line
from tests.support.sheets import row, sheet
from tests.support.site import Site

ROWS = [row("TEXAS", f"{name} County Sheriff's Office") for name in ("Smith", "Jones", "Gregg")]
OHIO, UTAH = row("OHIO", "Butler County Sheriff's Office"), row("UTAH", "Provo Police Department")


def nothing() -> None:
    pass


def command(state: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--state", str(state), *words])


@pytest.fixture
def kept(watch: Line, tmp_path: Path) -> Path:
    """A backup of a line that learnt a list and one agreement more."""
    for rows in (ROWS, [*ROWS, OHIO]):
        watch.site.publish("participating", sheet(rows))
        watch.poll()
    watch.state.verdicts.write_text("[]\n")
    path = tmp_path / "kept.tar.gz"
    backup.make(watch.state, path, watch.now, nothing)
    return path


def restored(path: Path, folder: Path) -> StateDirectory:
    state = StateDirectory(folder)
    with state.locked():
        backup.restore(path, state, nothing)
    return state


def test_a_restored_state_is_what_it_was(watch: Line, kept: Path, tmp_path: Path) -> None:
    state = restored(kept, tmp_path / "new")
    assert differences(contents(watch.state.path, []), contents(state.path, [])) == []
    assert state.verdicts.read_text() == "[]\n"
    assert {path.name for path in state.path.iterdir()} == {"documents", "lock", "monitor.db", "verdicts.yaml"}
    assert command(state.path, "evidence", "verify").exit_code == 0
    assert oct(kept.stat().st_mode)[-3:] == "600"
    assert [path.name for path in kept.parent.iterdir() if path.name.startswith(".")] == []


def test_it_continues_where_the_backup_was_made_and_tells_what_was_never_told(site: Site, tmp_path: Path) -> None:
    channel = {"type": "slack", "url": f"{site.address}/hook", "tell": ["news"], "pause": "0s"}
    with line(site, tmp_path / "old", channels=[channel]) as old:
        site.publish("participating", sheet(ROWS))
        old.poll()
        old.deliver()
        site.hook_status = 500
        site.publish("participating", sheet([*ROWS, OHIO]))
        old.poll()
        old.deliver()
        backup.make(old.state, tmp_path / "kept.tar.gz", old.now, nothing)
        site.publish("participating", sheet([*ROWS, OHIO, UTAH]))
        later = [event.kind for event in old.poll().events]
        now = old.now
    told = len(site.posts)
    restored(tmp_path / "kept.tar.gz", tmp_path / "new")
    with line(site, tmp_path / "new", channels=[channel]) as new:
        site.hook_status = 200
        new.now = now
        assert [event.kind for event in new.poll().events] == later == ["agreement.added"]
        assert new.poll().events == ()
        new.deliver()
    text = json.dumps(site.posts[told:])
    assert text.count("Butler County") > 0
    assert text.count("Provo") > 0


def test_a_backup_is_of_one_moment_while_others_write(watch: Line, kept: Path, tmp_path: Path) -> None:
    over = threading.Event()

    def write() -> None:
        store = Store.open(watch.state.database)
        try:
            while not over.is_set():
                with store.transaction():
                    # Two rows that belong together: whoever sees one without the other saw half a change.
                    store._sql.execute("INSERT INTO polls (at, outcome, good, detail, millis) VALUES ('x', 'a', 1, '', 0)")
                    store._sql.execute("INSERT INTO polls (at, outcome, good, detail, millis) VALUES ('x', 'b', 1, '', 0)")
        finally:
            store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup.make(watch.state, tmp_path / f"{number}.tar.gz", watch.now, nothing)
    finally:
        over.set()
        writer.join()
    for number in range(5):
        state = restored(tmp_path / f"{number}.tar.gz", tmp_path / f"new{number}")
        store = Store.open(state.database)
        counts = dict(store._sql.execute("SELECT outcome, count(*) FROM polls WHERE at = 'x' GROUP BY outcome"))
        store.close()
        assert counts.get("a") == counts.get("b")


def test_the_commands_say_what_they_did(watch: Line, kept: Path, tmp_path: Path) -> None:
    made = command(watch.state.path, "backup", str(tmp_path), "--json")
    assert made.exit_code == 0, made.output
    value = json.loads(made.stdout)
    assert value["files"] == 1 + 1 + len([*watch.evidence.files()])
    back = command(tmp_path / "new", "restore", value["path"])
    assert back.exit_code == 0, back.output
    assert f"{value['files']} files as of {value['made_at']}" in back.stdout
    assert command(tmp_path / "new", "status").exit_code == 0


def test_a_document_that_is_damaged_is_told_and_the_backup_is_made_all_the_same(watch: Line, kept: Path, tmp_path: Path) -> None:
    victim = next(watch.evidence.files())
    victim.write_bytes(b"damaged")
    made = command(watch.state.path, "backup", str(tmp_path / "second.tar.gz"))
    assert made.exit_code == 1
    assert victim.name in made.stderr
    assert command(tmp_path / "new", "restore", str(tmp_path / "second.tar.gz")).exit_code == 0


def refused(result: Result, said: str, state: Path) -> None:
    """One clear line, exit 1, and nothing in the state directory."""
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert {path.name for path in state.iterdir()} <= {"lock", "turn"} if state.exists() else True


def test_what_is_there_is_never_overwritten(watch: Line, kept: Path, tmp_path: Path) -> None:
    again = command(watch.state.path, "backup", str(kept))
    assert (again.exit_code, "name another file" in again.output) == (1, True)
    back = command(watch.state.path, "restore", str(kept))
    assert (back.exit_code, "is not empty" in back.output) == (1, True)


def test_a_restore_that_was_interrupted_is_done_again(kept: Path, tmp_path: Path) -> None:
    left = tmp_path / "new" / "documents" / "ab" / f"{'ab' * 32}.xlsx"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of the first attempt")
    (tmp_path / "new" / ".restoring.123").mkdir()
    assert command(tmp_path / "new", "restore", str(kept)).exit_code == 0
    assert command(tmp_path / "new", "restore", str(kept)).exit_code == 1, "now there is a state"


def test_a_directory_of_something_else_is_left_alone(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "letters").touch()
    back = command(tmp_path / "new", "restore", str(kept))
    assert (back.exit_code, "is not empty (letters)" in back.output) == (1, True)


def test_a_directory_that_the_daemon_holds_is_left_alone(kept: Path, tmp_path: Path) -> None:
    with StateDirectory(tmp_path / "new").locked():
        refused(command(tmp_path / "new", "restore", str(kept)), "is in use by process", tmp_path / "new")


def test_a_disk_that_is_full_leaves_no_half_of_a_backup(watch: Line, kept: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--state", str(watch.state.path), "backup", str(tmp_path / "second.tar.gz")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 1
    assert "no backup was made" in done.stderr or "cannot be copied" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir() if "second" in path.name] == []


def rewritten(source: Path, target: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], extra: Any = None) -> Path:
    """The backup with its manifest and members changed."""
    with tarfile.open(source) as archive:
        members = {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    with tarfile.open(target, "w:gz") as archive:
        for name, body in {"manifest.json": json.dumps(manifest).encode(), **members}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
        if extra:
            archive.addfile(extra)
    return target


def link(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


DOCUMENT = f"documents/aa/{'a' * 64}.xlsx"


def listed(manifest: dict[str, Any], name: str, size: int = 0) -> None:
    manifest["files"][name] = {"bytes": size, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}


@pytest.mark.parametrize(
    ("change", "extra", "said"),
    [
        (lambda m, f: listed(m, "../evil"), None, "no manifest"),
        (lambda m, f: listed(m, "/etc/evil"), None, "no manifest"),
        (lambda m, f: listed(m, "documents/aa/../../evil"), None, "no manifest"),
        (lambda m, f: m.update(format=2), None, "no manifest"),
        (lambda m, f: m["files"].pop("monitor.db"), None, "no manifest"),
        (lambda m, f: m["files"]["monitor.db"].update(bytes=-1), None, "no manifest"),
        (lambda m, f: f.update({"../evil": b"x"}), None, "does not list"),
        (lambda m, f: f.update({"monitor.db": f["monitor.db"] + b"x"}), None, "does not list"),
        (lambda m, f: f.update({"monitor.db": b"x" * len(f["monitor.db"])}), None, "is not what it was"),
        (lambda m, f: f.pop("monitor.db"), None, "files are missing"),
        (lambda m, f: listed(m, DOCUMENT, 1 << 50), None, "free"),
        (lambda m, f: listed(m, DOCUMENT), link(DOCUMENT, tarfile.SYMTYPE), "does not list"),
        (lambda m, f: listed(m, DOCUMENT), link(DOCUMENT, tarfile.LNKTYPE), "does not list"),
        (lambda m, f: listed(m, DOCUMENT), link(DOCUMENT, tarfile.CHRTYPE), "does not list"),
        (lambda m, f: None, link("monitor.db", tarfile.REGTYPE), "does not list"),
    ],
)
def test_a_file_that_was_changed_is_refused_whole(kept: Path, tmp_path: Path, change: Any, extra: Any, said: str) -> None:
    changed = rewritten(kept, tmp_path / "changed.tar.gz", change, extra)
    refused(command(tmp_path / "new", "restore", str(changed)), said, tmp_path / "new")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("body", [b"", b"no archive", b"\x1f\x8b\x08" + b"\0" * 50], ids=["empty", "other", "gzip"])
def test_what_is_no_backup_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(body)
    refused(command(tmp_path / "new", "restore", str(tmp_path / "x.tar.gz")), "nothing was restored", tmp_path / "new")


def test_half_a_backup_is_refused(kept: Path, tmp_path: Path) -> None:
    whole = kept.read_bytes()
    for part in (0.1, 0.5, 0.99):
        kept.write_bytes(whole[: int(len(whole) * part)])
        refused(command(tmp_path / "new", "restore", str(kept)), "nothing was restored", tmp_path / "new")


def test_what_a_newer_version_wrote_is_refused(watch: Line, kept: Path, tmp_path: Path) -> None:
    def newer(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('monitor', 'm999_later', '')"
            )

    def change(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        path = tmp_path / "later.db"
        path.write_bytes(files["monitor.db"])
        newer(path)
        files["monitor.db"] = path.read_bytes()
        digest = hashlib.sha256(files["monitor.db"]).hexdigest()
        manifest["files"]["monitor.db"] = {"bytes": len(files["monitor.db"]), "sha256": digest}

    changed = rewritten(kept, tmp_path / "changed.tar.gz", change)
    refused(command(tmp_path / "new", "restore", str(changed)), "newer version of the monitor (m999_later)", tmp_path / "new")
    newer(watch.state.database)
    refused(command(watch.state.path, "status"), "newer version of the monitor (m999_later)", tmp_path / "new")
    refused(command(watch.state.path, "backup", str(tmp_path / "x.tar.gz")), "m999_later", tmp_path / "new")
    assert not (tmp_path / "x.tar.gz").exists()
