"""`python -m tests.fuzz MINUTES [TARGET …]`: fuzzes the targets one after the other, MINUTES in all, and keeps what makes one fail.

A failing input is kept in tests/fuzz/cases/TARGET, where the ordinary tests run it again for ever. Exit 1 if there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from tests.fuzz.targets import TARGETS

CASES = Path(__file__).parent / "cases"
CORPUS = Path(".fuzz")
# One input: seconds, and megabytes of the whole process, beyond which the program is at fault.
_SECONDS, _MEGABYTES, _LONGEST = 10, 1_024, 65_536


def fuzz(name: str, seconds: int) -> tuple[int, int, list[str]]:
    """(inputs run, seconds they took, what failed) of one target."""
    corpus, cases = CORPUS / name, CASES / name
    corpus.mkdir(parents=True, exist_ok=True)
    cases.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    before = {*cases.iterdir()}
    limits = (f"-max_total_time={seconds}", f"-timeout={_SECONDS}", f"-rss_limit_mb={_MEGABYTES}", f"-max_len={_LONGEST}")
    began = time.monotonic()
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.harness",
            name,
            *limits,
            f"-artifact_prefix={cases}/",
            "-print_final_stats=1",
            str(corpus),
        ],
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    (CORPUS / f"{name}.log").write_text(ended.stdout, "utf-8")
    found = [str(path) for path in cases.iterdir() if path not in before]
    if not any(cases.iterdir()):
        cases.rmdir()
    inputs = re.findall(r"number_of_executed_units:\s*(\d+)", ended.stdout) or re.findall(r"^#(\d+)", ended.stdout, re.MULTILINE)
    if ended.returncode and not found:
        found = [f"it ended with {ended.returncode}; see {CORPUS / name}.log"]
    return int(inputs[-1]) if inputs else 0, round(time.monotonic() - began), found


def main(minutes: float, names: list[str]) -> int:
    seconds = max(1, round(60 * minutes / len(names)))
    table = Table("Target", "Inputs", "Seconds", "Failing", title=f"{minutes:g} minutes of fuzzing")
    failing = 0
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("fuzz", total=len(names))
        for name in names:
            bar.update(task, description=name)
            inputs, took, found = fuzz(name, seconds)
            failing += len(found)
            table.add_row(name, f"{inputs:,}", f"{took:,}", "\n".join(found) or "none")
            bar.advance(task)
    Console().print(table)
    return 1 if failing else 0


if __name__ == "__main__":
    unknown = [name for name in sys.argv[2:] if name not in TARGETS]
    if len(sys.argv) < 2 or unknown:
        sys.exit(f"expected MINUTES and any of {', '.join(TARGETS)}")
    sys.exit(main(float(sys.argv[1]), sys.argv[2:] or [*TARGETS]))
