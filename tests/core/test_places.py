"""States and counties from hand-typed text."""

from __future__ import annotations

import pytest

from monitor.core.places import STATE_NAMES, county_key, is_county, state_code


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
