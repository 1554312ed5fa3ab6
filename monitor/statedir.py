"""The state directory: where the database, the evidence and the public files are, and who may write there."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateBusy(Exception):
    """Another process writes to this state directory; the message says which and what to do."""


class StateUnusable(Exception):
    """The state directory cannot be written; the message says why."""


def cache_directory() -> Path | None:
    """Where what can be made again may be kept between two processes: systemd's for the service, else the user's (XDG); None where
    neither can be written."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    path = Path(os.environ.get("CACHE_DIRECTORY") or f"{home}/monitor287g")
    try:
        path = path.expanduser()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError):
        return None
    return path if os.access(path, os.W_OK | os.X_OK) else None


class StateDirectory:
    """Paths below one state directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "monitor.db"
        self.documents = path / "documents"
        self.public = path / "public"
        self.verdicts = path / "verdicts.yaml"
        self.pings = path / "websub.json"
        self.stamps = path / "stamps"

    @contextmanager
    def turn(self, wait: float = 90.0) -> Iterator[None]:
        """One change at a time: a person's command waits for the daemon's poll to end, and the next poll for the command.

        Raises StateBusy where the other does not end in time (seconds).
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o750)
        deadline = time.monotonic() + wait
        with (self.path / "turn").open("a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise StateBusy(f"{self.path}: a poll is taking long; try again when it is over") from None
                    time.sleep(0.1)
            yield

    def clear_drafts(self) -> int:
        """Removes what a process that was killed had begun to write (`.name.process`); how many there were. The caller has the turn."""
        drafts = [
            path
            for folder in (self.documents, self.public)
            for path in folder.rglob(".*")
            if path.suffix[1:].isdecimal() and path.is_file()
        ]
        for path in drafts:
            path.unlink(missing_ok=True)
        return len(drafts)

    def holder(self) -> int | None:
        """The process that holds the directory for writing, None where none does (0: it does not say which)."""
        try:
            with (self.path / "lock").open("r") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    return _number(file.read(40))
        except OSError:
            pass
        return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the directory for one writer. The lock is the kernel's: it goes with the process, however that ends.

        Raises StateBusy where another process holds it, StateUnusable where the directory cannot be written.
        """
        lock = self.path / "lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o750)
            file = lock.open("a+")
        except OSError as error:
            raise StateUnusable(f"{self.path}: the state directory cannot be written: {error.strerror}") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = _number(file.read(40))
                who = f"process {holder}" if holder else "another process"
                raise StateBusy(
                    f"{self.path} is in use by {who}; stop it first, or choose another directory with --state"
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield


def _number(text: str) -> int:
    """The process id in a lock file, 0 where there is none."""
    return int(text) if text.strip().isdecimal() else 0
