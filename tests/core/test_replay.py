"""The event log alone says what stood."""

from __future__ import annotations

from datetime import date, timedelta

from monitor.core import replay
from monitor.core.events import Event
from monitor.core.roster import PENDING
from tests.core.history import MOA, Log, printed_rows
from tests.support.sheets import JEM, row

DAYS = timedelta(days=1)
OLD = row(signed=date(2020, 6, 1), moa=f"{MOA}old.pdf")
NEW = row(signed=date(2025, 5, 20), moa=f"{MOA}new.pdf")
PROVO = row("UTAH", "Provo Police Department")


def assert_the_log_says_what_is_printed(log: Log) -> None:
    for name, found in log.last.items():
        assert log.replayed(name) == printed_rows(found), f"the log replays to another {name} list than is printed"
    told = replay.standing(log.events)
    assert told == {one.listing.id: one.listing for entries in log.known.values() for one in entries.values() if one.stands}


def test_no_events_nothing_stands() -> None:
    assert replay.standing([]) == {}


def test_every_turn_of_a_list_replays_to_the_printed_rows() -> None:
    log = Log()
    turns = [
        [OLD, PROVO],
        [OLD, PROVO, PROVO],
        [NEW, PROVO],
        [OLD, PROVO],
        [PROVO],
        [NEW, PROVO],
        [row(agency="Smith County SO", signed=date(2025, 5, 20), moa=f"{MOA}new.pdf"), PROVO],
        [row("TEXSA ", signed=date(2025, 5, 20), moa=f"{MOA}new.pdf", addendum=f"{MOA}a.pdf")],
        [row("XX", signed=date(2025, 5, 21)), PROVO, row(model=JEM)],
    ]
    for rows in turns:
        log.publish(*rows)
        assert_the_log_says_what_is_printed(log)


def test_applications_come_leave_return_and_are_approved_by_the_log_alone() -> None:
    log = Log()
    log.publish()
    application = row(signed="")
    for rows in ([application], [], [application], []):
        log.apply(*rows)
        assert_the_log_says_what_is_printed(log)
    log.publish(NEW)
    assert log.events[-1].kind == "application.approved"
    assert_the_log_says_what_is_printed(log)
    log.apply(application)
    assert_the_log_says_what_is_printed(log)


def test_a_point_in_the_past_is_the_log_up_to_there() -> None:
    log = Log()
    log.publish(OLD)
    then = log.now
    log.publish(PROVO)
    before = replay.standing(event for event in log.events if event.at <= then)
    assert "tx-smith-county-sheriffs-office-tfm-2020-06-01" in before
    assert "tx-smith-county-sheriffs-office-tfm-2020-06-01" not in replay.standing(log.events)


def test_events_about_lists_documents_and_publications_move_no_row() -> None:
    log = Log()
    log.publish(OLD)
    reference = log.events[0].publication
    news = [
        Event(kind=kind, at=log.now, publication=reference)
        for kind in ("list.left_page", "list.returned", "document.added", "publication.held", "publication.released")
    ]
    assert replay.standing([*log.events, *news]) == replay.standing(log.events)
    assert all(event.application is None for event in log.events)
    assert PENDING not in log.last
