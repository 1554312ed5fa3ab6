"""Work in a process of its own: its result, its errors, its limits; and that it ends when its parent does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.apart import ApartError, Limits, call
from monitor.core.roster import Roster
from monitor.core.sheet import Unreadable
from monitor.reader import read_roster, read_roster_apart
from tests.support.sheets import row, sheet

AT = datetime(2025, 6, 2, tzinfo=UTC)


def doubled(text: str) -> str:
    print("what a library prints")
    return text * 2


def wrong(text: str) -> None:
    raise ValueError(f"{text} is wrong")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def eats() -> int:
    return len(bytearray(1 << 30))


def spins() -> None:
    while True:
        pass


def waits(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(60)


def test_a_call_gives_its_result_and_what_it_prints_does_no_harm() -> None:
    assert call(doubled, "a" * 1_000_000) == "a" * 2_000_000


def test_what_a_call_raises_is_told() -> None:
    with pytest.raises(ApartError, match="ValueError: this is wrong"):
        call(wrong, "this")


@pytest.mark.parametrize(
    ("function", "limits", "said"),
    [
        (killed, None, "exit code -6"),
        (eats, Limits(10, 1 << 29), "MemoryError"),
        (spins, Limits(1, 1 << 30), f"exit code -{int(signal.SIGXCPU)}|exit code -9"),
    ],
)
def test_a_call_that_ends_its_process_ends_nothing_else(function: object, limits: Limits | None, said: str) -> None:
    with pytest.raises(ApartError, match=said):
        call(function, limits=limits)  # type: ignore[arg-type]


def test_a_call_ends_when_the_process_that_asked_for_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    program = "import sys, pathlib, monitor.apart, tests.test_apart as t; monitor.apart.call(t.waits, pathlib.Path(sys.argv[1]))"
    parent = subprocess.Popen([sys.executable, "-c", program, str(path)])
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
