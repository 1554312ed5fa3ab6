"""Channels: each takes a message and sends it. A new one is a file here with a class, registered in `_TYPES` by its config type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from pydantic import ValidationError

from monitor.config import Channel, Configuration, Key, Problem, Section, message_of
from monitor.core.events import Event
from monitor.notifiers.messages import Message
from monitor.notifiers.wording import plain


class DeliveryError(Exception):
    """A message was not taken by its service. The text says why and holds no secret.

    `retry_after` is in seconds; `final` means that this very message will never be taken; `receipt` is what part of it was taken.
    """

    def __init__(
        self,
        reason: str,
        retry_after: float | None = None,
        *,
        final: bool = False,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.final = final
        self.receipt = receipt


class BadChannel(Exception):
    """A channel's settings cannot be used; `mistakes` are (key below the channel, what to change), and hold no secret."""

    def __init__(self, *mistakes: tuple[Key, str]) -> None:
        super().__init__("; ".join(message for _, message in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Sending:
    """What a channel may need beside the message.

    `at` is the moment of the attempt (UTC); `events` are those of the log that it tells; `again`: an earlier attempt may have
    arrived, its answer lost; `receipt` what an earlier attempt left behind; `thread` the receipt of the message that this one follows.
    """

    at: datetime
    events: Sequence[Event] = ()
    again: bool = False
    receipt: Mapping[str, Any] = field(default_factory=dict)
    thread: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a service took a message: what it said, in one line, and what later messages need to refer to this one."""

    said: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Notifier(Protocol):
    """A channel ready to send.

    `pause` is how many seconds its service wants between two messages. `send` raises DeliveryError where the service does not take the
    message; `forms` gives it as it would be sent, by file suffix ("txt" is for people at a terminal). `reach` says, as far as can be
    told without sending, that the service is there and takes the login; it raises DeliveryError where not.
    """

    pause: float

    def send(self, message: Message, sending: Sending) -> Receipt: ...

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]: ...

    def reach(self) -> str: ...


class Unusable:
    """A channel that cannot be built: every message fails for that reason, until it can."""

    pause = 0.0

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def send(self, message: Message, sending: Sending) -> Receipt:
        raise DeliveryError(f"the channel cannot be used: {self._reason}")

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        return {}

    def reach(self) -> str:
        raise DeliveryError(f"the channel cannot be used: {self._reason}")


# Imported when a channel of the type is switched on: Apprise alone takes a third of a second to import.
_TYPES = {
    "apprise": ("monitor.notifiers.apprise", "AppriseChannel"),
    "email": ("monitor.notifiers.email", "EmailChannel"),
    "slack": ("monitor.notifiers.slack", "SlackChannel"),
    "webhook": ("monitor.notifiers.webhook", "WebhookChannel"),
}

_Options = TypeVar("_Options", bound=Section)


def options(kind: type[_Options], channel: Channel) -> _Options:
    """The keys of a channel's type as `kind`. Raises BadChannel."""
    try:
        return kind.model_validate(dict(channel.options))
    except ValidationError as error:
        raise BadChannel(*((tuple(entry["loc"]), message_of(entry)) for entry in error.errors())) from None


def build(channel: Channel) -> Notifier:
    """The notifier that `channel` configures. Raises BadChannel."""
    if channel.type not in _TYPES:
        raise BadChannel((("type",), f"no channel type is called {channel.type!r}; there are {', '.join(sorted(_TYPES))}"))
    module, name = _TYPES[channel.type]
    notifier: Notifier = getattr(import_module(module), name)(channel)
    return notifier


def check(configuration: Configuration) -> list[Problem]:
    """What is wrong with the channels of a configuration."""
    from monitor.notifiers.rendering import Renderer
    from monitor.notifiers.routes import Route

    problems = []
    for number, channel in enumerate(configuration.settings.channels):
        # Templates are tried here and not when a channel is built: a mistake made in one later must hold back no message.
        for attempt in (build, Route.of, lambda channel: Renderer(channel.templates).check()):
            try:
                attempt(channel)
            except BadChannel as error:
                problems += [configuration.problem(("channels", number, *key), message) for key, message in error.mistakes]
    return problems


def operators(channels: Iterable[Channel]) -> list[str]:
    """Names of the channels that tell the operator."""
    return [channel.name for channel in channels if "operator" in channel.tell]


def without_secrets(text: str, *secrets: str) -> str:
    """`text` in one line, with each secret and every telling piece of it (a token, a password) blanked."""
    # Services repeat in their errors what they were asked for, some of it decoded.
    given = {form for secret in secrets for form in (secret, unquote(secret))}
    pieces = {piece for secret in given for piece in (secret, *re.split(r"[/:@?&=\s]+", secret))}
    for piece in sorted((p for p in pieces if len(p) >= 4 and p not in _HARMLESS), key=len, reverse=True):
        text = text.replace(piece, "***")
    return plain(text)[:500]


_HARMLESS = frozenset(("http", "https", "mailto", "mailtos", "slack", "localhost", "hooks.slack.com", "services"))
