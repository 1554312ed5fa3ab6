"""A hundred publications as reader programs follow them over HTTP: each item once, none missed, and nothing sent that they have."""

from __future__ import annotations

import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import feedparser
import feedparser_sgmllib
import pytest
import reader
import uvicorn

from monitor.config import Settings
from monitor.core.events import CORRECTIONS, NEWS, Event
from monitor.evidence import Evidence
from monitor.publishers.feeds import Renderings, files
from monitor.publishers.files import write
from monitor.publishers.record import Record
from monitor.web import application
from tests.support.told import AT, Newsroom, agreement, event, newsroom

STEPS = 100
STATES = ("TX", "FL", "OH")
KINDS = ("agreement.added", "agreement.added", "agreement.removed", "agreement.corrected", "moa.posted")
FEEDS = ("feed.xml", "feed.atom", "feed.json", "feeds/tx.xml", "feeds/tx.atom", "feeds/corrections.atom")
NEWSBOAT = shutil.which("newsboat")


class Server:
    """The daemon's web server on loopback, and what it was asked: (path, status) of each request."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, int]] = []
        self._application = application(folder / "monitor.db", folder / "public", lambda: AT)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self._recorded, interface="asgi3", log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()

    async def _recorded(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        async def noting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.asked.append((scope["path"].lstrip("/"), message["status"]))
            await send(message)

        await self._application(scope, receive, noting)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()

    def since(self, number: int) -> list[tuple[str, int]]:
        return self.asked[number:]


class Reader(Protocol):
    """A reader program that subscribed to `feeds`."""

    feeds: Sequence[str]

    def update(self) -> None: ...

    def items(self, feed: str) -> list[str]:
        """The ids of all that it has of a feed, one for each item that it shows."""
        ...


class Feedparser:
    """feedparser, as its documentation says that it is used: with the tag and the date of the last answer."""

    feeds = ("feed.xml", "feeds/tx.atom", "feeds/corrections.atom")

    def __init__(self, address: str) -> None:
        self._address = address
        self._last: dict[str, Any] = {}
        self._items: dict[str, list[str]] = {name: [] for name in self.feeds}

    def update(self) -> None:
        for name in self.feeds:
            last = self._last.get(name, {})
            found = feedparser.parse(
                f"{self._address}/{name}",
                etag=last.get("etag"),
                modified=last.get("modified"),
                # Most of its time, and nothing of what is looked at here.
                sanitize_html=False,
                resolve_relative_uris=False,
            )
            assert not found.bozo, found.get("bozo_exception")
            if found.status != 304:
                self._last[name] = found
                known = set(self._items[name])
                self._items[name] += [entry.id for entry in reversed(found.entries) if entry.id not in known]

    def items(self, feed: str) -> list[str]:
        return self._items[feed]


class Lemon:
    """The `reader` library."""

    feeds = ("feed.xml", "feed.atom", "feed.json", "feeds/tx.xml")

    def __init__(self, address: str) -> None:
        self._address = address
        # Its own copy of feedparser asks for the module that feedparser 6.0.13 renamed.
        sys.modules.setdefault("sgmllib", feedparser_sgmllib)
        self._reader = reader.make_reader(":memory:")
        for name in self.feeds:
            self._reader.add_feed(f"{address}/{name}")

    def update(self) -> None:
        for result in self._reader.update_feeds_iter(scheduled=False):
            assert not isinstance(result.value, Exception), result

    def items(self, feed: str) -> list[str]:
        return [entry.id for entry in self._reader.get_entries(feed=f"{self._address}/{feed}")]


class Newsboat:
    """newsboat, without a terminal, in folders of its own: one for each feed, since it shows an item once, whatever feeds bring it."""

    feeds = ("feed.xml", "feed.atom")

    def __init__(self, address: str, folder: Path) -> None:
        self._folders = {name: folder / str(number) for number, name in enumerate(self.feeds)}
        for name, home in self._folders.items():
            home.mkdir(parents=True)
            (home / "urls").write_text(f"{address}/{name}\n")
            (home / "config").write_text("auto-reload no\ndownload-retries 1\n")

    def update(self) -> None:
        for home in self._folders.values():
            options = ("-u", home / "urls", "-c", home / "cache.db", "-C", home / "config", "-x", "reload")
            environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
            command = [NEWSBOAT or "newsboat", *map(str, options)]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 0, done.stderr

    def items(self, feed: str) -> list[str]:
        with closing(sqlite3.connect(self._folders[feed] / "cache.db")) as cache:
            return [row[0] for row in cache.execute("SELECT guid FROM rss_item")]


@dataclass
class Press:
    """Publishes invented publications step by step, and knows how many items each feed must have by then."""

    desk: Newsroom
    folder: Path
    rng: random.Random = field(default_factory=lambda: random.Random(287))
    expected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FEEDS, 0))
    _kept: Renderings = field(default_factory=Renderings)
    _number: int = 0

    def publish(self) -> set[str]:
        """One publication; the documents that are subscribed to and have changed."""
        self._number += 1
        if self._number == 1:
            new = self.desk.learn(event("agreement.baseline", agreement("Start")))
            self._expect("feed", 1)
        else:
            new = self.desk.learn(*(self._event(place) for place in range(self.rng.randint(1, 4))), after=timedelta(hours=3))
            self._count(new)
        settings = Settings.model_validate({"web": {"public_url": "https://monitor.example.org"}})
        record = Record(self.desk.store, settings, Evidence(Path("documents")), AT.date())
        built = files(record, None if self._number == 1 else new, self._kept)
        return {name for name, content in built if write(self.folder / "public" / name, content)} & set(FEEDS)

    def _event(self, place: int) -> Event:
        listing = agreement(f"Agency {self._number}-{place} & <Sons>", self.rng.choice(STATES))
        return event(self.rng.choice(KINDS), listing, before=listing)

    def _count(self, new: Sequence[Event]) -> None:
        news = [one for one in new if one.kind in NEWS]
        texan = [one for one in news if one.state == "TX"]
        mended = [one for one in new if one.kind in CORRECTIONS]
        self._expect("feed", len(news) + bool(news))
        for name, told in (("feeds/tx", texan), ("feeds/corrections", mended)):
            self._expect(name, len(told) + (len(told) > 1))

    def _expect(self, name: str, number: int) -> None:
        for feed in self.expected:
            if feed.rpartition(".")[0] == name:
                self.expected[feed] += number


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()


def follow(one: Reader, press: Press, server: Server) -> None:
    """Follows all steps; after each the reader has exactly what was published, and asking again sends nothing."""
    seen: dict[str, set[str]] = {name: set() for name in one.feeds}
    changed: set[str] = set()
    for step in range(STEPS):
        if step:
            changed = press.publish()
        before = len(server.asked)
        one.update()
        asked = dict(server.since(before))
        assert set(asked) == set(one.feeds), f"step {step}: asked {asked}"
        if step:
            assert {name for name, status in asked.items() if status == 200} == changed & set(one.feeds), f"step {step}"
        for name in one.feeds:
            have = one.items(name)
            assert len(have) == len(set(have)), f"step {step}: {name} has an item twice"
            seen[name] |= set(have)
            assert len(seen[name]) == press.expected[name], f"step {step}: {name}"
        if step % 10 == 5:
            before = len(server.asked)
            one.update()
            assert {status for _, status in server.since(before)} == {304}, f"step {step}"
    assert press.expected["feed.xml"] > 200


@pytest.mark.parametrize("name", ["feedparser", "reader", "newsboat"])
def test_a_reader_sees_each_item_once_and_asks_in_vain_in_between(tmp_path: Path, name: str) -> None:
    if name == "newsboat" and not NEWSBOAT:
        pytest.skip("newsboat is not installed here (Debian: apt-get install newsboat)")
    with newsroom(tmp_path) as desk, serving(tmp_path) as server:
        press = Press(desk, tmp_path)
        press.publish()
        if name == "newsboat":
            follow(Newsboat(server.address, tmp_path / "newsboat"), press, server)
        else:
            follow(Feedparser(server.address) if name == "feedparser" else Lemon(server.address), press, server)
        settings = Settings.model_validate({"web": {"public_url": "https://monitor.example.org"}})
        whole = dict(files(Record(desk.store, settings, Evidence(Path("documents")), AT.date())))
    assert {path: (tmp_path / "public" / path).read_bytes() for path in whole} == whole
