"""What the public reads: static files, built from the store. A file is rewritten only where its content changed.

`publish` builds all of them; `refresh` builds those that the log's newest events touch, and after a poll without a change the status alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from monitor import __version__, apart, charts
from monitor.config import Health, Settings
from monitor.evidence import Evidence
from monitor.publishers import data, documents, feeds, images, site
from monitor.publishers.files import write
from monitor.publishers.record import Record
from monitor.publishers.scope import NOTHING, WHOLE, Scope, touched
from monitor.publishers.site.pictures import Pictures
from monitor.publishers.status import status_json
from monitor.statedir import StateDirectory
from monitor.store import Store
from monitor.texts import languages

# What was built last, beside what was built: the folder may be moved, or emptied.
_MARK = ".published.json"
# What the site brings itself; all else in a page's folder is of an earlier build.
_STATIC = ("browse.js", "status.js", "favicon.svg")
_FOLDERS = ("agencies", "cards", "changes", "charts", "data", "es", "feeds", "publications", "states")


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a folder was built: what by (`made`: a digest of the program's own files and of the settings that pages show), to which
    event, to which publication, which publications were held then, which states there were, how many incidents had come and were over,
    up to which day days were counted, and of which SVG each PNG was painted."""

    made: str
    event: int
    publication: int
    held: list[int]
    states: list[str]
    incidents: list[int]
    day: str
    painted: dict[str, str]


@dataclass(slots=True)
class Kept:
    """What the builds of one folder leave for the next one of the same process, so that it makes nothing again; `event` is the newest
    one that they were of."""

    feeds: feeds.Renderings = field(default_factory=feeds.Renderings)
    data: data.Kept = field(default_factory=data.Kept)
    event: int = 0


def publish(
    store: Store,
    settings: Settings,
    evidence: Evidence,
    folder: Path,
    now: datetime,
    tick: Callable[[], object] = lambda: None,
) -> tuple[int, list[str]]:
    """Builds every file below `folder` and removes what an earlier build left there; (how many there are, paths of those written).

    `tick` is called for each file. Raises OSError where the folder cannot be written.
    """
    record = Record(store, settings, evidence, now.date())
    last = _last_mark(folder)
    mark = _mark(record, settings, last.painted if last else {})
    built: set[str] = set()
    written = _build(record, WHOLE, folder, built, tick, Kept(), mark.painted)
    if last:
        # Only where an earlier build stood: a folder that somebody names may hold something else.
        for path in _left_over(folder, built):
            path.unlink()
    _put(folder, mark)
    return len(built), written


def refresh_apart(settings: Settings, state: StateDirectory, now: datetime) -> list[str]:
    """`refresh` in a process of its own: a build takes more memory than all else the daemon does. Raises ApartError, OSError."""
    # What pages do not show is nobody's business there.
    shown = settings.model_copy(update={"channels": (), "health": Health()})
    return apart.call(_refreshed, shown, state.path, now)


def _refreshed(settings: Settings, state: Path, now: datetime) -> list[str]:
    where = StateDirectory(state)
    with closing(Store.open(where.database, create=False)) as store:
        return refresh(store, settings, Evidence(where.documents), where.public, now)


def refresh(
    store: Store,
    settings: Settings,
    evidence: Evidence,
    folder: Path,
    now: datetime,
    kept: Kept | None = None,
    elsewhere: Callable[[], list[str]] | None = None,
) -> list[str]:
    """Builds what changed since the last build, or everything where that cannot be told; gives the paths of the written files.

    `kept` is of this folder and this process alone. `elsewhere` builds in its place where there is more to build than the heartbeat.
    """
    kept = Kept() if kept is None else kept
    last = _last_mark(folder)
    record = Record(store, settings, evidence, now.date())
    newest = store.last_event()
    # The first publication gives every file its first content.
    if last is None or last.made != _made(settings) or last.event > newest or (newest and not last.event):
        return elsewhere() if elsewhere else publish(store, settings, evidence, folder, now)[1]
    fresh = newest > last.event or store.next_publication_id() > last.publication + 1
    if not fresh and last.day == now.date().isoformat() and last.incidents == _incidents(record):
        drawn = [Pictures(record, language) for language in languages()]
        return [path for path, content in _files(record, NOTHING, drawn, kept) if write(folder / path, content)]
    if elsewhere:
        return elsewhere()
    if kept.event != last.event:
        # Another process, a person's command, has built since: what the files hold is not what was kept.
        kept.data = data.Kept()
    mark = _mark(record, settings, last.painted)
    judged = [one for one in record.publications if one.id > last.publication or one.id in {*last.held, *mark.held}]
    events = [*store.events(after=last.event, bookkeeping=True)]
    scope = touched(events, judged if fresh else (), last.states, day=last.day != mark.day)
    written = _build(record, scope, folder, set(), lambda: None, kept, mark.painted)
    _put(folder, mark)
    kept.event = mark.event
    return written


def _build(
    record: Record,
    scope: Scope,
    folder: Path,
    built: set[str],
    tick: Callable[[], object],
    kept: Kept,
    painted: dict[str, str],
) -> list[str]:
    """Writes what `scope` is about; adds the paths of all that was looked at to `built`, and gives those that were written."""
    for agency in {*(scope.agencies or ())} - {*record.agencies}:
        # A person found that it is another one.
        for root in ("", *(f"{language.code}/" for language in languages())):
            (folder / f"{root}agencies/{agency}.html").unlink(missing_ok=True)
    pictures = [Pictures(record, language) for language in languages()]
    # Disk and workbooks wait for no interpreter: another thread writes, in order, while this one renders.
    with ThreadPoolExecutor(max_workers=1) as writer:
        jobs: list[tuple[str, Future[bool]]] = []
        for path, job in _jobs(record, scope, folder, pictures, kept, painted):
            built.add(path)
            jobs.append((path, writer.submit(job)))
            tick()
        return [path for path, job in jobs if job.result()]


def _jobs(
    record: Record, scope: Scope, folder: Path, pictures: Sequence[Pictures], kept: Kept, painted: dict[str, str]
) -> Iterator[tuple[str, Callable[[], bool]]]:
    """(path, what writes it where its content changed and says whether it did) of what `scope` is about."""
    for digest in sorted({one.sha256 for one in record.publications if scope.has_publication(one.id)}):
        if name := documents.document_name(record.evidence, digest):
            yield name, partial(documents.copy, record.evidence, digest, folder / name, check=scope.whole)
    if scope.news:
        for path, content in data.files(record, scope.states, kept.data):
            yield path, partial(_write_made, folder / path, content)
    for path, page in _files(record, scope, pictures, kept):
        yield path, partial(write, folder / path, page)
    for name, svg in images.files(record, scope, pictures):
        yield f"{name}.svg", partial(write, folder / f"{name}.svg", svg.encode())
        # To paint a picture takes fifty times as long as to draw it, and those who share an address look at it for days.
        if scope.day or not (folder / f"{name}.png").exists():
            yield f"{name}.png", partial(images.paint, folder / f"{name}.png", svg, painted)


def _write_made(path: Path, content: bytes | Callable[[], bytes]) -> bool:
    return write(path, content if isinstance(content, bytes) else content())


def _files(record: Record, scope: Scope, pictures: Sequence[Pictures], kept: Kept) -> Iterator[tuple[str, bytes]]:
    """(path below the public folder, content) of what `scope` is about."""
    yield from site.files(record, scope, pictures)
    yield "status.json", status_json(record)
    if scope.whole:
        static = resources.files(__name__).joinpath("static")
        for name in _STATIC:
            yield name, static.joinpath(name).read_bytes()
        yield "style.css", static.joinpath("style.css").read_bytes() + charts.STYLE.encode() + b"\n"
    if scope.whole or scope.news:
        yield from site.for_robots(record)
    if scope is not NOTHING:
        yield from feeds.files(record, scope.events, kept.feeds)


def _left_over(folder: Path, built: set[str]) -> list[Path]:
    """Files of an earlier build, in the folders that nothing else has a place in."""
    found = (path for name in _FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return [path for path in found if path.relative_to(folder).as_posix() not in built]


# -- the mark ----------------------------------------------------------------------------------------------------------------------


def _mark(record: Record, settings: Settings, painted: Mapping[str, str]) -> Mark:
    return Mark(
        made=_made(settings),
        event=record.store.last_event(),
        publication=record.store.next_publication_id() - 1,
        held=[one.id for one in record.publications if one.status == "held"],
        states=record.states,
        incidents=_incidents(record),
        day=record.day.isoformat(),
        painted={**painted},
    )


def _incidents(record: Record) -> list[int]:
    found = record.store.journal.incidents()
    return [len(found), sum(one.over_at is not None for one in found)]


def _last_mark(folder: Path) -> Mark | None:
    if not (folder / "index.html").exists():
        return None  # emptied, as a shell's `*` does, which leaves the mark
    try:
        return Mark(**json.loads((folder / _MARK).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _put(folder: Path, mark: Mark) -> None:
    write(folder / _MARK, json.dumps(asdict(mark)).encode())


def _made(settings: Settings) -> str:
    shown = json.dumps([settings.page, settings.contact, settings.web.model_dump(mode="json")])
    return sha256(f"{__version__}{_program()}{shown}".encode()).hexdigest()


@cache
def _program() -> str:
    """A digest of the code, templates and texts that make the files."""
    digest = sha256()
    for package in ("monitor.publishers", "monitor.charts", "monitor.texts", "monitor.notifiers"):
        for file in sorted(_below(resources.files(package)), key=str):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _below(place: Traversable) -> Iterator[Traversable]:
    for one in place.iterdir():
        if one.is_dir():
            if one.name not in ("__pycache__", "shapes", "fonts"):
                yield from _below(one)
        elif not one.name.endswith(".pyc"):
            yield one
