"""Channels: each takes a message and sends it. A new one is a file here with a class, registered in `_TYPES` by its config type."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Protocol

from monitor.config import Channel, Configuration, Problem
from monitor.notifiers.messages import Message


class DeliveryError(Exception):
    """A message was not taken by its service. The text says why and holds no secret; `retry_after` is in seconds; `final` means that
    this very message will never be taken."""

    def __init__(self, reason: str, retry_after: float | None = None, *, final: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.final = final


class BadChannel(Exception):
    """A channel's settings cannot be used; the text says what to change and holds no secret."""


class Notifier(Protocol):
    """A channel ready to send. Raises DeliveryError where the service does not take the message."""

    def send(self, message: Message) -> None: ...


# Imported when a channel of the type is switched on: Apprise alone takes a third of a second to import.
_TYPES = {
    "apprise": ("monitor.notifiers.apprise", "AppriseChannel"),
    "slack": ("monitor.notifiers.slack", "SlackChannel"),
}


def build(channel: Channel) -> Notifier:
    """The notifier that `channel` configures. Raises BadChannel."""
    if channel.type not in _TYPES:
        raise BadChannel(f"no channel type is called {channel.type!r}; there are {', '.join(sorted(_TYPES))}")
    module, name = _TYPES[channel.type]
    notifier: Notifier = getattr(import_module(module), name)(channel)
    return notifier


def check(configuration: Configuration) -> list[Problem]:
    """What is wrong with the channels of a configuration."""
    problems = []
    for number, channel in enumerate(configuration.settings.channels):
        try:
            build(channel)
        except BadChannel as error:
            key = "type" if channel.type not in _TYPES else "url"
            problems.append(configuration.problem(("channels", number, key), str(error)))
    return problems


def without_secrets(text: str, secret: str) -> str:
    """`text` with `secret` and every telling piece of it (a token, a password) blanked."""
    pieces = {secret, *re.split(r"[/:@?&=\s]+", secret)}
    for piece in sorted((p for p in pieces if len(p) >= 4 and p not in _HARMLESS), key=len, reverse=True):
        text = text.replace(piece, "***")
    return " ".join(text.split())[:500]


_HARMLESS = frozenset(("http", "https", "mailto", "mailtos", "slack", "localhost", "hooks.slack.com", "services"))
