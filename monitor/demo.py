"""A small invented history, played through the real line on loopback: a page, two lists, a channel. Everything in it is made up.

The page and its lists are served by a little web server, the alerts are received by another path of it; the rest is the product.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import xlsxwriter

from monitor.config import Alerts, Channel, Settings
from monitor.evidence import Evidence
from monitor.fetcher import Fetcher
from monitor.notifiers.blocks import readable
from monitor.notifiers.desk import deliver
from monitor.poller import Poller, results
from monitor.publishers import refresh
from monitor.statedir import StateDirectory
from monitor.store import Store

_PAGE = "/identify-and-arrest/287g"
_START = datetime(2030, 1, 7, 14, 0, tzinfo=UTC)
_ICE = "https://www.ice.gov/doclib/287gMOA"
_TFM, _JEM, _WSO = "Task Force Model", "Jail Enforcement Model", "Warrant Service Officer"
_PARTICIPATING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA")
_PENDING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")

Row = tuple[str | date, ...]
_OLD: tuple[Row, ...] = (
    ("FLORIDA", "Example County Sheriff's Office", "County", "Example County", _TFM, date(2029, 11, 5), f"{_ICE}/example.pdf"),
    ("FLORIDA", "Sample Beach Police Department", "Municipality", "Example County", _TFM, date(2029, 12, 3), ""),
    ("TEXAS", "Specimen County Sheriff's Office", "County", "Specimen County", _JEM, date(2029, 10, 1), f"{_ICE}/specimen.pdf"),
    ("TEXAS", "Placeholder County Sheriff's Office", "County", "Placeholder County", _WSO, date(2029, 9, 3), f"{_ICE}/place.pdf"),
)
_POSTED: Row = (*_OLD[1][:6], f"{_ICE}/beach.pdf")
_NEW: Row = ("GEORGIA", "Mockup County Sheriff's Office", "County", "Mockup County", _WSO, date(2030, 1, 7), "")
_STEPS: tuple[tuple[str, tuple[Row, ...], tuple[Row, ...]], ...] = (
    (
        "The first poll learns what stands; it announces no agreement.",
        _OLD,
        (("GEORGIA", "Mockup County Sheriff's Office", "County", "Mockup County", _WSO),),
    ),
    (
        "ICE re-types a name (Couny) and a state (TEXSA) and posts a document. Nobody is woken: these are no news.",
        (
            (_OLD[0][0], "Example Couny Sheriff’s Office ", *_OLD[0][2:]),
            _POSTED,
            ("TEXSA ", *_OLD[2][1:]),
            _OLD[3],
        ),
        (("GEORGIA", "Mockup County Sheriff's Office", "County", "Mockup County", _WSO),),
    ),
    (
        "A pending application becomes an agreement, another agency signs, and one agreement ends. This is news.",
        (
            _OLD[0],
            _POSTED,
            _OLD[2],
            _NEW,
            ("TEXAS", "Dummy Springs Police Department", "Municipality", "Specimen County", _TFM, date(2030, 1, 8), ""),
        ),
        (("UTAH", "Draft County Sheriff's Office", "County", "Draft County", _JEM),),
    ),
)


@dataclass
class _Site:
    """What the stand-in serves now, and what its channel has received."""

    participating: bytes = b""
    pending: bytes = b""
    step: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)


def play(say: Callable[[str], Any]) -> Path:
    """Plays the history; `say` gets each line for people. Gives the state directory, which is kept to look around in."""
    folder = Path(tempfile.mkdtemp(prefix="monitor287g-demo-"))
    say("A demonstration on invented agencies: nothing below is real, and nothing is asked of the network.\n")
    with _serving() as (site, address):
        settings = Settings(
            page=f"{address}{_PAGE}",
            state=folder,
            alerts=Alerts(group_wait=timedelta(0)),
            channels=(Channel.model_validate({"type": "slack", "name": "demo", "url": f"{address}/channel"}),),
        )
        state = StateDirectory(folder)
        with state.locked():
            store = Store.open(state.database)
            try:
                for number, (caption, participating, pending) in enumerate(_STEPS):
                    site.step = number
                    site.participating, site.pending = workbook(_PARTICIPATING, participating), workbook(_PENDING, pending)
                    say(f"Step {number + 1}. {caption}")
                    _step(store, state, settings, _START + timedelta(days=number), say)
                    for message in site.received:
                        say(_indented(message))
                    site.received.clear()
                say("Agreements now:")
                for row in store.standing("participating"):
                    say(f"    {row.state}  {row.agency}, {row.model}, signed {row.signed}")
            finally:
                store.close()
    say(f"\nThe feed is {state.public / 'feed.xml'}, the page {state.public / 'index.html'}.")
    say(f"Look around: {sys.argv[0]} --state {folder} events    (also: agreements, pending, status)")
    return folder


def _step(store: Store, state: StateDirectory, settings: Settings, at: datetime, say: Callable[[str], Any]) -> None:
    never = threading.Event()
    with Fetcher(settings, never.wait) as fetcher:
        result = Poller(store, Evidence(state.documents), fetcher, settings).poll(at)
    say(f"    poll: {results.summary(result)}")
    for channel in settings.channels:
        deliver(store, channel, settings, lambda: at, never.wait)
    refresh(store, settings, Evidence(state.documents), state.public, at)


def _indented(payload: dict[str, Any]) -> str:
    """A Slack message as text, as its channel would show it."""
    return "\n".join(f"    │ {line}" for line in readable(payload).replace("*", "").splitlines() if line)


def workbook(columns: tuple[str, ...], rows: tuple[Row, ...]) -> bytes:
    """A spreadsheet as ICE makes them: one sheet, real dates, documents behind the word `link`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "m/d/yyyy"}) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, columns)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if columns[column] == "MOA" and cell:
                    sheet.write_url(number, column, str(cell), string="link")
                elif isinstance(cell, date):
                    sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day))  # noqa: DTZ001
                else:
                    sheet.write(number, column, cell or "link pending")
    return out.getvalue()


@contextmanager
def _serving() -> Iterator[tuple[_Site, str]]:
    """A web server on loopback with the page, the two lists and a channel; (what it serves, its address)."""
    site = _Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            files = {
                f"/doclib/participating{site.step}.xlsx": site.participating,
                f"/doclib/pending{site.step}.xlsx": site.pending,
            }
            page = (
                "<html><head><title>287(g), invented</title></head><body><main><h1>287(g), invented</h1>"
                f'<a href="/doclib/participating{site.step}.xlsx">Participating Agencies</a> '
                f'<a href="/doclib/pending{site.step}.xlsx">Pending Agencies</a></main></body></html>'
            )
            body = page.encode() if self.path == _PAGE else files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Last-Modified", format_datetime(_START + timedelta(days=site.step), usegmt=True))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            site.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
