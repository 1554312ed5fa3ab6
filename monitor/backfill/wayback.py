"""Captures of the page and of the lists it linked, fetched from a web archive into a folder that can then be replayed.

The archive is asked by the CDX interface of the Internet Archive's Wayback Machine, one request at a time with a pause between. What is in
the folder already is not fetched again, so that a call can be repeated until it has everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from monitor.backfill.folder import SIDECAR, BackfillError
from monitor.config import Settings
from monitor.core import page
from monitor.core.page import PageReading, roster_links
from monitor.fetcher import (
    OK,
    RATE_LIMITED,
    SERVER_ERROR,
    STOPPED,
    TIMEOUT,
    TRUNCATED,
    UNREACHABLE,
    Fetched,
    Fetcher,
    file_name,
)

# What another try may mend.
_PASSING = frozenset((RATE_LIMITED, SERVER_ERROR, STOPPED, TIMEOUT, TRUNCATED, UNREACHABLE))
_FORM = "%Y%m%d%H%M%S"
# More than so many failures in a row: the archive is down or wants to be left alone.
_ENOUGH = 5
_PREFIX = "x-archive-orig-"
# The file that a capture of the page is kept in.
PAGE_NAME = "287g.html"


@dataclass(frozen=True, slots=True)
class Listed:
    """A capture that the archive has: its moment (14 digits, UTC) and the address it was made of."""

    stamp: str
    url: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A capture that could not be had: `passing` where another try may."""

    url: str
    reason: str
    passing: bool


class Wayback:
    """One archive and the folder that its captures are put into. `pause(seconds)` waits and is true when it is time to stop."""

    def __init__(self, settings: Settings, fetcher: Fetcher, folder: Path, pause: Callable[[float], bool]) -> None:
        self._settings = settings
        self._base = settings.wayback.url
        self._fetcher = fetcher
        self._folder = folder
        self._pause = pause
        self._failures = 0
        self.missed: list[Missed] = []
        self.fetched = 0

    def pages(self, since: datetime | None, until: datetime | None) -> list[Listed]:
        """Captures of the page between two moments, one an hour at most, the oldest first. Raises BackfillError."""
        return self._list(self._settings.page, since, until, collapse="timestamp:10")

    def documents(self, until: datetime | None) -> Iterator[list[Listed]]:
        """For each address that a fetched page links as a list: its captures up to `until`, one for each of its contents. A file that was
        captured later only is taken by its first capture, where its name says that it is the same. Raises BackfillError."""
        for url in sorted(self._linked()):
            found = self._list(url, None, None, collapse="digest")
            last = f"{until:{_FORM}}" if until else "9" * 14
            in_time = [one for one in found if one.stamp <= last]
            named = PurePath(unquote(urlsplit(url).path)).suffix != ""
            yield in_time or (found[:1] if named else [])

    def fetch(self, captures: Iterable[Listed], name: str = "") -> Iterator[Listed]:
        """Fetches captures into the folder, giving each when it is done with; what could not be had is in `missed`."""
        for one in captures:
            path = self._folder / one.stamp / (name or _safe(one.url))
            if not path.exists():
                answer = self._ask(f"{self._base}/web/{one.stamp}id_/{one.url}")
                if answer.outcome == OK:
                    self._keep(path, one, answer)
                    self.fetched += 1
                else:
                    reason = f"{answer.outcome} {answer.detail}".strip()
                    self.missed.append(Missed(f"{one.url} of {one.stamp}", reason, answer.outcome in _PASSING))
            yield one

    def _list(self, url: str, since: datetime | None, until: datetime | None, collapse: str) -> list[Listed]:
        query = {"url": url, "output": "json", "fl": "timestamp,original", "filter": "statuscode:200", "collapse": collapse}
        query |= {"from": f"{since:{_FORM}}"} if since else {}
        query |= {"to": f"{until:{_FORM}}"} if until else {}
        answer = self._ask(f"{self._base}/cdx/search/cdx?{urlencode(query)}")
        if answer.outcome != OK:
            raise BackfillError(
                f"{self._base} does not list its captures of {url}: {answer.outcome} {answer.detail}; what was fetched is kept in"
                f" {self._folder}: try again later"
            )
        return _listed(answer.body, url)

    def _linked(self) -> set[str]:
        """Addresses that the fetched pages link as lists."""
        found: set[str] = set()
        for path in sorted(self._folder.glob(f"*/{PAGE_NAME}")):
            reading = page.read(path.read_bytes(), self._settings.page)
            if isinstance(reading, PageReading):
                found.update(link.url for link in roster_links(reading) if link.sure)
        return found

    def _ask(self, url: str) -> Fetched:
        if self._pause(self._settings.wayback.pause.total_seconds()):
            raise BackfillError("stopped; what was fetched is kept, call it again to go on")
        answer = self._fetcher.document(url)
        self._failures = self._failures + 1 if answer.outcome in _PASSING else 0
        if self._failures >= _ENOUGH:
            raise BackfillError(
                f"{self._base} has failed {_ENOUGH} times running ({answer.outcome} {answer.detail}); what was fetched is kept in"
                f" {self._folder}: try again later"
            )
        return answer

    def _keep(self, path: Path, one: Listed, answer: Fetched) -> None:
        headers = {name.removeprefix(_PREFIX): value for name, value in answer.headers.items() if name.startswith(_PREFIX)}
        headers["x-archive-url"] = answer.url
        about = {"url": one.url, "name": file_name(headers.get("content-disposition"), one.url), "headers": headers}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name + SIDECAR).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(answer.body)
        draft.rename(path)  # once it is there it is whole


def _listed(body: bytes, url: str) -> list[Listed]:
    """The rows of a CDX answer, the oldest first; each is a list of texts, the first one names the columns."""
    try:
        rows: Any = json.loads(body or b"[]")
        found = [Listed(str(stamp), str(original)) for stamp, original, *_ in rows[1:]]
    except (ValueError, TypeError) as error:
        raise BackfillError(f"the archive's list of captures of {url} cannot be read: {error}") from None
    good = (one for one in found if re.fullmatch(r"\d{14}", one.stamp) and urlsplit(one.url).scheme in ("http", "https"))
    return sorted(good, key=lambda one: (one.stamp, one.url))


def _safe(url: str) -> str:
    """A file name for an address: its last part, of plain characters."""
    last = unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"[^\w.-]+", "_", last).lstrip(".")[-120:] or "document"
