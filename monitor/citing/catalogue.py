"""What is kept: every document with its sightings and the publications that were read from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.core.events import iso
from monitor.core.publication import Publication
from monitor.evidence import Evidence
from monitor.store import Sighting, Store, StoreError

PAGE = "page"
_KINDS = {".html": PAGE, ".pdf": "PDF", ".xlsx": "spreadsheet"}


@dataclass(frozen=True, slots=True)
class Item:
    """One kept document: `kind` in words, `path` its file (None: it is gone), the sightings and publications in their order."""

    sha256: str
    bytes: int
    kind: str
    path: Path | None
    sightings: tuple[Sighting, ...]
    publications: tuple[Publication, ...]

    @property
    def first_seen(self) -> datetime | None:
        """When it was first seen (UTC), None where no sighting is known."""
        return min((one.first_seen for one in self.sightings), default=None)

    @property
    def last_seen(self) -> datetime | None:
        """When it was last seen (UTC), None where no sighting is known."""
        return max((one.last_seen for one in self.sightings), default=None)

    def seen_in(self, since: datetime | None, until: datetime | None) -> bool:
        """Whether it was seen in a time: an address gave it from before its end until after its begin."""
        return any(
            (until is None or one.first_seen <= until) and (since is None or one.last_seen >= since) for one in self.sightings
        ) or (since is None and until is None)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses it was seen at, each once, the first one first; where it comes of an archive without addresses: files' names."""
        return tuple(dict.fromkeys(one.url for one in self.sightings))

    @property
    def names(self) -> tuple[str, ...]:
        """The names it was seen under, each once, the first one first."""
        return tuple(dict.fromkeys(one.name for one in self.sightings if one.name))

    def to_json(self) -> dict[str, Any]:
        first, last = self.first_seen, self.last_seen
        return {
            "sha256": self.sha256,
            "bytes": self.bytes,
            "kind": self.kind,
            "file": self.path.name if self.path else None,
            "first_seen": iso(first) if first else None,
            "last_seen": iso(last) if last else None,
            "sightings": [one.to_json() for one in self.sightings],
            "publications": [one.to_json() for one in self.publications],
        }


def items(store: Store, evidence: Evidence) -> list[Item]:
    """Every kept document, in the order in which they were first seen; those of which no sighting is known come last. Raises StoreError."""
    with legible():
        return _items(store, evidence)


@contextmanager
def legible() -> Iterator[None]:
    """What cannot be made sense of, since someone altered it, ends in a StoreError and no traceback."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise StoreError(f"the record cannot be read: {problem}; `monitor287g evidence verify` says what is wrong") from error


def _items(store: Store, evidence: Evidence) -> list[Item]:
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in store.sightings.all():
        sightings[sighting.sha256].append(sighting)
    publications: dict[str, list[Publication]] = defaultdict(list)
    for publication in reversed(store.publications()):
        publications[publication.sha256].append(publication)
    found = []
    for document in store.documents():
        path = evidence.find(document.sha256)
        kind = f"{document.list} list" if document.list else _KINDS.get(path.suffix if path else "", "other")
        seen, read = tuple(sightings[document.sha256]), tuple(publications[document.sha256])
        found.append(Item(document.sha256, document.bytes, kind, path, seen, read))
    return sorted(found, key=lambda item: (item.first_seen is None, item.first_seen or 0, item.sha256))


def matching(found: Sequence[Item], asked: str) -> list[Item]:
    """The items that `asked` may mean: a SHA-256 or its beginning, or a name (letter case aside)."""
    wanted = asked.strip().lower()
    by_digest = [item for item in found if item.sha256.startswith(wanted)] if len(wanted) >= 4 else []
    return by_digest or [item for item in found if wanted in (name.lower() for name in item.names)]
