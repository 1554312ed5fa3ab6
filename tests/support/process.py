"""The daemon as a process of its own: started, watched by its log, stopped by its id."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

PATIENCE = 30.0
PROGRAM = (sys.executable, "-m", "monitor")


class Daemon:
    """A running `monitor287g run`; `log` is what it wrote to standard error so far."""

    def __init__(self, config: Path, environment: Mapping[str, str], program: Sequence[str]) -> None:
        self.log: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [*program, "--config", str(config), "run"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip())
        self._lines.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Waits for the next log line that matches; fails with the whole log where the process ends or stays silent."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no line matches {pattern!r} in:\n" + "\n".join(self.log)) from None
            if line is None:
                raise AssertionError(f"the daemon ended before {pattern!r}:\n" + "\n".join(self.log))
            self.log.append(line)
            if match := re.search(pattern, line):
                return match

    def address(self) -> str:
        """Where its web server listens, once it does."""
        return self.wait_for(r"serving (http://\S+)/ from").group(1)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """SIGTERM, and the exit code. It ends within three seconds; a machine that is busy with other tests may take longer."""
        self.send(signal.SIGTERM)
        return self.process.wait(timeout=15)


@contextmanager
def daemon(config: Path, program: Sequence[str] = PROGRAM, **environment: str) -> Iterator[Daemon]:
    """A daemon that is gone at the end, whatever the test did."""
    one = Daemon(config, environment, program)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        assert one.process.stderr is not None
        one.process.stderr.close()


def write_config(path: Path, **values: Any) -> Path:
    """A configuration for tests: no jitter, a free port, short waits."""
    base = {"web": {"listen": "127.0.0.1:0"}, "poll": {"jitter": "0s"}, "fetch": {"attempts": 1, "timeout": "20s"}}
    path.write_text(yaml.safe_dump({**base, **values}), "utf-8")
    return path
