"""Who is told: a mail server, a Slack and a webhook that now and then refuse, or take a message and never say so."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.site import Site, serving
from tests.support.slack import Slack, slack
from tests.support.smtp import QUEUED, Server, smtp

_SECRET = "whsec_" + "A" * 44


class Receivers:
    """The three of them; `channels` is how a configuration names them."""

    def __init__(self, workspace: Slack, mail: Server, hooks: Site) -> None:
        self._slack, self._mail, self._hooks = workspace, mail, hooks
        every = {"pause": "0s", "tell": ["news", "corrections"]}
        sender = {"security": "none", "from": "m@example.org", "to": "d@example.org"}
        self.channels: list[dict[str, Any]] = [
            {"type": "slack", "name": "slack", "url": workspace.hook, **every},
            {"type": "email", "name": "mail", "server": mail.address, **sender, **every},
            {"type": "webhook", "name": "events", "url": f"{hooks.address}/events", "secret": _SECRET, **every},
        ]

    def fail(self, chance: random.Random) -> str:
        """Makes one of them fail for a while; which, and how."""
        how = chance.choice(("slack 500", "slack 429", "slack lost answer", "mail 451", "webhook 503"))
        if how == "slack 500":
            self._slack.fault("hook", 500, b"internal_error")
        elif how == "slack 429":
            self._slack.fault("hook", 429, b"rate_limited", Retry_After="1")
        elif how == "slack lost answer":
            self._slack.fault("hook", 0, after=True)
        elif how == "mail 451":
            self._mail.data = "451 4.3.0 try again later"
        else:
            self._hooks.hook_status = 503
        return how

    def recover(self) -> None:
        """From now on they take everything."""
        self._slack.faults.clear()
        self._mail.data = QUEUED
        self._hooks.hook_status = 200

    def taken(self) -> dict[str, Counter[str]]:
        """By channel: how often each message was taken, by the id that tells it from others (Slack's webhook has none: by all it says)."""
        return {
            "slack": Counter(json.dumps(body, sort_keys=True) for body in self._slack.hooked),
            "mail": Counter(str(one.mail["Message-ID"]) for one in self._mail.inbox),
            "events": Counter(one.headers["webhook-id"] for one in self._hooks.asked("/events") if one.status == 200),
        }

    def events(self) -> set[str]:
        """The numbers of the events that the webhook was told."""
        posts = [json.loads(one.body) for one in self._hooks.asked("/events") if one.status == 200]
        return {event["id"].split("-")[0] for body in posts for event in (body if isinstance(body, list) else [body])}

    def titles(self) -> Counter[str]:
        """How often Slack was told each title."""
        return Counter(body["blocks"][0]["text"]["text"] for body in self._slack.hooked)


@contextmanager
def receivers() -> Iterator[Receivers]:
    with slack() as workspace, smtp() as mail, serving() as hooks:
        yield Receivers(workspace, mail, hooks)
