"""Messages as they wait in the queue: nothing is lost on the way in and out, and what an earlier version left there is read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from monitor.notifiers import notices
from monitor.notifiers.messages import Line, Message, Section, Source
from monitor.notifiers.news import alert, correction
from monitor.notifiers.samples import samples
from tests.support.told import AT, HOSTILE, LINKS, agreement, corrected, event, publication

FIRST = alert(
    [publication()],
    [event("agreement.added", agreement(), 1)],
    LINKS,
    period="weekly",
    growth=[("2025-05-01", 1), ("2025-05-30", 2)],
)
assert FIRST is not None
MESSAGES = [
    FIRST,
    correction(publication(8), [corrected(agreement(), model="JEM")], FIRST, LINKS, AT),
    notices.start([publication()], LINKS),
    notices.held(publication(reasons=("all 14 agreements of TX would end at once", "“quoted”\n\\")), LINKS),
    notices.released(publication(), "made moot by publication 8", AT, LINKS),
    notices.alarm("document:pending", "no list", AT, AT + timedelta(hours=1), LINKS),
    notices.alarm("document:pending", "no list", AT, AT + timedelta(hours=1), LINKS, over=True),
    notices.dead("desk", "2 new", "refused", AT, LINKS, 7),
    notices.configuration(["config.yaml:3: page: expected an address"], AT, LINKS),
    notices.test("desk", AT, LINKS),
    Message("id", "news", "", "", "2025"),
    Message(
        *("id", "news", "title", "summary", "2025"),
        sections=(
            Section("Texas", (Line("New", "Smith", "https://x.example/", "a note"), Line("Ended", "Bay"))),
            Section("", ()),
        ),
        notes=("one", "two"),
        sources=(Source("a.xlsx", "ab", "May 30", "https://x.example/"),),
        events=(1, 2),
        url="https://x.example/",
        page="https://y.example/",
        thread="first",
        growth=(("2025-05-01", 1), ("2025-05-30", 2)),
    ),
    *samples(),
    *(Message("id", "news", text, text, "2025", sections=(Section(text, (Line(text, text, text, text),)),)) for text in HOSTILE),
]


def stored(message: Message) -> Any:
    """A message as the store keeps it."""
    return json.loads(json.dumps(message.to_json(), ensure_ascii=False))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.id[:20])
def test_a_message_survives_being_stored(message: Message) -> None:
    assert Message.from_json(stored(message)) == message


def test_a_message_that_the_previous_version_queued_is_read() -> None:
    old = {
        "id": "publication-7-abababababab",
        "severity": "news",
        "title": "1 new 287(g) agreement",
        "summary": "Now 4 agreements in 2 states. Read from a.xlsx, seen May 30, 2025, 14:05 UTC.",
        "at": "2025-05-30T14:05:59Z",
        "sections": [{"title": "Texas", "lines": [{"mark": "New", "text": "Smith County: Task Force Model", "url": None}]}],
        "url": "https://monitor.example.org/#publication-7",
        "source": LINKS.page,
    }
    message = Message.from_json(old)
    assert message == Message(
        *(old[name] for name in ("id", "severity", "title", "summary", "at")),
        sections=(Section("Texas", (Line("New", "Smith County: Task Force Model"),)),),
        url="https://monitor.example.org/#publication-7",
        page=LINKS.page,
    )
    assert Message.from_json(stored(message)) == message


def test_a_message_that_a_later_version_queued_is_read_as_far_as_it_is_understood() -> None:
    """After a step back to an older program the queue must still go out."""
    assert Message.from_json({**stored(MESSAGES[0]), "colour": "red"}) == MESSAGES[0]


def test_no_two_messages_share_an_id() -> None:
    ids = [message.id for message in MESSAGES[:10]]
    assert len({*ids}) == len(ids)
