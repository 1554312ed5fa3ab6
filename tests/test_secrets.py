"""No secret leaves the monitor but to the service it is for: every place that takes one is given one, and everything is made to fail."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.support.process import daemon, write_config
from tests.support.sheets import row, sheet
from tests.support.site import Site

OLD = [row("TEXAS", "Smith County Sheriff's Office")]
# Each is told from every other, and none is a word that something else may say.
SECRETS = {
    name: f"s3cr3t{number}x{name}x7f"
    for number, name in enumerate(("hook", "token", "user", "password", "receiver", "service", "ping", "filed"))
}
SIGNING = "whsec_c2VjcmV0czNjcjN0c2VjcmV0czNjcjN0c2VjcmV0"


@pytest.fixture
def echo() -> Iterator[str]:
    """A service that refuses everything and repeats what it was asked, as some do."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = f"no: {self.path} {dict(self.headers)}".encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET = do_POST

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_no_secret_is_ever_told(site: Site, echo: str, tmp_path: Path) -> None:
    filed = tmp_path / "filed"
    filed.write_text(f"{echo}/hook/{SECRETS['filed']}")
    nobody = refused()
    channels = [
        {"type": "slack", "name": "hook", "url": f"{echo}/services/{SECRETS['hook']}"},
        {"type": "slack", "name": "filed", "url": f"file:{filed}"},
        {"type": "slack", "name": "bot", "token": f"xoxb-{SECRETS['token']}", "channel": "C0", "api": f"{echo}/api"},
        {
            "type": "email",
            "name": "mail",
            "server": nobody,
            "security": "none",
            "user": SECRETS["user"],
            "password": "${MAIL_PASSWORD}",
            "from": "m@example.org",
            "to": "d@example.org",
        },
        {"type": "webhook", "name": "receiver", "url": f"{echo}/{SECRETS['receiver']}", "secret": SIGNING},
        {"type": "apprise", "name": "service", "url": f"json://u:{SECRETS['service']}@{echo.removeprefix('http://')}/x"},
    ]
    config = write_config(
        tmp_path / "config.yaml",
        page=site.page_url,
        state=str(tmp_path / "state"),
        alerts={"group_wait": "0s"},
        log={"level": "debug"},
        health={"ping": f"http://{nobody}/{SECRETS['ping']}"},
        channels=[{**one, "pause": "0s"} for one in channels],
    )
    environment = {"MAIL_PASSWORD": SECRETS["password"]}
    site.publish("participating", sheet(OLD))
    said: dict[str, str] = {}

    def command(*words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "--config", str(config), *words],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )
        said[" ".join(words)] = done.stdout + done.stderr

    command("config", "check")
    with daemon(config, **environment) as one:
        address = one.address()
        for _ in channels:
            one.wait_for("channel .* not sent")
        one.send(signal.SIGHUP)
        one.wait_for("configuration read again")
        for path in ("healthz", "metrics", "status.json"):
            said[path] = httpx.get(f"{address}/{path}").text
        assert one.stop() == 0
    said["log"] = "\n".join(one.log)
    for words in (("check",), ("doctor",), ("doctor", "--json"), ("status", "--json"), ("deliveries",), ("routes",)):
        command(*words)
    broken = config.read_text().replace("type: email", "type: emall")
    config.write_text(broken)
    command("config", "check")

    assert "channel mail" in said["log"]
    assert "fail" in said["doctor"]
    secrets = [*SECRETS.values(), SIGNING, SIGNING.removeprefix("whsec_")]
    files = {str(path): path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
    assert any(path.endswith("monitor.db") for path in files)
    for where, text in {**{name: text.encode() for name, text in said.items()}, **files}.items():
        assert [secret for secret in secrets if secret.encode() in text] == [], where
