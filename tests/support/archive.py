"""Folders of archived files, and history filled in from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from monitor.backfill import Backfill, Capture, Replayed, contents
from monitor.config import Settings
from monitor.core.hasher import bytes_digest
from monitor.core.roster import Roster
from monitor.evidence import Evidence
from monitor.intake import Arrival, Intake
from monitor.reader import read_roster
from monitor.store import Store

HEADINGS = "listed_as,name,file,published_at"
# The archive of real publications, where it lies beside the project.
SHARED = Path(__file__).parents[3] / "shared"
ARCHIVE = SHARED / "archive"
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def put(folder: Path, files: Mapping[str, bytes], timeline: list[str] | None = None) -> None:
    """Writes an archive, with a timeline.csv of these lines or without one."""
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    if timeline is not None:
        (folder / "timeline.csv").write_text("\n".join([HEADINGS, *timeline, ""]), "utf-8")


def filled(store: Store, folder: Path, documents: Path, verdicts: Mapping[str, str] | None = None) -> list[Replayed]:
    """Fills `store` from the folder, as the command does; its evidence goes into `documents`."""
    return [*Backfill(store, Evidence(documents), Settings(), verdicts).replay(contents(folder, NOW).captures)]


def announced(intake: Intake, folder: Path) -> Iterator[Capture]:
    """Takes an archive's spreadsheets as a poll takes them, each when it was published, so that they are told."""
    for one in contents(folder, NOW).captures:
        body = one.path.read_bytes()
        sha256, found = bytes_digest(body), read_roster(body, one.at, "")
        assert isinstance(found, Roster)
        if not intake.is_current(found.list, sha256):
            intake.take(Arrival(body, sha256, found, one.url, one.name, one.listed_as), one.at)
        yield one
