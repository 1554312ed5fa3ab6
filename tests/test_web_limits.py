"""Clients that mean harm, over real sockets: too slow, or too much at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
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


def test_who_takes_nothing_of_an_answer_is_hung_up_on_and_who_takes_it_slowly_is_not(
    address: tuple[str, int], tmp_path: Path
) -> None:
    (tmp_path / "public" / "large.txt").write_bytes(b"a" * (32 << 20))
    with socket.socket() as deaf, socket.socket() as slow:
        for client in (deaf, slow):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.settimeout(10)
            client.connect(address)
            client.sendall(b"GET /large.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        taken = 0
        for _ in range(20):
            threading.Event().wait(0.1)
            for _ in range(40):
                taken += len(slow.recv(65_536))
        assert taken > 0
        assert slow.recv(65_536), "who takes something every time was hung up on"
        got = 0
        with suppress(ConnectionError):
            while piece := deaf.recv(1 << 20):
                got += len(piece)
        assert got < 32 << 20, "who took nothing for seconds was waited for"


def test_more_connections_than_are_served_are_told_so(address: tuple[str, int]) -> None:
    with ExitStack() as held:
        for _ in range(70):
            held.enter_context(socket.create_connection(address, timeout=10))
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 503 ")
