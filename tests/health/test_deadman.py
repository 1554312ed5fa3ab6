"""The dead man's switch, told of polls through a real service on loopback."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from monitor.core.alarms import Open
from monitor.health.deadman import DeadMan
from tests.support.line import START
from tests.support.site import Site

SECRET = "/ping/3f1d9c60-secret"


def told(site: Site) -> list[tuple[str, str]]:
    return [(one.path.removeprefix(SECRET), one.body.decode()) for one in site.asked("/ping/")]


def test_it_hears_that_a_poll_begins_and_how_it_ended(site: Site) -> None:
    with DeadMan(f"{site.address}{SECRET}/").told() as outcome:
        assert told(site) == [("/start", "")]
        outcome.said = "unchanged"
    assert told(site)[1:] == [("", "unchanged")]


def test_an_alarm_that_the_operator_was_told_of_is_a_failure_and_one_that_may_pass_is_none(site: Site) -> None:
    young = Open(START, "page_timeout")
    switch = DeadMan(site.address + SECRET)
    with switch.told() as outcome:
        outcome.said, outcome.alarms = "page_timeout", {"page": young}
    with switch.told() as outcome:
        outcome.said, outcome.alarms = "page_timeout", {"page": Open(START, "timeout", START + timedelta(hours=1))}
    assert told(site)[1::2] == [("", "page_timeout"), ("/fail", "page_timeout\npage: timeout")]


def test_a_poll_that_raises_is_a_failure_and_raises_on(site: Site) -> None:
    with pytest.raises(OSError, match="no space"), DeadMan(site.address + SECRET).told():
        raise OSError("no space left")
    assert told(site)[1:] == [("/fail", "OSError: no space left")]


def test_a_poll_that_was_broken_off_is_neither(site: Site) -> None:
    with DeadMan(site.address + SECRET).told() as outcome:
        outcome.stopped = True
    assert told(site) == [("/start", "")]


def test_a_service_that_does_not_answer_is_said_once_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    switch = DeadMan(f"http://127.0.0.1:{port}{SECRET}")
    for _ in range(2):
        with switch.told():
            pass
    assert [record.message for record in caplog.records] == [
        "health.ping: its service cannot be reached (ConnectError); it misses this poll"
    ]


def test_a_service_that_refuses_is_said_again_after_it_took_one(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    switch = DeadMan(site.address + SECRET)
    for status in (404, 404, 200, 500):
        site.hook_status = status
        with switch.told():
            pass
    answers = [record.message for record in caplog.records]
    assert answers == [f"health.ping: its service answered {status}; it misses this poll" for status in (404, 500)]
    assert not any("secret" in answer for answer in answers)


def test_without_an_address_nothing_is_asked(site: Site) -> None:
    with DeadMan("").told():
        pass
    assert site.requests == []
