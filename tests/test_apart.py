"""Work in a process of its own: its result, its errors, its limits; and that it ends when its parent does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from monitor.apart import ApartError, Limits, call
from monitor.core.roster import Roster
from monitor.core.sheet import Unreadable
from monitor.reader import read_roster, read_roster_apart
from tests.support.sheets import row, sheet

AT = datetime(2025, 6, 2, tzinfo=UTC)


def test_a_call_gives_its_result_and_what_it_prints_does_no_harm() -> None:
    assert call(eval, "print('x' * 1_000_000) or 'a' * 2_000_000") == "a" * 2_000_000


def test_what_a_call_raises_is_told() -> None:
    with pytest.raises(ApartError, match="ValueError: invalid literal"):
        call(int, "this")


@pytest.mark.parametrize(
    ("work", "limits", "said"),
    [
        ((os.abort,), None, "exit code -6"),
        ((bytearray, 1 << 30), Limits(10, 1 << 29), "MemoryError"),
        ((deque, count(), 0), Limits(1, 1 << 30), f"exit code -{int(signal.SIGXCPU)}|exit code -9"),
        ((time.sleep, 60), Limits(1, 1 << 30), "exit code -9"),
    ],
    ids=["aborts", "eats", "spins", "waits"],
)
def test_a_call_that_ends_its_process_ends_nothing_else(work: tuple[Any, ...], limits: Limits | None, said: str) -> None:
    with pytest.raises(ApartError, match=said):
        call(*work, limits=limits)


def test_a_call_takes_nothing_from_the_folder_it_is_made_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pickle", "struct"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')")
    (tmp_path / "monitor").mkdir()
    (tmp_path / "monitor" / "__init__.py").write_text("raise SystemExit('planted')")
    monkeypatch.chdir(tmp_path)
    assert call(int, "7") == 7


def test_a_call_ends_when_the_process_that_asked_for_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    work = f"import os, pathlib, time; pathlib.Path({str(path)!r}).write_text(str(os.getpid())); time.sleep(60)"
    program = "import sys; from monitor.apart import call; call(exec, sys.argv[1])"
    parent = subprocess.Popen([sys.executable, "-c", program, work])
    while not path.exists() or not path.read_text():
        assert parent.poll() is None
        time.sleep(0.01)
    child = int(path.read_text())
    parent.kill()
    parent.wait()
    for _ in range(500):
        try:
            # A process that ended and waits for somebody to hear of it is no more either.
            if "State:\tZ" in Path(f"/proc/{child}/status").read_text():
                break
        except FileNotFoundError:
            break
        time.sleep(0.01)
    else:
        pytest.fail("it goes on")


def test_a_document_is_read_apart_as_it_is_here() -> None:
    body = sheet([row()])
    found = read_roster_apart(body, AT, "https://www.ice.gov/list.xlsx")
    assert isinstance(found, Roster)
    assert found == read_roster(body, AT, "https://www.ice.gov/list.xlsx")


def test_a_document_that_ends_the_process_that_reads_it_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.reader._READING", Limits(seconds=20, memory=1 << 20))
    found = read_roster_apart(sheet([row()] * 3_000), AT, "https://www.ice.gov/list.xlsx")
    assert isinstance(found, Unreadable)
    assert found.outcome == "not_a_workbook"
    assert "ended the process" in found.detail
