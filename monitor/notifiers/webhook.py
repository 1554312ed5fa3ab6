"""A receiver of one's own: CloudEvents 1.0 in JSON, signed as the Standard Webhooks specification says.

docs/events.md tells receivers what comes and how to verify it. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md are the specifications.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr, field_validator

from monitor.config import Channel, Section
from monitor.core.events import Event, iso
from monitor.notifiers import DeliveryError, Receipt, Sending, options
from monitor.notifiers.http import is_sound, post, reach
from monitor.notifiers.messages import Message

SINGLE, BATCH = "application/cloudevents+json; charset=utf-8", "application/cloudevents-batch+json; charset=utf-8"
TYPES = "monitor287g"
_PREFIX, _SHORTEST = "whsec_", 24


class Options(Section):
    """The keys of a webhook channel. Both may be secrets: many receivers put a token into the address."""

    url: SecretStr
    secret: SecretStr

    @field_validator("url")
    @classmethod
    def _url(cls, value: SecretStr) -> SecretStr:
        if not is_sound(value.get_secret_value()):
            raise ValueError("expected the receiver's address, which begins with https:// (http:// for this very machine only)")
        return value

    @field_validator("secret")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        key_of(value.get_secret_value())
        return value


class WebhookChannel:
    """One receiver. It may be sent to as fast as it answers."""

    pause = 0.0

    def __init__(self, channel: Channel) -> None:
        chosen = options(Options, channel)
        self._name = channel.name or channel.type
        self._url = chosen.url.get_secret_value()
        self._key = key_of(chosen.secret.get_secret_value())
        self._secrets = (self._url, chosen.secret.get_secret_value())

    def send(self, message: Message, sending: Sending) -> Receipt:
        """Posts the message's events. Any 2xx takes them; a 410 is final: the receiver is gone and says so for good."""
        content = body(message, sending)
        headers = {
            "Content-Type": BATCH if len(sending.events) > 1 else SINGLE,
            **signature(self._key, webhook_id(self._name, message), int(sending.at.timestamp()), content),
        }
        answer = post("the webhook", self._url, content, headers)
        said = answer.said(*self._secrets)
        if 200 <= answer.status < 300:
            return Receipt(f"{answer.status} {said}".strip())
        reason = f"the webhook answered {answer.status}" + (f": {said}" if said else "")
        if 300 <= answer.status < 400:
            reason += " (a redirect, which is not followed; give the address it leads to)"
        raise DeliveryError(reason, answer.retry_after, final=answer.status == 410)

    def reach(self) -> str:
        return reach("the webhook", self._url)

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        """The body as it is sent, and indented."""
        sent = body(message, sending)
        shown = json.dumps(json.loads(sent), ensure_ascii=False, indent=2)
        # What could steer a terminal is shown as JSON's own escape: the text stays the same JSON.
        plain = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in shown)
        return {"json": sent, "txt": plain.encode() + b"\n"}


def body(message: Message, sending: Sending) -> bytes:
    """One CloudEvent, or a list of them where the message tells several events, as UTF-8 JSON."""
    source = source_of(message)
    told = [of_event(event, source) for event in sending.events] or [of_message(message, source)]
    text = json.dumps(told if len(told) > 1 else told[0], ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair, which no UTF-8 holds, becomes "?": many parsers refuse a body over its escape.
    return text.encode("utf-8", "replace")


def of_event(event: Event, source: str) -> dict[str, Any]:
    """An event of the log as a CloudEvent; its data is what `events --json` prints."""
    return {
        "specversion": "1.0",
        # The number alone would come again, for another event, from a log that was begun anew.
        "id": f"{event.id}-{re.sub('[-:]', '', iso(event.at))}",
        "source": source,
        "type": f"{TYPES}.{event.kind}",
        **({"subject": event.listing.id} if event.listing and event.listing.id else {}),
        "time": iso(event.at),
        "datacontenttype": "application/json",
        "data": event.to_json(),
    }


def of_message(message: Message, source: str) -> dict[str, Any]:
    """A message that tells no event of the log as a CloudEvent; its data is the message."""
    return {
        "specversion": "1.0",
        "id": _plain(message.id),
        "source": source,
        "type": f"{TYPES}.message.{message.severity}",
        "time": message.at,
        "datacontenttype": "application/json",
        "data": message.to_json(),
    }


def source_of(message: Message) -> str:
    """The monitor's public site, `https://monitor.example.org`, as the CloudEvents attribute; the watched page's where it has none.

    Without the path: where in the site a message stands is no part of what tells one monitor from another.
    """
    try:
        # A host outside ASCII comes out as the punycode that a URI needs.
        url = httpx.URL(message.url or message.page)
    except httpx.InvalidURL:
        return TYPES
    return f"{url.scheme}://{quote(url.netloc, safe=':[]%')}" if url.host else TYPES


def key_of(secret: str) -> bytes:
    """The HMAC key that a secret stands for, as the specification writes it: base64 behind `whsec_`. Raises ValueError."""
    encoded = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True) if secret.startswith(_PREFIX) else b""
    except ValueError:
        key = b""
    if len(key) < _SHORTEST:
        raise ValueError(
            f"expected {_PREFIX} and the base64 of at least {_SHORTEST} bytes, such as `openssl rand -base64 32` prints"
        )
    return key


def signature(key: bytes, identifier: str, seconds: int, content: bytes) -> dict[str, str]:
    """The headers of the Standard Webhooks specification; `seconds` is the moment of the attempt in Unix time."""
    signed = hmac.digest(key, f"{identifier}.{seconds}.".encode() + content, hashlib.sha256)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def webhook_id(channel: str, message: Message) -> str:
    """The idempotency key: the same at every attempt, another for each channel, whose filter may make its message another one."""
    return _plain(f"{channel}/{message.id}")


def _plain(text: str) -> str:
    """`text` as a header and a CloudEvents attribute may hold it; without the dot, which delimits what is signed."""
    return quote(text, safe="/:", errors="surrogatepass").replace(".", "%2E")
