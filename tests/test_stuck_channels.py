"""Channels that are down, slow, busy or out of their minds hold back no other channel, and no poll."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.process import daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Site

OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("UTAH", "Provo Police Department")]


@contextmanager
def misbehaving() -> Iterator[tuple[str, list[str]]]:
    """A server whose /slow never answers, whose /busy asks to be left alone, whose /mad sends garbage: (its address, paths asked)."""
    over = threading.Event()
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/slow":
                over.wait()
            elif self.path == "/busy":
                self.send_response(429)
                self.send_header("Retry-After", "3600")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.wfile.write(b"\x00\xff\xfe garbage\r\n\r\n" * 50)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def dead_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_a_working_channel_is_told_while_four_others_are_stuck(site: Site, tmp_path: Path, dead_port: int) -> None:
    site.publish("participating", sheet(OLD))
    with misbehaving() as (address, asked):
        urls = {
            "slow": f"{address}/slow",
            "busy": f"{address}/busy",
            "mad": f"{address}/mad",
            "down": f"http://127.0.0.1:{dead_port}/x",
        }
        config = write_config(
            tmp_path / "config.yaml",
            page=site.page_url,
            state=str(tmp_path / "state"),
            poll={"busy": {"every": "0.2s"}, "otherwise": "0.2s", "jitter": "0s"},
            alerts={"group_wait": "0s"},
            channels=[{"type": "slack", "name": name, "url": url} for name, url in urls.items()]
            + [{"type": "slack", "name": "works", "url": f"{site.address}/hook", "pause": "0s"}],
        )
        with daemon(config) as watch:
            watch.wait_for(r"channel works: 1 sent")
            for number in range(3):
                site.publish("participating", sheet([*OLD, row("OHIO", f"Butler {'I' * (number + 1)} Police Department")]))
                watch.wait_for(r"channel works: 1 sent")
            polls = len(site.asked("/identify-and-arrest/287g"))
            watch.wait_for(r"poll: unchanged")
            assert len(site.asked("/identify-and-arrest/287g")) >= polls
            assert {"/slow", "/busy", "/mad"} <= set(asked)
            assert asked.count("/busy") == 1, "a service that asked for an hour was asked again"
            assert asked.count("/slow") == 1
            assert watch.stop() == 0
    assert next(post["blocks"][0]["text"]["text"] for post in site.posts) == "Watching ICE's 287(g) list from here on"
    assert len(site.posts) == 4
