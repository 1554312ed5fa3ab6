"""Messages that wait to be sent: in order, again and again while a service is down, given up in sight, never lost in a crash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Channel
from monitor.core.events import Event
from monitor.notifiers import DeliveryError, Notifier, Receipt, Sending, build
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links
from monitor.notifiers.outbox import GIVE_UP_AFTER, Queue, Sent
from monitor.store import Commit, Delivery, NewDelivery, Store
from monitor.store.outbox import STATES
from tests.support.site import Site

START = datetime(2025, 5, 29, 14, 0, tzinfo=UTC)
LINKS = Links("https://monitor.example.org", "https://www.ice.gov/identify-and-arrest/287g")
SECOND = timedelta(seconds=1)


class Service:
    """A service that takes messages, or raises what `errors` holds, one for each attempt. It answers `receipt`."""

    pause = 1.0

    def __init__(self, *errors: BaseException, receipt: Receipt | None = None) -> None:
        self.errors = [*errors]
        self.receipt = receipt or Receipt()
        self.taken: list[str] = []
        self.sendings: list[Sending] = []

    @property
    def asked(self) -> int:
        return len(self.sendings)

    def send(self, message: Message, sending: Sending) -> Receipt:
        self.sendings.append(sending)
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(message.title)
        return self.receipt

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        return {}


class Post:
    """A store with messages in it, and the clock in the test's hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store.open(path)
        self.now = START
        self.pauses: list[float] = []
        self.stop = False

    def queue(self, *titles: str, channel: str = "desk", **values: Any) -> None:
        self.put(
            *(Message(**{"id": t, "severity": "news", "title": t, "summary": "", "at": "2025", **values}) for t in titles),
            channel=channel,
        )

    def put(self, *messages: Message, channel: str = "desk") -> None:
        with self.store.transaction():
            self.store.outbox.queue([NewDelivery(channel, message.to_json()) for message in messages], self.now)

    def deliver(
        self,
        service: Notifier,
        channel: str = "desk",
        *,
        after: timedelta = timedelta(0),
        pause: float | None = None,
        operators: tuple[str, ...] = (),
    ) -> Sent:
        self.now += after
        queue = Queue(self.store, channel, service, service.pause if pause is None else pause, LINKS, operators)
        return queue.deliver(lambda: self.now, self.wait)

    def wait(self, seconds: float) -> bool:
        """Stands in for waiting: the clock moves on."""
        if seconds:
            self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)
        return self.stop

    def summary(self, channel: str = "desk") -> dict[str, Any]:
        return next(row for row in self.store.outbox.summary() if row["channel"] == channel)

    def counts(self, channel: str = "desk") -> dict[str, int]:
        """How many messages are in each state, without those of which there are none."""
        row = self.summary(channel)
        return {state: row[state] for state in STATES if row[state]}

    def find(self, channel: str = "desk") -> list[Delivery]:
        """The channel's messages, the oldest first."""
        return self.store.outbox.find(channel=channel)[::-1]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    one = Post(tmp_path / "monitor.db")
    yield one
    one.store.close()


def refused(reason: str = "busy", retry_after: float | None = None, **more: Any) -> DeliveryError:
    return DeliveryError(reason, retry_after, **more)


def test_messages_are_sent_in_the_order_they_were_queued_once_each(post: Post) -> None:
    post.queue("one", "two")
    post.queue("three")
    service = Service()
    assert post.counts() == {"queued": 3}
    assert post.deliver(service) == Sent(sent=3)
    assert service.taken == ["one", "two", "three"]
    assert post.deliver(service) == Sent()
    assert post.counts() == {"sent": 3}
    assert (post.summary()["last_sent"], post.summary()["last_error"]) == ("2025-05-29T14:00:02Z", None)


def test_what_the_service_said_is_kept_with_its_moment(post: Post) -> None:
    post.queue("one")
    post.deliver(Service(receipt=Receipt("250 queued as 4F6A", {"ts": "17.5"})), after=timedelta(minutes=1))
    (one,) = post.find()
    assert (one.state, one.said, one.receipt, one.attempts) == ("sent", "250 queued as 4F6A", {"ts": "17.5"}, 1)
    assert one.sent_at == START + timedelta(minutes=1)


def test_a_service_gets_its_moment_between_two_messages_and_a_stop_leaves_the_rest_waiting(post: Post) -> None:
    post.queue("one", "two", "three")
    post.stop = True
    service = Service()
    assert post.deliver(service) == Sent(sent=1)
    assert (service.taken, post.pauses) == (["one"], [1.0])
    assert post.counts() == {"queued": 2, "sent": 1}


def test_a_run_hard_on_the_heels_of_another_keeps_the_distance_too(post: Post) -> None:
    service = Service()
    pauses = {timedelta(0): [], timedelta(milliseconds=250): [1.0], 2 * SECOND: [1.0]}
    for after, waited in pauses.items():
        post.queue("one")
        assert post.deliver(service, after=after) == Sent(sent=1)
        assert post.pauses == waited


def test_the_distance_is_kept_to_a_message_sent_late_in_its_second(post: Post) -> None:
    post.queue("one")
    post.deliver(Service(), after=timedelta(milliseconds=900))
    post.queue("two")
    post.deliver(Service(), after=timedelta(milliseconds=100))
    assert post.pauses
    assert post.pauses[0] >= 0.9


def test_a_clock_that_was_set_back_holds_a_message_back_no_longer_than_the_distance(post: Post) -> None:
    post.queue("one")
    post.deliver(Service())
    post.queue("two")
    assert post.deliver(Service(), after=-timedelta(hours=1)) == Sent(sent=1)
    assert sum(post.pauses) <= 2


def test_a_service_that_asks_for_no_distance_is_not_kept_waiting(post: Post) -> None:
    post.queue("one", "two")
    assert post.deliver(Service(), pause=0) == Sent(sent=2)
    assert post.pauses == []


def test_a_service_gets_its_moment_after_a_message_that_it_refused_for_good(post: Post) -> None:
    post.queue("one", "two")
    assert post.deliver(Service(refused(final=True))) == Sent(sent=1, given_up=1)
    assert post.pauses == [1.0]


def test_a_message_that_fails_holds_back_the_later_ones_so_that_none_overtakes_it(post: Post) -> None:
    post.queue("one", "two")
    service = Service(refused("channel_not_found"))
    assert post.deliver(service) == Sent(error="channel_not_found")
    assert post.counts() == {"queued": 1, "failed": 1}
    post.queue("three")
    assert post.deliver(service, after=timedelta(seconds=29)) == Sent()
    assert service.asked == 1
    assert post.deliver(service, after=SECOND) == Sent(sent=3)
    assert service.taken == ["one", "two", "three"]


def test_it_is_tried_again_after_half_a_minute_and_ever_later_up_to_a_day_for_a_week(post: Post) -> None:
    post.queue("one")
    service = Service(*(refused() for _ in range(30)))
    waits = []
    while (due := post.store.outbox.next_moment("desk")) is not None:
        waits.append(int((due - post.now).total_seconds()))
        if waits[-1]:
            post.deliver(service, after=due - post.now - SECOND)
            assert service.asked == len(waits) - 1, "it was tried too early"
        post.deliver(service, after=due - post.now)
    assert waits == [0, 30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, *(86_400,) * 6]
    assert service.asked == len(waits)
    assert GIVE_UP_AFTER <= post.now - START < GIVE_UP_AFTER + timedelta(days=1)
    assert post.counts() == {"dead": 1}


@pytest.mark.parametrize(
    ("asked", "waited"), [(5.0, 30), (30.0, 30), (90.0, 90), (7_200.0, 7_200), (1e9, 86_400), (float("inf"), 86_400), (None, 30)]
)
def test_a_service_that_asks_for_more_time_gets_it_up_to_a_day(post: Post, asked: float | None, waited: int) -> None:
    post.queue("one")
    service = Service(refused(retry_after=asked))
    post.deliver(service)
    post.deliver(service, after=timedelta(seconds=waited - 1))
    assert service.asked == 1
    post.deliver(service, after=SECOND)
    assert service.taken == ["one"]


def test_a_message_that_no_attempt_could_send_for_a_week_is_given_up_in_sight(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.queue("one")
    service = Service(*(refused("no such channel") for _ in range(4)))
    post.deliver(service)
    post.deliver(service, after=timedelta(days=7) - SECOND)
    assert post.counts() == {"failed": 1}
    assert post.deliver(service, after=timedelta(hours=1)) == Sent(given_up=1)
    assert post.counts() == {"dead": 1}
    assert post.summary()["last_error"] == "no such channel"
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]
    assert "channel desk: message given up at attempt 3: no such channel" in caplog.text
    assert post.deliver(service, after=timedelta(days=1)) == Sent()
    assert service.asked == 3


def test_a_message_that_the_service_will_never_take_is_given_up_at_once_and_the_next_one_goes(post: Post) -> None:
    post.queue("too long", "two")
    service = Service(refused("msg_too_long", final=True))
    assert post.deliver(service) == Sent(sent=1, given_up=1)
    assert service.taken == ["two"]
    assert [(one.state, one.error) for one in post.find()] == [("dead", "msg_too_long"), ("sent", "")]


def test_a_message_that_was_given_up_no_longer_holds_back_the_next(post: Post) -> None:
    post.queue("stale")
    post.now += timedelta(days=7)
    post.queue("fresh")
    service = Service(refused())
    assert post.deliver(service) == Sent(sent=1, given_up=1)
    assert service.taken == ["fresh"]


def test_the_operator_is_told_once_why_messages_are_given_up_however_many_there_are(post: Post) -> None:
    post.queue("New 287(g) agreement: Bay County (Florida)", "two")
    service = Service(refused("410 Gone", final=True), refused("410 Gone", final=True))
    post.deliver(service, operators=("desk", "ops", "phone"))
    assert post.counts() == {"dead": 2}, "a channel is told of its own messages"
    for channel in ("ops", "phone"):
        told = [Message.from_json(one.message) for one in post.find(channel)]
        assert [(one.severity, one.title) for one in told] == [("operator", "Messages to desk are given up")]
        assert told[0].summary.startswith("“New 287(g) agreement: Bay County (Florida)” was not taken: 410 Gone.")
        assert "monitor287g deliveries retry --channel 'desk'" in told[0].summary


def test_the_operator_who_got_the_notice_is_told_of_what_is_given_up_later(post: Post) -> None:
    for title in ("one", "two"):
        post.queue(title)
        post.deliver(Service(refused("410 Gone", final=True)), operators=("ops",))
        post.deliver(Service(), "ops", after=timedelta(hours=1))
    assert len(post.find("ops")) == 2


def test_two_operator_channels_that_fail_do_not_tell_each_other_for_ever(post: Post) -> None:
    post.queue("The 287(g) page cannot be read", channel="ops", severity="operator")
    operators = ("ops", "phone")
    assert post.deliver(Service(refused(final=True)), "ops", operators=operators) == Sent(given_up=1)
    assert [row["channel"] for row in post.store.outbox.summary()] == ["ops"]


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
    assert post.counts() == {"failed": 1}
    assert "s3cret" not in caplog.text + str(post.summary())
    assert post.deliver(service, after=timedelta(seconds=30)) == Sent(sent=1)


UNREADABLE = {
    "of a later version": {"id": "x", "title": "of a later version", "severity": "news", "tables": []},
    "without a severity": {"title": "of a later version"},
    "without a title": {"id": "x"},
}


@pytest.mark.parametrize("message", UNREADABLE.values(), ids=UNREADABLE)
def test_a_stored_message_that_cannot_be_read_stays_until_it_is_given_up_and_the_next_one_goes(
    post: Post, message: dict[str, Any]
) -> None:
    with post.store.transaction():
        post.store.outbox.queue([NewDelivery("desk", message)], post.now)
    assert post.deliver(Service()) == Sent(error="unexpected KeyError")
    assert post.counts() == {"failed": 1}
    post.queue("one")
    assert post.deliver(Service(), after=timedelta(days=8), operators=("ops",)) == Sent(sent=1, given_up=1)
    assert post.counts() == {"dead": 1, "sent": 1}


def test_a_message_that_an_earlier_version_left_in_the_queue_is_sent(post: Post) -> None:
    line = {"mark": "New", "text": "Bay County: Task Force Model", "url": None}
    old = Message("publication-2-0", "news", "1 new 287(g) agreement", "Now 3.", "2025", url="https://m.example/#2").to_json()
    old = {name: old[name] for name in ("id", "severity", "title", "summary", "at", "url")}
    old |= {"sections": [{"title": "Florida", "lines": [line]}], "source": "https://www.ice.gov/"}
    with post.store.transaction():
        post.store.outbox.queue([NewDelivery("desk", old)], post.now)
    service = Service()
    assert post.deliver(service) == Sent(sent=1)
    assert service.taken == ["1 new 287(g) agreement"]


def test_a_success_clears_the_error_of_its_message(post: Post) -> None:
    post.queue("one")
    service = Service(refused("busy"))
    post.deliver(service)
    assert post.summary()["last_error"] == "busy"
    post.deliver(service, after=timedelta(minutes=1))
    assert post.summary()["last_error"] is None


# -- what a channel is told about the attempt --------------------------------------------------------------------------------------


def test_a_channel_is_told_the_moment_and_whether_an_earlier_attempt_may_have_arrived(post: Post) -> None:
    post.queue("one")
    service = Service(refused("no answer in time"))
    post.deliver(service)
    post.deliver(service, after=timedelta(minutes=1))
    assert [(one.at, one.again) for one in service.sendings] == [(START, False), (START + timedelta(minutes=1), True)]


def test_after_a_retry_by_hand_an_earlier_attempt_may_have_arrived_all_the_same(post: Post) -> None:
    post.queue("one")
    service = Service(refused("no answer in time"))
    post.deliver(service)
    assert post.store.outbox.retry([1], post.now) == 1
    assert post.deliver(service) == Sent(sent=1)
    assert [one.again for one in service.sendings] == [False, True]


def test_what_part_of_a_message_was_taken_is_known_to_every_later_attempt(post: Post) -> None:
    post.queue("one")
    service = Service(refused(receipt={"accepted": ["a@example.org"]}), refused("cannot be reached"))
    for _ in range(3):
        post.deliver(service, after=timedelta(minutes=2))
    assert [one.receipt for one in service.sendings] == [{}, {"accepted": ["a@example.org"]}, {"accepted": ["a@example.org"]}]


def test_a_message_that_follows_another_is_told_where_its_own_channel_put_that_one(post: Post) -> None:
    for channel in ("desk", "news"):
        post.queue("alert", channel=channel)
        post.deliver(Service(receipt=Receipt("ok", {"ts": channel})), channel)
        post.queue("correction", channel=channel, thread="alert")
        post.queue("correction of what was never sent", channel=channel, thread="nothing")
        service = Service()
        post.deliver(service, channel)
        assert [one.thread for one in service.sendings] == [{"ts": channel}, {}]


def test_a_channel_gets_the_events_that_its_message_tells_and_no_others(post: Post) -> None:
    events = [Event(kind=kind, at=START) for kind in ("agreement.reprinted", "list.left_page", "list.returned")]
    post.store.commit(Commit(START, events=events))
    post.queue("start")
    post.queue("two", events=(1, 3))
    service = Service()
    post.deliver(service)
    assert [[(event.id, event.kind) for event in one.events] for one in service.sendings] == [
        [],
        [(1, "agreement.reprinted"), (3, "list.returned")],
    ]


# -- crashes and other channels ----------------------------------------------------------------------------------------------------


class Dies:
    """A channel whose process ends right after the service took the message."""

    pause = 0.0

    def __init__(self, channel: Notifier) -> None:
        self.channel = channel

    def send(self, message: Message, sending: Sending) -> Receipt:
        self.channel.send(message, sending)
        raise SystemExit

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        return {}


def test_a_crash_between_the_send_and_its_mark_sends_twice_and_not_never(post: Post, site: Site) -> None:
    post.queue("one", "two")
    slack = build(Channel.model_validate({"type": "slack", "url": f"{site.address}/hook"}))
    with pytest.raises(SystemExit):
        post.deliver(Dies(slack))
    post.store.close()
    post.store = Store.open(post.path)
    assert post.counts() == {"queued": 1, "sending": 1}
    assert post.deliver(slack) == Sent(sent=2)
    assert [body["blocks"][0]["text"]["text"] for body in site.posts] == ["one", "one", "two"]


def test_after_a_crash_a_channel_knows_that_the_message_may_be_there_already(post: Post) -> None:
    post.queue("one", "two")
    with pytest.raises(SystemExit):
        post.deliver(Dies(Service()))
    service = Service()
    assert post.deliver(service) == Sent(sent=2)
    assert [one.again for one in service.sendings] == [True, False]


def test_one_channel_that_is_down_holds_back_no_other(post: Post) -> None:
    for title in ("one", "two"):
        post.queue(title, channel="down")
        post.queue(title, channel="up")
    up = Service()
    assert post.deliver(Service(refused("503")), "down") == Sent(error="503")
    assert post.deliver(up, "up") == Sent(sent=2)
    assert up.taken == ["one", "two"]
    assert (post.counts("down"), post.counts("up")) == ({"queued": 1, "failed": 1}, {"sent": 2})
    assert post.summary("up")["last_error"] is None


def test_the_summary_says_how_long_the_oldest_message_waits(post: Post) -> None:
    post.queue("one")
    post.now += timedelta(hours=2)
    post.queue("two")
    assert post.summary()["oldest_waiting"] == "2025-05-29T14:00:00Z"
    post.deliver(Service())
    assert post.summary()["oldest_waiting"] is None


# -- by hand -----------------------------------------------------------------------------------------------------------------------


def test_a_message_that_was_given_up_and_is_retried_goes_first_and_has_a_week_again(post: Post) -> None:
    post.queue("one")
    post.deliver(Service(refused(final=True)))
    post.queue("two")
    post.now += timedelta(days=30)
    assert post.store.outbox.retry([1], post.now) == 1
    service = Service(refused())
    assert post.deliver(service) == Sent(error="busy")
    assert post.counts() == {"failed": 1, "queued": 1}
    assert post.deliver(service, after=timedelta(seconds=30)) == Sent(sent=2)
    assert service.taken == ["one", "two"]


def test_a_message_that_was_sent_is_neither_retried_nor_dropped(post: Post) -> None:
    post.queue("one")
    post.deliver(Service())
    assert (post.store.outbox.retry([1], post.now), post.store.outbox.drop([1])) == (0, 0)
    assert post.counts() == {"sent": 1}


def test_a_message_that_is_dropped_is_never_sent_and_holds_back_no_other(post: Post) -> None:
    post.queue("one", "two")
    service = Service(refused())
    post.deliver(service)
    assert post.store.outbox.drop([1]) == 1
    assert post.deliver(service) == Sent(sent=1)
    assert service.taken == ["two"]
    assert [(one.state, one.error) for one in post.find()] == [("dropped", "busy"), ("sent", "")]


def test_a_message_that_was_given_up_can_be_acknowledged_and_still_be_retried(post: Post) -> None:
    post.queue("one")
    post.deliver(Service(refused(final=True)))
    assert post.store.outbox.drop([1]) == 1
    assert (post.counts(), post.store.outbox.drop([1])) == ({"dropped": 1}, 0)
    assert post.deliver(Service(), after=timedelta(days=1)) == Sent()
    assert post.store.outbox.retry([1], post.now) == 1
    assert post.deliver(Service()) == Sent(sent=1)
