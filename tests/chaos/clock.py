"""A clock that the test sets, for a daemon that is a process of its own.

`python -m tests.chaos.clock FILE …` is `monitor287g …` by the clock in FILE, which holds by how many seconds it differs from the machine's.
Time itself (time.monotonic, what waits) stays what it is, as it does where an operator or a time server sets the clock.
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

_EVERY = 0.01


class Clock:
    """The test's hand on the clock in `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._difference = timedelta(0)
        self._write()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._difference

    def set(self, moment: datetime) -> None:
        self._difference = moment - datetime.now(UTC)
        self._write()

    def _write(self) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(str(self._difference.total_seconds()), "utf-8")
        draft.replace(self.path)


def _main() -> None:
    path = Path(sys.argv.pop(1))
    kept = path.read_text("utf-8")
    traveller = time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(kept)), tick=True).start()

    def follow() -> None:
        nonlocal kept
        pause = threading.Event()
        while not pause.wait(_EVERY):
            given = path.read_text("utf-8")
            if given != kept:
                kept = given
                real = time_machine.escape_hatch.datetime.datetime.now(UTC)
                traveller.move_to(real + timedelta(seconds=float(kept)), tick=True)

    threading.Thread(target=follow, daemon=True).start()
    from monitor.cli import main

    main()


if __name__ == "__main__":
    _main()
