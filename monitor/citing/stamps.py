"""Heads of the chains set down in small files, for a time-stamping service to vouch for: RFC 3161, OpenTimestamps, whatever the hook calls.

A stamped head fixes all that came before it: whoever rewrote the log, with its whole chain, would need the service's signature too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor import __version__
from monitor.core.events import iso
from monitor.store import Store

# How long the hook may take (seconds).
PATIENCE = 120
FILE = "{file}"


class StampError(Exception):
    """The hook failed; the message says how."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of each chain: number of events and of sightings, and the links."""

    events: int
    events_head: str
    sightings: int
    sightings_head: str

    @classmethod
    def of(cls, store: Store) -> Head:
        return cls(*store.head(), *store.sightings.head())


class Stamps:
    """The folder of stamped heads, `state/stamps`; the hook writes its own files beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> Iterator[tuple[Path, Head | None]]:
        """(file, head) of every stamp, the oldest first; None where the file cannot be read."""
        for path in self._stamped():
            try:
                value = json.loads(path.read_text("utf-8"))
                head = Head(**{name: kind(value[name]) for name, kind in _FIELDS.items()})
            except (OSError, ValueError, KeyError, TypeError):
                yield path, None
            else:
                yield path, head

    def made_since(self, moment: datetime) -> bool:
        """Whether a stamp was made after `moment`."""
        return any(path.name > f"{iso(moment).replace(':', '')}.json" for path in self._stamped())

    def make(self, head: Head, command: Sequence[str], at: datetime) -> Path | None:
        """Sets `head` down and lets the hook stamp the file; None where this very head is stamped already. Raises StampError, OSError."""
        if any(known == head for _, known in self.all()):
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{iso(at).replace(':', '')}.json"
        value = {"monitor": __version__, "at": iso(at), **asdict(head)}
        mark = _unfinished(path)
        mark.touch()
        path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
        try:
            _call([part.replace(FILE, str(path)) for part in command])
        except StampError:
            # What nobody vouches for is no stamp, nor what the hook began beside it; the next try makes another.
            for left in self.folder.glob(f"{path.name}*"):
                left.unlink(missing_ok=True)
            raise
        mark.unlink(missing_ok=True)
        return path

    def _stamped(self) -> list[Path]:
        """The files that the hook was done with, the oldest first."""
        return [path for path in sorted(self.folder.glob("*Z.json")) if not _unfinished(path).exists()]


_FIELDS = {"events": int, "events_head": str, "sightings": int, "sightings_head": str}


def _unfinished(path: Path) -> Path:
    """What lies beside a stamp's file until the hook is done: a process may end in its midst."""
    return path.with_name(f"{path.name}.unfinished")


def _call(command: Sequence[str]) -> None:
    """Runs the hook to its end. Raises StampError."""
    try:
        hook = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what a script has called ends with it
        )
    except OSError as error:
        raise StampError(f"{command[0]} cannot be run: {error.strerror}") from None
    with hook:
        try:
            output, _ = hook.communicate(timeout=PATIENCE)
        except BaseException as error:
            os.killpg(hook.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise StampError(f"{command[0]} did not end within {PATIENCE} seconds") from None
            raise
    if hook.returncode:
        said = " ".join(output.decode("utf-8", "replace").split())[-300:]
        raise StampError(f"{command[0]} ended with {hook.returncode}: {said}")
