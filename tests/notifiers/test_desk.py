"""One channel at work, from what was learnt to what stands in Slack: threads, nothing told twice, silence in quiet hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Settings
from monitor.notifiers import notices
from monitor.notifiers.desk import deliver, next_due
from monitor.notifiers.outbox import Sent
from monitor.store import NewDelivery
from tests.support.slack import CHANNEL, TOKEN, Slack, slack
from tests.support.told import AT, LINKS, Newsroom, agreement, corrected, event, newsroom

SMITH = agreement("Smith County Sheriff's Office")
ADDED, REDATED = event("agreement.added", SMITH), corrected(SMITH, signed=date(2025, 5, 21))
EVENING = datetime(2025, 5, 31, 1, 50, tzinfo=UTC)  # 21:50 in New York


class Desk:
    """A newsroom whose one channel is a Slack workspace's; `quiet` are its quiet hours."""

    def __init__(self, room: Newsroom, workspace: Slack, quiet: str) -> None:
        keys = {"type": "slack", "name": "desk", "tell": ["news", "operator"], "quiet": quiet}
        address = {"token": TOKEN, "channel": CHANNEL, "api": workspace.api}
        self.room, self.workspace = room, workspace
        self.settings = Settings.model_validate({"channels": [{**keys, **address}]})

    def deliver(self, *, after: timedelta = timedelta(minutes=10)) -> Sent:
        self.room.now += after
        return deliver(self.room.store, self.settings.channels[0], self.settings, lambda: self.room.now, lambda _: False)

    def next_due(self) -> datetime | None:
        return next_due(self.room.store, self.settings.channels[0], self.settings, self.room.now)

    def titles(self) -> list[str]:
        """The headings of what stands in Slack."""
        return [one["blocks"][0]["text"]["text"] for one in self.workspace.messages]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    quiet = "22:00-07:00"
    keys: dict[str, Any] = {"quiet": quiet}
    with newsroom(tmp_path, keys) as room, slack() as workspace:
        yield Desk(room, workspace, quiet)


def test_an_alert_and_its_correction_are_a_thread(desk: Desk) -> None:
    desk.room.learn(ADDED)
    desk.deliver()
    desk.room.learn(REDATED)
    desk.deliver()
    first, second = desk.workspace.messages
    assert desk.titles() == [
        "New 287(g) agreement: Smith County Sheriff's Office (Texas)",
        "Correction: Smith County Sheriff's Office (Texas)",
    ]
    assert ("thread_ts" not in first, second["thread_ts"]) == (True, first["ts"])


def test_a_correction_of_an_alert_whose_answer_was_lost_finds_its_thread(desk: Desk) -> None:
    desk.room.learn(ADDED)
    desk.workspace.fault("chat.postMessage", 0, after=True)
    assert "no whole answer" in desk.deliver().error
    desk.room.learn(REDATED)
    desk.deliver()
    first, second = desk.workspace.messages
    assert second["thread_ts"] == first["ts"]


def test_a_channel_knows_when_it_is_due_something(desk: Desk) -> None:
    assert desk.next_due() is None
    desk.room.learn(ADDED)
    assert desk.next_due() == desk.room.now + timedelta(minutes=2)
    desk.workspace.fault("chat.postMessage", 503)
    desk.deliver()
    assert desk.next_due() == desk.room.now + timedelta(seconds=30)
    desk.deliver()
    assert desk.next_due() is None


def test_what_waits_when_quiet_hours_begin_is_due_when_they_end(desk: Desk) -> None:
    desk.room.now = EVENING
    desk.room.learn(ADDED, after=timedelta(0))
    desk.workspace.fault("chat.postMessage", 503)
    desk.deliver(after=timedelta(minutes=9, seconds=45))
    assert desk.next_due() == datetime(2025, 5, 31, 11, tzinfo=UTC)  # 07:00 in New York


# -- quiet hours: nothing but the operator's messages ----------------------------------------------------------------------------


def test_what_is_learnt_in_quiet_hours_is_told_after_them(desk: Desk) -> None:
    desk.room.now = EVENING
    desk.room.learn(ADDED, after=timedelta(hours=1))
    desk.deliver()
    assert desk.titles() == []
    desk.deliver(after=timedelta(hours=8))
    assert len(desk.titles()) == 1


def test_what_was_due_while_the_monitor_did_not_run_is_not_told_in_quiet_hours(desk: Desk) -> None:
    desk.room.now = EVENING
    desk.room.learn(ADDED, after=timedelta(0))
    desk.deliver(after=timedelta(hours=1))
    assert desk.titles() == []
    desk.deliver(after=timedelta(hours=9))
    assert len(desk.titles()) == 1


def test_what_slack_did_not_take_before_quiet_hours_is_tried_again_after_them(desk: Desk) -> None:
    desk.room.now = EVENING
    desk.room.learn(ADDED, after=timedelta(0))
    desk.workspace.fault("chat.postMessage", 503)
    desk.deliver(after=timedelta(minutes=5))
    desk.deliver(after=timedelta(hours=1))
    assert desk.titles() == []
    desk.deliver(after=timedelta(hours=9))
    assert len(desk.titles()) == 1


def test_the_operator_is_told_in_quiet_hours_too_even_where_news_wait(desk: Desk) -> None:
    desk.room.now = EVENING
    desk.room.learn(ADDED, after=timedelta(hours=1))
    with desk.room.store.transaction():
        alarm = notices.alarm("page", "HTTP 403", AT, desk.room.now, LINKS)
        desk.room.store.outbox.queue([NewDelivery("desk", alarm.to_json())], desk.room.now)
    desk.deliver()
    assert desk.titles() == ["The 287(g) page cannot be read"]


def test_a_channel_that_cannot_be_built_any_more_says_so_and_its_messages_wait(tmp_path: Path) -> None:
    """The file of certificates that its configuration names is gone since the configuration was read."""
    gone = tmp_path / "ca.pem"
    keys = {"type": "email", "server": "127.0.0.1", "from": "m@example.org", "to": "d@example.org", "ca_file": str(gone)}
    settings = Settings.model_validate({"channels": [{**keys, "name": "desk"}]})
    with newsroom(tmp_path) as room:
        room.learn(ADDED)
        room.now += timedelta(minutes=10)
        sent = deliver(room.store, settings.channels[0], settings, lambda: room.now, lambda _: False)
        assert "the channel cannot be used: " in sent.error
        assert str(gone) in sent.error
        (waiting,) = room.store.outbox.waiting().values()
        assert (waiting.number, waiting.failing_since) == (1, room.now.replace(microsecond=0))
