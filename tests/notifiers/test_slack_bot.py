"""A bot's token against a stand-in for Slack: threads, attempts whose answer was lost, charts, errors without secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from monitor.notifiers import Sending
from monitor.notifiers.blocks import payload
from monitor.notifiers.messages import Line, Section
from monitor.notifiers.rendering import Renderer
from tests.support.slack import AGAIN, AT, CHANNEL, CORRECTION, DIGEST, MESSAGE, ONCE, TOKEN, Slack, bot, error, refusals, slack
from tests.support.told import HOSTILE


@pytest.fixture
def workspace() -> Iterator[Slack]:
    with slack() as one:
        yield one


# -- posting and threads --------------------------------------------------------------------------------------------------------


def test_a_bot_posts_the_blocks_with_the_messages_id_and_remembers_where(workspace: Slack) -> None:
    receipt = bot(workspace).send(MESSAGE, ONCE)
    (posted,) = workspace.messages
    metadata = {"event_type": "monitor_287g_message", "event_payload": {"id": MESSAGE.id}}
    assert posted == {
        "type": "message",
        **payload(MESSAGE, Renderer()),
        "channel": CHANNEL,
        "metadata": metadata,
        "ts": posted["ts"],
    }
    assert (receipt.said, receipt.values) == ("ok", {"ts": posted["ts"]})
    assert workspace.asked == ["chat.postMessage"], "a first attempt looks nowhere"


def test_a_message_that_follows_another_goes_into_its_thread(workspace: Slack) -> None:
    first = bot(workspace).send(MESSAGE, ONCE)
    second = bot(workspace).send(CORRECTION, Sending(AT, thread=first.values))
    assert [one.get("thread_ts") for one in workspace.messages] == [None, first.values["ts"]]
    assert second.values == first.values, "what follows the correction belongs into the same thread"


def test_a_message_whose_thread_is_not_known_is_posted_by_itself(workspace: Slack) -> None:
    """The first was sent by a webhook, or by another channel."""
    bot(workspace).send(CORRECTION, Sending(AT, thread={}))
    assert "thread_ts" not in workspace.messages[0]


@pytest.mark.parametrize("reason", ["cannot_reply_to_message", "restricted_action_thread_locked"])
def test_a_message_whose_thread_takes_none_any_more_is_posted_by_itself(workspace: Slack, reason: str) -> None:
    """Tried again for a week in the thread, it would keep back everything behind it."""
    first = bot(workspace).send(MESSAGE, ONCE)
    workspace.refuse("chat.postMessage", reason)
    bot(workspace).send(CORRECTION, Sending(AT, thread=first.values))
    assert [one.get("thread_ts") for one in workspace.messages] == [None, None]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_bot_may_post_whatever_a_cell_says(workspace: Slack, text: str) -> None:
    bot(workspace).send(replace(MESSAGE, title=text, sections=(Section(text, (Line("New", text, note=text),)),)), ONCE)
    assert refusals(workspace.messages[0]) == []


# -- an attempt whose answer was lost -------------------------------------------------------------------------------------


def test_a_message_that_arrived_though_its_answer_was_lost_is_not_posted_twice(workspace: Slack) -> None:
    workspace.fault("chat.postMessage", 0, after=True)
    error(bot(workspace))
    receipt = bot(workspace).send(MESSAGE, AGAIN)
    assert len(workspace.messages) == 1
    assert (receipt.said, receipt.values) == ("it was there already", {"ts": workspace.messages[0]["ts"]})


def test_in_a_thread_it_is_not_posted_twice_either(workspace: Slack) -> None:
    first = bot(workspace).send(MESSAGE, ONCE)
    workspace.fault("chat.postMessage", 0, after=True)
    error(bot(workspace), CORRECTION, Sending(AT, thread=first.values))
    receipt = bot(workspace).send(CORRECTION, Sending(AT, thread=first.values, again=True))
    assert len(workspace.messages) == 2
    assert receipt.values == first.values


def test_a_message_that_did_not_arrive_is_posted_by_the_next_attempt(workspace: Slack) -> None:
    bot(workspace).send(replace(MESSAGE, id="alert-6-other"), ONCE)
    workspace.fault("chat.postMessage", 0)
    error(bot(workspace))
    assert bot(workspace).send(MESSAGE, AGAIN).said == "ok"
    assert [one["metadata"]["event_payload"]["id"] for one in workspace.messages] == ["alert-6-other", MESSAGE.id]


def test_what_people_and_other_programs_wrote_is_not_taken_for_the_message(workspace: Slack) -> None:
    others: list[dict[str, Any]] = [
        {"text": MESSAGE.id},
        {"metadata": {"event_type": "other", "event_payload": {"id": MESSAGE.id}}},
        {"metadata": {"event_type": "monitor_287g_message"}},
        {"metadata": {}},
    ]
    workspace.messages += [{"type": "message", "ts": f"1.{number}", **one} for number, one in enumerate(others)]
    assert bot(workspace).send(MESSAGE, AGAIN).said == "ok"


def test_a_bot_without_the_right_to_read_sends_again_and_says_what_is_missing(
    workspace: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    """A message told twice is better than one that is not told."""
    workspace.scopes.remove("channels:history")
    bot(workspace).send(MESSAGE, ONCE)
    assert bot(workspace).send(MESSAGE, AGAIN).said == "ok"
    assert len(workspace.messages) == 2
    assert "missing_scope (needed: channels:history)" in caplog.text


@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "messages": None}, {"ok": True, "messages": [None]}])
def test_a_channel_that_is_empty_or_odd_does_not_keep_the_message_back(workspace: Slack, body: Any) -> None:
    workspace.fault("conversations.history", 200, body)
    assert bot(workspace).send(MESSAGE, AGAIN).said == "ok"


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b'{"ok": true'), (429, b""), (500, b"<html>")])
def test_a_look_that_gives_no_answer_is_made_again_before_anything_is_posted(workspace: Slack, status: int, body: bytes) -> None:
    bot(workspace).send(MESSAGE, ONCE)
    workspace.fault("conversations.history", status, body)
    assert "conversations.history" in str(error(bot(workspace), sending=AGAIN))
    assert bot(workspace).send(MESSAGE, AGAIN).said == "it was there already"
    assert len(workspace.messages) == 1


# -- errors ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason", ["channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "token_revoked", "fatal_error"]
)
def test_what_slack_refuses_with_200_is_an_error_that_says_why(workspace: Slack, reason: str) -> None:
    workspace.refuse("chat.postMessage", reason)
    found = error(bot(workspace))
    assert str(found).startswith(f"Slack refused chat.postMessage: {reason}")
    assert ("; " in str(found), found.final) == (reason != "fatal_error", False), "an operator is not told what to do"


@pytest.mark.parametrize("reason", ["invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"])
def test_what_is_wrong_with_the_message_is_final(workspace: Slack, reason: str) -> None:
    workspace.refuse("chat.postMessage", reason)
    assert error(bot(workspace)).final


def test_a_missing_scope_is_named(workspace: Slack) -> None:
    workspace.scopes.clear()
    assert str(error(bot(workspace))) == (
        "Slack refused chat.postMessage: missing_scope (needed: chat:write); give the app that right and install it anew"
    )


def test_a_bot_that_is_too_fast_waits_as_long_as_slack_says(workspace: Slack) -> None:
    workspace.fault("chat.postMessage", 429, {"ok": False, "error": "ratelimited"}, Retry_After="17")
    found = error(bot(workspace))
    assert (str(found), found.retry_after, found.final) == ("Slack refused chat.postMessage: ratelimited", 17.0, False)


@pytest.mark.parametrize(
    "body",
    [b"<!doctype html><html>Log in</html>", b"", b"[1]", b"null", b'{"ok": tru', b'{"ok": "true"}', b"\xff\xfe"],
)
def test_an_answer_that_is_none_is_an_error(workspace: Slack, body: bytes) -> None:
    workspace.fault("chat.postMessage", 200, body)
    assert str(error(bot(workspace))).startswith("Slack answered 200 to chat.postMessage: ")


def test_an_answer_without_a_place_is_taken_all_the_same(workspace: Slack) -> None:
    workspace.fault("chat.postMessage", 200, {"ok": True})
    assert bot(workspace).send(MESSAGE, ONCE).said == "ok"


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": False, "error": f"token {TOKEN} is revoked"},
        {"ok": False, "error": {"given": [TOKEN]}},
        {"ok": False, "error": "missing_scope", "needed": f"x {TOKEN}"},
        f"you sent Bearer {TOKEN}".encode(),
    ],
)
@pytest.mark.parametrize("status", [200, 403])
def test_a_token_that_slack_repeats_is_not_in_the_error(workspace: Slack, status: int, answer: Any) -> None:
    workspace.fault("chat.postMessage", status, answer)
    assert "***" in str(error(bot(workspace)))


def test_no_log_line_holds_the_token(workspace: Slack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    workspace.refuse("conversations.history", "missing_scope", needed=f"x {TOKEN}")
    workspace.fault("files.getUploadURLExternal", 500, f"Bearer {TOKEN}".encode())
    bot(workspace).send(DIGEST, AGAIN)
    assert "s3cret" not in caplog.text


# -- the chart of a digest ------------------------------------------------------------------------------------------------


def test_a_digest_has_its_chart_in_its_thread(workspace: Slack) -> None:
    bot(workspace).send(DIGEST, ONCE)
    (file,) = workspace.files
    assert (file["channel"], file["thread_ts"], file["title"]) == (
        CHANNEL,
        workspace.messages[0]["ts"],
        "Agreements that stood, by day",
    )
    assert workspace.uploads[file["id"]].startswith(b"\x89PNG\r\n")
    methods = ["chat.postMessage", "files.getUploadURLExternal", "F0000000000", "files.completeUploadExternal"]
    assert workspace.asked == methods


def test_a_digest_that_follows_another_message_has_its_chart_there(workspace: Slack) -> None:
    first = bot(workspace).send(MESSAGE, ONCE)
    bot(workspace).send(replace(DIGEST, id="b", thread=MESSAGE.id), Sending(AT, thread=first.values))
    assert workspace.files[0]["thread_ts"] == first.values["ts"]


FAULTS: dict[str, tuple[str, int, Any]] = {
    "no right to upload": ("files.getUploadURLExternal", 200, {"ok": False, "error": "missing_scope", "needed": "files:write"}),
    "no address": ("files.getUploadURLExternal", 200, {"ok": True, "file_id": "F1"}),
    "an address elsewhere": ("files.getUploadURLExternal", 200, {"ok": True, "upload_url": "http://10.0.0.1/x", "file_id": "F1"}),
    "an address that is none": ("files.getUploadURLExternal", 200, {"ok": True, "upload_url": 7, "file_id": "F1"}),
    "HTML": ("files.getUploadURLExternal", 200, b"<html>"),
    "too large": ("upload", 413, b"too large"),
    "the line goes dead": ("upload", 0, b""),
    "not completed": ("files.completeUploadExternal", 200, {"ok": False, "error": "file_not_found"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_chart_that_is_refused_does_not_fail_the_message(
    workspace: Slack, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    method, status, body = FAULTS[fault]
    workspace.fault(method, status, body)
    assert bot(workspace).send(DIGEST, ONCE).said == "ok"
    assert (len(workspace.messages), workspace.files) == (1, [])
    assert "the chart was not taken" in caplog.text


def test_a_chart_that_cannot_be_drawn_does_not_fail_the_message(workspace: Slack, caplog: pytest.LogCaptureFixture) -> None:
    """The days are out of order, as after a clock that was set back. The message is posted by then; to try again would post it twice."""
    growth = (("2025-05-30", 903), ("2025-05-01", 900))
    assert bot(workspace).send(replace(DIGEST, growth=growth), ONCE).said == "ok"
    assert len(workspace.messages) == 1
    assert "the chart was not taken" in caplog.text


def test_a_message_that_was_there_already_gets_no_second_chart(workspace: Slack) -> None:
    bot(workspace).send(DIGEST, ONCE)
    bot(workspace).send(DIGEST, AGAIN)
    assert len(workspace.files) == 1
