"""The daemon's web server: the files of `public/`, /healthz and /metrics. It reads; nothing here writes."""

from __future__ import annotations

import gzip
import os
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.config import Web
from monitor.health.metrics import CONTENT_TYPE, exposition
from monitor.health.pulse import Pulse
from monitor.health.readings import FAILING, health
from monitor.publishers.feeds import catalogue
from monitor.store import DatabaseError, Store, StoreError

_POLICY = (
    *("default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src 'self'"),
    *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": "; ".join(_POLICY).encode(),
}
# Not the system's list, which differs from machine to machine. XML says its encoding itself, JSON has but one.
_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".opml": "text/x-opml; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml; charset=utf-8",
}
_FEED_TYPES = {".xml": "application/rss+xml; charset=utf-8", ".json": "application/feed+json"}
_SUBSCRIBED = frozenset(one.path for one in catalogue())
# Feeds and pages may be a minute old, and then are asked for again. Evidence is named by its content.
# Bytes. Larger files are read piece by piece; smaller ones are not compressed.
_SMALL, _WORTH_IT = 256 << 10, 1_000
_PACKED = frozenset((".pdf", ".png", ".xlsx", ".zip"))
_FRESH, _FOR_EVER, _NOT_KEPT = "public, max-age=60, must-revalidate", "public, max-age=31536000, immutable", "no-store"


def application(
    database: Path, public: Path, now: Callable[[], datetime], settings: Callable[[], Web] = Web, pulse: Pulse | None = None
) -> Starlette:
    """The ASGI application for one state directory; `now` is the clock, `settings` gives those of now.

    `pulse` is that of the daemon whose polls it speaks of; without one there are no metrics.
    """
    public.mkdir(parents=True, exist_ok=True)
    # What is wrong stands in the log; the public is told no path of the server.
    unusable = "the database cannot be opened"

    def opened() -> Store | None:
        try:
            return Store.open(database, create=False)
        except StoreError:
            return None

    def healthz(request: Request) -> Response:
        store = opened()
        if store is None:
            return JSONResponse({"status": FAILING, "detail": unusable}, status_code=503)
        with closing(store), suppress(DatabaseError):
            problem = pulse.problem() if pulse else ""
            return JSONResponse(health(store, now(), problem), status_code=503 if problem else 200)
        return JSONResponse({"status": FAILING, "detail": "the database cannot be read"}, status_code=503)

    def metrics(request: Request) -> Response:
        store = opened()
        if store is None or pulse is None:
            return PlainTextResponse(f"{unusable}\n", status_code=503)
        with closing(store), suppress(DatabaseError):
            return Response(exposition(store, database, pulse, now()), media_type=CONTENT_TYPE)
        return PlainTextResponse("the database cannot be read\n", status_code=503)

    routes = [Route("/healthz", healthz), *([Route("/metrics", metrics)] if pulse else [])]
    return Starlette(
        routes=[*routes, Mount("/", _Files(directory=public, html=True))],
        middleware=[Middleware(_Headers, settings), Middleware(GZipMiddleware, minimum_size=_WORTH_IT)],
    )


class _Files(StaticFiles):
    """The public files, with tags that tell any two versions of a file apart."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        # To look for a file takes less time than to have a thread look; folders and what is not there are seldom asked for.
        if scope["method"] in ("GET", "HEAD"):
            with suppress(OSError, ValueError):  # what is wrong with the path is said below
                full_path, found = self.lookup_path(path)
                if found and stat.S_ISREG(found.st_mode):
                    return self.file_response(full_path, found, scope)
        return await super().get_response(path, scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        # A file that is being written is named `.name`, and nothing else that hides is meant for the public.
        if any(part.startswith(".") and part != "." for part in PurePosixPath(path).parts):
            return "", None
        return super().lookup_path(path)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        # Starlette's own tag is made of a rounded time and the size: two versions of one moment would be one. Each version is a file of
        # its own (publishers.write). Weak, for what is compressed on the way bears the same.
        tag = f'W/"{stat_result.st_mtime_ns:x}-{stat_result.st_size:x}-{stat_result.st_ino:x}"'
        kind = _TYPES.get(Path(full_path).suffix.lower())
        response: Response = FileResponse(
            full_path, status_code=status_code, stat_result=stat_result, media_type=kind, headers={"etag": tag}
        )
        asked = Headers(scope=scope)
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        if stat_result.st_size <= _SMALL and "range" not in asked:
            # Read at once: to be handed to a thread and back for each piece takes ten times as long.
            with suppress(OSError):  # a page that has just gone is missed below, as any other
                packed = "gzip" in asked.get("accept-encoding", "") and stat_result.st_size >= _WORTH_IT
                packed = packed and Path(full_path).suffix not in _PACKED
                content = _squeezed(str(full_path), tag) if packed else Path(full_path).read_bytes()
                headers = {**response.headers, "content-length": str(len(content))}
                if packed:
                    headers |= {"vary": "Accept-Encoding", "content-encoding": "gzip"}
                return Response(content, status_code, headers)
        return response

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """RFC 9110, 13.1: tags, compared weakly, count before dates."""
        asked = request_headers.get("if-none-match")
        if asked is None:
            return super().is_not_modified(response_headers, request_headers)
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return "*" in tags or response_headers["etag"].removeprefix("W/") in tags


# Readers come for the same few feeds and pages, some 20 KB each.
@lru_cache(maxsize=64)
def _squeezed(path: str, tag: str) -> bytes:
    """A file as gzip; `tag` names the version."""
    return gzip.compress(Path(path).read_bytes(), 6, mtime=0)


class _Headers:
    """Adds the headers that depend on the path alone: security, caching, a feed's own type and links, who may read from elsewhere."""

    def __init__(self, app: ASGIApp, settings: Callable[[], Web]) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).lstrip("/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=[*message.get("headers", []), *_HEADERS.items()])
                self._add(headers, path, message["status"])
                message["headers"] = headers.raw
            await send(message)

        await self.app(scope, receive, with_headers)

    def _add(self, headers: MutableHeaders, path: str, status: int) -> None:
        if status not in (200, 206, 304):
            headers["cache-control"] = _NOT_KEPT
            return
        if path in ("healthz", "metrics"):
            headers["cache-control"] = _NOT_KEPT
        else:
            headers["cache-control"] = _FOR_EVER if path.startswith("documents/") else _FRESH
        is_feed = path in _SUBSCRIBED or path.startswith("feeds/")
        kind = _FEED_TYPES.get(Path(path).suffix)
        if is_feed and kind and status != 304:
            headers["content-type"] = kind
        if is_feed or path == "feeds.opml" or path.startswith("data/"):
            headers["access-control-allow-origin"] = "*"
        if path in _SUBSCRIBED:
            web = self.settings()
            links = [*((hub, "hub") for hub in web.hubs), (f"{web.public_url}/{path}", "self")]
            headers["link"] = ", ".join(f'<{address}>; rel="{rel}"' for address, rel in links)
