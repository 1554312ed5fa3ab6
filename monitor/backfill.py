"""History filled in from a folder of archived documents: the poller's walk with files as the source, and nobody told.

The folder's timeline.csv, where there is one, says what was published when; without one the files are taken by the dates they bear.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.core.hasher import bytes_digest
from monitor.core.sheet import Unreadable
from monitor.intake import Arrival, Intake, Taken, read_roster

_ENDINGS = (".xlsx", ".xlsm", ".html", ".htm")


class BackfillError(Exception):
    """A folder cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Archived:
    """One archived publication: its file, the name ICE gave it, the list it was announced as, and when it was published."""

    path: Path
    name: str
    listed_as: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one archived publication: taken, unchanged, or not read and why."""

    archived: Archived
    outcome: str
    detail: str = ""
    taken: Taken | None = None


def archived_publications(folder: Path) -> list[Archived]:
    """The folder's publications, the oldest first. Raises BackfillError."""
    timeline = folder / "timeline.csv"
    if not folder.is_dir():
        raise BackfillError(f"{folder} is not a folder")
    found = _from_timeline(timeline) if timeline.is_file() else _from_names(folder)
    if not found:
        raise BackfillError(f"{folder} holds neither a timeline.csv nor any {', '.join(_ENDINGS)} file")
    return found


def _from_timeline(timeline: Path) -> list[Archived]:
    found = []
    try:
        # `-sig`: a spreadsheet program may have written a byte order mark.
        rows = [*csv.DictReader(io.StringIO(timeline.read_text("utf-8-sig"), newline=""))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BackfillError(f"{timeline}: cannot be read: {error}") from None
    for number, row in enumerate(rows, 2):
        try:
            moment = datetime.fromisoformat(row["published_at"])
            listed_as, name = row["listed_as"], row["file"]
        except (KeyError, ValueError, TypeError) as error:
            raise BackfillError(f"{timeline}:{number}: needs listed_as, file and an ISO published_at ({error})") from None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        folder = timeline.parent / listed_as
        path = folder / name if (folder / name).exists() else timeline.parent / name
        found.append(Archived(path, row.get("name") or name, listed_as or None, moment))
    return sorted(found, key=lambda one: one.published_at)


def _from_names(folder: Path) -> list[Archived]:
    """The files by the date they bear, to the second; files of one second (a checkout, a copy) by their names."""
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file()]
    found = [Archived(path, path.name, None, datetime.fromtimestamp(int(path.stat().st_mtime), UTC)) for path in paths]
    return sorted(found, key=lambda one: (one.published_at, one.path.relative_to(folder)))


def replay(intake: Intake, publications: list[Archived]) -> Iterator[Replayed]:
    """Takes every publication in turn; one that cannot be read is named, and the rest goes on."""
    for one in publications:
        try:
            body = one.path.read_bytes()
        except OSError as error:
            yield Replayed(one, "missing", f"{error.strerror}")
            continue
        sha256 = bytes_digest(body)
        found = read_roster(body, one.published_at, "")
        if isinstance(found, Unreadable):
            yield Replayed(one, found.outcome, found.detail)
        elif intake.is_current(found.list, sha256):
            yield Replayed(one, "unchanged")
        else:
            arrival = Arrival(body, sha256, found, one.path.name, one.name, one.listed_as, None, one.published_at)
            yield Replayed(one, "taken", taken=intake.take(arrival, one.published_at))
