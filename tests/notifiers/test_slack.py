"""What Slack is sent: Block Kit within Slack's limits, in which nothing of a cell is obeyed and no error holds the webhook."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from monitor.config import Channel
from monitor.notifiers import BadChannel, DeliveryError, build
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.slack import SlackChannel, payload
from tests.support.site import Site

SECRET = "T00000000/B00000000/XXXXsecretXXXX"
HOOK = f"/services/{SECRET}"
# https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/changelog/2018-truncating-really-long-messages
HEADER, SECTION, BLOCKS, MESSAGE = 150, 3_000, 50, 12_000
HOSTILE = (
    *("<!channel> <!here> <@U123>", "<https://evil.example|ICE>", "*bold* _it_ ~gone~ `code`", "& &amp; &lt;", "\u202etxet"),
    *("A" * 5_000, "&" * 5_000, "*" * 5_000, "</a><script>alert(1)</script>", "", "line\nbreak", "😀" * 2_000),
)


def message(*sections: Section, **values: Any) -> Message:
    plain = {"id": "publication-7", "severity": "news", "title": "2 new 287(g) agreements", "summary": "Now 4.", "at": "2025"}
    return Message(**{**plain, "url": "https://m.example/#p", "source": "https://ice.example/287g", **values}, sections=sections)


def lines(number: int, text: str = "County Sheriff's Office: Task Force Model, signed May 20, 2025") -> tuple[Line, ...]:
    return tuple(Line("New", f"{n} {text}", f"https://www.ice.gov/doclib/{n}.pdf") for n in range(number))


def texts(body: dict[str, Any]) -> list[str]:
    """Every text of a payload's blocks."""
    found = [block["text"]["text"] for block in body["blocks"] if "text" in block]
    return found + [element["text"] for block in body["blocks"] for element in block.get("elements", ())]


def assert_slack_takes(body: dict[str, Any]) -> None:
    """Fails where Slack would answer `invalid_blocks`, or cut the message."""
    assert 1 <= len(body["blocks"]) <= BLOCKS
    for block in body["blocks"]:
        if block["type"] == "context":
            assert all(0 < len(element["text"]) <= SECTION for element in block["elements"])
        else:
            assert 0 < len(block["text"]["text"]) <= (HEADER if block["type"] == "header" else SECTION)
    assert sum(len(text) for text in texts(body)) <= MESSAGE
    assert 0 < len(body["text"]) <= SECTION
    assert json.loads(json.dumps(body)) == body


def channel(url: str) -> SlackChannel:
    return SlackChannel(Channel.model_validate({"type": "slack", "url": url}))


def test_a_message_is_a_header_a_summary_a_section_for_each_state_and_where_it_is_from() -> None:
    body = payload(
        message(
            Section("Ohio", (Line("New", "Butler County: Task Force Model", "https://www.ice.gov/b.pdf"),)),
            Section("Texas", (Line("New", "Travis County"), Line("Ended", "Smith County"))),
        )
    )
    assert_slack_takes(body)
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "section", "section", "context"]
    assert texts(body) == [
        "2 new 287(g) agreements",
        "Now 4.",
        "*Ohio*\n• *New*: Butler County: Task Force Model <https://www.ice.gov/b.pdf|agreement>",
        "*Texas*\n• *New*: Travis County\n• *Ended*: Smith County",
        "<https://m.example/#p|More> · <https://ice.example/287g|ICE's page>",
    ]
    assert body["text"] == "2 new 287(g) agreements. Now 4."
    assert body["unfurl_links"] is False


@pytest.mark.parametrize("number", [1, 20, 200, 2_000])
def test_any_number_of_lines_is_within_the_limits_and_every_line_is_counted(number: int) -> None:
    body = payload(message(Section("Texas", lines(number))))
    assert_slack_takes(body)
    shown = sum(text.count("\n• ") for text in texts(body))
    more = [text for text in texts(body) if text.startswith("… and ")]
    left_out = int(more[0].split()[2].replace(",", "")) if more else 0
    assert shown + left_out == number
    assert shown >= min(number, 50)
    assert all(text.endswith("<https://m.example/#p|the whole list>") for text in more)


def test_many_states_do_not_make_more_than_fifty_blocks() -> None:
    body = payload(message(*(Section(f"State {n}", lines(1, "x")) for n in range(120))))
    assert_slack_takes(body)
    assert len(body["blocks"]) == BLOCKS
    assert texts(body)[-2].startswith("… and 74 more")


def test_a_section_that_goes_on_says_so() -> None:
    second = texts(payload(message(Section("Texas", lines(60)))))[3]
    assert second.startswith("*Texas* (continued)\n• ")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_shown_and_not_obeyed(text: str) -> None:
    body = payload(message(Section("Texas", (Line("New", text), *lines(3))), summary=f"Now 4. Read from {text}."))
    assert_slack_takes(body)
    for shown in (*texts(body)[1:3], body["text"]):
        links = shown.count("|agreement>")
        assert shown.count("<") == shown.count(">") == links, "a cell has made a link or a mention"
        assert not any(shown.endswith(f"{part}…") for part in ("&", "&a", "&am", "&amp", "&l", "&lt"))


def test_nobody_is_mentioned_and_nothing_is_formatted_by_a_cell() -> None:
    line = texts(payload(message(Section("Texas", (Line("New", "<!channel> *now* `rm`_x_ & Sons"),)))))[2].split("\n")[1]
    assert line.replace("\u200b", "") == "• *New*: &lt;!channel&gt; *now* `rm`_x_ &amp; Sons"
    assert "\u200b*now\u200b*" in line


def test_a_title_of_any_length_fits_the_header() -> None:
    assert_slack_takes(payload(message(Section("Texas", lines(1)), title="T" * 400, summary="S" * 4_000)))


@pytest.mark.parametrize("address", ["https://a.example/x|y>", "https://a.example/<!channel>", 'https://a.example/"'])
def test_an_address_cannot_break_out_of_its_link(address: str) -> None:
    line = texts(payload(message(Section("Texas", (Line("New", "Smith", address),)))))[2]
    assert line.count("<") == line.count(">") == line.count("|") == 1
    assert line.endswith("|agreement>")


def test_an_address_that_is_too_long_is_left_out_and_its_line_is_told() -> None:
    body = payload(message(Section("Texas", (Line("New", "Smith", "https://a.example/" + "x" * 5_000),))))
    assert_slack_takes(body)
    assert texts(body)[2] == "*Texas*\n• *New*: Smith"


@pytest.mark.parametrize("character", ["&", "é"])
def test_an_address_that_grows_by_escaping_is_left_out_too(character: str) -> None:
    assert_slack_takes(payload(message(Section("Texas", (Line("New", "A" * 700, "https://a.example/?" + character * 570),)))))


def test_without_a_public_address_there_is_no_empty_link() -> None:
    body = payload(message(Section("Texas", lines(2_000)), url="", source=""))
    assert_slack_takes(body)
    assert not any("<|" in text for text in texts(body))
    assert body["blocks"][-1]["type"] == "section"


def test_the_webhook_receives_exactly_the_payload(site: Site) -> None:
    one = message(Section("Texas", lines(2, "<!channel> Š 😀")))
    channel(site.address + HOOK).send(one)
    assert site.posts == [payload(one)]
    assert site.requests[0].path == HOOK
    assert site.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, 30.0),
        (429, {}, None),
        (503, {"Retry-After": "soon"}, None),
        (404, {}, None),
        (302, {"Location": "/elsewhere"}, None),
        (201, {}, None),
    ],
)
def test_any_answer_but_200_is_an_error_that_says_it(
    site: Site, status: int, headers: dict[str, str], wait: float | None
) -> None:
    site.hook_status, site.hook_headers = status, headers
    with pytest.raises(DeliveryError) as caught:
        channel(site.address + HOOK).send(message())
    assert str(caught.value) == f"Slack answered {status}: refused"
    assert caught.value.retry_after == wait
    assert len(site.requests) == 1, "it has followed a redirect or tried again by itself"


def test_a_service_that_cannot_be_reached_is_an_error_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError) as caught:
        channel(f"http://127.0.0.1:{port}{HOOK}").send(message())
    assert str(caught.value) == "Slack cannot be reached (ConnectError)"
    assert caught.value.__cause__ is None


def test_a_service_that_repeats_the_address_gives_an_error_without_it() -> None:
    with answering("Cannot POST {path}") as address, pytest.raises(DeliveryError) as caught:
        channel(address + HOOK).send(message())
    assert "404" in str(caught.value)
    assert "secret" not in str(caught.value)


@contextmanager
def answering(text: str) -> Iterator[str]:
    """A server that answers 404 and `text`, in which {path} is the path it was asked for; its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = text.format(path=self.path).encode()
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join(timeout=5)


def test_an_answer_with_control_characters_gives_one_short_line() -> None:
    with (
        answering("no\r\n2025-05-29T14:00:00Z INFO forged\x1b[31m" + "x" * 500) as address,
        pytest.raises(DeliveryError) as caught,
    ):
        channel(address + HOOK).send(message())
    assert str(caught.value).startswith("Slack answered 404: no2025-05-29T14:00:00Z INFO forged[31mx")
    assert len(str(caught.value)) < 130


@pytest.mark.parametrize(
    "url",
    [
        "hooks.slack.com/x",
        "http://hooks.slack.com/x",
        "ftp://hooks.slack.com/x",
        "https:///x",
        "",
        "https://[",
        "http://10.0.0.1/x",
    ],
)
def test_an_address_that_is_no_webhook_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadChannel) as caught:
        build(Channel.model_validate({"type": "slack", "url": url + SECRET if "/" in url else url}))
    assert str(caught.value) == "expected the address of an incoming webhook, such as https://hooks.slack.com/services/…"


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/x\n", "https://hooks.slack.com/\tx", "https://exa mple.org/x", "https://a|b/x"]
)
def test_an_address_that_httpx_cannot_ask_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadChannel):
        build(Channel.model_validate({"type": "slack", "url": url}))
