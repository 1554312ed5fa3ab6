"""A dead man's switch: a service that is told of every poll and alarms somebody when it hears nothing any more.

The addresses are those of https://healthchecks.io/docs/signaling_failures/, which other services understand too: `…/start`, `…`, `…/fail`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from monitor.core.alarms import Open
from monitor.notifiers import DeliveryError

log = logging.getLogger(__name__)

# A poll waits for it.
_WITHIN = 5.0


class Outcome:
    """What is told of one poll: `alarms` are those that are open after it, `said` is its line in the log; `stopped`: it was broken off."""

    alarms: Mapping[str, Open] = {}
    said = ""
    stopped = False


class DeadMan:
    """One check of such a service, or none (`url` is ""). Telling it never fails: the less it hears, the more it alarms."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._unheard = False

    @contextmanager
    def told(self) -> Iterator[Outcome]:
        """Around a poll: tells that it begins and how it ended.

        It failed where it raised, or while an alarm stands that the operator was told of: on its own, a page that cannot be had for a
        moment is no failure of the monitor.
        """
        outcome = Outcome()
        self._tell("/start", "")
        try:
            yield outcome
        except BaseException as error:
            self._tell("/fail", f"{type(error).__name__}: {error}")
            raise
        if outcome.stopped:
            return
        standing = [f"{key}: {alarm.detail}" for key, alarm in outcome.alarms.items() if alarm.told_at]
        self._tell("/fail" if standing else "", "\n".join([outcome.said, *standing]))

    def _tell(self, what: str, detail: str) -> None:
        if not self._url:
            return
        from monitor.notifiers.http import post

        try:
            status = post("its service", self._url + what, detail.encode("utf-8", "replace")[:2_000], {}, timeout=_WITHIN).status
            trouble = "" if 200 <= status < 300 else f"its service answered {status}"
        except DeliveryError as error:
            trouble = str(error)
        if trouble and not self._unheard:
            log.warning("health.ping: %s; it misses this poll", trouble)
        self._unheard = bool(trouble)
