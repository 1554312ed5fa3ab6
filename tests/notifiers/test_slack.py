"""Slack's webhook against a stand-in for Slack: blocks out, errors without secrets, settings that are told what is wrong with them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from monitor.notifiers import BadChannel, Sending, build
from monitor.notifiers.blocks import payload
from monitor.notifiers.messages import Line, Section
from monitor.notifiers.rendering import Renderer
from monitor.notifiers.slack import SlackChannel
from tests.support.slack import AT, CHANNEL, CORRECTION, HOOK, MESSAGE, ONCE, TOKEN, Slack, bot, error, slack
from tests.support.told import HOSTILE, channel


@pytest.fixture
def workspace() -> Iterator[Slack]:
    with slack() as one:
        yield one


def hook(workspace: Slack) -> SlackChannel:
    return SlackChannel(channel(url=workspace.hook))


# -- a webhook -------------------------------------------------------------------------------------------------------------------


def test_a_webhook_receives_exactly_the_blocks(workspace: Slack) -> None:
    receipt = hook(workspace).send(MESSAGE, ONCE)
    assert workspace.hooked == [payload(MESSAGE, Renderer())]
    assert (receipt.said, dict(receipt.values)) == ("ok", {})
    (request,) = workspace.requests
    assert (request.path, request.headers["Content-Type"]) == (HOOK, "application/json; charset=utf-8")
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_webhook_takes_whatever_a_cell_says(workspace: Slack, text: str) -> None:
    hook(workspace).send(replace(MESSAGE, title=text, sections=(Section(text, (Line("New", text),)),)), ONCE)
    assert len(workspace.hooked) == 1


def test_a_webhook_has_no_threads_and_shows_a_correction_by_itself(workspace: Slack) -> None:
    hook(workspace).send(CORRECTION, Sending(AT, thread={"ts": "1.2"}))
    assert "thread_ts" not in workspace.hooked[0]


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry_After": "30"}, 30.0),
        (429, {}, None),
        (503, {"Retry_After": "soon"}, None),
        (404, {}, None),
        (302, {"Location": "/elsewhere"}, None),
        (201, {}, None),
    ],
)
def test_any_answer_of_a_webhook_but_200_is_an_error_that_says_it(
    workspace: Slack, status: int, headers: dict[str, str], wait: float | None
) -> None:
    workspace.fault("hook", status, b"refused", **headers)
    found = error(hook(workspace))
    assert (str(found), found.retry_after, found.final) == (f"Slack answered {status}: refused", wait, False)
    assert len(workspace.requests) == 1, "it has followed a redirect or tried again by itself"


@pytest.mark.parametrize(
    ("status", "said", "final"),
    [
        *((400, said, True) for said in ("invalid_blocks", "invalid_payload", "no_text", "invalid_blocks_format")),
        *((404, said, False) for said in ("no_service", "channel_not_found")),
        (413, "Request Entity Too Large", True),
        *((400, said, False) for said in ("too busy", "")),
        *((403, said, False) for said in ("action_prohibited", "invalid_token")),
        (410, "channel_is_archived", False),
        (500, "invalid_blocks", False),
    ],
)
def test_only_what_is_wrong_with_the_message_itself_is_final(workspace: Slack, status: int, said: str, final: bool) -> None:
    """What the workspace's people can mend is tried again for a week."""
    workspace.fault("hook", status, said.encode())
    assert error(hook(workspace)).final is final


def test_a_page_that_stands_in_for_a_webhook_has_not_taken_the_message(workspace: Slack) -> None:
    """A proxy's log-in page, or a hotel's: 200 and HTML. Slack says `ok`."""
    workspace.fault("hook", 200, b"<!doctype html><html><title>Please log in</title>")
    assert "log in" in str(error(hook(workspace)))


@pytest.mark.parametrize("said", [b"Cannot POST " + HOOK.encode(), b"token XXXXsecretXXXX unknown", b"T00000000 is no team"])
def test_a_webhook_that_repeats_its_address_gives_an_error_without_it(workspace: Slack, said: bytes) -> None:
    workspace.fault("hook", 404, said)
    assert "404" in str(error(hook(workspace)))


def test_an_answer_with_control_characters_is_one_short_line(workspace: Slack) -> None:
    workspace.fault("hook", 404, b"no\r\n2025-05-29T14:00:00Z INFO forged\x1b[31m" + b"x" * 500)
    said = str(error(hook(workspace)))
    assert said.isprintable()
    assert said.startswith("Slack answered 404: no 2025-05-29T14:00:00Z INFO forged")
    assert len(said) < 130


def test_a_service_that_cannot_be_reached_is_an_error_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    notifier = SlackChannel(channel(url=f"http://127.0.0.1:{port}{HOOK}"))
    assert str(error(notifier)) == "Slack cannot be reached (ConnectError)"


# -- settings and previews -------------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "neither": ({}, ("url",), "expected either `url`, an incoming webhook, or `token` and `channel`"),
    "both": (
        {"url": "https://hooks.slack.com/services/x", "token": TOKEN, "channel": CHANNEL},
        ("url",),
        "expected either `url`",
    ),
    "no channel": ({"token": TOKEN}, ("channel",), "expected the channel's id, such as C0123456789"),
    "a token of two lines": ({"token": f"{TOKEN}\n", "channel": CHANNEL}, ("token",), "expected a bot's token, xoxb-…"),
    "a token with a blank": ({"token": "xoxb 1", "channel": CHANNEL}, ("token",), "expected a bot's token, xoxb-…"),
    "a token that is no ASCII": ({"token": "xoxb-ä", "channel": CHANNEL}, ("token",), "expected a bot's token, xoxb-…"),
    "an API in the open": (
        {"token": TOKEN, "channel": CHANNEL, "api": "http://slack.example/api"},
        ("api",),
        "begins with https://",
    ),
    "an unknown key": ({"url": "https://hooks.slack.com/services/x", "colour": "red"}, ("colour",), "unknown key"),
    "a webhook that is a list": ({"url": ["https://hooks.slack.com/services/x"]}, ("url",), ""),
    **{
        f"the webhook {url!r}": (
            {"url": url},
            ("url",),
            "expected the address of an incoming webhook, such as https://hooks.slack.com/services/…",
        )
        for url in (
            *("hooks.slack.com/s3cret", "http://hooks.slack.com/s3cret", "ftp://hooks.slack.com/s3cret", "https:///s3cret"),
            *("https://[s3cret", "http://10.0.0.1/s3cret", "https://hooks.slack.com/s3cret\n", "https://exa mple.org/s3cret"),
        )
    },
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_settings_is_told_with_its_key_and_without_secrets(mistake: str) -> None:
    keys, place, words = MISTAKES[mistake]
    with pytest.raises(BadChannel) as caught:
        build(channel(type="slack", **keys))
    ((found, message),) = caught.value.mistakes
    assert found == place
    assert words in message
    assert "s3cret" not in message


def test_a_channel_shows_neither_its_token_nor_its_webhook(workspace: Slack) -> None:
    for keys in ({"url": workspace.hook}, {"token": TOKEN, "channel": CHANNEL}):
        assert not any(secret in repr(channel(**keys)) for secret in (TOKEN, "XXXXsecretXXXX"))


def test_a_preview_is_what_would_be_sent_and_sends_nothing(workspace: Slack) -> None:
    for notifier in (hook(workspace), bot(workspace)):
        forms = notifier.forms(MESSAGE, ONCE)
        assert json.loads(forms["json"]) == payload(MESSAGE, Renderer())
        assert forms["txt"].decode().startswith("2 new 287(g) agreements\n\nNow 4.")
    assert workspace.requests == []
