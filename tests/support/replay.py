"""A stand-in for ICE's site that replays the archive of real publications; it lies beside the project, as the archive does."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.archive import ARCHIVE, SHARED


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


@contextmanager
def replaying() -> Iterator[Replay]:
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
