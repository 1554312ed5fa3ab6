"""One process writes to a state directory; whoever comes second is told who holds it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.statedir import StateBusy, StateDirectory, StateUnusable, cache_directory

HOLD = """
import sys
from pathlib import Path
from monitor.statedir import StateDirectory
with StateDirectory(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the directory until its input ends, or it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_everything_of_the_state_lies_below_one_directory(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    assert (state.database, state.documents) == (tmp_path / "monitor.db", tmp_path / "documents")
    assert (state.public, state.verdicts) == (tmp_path / "public", tmp_path / "verdicts.yaml")


def test_the_directory_is_made_when_it_is_first_held_and_not_for_everybody(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "a" / "state")
    with state.locked():
        assert state.path.is_dir()
        assert state.path.stat().st_mode & 0o007 == 0
        assert (state.path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_directory_that_another_process_holds_is_refused_with_its_number(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    with holder(state.path) as other:
        with pytest.raises(StateBusy) as caught, state.locked():
            pytest.fail("two processes hold one state directory")
        assert str(caught.value) == (
            f"{state.path} is in use by process {other.pid}; stop it first, or choose another directory with --state"
        )
        with pytest.raises(StateBusy, match=f"process {other.pid};"), state.locked():
            pytest.fail("the refusal has taken the number of the holder away")


def test_a_command_that_would_write_is_refused_in_one_line(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    command = [sys.executable, "-m", "monitor", "--state", str(state.path), "check"]
    with state.locked():
        result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: {state.path} is in use by process {os.getpid()}; stop it first, or choose another directory with --state\n"
    )


def test_a_process_that_is_killed_leaves_the_directory_free(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    with holder(state.path) as other:
        other.kill()
        other.wait()
        with state.locked():
            assert (state.path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_directory_is_free_again_after_an_error(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    with pytest.raises(RuntimeError, match="poll failed"), state.locked():
        raise RuntimeError("poll failed")
    with holder(state.path) as other:
        assert (state.path / "lock").read_text() == f"{other.pid}\n"


def test_a_path_that_is_no_directory_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("a file")
    with pytest.raises(StateUnusable) as caught, StateDirectory(path).locked():
        pytest.fail("a file is taken for a state directory")
    assert str(caught.value) == f"{path}: the state directory cannot be written: File exists"
    assert path.read_text() == "a file"


def test_what_a_killed_process_had_begun_to_write_is_removed_and_nothing_else(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    drafts = [state.documents / "ab" / ".abc.xlsx.123", state.public / "data" / ".events.json.77"]
    kept = [state.documents / "ab" / "abc.xlsx", state.public / ".published.json", state.public / "data" / "events.json"]
    for path in (*drafts, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert state.clear_drafts() == 2
    assert [path for path in (*drafts, *kept) if path.exists()] == kept
    assert StateDirectory(tmp_path / "none").clear_drafts() == 0


def test_what_can_be_made_again_is_kept_where_systemd_or_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_directory() == tmp_path / "cache" / "monitor287g"
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "service"))
    assert cache_directory() == tmp_path / "service"
    assert stat.S_IMODE((tmp_path / "service").stat().st_mode) == 0o700


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "file" / "below"))
    assert cache_directory() is None
