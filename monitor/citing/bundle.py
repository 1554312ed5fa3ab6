"""Evidence to hand on: a zip with the documents as they came, what is known of each, the log's lines, and a plain statement.

The same choice from the same record gives the same bytes: nothing in it is of the moment at which it was made.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor import __version__
from monitor.citing.catalogue import PAGE, Item
from monitor.citing.stamps import Head
from monitor.citing.statement import statement
from monitor.core.events import iso
from monitor.core.publication import Publication
from monitor.evidence import Evidence
from monitor.store import Store

_TIMELINE = ("published_at", "listed_as", "name", "file", "sha256", "url")
# Zip has no moments before 1980.
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class BundleError(Exception):
    """The evidence cannot be handed on as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which evidence: documents seen and publications read from `since` to `until`, of these publications; None: all there is."""

    since: datetime | None = None
    until: datetime | None = None
    publications: frozenset[int] | None = None

    def has_publication(self, publication: Publication) -> bool:
        return (
            (self.publications is None or publication.id in self.publications)
            and (self.since is None or publication.seen_at >= self.since)
            and (self.until is None or publication.seen_at <= self.until)
        )

    def has(self, item: Item) -> bool:
        """Whether a document is among the chosen: one of its publications is, or, where none are asked for, it was seen in that time."""
        if any(map(self.has_publication, item.publications)):
            return True
        if self.publications is not None or item.publications:
            return False
        first, last = item.first_seen, item.last_seen
        if first is None or last is None:
            return self.since is None and self.until is None
        return (self.until is None or first <= self.until) and (self.since is None or last >= self.since)


def write_bundle(
    path: Path, store: Store, evidence: Evidence, found: Sequence[Item], choice: Choice, tick: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Writes the zip; (number of documents, number of events). Raises BundleError for a document that is not as it was, and where nothing
    is chosen; OSError where the file cannot be written."""
    chosen = [item for item in found if choice.has(item)]
    if not chosen:
        raise BundleError("no document was seen in that time, or none belongs to what was asked for")
    publications = sorted(
        {one.id: one for item in chosen for one in item.publications if choice.has_publication(one)}.values(),
        key=lambda one: one.id,
    )
    everything = choice == Choice()
    events = [*store.lines(None if everything else [one.id for one in publications])]
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as bundle:
            sums = []
            for item in chosen:
                body = evidence.read(item.sha256)
                if body is None or item.path is None:
                    raise BundleError(f"{item.sha256} is missing or damaged; `monitor287g evidence verify` says more")
                name = f"documents/{item.path.name}"
                _add(bundle, name, body, item.first_seen, packed=item.path.suffix in (".xlsx", ".pdf"))
                sums.append(f"{item.sha256}  {name}\n")
                tick()
            newest = max((moment for item in chosen if (moment := item.last_seen)), default=None)
            for name, text in (
                ("SHA256SUMS", "".join(sums)),
                ("manifest.json", _manifest(chosen, publications, Head.of(store), events)),
                ("events.ndjson", "".join(f"{line}\n" for _, line, _ in events)),
                ("timeline.csv", _timeline(chosen, publications)),
                ("STATEMENT.txt", statement(chosen, publications, Head.of(store), events)),
            ):
                _add(bundle, name, text.encode("utf-8"), newest)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return len(chosen), len(events)


def _add(bundle: zipfile.ZipFile, name: str, body: bytes, moment: datetime | None, *, packed: bool = False) -> None:
    """A file of the zip, dated by when it was seen; what is packed already is stored."""
    stamp = max(_EARLIEST, moment.timetuple()[:6]) if moment else _EARLIEST
    info = zipfile.ZipInfo(name, stamp)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    bundle.writestr(info, body)


def _manifest(
    chosen: Iterable[Item], publications: Iterable[Publication], head: Head, events: Iterable[tuple[int, str, str]]
) -> str:
    value = {
        "made_by": f"monitor-287g {__version__}",
        "record": asdict(head),
        "documents": [
            {
                **{name: entry for name, entry in item.to_json().items() if name != "publications"},
                "publications": [one.id for one in item.publications],
            }
            for item in chosen
        ],
        "publications": [one.to_json() for one in publications],
        "events": {str(number): link for number, _, link in events},
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _timeline(chosen: Iterable[Item], publications: Iterable[Publication]) -> str:
    """The publications in the form that `backfill` reads, and before those of its moment each page that said something new."""
    files = {item.sha256: f"documents/{item.path.name}" for item in chosen if item.path}
    rows: list[tuple[str, ...]] = [
        (iso(one.first_seen), "", one.name, files[one.sha256], one.sha256, one.url)
        for item in chosen
        if item.kind == PAGE
        for one in item.sightings
    ]
    rows += [
        (iso(one.seen_at), one.listed_as or one.list, one.name, files[one.sha256], one.sha256, one.url)
        for one in publications
        if one.sha256 in files
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_TIMELINE)
    rows.sort(key=lambda row: row[0])
    writer.writerows(rows)
    return out.getvalue()
