"""Evidence to hand on: a zip with the documents as they came, what is known of each, the log's lines, and a plain statement.

The same choice from the same record gives the same bytes: nothing in it is of the moment at which it was made.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from monitor import __version__
from monitor.citing.catalogue import PAGE, Item, items, legible
from monitor.citing.stamps import Head
from monitor.citing.statement import statement
from monitor.core.chain import link
from monitor.core.events import iso
from monitor.core.publication import Publication
from monitor.evidence import Evidence
from monitor.store import Store

_TIMELINE = ("published_at", "listed_as", "name", "file", "sha256", "url")
# Zip has no moments before 1980.
_EARLIEST = (1980, 1, 1, 0, 0, 0)
# Whatever system made it, the bytes are the same.
_UNIX = 3


class BundleError(Exception):
    """The evidence cannot be handed on as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which evidence: of these publications (None: of any), and of a time (None: without limit).

    In a time are documents that were seen in it, publications that were read or told of in it, events that were learnt in it.
    """

    since: datetime | None = None
    until: datetime | None = None
    publications: frozenset[int] | None = None

    def covers(self, moment: datetime) -> bool:
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def of(self, store: Store, found: Iterable[Item]) -> tuple[list[Item], list[Publication]]:
        """The chosen of the documents, and the chosen publications by id."""
        told = store.publications_told(self.since, self.until)
        publications = [
            one
            for one in reversed(store.publications())
            if (self.publications is None or one.id in self.publications) and (self.covers(one.seen_at) or one.id in told)
        ]
        digests = {one.sha256 for one in publications}
        seen = self.publications is None
        items = [one for one in found if one.sha256 in digests or (seen and one.seen_in(self.since, self.until))]
        return items, publications

    def to_json(self) -> dict[str, Any]:
        return {
            "since": iso(self.since) if self.since else None,
            "until": iso(self.until) if self.until else None,
            "publications": sorted(self.publications) if self.publications is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Chained:
    """Entries of a chain as it is made of them: (number, line) of each, and the links of these and of those before them, by number."""

    entries: Sequence[tuple[int, str]]
    links: Mapping[int, str]

    @classmethod
    def of(cls, noun: str, chosen: Iterable[tuple[int, str, str]], link_of: Callable[[int], str | None]) -> Self:
        """Raises BundleError where an entry does not follow from the one before it."""
        entries, links = [], {}
        for number, line, stored in chosen:
            entries.append((number, line))
            links[number] = stored
        for number, line in entries:
            before = links.get(number - 1) or link_of(number - 1)
            if before is None or link(before, line) != links[number]:
                raise BundleError(f"{noun} {number:,} is not what was written down; `monitor287g evidence verify` says more")
            links[number - 1] = before
        return cls(entries, dict(sorted(links.items())))

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for _, line in self.entries)


def write_bundle(
    path: Path, store: Store, evidence: Evidence, choice: Choice, tick: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Writes the zip; (number of documents, number of events). `tick` is called for every document. The caller holds a snapshot.

    Raises BundleError for a document, an event or a sighting that is not as it was, and where nothing is chosen; OSError where the file
    cannot be written; StoreError.
    """
    with legible():
        chosen, publications = choice.of(store, items(store, evidence))
        if not chosen:
            raise BundleError("no document was seen in that time, or none belongs to what was asked for")
        events = Chained.of("event", store.lines(choice.publications, choice.since, choice.until), store.link)
        sightings = Chained.of("sighting", store.sightings.lines([one.sha256 for one in chosen]), store.sightings.link)
        head, reaches = Head.of(store), store.reaches()
        texts = {
            "STATEMENT.txt": statement(chosen, len(events.entries), head),
            "events.ndjson": events.text,
            "manifest.json": _manifest(choice, chosen, head, reaches, events, sightings),
            "sightings.ndjson": sightings.text,
            "timeline.csv": _timeline(choice, chosen, publications),
        }
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as bundle:
            sums = {}
            for item in chosen:
                body = evidence.read(item.sha256)
                if body is None or item.path is None:
                    where = item.path or item.sha256
                    raise BundleError(f"{where} is missing or damaged; `monitor287g evidence verify` says more")
                name = f"documents/{item.path.name}"
                _add(bundle, name, body, item.first_seen, packed=item.path.suffix in (".xlsx", ".pdf"))
                sums[name] = item.sha256
                tick()
            for name, text in texts.items():
                body = text.encode("utf-8")
                _add(bundle, name, body, reaches)
                sums[name] = hashlib.sha256(body).hexdigest()
            lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
            _add(bundle, "SHA256SUMS", lines.encode(), reaches)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return len(chosen), len(events.entries)


def _add(bundle: zipfile.ZipFile, name: str, body: bytes, moment: datetime | None, *, packed: bool = False) -> None:
    """A file of the zip, dated by when it was seen; what is packed already is stored."""
    stamp = max(_EARLIEST, moment.timetuple()[:6]) if moment else _EARLIEST
    info = zipfile.ZipInfo(name, stamp)
    info.create_system = _UNIX
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    bundle.writestr(info, body)


def _manifest(
    choice: Choice, chosen: Iterable[Item], head: Head, reaches: datetime | None, events: Chained, sightings: Chained
) -> str:
    publications = {one.id: one.to_json() for item in chosen for one in item.publications}
    value = {
        "made_by": f"monitor-287g {__version__}",
        "as_of": iso(reaches) if reaches else None,
        "choice": choice.to_json(),
        "record": asdict(head),
        "documents": [{**item.to_json(), "publications": [one.id for one in item.publications]} for item in chosen],
        "publications": [publications[number] for number in sorted(publications)],
        "links": {"events": events.links, "sightings": sightings.links},
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _timeline(choice: Choice, chosen: Iterable[Item], publications: Iterable[Publication]) -> str:
    """The chosen publications in the form that `backfill` reads, and before those of its moment each page that said something new."""
    files = {item.sha256: f"documents/{item.path.name}" for item in chosen if item.path}
    rows: list[tuple[str, ...]] = [
        (iso(one.first_seen), "", one.name, files[one.sha256], one.sha256, one.url)
        for item in chosen
        if item.kind == PAGE
        for one in item.sightings
        if choice.covers(one.first_seen)
    ]
    rows += [
        (iso(one.seen_at), one.listed_as or one.list, one.name, files[one.sha256], one.sha256, one.url)
        for one in publications
        if choice.covers(one.seen_at)  # not those of which it only told something later
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_TIMELINE)
    rows.sort(key=lambda row: row[0])
    writer.writerows(rows)
    return out.getvalue()
