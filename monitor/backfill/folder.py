"""A folder of archived files → what was published when. What cannot be used is named, and the rest goes on.

The folder's timeline.csv, where there is one, says what was published when. Without it names do (`dates.py`), and where a name's date
cannot be right, better evidence: the saved page that first links the file, the moment at which a workbook was saved.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from monitor.backfill.dates import ICE, Dated, dated
from monitor.core.events import iso
from monitor.core.roster import LISTS
from monitor.core.workbook import saved_at
from monitor.evidence import extension

TIMELINE = "timeline.csv"
# Beside a file that was fetched from an archive: its address and what the server said of it.
SIDECAR = ".headers.json"
_HREF = re.compile(rb"""href\s*=\s*["']?([^"'>]{1,1000})""", re.IGNORECASE)
# A workbook saved so much later than its name's date was not published on that date.
_SAVED_LATER = timedelta(hours=24)
# No list or page is nearly as large.
_LARGEST = 100 << 20


class BackfillError(Exception):
    """A folder cannot be used, or history cannot be added to what is known; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived file: the name ICE gave it, the list it was announced as, where and when (UTC) it was found.

    `url` is the file's name where its address is not known; `headers` are those of the answer that brought it, where they were kept.
    """

    path: Path
    name: str
    listed_as: str | None
    at: datetime
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_page: bool = False
    in_order: bool = False  # a timeline says what came first among files of one moment


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that was not used, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds: its captures in the order to replay them, and what could not be used."""

    captures: tuple[Capture, ...]
    troubles: tuple[Trouble, ...] = ()


def contents(folder: Path, now: datetime) -> Contents:
    """What `folder` holds; what bears a moment after `now` is not used. Raises BackfillError where nothing can be."""
    if not folder.is_dir():
        raise BackfillError(f"{folder} is not a folder")
    timeline = folder / TIMELINE
    captures, troubles = _by_timeline(timeline) if timeline.is_file() else _by_names(folder)
    for one in captures:
        if one.at > now:
            troubles.append(Trouble(one.path, f"its moment {iso(one.at)} lies in the future; {_ADVICE}"))
    captures = [one for one in captures if one.at <= now]
    if not captures and not troubles:
        raise BackfillError(f"{folder} holds neither a {TIMELINE} nor any spreadsheet or page")
    return Contents(tuple(captures), tuple(troubles))


_ADVICE = f"say in {TIMELINE} (listed_as,name,file,published_at) when it was published"


# -- by the timeline -----------------------------------------------------------------------------------------------------------


def _by_timeline(timeline: Path) -> tuple[list[Capture], list[Trouble]]:
    folder = timeline.parent
    try:
        # `-sig`: a spreadsheet program may have written a byte order mark.
        rows = [*csv.DictReader(io.StringIO(timeline.read_text("utf-8-sig"), newline=""))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BackfillError(f"{timeline}: cannot be read: {error}") from None
    found: list[Capture] = []
    for number, row in enumerate(rows, 2):
        try:
            moment = datetime.fromisoformat(row["published_at"])
            listed_as, name = row["listed_as"], row["file"]
        except (KeyError, ValueError, TypeError) as error:
            raise BackfillError(f"{timeline}:{number}: needs listed_as, file and an ISO published_at ({error})") from None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        path = folder / listed_as / name if (folder / listed_as / name).exists() else folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BackfillError(f"{timeline}:{number}: {name} lies outside the folder")
        about = _sidecar(path)
        url = row.get("url") or about.url or path.name
        headers, is_page = about.headers, _is_page(path) is True
        name = row.get("name") or name
        found.append(Capture(path, name, listed_as or None, moment.replace(microsecond=0), url, headers, is_page, True))
    named = {one.path for one in found}
    left = (path for path in _files(folder) if path not in named and _is_page(path) is not None)
    troubles = [Trouble(path, f"is not in {TIMELINE}") for path in left]
    return sorted(found, key=lambda one: one.at), troubles


# -- by names ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    name: str
    is_page: bool
    dated: Dated | None
    url: str
    headers: Mapping[str, str]


def _by_names(folder: Path) -> tuple[list[Capture], list[Trouble]]:
    """The files by the moments that their names, or the pages that link them, give; those of one moment by their names."""
    files: list[_Found] = []
    troubles: list[Trouble] = []
    for path in _files(folder):
        is_page = _is_page(path)
        if is_page is None:
            troubles.append(Trouble(path, "is neither a spreadsheet nor a page"))
            continue
        if path.stat().st_size > _LARGEST:
            troubles.append(Trouble(path, f"is larger than {_LARGEST >> 20} MB"))
            continue
        about = _sidecar(path)
        name = about.name or _text(path.name)
        files.append(_Found(path, name, is_page, dated(path.relative_to(folder)), about.url or name, about.headers))
    pages = sorted((one.dated.at, one.path) for one in files if one.is_page and one.dated)
    linked = [(at, _linked_names(path)) for at, path in pages]
    captures = []
    for one in files:
        at = _moment(one, linked)
        if at is None:
            saved = saved_at(one.path.read_bytes())
            hint = f" (it was last saved {iso(saved)})" if saved else ""
            troubles.append(Trouble(one.path, f"no date can be read from its name{hint}; {_ADVICE}"))
        else:
            captures.append(Capture(one.path, one.name, _guess(one.name), at, one.url, one.headers, one.is_page))
    ranks = {name: rank for rank, name in enumerate(LISTS)}
    captures.sort(key=lambda one: (one.at, not one.is_page, ranks.get(one.listed_as or "", len(ranks)), str(one.path)))
    return captures, troubles


def _moment(one: _Found, linked: Sequence[tuple[datetime, frozenset[str]]]) -> datetime | None:
    """When a file was published: its stamp, or its name's date where nothing contradicts it, or else what does."""
    named = one.dated
    if one.is_page or (named and named.by != ICE):
        return named.at if named else None
    key = name_key(one.name)
    first = next((number for number, (_, names) in enumerate(linked) if key in names), None)
    saved = saved_at(one.path.read_bytes())
    slip = named is not None and saved is not None and saved > named.at + _SAVED_LATER
    if first is None:
        return saved if slip else named.at if named else None
    # Some page was saved before it was linked, another when it was: it was published in between.
    since = linked[first - 1][0] if first else None
    until = linked[first][0]
    return named.at if named and not slip and named.at <= until and (since is None or named.at > since) else until


def _linked_names(page: Path) -> frozenset[str]:
    """Names of the files that a saved page links, to be looked up: no more than a glance, the page is read when it is replayed."""
    return frozenset(name_key(match.decode("utf-8", "replace")) for match in _HREF.findall(page.read_bytes()))


def name_key(address: str) -> str:
    """What an address and a file are matched by: the last part of the path, case, blanks and stray quotes aside."""
    try:
        path = urlsplit(address.replace("&amp;", "&")).path
    except ValueError:
        path = address
    return re.sub(r"\s+", " ", unquote(path).rsplit("/", 1)[-1]).strip(" \"'").casefold()


def _guess(name: str) -> str | None:
    """The list that a file's name claims to be."""
    says = [one for one in LISTS if one in name.lower()]
    return says[0] if len(says) == 1 else None


# -- files ---------------------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Path]:
    """Every file below the folder in a fixed order, but hidden ones and those that tell of others."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.name != TIMELINE and not path.name.endswith(SIDECAR):
            yield path


def _is_page(path: Path) -> bool | None:
    """Whether a file is a page, by its first bytes; None where it is neither a page nor a spreadsheet, or cannot be opened."""
    try:
        with path.open("rb") as file:
            kind = extension(file.read(1_024))
    except OSError:
        return None
    # What bears the name of a spreadsheet is one, or a damaged one: that is said when it is read.
    if kind == "bin" and path.suffix.lower() in (".xlsx", ".xlsm", ".html", ".htm"):
        return path.suffix.lower() in (".html", ".htm")
    return {"html": True, "xlsx": False}.get(kind)


@dataclass(frozen=True, slots=True)
class _About:
    """What stands beside a fetched file: its address, its name, the headers it came with; "" and nothing where nothing does."""

    url: str = ""
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def _sidecar(path: Path) -> _About:
    try:
        value = json.loads(path.with_name(path.name + SIDECAR).read_text("utf-8"))
        headers = {_text(name): _text(said) for name, said in (value.get("headers") or {}).items()}
        return _About(_text(value.get("url") or ""), _text(value.get("name") or ""), headers)
    except (OSError, ValueError, AttributeError):
        return _About()


def _text(value: object) -> str:
    """A text that a database takes: what no encoding gives, as in a file's name of another one, is replaced."""
    return str(value).encode("utf-8", "replace").decode("utf-8")
