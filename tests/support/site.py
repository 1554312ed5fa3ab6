"""A tiny stand-in for ICE's site on loopback: a page, its documents, faults on demand, and a record of what was asked.

It also takes POSTs (a webhook), so that a test sees what a channel was really sent.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import unquote

PAGE = "/identify-and-arrest/287g"
_renders = count()


@dataclass
class Document:
    """A document of the site: its bytes, its Last-Modified, and a file name where the address gives none."""

    body: bytes
    modified: str | None = "Thu, 29 May 2025 14:00:00 GMT"
    disposition: str | None = None


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose path contains `path`."""

    path: str
    kind: str
    value: Any = None
    times: int = 1


@dataclass
class Request:
    """One request the site was asked, and the status it answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 0


@dataclass
class Site:
    """What the site serves; tests change it between polls."""

    address: str = ""
    links: dict[str, str] = field(default_factory=dict)  # href → text
    main: str = ""
    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hook_status: int = 200
    hook_headers: dict[str, str] = field(default_factory=dict)

    @property
    def page_url(self) -> str:
        return self.address + PAGE

    @property
    def posts(self) -> list[Any]:
        """JSON bodies of the POSTs that were answered with 200, in order."""
        return [json.loads(r.body) for r in self.requests if r.method == "POST" and r.status == 200]

    def publish(self, list_name: str, body: bytes, name: str = "", modified: str | None = None) -> str:
        """Puts a document of `list_name` (participating or pending) on the page, in place of the one before; its path."""
        name = name or f"{list_name}Agencies{len(self.documents)}.xlsx"
        path = f"/doclib/about/offices/ero/287g/{name}"
        title = f"{list_name.capitalize()} Agencies"
        self.links = {href: text for href, text in self.links.items() if text != title}
        self.links[path] = title
        stamp = modified or f"Thu, 29 May 2025 {10 + len(self.documents) // 60:02d}:{len(self.documents) % 60:02d}:00 GMT"
        self.documents[path] = Document(body, stamp)
        return path

    def unlink(self, list_name: str) -> None:
        """Takes the link of `list_name` off the page."""
        self.links = {href: text for href, text in self.links.items() if text != f"{list_name.capitalize()} Agencies"}

    def asked(self, path_part: str) -> list[Request]:
        """Requests whose path contains `path_part`."""
        return [r for r in self.requests if path_part in r.path]

    def html(self) -> bytes:
        """The page: its bytes differ at every request, what it says does not."""
        token = hashlib.sha256(str(next(_renders)).encode()).hexdigest()
        anchors = "".join(f'<p><a href="{href}">{text}</a></p>' for href, text in self.links.items())
        return (
            f'<!DOCTYPE html><html><head><title>287(g)</title><meta name="csrf" content="{token}"></head>'
            f'<body data-view="{token[:8]}"><nav><a href="/about">About</a></nav><main><h1>287(g) Program</h1>{self.main}{anchors}'
            '<a href="/doclib/287g/factsheet.pdf">Fact Sheet for participating law enforcement agencies</a>'
            f'<a href="/doclib/detention/facilityList.xlsx">Detention facilities</a></main><!-- {token} --></body></html>'
        ).encode()


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a free loopback port, stopped at the end."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(
            self, request: Request, status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: int = -1
        ) -> None:
            request.status = status
            self.send_response(status)
            self.send_header("Set-Cookie", "session=a-secret-of-one-visitor; Secure")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(length if length >= 0 else len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request("POST", self.path, dict(self.headers), body, site.hook_status)
            site.requests.append(request)
            self.answer(request, request.status, b"ok" if request.status == 200 else b"refused", site.hook_headers)

        def do_GET(self) -> None:
            path = unquote(self.path)
            request = Request("GET", path, dict(self.headers))
            site.requests.append(request)
            status, body, headers = 404, b"<h1>Not found</h1>", {"Content-Type": "text/html"}
            if path == PAGE:
                status, body, headers = 200, site.html(), {"Content-Type": "text/html; charset=utf-8"}
            elif path in site.documents:
                document = site.documents[path]
                status, body, headers = 200, document.body, {"Content-Type": "application/octet-stream"}
                if document.modified:
                    headers["Last-Modified"] = document.modified
                if document.disposition:
                    headers["Content-Disposition"] = document.disposition
                if document.modified and self.headers.get("If-Modified-Since") == document.modified:
                    status, body = 304, b""
            fault = next((f for f in site.faults if f.times > 0 and f.path in path), None)
            if fault:
                fault.times -= 1
                self.misbehave(request, fault, status, body, headers)
            else:
                self.answer(request, status, body, headers)

        def misbehave(self, request: Request, fault: Fault, status: int, body: bytes, headers: dict[str, str]) -> None:
            if fault.kind == "status":
                self.answer(request, int(fault.value), b"<h1>Error</h1>", {"Content-Type": "text/html"})
            elif fault.kind == "retry_after":
                self.answer(request, 503, b"", {"Retry-After": str(fault.value)})
            elif fault.kind == "body":
                self.answer(request, 200, fault.value, headers)
            elif fault.kind == "truncated":
                self.answer(request, status, body[: len(body) // 2], headers, length=len(body))
                self.close_connection = True
            elif fault.kind == "redirect":
                self.answer(request, 302, b"", {"Location": str(fault.value)})
            elif fault.kind == "reset":
                self.close_connection = True
                self.connection.close()
            elif fault.kind == "slow":
                request.status = status
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for piece in range(0, len(body), 256):
                    try:
                        self.wfile.write(body[piece : piece + 256])
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(float(fault.value))
            else:
                raise AssertionError(fault.kind)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
