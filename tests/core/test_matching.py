"""Which row that went is which row that came: states, documents, names, dates, models; one to one, best evidence first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from monitor.core.events import Event
from monitor.core.matching import pair_key
from tests.core.history import MOA, Log, Row, changed, kinds
from tests.support.sheets import JEM, TFM, WSO, row

SIGNED = date(2025, 5, 20)
UTAH = ["Cache", "Davis", "Iron", "Juab", "Kane", "Rich", "Sevier", "Summit", "Tooele", "Utah", "Wasatch", "Weber"]


def told(before: Sequence[Row], after: Sequence[Row]) -> list[Event]:
    """What a publication of `after` tells where `before` stood."""
    log = Log()
    log.publish(*before)
    return log.publish(*after)


def told_kinds(before: Row, after: Row) -> list[str]:
    return kinds(told([before], [after]))


def utah(state: str, **cells: str) -> list[Row]:
    return [row(state, f"{name} County Sheriff's Office", WSO, SIGNED, **cells) for name in UTAH]


# -- states --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typo", ["UTAHJ", "UTAh", "UTAH ", "XXXX", "U T"])
def test_a_state_mistyped_in_every_row_and_mended_the_next_time_alarms_nobody(typo: str) -> None:
    log = Log()
    log.publish(*utah("UTAH"))
    ids = {listing.id for listing in log.standing()}
    for state in (typo, "UTAH"):
        assert set(kinds(log.publish(*utah(state)))) <= {"agreement.corrected"}
        assert {listing.state for listing in log.standing()} == {"UT"}
    assert {listing.id for listing in log.standing()} == ids


def test_a_state_mistyped_everywhere_hides_neither_a_real_removal_nor_a_document_posted_in_the_same_file() -> None:
    log = Log()
    log.publish(*utah("UTAH"))
    linked = [row("UTAHJ", r["LAW ENFORCEMENT AGENCY"], WSO, SIGNED, f"{MOA}{i}.pdf") for i, r in enumerate(utah("UTAH"))]
    events = log.publish(*linked[1:])
    removed = [event for event in events if event.kind == "agreement.removed"]
    assert [event.agreement.agency for event in removed if event.agreement] == ["Cache County Sheriff's Office"]
    assert kinds(events).count("moa.posted") == len(UTAH) - 1
    assert set(kinds(events)) == {"agreement.removed", "agreement.corrected", "moa.posted"}


@pytest.mark.parametrize(
    ("wrong", "right", "codes"),
    [
        ("NEW YORK", "FLORIDA", ("NY", "FL")),
        ("MONTANA", "MINNESOTA", ("MT", "MN")),
        ("MASSACHUSETTS", "MINNESOTA", ("MA", "MN")),
        ("OKLAHOMA", "TEXAS", ("OK", "TX")),
        ("TEXAS", "KANSAS", ("TX", "KS")),
    ],
)
def test_a_row_printed_under_another_real_state_is_corrected(wrong: str, right: str, codes: tuple[str, str]) -> None:
    (event,) = told([row(wrong, "Alder Police Department")], [row(right, "Alder Police Department")])
    assert event.kind == "agreement.corrected"
    assert changed(event, "state") == codes
    assert "state was wrong" in event.reason


def test_a_wrong_state_and_a_mended_date_are_one_correction_where_the_document_is_the_same() -> None:
    before = row("NEW YORK", "Alder Police Department", TFM, date(2025, 5, 20), f"{MOA}alder.pdf")
    after = row("FLORIDA", "Alder Police Department", TFM, date(2025, 5, 21), f"{MOA}Alder.PDF")
    (event,) = told([before], [after])
    assert event.kind == "agreement.corrected"
    assert changed(event, "state") == ("NY", "FL")


def test_one_county_name_in_two_states_with_two_documents_is_two_agencies() -> None:
    carroll = "Carroll County Sheriff's Office"
    before = row("MARYLAND", carroll, JEM, SIGNED, f"{MOA}carroll_md.pdf")
    after = row("KENTUCKY", carroll, JEM, SIGNED, f"{MOA}carroll_ky.pdf")
    assert told_kinds(before, after) == ["agreement.added", "agreement.removed"]
    assert kinds(told([before], [before, after])) == ["agreement.added"]


def test_one_county_name_in_two_states_and_two_counties_is_two_agencies() -> None:
    before = row("MARYLAND", "Alder Police Department", county="Carroll County")
    after = row("KENTUCKY", "Alder Police Department", county="Boone County")
    assert told_kinds(before, after) == ["agreement.added", "agreement.removed"]


# -- MOA documents -------------------------------------------------------------------------------------------------------------


def test_one_document_on_the_row_of_another_place_merges_nothing_but_is_flagged() -> None:
    before = row("FLORIDA", "Satellite Beach Police Department", TFM, SIGNED, f"{MOA}satellite.pdf")
    after = row("FLORIDA", "Sebastian Police Department", TFM, SIGNED, f"{MOA}satellite.pdf")
    events = told([before], [after])
    assert kinds(events) == ["agreement.added", "agreement.removed"]
    for event in events:
        assert event.doubt is not None, "a reader is not told that the two may be one"
        assert "same MOA document" in event.doubt["reason"]


def test_a_document_linked_by_mistake_on_a_standing_row_moves_no_agreement() -> None:
    wayne = row("GEORGIA", "Wayne County Sheriff's Office", JEM, SIGNED, f"{MOA}wayne.pdf")
    whitfield = row("GEORGIA", "Whitfield County Sheriff's Office", JEM, SIGNED, f"{MOA}whitfield.pdf")
    mistaken = row("GEORGIA", "Whitfield County Sheriff's Office", JEM, SIGNED, f"{MOA}wayne.pdf")
    assert kinds(told([wayne, whitfield], [wayne, mistaken])) == ["moa.replaced"]
    (removed, replaced) = told([wayne, whitfield], [mistaken])
    assert (removed.kind, replaced.kind) == ("agreement.removed", "moa.replaced")
    assert removed.agreement is not None
    assert removed.agreement.agency == "Wayne County Sheriff's Office"


def test_the_same_document_in_another_case_behind_a_mail_gateway_is_the_same() -> None:
    wrapped = (
        "https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fdoclib%2F287gMOA%2FSMITH.PDF&data=05"
    )
    before = row(signed=date(2025, 5, 20), moa=f"{MOA}smith.pdf")
    (event,) = told([before], [row(signed=date(2025, 5, 28), moa=wrapped)])
    assert event.kind == "agreement.corrected"
    assert "same MOA document" in event.reason


# -- names ---------------------------------------------------------------------------------------------------------------------

SMITH = "Smith County Sheriff's Office"
RENAMES = [
    ("TEXAS", SMITH, "Smith County Sheriff Office"),
    ("TEXAS", SMITH, "Smith County Sheriff's Department"),
    ("TEXAS", SMITH, "Smith Couny Sheriff’s Office"),
    ("TEXAS", SMITH, "Smith Co. SO"),
    ("GEORGIA", "Douglas County Sheriff's Office", "Dogulas County Sheriff's Office"),
    ("LOUISIANA", "Bossier Parish Sheriff's Office", "Bossier Sheriff's Office"),
    ("FLORIDA", "City of Alder Police Department", "Alder PD"),
    ("FLORIDA", "Gulf County Board of County Commissioners", "Gulf County BOCC"),
    ("FLORIDA", SMITH, "Smith County Sheriff's Office, Detention Division"),
    ("TEXAS", "Smith County District Attorney's Office", "Smith County Attorney's Office"),
]


@pytest.mark.parametrize(("state", "old", "new"), RENAMES, ids=[new for _, _, new in RENAMES])
@pytest.mark.parametrize("turn", [1, -1], ids=["forth", "back"])
def test_an_old_spelling_gone_and_a_new_one_come_is_a_rename(state: str, old: str, new: str, turn: int) -> None:
    before, after = (old, new)[::turn]
    (event,) = told([row(state, before)], [row(state, after)])
    assert event.kind == "agreement.corrected"
    assert changed(event, "agency") == (before.replace("’", "'"), after.replace("’", "'"))
    assert event.match is not None, "a reader cannot see why the two are taken for one"


OTHER_PLACES = [
    ("FLORIDA", "Bay County Sheriff's Office", "Clay County Sheriff's Office"),
    ("FLORIDA", "Clay County Sheriff's Office", "Lake County Sheriff's Office"),
    ("ARIZONA", "Pima County Sheriff's Office", "Pinal County Sheriff's Office"),
    ("FLORIDA", "Melbourne Police Department", "Melbourne Beach Police Department"),
    ("FLORIDA", "University of Florida Police Department", "University of West Florida Police Department"),
    ("TEXAS", "Smith County Constable Precinct 1", "Smith County Constable Precinct 2"),
    ("PENNSYLVANIA", "Centre County Sheriff's Office", "Chester County Sheriff's Office"),
]


@pytest.mark.parametrize(("state", "old", "new"), OTHER_PLACES)
def test_names_of_two_places_are_two_agencies_on_one_date(state: str, old: str, new: str) -> None:
    before, after = row(state, old), row(state, new)
    assert told_kinds(before, after) == ["agreement.added", "agreement.removed"]
    assert kinds(told([before], [before, after])) == ["agreement.added"], "the second one is swallowed"
    assert kinds(told([before, after], [after])) == ["agreement.removed"], "the end of one is swallowed"


@pytest.mark.parametrize("sheet_order", [1, -1])
def test_the_signing_date_outweighs_the_nearer_name(sheet_order: int) -> None:
    """Two prosecutors' rows come where one went: the one of the same date is the one, however the other is spelt."""
    before = row("TEXAS", "Parker County DA's Office", TFM, date(2025, 4, 4))
    same_date = row("TEXAS", "Parker County Attorney's Office", TFM, date(2025, 4, 4))
    same_name = row("TEXAS", "Parker County District Attorney's Office", TFM, date(2025, 5, 28), f"{MOA}parker.pdf")
    events = told([before], [same_date, same_name][::sheet_order])
    assert kinds(events) == ["agreement.added", "agreement.corrected"]
    assert changed(events[1], "agency") == ("Parker County DA's Office", "Parker County Attorney's Office")
    assert events[1].match is not None


@pytest.mark.parametrize("sheet_order", [1, -1])
def test_another_body_of_the_same_county_is_preferred_to_the_same_body_of_another(sheet_order: int) -> None:
    before = row("FLORIDA", "Gulf County BOCC", TFM, SIGNED, moa_text="")
    relabelled = row("FLORIDA", "Gulf County Sheriff's Office", TFM, SIGNED, moa_text="")
    pasco = row("FLORIDA", "Pasco County BOCC", TFM, SIGNED, moa_text="")
    events = told([before], [relabelled, pasco][::sheet_order])
    assert kinds(events) == ["agreement.added", "agreement.corrected"]
    assert changed(events[1], "agency") == ("Gulf County BOCC", "Gulf County Sheriff's Office")


def test_the_best_evidence_is_taken_first_whatever_the_names_order() -> None:
    """A row that never linked a document may become another body of its place, but not where its own body is printed too."""
    constable = row("TEXAS", "Smith County Constable's Office", moa_text="")
    events = told([row("TEXAS", SMITH, moa_text="")], [constable, row("TEXAS", "Smith County Sheriff's Department", moa_text="")])
    assert kinds(events) == ["agreement.added", "agreement.corrected"]
    assert changed(events[1], "agency") == (SMITH, "Smith County Sheriff's Department")


def test_of_two_pairs_that_rules_admit_the_better_one_is_taken_and_the_other_one_named() -> None:
    """One row has another date, the other another spelling; in the alphabet the worse one comes first."""
    moved = row("TEXAS", "Smith County Sheriff Office", signed=date(2025, 5, 10))
    respelt = row("TEXAS", "Smith County Sheriff's Department", signed=SIGNED)
    events = told([row("TEXAS", SMITH, signed=SIGNED)], [moved, respelt])
    assert kinds(events) == ["agreement.added", "agreement.corrected"]
    assert changed(events[1], "agency") == (SMITH, "Smith County Sheriff's Department")
    assert events[1].match is not None
    assert events[1].match["runner_up"]["new"] == "Smith County Sheriff Office", "what else it might have been is not said"


@pytest.mark.parametrize("sheet_order", [1, -1])
def test_rows_are_paired_one_to_one_over_the_whole_publication(sheet_order: int) -> None:
    """Taken greedily in the sheet's order, the first row that went would take the second one's successor."""
    before = [row(agency=SMITH, signed=day) for day in (date(2025, 3, 3), date(2025, 3, 10))]
    after = [row(agency="Smith County SO", signed=day) for day in (date(2025, 3, 3), date(2025, 3, 10))]
    events = told(before[::sheet_order], after)
    assert kinds(events) == ["agreement.corrected"] * 2
    assert all("signed" not in event.changes for event in events)


def test_a_pair_that_no_rule_merges_is_told_as_end_and_beginning_with_a_flag() -> None:
    before = row("TEXAS", SMITH, TFM, SIGNED, f"{MOA}smith.pdf")
    after = row("TEXAS", "Smith County Constable's Office", TFM, SIGNED, f"{MOA}constable.pdf")
    removed_and_added = told([before], [after])
    assert kinds(removed_and_added) == ["agreement.added", "agreement.removed"]
    pairs = {event.doubt["pair"] for event in removed_and_added if event.doubt}
    assert len(pairs) == 1, "the possible rename is not flagged on both"


def test_a_misspelt_place_is_merged_but_a_person_may_say_otherwise() -> None:
    (event,) = told([row("GEORGIA", "Douglas County Sheriff's Office")], [row("GEORGIA", "Dogulas County Sheriff's Office")])
    assert event.kind == "agreement.corrected"
    assert event.doubt is not None


@pytest.mark.parametrize(
    ("old", "new"), [("Avon Police Department", "Aven Police Department"), (SMITH, "Smith County heriff's Office")]
)
def test_one_letter_amiss_anywhere_is_merged_but_flagged_for_a_person(old: str, new: str) -> None:
    (event,) = told([row("FLORIDA", old)], [row("FLORIDA", new)])
    assert event.kind == "agreement.corrected"
    assert event.doubt is not None


def test_a_name_that_was_printed_before_is_no_misspelling_of_another() -> None:
    other = row("FLORIDA", "Aldertown Police Department", JEM)
    events = told([row("FLORIDA", "Alderton Police Department"), other], [row("FLORIDA", "Aldertown Police Department"), other])
    assert kinds(events) == ["agreement.added", "agreement.removed"]


def test_a_slip_in_one_row_of_an_agency_is_a_slip_though_its_other_rows_are_right() -> None:
    kept = row("FLORIDA", "Alderton Police Department", JEM)
    (event,) = told([row("FLORIDA", "Alderton Police Department"), kept], [row("FLORIDA", "Aldertown Police Department"), kept])
    assert event.kind == "agreement.corrected"
    assert event.doubt is not None, "a person is not asked"


def test_towns_of_two_counties_are_no_misspellings_of_each_other() -> None:
    before = row("FLORIDA", "Alderton Police Department", county="Bay County")
    after = row("FLORIDA", "Aldertown Police Department", county="Clay County")
    assert told_kinds(before, after) == ["agreement.added", "agreement.removed"]


# -- people's verdicts -----------------------------------------------------------------------------------------------------------


def test_a_verdict_of_same_merges_what_no_rule_would() -> None:
    log = Log()
    log.publish(row("FLORIDA", "Satellite Beach Police Department"))
    (stood,) = log.standing()
    after = row("FLORIDA", "Satellite Shores Police Department")
    probe = Log()
    probe.publish(after)
    pair = pair_key(stood, probe.standing()[0])
    (event,) = log.publish(after, verdicts={pair: "same"})
    assert event.kind == "agreement.corrected"
    assert "verdict" in event.reason


def test_a_verdict_of_distinct_parts_what_a_rule_would_merge() -> None:
    old, new = row("GEORGIA", "Douglas County Sheriff's Office"), row("GEORGIA", "Dogulas County Sheriff's Office")
    (event,) = told([old], [new])
    assert event.doubt is not None
    log = Log()
    log.publish(old)
    assert kinds(log.publish(new, verdicts={event.doubt["pair"]: "distinct"})) == ["agreement.added", "agreement.removed"]


# -- dates ---------------------------------------------------------------------------------------------------------------------


def dated(signed: object, moa: str = "", **cells: str) -> Row:
    return row("TEXAS", SMITH, TFM, signed, f"{MOA}{moa}" if moa else "", **cells)


REDATES = {
    "by a day, same document": (dated(date(2025, 5, 20), "s.pdf"), dated(date(2025, 5, 21), "s.pdf")),
    "back by 30 days, same document": (dated(date(2025, 5, 20), "s.pdf"), dated(date(2025, 4, 20), "s.pdf")),
    "by exactly a year, same document": (dated(date(2024, 5, 20), "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "2016 for 2026, same document": (dated(date(2016, 5, 20), "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "by 90 days, link pending": (dated(date(2025, 2, 19)), dated(date(2025, 5, 20))),
    "by 60 days, never linked": (dated(date(2025, 3, 21), moa_text=""), dated(date(2025, 5, 20), moa_text="")),
    "pending, then posted": (dated(date(2025, 5, 1)), dated(date(2025, 5, 20), "s.pdf")),
    "7/72025 mended": (dated("5/202025", "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "year 5025 mended": (dated("5025-05-20", "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "year 20026 mended": (dated("05/20/20026", "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "blank filled": (dated("", "s.pdf"), dated(date(2025, 5, 20), "s.pdf")),
    "blanked": (dated(date(2025, 5, 20), "s.pdf"), dated("", "s.pdf")),
}


@pytest.mark.parametrize("name", REDATES)
def test_a_corrected_signing_date_is_one_agreement(name: str) -> None:
    before, after = REDATES[name]
    log = Log()
    log.publish(before)
    (stood,) = log.standing()
    events = log.publish(after)
    assert set(kinds(events)) <= {"agreement.corrected", "moa.posted"}
    assert any({"signed", "printed.signed"} & {*event.changes} for event in events), "the date is corrected without a word"
    assert [listing.id for listing in log.standing()] == [stood.id]


NOT_REDATES = {
    "31 days on, another document": (
        dated(date(2025, 4, 19), "old.pdf"),
        dated(date(2025, 5, 20), "new.pdf"),
        ["agreement.renewed"],
    ),
    "100 days on, first document": (dated(date(2025, 2, 9)), dated(date(2025, 5, 20), "new.pdf"), ["agreement.renewed"]),
    "a month back, another document": (
        dated(date(2025, 5, 20), "old.pdf"),
        dated(date(2025, 4, 19), "new.pdf"),
        ["agreement.added", "agreement.removed"],
    ),
    "five months back, never linked": (
        dated(date(2025, 5, 20), moa_text=""),
        dated(date(2024, 12, 18), moa_text=""),
        ["agreement.added", "agreement.removed"],
    ),
}


@pytest.mark.parametrize("name", NOT_REDATES)
def test_a_date_that_moved_too_far_is_no_correction(name: str) -> None:
    before, after, expected = NOT_REDATES[name]
    assert told_kinds(before, after) == expected


# -- models and labels -----------------------------------------------------------------------------------------------------------


def test_a_model_mended_under_one_date_is_a_correction() -> None:
    (event,) = told([row(model=JEM)], [row(model=WSO)])
    assert event.kind == "agreement.corrected"
    assert changed(event, "model") == ("JEM", "WSO")


def test_another_model_on_another_day_is_an_end_and_a_beginning() -> None:
    before, after = row(model=JEM, signed=date(2025, 3, 3)), row(model=TFM, signed=date(2025, 5, 20))
    assert told_kinds(before, after) == ["agreement.added", "agreement.removed"]


def test_one_model_lost_while_the_agency_keeps_the_others_is_an_end() -> None:
    (event,) = told([row(model=JEM), row(model=TFM), row(model=WSO)], [row(model=JEM), row(model=WSO)])
    assert event.kind == "agreement.removed"
    assert event.agreement is not None
    assert event.agreement.model == "TFM"


RELABELS = [
    ("ARIZONA", "Pinal County Sheriff's Office", "Pinal County Attorney's Office"),
    ("PENNSYLVANIA", "Cambria County Sheriff's Office", "Cambria County Prison"),
]


@pytest.mark.parametrize(("state", "old", "new"), RELABELS)
def test_a_row_that_never_linked_a_document_may_be_relabelled_as_another_body_of_its_county(
    state: str, old: str, new: str
) -> None:
    (event,) = told([row(state, old, moa_text="")], [row(state, new, moa_text="")])
    assert event.kind == "agreement.corrected"
    assert changed(event, "agency") == (old, new)
    linked = row(state, old, moa=f"{MOA}old.pdf")
    assert kinds(told([linked], [row(state, new, moa_text="")])) == ["agreement.added", "agreement.removed"]


def test_a_relabel_is_of_the_very_next_publication_only() -> None:
    log = Log()
    log.publish(row("ARIZONA", "Pinal County Sheriff's Office", moa_text=""))
    assert kinds(log.publish()) == ["agreement.removed"]
    assert kinds(log.publish(row("ARIZONA", "Pinal County Attorney's Office", moa_text=""))) == ["agreement.added"]


@pytest.mark.parametrize("name", ["{} State Police", "Jasper County Sheriff's Office"])
def test_an_application_of_another_state_is_no_other_states_application_that_left(name: str) -> None:
    log = Log()
    log.apply(row("GEORGIA", name.format("Georgia"), TFM))
    log.apply()
    (event,) = log.apply(row("TEXAS", name.format("Texas"), TFM))
    assert event.kind == "application.added"
    assert event.application and event.application.agency_id.startswith("tx-")


def test_an_application_under_a_state_that_has_no_such_county_was_mistyped() -> None:
    log = Log()
    log.apply(row("TEXAS", "Trousdale County Sheriff's Office", TFM))
    (event,) = log.apply(row("TENNESSEE", "Trousdale County Sheriff's Office", TFM))
    assert event.kind == "application.corrected" and event.changes["state"] == ("TX", "TN")
