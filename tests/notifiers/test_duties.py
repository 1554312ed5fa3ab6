"""Who is told of an event: those whose route it is, and, when it puts an earlier alert right, exactly those who got that alert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.events import BOOKKEEPING, CORRECTIONS, KINDS, NEWS, Event
from monitor.notifiers.alerting import alerts
from monitor.notifiers.messages import Message
from monitor.notifiers.routes import Route
from monitor.store import NewAlert
from tests.support.told import Newsroom, agreement, application, channel, corrected, event, joined, newsroom, told

SMITH = agreement("Smith County Sheriff's Office")
REDATED = corrected(SMITH, signed=date(2025, 5, 21))
ADDED, REMOVED, RELISTED = (
    event(f"agreement.{kind}", SMITH, reason="printed again") for kind in ("added", "removed", "relisted")
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    """One channel, `desk`, that is told news at once."""
    with newsroom(tmp_path) as one:
        yield one


def titles(messages: list[Message]) -> list[str]:
    return [message.title for message in messages]


def duties(*events: Event, **keys: Any) -> list[NewAlert]:
    """What a channel with these keys, which was told nothing before, owes its readers."""
    return alerts(events, [Route.of(channel(**keys))], datetime(2025, 5, 30, 12, tzinfo=UTC), timedelta(0), lambda *_: ())


# -- who is told at all ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tell", "kinds"),
    [
        (["news"], NEWS),
        (["corrections"], CORRECTIONS),
        (["news", "corrections", "operator"], NEWS | CORRECTIONS),
        (["operator"], frozenset()),
    ],
)
def test_a_channel_is_told_what_it_asks_for(tell: list[str], kinds: frozenset[str]) -> None:
    everything = [*KINDS, *sorted(BOOKKEEPING)]
    events = [event(kind) if kind.startswith("list.") else event(kind, SMITH) for kind in everything]
    assert {everything[duty.position] for duty in duties(*events, tell=tell)} == kinds


def test_every_channel_gets_its_own(tmp_path: Path) -> None:
    channels = ({"name": "all"}, {"name": "ohio", "filter": {"states": ["OH"]}}, {"name": "operator", "tell": ["operator"]})
    with newsroom(tmp_path, *channels) as room:
        room.learn(ADDED)
        assert [titles(room.compose(name)) for name in ("all", "ohio", "operator")] == [
            ["New 287(g) agreement: Smith County Sheriff's Office (Texas)"],
            [],
            [],
        ]


def test_each_duty_is_due_when_its_channels_rhythm_says() -> None:
    at, wait = datetime(2025, 5, 30, 12, 0, 30, tzinfo=UTC), timedelta(minutes=2)
    routes = [
        Route.of(channel(name=name, rhythm=rhythm)) for name, rhythm in (("a", "at once"), ("b", "hourly"), ("c", "daily 08:00"))
    ]
    assert [(duty.channel, duty.due_at) for duty in alerts([ADDED], routes, at, wait, lambda *_: ())] == [
        ("a", datetime(2025, 5, 30, 12, 2, 30, tzinfo=UTC)),
        ("b", datetime(2025, 5, 30, 13, tzinfo=UTC)),
        ("c", datetime(2025, 5, 31, 8, tzinfo=UTC)),
    ]


# -- what follows up -------------------------------------------------------------------------------------------------------------


def test_an_agreement_that_is_back_puts_right_that_it_ended(desk: Newsroom) -> None:
    (first,) = desk.tell(REMOVED)
    (second,) = desk.tell(RELISTED)
    assert (second.thread, second.title) == (first.id, "Correction: Smith County Sheriff's Office (Texas)")


def test_an_approval_puts_right_that_an_application_was_withdrawn_and_is_news_as_well(desk: Newsroom) -> None:
    applied = application("Gregg County Sheriff's Office")
    signed = agreement("Gregg County Sheriff's Office")
    (first,) = desk.tell(event("application.withdrawn", applied))
    found = desk.tell(event("agreement.added", signed), event("application.approved", applied, agreement=signed))
    assert sorted(message.thread for message in found) == ["", first.id]
    assert [told(message)[0].split(":")[0] for message in found] == ["Approved", "New"]


def test_an_agreement_that_is_back_is_news_to_those_who_were_never_told_that_it_ended(desk: Newsroom) -> None:
    (message,) = desk.tell(RELISTED)
    assert (message.thread, message.title) == ("", "287(g) agreement back on the list: Smith County Sheriff's Office (Texas)")


def test_an_agreement_that_is_back_does_not_put_right_that_it_was_new(desk: Newsroom) -> None:
    desk.tell(ADDED)
    (message,) = desk.tell(RELISTED)
    assert message.thread == ""


def test_the_latest_word_on_an_agreement_is_the_one_put_right(desk: Newsroom) -> None:
    desk.tell(REMOVED)
    desk.tell(RELISTED)
    (again,) = desk.tell(REMOVED)
    (back,) = desk.tell(RELISTED)
    assert (again.thread, back.thread) == ("", again.id)


def test_a_second_correction_follows_the_alert_and_not_the_first_correction(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"tell": ["news", "corrections"]}) as room:
        (first,) = room.tell(ADDED)
        (aside,) = room.tell(STILL_TRUE["county"])
        (second,), (third,) = room.tell(SLIPS["model"]), room.tell(REDATED)
        assert [message.thread for message in (aside, second, third)] == ["", first.id, first.id]


def test_what_is_mended_after_it_came_back_follows_the_alert_that_it_ended(desk: Newsroom) -> None:
    (ended,) = desk.tell(REMOVED)
    desk.tell(RELISTED)
    (mended,) = desk.tell(REDATED)
    assert mended.thread == ended.id


SLIPS = {
    "date": corrected(SMITH, signed=date(2025, 5, 21)),
    "model": corrected(SMITH, model="JEM"),
    "state": corrected(SMITH, state="OH"),
    "place misspelt": corrected(SMITH, agency="Smiht County Sheriff's Office"),
    "another agency": corrected(SMITH, agency="Travis County Sheriff's Office"),
    "agency and date": corrected(SMITH, agency="Smith County SO", signed=date(2025, 5, 21)),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_what_was_told_wrong_is_put_right(desk: Newsroom, slip: str) -> None:
    (first,) = desk.tell(ADDED)
    (second,) = desk.tell(SLIPS[slip])
    assert (second.thread, second.severity) == (first.id, "corrections")


STILL_TRUE = {
    "agency shortened": corrected(SMITH, agency="Smith County SO"),
    "agency with a division": corrected(SMITH, agency="Smith County Sheriff's Office, Detention Division"),
    "county": corrected(SMITH, county="Smith County"),
    "document gone": corrected(SMITH, moa_url=None),
    "typing of a date": replace(REDATED, agreement=SMITH, changes={"printed.signed": ("5/20/2025", "2025-05-20")}),
}


@pytest.mark.parametrize("change", STILL_TRUE)
def test_what_was_told_and_is_as_true_as_before_is_not_put_right(desk: Newsroom, change: str) -> None:
    desk.tell(ADDED)
    assert desk.tell(STILL_TRUE[change]) == []


def test_who_asks_for_corrections_is_told_of_those_too(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"tell": ["news", "corrections"]}) as room:
        room.tell(ADDED)
        (message,) = room.tell(STILL_TRUE["county"])
        assert (message.thread, message.severity) == ("", "corrections")


def test_a_correction_comes_once_in_the_thread_and_not_again_by_itself(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"tell": ["news", "corrections"]}) as room:
        (first,) = room.tell(ADDED)
        assert [message.thread for message in room.tell(REDATED)] == [first.id]


def test_exactly_those_who_got_the_alert_get_its_correction(tmp_path: Path) -> None:
    channels = ({"name": "texas", "filter": {"states": ["TX"]}}, {"name": "ohio", "filter": {"states": ["OH"]}}, {"name": "all"})
    with newsroom(tmp_path, *channels, {"name": "digest", "rhythm": "weekly mon 08:00"}) as room:
        room.learn(ADDED)
        firsts = {name: room.compose(name) for name in ("texas", "ohio", "all")}
        room.learn(REDATED)
        seconds = {name: room.compose(name) for name in ("texas", "ohio", "all")}
        assert [len(firsts[name]) for name in firsts] == [1, 0, 1]
        assert seconds["ohio"] == []
        for name in ("texas", "all"):
            assert [message.thread for message in seconds[name]] == [firsts[name][0].id]


def test_who_is_told_of_another_state_only_hears_that_an_agreement_was_not_its_states_after_all(tmp_path: Path) -> None:
    """Told as Texas's; ICE mends it to Ohio. Texas learns that it was wrong, Ohio that there is one."""
    channels = ({"name": "texas", "filter": {"states": ["TX"]}}, {"name": "ohio", "filter": {"states": ["OH"]}})
    with newsroom(tmp_path, *channels) as room:
        room.learn(ADDED)
        (first,) = room.compose("texas")
        room.learn(SLIPS["state"])
        (texas,), (ohio,) = room.compose("texas"), room.compose("ohio")
        assert texas.thread == first.id
        assert ohio.thread == ""
        assert told(ohio) == ["Corrected: Smith County Sheriff's Office: Task Force Model, signed May 20, 2025 (state: TX → OH)"]


def test_a_corrected_application_is_put_right_too(desk: Newsroom) -> None:
    before = application("Smith County Sheriff's Office")
    after = replace(before, model="JEM")
    (first,) = desk.tell(event("application.added", before), list_name="pending")
    (second,) = desk.tell(
        event("application.corrected", after, before=before, changes={"model": ("TFM", "JEM")}), list_name="pending"
    )
    assert second.thread == first.id


def test_a_persons_verdict_is_told_to_those_who_heard_of_either_row(desk: Newsroom) -> None:
    gone, new = agreement("Bay County Sheriff's Office", "FL"), agreement("Bay Cnty Jail", "FL")
    (ended,) = desk.tell(event("agreement.removed", gone))
    (begun,) = desk.tell(event("agreement.added", new))
    found = desk.tell(joined(gone, new))
    assert {message.thread for message in found} == {ended.id, begun.id}


# -- who gets no correction ------------------------------------------------------------------------------------------------------


def test_who_never_got_the_alert_gets_no_correction_of_it(desk: Newsroom) -> None:
    """The service never took it: it was given up."""
    desk.tell(ADDED)
    (delivery,) = desk.queued()
    desk.store.outbox.dead(delivery, "HTTP 410", desk.now, [])
    assert desk.tell(REDATED) == []


def test_an_alert_given_up_after_its_correction_was_learnt_needs_none(desk: Newsroom) -> None:
    desk.tell(ADDED)
    desk.learn(REDATED)
    desk.store.outbox.dead(desk.queued()[0], "HTTP 410", desk.now, [])
    assert desk.compose() == []
    assert desk.store.alerts.open("desk") == []


def test_an_alert_that_waits_to_be_sent_is_followed_by_its_correction(desk: Newsroom) -> None:
    """The service is down; both go out in their order when it is back."""
    (first,) = desk.tell(ADDED)
    delivery = desk.queued()[0]
    desk.store.outbox.failed(delivery, desk.now, desk.now + timedelta(hours=5), "busy", {})
    assert [message.thread for message in desk.tell(REDATED)] == [first.id]


def test_an_alert_that_was_dropped_by_hand_is_not_put_right(desk: Newsroom) -> None:
    desk.learn(ADDED)
    desk.store.alerts.drop("desk", desk.now)
    assert desk.tell(REDATED) == []


@pytest.mark.parametrize(("days", "follows"), [(29, True), (31, False)])
def test_what_was_told_more_than_thirty_days_ago_is_history(desk: Newsroom, days: int, follows: bool) -> None:
    desk.tell(ADDED)
    assert bool(desk.tell(REDATED, after=timedelta(days=days))) is follows


def test_a_channel_for_the_operator_alone_gets_no_correction(tmp_path: Path) -> None:
    """It was told news once; its route was changed."""
    with newsroom(tmp_path) as room:
        room.tell(ADDED)
        room.routes = [Route.of(channel(tell=["operator"]))]
        room.learn(REDATED)
        assert room.store.alerts.open("desk") == []


# -- what is still to be told ----------------------------------------------------------------------------------------------------


def test_what_is_mended_before_it_is_told_is_told_once_and_right(desk: Newsroom) -> None:
    """Within the group wait, or before the digest."""
    desk.learn(ADDED)
    desk.learn(REDATED, after=timedelta(minutes=1))
    (message,) = desk.compose()
    assert told(message) == ["New: Smith County Sheriff's Office: Task Force Model, signed May 21, 2025"]
    assert message.thread == ""


def test_what_ends_and_is_back_before_it_is_told_is_not_told(desk: Newsroom) -> None:
    desk.learn(REMOVED)
    desk.learn(RELISTED, after=timedelta(minutes=1))
    assert desk.compose() == []
    assert desk.store.alerts.next_due("desk") is None


def test_what_was_told_as_ended_and_waits_to_be_told_as_new_is_not_told_as_new_after_a_verdict(desk: Newsroom) -> None:
    """One row was told, the other waits; a person says that they are one. No message may call it new after that."""
    gone, new = agreement("Bay County Sheriff's Office", "FL"), agreement("Bay Cnty Jail", "FL")
    (ended,) = desk.tell(event("agreement.removed", gone))
    desk.learn(event("agreement.added", new))
    desk.learn(joined(gone, new), after=timedelta(minutes=1))
    found = desk.compose()
    assert [message.thread for message in found if message.thread] == [ended.id]
    assert not any(line.startswith("New:") for message in found for line in told(message))
