"""From one publication to the next: what is learnt, what is told, in which order and why; ids, documents, columns, second printings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitor.core.differ import diff
from monitor.core.events import NEWS
from monitor.core.roster import Agreement
from tests.core.history import BYSTANDER, MOA, Log, Row, changed, kinds, printed_rows, roster_of
from tests.support.sheets import JEM, PARTICIPATING, TFM, WSO, row

SMITH = "Smith County Sheriff's Office"
MAY = date(2025, 5, 20)


def started(*rows: Row) -> Log:
    """A log whose first publication prints `rows`."""
    log = Log()
    log.publish(*rows)
    return log


# -- the first publication, and nothing new -----------------------------------------------------------------------------------


def test_the_first_publication_is_learnt_and_not_announced() -> None:
    log = Log()
    assert log.publish(row(), row(model=JEM)) == []
    assert kinds(log.events) == ["agreement.baseline"] * 3
    assert [listing.agency for listing in log.standing()] == [SMITH] * 2


def test_the_same_rows_in_another_order_are_no_news() -> None:
    log = started(row(), row("UTAH", "Provo Police Department"), row(model=JEM))
    assert log.publish(row(model=JEM), row(), row("UTAH", "Provo Police Department")) == []
    assert log.changes.known == ()


def test_a_first_list_that_prints_one_agreement_under_two_spellings_holds_one() -> None:
    log = started(row(agency=SMITH), row(agency="Smith County Sheriff Office"))
    assert len(log.standing()) == 1
    assert log.publish(row(agency=SMITH), row(agency="Smith County Sheriff Office")) == []


# -- order, reasons, ids ---------------------------------------------------------------------------------------------------------


def eventful() -> Log:
    """A publication in which all that can happen to agreements happens."""
    log = Log()
    back = row("UTAH", "Provo Police Department")
    log.publish(back, row(), row("OHIO", "Zanes Police Department"), row("IOWA", "Polk County Sheriff's Office"))
    log.publish(row(), row("OHIO", "Zanes Police Department"), row("IOWA", "Polk County Sheriff's Office"))
    log.publish(row(), row("OHIO", "Zanes Police Department"), row("IOWA", "Polk County Sheriff's Office"), renewable())
    log.publish(
        row(moa=f"{MOA}smith.pdf"),
        row("ALABAMA", "Dale County Sheriff's Office"),
        row("WYOMING", "Carbon County Sheriff's Office"),
        row("IOWA", "Polk Couny Sheriff's Office"),
        row("GEORGIA", "Hall County Sheriff's Office", JEM, date(2025, 6, 1), f"{MOA}hall_2025.pdf"),
        back,
    )
    return log


def renewable() -> Row:
    return row("GEORGIA", "Hall County Sheriff's Office", JEM, date(2020, 6, 1), f"{MOA}hall_2020.pdf")


def test_news_is_told_first_and_each_kind_by_state() -> None:
    log = eventful()
    assert kinds(log.changes.events) == [
        "agreement.added",
        "agreement.added",
        "agreement.renewed",
        "agreement.relisted",
        "agreement.removed",
        "agreement.corrected",
        "moa.posted",
    ]
    assert [event.state for event in log.changes.events] == ["AL", "WY", "GA", "UT", "OH", "IA", "TX"]


def test_every_event_says_why_and_from_which_publication() -> None:
    log = eventful()
    for event in log.events:
        assert event.reason.strip(), f"{event.kind} gives no reason"
        assert event.publication is not None
        assert event.publication.list == "participating"
        assert event.at == event.publication.seen_at


def test_an_id_can_be_read_and_names_the_agency_the_model_and_the_date() -> None:
    log = started(row())
    (listing,) = log.standing()
    assert (listing.id, listing.agency_id) == (
        "tx-smith-county-sheriffs-office-tfm-2025-05-20",
        "tx-smith-county-sheriffs-office",
    )


def test_an_id_stays_through_a_rename_a_redate_a_model_fix_and_a_state_fix() -> None:
    log = started(row())
    (first,) = log.standing()
    for cells in (
        row(agency="Smith County SO"),
        row(agency="Smith County SO", signed=date(2025, 5, 21)),
        row(agency="Smith County SO", signed=date(2025, 5, 21), model=WSO),
        row("KANSAS", "Smith County SO", WSO, date(2025, 5, 21)),
    ):
        assert kinds(log.publish(cells)) == ["agreement.corrected"]
        assert [(listing.id, listing.agency_id) for listing in log.standing()] == [(first.id, first.agency_id)]


def test_a_second_agreement_of_a_renamed_agency_bears_the_agencys_first_id() -> None:
    log = started(row(agency="Smith County SO"))
    log.publish(row(agency=SMITH))
    log.publish(row(agency=SMITH), row(agency=SMITH, model=JEM))
    assert {listing.agency_id for listing in log.standing()} == {"tx-smith-county-so"}


def test_two_agreements_that_would_share_an_id_get_two() -> None:
    log = started(row("FLORIDA", "Alder Police Department", moa=f"{MOA}a.pdf"))
    log.publish(
        row("FLORIDA", "Alder Police Department", moa=f"{MOA}a.pdf"),
        row("FLORIDA", "Alder Police Department, Marine Unit", moa=f"{MOA}b.pdf"),
        row("FLORIDA", "Alder Police Department (Port)", moa=f"{MOA}c.pdf"),
    )
    assert len({listing.id for listing in log.standing()}) == 3


# -- MOA cells -------------------------------------------------------------------------------------------------------------------


def test_link_pending_that_becomes_a_link_is_a_document_posted() -> None:
    log = started(row())
    (event,) = log.publish(row(moa=f"{MOA}smith.pdf"))
    assert event.kind == "moa.posted"
    assert changed(event, "moa_url") == (None, f"{MOA}smith.pdf")
    assert event.kind not in NEWS


def test_another_document_under_the_same_date_is_a_silent_renewal() -> None:
    log = started(row(moa=f"{MOA}smith_2020.pdf"))
    (event,) = log.publish(row(moa=f"{MOA}smith_2025.pdf"))
    assert event.kind == "moa.replaced"
    assert changed(event, "moa_url") == (f"{MOA}smith_2020.pdf", f"{MOA}smith_2025.pdf")


def test_an_addendum_is_told_when_it_comes() -> None:
    log = started(row(moa=f"{MOA}smith.pdf"))
    (event,) = log.publish(row(moa=f"{MOA}smith.pdf", addendum=f"{MOA}smith_addendum.pdf"))
    assert event.kind == "addendum.posted"
    assert changed(event, "addendum_url") == (None, f"{MOA}smith_addendum.pdf")


def test_another_addendum_is_told_too() -> None:
    log = started(row(moa=f"{MOA}s.pdf", addendum=f"{MOA}one.pdf"))
    (event,) = log.publish(row(moa=f"{MOA}s.pdf", addendum=f"{MOA}two.pdf"))
    assert event.kind == "addendum.posted"


def test_a_document_and_its_addendum_posted_at_once_are_two_events() -> None:
    log = started(row())
    events = log.publish(row(moa=f"{MOA}s.pdf", addendum=f"{MOA}a.pdf"))
    assert kinds(events) == ["addendum.posted", "moa.posted"] or kinds(events) == ["moa.posted", "addendum.posted"]


def test_a_link_taken_down_is_a_correction() -> None:
    log = started(row(moa=f"{MOA}smith.pdf"))
    (event,) = log.publish(row(moa_text="link pending"))
    assert event.kind == "agreement.corrected"
    assert changed(event, "moa_url") == (f"{MOA}smith.pdf", None)


def test_the_same_document_wrapped_moved_or_in_another_case_is_no_news() -> None:
    log = started(row(moa=f"{MOA}Smith County.pdf"))
    wrapped = (
        "https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fdoclib%2F287gMOA%2Fsmith%20county.PDF"
    )
    assert log.publish(row(moa=wrapped)) == []
    assert log.publish(row(moa="http:/www.ice.gov/doclib/about/287gMOA/smith%20county.pdf")) == []


def test_a_document_posted_and_a_name_mended_in_one_file_are_both_told() -> None:
    log = started(row(agency="Smith Couny Sheriff's Office"))
    events = log.publish(row(agency=SMITH, moa=f"{MOA}smith.pdf"))
    assert kinds(events) == ["agreement.corrected", "moa.posted"]


# -- cells beside ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["type", "county"])
def test_a_type_or_county_mended_is_a_correction_and_wakes_nobody(cell: str) -> None:
    log = started(row(**{cell: "Muncipality"}))
    (event,) = log.publish(row(**{cell: "Municipality"}))
    assert event.kind == "agreement.corrected"
    assert event.kind not in NEWS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (row("TEXAS"), row("TEXAS ")),
        (row("TEXAS"), row("Texas")),
        (row(agency="Smith County Sheriff's Office"), row(agency="Smith County Sheriff’s Office")),
        (row(agency="Miami-Dade Sheriff's Office"), row(agency="Miami–Dade Sheriff's Office")),
        (row(agency=SMITH), row(agency=f" {SMITH}\xa0")),
        (row(model="Task Force Model"), row(model="Task Force Model ")),
        (row(moa_text="link pending"), row(moa_text="\xa0")),
    ],
)
def test_blanks_case_and_quotes_are_kept_in_the_log_and_told_to_nobody(old: Row, new: Row) -> None:
    log = started(old)
    assert log.publish(new) == []
    assert log.events[-1].kind == "agreement.reprinted"
    assert log.replayed() == printed_rows(log.last["participating"])


@pytest.mark.parametrize("column", ["COUNTY", "ADDENDUM", "TYPE"])
def test_a_column_that_comes_or_goes_tells_nothing(column: str) -> None:
    rows = [row(county="Smith County", moa=f"{MOA}s.pdf"), BYSTANDER]
    fewer = [name for name in PARTICIPATING if name != column]
    log = Log()
    log.read(roster_of(rows))
    for columns in (fewer, PARTICIPATING):
        told = log.read(roster_of(rows, columns))
        assert told == []
        assert log.replayed() == printed_rows(log.last["participating"])


@pytest.mark.parametrize("column", ["MOA", "ADDENDUM"])
def test_a_column_of_links_that_goes_and_comes_back_takes_no_document_down(column: str) -> None:
    rows = [row(moa=f"{MOA}s.pdf", addendum=f"{MOA}a.pdf"), BYSTANDER]
    log = Log()
    log.read(roster_of(rows))
    assert log.read(roster_of(rows, [name for name in PARTICIPATING if name != column])) == []
    assert log.read(roster_of(rows)) == []


def test_a_state_or_model_that_cannot_be_read_for_once_keeps_what_it_was() -> None:
    log = started(row())
    assert set(kinds(log.publish(row("Cons", model="Cons")))) == {"agreement.corrected"}
    (listing,) = log.standing()
    assert (listing.state, listing.model) == ("TX", "TFM")
    assert set(kinds(log.publish(row()))) == {"agreement.corrected"}


# -- printed twice -------------------------------------------------------------------------------------------------------------------


def test_a_row_printed_twice_and_then_once_is_one_agreement() -> None:
    log = started(row())
    for rows in ([row(), row()], [row(), row(), row()], [row()]):
        assert log.publish(*rows) == []
        assert len(log.standing()) == 1
        assert log.replayed() == printed_rows(log.last["participating"])


SPELLINGS = ("Smith County Sheriff Office", "Smith County SO", "Smith Co. Sheriff's Department")


@pytest.mark.parametrize("second", SPELLINGS)
@pytest.mark.parametrize("dropped", [0, 1], ids=["the older spelling is dropped", "the newer spelling is dropped"])
def test_an_agreement_printed_under_a_second_spelling_is_still_one(second: str, dropped: int) -> None:
    log = started(row(agency=SMITH))
    both = [row(agency=SMITH), row(agency=second)]
    assert log.publish(*both) == []
    assert log.replayed() == printed_rows(log.last["participating"])
    assert log.publish(*both) == []
    assert set(kinds(log.publish(both[1 - dropped]))) <= {"agreement.corrected"}
    assert len(log.standing()) == 1
    assert log.replayed() == printed_rows(log.last["participating"])


def test_both_spellings_mended_at_once_are_still_one_agreement() -> None:
    log = started(row(agency="Smith Couny Sheriff's Office"))
    events = log.publish(row(agency=SMITH), row(agency="Smith County SO"))
    assert kinds(events) == ["agreement.corrected"], "a second spelling of a renamed agency is announced as a new agreement"


@pytest.mark.parametrize("gone", [pytest.param(0, id="at once"), 1, 60])
def test_a_renewal_printed_under_two_spellings_is_one_agreement(gone: int) -> None:
    log = started(row(signed=date(2020, 6, 1), moa=f"{MOA}old.pdf"))
    if gone:
        log.publish()
    log.publish(row(moa=f"{MOA}new.pdf"), row(agency="Smith County SO", moa=f"{MOA}new.pdf"), after=timedelta(days=max(gone, 1)))
    assert len(log.standing()) == 1, "a second spelling of a renewed agreement is announced as a new one"


def test_a_row_back_under_two_spellings_is_one_agreement() -> None:
    log = started(row())
    log.publish()
    events = log.publish(row(), row(agency="Smith County SO"))
    assert kinds(events) == ["agreement.relisted"], "a second spelling of a relisted agreement is announced as a new one"


def test_the_borough_beside_the_township_of_one_name_is_an_agreement_of_its_own() -> None:
    township = row("PENNSYLVANIA", "Alder Township Police Department", type="Municipality")
    borough = row("PENNSYLVANIA", "Alder Borough Police Department", type="Municipality")
    assert kinds(started(township).publish(township, borough)) == ["agreement.added"], "an agreement is swallowed"


def test_a_second_row_of_a_document_under_a_date_two_days_off_ends_nothing_when_it_goes() -> None:
    linked, slip = row(moa=f"{MOA}smith.pdf"), row(signed=date(2025, 5, 22), moa_text="link pending")
    log = started(linked, slip)
    (event,) = log.publish(linked)
    assert event.kind == "agreement.corrected"
    assert "printed twice" in event.reason
    assert log.replayed() == printed_rows(log.last["participating"])


def test_a_second_row_that_went_and_is_back_is_as_silent_as_its_going() -> None:
    linked, slip = row(moa=f"{MOA}smith.pdf"), row(signed=date(2025, 5, 22), moa_text="link pending")
    log = started(linked, slip)
    log.publish(linked)
    assert log.publish(linked, slip) == []
    assert log.replayed() == printed_rows(log.last["participating"])


def test_two_models_and_two_dates_of_one_agency_are_not_one_agreement_printed_twice() -> None:
    log = started(row(model=JEM))
    assert kinds(log.publish(row(model=JEM), row(model=TFM), row(model=JEM, signed=date(2024, 1, 8)))) == ["agreement.added"] * 2


# -- an end, a beginning -----------------------------------------------------------------------------------------------------------


def test_an_end_says_whether_another_agreement_of_the_agency_and_model_stands() -> None:
    older, newer = row(signed=date(2020, 1, 8), moa=f"{MOA}old.pdf"), row(moa=f"{MOA}new.pdf")
    (event,) = started(older, newer).publish(newer)
    assert event.kind == "agreement.removed"
    assert "another agreement of this agency and model stands" in event.reason


def test_an_event_carries_the_agreement_as_printed_with_its_evidence() -> None:
    (event,) = started().publish(row(moa=f"{MOA}smith.pdf"))
    assert isinstance(event.agreement, Agreement)
    assert event.agreement.printed.agency == SMITH
    assert event.agreement.printed.moa_link == f"{MOA}smith.pdf"
    assert event.publication is not None
    assert event.publication.sha256 == "0" * 64


def test_what_is_filled_in_from_an_archive_is_marked() -> None:
    log = started(row())
    reference = log.events[0].publication
    assert reference is not None
    changes = diff(log.memory(), roster_of([BYSTANDER]), reference, backfilled=True)
    assert [event.backfilled for event in changes.events] == [True]
