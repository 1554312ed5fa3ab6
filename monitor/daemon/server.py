"""The web server in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

# A browser sends some 1 KB of headers at once; 64 connections serve a newsroom behind one proxy.
_HEADER_BYTES, _HEADER_SECONDS, _CONNECTIONS = 16_384, 10.0, 64


class Server:
    """Serves `application` on `listener` from now until it is stopped.

    Who has not sent a whole request after `header_seconds` is hung up on.
    """

    def __init__(self, application: ASGIApp, listener: socket.socket, header_seconds: float = _HEADER_SECONDS) -> None:
        class Impatient(_Impatient):
            seconds = header_seconds

        config = uvicorn.Config(
            application,
            http=Impatient,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            limit_concurrency=_CONNECTIONS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Lets it end; what it answers now has a second."""
        self._server.should_exit = True


class _Impatient(H11Protocol):
    """uvicorn's own limit ends with a request's first byte: one byte now and then would hold a connection for ever."""

    seconds = _HEADER_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _left = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(self.seconds, self._hang_up)

    def _hang_up(self) -> None:
        left = self.transport.get_write_buffer_size()
        # Who takes an answer slowly may go on as long as something of it is taken.
        if (self.cycle is None or self.cycle.response_complete) or (left and left == self._left):
            self.transport.abort()
        else:
            self._left = left
            self._wait()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError where the address is taken or is none of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Its protocol by name: without that asyncio does not tell the sockets to send at once, and every answer waits 40 ms for the client's
    # acknowledgement of its first half.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
