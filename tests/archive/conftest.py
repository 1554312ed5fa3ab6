"""The archive of real publications, where it lies beside the project; tests of this folder are skipped where it does not."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive import ARCHIVE, SHARED

MISSING = f"the archive of real publications is not there ({ARCHIVE})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not ARCHIVE.is_dir():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=MISSING))


class Replay:
    """A stand-in for ICE's site that replays the archive step by step."""

    def __init__(self, page_url: str) -> None:
        self.page_url = page_url
        self._control = page_url.split("/identify-and-arrest")[0] + "/_control/"
        with (ARCHIVE / "timeline.csv").open(newline="") as file:
            self.timeline = list(csv.DictReader(file))

    def control(self, verb: str, **ask: Any) -> dict[str, Any]:
        """Tells the stand-in what to do (step, era, swap, unlink, fault, clear)."""
        request = urllib.request.Request(self._control + verb, json.dumps(ask).encode(), method="POST")
        with urllib.request.urlopen(request) as answer:
            state: dict[str, Any] = json.load(answer)
        return state


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    """The stand-in at the archive's first step, ended by its own process id."""
    process = subprocess.Popen(
        [sys.executable, str(SHARED / "tools" / "ice_site.py"), "--archive", str(ARCHIVE), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Replay(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
