"""Clients that mean harm, over real sockets: too slow, or too much at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from monitor import web
from monitor.clock import utc_now
from monitor.daemon.server import Server, listen


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    listener = listen("127.0.0.1", 0)
    one = Server(web.application(tmp_path / "monitor.db", tmp_path / "public", utc_now), listener, header_seconds=0.5)
    yield listener.getsockname()
    one.stop()


def ended(client: socket.socket) -> bool:
    """Whether the server has hung up: nothing more comes."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("before", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["at first", "after an answer"])
def test_who_drips_headers_is_hung_up_on(address: tuple[str, int], before: bytes) -> None:
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(before + b"GET / HTTP/1.1\r\nX-Slow: ")
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.1):
                try:
                    client.send(b"a")
                except OSError:
                    return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        assert ended(client)
        stop.set()
        dripping.join()


def test_headers_without_end_are_refused(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 20_000)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_more_connections_than_are_served_are_told_so(address: tuple[str, int]) -> None:
    with ExitStack() as held:
        for _ in range(70):
            held.enter_context(socket.create_connection(address, timeout=10))
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 503 ")
