"""Asks a server's application as it stands, with paths as they are encoded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import httpx

from monitor.config import Web
from monitor.health.pulse import Pulse
from monitor.web import application


class Browser:
    """A browser at the server of one state directory."""

    def __init__(
        self,
        database: Path,
        public: Path,
        now: Callable[[], datetime],
        settings: Callable[[], Web] = Web,
        pulse: Pulse | None = None,
    ) -> None:
        self._transport = httpx.ASGITransport(application(database, public, now, settings, pulse))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://monitor") as client:
                url = httpx.URL("http://monitor/").copy_with(raw_path=path.encode())
                return await client.request(method, url, headers=headers)

        return asyncio.run(send())
