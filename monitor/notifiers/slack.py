"""Slack by an incoming webhook, in Block Kit, within Slack's limits: what does not fit is counted and linked, never an error.

Apprise would put a whole message into one section of up to 35,000 characters, which Slack refuses.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from monitor.config import Channel
from monitor.notifiers import BadChannel, DeliveryError, without_secrets
from monitor.notifiers.messages import Line, Message

# https://docs.slack.dev/reference/block-kit/blocks: 150 characters in a header, 3,000 in a section, 50 blocks in a message.
HEADER, SECTION, BLOCKS = 150, 3_000, 50
# A message of more than this many characters is cut by Slack's clients.
BUDGET = 12_000
_TIMEOUT = 20.0


class SlackChannel:
    """One incoming webhook."""

    def __init__(self, channel: Channel) -> None:
        self._url = channel.url.get_secret_value()
        try:
            parts = urlsplit(self._url)
            host = httpx.URL(self._url).host if re.fullmatch(r"[!-~]+", self._url) and parts.port != 0 else ""
        except (ValueError, httpx.InvalidURL):
            host = ""
        if not re.fullmatch(r"[\w.:-]+", host) or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
            raise BadChannel("expected the address of an incoming webhook, such as https://hooks.slack.com/services/…")

    def send(self, message: Message) -> None:
        """Posts the message; any answer but 200 is an error."""
        try:
            response = httpx.post(self._url, json=payload(message), timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            # The text of an httpx error may hold the webhook's address, which is a secret.
            raise DeliveryError(f"Slack cannot be reached ({type(error).__name__})") from None
        if response.status_code != 200:
            said = without_secrets("".join(c for c in response.text[:1_000] if c.isprintable()), self._url)[:100]
            after = response.headers.get("Retry-After", "")
            raise DeliveryError(
                f"Slack answered {response.status_code}: {said}",
                float(after) if after.isdigit() else None,
                final=response.status_code in (400, 413),  # it is the message that is refused
            )


def payload(message: Message) -> dict[str, Any]:
    """The webhook's JSON body: blocks within the limits, and the text that notifications and screen readers show."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(message.title, HEADER), "emoji": False}},
        _section(_cut(escape(message.summary), SECTION)),
    ]
    more = f"<{_address(message.url)}|More>" if message.url else ""
    footer = " · ".join(part for part in (more, f"<{_address(message.source)}|ICE's page>" if message.source else "") if part)
    spent = len(message.title) + len(message.summary) + len(footer) + 200
    left_out = 0
    for text, lines in _pieces(message):
        if left_out or len(blocks) >= BLOCKS - 2 or spent + len(text) > BUDGET:
            left_out += lines
            continue
        blocks.append(_section(text))
        spent += len(text)
    if left_out:
        blocks.append(
            _section(f"… and {left_out:,} more" + (f": <{_address(message.url)}|the whole list>" if message.url else ""))
        )
    if footer:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": footer}]})
    return {"text": _cut(escape(f"{message.title}. {message.summary}"), SECTION), "blocks": blocks, "unfurl_links": False}


def escape(text: str) -> str:
    """`text` so that Slack shows it as it is: `<!channel>` in a cell mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(message: Message) -> Iterator[tuple[str, int]]:
    """(text of one section block, lines in it), each within a block's limit."""
    for section in message.sections:
        text, lines = f"*{_plain(section.title)}*", 0
        for line in section.lines:
            rendered = _line(line)
            if len(text) + 1 + len(rendered) > SECTION:
                yield text, lines
                text, lines = f"*{_plain(section.title)}* (continued)", 0
            text, lines = f"{text}\n{rendered}", lines + 1
        yield text, lines


def _line(line: Line) -> str:
    text = _cut(_plain(line.text), 600)
    address = _address(line.url or "")
    linked = f" <{address}|agreement>" if 0 < len(address) < 600 else ""
    return f"• *{_plain(line.mark)}*: {text}{linked}"


def _plain(text: str) -> str:
    # A zero-width blank keeps *, _, ~ and ` of a cell from becoming formatting.
    return "".join(f"\u200b{c}" if c in "*_~`" else c for c in escape(text))


def _address(url: str) -> str:
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._").replace("&", "&amp;")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    # An escaped character must not be cut in half.
    if "&" in cut[-5:] and ";" not in cut[cut.rindex("&") :]:
        cut = cut[: cut.rindex("&")]
    return cut + "…"


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
