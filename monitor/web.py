"""The daemon's web server: the files of `public/`, and /healthz. It reads; nothing here writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.core.events import iso
from monitor.store import Store, StoreError

_POLICY = (
    *("default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'"),
    "frame-ancestors 'none'",
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": "; ".join(_POLICY).encode(),
}
_TYPES = {".xml": b"application/rss+xml; charset=utf-8"}


def application(database: Path, public: Path, now: Callable[[], datetime]) -> Starlette:
    """The ASGI application for one state directory; `now` is the clock."""
    public.mkdir(parents=True, exist_ok=True)

    def healthz(request: Request) -> Response:
        # What is wrong stands in the log; the public is told no path of the server.
        unusable = JSONResponse({"status": "error", "detail": "the database cannot be opened"}, status_code=503)
        if not database.exists():
            return unusable
        try:
            store = Store.open(database)
        except StoreError:
            return unusable
        try:
            return JSONResponse(health(store, now()))
        finally:
            store.close()

    return Starlette(
        routes=[Route("/healthz", healthz), Mount("/", StaticFiles(directory=public, html=True))],
        middleware=[Middleware(_Headers), Middleware(GZipMiddleware, minimum_size=1_000)],
    )


def health(store: Store, at: datetime) -> dict[str, object]:
    """Whether polls reach the source, and how old the oldest unsent message is (seconds)."""
    last, good = store.journal.last_poll(), store.journal.last_poll(good=True)
    waiting = [one.oldest for one in store.outbox.waiting().values()]
    return {
        "status": "ok" if last is None or last.good else "degraded",
        "last_poll": {"at": iso(last.at), "outcome": last.outcome} if last else None,
        "last_good_poll_age_seconds": round((at - good.at).total_seconds()) if good else None,
        "oldest_waiting_message_seconds": round((at - min(waiting)).total_seconds()) if waiting else None,
    }


class _Headers:
    """Adds the security headers to every answer, and a feed's own content type."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                feed = _TYPES.get(Path(scope.get("path", "")).suffix)
                headers = [(k, v) for k, v in message.get("headers", []) if not (feed and k.lower() == b"content-type")]
                if feed:
                    headers.append((b"content-type", feed))
                message["headers"] = [*headers, *_HEADERS.items()]
            await send(message)

        await self.app(scope, receive, with_headers)
