"""Pending becomes participating: approved in either order, withdrawn only after a while, back without a sound."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitor.core.events import BOOKKEEPING
from monitor.core.roster import PENDING
from tests.core.history import BYSTANDER, MOA, Log, kinds, roster_of
from tests.support.sheets import JEM, WSO, row
from tests.support.sheets import PENDING as PENDING_COLUMNS

SMITH = "Smith County Sheriff's Office"
APPLICATION = row(signed="")
AGREEMENT = row(signed=date(2025, 6, 4))
DAYS = timedelta(days=1)


@pytest.fixture
def log() -> Log:
    """A log in which one application is pending, and no agreement but the bystander's stands."""
    one = Log()
    one.publish()
    one.apply()
    one.apply(APPLICATION)
    return one


def test_a_new_application_is_told(log: Log) -> None:
    event = log.events[-1]
    assert event.kind == "application.added"
    assert event.application is not None
    assert event.application.id == "tx-smith-county-sheriffs-office-tfm-application"


def test_an_application_that_leaves_after_its_agreement_came_is_approved(log: Log) -> None:
    assert kinds(log.publish(AGREEMENT)) == ["agreement.added"]
    (event,) = log.apply()
    assert event.kind == "application.approved"
    assert event.agreement is not None
    assert event.agreement.id in event.reason
    assert log.standing(PENDING) == []


def test_an_application_that_left_some_publications_before_its_agreement_is_approved_when_that_comes(log: Log) -> None:
    assert log.apply() == [], "nobody knows yet what became of it"
    assert log.apply() == []
    assert kinds(log.publish(AGREEMENT)) == ["agreement.added", "application.approved"]
    assert log.apply(after=30 * DAYS) == [], "an approved application is told as withdrawn"


def test_an_application_is_withdrawn_only_after_five_days_without_an_agreement(log: Log) -> None:
    assert log.apply() == []
    assert log.apply(after=4 * DAYS) == []
    (event,) = log.apply(after=1 * DAYS)
    assert event.kind == "application.withdrawn"
    assert "2025-06-06" in event.reason, "when it left is not said"
    assert log.apply(after=9 * DAYS) == [], "one withdrawal is told twice"


def test_a_publication_of_the_other_list_settles_a_withdrawal_too(log: Log) -> None:
    log.apply()
    assert kinds(log.publish(after=5 * DAYS)) == ["application.withdrawn"]


def test_an_agreement_after_the_withdrawal_was_told_still_approves(log: Log) -> None:
    log.apply()
    assert kinds(log.apply(after=6 * DAYS)) == ["application.withdrawn"]
    assert kinds(log.publish(AGREEMENT)) == ["agreement.added", "application.approved"]


def test_an_agreement_long_after_the_application_left_approves_nothing(log: Log) -> None:
    log.apply()
    log.apply(after=6 * DAYS)
    assert kinds(log.publish(AGREEMENT, after=60 * DAYS)) == ["agreement.added"]


def test_an_application_that_left_and_is_back_within_days_makes_no_sound(log: Log) -> None:
    assert log.apply() == []
    assert log.apply(APPLICATION, after=2 * DAYS) == []
    assert [listing.agency for listing in log.standing(PENDING)] == [SMITH]
    assert log.events[-1].kind in BOOKKEEPING


def test_an_application_back_after_it_was_told_as_withdrawn_is_told_again(log: Log) -> None:
    log.apply()
    log.apply(after=6 * DAYS)
    assert kinds(log.apply(APPLICATION)) == ["application.added"]


def test_an_agency_may_apply_for_one_model_and_hold_another(log: Log) -> None:
    assert kinds(log.publish(row(model=JEM, signed=date(2025, 6, 4)))) == ["agreement.added"]
    assert log.apply() == []
    assert kinds(log.apply(after=6 * DAYS)) == ["application.withdrawn"]


def test_of_two_applications_of_an_agency_each_has_its_own_outcome(log: Log) -> None:
    assert kinds(log.apply(APPLICATION, row(model=WSO))) == ["application.added"]
    log.publish(AGREEMENT)
    (event,) = log.apply(row(model=WSO))
    assert event.kind == "application.approved"
    assert event.application is not None
    assert event.application.model == "TFM"
    assert [listing.model for listing in log.standing(PENDING)] == ["WSO"]


def test_an_agreement_of_years_ago_does_not_approve_a_new_application() -> None:
    log = Log()
    log.publish(row(signed=date(2020, 6, 1), moa=f"{MOA}smith_2020.pdf"))
    log.apply()
    log.apply(APPLICATION)
    assert log.apply() == []
    assert kinds(log.apply(after=6 * DAYS)) == ["application.withdrawn"]


@pytest.mark.parametrize(("days", "expected"), [(40, ["application.approved"]), (50, [])])
def test_an_agreement_that_has_ended_approves_for_some_weeks_only(log: Log, days: int, expected: list[str]) -> None:
    log.publish(AGREEMENT)
    assert kinds(log.publish()) == ["agreement.removed"]
    assert kinds(log.apply(after=days * DAYS)) == expected


def test_a_renewal_approves_the_application_for_it() -> None:
    log = Log()
    log.publish(row(signed=date(2020, 6, 1), moa=f"{MOA}smith_2020.pdf"))
    log.apply()
    log.apply(APPLICATION)
    log.apply()
    assert kinds(log.publish(row(signed=date(2025, 6, 4), moa=f"{MOA}smith_2025.pdf"))) == [
        "agreement.renewed",
        "application.approved",
    ]


def test_an_application_is_approved_under_another_spelling_of_its_agency(log: Log) -> None:
    log.publish(row(agency="Smith County SO", signed=date(2025, 6, 4)))
    assert kinds(log.apply()) == ["application.approved"]


def test_an_application_is_not_approved_by_an_agency_of_another_place_or_state(log: Log) -> None:
    log.publish(row(agency="Wise County Sheriff's Office"), row("TENNESSEE"))
    assert log.apply() == []
    assert kinds(log.apply(after=6 * DAYS)) == ["application.withdrawn"]


def test_a_misspelt_application_mended_later_is_a_correction(log: Log) -> None:
    (event,) = log.apply(row(agency="Smith Couny Sheriff's Office"))
    assert event.kind == "application.corrected"
    assert [listing.id for listing in log.standing(PENDING)] == ["tx-smith-county-sheriffs-office-tfm-application"]
    assert kinds(log.apply(row(agency=SMITH, model="Task Force Model "))) == ["application.corrected"]
    assert log.apply(row(agency=f"{SMITH} ")) == [], "a blank counts as a correction"


def test_an_approved_application_is_not_taken_for_the_one_that_comes_beside_it(log: Log) -> None:
    log.publish(AGREEMENT)
    events = log.apply(row(agency=f"{SMITH}, Detention Division"))
    assert kinds(events) == ["application.added", "application.approved"]


def test_an_application_of_another_body_of_the_county_is_another_application(log: Log) -> None:
    assert kinds(log.apply(row(agency="Smith County Jail"))) == ["application.added"]
    assert kinds(log.apply(row(agency="Smith County Jail"), after=6 * DAYS)) == ["application.withdrawn"]


def test_an_agreement_first_printed_under_a_wrong_state_approves_once_it_is_corrected(log: Log) -> None:
    log.apply()
    log.publish(row("OKLAHOMA", signed=date(2025, 6, 4)))
    assert kinds(log.publish(AGREEMENT)) == ["agreement.corrected"]
    assert kinds(log.apply(after=6 * DAYS)) == ["application.approved"]


def test_an_application_for_another_model_is_another_application(log: Log) -> None:
    assert kinds(log.apply(APPLICATION, row(model=JEM))) == ["application.added"]
    assert {listing.model for listing in log.standing(PENDING)} == {"TFM", "JEM"}


def test_a_document_linked_on_an_application_is_a_correction_and_no_posting(log: Log) -> None:
    linked = roster_of([row(moa=f"{MOA}smith.pdf"), BYSTANDER], [*PENDING_COLUMNS, "MOA"])
    assert linked.list == PENDING
    assert set(kinds(log.read(linked))) == {"application.corrected"}
