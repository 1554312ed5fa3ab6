"""How a channel's queue drains: 10,000 messages to a webhook on loopback, at a limit of 100 a second, and without one.

Prints messages a second, and the process's resident memory at the start and the most it took.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from monitor.config import Channel
from monitor.notifiers import build
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.news import Links
from monitor.notifiers.outbox import Queue
from monitor.store import NewDelivery, Store

MESSAGES = 10_000


def receive(pipe: Connection) -> None:
    """A receiver that takes everything, in a process of its own."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def resident() -> float:
    """Resident memory of this process in megabytes."""
    text = Path("/proc/self/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def drain(address: str, pause: float) -> None:
    """Queues the messages, sends them, and prints what it took."""
    lines = tuple(Line("New", f"Example County {n} Sheriff's Office: Task Force Model, signed May 20, 2025") for n in range(20))
    channel = Channel.model_validate({"type": "webhook", "name": "bench", "url": address, "secret": "whsec_" + "A" * 44})
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "monitor.db")
        now = datetime.now(UTC)
        with store.transaction():
            for number in range(MESSAGES):
                message = Message(f"m{number}", "news", "20 new", "20 new.", "2025-05-29T14:00:00Z", (Section("Texas", lines),))
                store.outbox.queue([NewDelivery("bench", message.to_json())], now)
        notifier = build(channel)
        before, most = resident(), 0.0

        def wait(seconds: float) -> bool:
            nonlocal most
            most = max(most, resident())
            time.sleep(seconds)
            return False

        started = time.monotonic()
        queue = Queue(store, "bench", notifier, pause, Links("https://monitor.example.org", "https://www.ice.gov/287g"))
        sent = queue.deliver(lambda: datetime.now(UTC), wait)
        seconds = time.monotonic() - started
        store.close()
    limit = f"{1 / pause:,.0f} a second" if pause else "none"
    print(f"limit {limit}: {sent.sent:,} sent in {seconds:.1f} s, {sent.sent / seconds:,.0f} a second")
    print(f"  resident: {before:.1f} MB at the start, {max(most, resident()):.1f} MB at most")


def main() -> None:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receive, args=(there,), daemon=True)
    process.start()
    address = f"http://127.0.0.1:{here.recv()}/hook"
    for pause in (1 / 100, 0.0):
        drain(address, pause)
    process.terminate()


if __name__ == "__main__":
    main()
