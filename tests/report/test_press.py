"""The whole report from logs of one's own: what stood, what changed, records, firsts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from monitor.core.events import Event
from tests.report.told import applied, baseline, day, reported, row, told
from tests.support.told import event, joined, publication

BAY, CLAY, LAKE = (row(f"{name} County Sheriff's Office") for name in ("Bay", "Clay", "Lake"))


def test_an_empty_log_gives_a_report_of_nothing() -> None:
    found = reported([])
    assert (found.begins, found.agreements["total"], found.records.highest) == (None, 0, 0)
    assert json.loads(json.dumps(found.to_json()))["record_begins"] is None


def test_a_moment_before_the_record_knows_nothing_of_what_came() -> None:
    found = reported(baseline(BAY), at=-1)
    assert (found.begins, found.agreements["total"], found.kinds, found.first_of_kinds) == (None, 0, (), ())


def test_what_stands_is_told_by_model_state_and_kind() -> None:
    rows = [
        *(BAY, replace(BAY, model="JEM", id="2"), row("Alder Police Department", "GA", "WSO")),
        *(row("Alder Airport Police Department"), row("Alder College Police Department"), row("Beech College Police Department")),
    ]
    found = reported(baseline(*rows, applied("Beech Police Department", model="JEM")))
    assert (found.agreements["total"], found.agreements["states"], found.agencies) == (6, 2, 5)
    assert found.agreements["models"]["TFM"] == {"total": 4, "states": 1}
    assert (found.pending["total"], found.pending["models"]["JEM"]["total"]) == (1, 1)
    assert found.leaders == [("FL", 5), ("GA", 1)]
    kinds = {one.kind: one for one in found.kinds}
    assert (kinds["sheriff"].agreements, kinds["sheriff"].agencies) == (2, 1)
    assert (kinds["university"].only_in, kinds["police"].only_in) == ("FL", "GA")
    assert kinds["airport"].named == (("FL", "Alder Airport Police Department"),)


def test_many_agencies_of_a_kind_are_not_named_and_two_typings_are_one_agency() -> None:
    many = [row(f"{name} Police Department") for name in ("Alder", "Beech", "Cedar", "Dogwood", "Elm")]
    again = row("Alder PD", model="JEM")
    (five,) = reported(baseline(*many, again)).kinds
    assert (five.agencies, five.agreements, len(five.named)) == (5, 6, 5)
    (six,) = reported(baseline(*many, row("Fir Police Department"))).kinds
    assert (six.agencies, six.named) == (6, ())


def test_a_kind_is_read_by_the_rules_of_today_whatever_the_log_kept() -> None:
    (kind,) = reported(baseline(replace(BAY, agency_kind="other"))).kinds
    assert kind.kind == "sheriff"


def _turns() -> list[Event]:
    """Ten days of a log."""
    renewed = row("Bay County Sheriff's Office", signed=date(2025, 3, 8), id="renewed")
    asked = applied("Lake County Sheriff's Office")
    return [
        *baseline(BAY, CLAY, asked),
        told(2, "agreement.added", LAKE),
        told(2, "application.approved", asked, agreement=LAKE),
        told(3, "agreement.removed", CLAY),
        told(4, "agreement.relisted", CLAY),
        told(5, "agreement.added", row("Alder Police Department", "GA")),
        told(5, "agreement.added", row("Beech Police Department", "GA")),
        told(5, "application.added", applied("Cedar Police Department")),
        told(8, "agreement.renewed", renewed, before=BAY),
        told(9, "agreement.removed", LAKE),
        told(9, "agreement.corrected", replace(CLAY, signed=date(2025, 2, 27)), before=CLAY),
        told(9, "application.withdrawn", applied("Cedar Police Department")),
    ]


def test_what_changed_is_what_was_told_after_the_moment_asked_and_up_to_the_report_s() -> None:
    changes = reported(_turns(), at=9, since=2).changes
    assert (changes.before, changes.after) == (3, 4)
    assert [one.agency for one in changes.begun] == ["Alder Police Department", "Beech Police Department"]
    assert [one.agency for one in changes.ended] == ["Clay County Sheriff's Office", "Lake County Sheriff's Office"]
    assert ([one.id for one in changes.renewed], [one.id for one in changes.relisted]) == (["renewed"], [CLAY.id])
    assert (changes.corrected, changes.applied, changes.approved, changes.withdrawn) == (1, 1, 0, 1)
    value = changes.to_json()
    assert (value["begun"]["by_state"], value["ended"]["by_state"]) == ({"GA": 2}, {"FL": 2})
    assert reported(_turns(), at=4, since=2).changes.begun == ()
    assert reported(_turns(), at=2, since=1).changes.approved == 1


def test_the_numbers_before_and_after_differ_by_what_changed() -> None:
    for since in range(10):
        for at in range(since, 11):
            changes = reported(_turns(), at=at, since=since).changes
            came = len(changes.begun) + len(changes.relisted)
            assert changes.before + came - len(changes.ended) == changes.after


def test_changes_are_of_seven_days_where_nothing_else_is_asked() -> None:
    found = reported(_turns(), at=9)
    assert found.since == day(2)
    assert len(found.changes.begun) == 2


def test_an_end_and_a_beginning_that_a_person_joined_are_no_change() -> None:
    new = row("Bay County Sheriff's Department", id="given up")
    verdict = replace(joined(BAY, new), at=day(3), publication=publication(seen_at=day(3)).ref)
    log = [*baseline(BAY, CLAY), told(2, "agreement.removed", BAY), told(2, "agreement.added", new), verdict]
    assert (len(reported(log, 2, 1).changes.begun), len(reported(log, 2, 1).changes.ended)) == (1, 1)
    found = reported(log, 4, 1)
    assert (found.changes.begun, found.changes.ended, found.agreements["total"]) == ((), (), 2)
    assert found.records.day is None


def test_records_are_the_highest_total_and_the_most_new_in_a_day_and_a_week() -> None:
    found = reported(_turns(), at=10).records
    assert (found.highest, found.reached, found.stands) == (5, day(5), False)
    # The first day is a Saturday, so that day 5 is the Thursday of the week after.
    assert found.day == (date(2025, 3, 6), 2)
    assert found.week == (date(2025, 3, 3), 3)
    assert reported(_turns(), at=5).records.stands
    assert reported(_turns(), at=1).records.highest == 2


def test_a_list_s_first_reading_is_no_record_of_new_agreements() -> None:
    found = reported(baseline(BAY, CLAY, LAKE)).records
    assert (found.highest, found.stands, found.day, found.week) == (3, True, None, None)


def test_a_state_s_first_agreement_is_told_where_it_came_after_the_record_begins() -> None:
    (first,) = reported(_turns(), at=10).first_of_states
    assert (first.of, first.first.first_seen, first.tied) == ("GA", day(5), True)
    assert [one.listing.agency for one in (first.first, *first.same_day)] == [
        "Alder Police Department",
        "Beech Police Department",
    ]


def test_a_state_that_was_misprinted_and_corrected_had_no_agreement() -> None:
    wrong, right = row("Lake County Sheriff's Office", "GA", id="x"), row("Lake County Sheriff's Office", "FL", id="x")
    log = [*baseline(BAY), told(2, "agreement.added", wrong), told(3, "agreement.corrected", right, before=wrong)]
    assert [one.of for one in reported(log, 2).first_of_states] == ["GA"]
    assert reported(log, 3).first_of_states == ()


def test_the_first_of_a_kind_is_the_earliest_signed_whatever_stood_when_the_record_begins() -> None:
    old, older = row("Alder Police Department", signed=date(2020, 6, 1)), row("Beech Police Department", signed=date(2019, 6, 1))
    log = [*baseline(old), told(2, "agreement.added", older), told(3, "agreement.removed", older)]
    (first,) = reported(log).first_of_kinds
    assert (first.first.listing.agency, first.first.at_start, first.at_start) == ("Beech Police Department", False, 1)
    assert first.to_json()["first_seen"] == "2025-03-03T14:00:00Z"
    (first,) = reported(baseline(old)).first_of_kinds
    assert first.to_json()["first_seen"] is None


def test_of_two_signed_and_printed_on_one_day_the_one_applied_for_first_was_first() -> None:
    boards = [row(f"{name} County Board of County Commissioners", model="WSO") for name in ("Bay", "Lake")]
    asked = applied("Lake County Jail", model="WSO")
    log = [*baseline(BAY, asked), *(told(3, "agreement.added", one) for one in boards)]
    board = next(one for one in reported(log).first_of_kinds if one.of == "county_board")
    assert (board.first.listing.agency, board.applied, board.tied) == (boards[1].agency, "Lake County Jail", False)
    log = [*baseline(BAY), *(told(3, "agreement.added", one) for one in boards)]
    board = next(one for one in reported(log).first_of_kinds if one.of == "county_board")
    assert (board.first.listing.agency, board.applied, board.tied) == (boards[0].agency, None, True)


def test_a_body_that_took_a_row_over_was_printed_as_its_kind_from_then_on() -> None:
    sheriff = row("Bay County Sheriff's Office", model="WSO", id="x")
    taken = replace(sheriff, agency="Bay County Board of County Commissioners")
    board = row("Lake County Board of County Commissioners", model="WSO")
    log = [
        *baseline(CLAY),
        told(2, "agreement.added", sheriff),
        told(3, "agreement.added", board),
        told(5, "agreement.corrected", taken, before=sheriff),
    ]
    first = next(one for one in reported(log).first_of_kinds if one.of == "county_board")
    assert (first.first.listing.agency, first.tied) == (board.agency, False)


def test_a_county_is_new_where_no_local_agency_of_it_was_ever_printed_before() -> None:
    log = [
        *baseline(BAY),
        told(2, "agreement.added", row("Alder Police Department", county="Bay County")),
        told(2, "agreement.added", LAKE),
        told(2, "agreement.added", row("Beech Police Department", county="Clay County")),
        told(2, "agreement.added", row("Florida Department of Lakes", type="State Agency", county="Leon County")),
        told(2, "agreement.added", row("Cedar Police Department", county="Lake Conty")),
    ]
    assert [county.name for county, _ in reported(log, 5, 1).changes.new_counties] == ["Clay", "Lake"]
    assert reported(log, 5, 3).changes.new_counties == ()


def test_a_report_of_one_state_tells_that_state_alone() -> None:
    found = reported(_turns(), at=10, since=1, state="GA")
    assert (found.agreements["by_state"], found.pending["total"]) == ({"GA": 2}, 0)
    assert (len(found.changes.begun), len(found.changes.ended), found.changes.before) == (2, 0, 0)
    assert (found.records.highest, found.records.day) == (2, (date(2025, 3, 6), 2))
    assert [one.only_in for one in found.kinds] == [None]
    assert [one.state for one in found.sheriffs.shares] == ["GA"]
    assert [one.of for one in found.first_of_kinds] == ["police"]


def test_a_pending_list_that_left_the_page_is_said_until_it_is_back() -> None:
    gone = event("list.left_page", at=day(2), publication=publication(list_name="pending", seen_at=day(0)).ref)
    back = replace(gone, kind="list.returned", at=day(4))
    log = [*baseline(BAY, applied("Alder Police Department")), gone, back]
    assert [reported(log, number).pending_left for number in (1, 3, 5)] == [None, day(2), None]
    assert reported(log, 3).pending["total"] == 1


@pytest.mark.parametrize("state", [None, "TX"])
def test_a_row_without_a_readable_state_or_date_breaks_nothing(state: str | None) -> None:
    odd = row("???", None, signed=None, county="")
    found = reported(baseline(odd, BAY), state=state)
    assert found.agreements["total"] == (2 if state is None else 0)
    json.dumps(found.to_json())
