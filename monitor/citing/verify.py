"""Is everything as it was? Every byte of evidence read again, both chains followed, the tables compared with the log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor.citing.stamps import Head, Stamps
from monitor.core import replay
from monitor.core.roster import LISTS
from monitor.evidence import Evidence
from monitor.store import Store

_NAME = re.compile(r"([0-9a-f]{64})\.\w{1,8}")
_RESTORE = "restore it from a backup"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was: where, what is wrong, and what to do."""

    where: str
    problem: str
    advice: str = _RESTORE


@dataclass
class Verdict:
    """What was looked at, by what (numbers), the heads, what is wrong, and what is odd but harms nothing.

    `whole` is how many documents are as they were kept, None where they could not be looked at.
    """

    checked: dict[str, int] = field(default_factory=dict)
    whole: int | None = None
    heads: Head | None = None
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "sound": not self.faults,
            "checked": self.checked,
            "documents_whole": self.whole,
            "heads": asdict(self.heads) if self.heads else None,
            "faults": [asdict(one) for one in self.faults],
            "notes": self.notes,
        }


def verify(store: Store, evidence: Evidence, stamps: Stamps, tick: Callable[[], None] = lambda: None) -> Verdict:
    """Looks at everything, at one moment of the database; `tick` is called for every file read. Only reads."""
    found = Verdict()
    with store.snapshot():
        found.faults += [Fault("monitor.db", problem, f"stop the monitor and {_RESTORE}") for problem in store.soundness.damage()]
        checks: dict[str, Callable[[], None]] = {
            "documents": lambda: _documents(store, evidence, found, tick),
            "events and sightings": lambda: _chains(store, found),
            "publications": lambda: _quotations(store, found),
            "agreements and applications": lambda: _listings(store, found),
            "stamps": lambda: _stamps(store, stamps, found),
        }
        for what, check in checks.items():
            try:
                check()
            except Exception as error:
                # What was damaged or altered may fail anywhere, in any way; the other checks still tell what is sound.
                problem = f"cannot be checked: {type(error).__name__}: {' '.join(str(error).split())}"
                found.faults.append(Fault(f"monitor.db, {what}", problem))
    return found


def _documents(store: Store, evidence: Evidence, found: Verdict, tick: Callable[[], None]) -> None:
    rows = {one.sha256: one for one in store.documents()}
    files: dict[str, list[Path]] = {}
    for path in evidence.files():
        name = _NAME.fullmatch(path.name)
        if name and name[1] in rows and path.parent.name == name[1][:2]:
            files.setdefault(name[1], []).append(path)
        else:
            found.notes.append(f"{path}: no document of the database has this name; it may be removed if no monitor is running")
            tick()
    faults: dict[str, list[Fault]] = {}
    for digest, row in rows.items():
        faults[digest] = [fault for path in files.get(digest, ()) if (fault := _looked_at(path, digest, row.bytes, tick))]
        if digest not in files:
            faults[digest].append(Fault(str(evidence.folder / digest[:2] / digest), "the document is missing"))
    found.faults += [fault for several in faults.values() for fault in several]
    found.checked["documents"] = len(rows)
    found.whole = sum(not several for several in faults.values())
    for digest, told in store.soundness.forgotten_documents():
        found.faults.append(Fault(digest, f"{told} tells of this document, and no row of the documents does"))


def _looked_at(path: Path, digest: str, size: int, tick: Callable[[], None]) -> Fault | None:
    try:
        with path.open("rb") as file:
            read = hashlib.file_digest(file, "sha256").hexdigest()
        length = path.stat().st_size
    except OSError as error:
        return Fault(str(path), f"cannot be read: {error.strerror or error}", f"look at the disk, or {_RESTORE}")
    finally:
        tick()
    if read != digest:
        return Fault(str(path), "its bytes are not those that were kept: another SHA-256")
    return None if length == size else Fault(str(path), f"it has {length:,} bytes, and {size:,} by its row")


def _chains(store: Store, found: Verdict) -> None:
    found.heads = Head.of(store)
    found.checked |= {"events": found.heads.events, "sightings": found.heads.sightings}
    for noun, broken in (("event", store.broken()), ("sighting", store.sightings.broken())):
        for place, (number, problem) in enumerate(broken):
            # An entry is held by the next one's link: the last one before a break may have been altered with its own.
            sound = f"the {noun}s up to {number - 2:,} are sound; " if place == 0 and number > 2 else ""
            found.faults.append(Fault(f"{noun} {number:,}", problem, f"{sound}{_RESTORE}"))
    for one in store.sightings.all():
        if one.last_seen < one.first_seen:
            found.faults.append(Fault(f"sighting {one.id:,}", "its last moment lies before its first"))


def _quotations(store: Store, found: Verdict) -> None:
    """What stands in two places stands there alike: an event's columns, the publication it names, the sighting of that."""
    soundness = store.soundness
    found.faults += [Fault(f"event {number:,}", problem) for number, problem in soundness.misquoted_events()]
    problem = "no sighting of its document under its address lies at or before its moment"
    found.faults += [Fault(f"publication {number:,}", problem) for number in soundness.unsighted_publications()]
    found.faults += [Fault(f"publication {number:,}", problem) for number, problem in soundness.misjudged_publications()]
    found.checked["publications"] = len(store.publications())


def _listings(store: Store, found: Verdict) -> None:
    """The tables of agreements and applications, standing or ended, are what the log replays to."""
    for name in LISTS:
        problem = "its columns say otherwise than its value"
        found.faults += [Fault(number, problem) for number in store.soundness.misfiled_listings(name)]
    # When a row was first seen is left out: a verdict that is taken back separates two rows, and the log does not say whose it was.
    tables = {one.listing.id: (one.listing, one.gone_since, one.ended) for name in LISTS for one in store.known(name)}
    replayed = {
        number: (one.listing, one.gone_since, one.ended) for number, one in replay.lives(store.events(bookkeeping=True)).items()
    }
    found.checked["standing"] = sum(gone_since is None for _, gone_since, _ in tables.values())
    found.checked["ended"] = len(tables) - found.checked["standing"]
    for number in sorted({*replayed, *tables}):
        if number not in tables:
            found.faults.append(Fault(number, "is in the log and not in the tables"))
        elif number not in replayed:
            found.faults.append(Fault(number, "is in the tables and not in the log"))
        elif tables[number] != replayed[number]:
            found.faults.append(Fault(number, "is told otherwise by the tables than by the log"))


def _stamps(store: Store, stamps: Stamps, found: Verdict) -> None:
    found.checked["stamps"] = 0
    for path, head in stamps.all():
        found.checked["stamps"] += 1
        if head is None:
            found.faults.append(Fault(str(path), "is no stamp any more: it cannot be read"))
            continue
        for noun, at, link, now in (
            ("event", head.events, head.events_head, store.link(head.events)),
            ("sighting", head.sightings, head.sightings_head, store.sightings.link(head.sightings)),
        ):
            if now is None:
                problem = f"{noun} {at:,} was there when this was stamped, and is missing: the record was cut"
                found.faults.append(Fault(str(path), problem))
            elif link != now:
                problem = f"{noun} {at:,} had another link in the chain when this was stamped: it, or what came before it, was rewritten"
                found.faults.append(Fault(str(path), problem))
