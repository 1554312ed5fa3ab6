"""From a changed spreadsheet to what people receive: mail through a real SMTP server, Slack's webhook, the feed in a real reader."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import feedparser
import pytest
from aiosmtpd.controller import Controller

from tests.support.line import Line, line
from tests.support.sheets import JEM, TFM, pending_sheet, row, sheet
from tests.support.site import Site

ICE = "https://www.ice.gov/doclib/287gMOA"
OLD = [row("TEXAS", "Smith County Sheriff's Office", moa=f"{ICE}/smith.pdf"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = [
    *OLD,
    row("OHIO", "Butler & Sons <County> Sheriff's Office", TFM, moa=f"{ICE}/butler.pdf"),
    row("TEXAS", "Travis County Constable", TFM),
]


class Inbox:
    """Takes every message an SMTP client delivers."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[tuple[Inbox, str]]:
    """A real SMTP server on loopback: (its inbox, host:port)."""
    inbox = Inbox()
    # aiosmtpd connects to the port it was given, so it cannot be asked for any free one.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    try:
        yield inbox, f"127.0.0.1:{port}"
    finally:
        controller.stop()


@pytest.fixture
def alerted(site: Site, smtp: tuple[Inbox, str], tmp_path: Path) -> Iterator[tuple[Line, Inbox]]:
    """A line with a Slack channel and a mail channel; what it sent so far has been taken."""
    inbox, address = smtp
    channels = [
        {"type": "slack", "name": "newsroom", "url": f"{site.address}/hooks/T000/B000/secret"},
        {
            "type": "apprise",
            "name": "desk",
            "url": f"mailto://{address}/?from=monitor@example.org&to=desk@example.org&mode=insecure",
        },
    ]
    with line(site, tmp_path / "state", channels=channels, web={"public_url": "https://monitor.example.org"}) as one:
        site.publish("participating", sheet(OLD))
        site.publish("pending", pending_sheet([row("OHIO", "Butler & Sons <County> Sheriff's Office", TFM)]))
        one.poll()
        yield one, inbox


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    assert part is not None, f"the mail has no {kind} part"
    return str(part.get_content())


def test_the_start_is_one_message_that_says_from_what(alerted: tuple[Line, Inbox]) -> None:
    watch, inbox = alerted
    watch.deliver()
    (post,) = watch.site.posts
    assert post["blocks"][0]["text"]["text"] == "Watching ICE's 287(g) list from here on"
    assert "Now 2 agreements in 2 states and 1 pending application." in post["blocks"][1]["text"]["text"]
    assert [str(mail["Subject"]) for mail in inbox.messages] == ["Watching ICE's 287(g) list from here on"]


def test_new_agreements_reach_slack_and_mail_once_grouped_by_state(alerted: tuple[Line, Inbox]) -> None:
    watch, inbox = alerted
    watch.deliver()
    watch.site.publish("participating", sheet(NEW), "participatingAgencies05302025am.xlsx")
    watch.poll()
    watch.deliver()
    watch.deliver()
    post = watch.site.posts[1]
    assert len(watch.site.posts) == len(inbox.messages) == 2, "a message was sent twice or not at all"
    assert post["blocks"][0]["text"]["text"] == "2 new 287(g) agreements"
    texts = [block["text"]["text"] for block in post["blocks"] if block["type"] == "section"]
    assert texts[0].startswith("Now 4 agreements in 3 states and 1 pending application.")
    assert texts[1].startswith(
        "*Ohio*\n• *New*: Butler &amp; Sons &lt;County&gt; Sheriff's Office: Task Force Model, signed May 20, 2025"
    )
    assert f"<{ICE}/butler.pdf|agreement>" in texts[1]
    assert texts[2].startswith("*Texas*\n• *New*: Travis County Constable")
    mail = inbox.messages[1]
    assert (mail["Subject"], mail["To"]) == ("2 new 287(g) agreements", "desk@example.org")
    html, plain = text_of(mail, "html"), text_of(mail, "plain")
    assert (
        "Butler &amp; Sons &lt;County&gt; Sheriff&#39;s Office" in html
        or "Butler &amp; Sons &lt;County&gt; Sheriff's Office" in html
    )
    assert f'href="{ICE}/butler.pdf"' in html
    assert "Travis County Constable" in plain
    assert "participatingAgencies05302025am.xlsx" in plain


def test_a_correction_wakes_nobody(alerted: tuple[Line, Inbox]) -> None:
    watch, inbox = alerted
    watch.deliver()
    retyped = [
        row("TEXAS ", "SMITH COUNTY SHERIFF’S OFFICE", moa=f"{ICE}/smith.pdf"),
        row("FLORIDA", "Bay Couny Sheriff's Office", JEM),
    ]
    watch.site.publish("participating", sheet(retyped))
    watch.poll()
    watch.deliver()
    assert watch.kinds() == ["agreement.corrected"]
    assert len(watch.site.posts) == len(inbox.messages) == 1


def test_a_channel_that_is_down_gets_its_message_later_and_holds_back_no_other(alerted: tuple[Line, Inbox]) -> None:
    watch, inbox = alerted
    watch.site.hook_status = 503
    watch.deliver()
    assert len(inbox.messages) == 1
    assert watch.site.posts == []
    summary = {channel["channel"]: channel for channel in watch.store.outbox.summary()}
    assert summary["newsroom"]["waiting"] == 1
    assert "503" in summary["newsroom"]["last_error"]
    assert "secret" not in summary["newsroom"]["last_error"]
    watch.site.hook_status = 200
    watch.deliver()
    assert watch.site.posts == [], "the retry did not wait"
    watch.poll()
    watch.deliver()
    assert len(watch.site.posts) == 1


def test_a_reader_finds_the_same_items_twice_running(alerted: tuple[Line, Inbox]) -> None:
    watch, _ = alerted
    watch.site.publish("participating", sheet(NEW))
    watch.poll()
    watch.publish()
    path = watch.state.public / "feed.xml"
    first = feedparser.parse(path.read_bytes())
    assert not first.bozo, first.get("bozo_exception")
    assert [entry.title for entry in first.entries] == [
        "2 new 287(g) agreements",
        "Watching ICE's 287(g) list from here on",
        "Watching ICE's 287(g) list from here on",
    ]
    assert first.feed.links[-1].href == "https://monitor.example.org/feed.xml"
    assert all(entry.link.startswith("https://monitor.example.org/#publication-") for entry in first.entries)
    assert "Butler & Sons <County>" not in path.read_text()
    assert watch.publish() == [], "unchanged files were written again"
    watch.poll()
    watch.publish()
    again = feedparser.parse(path.read_bytes())
    assert [entry.id for entry in again.entries] == [entry.id for entry in first.entries]
    assert len({entry.id for entry in again.entries}) == 3
