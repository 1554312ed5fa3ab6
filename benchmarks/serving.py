"""Feeds and pages from the daemon, asked by wrk: whole, and by readers that have them already. The daemon has one core, wrk the other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.measure import Figure
from benchmarks.polling import watching
from benchmarks.site import published

_SECONDS, _CLIENTS, _RUNS = 5, 16, 3
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def figures() -> Iterator[Figure]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed; on Debian: apt-get install wrk")
    with published() as site, tempfile.TemporaryDirectory() as name, watching(Path(name), site, "1h") as running:
        address = re.search(r"serving (http://\S+)/ from", "\n".join(running.log))
        if address is None:
            raise SystemExit("the daemon says no address")
        if len(cores := sorted(os.sched_getaffinity(0))) > 1:
            for task in Path(f"/proc/{running.process.pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), cores[:1])
        time.sleep(1)
        for path in ("feed.xml", "index.html"):
            url = f"{address[1]}/{path}"
            tag = httpx.get(url).headers["etag"]
            for what, headers in (
                ("If-None-Match", {"If-None-Match": tag}),
                ("whole, gzip", {"Accept-Encoding": "gzip"}),
                ("whole", {}),
            ):
                goals = (2_000.0, 20.0) if (path, what) == ("feed.xml", "If-None-Match") else (None, None)
                found = [_asked(wrk, url, headers, cores[1:2]) for _ in range(_RUNS)]
                yield Figure(f"{path}, {what}: requests a second", "", [one for one, _ in found], goals[0], least=True)
                yield Figure("… slowest of a hundred", "ms", [one for _, one in found], goals[1])


def _asked(wrk: str, url: str, headers: dict[str, str], cores: list[int]) -> tuple[float, float]:
    """(requests a second, milliseconds within which 99 of 100 were answered)."""
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{_CLIENTS}", f"-d{_SECONDS}s", "--latency", *given, url]
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    said = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=pin).stdout
    rate, slowest = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    if not rate or not slowest or "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"wrk: {said}")
    return float(rate[1]), float(slowest[1]) * _UNITS[slowest[2]]
