"""WebSub: hubs are told which feeds have changed, so that they fetch and push them at once. Off the polling thread; nothing waits for it.

What a hub is still to be told stands in a JSON file, which survives a restart: told twice does no harm, told late is what readers' own
polling is for.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from monitor.core.events import iso, moment
from monitor.notifiers import DeliveryError
from monitor.notifiers.http import is_local, post
from monitor.publishers.feeds import documents

log = logging.getLogger(__name__)

# Seconds that a hub has for its answer.
TIMEOUT = 10.0
# The first wait after a failure; twice as long after each further one.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
# Whoever reads the feed has long found by polling what a hub was not told for so long.
_KEPT = timedelta(days=2)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one hub is to be told: addresses of feeds, since when each (ISO); how often it failed in a row, and when it is asked next."""

    topics: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    due: str = ""


class Pings:
    """The pings of one state directory; `path` is the file they wait in. Safe to use from several threads of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, hubs: Sequence[str], public_url: str, written: Iterable[str], at: datetime) -> bool:
        """Notes that `written` files, as publish() names them, have changed at `at`; whether any is one that is subscribed to.

        Hubs that are no longer configured are forgotten. Raises OSError where the file cannot be written.
        """
        topics = {f"{public_url}/{name}": iso(at) for name in documents(written)}
        with self._lock:
            stood = self._read()
            waiting = {hub: stood.get(hub, Waiting()) for hub in hubs}
            waiting = {hub: replace(one, topics=one.topics | topics) for hub, one in waiting.items()}
            if waiting != stood:
                self._write(waiting)
        return bool(topics and hubs)

    def due(self, hub: str) -> datetime | None:
        """When the hub is to be asked next; None where it has been told all. The past means at once."""
        with self._lock:
            waiting = self._read().get(hub, Waiting())
        if not waiting.topics:
            return None
        return moment(waiting.due or min(waiting.topics.values()))

    def send(self, hub: str, now: Callable[[], datetime], stopping: Callable[[], bool] = lambda: False) -> int:
        """Tells a hub all that it is to be told, unless it is left alone until later; how many feeds it was told of.

        After the first failure the rest waits with what failed, so that a dead hub costs one request each time.
        """
        due = self.due(hub)
        if due is None or due > now():
            return 0
        with self._lock:
            topics = {**self._read().get(hub, Waiting()).topics}
        told = 0
        for topic, since in topics.items():
            if stopping():
                break
            if now() - moment(since) > _KEPT:
                log.warning("hub %s was not told of %s for %s; given up", _name(hub), topic, _KEPT)
                self._settled(hub, topic, since, told=False)
                continue
            try:
                _ping(hub, topic)
            except DeliveryError as error:
                self._failed(hub, error, now())
                break
            self._settled(hub, topic, since, told=True)
            told += 1
        return told

    def _settled(self, hub: str, topic: str, since: str, *, told: bool) -> None:
        with self._lock:
            waiting = self._read()
            if hub not in waiting:
                return
            # What changed again while it was told is to be told again.
            left = {name: at for name, at in waiting[hub].topics.items() if (name, at) != (topic, since)}
            self._write({**waiting, hub: Waiting(left) if told else replace(waiting[hub], topics=left)})

    def _failed(self, hub: str, error: DeliveryError, at: datetime) -> None:
        with self._lock:
            waiting = self._read()
            if hub not in waiting:
                return
            failures = waiting[hub].failures + 1
            wait = min(_FIRST_WAIT * 2 ** min(failures - 1, 20), _LONGEST_WAIT)
            if error.retry_after is not None:
                wait = min(max(wait, timedelta(seconds=error.retry_after)), _LONGEST_WAIT)
            self._write({**waiting, hub: replace(waiting[hub], failures=failures, due=iso(at + wait))})
        log.warning("hub %s not told: %s; again in %s", _name(hub), error, wait)

    def _read(self) -> dict[str, Waiting]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            return {hub: Waiting(dict(one["topics"]), int(one["failures"]), str(one["due"])) for hub, one in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # A file that cannot be read costs a ping, which readers' own polling makes up for.
            log.warning("%s: not read: %s", self._path.name, type(error).__name__)
            return {}

    def _write(self, waiting: dict[str, Waiting]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({hub: asdict(one) for hub, one in waiting.items()}, indent=1), "utf-8")
        draft.replace(self._path)


def unreachable(public_url: str) -> bool:
    """Whether no hub can fetch what stands under this address, since it is this very machine's."""
    return is_local(urlsplit(public_url).hostname or "")


def _ping(hub: str, topic: str) -> None:
    """Raises DeliveryError: the hub did not take it."""
    content = urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
    answer = post("the hub", hub, content, _FORM, timeout=TIMEOUT)
    if not 200 <= answer.status < 300:
        raise DeliveryError(f"HTTP {answer.status} {answer.said(hub)}", retry_after=answer.retry_after)


def _name(hub: str) -> str:
    """A hub without what its address may hold that is secret."""
    return urlsplit(hub).hostname or "?"
