"""What is told beside the news: the start, what the operator must know and when it is over, a test."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.notifiers import notices
from monitor.notifiers.messages import NEWS, OPERATOR, Line, Section
from tests.support.told import AT, LINKS, lines, publication

HELD = publication(reasons=("31 of 640 rows would end at once",))
LATER = AT + timedelta(hours=2)


def test_a_start_says_from_what_and_announces_nothing_as_new() -> None:
    message = notices.start([publication()], LINKS)
    assert message.title == "Watching ICE's 287(g) list from here on"
    assert message.summary == (
        "Now 1,240 agreements in 40 states and 1 pending application. None of these is news; what changes from now on is told."
    )
    assert (message.severity, message.sections, message.thread) == (NEWS, (), "")
    assert [source.name for source in message.sources] == ["participatingAgencies05302025am.xlsx"]
    assert message.url == "https://monitor.example.org/publications/7.html"


def test_a_held_publication_tells_the_operator_why_and_what_to_run() -> None:
    message = notices.held(HELD, LINKS)
    assert (message.severity, message.title) == (OPERATOR, "A publication of the participating list is held")
    assert "monitor287g release 7." in message.summary
    assert message.sections == (Section("Reasons", (Line("Why", "31 of 640 rows would end at once"),)),)


def test_what_became_of_a_held_publication_follows_its_message() -> None:
    message = notices.released(HELD, "borne out by publication 8", LATER, LINKS)
    assert message.title == "Over: the held publication of the participating list"
    assert (
        message.summary == "participatingAgencies05302025am.xlsx, held since May 30, 2025, 14:05 UTC: borne out by publication 8."
    )
    assert message.thread == notices.held(HELD, LINKS).id
    assert message.at == "2025-05-30T16:05:59Z"


ALARMS = {
    "page": "The 287(g) page cannot be read",
    "no_list": "No agency list is found on the 287(g) page",
    "document:pending": "A linked pending list cannot be read",
    "announced:participating": "A linked participating list does not answer",
    "channel:news room": "The channel news room takes no messages",
}


@pytest.mark.parametrize("key", ALARMS)
def test_an_alarm_says_since_when_and_its_end_how_long_it_lasted(key: str) -> None:
    opened = notices.alarm(key, "blocked HTTP 403", AT, AT, LINKS)
    over = notices.alarm(key, "", AT, LATER, LINKS, over=True)
    assert (opened.severity, over.severity) == (OPERATOR, OPERATOR)
    assert (opened.title, opened.summary) == (ALARMS[key], "Since May 30, 2025, 14:05 UTC: blocked HTTP 403.")
    assert over.title == f"Over: {ALARMS[key][0].lower()}{ALARMS[key][1:]}"
    assert over.summary == "It lasted from May 30, 2025, 14:05 UTC to May 30, 2025, 16:05 UTC."
    assert (opened.thread, over.thread) == ("", opened.id)
    assert opened.id != over.id


def test_the_same_alarm_another_day_is_another_message() -> None:
    first, second = (notices.alarm("page", "x", since, LATER, LINKS) for since in (AT, LATER))
    assert first.id != second.id


def test_an_alarm_is_the_same_message_however_late_it_is_told() -> None:
    assert notices.alarm("page", "x", AT, AT, LINKS).id == notices.alarm("page", "x", AT, LATER, LINKS).id


def test_a_message_given_up_is_named_with_what_to_run() -> None:
    message = notices.dead("news room", "2 new 287(g) agreements", "Slack answered 404: no_service", AT, LINKS, 31)
    assert (message.severity, message.title) == (OPERATOR, "Messages to news room are given up")
    assert message.summary == (
        "“2 new 287(g) agreements” was not taken: Slack answered 404: no_service. What else was given up: monitor287g deliveries"
        " --channel 'news room' --state dead; to try it all again, once that is mended: monitor287g deliveries retry"
        " --channel 'news room'."
    )


def test_a_message_given_up_a_second_time_is_told_a_second_time() -> None:
    assert notices.dead("x", "t", "r", AT, LINKS, 31).id != notices.dead("x", "t", "r", LATER, LINKS, 31).id


def test_a_configuration_that_cannot_be_used_is_told_mistake_by_mistake() -> None:
    message = notices.configuration(
        ["config.yaml:3: page: expected an address", "config.yaml:9: log.level: expected info"], AT, LINKS
    )
    assert message.title == "The new configuration cannot be used"
    assert "runs on with the last good one" in message.summary
    assert [line.text for line in lines(message)] == [
        "config.yaml:3: page: expected an address",
        "config.yaml:9: log.level: expected info",
    ]


def test_a_configuration_that_can_be_used_again_is_told_too() -> None:
    message = notices.configuration([], AT, LINKS)
    assert (message.title, message.sections) == ("Over: the configuration is read again", ())


def test_a_test_is_marked_as_one_in_every_line() -> None:
    message = notices.test("news room", AT, LINKS)
    assert message.title.startswith("Test ")
    assert "(news room)" in message.summary
    assert all("invented" in line.text for line in lines(message))
    assert message.events == ()
