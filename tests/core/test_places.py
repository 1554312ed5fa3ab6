"""States and counties from hand-typed text."""

from __future__ import annotations

import pytest

from monitor.core.places import (
    STATE_NAMES,
    counties,
    counties_named,
    county_fips,
    county_key,
    county_misspelt,
    find_county,
    is_county,
    state_code,
)


@pytest.mark.parametrize("code", STATE_NAMES)
def test_every_state_and_territory_is_read_from_its_code_and_its_name_in_any_case(code: str) -> None:
    name = STATE_NAMES[code]
    for printed in (name, name.upper(), f"{name} ", code, code.lower(), f"\xa0{name}"):
        assert state_code(printed) == code


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("TEXAS ", "TX"),
        ("Georgia", "GA"),
        ("UTAHJ", "UT"),
        ("UTAh", "UT"),
        ("GUAM", "GU"),
        ("NORTHERN MARIANA ISLANDS", "MP"),
        ("FLORDIA", "FL"),
        ("NEW YROK", "NY"),
        ("VIRGINA", "VA"),
        ("WEST VIRGINA", "WV"),
        ("NOTH CAROLINA", "NC"),
        ("SOTH CAROLINA", "SC"),
        ("MISSISSIPI", "MS"),
        ("Washington, D.C.", "DC"),
        ("VIRGIN ISLANDS", "VI"),
    ],
)
def test_a_printed_state_is_read_through_case_blanks_and_a_slip(printed: str, code: str) -> None:
    assert state_code(printed) == code


@pytest.mark.parametrize(
    "printed", ["", " ", "Cons", "XX", "X", "#N/A", "TX FL", "County", "NORTH", "CAROLINA", "VIRGINIAS OF THE"]
)
def test_what_means_no_single_state_is_none(printed: str) -> None:
    assert state_code(printed) is None


@pytest.mark.parametrize("code", STATE_NAMES)
def test_no_states_full_name_is_read_as_another(code: str) -> None:
    squeezed = STATE_NAMES[code].replace(" ", "").upper()
    assert state_code(squeezed) == code
    assert state_code(squeezed + "S") in (code, None), "a doubled ending turns one state into another"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Johns County", "Saint Johns"),
        ("ST JOHNS", "St. Johns"),
        ("De Soto County", "DeSoto"),
        ("Ste. Genevieve", "Sainte Genevieve County"),
        ("Prince George's County", "Prince George’s"),
        ("Miami-Dade", "Miami Dade County"),
        ("Bossier Parish", "Bossier"),
        ("Kenai Peninsula Borough", "Kenai Peninsula"),
        ("Ft. Bend County", "Fort Bend"),
    ],
)
def test_one_county_typed_in_two_ways_is_one(one: str, other: str) -> None:
    assert county_key(one) == county_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Bay County", "Clay County"), ("Pima", "Pinal"), ("Lee", "Leon"), ("Clay", "Clayton")]
)
def test_two_counties_are_two(one: str, other: str) -> None:
    assert county_key(one) != county_key(other)


@pytest.mark.parametrize(
    ("state", "county"),
    [
        *(("FL", "Bay"), ("FL", "St. Johns County"), ("FL", "Miami Dade"), ("FL", "DeSoto"), ("LA", "Bossier Parish")),
        *(("MD", "Carroll"), ("KY", "Carroll"), ("VA", "King and Queen"), ("MD", "Prince Georges"), ("CT", "Fairfield")),
    ],
)
def test_a_real_county_is_known(state: str, county: str) -> None:
    assert is_county(state, county)


@pytest.mark.parametrize(
    ("state", "county"), [("TX", "Douglas"), ("GA", "Dogulas"), ("TX", "Lampass"), ("FL", "Pima"), (None, "Bay"), ("FL", "")]
)
def test_a_county_of_no_state_or_another_state_is_unknown(state: str | None, county: str) -> None:
    assert not is_county(state, county)


@pytest.mark.parametrize(
    ("state", "name", "fips"),
    [
        *(("VA", "Richmond County", "51159"), ("VA", "Richmond", "51159"), ("VA", "Richmond City", "51760")),
        *(("VA", "City of Richmond", "51760"), ("VA", "richmond  city", "51760"), ("MD", "Baltimore City", "24510")),
        *(("MD", "Baltimore County", "24005"), ("MO", "St. Louis City", "29510"), ("MO", "Saint Louis County", "29189")),
        # Counties that bear `City` in their names, and a city that does.
        *(("VA", "Charles City County", "51036"), ("VA", "Charles City", "51036"), ("VA", "James City County", "51095")),
        *(("NV", "Carson City", "32510"), ("VA", "Virginia Beach", "51810"), ("VA", "Virginia Beach City", "51810")),
        ("VA", "Chesapeake County", "51550"),
    ],
)
def test_a_county_and_an_independent_city_of_one_name_are_two(state: str, name: str, fips: str) -> None:
    assert county_fips(state, name) == fips


def test_a_name_that_says_neither_county_nor_city_may_mean_both() -> None:
    assert [county.full_name for county in counties_named("VA", "Richmond")] == ["Richmond County", "Richmond city"]
    assert [county.full_name for county in counties_named("VA", "Richmond City")] == ["Richmond city"]
    assert [county.full_name for county in counties_named("VA", "Richmond County")] == ["Richmond County"]
    assert [county.full_name for county in counties_named("FL", "Duval")] == ["Duval County"]


def test_a_city_that_is_no_independent_one_is_no_county() -> None:
    assert find_county("FL", "Duval City") is None
    assert find_county("TX", "City of Dallas") is None


def test_every_county_is_found_by_its_full_name_and_no_two_are_one() -> None:
    for state in STATE_NAMES:
        found = [find_county(state, county.full_name) for county in counties(state)]
        assert found == [*counties(state)]


@pytest.mark.parametrize(
    ("state", "name", "meant"),
    [
        *(("MI", "Berrian County", "Berrien"), ("TX", "Lampass County", "Lampasas"), ("SD", "Minehaha", "Minnehaha")),
        *(("FL", "Kershaw County", None), ("AZ", "Yavapi County", "Yavapai"), ("TX", "Pima County", None)),
        # Johnston and Bullock are counties elsewhere.
        *(("TX", "Johnston County", None), ("GA", "Bullock County", None)),
        *(("MN", "Freedom County", None), ("AZ", "Pime County", None), ("FL", "Duval County", None), (None, "Berrian", None)),
    ],
)
def test_a_misspelt_county_is_read_where_one_alone_is_near_and_it_is_no_other_state_s(
    state: str | None, name: str, meant: str | None
) -> None:
    found = county_misspelt(state, name)
    assert (found.name if found else None) == meant
