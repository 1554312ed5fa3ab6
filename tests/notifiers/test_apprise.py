"""Services behind Apprise, as they answer on loopback: each gets the format it shows best, and no cell calls anyone."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from apprise import NotifyFormat

from monitor.notifiers import BadChannel, DeliveryError, Sending, build
from monitor.notifiers.apprise import AppriseChannel
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.rendering import Renderer
from tests.support.site import Site
from tests.support.smtp import smtp
from tests.support.told import AT, HOSTILE, channel

ONCE = Sending(AT)
SECRET = "s3cret-T0ken"
MESSAGE = Message(
    *("alert-7", "news", "1 new 287(g) agreement", "Now 4 agreements.", "2025"),
    sections=(
        Section("Texas", (Line("New", "Smith & Sons <County>: Task Force Model", "https://www.ice.gov/s.pdf", "was pending"),)),
    ),
    url="https://m.example/#publication-7",
)
TEXT, MARKDOWN, HTML = Renderer().text(MESSAGE), Renderer().markdown(MESSAGE), Renderer().html(MESSAGE)


def service(url: str) -> AppriseChannel:
    built = build(channel(type="apprise", url=url))
    assert isinstance(built, AppriseChannel)
    return built


def local(site: Site, scheme: str = "json", query: str = "") -> AppriseChannel:
    return service(
        f"{scheme}://user:{SECRET}@{site.address.removeprefix('http://')}/{'topic' if scheme == 'ntfy' else 'hook'}{query}"
    )


def lines_of(text: str) -> list[str]:
    """Lines without what services trim: blanks at the ends."""
    return [line.strip() for line in text.strip().splitlines()]


# -- what is sent ----------------------------------------------------------------------------------------------------------------


def test_a_service_is_sent_title_and_text(site: Site) -> None:
    receipt = local(site).send(MESSAGE, ONCE)
    (post,) = site.posts
    assert post["title"] == "1 new 287(g) agreement"
    assert lines_of(post["message"]) == lines_of(TEXT)
    assert receipt.said == "taken"


@pytest.mark.parametrize(
    ("query", "said"), [("", TEXT), ("?format=text", TEXT), ("?format=markdown", MARKDOWN), ("?format=html", HTML)]
)
def test_a_service_that_takes_several_formats_gets_the_one_that_its_address_asks_for(site: Site, query: str, said: str) -> None:
    local(site, query=query).send(MESSAGE, ONCE)
    assert lines_of(site.posts[0]["message"]) == lines_of(said)


def test_ntfy_gets_text(site: Site) -> None:
    local(site, "ntfy").send(MESSAGE, ONCE)
    (post,) = site.posts
    assert (post["topic"], post["title"]) == ("topic", "1 new 287(g) agreement")
    assert lines_of(post["message"]) == lines_of(TEXT)


def test_ntfy_gets_markdown_where_its_address_asks_for_it(site: Site) -> None:
    local(site, "ntfy", "?format=markdown").send(MESSAGE, ONCE)
    assert lines_of(site.posts[0]["message"]) == lines_of(MARKDOWN)


def test_mail_gets_the_html_document() -> None:
    with smtp() as server:
        service(f"mailto://{server.address}/?from=monitor@example.org&to=desk@example.org&mode=insecure").send(MESSAGE, ONCE)
        (delivered,) = server.inbox
    parts = {part.get_content_type(): part.get_content() for part in delivered.mail.walk() if not part.is_multipart()}
    assert "Smith &amp; Sons &lt;County&gt;" in parts["text/html"]
    assert 'href="https://www.ice.gov/s.pdf"' in parts["text/html"]


FORMATS = {
    "mailto://user:pass@example.org": NotifyFormat.HTML,
    "mailgun://user@example.org/key/to@example.org": NotifyFormat.HTML,
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#desk": NotifyFormat.MARKDOWN,
    "rocket://user:pass@chat.example.org/#desk": NotifyFormat.MARKDOWN,
    "discord://1234567890/abcdefghijkl?format=markdown": NotifyFormat.MARKDOWN,
    "discord://1234567890/abcdefghijkl": NotifyFormat.TEXT,
    "matrix://user:pass@chat.example.org/#desk": NotifyFormat.TEXT,
    "gotify://push.example.org/token": NotifyFormat.TEXT,
    # It takes HTML, but only 4,096 characters of it: a document would be cut in its midst.
    "tgram://123456789:abcdefg_hijklmnop/123": NotifyFormat.TEXT,
}


@pytest.mark.parametrize("url", FORMATS)
def test_each_service_gets_what_it_shows_best(url: str) -> None:
    suffix = {NotifyFormat.HTML: "html", NotifyFormat.MARKDOWN: "md"}.get(FORMATS[url])
    assert {*service(url).forms(MESSAGE, ONCE)} == {"txt", *([suffix] if suffix else [])}


def test_a_mail_that_is_too_long_for_one_document_is_text() -> None:
    lines = tuple(Line("New", f"Agency {number}: Task Force Model, signed May 20, 2025") for number in range(600))
    long = Message("a", "news", "600 new", "Now 604.", "2025", sections=(Section("Texas", lines),))
    assert {*service("mailto://user:pass@example.org").forms(long, ONCE)} == {"txt"}


def test_a_long_message_comes_in_parts_of_which_none_is_missing(site: Site) -> None:
    notifier = local(site, "ntfy")
    for server in notifier._service:
        server.request_rate_per_sec = 0  # Apprise sleeps between the parts
    lines = tuple(Line("New", f"Agency {number}: Task Force Model, signed May 20, 2025") for number in range(600))
    notifier.send(Message("a", "news", "600 new", "Now 604.", "2025", sections=(Section("Texas", lines),)), ONCE)
    assert len(site.posts) > 1
    whole = "".join(post["message"] for post in site.posts)
    assert all(f"Agency {number}:" in whole for number in range(600))


def test_a_message_that_is_nothing_but_its_title_is_sent(site: Site) -> None:
    local(site).send(Message("e", "news", "Nothing else", "", "2025"), ONCE)
    assert "Nothing else" in json.dumps(site.posts)


# -- what a cell could try -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?format=markdown", "?format=html"])
@pytest.mark.parametrize("name", ["everyone", "here", "channel", "all"])
def test_a_cell_calls_nobody(site: Site, name: str, query: str) -> None:
    cell = f"@{name} Smith County (@{name})"
    local(site, query=query).send(
        Message("a", "news", cell, cell, "2025", sections=(Section(cell, (Line(cell, cell, note=cell),)),)), ONCE
    )
    assert f"@{name}" not in json.dumps(site.posts[0], ensure_ascii=False)
    assert name in site.posts[0]["message"]


SLACK, DISCORD = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#desk", "discord://1234567890/abcdefghijkl"


@pytest.mark.parametrize(
    ("address", "mention"),
    [
        *((SLACK, cell) for cell in ("<!channel>", "<!here|here>", "<@U123ABC>")),
        *((DISCORD, cell) for cell in ("<@&4567>", "<@4567>")),
    ],
)
@pytest.mark.parametrize("query", ["", "?format=markdown", "?format=text"])
def test_a_cell_mentions_nobody_in_slack_or_discord(site: Site, address: str, query: str, mention: str) -> None:
    """Apprise makes mentions of what looks like one."""
    notifier = service(address + query)
    (server,) = notifier._service
    # The plugin asks the site in the place of Slack's or Discord's host.
    setattr(server, "webhook_url" if address == SLACK else "notify_url", site.address)
    notifier.send(
        Message("a", "news", "1 new", "Now 4.", "2025", sections=(Section("Texas", (Line("New", f"Smith {mention}"),)),)), ONCE
    )
    said = list(strings(site.posts))
    assert any("Smith" in text for text in said)
    assert not [text for text in said if re.search(r"(?<!\\)<[!@](?!\u200b)[^<>]*>", text)]


def strings(value: Any) -> Iterator[str]:
    """Every text of a JSON value."""
    if isinstance(value, str):
        yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(entry)


def test_a_mail_address_in_a_cell_is_left_as_it_is(site: Site) -> None:
    local(site).send(Message("a", "news", "t", "Ask desk@example.org.", "2025"), ONCE)
    assert "desk@example.org" in site.posts[0]["message"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("query", ["", "?format=markdown", "?format=html"])
def test_whatever_a_cell_says_is_sent(site: Site, text: str, query: str) -> None:
    local(site, query=query).send(Message("a", "news", text, text, "2025", sections=(Section(text, (Line("New", text),)),)), ONCE)
    assert site.posts


# -- errors ----------------------------------------------------------------------------------------------------------------------


def error(notifier: AppriseChannel) -> str:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(MESSAGE, ONCE)
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert not caught.value.final
    return str(caught.value)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
@pytest.mark.parametrize("scheme", ["json", "ntfy"])
def test_a_service_that_refuses_is_an_error_that_says_so(site: Site, scheme: str, status: int) -> None:
    site.hook_status = status
    assert str(status) in error(local(site, scheme)) or "Unauthorized" in error(local(site, scheme))


def test_a_service_that_cannot_be_reached_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert error(service(f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}"))


def test_no_log_line_holds_the_secret(site: Site) -> None:
    site.hook_status = 500
    with logged() as log:
        error(local(site))
    assert SECRET not in log.getvalue()


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What the program's log says meanwhile: that of its root, as logs.py sets it up."""
    handler = logging.StreamHandler(io.StringIO())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.stream
    finally:
        root.removeHandler(handler)


@pytest.mark.parametrize("url", [f"nosuch://{SECRET}", SECRET, f"http://{SECRET}", f"slack://{SECRET}", ""])
def test_an_address_that_apprise_does_not_know_is_refused_without_repeating_it(url: str) -> None:
    with logged() as log, pytest.raises(BadChannel) as caught:
        service(url)
    ((key, words),) = caught.value.mistakes
    assert key == ("url",)
    assert words == "expected the address of a service that Apprise knows, such as ntfys://ntfy.sh/topic"
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("keys", [{}, {"url": ["json://127.0.0.1"]}, {"url": "json://127.0.0.1", "format": "html"}])
def test_keys_that_are_missing_wrong_or_unknown_are_mistakes(keys: dict[str, Any]) -> None:
    with pytest.raises(BadChannel) as caught:
        build(channel(type="apprise", **keys))
    assert len(caught.value.mistakes) == 1


def test_a_preview_sends_nothing(site: Site) -> None:
    forms = local(site).forms(MESSAGE, ONCE)
    assert forms["txt"].decode() == f"1 new 287(g) agreement\n\n{TEXT}"
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1, json://127.0.0.2", "ntfy://127.0.0.1/one/two", "mailto://u:p@x.example?to=a@x.example,b@x.example"]
)
def test_an_address_with_several_targets_is_refused_because_a_retry_would_repeat_some(url: str) -> None:
    with pytest.raises(BadChannel, match="one target"):
        service(url)
