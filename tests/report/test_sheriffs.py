"""Sheriffs by county: each county once, a sheriff of no county never, no share where there are no sheriffs."""

from __future__ import annotations

import pytest

from monitor.core.places import STATE_NAMES, counties
from monitor.core.roster import Agreement
from monitor.report.sheriffs import NO_OFFICE, NO_SHERIFFS, Share
from tests.report.told import baseline, reported, row, told


def share(*rows: Agreement, state: str = "FL") -> Share:
    """The share of one state where these agreements stand."""
    (found,) = (one for one in reported(baseline(*rows)).sheriffs.shares if one.state == state)
    return found


def names(*rows: Agreement, state: str = "FL") -> list[str]:
    """The counties counted for a state where these agreements stand."""
    found = share(*rows, state=state)
    return [county.full_name for county in (*found.taking_part, *found.cities_taking_part)]


def test_a_county_counts_once_whatever_agreements_its_sheriff_has_and_however_it_is_typed() -> None:
    rows = [
        row("St. Johns County Sheriff's Office", model="JEM"),
        row("Saint Johns County Sheriff’s Office", model="WSO"),
        row("St Johns Couny Sheriffs Dept.", model="TFM"),
    ]
    assert names(*rows) == ["St. Johns County"]


def test_the_whole_state_takes_part_when_every_county_s_sheriff_does() -> None:
    found = share(*(row(f"{county.name} County Sheriff's Office") for county in counties("FL")))
    assert (len(found.taking_part), found.offices, found.others) == (67, 67, ())


@pytest.mark.parametrize(
    ("state", "agency", "county", "meant"),
    [
        ("FL", "Jacksonville Sheriff's Office", "Duval County", ["Duval County"]),
        ("FL", "Miami Dade Sheriff's Office", None, ["Miami-Dade County"]),
        ("LA", "Bossier Parish Sheriff's Office", None, ["Bossier Parish"]),
        # The name decides where the column says another county, and where it says none.
        ("FL", "Bay County Sheriff's Office", "Clay County", ["Bay County"]),
        ("LA", "St. Charles Parish Sheriff's Office", "German Coast County", ["St. Charles Parish"]),
        ("TN", "Metropolitan Moore County Sheriff's Office", "Moore County", ["Moore County"]),
        # A county and an independent city of one name are two.
        ("VA", "Richmond County Sheriff's Office", "Richmond County", ["Richmond County"]),
        ("VA", "Richmond City Sheriff's Office", None, ["Richmond city"]),
        ("VA", "City of Richmond Sheriff's Office", None, ["Richmond city"]),
        ("VA", "Richmond Sheriff's Office", "Richmond City", ["Richmond city"]),
        ("VA", "Richmond Sheriff's Office", "Richmond County", ["Richmond County"]),
        ("VA", "Richmond Sheriff's Office", "Richmond", []),
        ("VA", "Hopewell Sheriff's Office", None, ["Hopewell city"]),
        ("MD", "Baltimore City Sheriff's Office", None, ["Baltimore city"]),
        ("MO", "St. Louis County Sheriff's Office", None, ["St. Louis County"]),
        # Another body of the county is not its sheriff.
        ("FL", "Duval County Jail", "Duval County", []),
    ],
)
def test_a_sheriff_s_county_is_read_from_the_name_first_and_from_the_column_second(
    state: str, agency: str, county: str | None, meant: list[str]
) -> None:
    assert names(row(agency, state, county=county), state=state) == meant


def test_a_list_without_the_column_is_read_by_what_the_same_sheriff_s_other_printings_say() -> None:
    plain = row("Jacksonville Sheriff's Office")
    later = row("Jacksonville Sheriff's Office", county="Duval County")
    log = [*baseline(plain), told(16, "agreement.reprinted", later, before=plain)]
    for number in (1, 20):
        (florida,) = (one for one in reported(log, number).sheriffs.shares if one.state == "FL")
        assert [county.name for county in florida.taking_part] == ["Duval"]


def test_what_was_printed_under_another_state_says_nothing_of_this_one() -> None:
    here = row("Metro Sheriff's Office", "FL", id="x", agency_id="y")
    there = row("Metro Sheriff's Office", "GA", county="Clay County", id="x", agency_id="y")
    log = [*baseline(here), told(9, "agreement.corrected", there, before=here)]
    assert [one.state for one in reported(log, 5).sheriffs.shares if one.taking_part] == []
    assert [one.state for one in reported(log, 10).sheriffs.shares if one.taking_part] == ["GA"]


def test_a_sheriff_printed_under_the_wrong_state_is_counted_for_none_until_that_is_corrected() -> None:
    wrong = row("Crow Wing County Sheriff's Office", "MA", county="Crow Wing County", id="x", agency_id="y")
    right = row("Crow Wing County Sheriff's Office", "MN", county="Crow Wing County", id="x", agency_id="y")
    log = [*baseline(wrong), told(9, "agreement.corrected", right, before=wrong)]
    before, after = reported(log, 5).sheriffs, reported(log, 10).sheriffs
    (mismatch,) = before.mismatches
    assert mismatch.why == "no one county of Massachusetts is meant; Minnesota has one of this name"
    assert sum(len(one.taking_part) for one in before.shares) == 0
    assert [one.state for one in after.shares if one.taking_part] == ["MN"]
    assert after.mismatches == ()


def test_a_slip_of_one_letter_is_counted_and_said_another_state_s_county_is_not() -> None:
    found = reported(baseline(row("Berrian County Sheriff's Office", "MI"), row("Kershaw County Sheriff's Office"))).sheriffs
    assert [(one.agency, one.county and one.county.name) for one in found.misspelt] == [
        ("Berrian County Sheriff's Office", "Berrien")
    ]
    assert [one.agency for one in found.mismatches] == ["Kershaw County Sheriff's Office"]
    assert {one.state: len(one.taking_part) for one in found.shares if one.taking_part} == {"MI": 1}


def test_no_share_is_given_where_no_county_has_a_sheriff() -> None:
    found = reported(baseline(row("Division of Sheriffs", "RI"), row("Hartford County Sheriff's Office", "CT"))).sheriffs
    assert {"AK", "CT", "HI", "RI"} <= set(found.without)
    assert not {one.state for one in found.shares} & set(found.without)
    assert {one.state for one in found.shares} | set(found.without) == set(STATE_NAMES)
    assert [one.state for one in found.mismatches] == ["CT", "RI"]


def test_a_county_without_a_sheriff_s_office_is_in_no_number() -> None:
    assert {code: share(state=code).offices for code in ("NY", "KS", "CO")} == {"NY": 57, "KS": 104, "CO": 63}
    assert {one.fips for code in STATE_NAMES for one in counties(code)} >= set(NO_OFFICE)
    (odd,) = reported(baseline(row("Broomfield Sheriff's Office", "CO"))).sheriffs.mismatches
    assert "its police do a sheriff's work" in odd.why
    assert all(NO_SHERIFFS.values())


def test_cities_that_may_share_their_county_s_sheriff_are_counted_apart() -> None:
    found = share(row("Hopewell Sheriff's Office", "VA"), row("Wise County Sheriff's Office", "VA"), state="VA")
    assert (len(found.taking_part), found.offices) == (1, 95)
    assert (len(found.cities_taking_part), found.cities) == (1, 38)
    assert share(state="MD").offices == 24
