"""What is fuzzed: each target takes any bytes, and raises only where the program is at fault."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.parsers import expat

from monitor.config import ConfigError, load
from monitor.core import page, roster, workbook
from monitor.core.events import iso
from monitor.core.roster import Roster
from monitor.core.sheet import Sheet, Unreadable
from monitor.core.signing import signed_in
from monitor.core.urls import real_url
from monitor.decompression import UndecodableBody, decoded
from monitor.notifiers import check
from monitor.publishers.feeds.formats import FORMATS, Head
from monitor.publishers.feeds.items import of_event
from monitor.publishers.feeds.sequence import Slot
from monitor.store import Told
from tests.support.sheets import PARTICIPATING, row, sheet
from tests.support.told import AT, LINKS, agreement, event, publication

SEEN_ON = date(2025, 6, 2)
SITE = "https://monitor.example.org"
_SHEET = "xl/worksheets/sheet1.xml"
_PAGE = b"""<!DOCTYPE html><html><head><title>287(g)</title></head><body><main><h1>287(g) Program</h1>
<p><a href="/doclib/about/offices/ero/287g/participatingAgencies05302025am.xlsx">Participating Agencies</a></p>
<table><tr><th>STATE</th><th>LAW ENFORCEMENT AGENCY</th><th>SUPPORT TYPE</th></tr>
<tr><td>TEXAS</td><td>Smith County Sheriff's Office</td><td>Task Force Model</td></tr></table></main></body></html>"""
_CONFIG = b"""page: https://www.ice.gov/identify-and-arrest/287g
poll: {busy: {days: mon-fri, start: "08:00", end: "20:00", every: 10m}, jitter: 30s}
channels:
  - {type: email, server: localhost:25, security: none, from: a <a@example.org>, to: [b@example.org], quiet: "22:00-07:00"}
  - {type: slack, url: "${NAME}", rhythm: weekly mon 08:00, filter: {states: [FL], kinds: [agreement], matches: sheriff}}
"""
_LINKS = (
    b"https://www.ice.gov/doclib/287gMOA/Bay.pdf",
    b"https://nam12.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fdoclib%2Fa.pdf&data=05",
    b"chrome-extension://abc/https:/www.ice.gov/a b.pdf",
    b"https://web.archive.org/web/2025/https://www.ice.gov/a.pdf",
)


@dataclass(frozen=True)
class Target:
    """A reader under test and small inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def read_page(data: bytes) -> None:
    found = page.read(data, "https://www.ice.gov/identify-and-arrest/287g")
    if isinstance(found, Unreadable):
        return
    for link in page.roster_links(found):
        assert urlsplit(link.url).scheme in ("http", "https")
    _read_roster(found.tables)


def read_workbook(data: bytes) -> None:
    found = workbook.read(data)
    if not isinstance(found, Unreadable):
        _read_roster(found)


def read_sheet(data: bytes) -> None:
    """`data` as the XML of the sheet in a workbook that is otherwise sound: chance alone makes no archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in _parts().items():
            archive.writestr(name, data if name == _SHEET else part)
    read_workbook(out.getvalue())


def read_cells(data: bytes) -> None:
    """`data` as the cells of two rows."""
    cells = data.decode("utf-8", "surrogateescape").split("\x1f")
    width = len(PARTICIPATING)
    links = {(2, 7): cells[-1], (3, 7): cells[0]}
    _read_roster([Sheet("Sheet1", [list(PARTICIPATING), cells[:width], cells[width : 2 * width]], links)])


def read_link(data: bytes) -> None:
    for text in (data.decode("utf-8", "replace"), data.decode("latin-1")):
        found = real_url(text)
        if found is not None:
            parts = urlsplit(found)
            assert parts.scheme in ("http", "https")
            assert parts.hostname
            assert found.isascii() or found == text.strip()


def read_config(data: bytes) -> None:
    path = _scratch() / "config.yaml"
    path.write_bytes(data)
    with suppress(ConfigError):
        load(path, {"NAME": "https://hooks.slack.com/services/T0/B0/x"}, check)


def read_compressed(data: bytes) -> None:
    """The first byte chooses the codings, the rest is the body; more than a megabyte of it is not wanted."""
    codings = ("gzip", "br", "deflate", "gzip, br", "identity", "zstd")[data[0] % 6] if data else ""
    with suppress(UndecodableBody):
        size = 0
        for piece in decoded([data[1:]], codings):
            assert len(piece) <= 1 << 20, "a piece is too large to be counted in time"
            size += len(piece)
            if size > 1 << 20:
                return


def read_agreement(data: bytes) -> None:
    found = signed_in(data.decode("utf-8", "replace"), SEEN_ON)
    assert found is None or found <= SEEN_ON


def write_feeds(data: bytes) -> None:
    """`data` as what an agency's row says, in every format of a feed; each must stay what it is."""
    cells = (data.decode("utf-8", "replace") if data[:1] != b"\xff" else data.decode("latin-1")).split("\x1f")
    agency, url, name, county = (cells + [""] * 4)[:4]
    listing = agreement(agency, moa_url=url, county=county)
    place = Slot((Told(1, "agreement.added", iso(AT), 1, "participating", listing.id, "TX", "TFM"),))
    item = of_event(place, event("agreement.added", listing), publication(name=name), LINKS)
    head = Head(
        "tag:x",
        "287(g) agreements",
        "New and ended",
        "https://monitor.example.org/feed.xml",
        "https://monitor.example.org/",
        updated=AT,
    )
    for one in FORMATS:
        document = one.document(head, [one.item(item)])
        if one.suffix == ".json":
            assert json.loads(document)["items"]
        else:
            expat.ParserCreate().Parse(document, True)
            assert b"<script" not in document.lower()


def _read_roster(sheets: object) -> None:
    found = roster.read(sheets, SEEN_ON)  # type: ignore[arg-type]
    assert isinstance(found, Roster | Unreadable)
    if isinstance(found, Roster):
        for listing in found.listings:
            json.dumps(listing.to_json(), ensure_ascii=False)


@cache
def _parts() -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(sheet([row()]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="monitor287g-fuzz-"))


TARGETS: dict[str, Target] = {
    "page": Target(read_page, lambda: [_PAGE]),
    "workbook": Target(read_workbook, lambda: [sheet([row()])]),
    "sheet": Target(read_sheet, lambda: [_parts()[_SHEET]]),
    "cells": Target(
        read_cells,
        lambda: [
            "\x1f".join(("TEXAS", "Smith County SO", "County", "SMITH", "Task Force Model", "5/72025", "link", "")).encode()
        ],
    ),
    "link": Target(read_link, lambda: [*_LINKS]),
    "config": Target(read_config, lambda: [_CONFIG]),
    "compressed": Target(read_compressed, lambda: [b"\x01\x0b\x02\x80abcdef\x03"]),
    "agreement": Target(read_agreement, lambda: [b"Signed this 20th day of May, 2025. Date: 05/20/2025  May 20, 2025"]),
    "feeds": Target(write_feeds, lambda: [b"Smith <b>&amp; County\x1fhttps://www.ice.gov/a.pdf\x1flist.xlsx\x1fSmith"]),
}
