"""Is everything as it was? Every byte of evidence read again, both chains followed, the tables compared with the log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.citing.stamps import Stamps
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
    advice: str


@dataclass
class Verdict:
    """What was looked at, by what (numbers), what is wrong, and what is odd but harms nothing."""

    checked: dict[str, int] = field(default_factory=dict)
    heads: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "sound": not self.faults,
            "checked": self.checked,
            "heads": self.heads,
            "faults": [{"where": one.where, "problem": one.problem, "advice": one.advice} for one in self.faults],
            "notes": self.notes,
        }


def verify(store: Store, evidence: Evidence, stamps: Stamps, tick: Callable[[], None] = lambda: None) -> Verdict:
    """Looks at everything, at one moment of the database; `tick` is called for every document read. Raises StoreError where the database
    cannot be read at all."""
    found = Verdict()
    with store.soundness.snapshot():
        if damage := store.soundness.damage():
            found.faults += [Fault("monitor.db", problem, f"stop the monitor and {_RESTORE}") for problem in damage]
            return found
        _documents(store, evidence, found, tick)
        whole = _chains(store, found)
        _quotations(store, found)
        if whole:
            _standing(store, found)
        _stamps(store, stamps, found)
    return found


def _documents(store: Store, evidence: Evidence, found: Verdict, tick: Callable[[], None]) -> None:
    rows = {one.sha256: one for one in store.documents()}
    files: dict[str, list[Path]] = {}
    for path in sorted(evidence.folder.rglob("*")):
        if not path.is_file():
            continue
        name = _NAME.fullmatch(path.name)
        if name and name[1] in rows and path.parent.name == name[1][:2]:
            files.setdefault(name[1], []).append(path)
        else:
            found.notes.append(f"{path}: no document of the database has this name; it may be removed if no monitor is running")
    for digest in rows:
        if digest not in files:
            where = str(evidence.folder / digest[:2] / digest)
            found.faults.append(Fault(where, "the document is missing", _RESTORE))
        for path in files.get(digest, ()):
            try:
                sound = _digest(path) == digest
            except OSError as error:
                found.faults.append(Fault(str(path), f"cannot be read: {error.strerror or error}", "look at the disk"))
                continue
            if not sound:
                found.faults.append(Fault(str(path), "its bytes are not those that were kept: another SHA-256", _RESTORE))
        tick()
    found.checked["documents"] = len(rows)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chains(store: Store, found: Verdict) -> bool:
    """Follows both chains; whether the log is as it was written down."""
    (events, events_head), (sightings, sightings_head) = store.head(), store.sightings.head()
    found.checked |= {"events": events, "sightings": sightings}
    found.heads = {"events": events, "events_head": events_head, "sightings": sightings, "sightings_head": sightings_head}
    log = store.broken()
    for noun, broken in (("event", log), ("sighting", store.sightings.broken())):
        if broken:
            number, problem = broken
            advice = f"the {noun}s before it are sound; {_RESTORE}"
            found.faults.append(Fault(f"{noun} {number:,}", problem, advice))
    return log is None


def _quotations(store: Store, found: Verdict) -> None:
    """What stands in two places stands there alike: an event's columns, the publication it names, the sighting of that."""
    for number, problem in store.soundness.misquoted_events():
        found.faults.append(Fault(f"event {number:,}", problem, _RESTORE))
    publications = store.publications()
    for number in store.soundness.unsighted_publications():
        problem = "no sighting of its document under its address lies at or before its moment"
        found.faults.append(Fault(f"publication {number:,}", problem, _RESTORE))
    found.checked["publications"] = len(publications)


def _standing(store: Store, found: Verdict) -> None:
    """The tables of what stands are what the log replays to."""
    replayed = replay.standing(store.events(bookkeeping=True))
    tables = {row.id: row for name in LISTS for row in store.standing(name)}
    found.checked["standing"] = len(tables)
    for number in sorted({*replayed, *tables}):
        if replayed.get(number) != tables.get(number):
            problem = "the table of what stands says otherwise than the log"
            found.faults.append(Fault(number, problem, _RESTORE))


def _stamps(store: Store, stamps: Stamps, found: Verdict) -> None:
    number = 0
    for path, head in stamps.all():
        number += 1
        if head is None:
            found.faults.append(Fault(str(path), "is no stamp any more: it cannot be read", _RESTORE))
            continue
        for noun, at, link, now in (
            ("event", head.events, head.events_head, store.link(head.events)),
            ("sighting", head.sightings, head.sightings_head, store.sightings.link(head.sightings)),
        ):
            if link != now:
                problem = f"{noun} {at:,} had another link in the chain when this was stamped: what came before it was rewritten"
                found.faults.append(Fault(str(path), problem, _RESTORE))
    found.checked["stamps"] = number
