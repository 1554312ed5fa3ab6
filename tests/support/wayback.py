"""A stand-in for the Internet Archive on loopback: its CDX interface and the captures it lists, with what goes wrong there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Archived:
    """One capture: its moment (14 digits), its address, its body and the headers that came with it."""

    stamp: str
    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Machine:
    """What the archive has; tests add captures, and statuses that the next requests of a path answer with."""

    address: str = ""
    captures: list[Archived] = field(default_factory=list)
    faults: dict[str, list[int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cdx: Any = None

    def add(self, stamp: str, url: str, body: bytes, **headers: str) -> None:
        self.captures.append(Archived(stamp, url, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def rows(self, query: dict[str, list[str]]) -> list[list[str]]:
        """A CDX answer, as the Wayback Machine gives it: filtered by time, collapsed by digits of the stamp or by content."""
        (url,) = query["url"]
        since, until = query.get("from", ["0"])[0], query.get("to", ["9" * 14])[0]
        (collapse,) = query["collapse"]
        rows, last = [], None
        for one in sorted(self.captures, key=lambda one: one.stamp):
            if one.url == url and since <= one.stamp <= until:
                digits = int(collapse.partition(":")[2] or 0)
                key: object = one.stamp[:digits] if digits else hash(one.body)
                if key != last:
                    rows.append([one.stamp, one.url])
                last = key
        return [["timestamp", "original"], *rows] if rows else []


@contextmanager
def archiving() -> Iterator[Machine]:
    """An archive on a free loopback port, stopped at the end."""
    machine = Machine()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            machine.asked.append(self.path)
            parts = urlsplit(self.path)
            for part, statuses in machine.faults.items():
                if part in self.path and statuses:
                    self.answer(statuses.pop(0), b"no", {"Retry-After": "1"})
                    return
            if parts.path == "/cdx/search/cdx":
                rows = machine.rows(parse_qs(parts.query)) if machine.cdx is None else machine.cdx
                self.answer(
                    200, rows if isinstance(rows, bytes) else json.dumps(rows).encode(), {"Content-Type": "application/json"}
                )
                return
            for one in machine.captures:
                if self.path == f"/web/{one.stamp}id_/{one.url}":
                    self.answer(200, one.body, {f"X-Archive-Orig-{name}": value for name, value in one.headers.items()})
                    return
            self.answer(404, b"not archived", {})

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    machine.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield machine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
