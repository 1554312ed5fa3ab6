"""What is due becomes messages: one for all that waits, none for what came to nothing, and none twice whatever crashes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.firsts import STATE
from monitor.notifiers.messages import Message
from monitor.store import Store
from tests.support.told import LINKS, Newsroom, agreement, application, corrected, event, joined, lines, newsroom, told

SMITH = agreement("Smith County Sheriff's Office")
BAY = agreement("Bay County Sheriff's Office", "FL")
APPLIED = application("Smith County Sheriff's Office")
ADDED, ENDED = event("agreement.added", SMITH), event("agreement.removed", BAY)
APPROVED = event("application.approved", APPLIED, agreement=SMITH)
BACK = event("agreement.relisted", BAY, reason="printed again")
REDATED = corrected(SMITH, signed=date(2025, 5, 21))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    """One channel, `desk`, that is told news at once."""
    with newsroom(tmp_path) as one:
        yield one


@pytest.fixture
def weekly(tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, {"rhythm": "weekly mon 08:00"}) as one:
        yield one


def at(room: Newsroom, moment: datetime) -> list[Message]:
    """What the channel is due at a moment."""
    return room.compose(after=moment - room.now)


# -- grouping --------------------------------------------------------------------------------------------------------------------


def test_nothing_is_told_before_the_group_wait_is_over(desk: Newsroom) -> None:
    desk.learn(ADDED)
    assert desk.compose(after=MINUTE) == []
    assert len(desk.compose(after=MINUTE)) == 1


def test_both_lists_minutes_apart_make_one_message(desk: Newsroom) -> None:
    desk.learn(ADDED, ENDED)
    desk.learn(APPROVED, list_name="pending", after=MINUTE, pending=0)
    (message,) = desk.compose()
    assert message.title == "1 new 287(g) agreement, 1 ended"
    assert told(message) == [
        "Ended: Bay County Sheriff's Office: Task Force Model, signed May 20, 2025",
        "New: Smith County Sheriff's Office: Task Force Model, signed May 20, 2025 (was pending)",
    ]
    assert [source.name[:7] for source in message.sources] == ["partici", "pending"]
    assert message.summary.endswith("now 1,240 agreements in 40 states; 0 pending applications.")


def test_what_was_learnt_just_before_goes_with_what_is_due(desk: Newsroom) -> None:
    """It makes one message, and is not due by itself afterwards."""
    desk.learn(ADDED)
    desk.learn(ENDED, after=MINUTE)
    (message,) = desk.compose(after=MINUTE)
    assert len(lines(message)) == 2
    assert desk.compose(after=DAY) == []


def test_far_apart_they_are_two_messages(desk: Newsroom) -> None:
    assert [len(desk.tell(one)) for one in (ADDED, ENDED)] == [1, 1]


def test_what_came_to_nothing_is_settled_without_a_message(desk: Newsroom) -> None:
    desk.learn(ENDED)
    desk.learn(BACK, after=MINUTE)
    assert desk.compose() == []
    assert desk.store.alerts.open("desk") == []


def test_a_channel_to_which_nothing_is_due_gets_nothing(desk: Newsroom) -> None:
    assert desk.compose() == []


def test_the_firsts_and_records_of_a_publication_are_told_with_it(desk: Newsroom) -> None:
    (message,) = desk.tell(ADDED, firsts={SMITH.id: STATE}, records={"passed": 1_200})
    assert message.notes == ("First agreement in Texas on record", "Reached 1,200 agreements for the first time on record")


def test_a_list_that_left_the_page_is_told_with_the_totals_of_today(desk: Newsroom) -> None:
    """Its own last publication is older than the other list's."""
    desk.tell(event("application.added", APPLIED), list_name="pending", agreements=1_240)
    old = desk.store.publication(1)
    assert old is not None
    desk.tell(ADDED, agreements=1_241)
    desk.learn_of(old, event("list.left_page", reason="the page no longer links it"))
    (message,) = desk.compose()
    assert "now 1,241 agreements" in message.summary


def test_a_verdict_on_an_old_publication_is_told_with_the_totals_of_today(desk: Newsroom) -> None:
    desk.tell(corrected(BAY, agency="Bay County Jail"), agreements=1_240)
    old = desk.store.publication(1)
    assert old is not None
    desk.tell(ADDED, agreements=1_300)
    desk.learn_of(old, ENDED, event("agreement.added", agreement("Bay County Jail", "FL"), reason="a person's verdict"))
    (message,) = desk.compose()
    assert "now 1,300 agreements" in message.summary


# -- corrections -----------------------------------------------------------------------------------------------------------------


def test_corrections_go_into_the_threads_of_the_messages_they_put_right_and_news_beside_them(desk: Newsroom) -> None:
    (first,) = desk.tell(ADDED)
    (second,) = desk.tell(ENDED)
    found = desk.tell(BACK, REDATED, event("agreement.added", agreement("Travis County Constable")))
    assert {message.thread: message.title for message in found} == {
        first.id: "Correction: Smith County Sheriff's Office (Texas)",
        second.id: "Correction: Bay County Sheriff's Office (Florida)",
        "": "New 287(g) agreement: Travis County Constable (Texas)",
    }


def test_two_corrections_of_one_message_are_one(desk: Newsroom) -> None:
    (first,) = desk.tell(ADDED, ENDED)
    (second,) = desk.tell(BACK, REDATED)
    assert (second.thread, second.title, len(lines(second))) == (first.id, "Correction: 2 agreements", 2)


# -- a message for each event ----------------------------------------------------------------------------------------------------


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, {"grouped": False}) as one:
        yield one


def test_ungrouped_each_agreement_has_a_message_of_its_own(single: Newsroom) -> None:
    found = single.tell(ADDED, ENDED, event("list.left_page", reason="gone"))
    assert [message.title for message in found] == [
        "New 287(g) agreement: Smith County Sheriff's Office (Texas)",
        "287(g) agreement ended: Bay County Sheriff's Office (Florida)",
        "The participating list left ICE's 287(g) page",
    ]
    assert len({message.id for message in found}) == 3
    assert [len(message.events) for message in found] == [1, 1, 1]


def test_ungrouped_an_approval_still_goes_with_its_agreement(single: Newsroom) -> None:
    single.learn(ADDED)
    single.learn(APPROVED, list_name="pending", after=MINUTE)
    (message,) = single.compose()
    assert [line.note for line in lines(message)] == ["was pending"]


def test_ungrouped_what_ended_and_came_back_is_nothing_and_the_rest_is_told(single: Newsroom) -> None:
    single.learn(ADDED, ENDED)
    single.learn(BACK, after=MINUTE)
    assert [message.title for message in single.compose()] == ["New 287(g) agreement: Smith County Sheriff's Office (Texas)"]


def test_ungrouped_what_a_person_found_to_be_one_agreement_is_nothing_too(single: Newsroom) -> None:
    single.learn(ENDED, event("agreement.added", agreement("Bay Cnty Jail", "FL")))
    single.learn(joined(BAY, agreement("Bay Cnty Jail", "FL")), after=MINUTE)
    assert single.compose() == []


def test_ungrouped_digests_are_told_apart_by_their_titles(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"grouped": False, "rhythm": "daily 08:00"}) as room:
        room.learn(ADDED, event("agreement.added", agreement("Travis County Constable")))
        found = room.compose(after=DAY)
        assert len({message.title for message in found}) == 2


# -- digests ---------------------------------------------------------------------------------------------------------------------


def test_a_weekly_digest_tells_the_week_on_its_day_once(weekly: Newsroom) -> None:
    weekly.learn(ADDED, agreements=1_241)
    weekly.learn(ENDED, after=DAY, agreements=1_240)
    monday = datetime(2025, 6, 2, 12, tzinfo=UTC)  # 08:00 in New York
    assert at(weekly, monday - MINUTE) == []
    (message,) = at(weekly, monday)
    assert message.title == "287(g) weekly: 1 new agreement, 1 ended"
    assert message.summary.startswith("1 new 287(g) agreement, 1 ended: now 1,240 agreements")
    assert len(message.sources) == 2
    assert at(weekly, monday + 7 * DAY) == []


def test_a_digest_draws_the_agreements_that_stood_by_day(weekly: Newsroom) -> None:
    weekly.learn(ADDED, agreements=1_241)
    weekly.learn(ENDED, after=DAY, agreements=1_238)
    weekly.learn(event("agreement.added", agreement("Travis County Constable")), after=timedelta(hours=2), agreements=1_239)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert message.growth == (("2025-05-30", 1_241), ("2025-05-31", 1_239))


def test_a_daily_digest_draws_a_month_that_begins_with_what_stood_then(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"rhythm": "daily 08:00"}) as room:
        room.tell(ADDED, agreements=1_200, after=DAY)
        room.learn(ENDED, after=60 * DAY, agreements=1_199)
        (message,) = room.compose(after=DAY)
        assert message.growth == (((room.now - 30 * DAY).date().isoformat(), 1_200), ((room.now - DAY).date().isoformat(), 1_199))


@pytest.mark.parametrize("rhythm", ["at once", "hourly"])
def test_what_is_no_report_of_a_day_or_a_week_has_no_curve(tmp_path: Path, rhythm: str) -> None:
    with newsroom(tmp_path, {"rhythm": rhythm}) as room:
        room.learn(ADDED)
        (message,) = room.compose(after=timedelta(hours=1))
        assert (message.growth, message.title) == ((), "New 287(g) agreement: Smith County Sheriff's Office (Texas)")


def test_what_ended_and_came_back_within_the_week_is_not_in_its_digest(weekly: Newsroom) -> None:
    weekly.learn(ENDED, ADDED)
    weekly.learn(BACK, after=DAY)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert [line.mark for line in lines(message)] == ["New"]


def test_what_was_mended_within_the_week_is_in_its_digest_as_it_stands(weekly: Newsroom) -> None:
    weekly.learn(ADDED)
    weekly.learn(REDATED, after=DAY)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert told(message) == ["New: Smith County Sheriff's Office: Task Force Model, signed May 21, 2025"]


def test_what_was_applied_for_and_signed_within_the_week_is_one_line(weekly: Newsroom) -> None:
    weekly.learn(event("application.added", APPLIED), list_name="pending")
    weekly.learn(ADDED, after=DAY)
    weekly.learn(APPROVED, list_name="pending")
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert [(line.mark, line.note) for line in lines(message)] == [("New", "was pending")]


def test_what_ended_and_was_renewed_within_the_week_is_a_renewal(weekly: Newsroom) -> None:
    weekly.learn(ENDED)
    weekly.learn(event("agreement.renewed", replace(BAY, signed=date(2025, 5, 31)), before=BAY), after=DAY)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert [(line.mark, line.note) for line in lines(message)] == [("Renewed", "before: signed May 20, 2025")]


def test_what_was_withdrawn_and_approved_within_the_week_is_a_new_agreement(weekly: Newsroom) -> None:
    weekly.learn(event("application.withdrawn", APPLIED), list_name="pending")
    weekly.learn(ADDED, APPROVED, after=DAY)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert [(line.mark, line.note) for line in lines(message)] == [("New", "was pending")]


def test_a_list_that_left_and_returned_within_the_week_is_not_told(weekly: Newsroom) -> None:
    weekly.learn(event("list.left_page", reason="gone"))
    weekly.learn(event("list.returned", reason="there"), after=DAY)
    assert at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC)) == []


def test_a_correction_that_the_next_list_undoes_is_not_told_and_two_in_a_row_are_one(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"tell": ["corrections"], "rhythm": "weekly mon 08:00"}) as room:
        there, back = corrected(BAY, agency="Bay Jail"), corrected(replace(BAY, agency="Bay Jail"), agency=BAY.agency)
        room.learn(there, corrected(SMITH, signed=date(2025, 5, 21)))
        room.learn(back, corrected(replace(SMITH, signed=date(2025, 5, 21)), signed=date(2025, 5, 22)), after=DAY)
        (message,) = at(room, datetime(2025, 6, 2, 12, tzinfo=UTC))
        assert [line.note for line in lines(message)] == ["signed: May 20, 2025 → May 22, 2025"]
        assert "now" not in message.summary, "a correction changes no totals"


def test_a_message_bears_the_moment_it_was_made_not_that_of_an_old_list(weekly: Newsroom) -> None:
    weekly.learn(ADDED)
    (message,) = at(weekly, datetime(2025, 6, 2, 12, tzinfo=UTC))
    assert message.at == "2025-06-02T12:00:00Z"


def test_ungrouped_what_messages_have_in_common_is_told_once(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"grouped": False, "rhythm": "daily 08:00"}) as room:
        room.learn(ADDED, event("agreement.added", agreement("Travis County Constable")), records={"passed": 1_200})
        found = room.compose(after=DAY)
        assert [(len(one.notes), bool(one.growth)) for one in found] == [(1, True), (0, False)]


def test_a_digest_in_the_morning_does_not_call_yesterday_today(tmp_path: Path) -> None:
    with newsroom(tmp_path, {"rhythm": "daily 08:00"}) as room:
        room.learn(ADDED)  # on Friday at 11:05 in New York
        (message,) = at(room, datetime(2025, 5, 31, 12, tzinfo=UTC))
        assert "today" not in message.title


# -- crashes ---------------------------------------------------------------------------------------------------------------------


def test_composing_again_tells_nothing_again(desk: Newsroom) -> None:
    desk.learn(ADDED)
    assert [len(desk.compose()) for _ in range(3)] == [1, 0, 0]


def test_a_failure_while_composing_leaves_all_to_be_told_and_nothing_queued(desk: Newsroom, tmp_path: Path) -> None:
    """The second of two messages cannot be made, for what it puts right is damaged in the store."""
    desk.tell(ADDED)
    desk.tell(ENDED)
    desk.learn(REDATED, BACK)
    damaged = Message.from_json(desk.queued()[1].message)
    write(tmp_path, "{}")
    with pytest.raises(KeyError):
        desk.compose()
    assert (len(desk.queued()), len(desk.store.alerts.open("desk"))) == (2, 2)
    write(tmp_path, json.dumps(damaged.to_json()))
    assert len(desk.compose()) == 2
    assert desk.store.alerts.open("desk") == []


def write(folder: Path, message: str) -> None:
    """Overwrites the second message in the store."""
    with closing(sqlite3.connect(folder / "monitor.db")) as sql, sql:
        sql.execute("UPDATE deliveries SET message = ? WHERE id = 2", (message,))


def test_what_is_queued_and_what_is_settled_are_one_transaction(desk: Newsroom, tmp_path: Path) -> None:
    """Another reader sees the alert open and no message, or the message and no alert."""
    desk.learn(ADDED)
    with closing(Store.open(tmp_path / "monitor.db")) as other:
        assert (len(other.alerts.open("desk")), other.outbox.find()) == (1, [])
        desk.compose()
        assert (other.alerts.open("desk"), len(other.outbox.find())) == ([], 1)


def test_an_alert_says_in_which_message_it_was_told(desk: Newsroom) -> None:
    desk.tell(ADDED)
    (delivery,) = desk.queued()
    assert [one.delivery for one in desk.store.alerts.earlier(SMITH.id, desk.now - DAY)] == [delivery.id]
    assert delivery.message["url"] == f"{LINKS.public_url}/publications/1.html"
    assert Message.from_json(delivery.message).events == (1,)
