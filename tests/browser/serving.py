"""A folder of pages, served over loopback by the daemon's own web server: its headers, its compression."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from monitor.web import application


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves `folder`; the address it is at, with a slash at its end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = application(folder / "there-is-no.db", folder, lambda: datetime.now(UTC))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            # The listener takes calls already; they are answered as soon as the server is up.
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()
