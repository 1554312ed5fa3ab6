"""Measuring and telling: processes by the kernel's own account, figures with their spread, tables for a terminal and for Markdown."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

# The program as it is installed, with nothing that only tests need (benchmarks/peers.py).
PEERS = Path(os.environ.get("PEERS", ".peers")).resolve()
PROGRAM = [str(PEERS / "ours" / "bin" / "monitor287g")]
_PACKAGES = (
    "APScheduler",
    "apprise",
    "beautifulsoup4",
    "httpx",
    "pydantic",
    "python-calamine",
    "sqlite-utils",
    "starlette",
    "uvicorn",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Some measurements of one thing. `goal` is the most that the median may be, or with `least` the least."""

    name: str
    unit: str
    values: Sequence[float]
    goal: float | None = None
    least: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def cells(self) -> list[str]:
        """What it is, median, least and most, number of runs, goal and whether it is met."""
        met = ""
        if self.goal is not None:
            met = "yes" if (self.median >= self.goal if self.least else self.median <= self.goal) else "**no**"
        goal = "" if self.goal is None else f"{'≥' if self.least else '≤'} {_number(self.goal)} {self.unit}"
        spread = f"{_number(min(self.values))} to {_number(max(self.values))}" if len(self.values) > 1 else ""
        return [self.name, f"{_number(self.median)} {self.unit}", spread, str(len(self.values)), goal, met]


COLUMNS = ("What", "Median", "Least to most", "Runs", "Goal", "Met")


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table in Markdown."""
    rows = [COLUMNS, ("---", "---:", "---:", "---:", "---:", "---"), *(figure.cells() for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def machine() -> str:
    """The processor's name where the system tells it, how many there are, the system and Python."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{name or platform.machine()}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def versions() -> str:
    """What the program stands on, with versions."""
    return ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


@dataclass(frozen=True, slots=True)
class Used:
    """What a process and those it waited for used: seconds of wall and processor, the most memory of one of them in bytes."""

    wall: float
    cpu: float
    peak: int


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, *, check: bool = True) -> Used:
    """Runs a command to its end, its output thrown away. Raises CalledProcessError where it fails (`check`)."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)


def runs(command: Sequence[str], number: int, environment: Mapping[str, str] | None = None, *, check: bool = True) -> list[Used]:
    """So many runs after one that is not counted."""
    run(command, environment, check=check)
    return [run(command, environment, check=check) for _ in range(number)]


def cpu(process: int) -> float:
    """Seconds of processor that a running process and the children it waited for have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident(process: int) -> int:
    """Bytes of memory that a running process holds."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


@contextmanager
def unhurried() -> Iterator[None]:
    """As the daemon's own processes read, compare and build: without looks for cycles."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(work: Callable[[], object], number: int) -> list[float]:
    """Milliseconds of so many calls after one that is not counted."""
    work()
    times = []
    for _ in range(number):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def milliseconds(seconds: Sequence[float]) -> list[float]:
    return [one * 1e3 for one in seconds]


def megabytes(sizes: Sequence[float]) -> list[float]:
    return [one / 2**20 for one in sizes]
