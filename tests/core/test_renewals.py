"""Agreements through time: renewed at once or after a gap, taken back, gone and back again, reverted with an old template."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitor.core.events import NEWS
from tests.core.history import MOA, Log, changed, kinds, printed_rows
from tests.support.sheets import JEM, WSO, row

SMITH = "Smith County Sheriff's Office"
OLD = row(signed=date(2020, 6, 1), moa=f"{MOA}smith_2020.pdf")
NEW = row(signed=date(2025, 5, 20), moa=f"{MOA}smith_2025.pdf")
OLD_ID, NEW_ID = "tx-smith-county-sheriffs-office-tfm-2020-06-01", "tx-smith-county-sheriffs-office-tfm-2025-05-20"
DAYS = timedelta(days=1)


@pytest.fixture
def log() -> Log:
    """A log in which the agreement of 2020 stands."""
    one = Log()
    one.publish(OLD)
    return one


def standing_ids(log: Log) -> list[str]:
    return [listing.id for listing in log.standing()]


# -- renewed -------------------------------------------------------------------------------------------------------------------


def test_a_later_date_and_another_document_are_one_renewal_and_no_removal(log: Log) -> None:
    (event,) = log.publish(NEW)
    assert event.kind == "agreement.renewed"
    assert changed(event, "signed") == ("2020-06-01", "2025-05-20")
    assert event.before is not None
    assert event.agreement is not None
    assert (event.before.id, event.agreement.id) == (OLD_ID, NEW_ID)
    assert event.before.agency_id == event.agreement.agency_id
    assert standing_ids(log) == [NEW_ID]


def test_a_renewal_under_another_spelling_is_one_event_of_one_agency(log: Log) -> None:
    renewed = row(agency="Smith County Sheriff Office", signed=date(2025, 5, 20), moa=f"{MOA}smith_2025.pdf")
    (event,) = log.publish(renewed)
    assert event.kind == "agreement.renewed"
    assert event.agreement is not None
    assert event.agreement.agency_id == "tx-smith-county-sheriffs-office"


def test_a_renewal_whose_document_is_still_to_come_is_a_renewal(log: Log) -> None:
    (event,) = log.publish(row(signed=date(2025, 5, 20)))
    assert event.kind == "agreement.renewed"


@pytest.mark.parametrize("gap", [1, 3, 60])
def test_a_renewal_after_a_gap_is_told_as_one_naming_the_old_date(log: Log, gap: int) -> None:
    (removed,) = log.publish()
    assert removed.kind == "agreement.removed"
    (event,) = log.publish(NEW, after=gap * DAYS)
    assert event.kind == "agreement.renewed"
    assert changed(event, "signed") == ("2020-06-01", "2025-05-20")
    assert "2025-06-04" in event.reason, "when the old one left is not said"
    assert standing_ids(log) == [NEW_ID]


def test_a_later_agreement_long_after_the_end_is_a_new_one_that_mentions_the_past(log: Log) -> None:
    log.publish()
    (event,) = log.publish(NEW, after=100 * DAYS)
    assert event.kind == "agreement.added"
    assert "2020-06-01" in event.reason
    assert event.before is not None
    assert event.before.id == OLD_ID


def test_another_model_after_a_gap_is_a_new_agreement(log: Log) -> None:
    log.publish()
    assert kinds(log.publish(row(model=JEM, signed=date(2025, 5, 20)))) == ["agreement.added"]


def test_another_agency_of_the_place_after_a_gap_is_a_new_agreement(log: Log) -> None:
    log.publish()
    assert kinds(log.publish(row(agency="Smith County Constable's Office"))) == ["agreement.added"]


def test_a_renewal_while_the_old_row_still_stands_is_an_addition_and_then_an_end(log: Log) -> None:
    assert kinds(log.publish(OLD, NEW)) == ["agreement.added"]
    (event,) = log.publish(NEW)
    assert event.kind == "agreement.removed"
    assert "another agreement of this agency and model stands" in event.reason


def test_a_renewal_taken_back_by_the_next_file_and_made_again_is_a_correction_each_time(log: Log) -> None:
    assert kinds(log.publish(NEW)) == ["agreement.renewed"]
    for rows in (OLD, NEW, OLD):
        events = log.publish(rows)
        assert set(kinds(events)) <= {"agreement.corrected", "moa.replaced"}, "the renewal is announced over and over"
        assert "agreement.corrected" in kinds(events)
        assert len(log.standing()) == 1
        assert log.replayed() == printed_rows(log.last["participating"])


def test_of_two_agreements_one_renewed_leaves_the_other_alone(log: Log) -> None:
    other = row(model=WSO, signed=date(2020, 6, 1), moa=f"{MOA}smith_wso.pdf")
    assert kinds(log.publish(OLD, other)) == ["agreement.added"]
    assert kinds(log.publish(NEW, other)) == ["agreement.renewed"]
    assert len(log.standing()) == 2


def test_a_renewed_agreement_that_ends_is_removed_once(log: Log) -> None:
    log.publish(NEW)
    assert kinds(log.publish()) == ["agreement.removed"]
    assert log.publish() == []


def test_a_renewal_of_a_renewal_names_the_date_before_it(log: Log) -> None:
    log.publish(NEW)
    (event,) = log.publish(row(signed=date(2025, 8, 1), moa=f"{MOA}smith_aug.pdf"), after=70 * DAYS)
    assert event.kind == "agreement.renewed"
    assert changed(event, "signed") == ("2025-05-20", "2025-08-01")


# -- back again -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [1, 2, 40])
def test_a_row_gone_for_a_while_and_back_unchanged_is_relisted(log: Log, gap: int) -> None:
    assert kinds(log.publish()) == ["agreement.removed"]
    (event,) = log.publish(OLD, after=gap * DAYS)
    assert event.kind == "agreement.relisted"
    assert event.agreement is not None
    assert event.agreement.id == OLD_ID
    assert "2025-06-04" in event.reason, "since when it was gone is not said"


def test_a_row_back_after_days_with_its_name_mended_is_relisted_too(log: Log) -> None:
    log.publish()
    (event,) = log.publish(row(agency="Smith County SO", signed=date(2020, 6, 1), moa=f"{MOA}smith_2020.pdf"), after=3 * DAYS)
    assert event.kind == "agreement.relisted"
    assert standing_ids(log) == [OLD_ID]


def test_a_row_back_after_months_is_added_anew_and_mentions_the_past(log: Log) -> None:
    log.publish()
    (event,) = log.publish(OLD, after=80 * DAYS)
    assert event.kind == "agreement.added"
    assert "2025-06-04" in event.reason
    assert event.before is not None
    assert event.before.id == OLD_ID
    assert event.agreement is not None
    assert event.agreement.id != OLD_ID, "one id names two stretches of time"


def test_a_row_that_comes_and_goes_is_told_each_time_and_never_twice(log: Log) -> None:
    told = [kinds(log.publish(*rows)) for rows in ([], [OLD], [], [], [OLD], [OLD])]
    assert told == [["agreement.removed"], ["agreement.relisted"], ["agreement.removed"], [], ["agreement.relisted"], []]


def test_a_rename_undone_while_the_row_is_away_brings_back_the_same_agreement(log: Log) -> None:
    renamed = row(agency="Smith County SO", signed=date(2020, 6, 1), moa=f"{MOA}smith_2020.pdf")
    log.publish(renamed)
    log.publish()
    (event,) = log.publish(OLD)
    assert event.kind == "agreement.relisted"
    assert standing_ids(log) == [OLD_ID]


def test_corrections_undone_by_an_old_template_and_made_again_are_corrections_each_time() -> None:
    template = [
        row("NEW YORK", "Alder Police Department"),
        row("GEORGIA", "Dogulas County Sheriff's Office"),
        row(signed=date(2025, 5, 7)),
        row("IOWA", "Polk County Sheriff's Office", JEM),
    ]
    mended = [
        row("FLORIDA", "Alder Police Department"),
        row("GEORGIA", "Douglas County Sheriff's Office"),
        row(signed=date(2025, 5, 8)),
        row("IOWA", "Polk County Sheriff's Office", WSO),
    ]
    log = Log()
    log.publish(*template)
    ids = standing_ids(log)
    for rows in (mended, template, mended, template):
        events = log.publish(*rows)
        assert kinds(events) == ["agreement.corrected"] * 4
        assert not {event.kind for event in events} & NEWS
        assert standing_ids(log) == ids
        assert log.replayed() == printed_rows(log.last["participating"])


def test_a_correction_undone_far_beyond_any_rule_is_still_one() -> None:
    """What was printed before is known to be the same agreement, even where dates and documents would speak against it now."""
    log = Log()
    first = row(signed=date(2025, 2, 19), moa_text="")
    log.publish(first)
    log.publish(row(signed=date(2025, 5, 10), moa=f"{MOA}s.pdf"))
    events = log.publish(row(signed=date(2025, 2, 19), moa=f"{MOA}t.pdf"))
    assert set(kinds(events)) == {"agreement.corrected", "moa.replaced"}
