"""Messages that wait to be sent: in order, again and again while a service is down, given up in sight, never lost in a crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Channel
from monitor.notifiers import DeliveryError, build
from monitor.notifiers.messages import Message
from monitor.notifiers.outbox import BETWEEN_MESSAGES, Sent, deliver
from monitor.store import NewDelivery, Store
from tests.support.site import Site

START = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)


class Service:
    """A service that takes messages, or raises what `errors` holds, one for each attempt."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = [*errors]
        self.taken: list[str] = []
        self.asked = 0

    def send(self, message: Message) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(message.title)


class Post:
    """A store with messages in it, and the clock in the test's hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store.open(path)
        self.now = START
        self.pauses: list[float] = []
        self.stop = False

    def queue(self, *titles: str, channel: str = "desk") -> None:
        with self.store.transaction():
            messages = [Message(title, "news", title, "", "2025").to_json() for title in titles]
            self.store.outbox.queue([NewDelivery(channel, message) for message in messages], self.now)

    def deliver(self, service: Any, channel: str = "desk", *, after: timedelta = timedelta(0)) -> Sent:
        self.now += after
        return deliver(self.store, channel, service, lambda: self.now, self.pause)

    def pause(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self.stop

    def summary(self, channel: str = "desk") -> dict[str, Any]:
        return next(row for row in self.store.outbox.summary() if row["channel"] == channel)

    def counts(self, channel: str = "desk") -> tuple[int, int, int]:
        """(waiting, sent, failed)"""
        row = self.summary(channel)
        return row["waiting"], row["sent"], row["failed"]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    one = Post(tmp_path / "monitor.db")
    yield one
    one.store.close()


def refused(reason: str = "busy", retry_after: float | None = None) -> DeliveryError:
    return DeliveryError(reason, retry_after)


def test_messages_are_sent_in_the_order_they_were_queued_once_each(post: Post) -> None:
    post.queue("one", "two")
    post.queue("three")
    service = Service()
    assert post.deliver(service) == Sent(sent=3)
    assert service.taken == ["one", "two", "three"]
    assert post.deliver(service) == Sent()
    assert (post.counts(), post.summary()["last_sent"], post.summary()["last_error"]) == ((0, 3, 0), "2025-05-29T14:00:00Z", None)


def test_a_service_gets_a_moment_between_two_messages_and_a_stop_leaves_the_rest_waiting(post: Post) -> None:
    post.queue("one", "two", "three")
    post.stop = True
    service = Service()
    assert post.deliver(service) == Sent(sent=1)
    assert (service.taken, post.pauses) == (["one"], [BETWEEN_MESSAGES])
    assert post.counts() == (2, 1, 0)


def test_a_message_that_fails_holds_back_the_later_ones_so_that_none_overtakes_it(post: Post) -> None:
    post.queue("one", "two")
    service = Service(refused("channel_not_found"))
    assert post.deliver(service) == Sent(error="channel_not_found")
    post.queue("three")
    assert post.deliver(service, after=timedelta(seconds=29)) == Sent()
    assert service.asked == 1
    assert post.deliver(service, after=timedelta(seconds=1)) == Sent(sent=3)
    assert service.taken == ["one", "two", "three"]


def waits(post: Post, service: Service, tries: int) -> list[float]:
    """Seconds between so many attempts, found by looking every half minute."""
    found: list[float] = []
    last = post.now
    post.deliver(service)
    while len(found) < tries - 1:
        asked = service.asked
        post.deliver(service, after=timedelta(seconds=30))
        if service.asked > asked:
            found.append((post.now - last).total_seconds())
            last = post.now
    return found


def test_it_is_tried_again_after_half_a_minute_and_ever_later_up_to_an_hour(post: Post) -> None:
    post.queue("one")
    service = Service(*(refused() for _ in range(12)))
    assert waits(post, service, 12) == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600]


@pytest.mark.parametrize(
    ("asked", "waited"), [(5.0, 30), (30.0, 30), (90.0, 90), (7_200.0, 7_200), (1e9, 86_400), (float("inf"), 86_400), (None, 30)]
)
def test_a_service_that_asks_for_more_time_gets_it_up_to_a_day(post: Post, asked: float | None, waited: int) -> None:
    post.queue("one")
    service = Service(refused(retry_after=asked))
    post.deliver(service)
    post.deliver(service, after=timedelta(seconds=waited - 1))
    assert service.asked == 1
    post.deliver(service, after=timedelta(seconds=1))
    assert service.taken == ["one"]


def test_a_message_that_no_attempt_could_send_for_three_days_is_given_up_in_sight(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.queue("one")
    service = Service(*(refused("no such channel") for _ in range(4)))
    post.deliver(service)
    post.deliver(service, after=timedelta(days=3, seconds=-1))
    assert post.counts() == (1, 0, 0)
    assert post.deliver(service, after=timedelta(hours=1)) == Sent(given_up=1)
    assert post.counts() == (0, 0, 1)
    assert post.summary()["last_error"] == "no such channel"
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]
    assert "channel desk: message given up after 3 attempts: no such channel" in caplog.text
    assert post.deliver(service, after=timedelta(days=1)) == Sent()
    assert service.asked == 3


def test_a_message_that_was_given_up_no_longer_holds_back_the_next(post: Post) -> None:
    post.queue("stale")
    post.now += timedelta(days=3)
    post.queue("fresh")
    service = Service(refused())
    assert post.deliver(service) == Sent(sent=1, given_up=1)
    assert service.taken == ["fresh"]


def test_a_late_message_that_is_taken_is_sent_however_old(post: Post) -> None:
    post.queue("one")
    assert post.deliver(Service(), after=timedelta(days=30)) == Sent(sent=1)


@pytest.mark.parametrize("error", [ValueError("token=s3cret"), RuntimeError(), OSError(5, "s3cret"), KeyError("s3cret")])
def test_whatever_a_channel_stumbles_over_the_message_stays_and_the_reason_holds_no_secret(
    post: Post, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    post.queue("one")
    service = Service(error)
    assert post.deliver(service) == Sent(error=f"unexpected {type(error).__name__}")
    assert post.counts() == (1, 0, 0)
    assert "s3cret" not in caplog.text + str(post.summary())
    assert post.deliver(service, after=timedelta(seconds=30)) == Sent(sent=1)


def test_a_stored_message_that_cannot_be_read_stays_and_the_reason_is_said(post: Post) -> None:
    with post.store.transaction():
        post.store.outbox.queue([NewDelivery("desk", {"title": "of a later version"})], post.now)
    assert post.deliver(Service()) == Sent(error="unexpected KeyError")
    assert post.counts() == (1, 0, 0)


def test_a_success_clears_the_error_of_its_message(post: Post) -> None:
    post.queue("one")
    service = Service(refused("busy"))
    post.deliver(service)
    assert post.summary()["last_error"] == "busy"
    post.deliver(service, after=timedelta(minutes=1))
    assert post.summary()["last_error"] is None


class Dies:
    """A channel whose process ends right after the service took the message."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel

    def send(self, message: Message) -> None:
        self.channel.send(message)
        raise SystemExit


def test_a_crash_between_the_send_and_its_mark_sends_twice_and_not_never(post: Post, site: Site) -> None:
    post.queue("one", "two")
    slack = build(Channel.model_validate({"type": "slack", "url": f"{site.address}/hook"}))
    with pytest.raises(SystemExit):
        post.deliver(Dies(slack))
    post.store.close()
    post.store = Store.open(post.path)
    assert post.counts() == (2, 0, 0)
    assert post.deliver(slack) == Sent(sent=2)
    assert [body["blocks"][0]["text"]["text"] for body in site.posts] == ["one", "one", "two"]


def test_one_channel_that_is_down_holds_back_no_other(post: Post) -> None:
    for title in ("one", "two"):
        post.queue(title, channel="down")
        post.queue(title, channel="up")
    up = Service()
    assert post.deliver(Service(refused("503")), "down") == Sent(error="503")
    assert post.deliver(up, "up") == Sent(sent=2)
    assert up.taken == ["one", "two"]
    assert (post.counts("down"), post.counts("up")) == ((2, 0, 0), (0, 2, 0))
    assert post.summary("up")["last_error"] is None


def test_the_summary_says_how_long_the_oldest_message_waits(post: Post) -> None:
    post.queue("one")
    post.now += timedelta(hours=2)
    post.queue("two")
    assert post.summary()["oldest_waiting"] == "2025-05-29T14:00:00Z"
    post.deliver(Service())
    assert post.summary()["oldest_waiting"] is None
