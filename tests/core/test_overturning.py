"""A person's verdict against what was told: the log grows by it and says what the person knows."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.core.differ import Changes
from monitor.core.overturning import DISTINCT, SAME, overturn
from monitor.core.roster import PARTICIPATING
from tests.core.history import MOA, Log, changed, kinds, printed_rows
from tests.support.sheets import TFM, row

SIGNED = date(2025, 5, 20)
SATELLITE = row("FLORIDA", "Satellite Beach Police Department", TFM, SIGNED, f"{MOA}satellite.pdf")
SEBASTIAN = row("FLORIDA", "Sebastian Police Department", TFM, SIGNED, f"{MOA}satellite.pdf")
DOUGLAS = row("GEORGIA", "Douglas County Sheriff's Office")
DOGULAS = row("GEORGIA", "Dogulas County Sheriff's Office")


def decide(log: Log, pair: str, verdict: str) -> Changes:
    changes = overturn(pair, verdict, log.events, log.known[PARTICIPATING].values(), log.now)
    log.append(changes)
    return changes


def flagged_pair(log: Log) -> str:
    """The pair of the latest doubt that was told."""
    doubt = next(event.doubt for event in reversed(log.events) if event.doubt)
    return str(doubt["pair"])


@pytest.fixture
def parted() -> Log:
    """A log that told an end and a beginning, flagged as possibly one agreement."""
    log = Log()
    log.publish(SATELLITE)
    log.publish(SEBASTIAN)
    return log


@pytest.fixture
def joined() -> Log:
    """A log that told a correction, flagged as possibly two agreements."""
    log = Log()
    log.publish(DOUGLAS)
    log.publish(DOGULAS)
    return log


def test_an_end_and_a_beginning_become_one_agreement_under_its_first_id(parted: Log) -> None:
    changes = decide(parted, flagged_pair(parted), SAME)
    (event,) = changes.events
    assert event.kind == "agreement.corrected"
    assert event.agreement is not None
    assert event.agreement.id == "fl-satellite-beach-police-department-tfm-2025-05-20"
    assert changed(event, "agency") == ("Satellite Beach Police Department", "Sebastian Police Department")
    assert "verdict" in event.reason
    assert [listing.id for listing in parted.standing()] == [event.agreement.id]
    assert parted.replayed() == printed_rows(parted.last[PARTICIPATING])


def test_after_a_verdict_of_same_the_next_publication_tells_nothing(parted: Log) -> None:
    decide(parted, flagged_pair(parted), SAME)
    assert parted.publish(SEBASTIAN) == []
    assert kinds(parted.publish()) == ["agreement.removed"]


def test_a_correction_becomes_an_end_and_a_beginning(joined: Log) -> None:
    changes = decide(joined, flagged_pair(joined), DISTINCT)
    assert kinds(changes.events) == ["agreement.removed", "agreement.added"]
    removed, added = changes.events
    assert removed.agreement is not None
    assert added.agreement is not None
    assert removed.agreement.agency == "Douglas County Sheriff's Office"
    assert added.agreement.agency == "Dogulas County Sheriff's Office"
    assert removed.agreement.id != added.agreement.id
    assert all("verdict" in event.reason for event in changes.events)
    assert joined.replayed() == printed_rows(joined.last[PARTICIPATING])


def test_after_a_verdict_of_distinct_the_next_publication_tells_nothing(joined: Log) -> None:
    decide(joined, flagged_pair(joined), DISTINCT)
    assert joined.publish(DOGULAS) == []


def test_a_verdict_of_distinct_parts_the_agencies_too(joined: Log) -> None:
    pair = flagged_pair(joined)
    decide(joined, pair, DISTINCT)
    joined.publish(DOGULAS, DOUGLAS, verdicts={pair: DISTINCT})
    first, second = joined.standing()
    assert first.agency_id != second.agency_id


@pytest.mark.parametrize("verdict", [SAME, DISTINCT])
def test_a_verdict_that_says_what_was_told_changes_nothing(parted: Log, joined: Log, verdict: str) -> None:
    log = joined if verdict == SAME else parted
    assert decide(log, flagged_pair(log), verdict) == Changes()


@pytest.mark.parametrize("verdict", [SAME, DISTINCT])
def test_a_verdict_on_a_pair_nobody_printed_changes_nothing(parted: Log, verdict: str) -> None:
    assert decide(parted, "0123456789ab", verdict) == Changes()


def test_a_verdict_given_twice_changes_nothing_the_second_time(parted: Log) -> None:
    pair = flagged_pair(parted)
    assert decide(parted, pair, SAME) != Changes()
    assert decide(parted, pair, SAME) == Changes()


def test_a_verdict_of_same_on_a_row_that_ended_meanwhile_changes_nothing(parted: Log) -> None:
    pair = flagged_pair(parted)
    parted.publish()
    assert decide(parted, pair, SAME) == Changes()


@pytest.mark.parametrize(("first", "second"), [(SAME, DISTINCT), (DISTINCT, SAME)])
def test_a_verdict_can_be_taken_back(parted: Log, joined: Log, first: str, second: str) -> None:
    log = parted if first == SAME else joined
    pair = flagged_pair(log)
    assert decide(log, pair, first) != Changes()
    assert decide(log, pair, second) != Changes(), "the log keeps saying what the person has taken back"
    assert log.replayed() == printed_rows(log.last[PARTICIPATING])
