"""A message as Slack's blocks, within Slack's limits: what does not fit is cut by the line, counted and linked, never an error. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import Renderer, cut, escape, mrkdwn, slack_link
from monitor.notifiers.wording import plain

# https://docs.slack.dev/reference/block-kit/blocks: 150 characters in a header, 3,000 in a section, 50 blocks in a message.
HEADER, SECTION, BLOCKS = 150, 3_000, 50
# A message of more than this many characters is cut by Slack's clients.
BUDGET = 12_000
_ELEMENT = 600


def payload(message: Message, renderer: Renderer) -> dict[str, Any]:
    """The JSON body: blocks within the limits, and the text that notifications and screen readers show."""
    title = plain(message.title) or "287(g) monitor"
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": title if len(title) <= HEADER else title[: HEADER - 1] + "…", "emoji": False},
        }
    ]
    footer = _footer(message)
    spent = len(title) + sum(len(element["text"]) for element in footer) + 200
    left_out = 0
    for text, lines in _pieces(renderer.slack(message)):
        if left_out or len(blocks) >= BLOCKS - 2 or spent + len(text) > BUDGET:
            left_out += lines
            continue
        blocks.append(_section(text))
        spent += len(text)
    if left_out:
        whole = slack_link(message.url, "the whole list")
        blocks.append(_section(f"… and {left_out:,} more{f': {whole}' if whole else ''}"))
    if footer:
        blocks.append({"type": "context", "elements": footer})
    text = cut(escape(f"{title}. {plain(message.summary)}"), SECTION)
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def readable(body: dict[str, Any]) -> str:
    """Blocks as text for a terminal, about as Slack shows them."""
    shown = []
    for block in body["blocks"]:
        for part in (block.get("text"), *block.get("elements", ())):
            if part:
                text = part["text"].replace("\u200b", "")
                shown.append(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return "\n\n".join(shown) + "\n"


def _pieces(paragraphs: list[str]) -> Iterator[tuple[str, int]]:
    """(text of one section block, how many things it tells) for each paragraph, within a block's limit."""
    for paragraph in paragraphs:
        first, *rest = paragraph.split("\n")
        # A paragraph without lines under its heading tells one thing.
        text, lines = cut(first, SECTION), 0 if rest else 1
        for line in rest:
            line = cut(line, SECTION - 200)
            if len(text) + 1 + len(line) > SECTION:
                yield text, lines
                text, lines = f"{cut(first, 150)} (continued)", 0
            text, lines = f"{text}\n{line}", lines + 1
        yield text, lines


def _footer(message: Message) -> list[dict[str, Any]]:
    """Where the message is from: its publications as far as they fit, then the links."""
    texts = [
        f"Read from {mrkdwn(source.name)}, seen {mrkdwn(source.seen)}, SHA-256 {source.sha256[:16]}…"
        for source in message.sources
    ]
    # A link is given whole or not at all.
    links = [link for url, text in ((message.url, "More"), (message.page, "ICE's page")) if (link := slack_link(url, text))]
    lines = [*(cut(text, _ELEMENT) for text in texts[-8:]), *([" · ".join(links)] if links else [])]
    return [_mrkdwn(line) for line in lines]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: an address or a channel's name in a cell becomes no link.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
