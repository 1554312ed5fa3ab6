"""How two agency names relate. Places decide; edit distance does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from monitor.core.likeness import Likeness, likeness
from monitor.core.names import take_apart
from tests.core.strategies import COUNTIES, agency_of
from tests.core.test_names import DECORATIONS


def relation(state: str, one: str, other: str, type: str = "", same_county: bool = False) -> Likeness:
    return likeness(take_apart(one, state, type), take_apart(other, state, type), state, same_county)


def both_ways(state: str, one: str, other: str, type: str = "") -> set[Likeness]:
    return {relation(state, one, other, type), relation(state, other, one, type)}


@pytest.mark.parametrize(("state", "type", "name", "decorated"), DECORATIONS, ids=[one[3] for one in DECORATIONS])
def test_a_decorated_name_is_the_same_name(state: str, type: str, name: str, decorated: str) -> None:
    assert both_ways(state, name, decorated, type) == {Likeness.SAME}


MISSPELT = [
    ("GA", "Douglas County Sheriff's Office", "Dogulas County Sheriff's Office"),
    ("TX", "Lampasas County Sheriff's Office", "Lampass County Sheriff's Office"),
    ("LA", "Calcasieu Parish Sheriff's Office", "Calacasieu Parish Sheriff's Office"),
    ("KS", "Lyon County Sheriff's Office", "Lyon's County Sheriff's Office"),
    ("FL", "Alderton Police Department", "Aldertown Police Department"),
    ("FL", "Port Alderton Police Department", "Port Aldreton Police Department"),
]


@pytest.mark.parametrize(("state", "right", "wrong"), MISSPELT, ids=[wrong for _, _, wrong in MISSPELT])
def test_a_place_that_does_not_exist_is_a_misspelling_of_one_that_does(state: str, right: str, wrong: str) -> None:
    assert both_ways(state, right, wrong) == {Likeness.TYPO}


VARIANTS = [
    ("FL", "Department of Financial Services", "Department of Financial Services, Criminal Investigation Division"),
    ("TX", "Smith County Sheriff's Office", "Smith County Sheriff's Office, Detention Division"),
    ("LA", "Bossier Parish Sheriff's Office", "Bossier Sheriff's Office"),
    ("TX", "Smith County District Attorney's Office", "Smith County Attorney's Office"),
    ("NE", "Nebraska State Patrol", "Nebraska State Police Department"),
]


@pytest.mark.parametrize(("state", "shorter", "longer"), VARIANTS, ids=[longer for _, _, longer in VARIANTS])
def test_a_word_or_a_division_added_or_dropped_is_a_variant(state: str, shorter: str, longer: str) -> None:
    assert both_ways(state, shorter, longer) == {Likeness.VARIANT}


SAME_PLACE = [
    ("AZ", "Pinal County Sheriff's Office", "Pinal County Attorney's Office"),
    ("PA", "Cambria County Sheriff's Office", "Cambria County Prison"),
    ("FL", "Gulf County Sheriff's Office", "Gulf County BOCC"),
    ("TX", "Smith County Sheriff's Office", "Smith County Constable's Office"),
]


@pytest.mark.parametrize(("state", "one", "other"), SAME_PLACE)
def test_two_bodies_of_one_county_share_the_place_alone(state: str, one: str, other: str) -> None:
    assert both_ways(state, one, other) == {Likeness.SAME_PLACE}


OTHERS = [
    ("FL", "County", "Bay County Sheriff's Office", "Clay County Sheriff's Office"),
    ("FL", "County", "Bay County Sheriff's Office", "Lake County Sheriff's Office"),
    ("FL", "County", "Clay County Sheriff's Office", "Lake County Sheriff's Office"),
    ("AZ", "County", "Pima County Sheriff's Office", "Pinal County Sheriff's Office"),
    ("GA", "County", "Wayne County Sheriff's Office", "Whitfield County Sheriff's Office"),
    ("FL", "Municipality", "Melbourne Police Department", "Melbourne Beach Police Department"),
    ("FL", "Municipality", "Satellite Beach Police Department", "Sebastian Police Department"),
    ("FL", "State Agency", "University of Florida Police Department", "University of West Florida Police Department"),
    ("FL", "", "University of North Florida", "University of South Florida"),
    ("FL", "", "Florida State University", "University of Florida"),
    ("FL", "Municipality", "Alder Police Department", "North Alder Police Department"),
    ("FL", "Municipality", "North Alder Police Department", "South Alder Police Department"),
    ("FL", "Municipality", "Alder Beach Police Department", "Alder Shores Police Department"),
    ("PA", "Municipality", "East Alder Township Police Department", "West Alder Township Police Department"),
    ("PA", "Municipality", "Upper Alder Township Police Department", "Lower Alder Township Police Department"),
    ("TX", "County", "Smith County Constable Precinct 1", "Smith County Constable Precinct 2"),
    ("FL", "State", "State Attorney, First Judicial Circuit", "State Attorney, Fourth Judicial Circuit"),
    ("FL", "Municipality", "Alder Police Department", "Elder Police Department"),
    ("FL", "State Agency", "Department of Law Enforcement", "Department of Environmental Protection Law Enforcement"),
    ("MO", "", "Alder County Police Department", "Town of Alder Police Department"),
    ("PA", "Municipality", "Alder Township Police Department", "Alder Borough Police Department"),
]


@pytest.mark.parametrize(("state", "type", "one", "other"), OTHERS)
def test_agencies_of_two_places_are_never_alike(state: str, type: str, one: str, other: str) -> None:
    assert both_ways(state, one, other, type) == {Likeness.DIFFERENT}


def decorated(name: str) -> Iterator[str]:
    yield from (name, name.upper(), name.replace("'", "’"), name.replace("Police Department", "PD"), f"{name} ")
    yield from (name.replace("Sheriff's Office", "Sheriff Office"), name.replace("County", "Couny"))


@pytest.mark.parametrize(("state", "type", "one", "other"), OTHERS[:20])
def test_no_decoration_makes_two_places_alike(state: str, type: str, one: str, other: str) -> None:
    for ours in decorated(one):
        for theirs in decorated(other):
            assert relation(state, ours, theirs, type) == Likeness.DIFFERENT, (ours, theirs)


@pytest.mark.parametrize("body", ["Sheriff's Office", "Jail"])
def test_no_two_real_counties_of_a_state_are_alike(body: str) -> None:
    alike = set()
    for state, counties in COUNTIES.items():
        names = [(county, take_apart(agency_of(county, body), state, "County")) for county in sorted({*counties})]
        # The cache of `likeness` holds what a roster needs, not every pair of the nation.
        pairs = combinations(names, 2)
        alike |= {(state, one, two) for (one, a), (two, b) in pairs if likeness.__wrapped__(a, b, state) != Likeness.DIFFERENT}
    assert alike == set()


# Counties whose names hold a word of another kind: `centre` a detention center, `and` a filler.
LIKE_WORDS = [("AK", "Kenai Peninsula", "Lake and Peninsula"), ("PA", "Centre", "Chester"), ("IL", "Bureau", "Brown")]


@pytest.mark.parametrize(("state", "one", "other"), LIKE_WORDS)
def test_a_county_named_like_a_common_word_is_a_county_all_the_same(state: str, one: str, other: str) -> None:
    assert both_ways(state, agency_of(one), agency_of(other)) == {Likeness.DIFFERENT}


SLIPS = [
    ("LA", "Bossier Parish Sheriff's Office", "Bossier Parrish Sheriff's Office"),
    ("TX", "Smith County Sheriff's Office", "Smith oCunty Sheriff's Office"),
    ("TX", "Texas Department of Public Safety", "Texsa Department of Public Safety"),
    ("FL", "University of Alder Police Department", "Univeristy of Alder Police Department"),
    ("OK", "Le Flore County Sheriff's Office", "LeFlore County Sheriff's Office"),
    ("VA", "King and Queen County Sheriff's Office", "King adn Queen County Sheriff's Office"),
    ("KY", "Lee County Sheriff's Office", "Le County Sheriff's Office"),
]


@pytest.mark.parametrize(("state", "right", "wrong"), SLIPS, ids=[wrong for _, _, wrong in SLIPS])
def test_a_slip_in_any_word_is_a_slip(state: str, right: str, wrong: str) -> None:
    assert min(both_ways(state, right, wrong, "State Agency" if "Safety" in right else "")) >= Likeness.TYPO


@pytest.mark.parametrize(("one", "other"), [("Benson", "Benton"), ("Carter", "Carver"), ("Greenville", "Greenlee")])
def test_two_town_names_that_are_both_well_known_names_are_two_towns(one: str, other: str) -> None:
    """Each is the name of a real county somewhere, so neither is a slip of the hand."""
    assert both_ways("NC", f"{one} Police Department", f"{other} Police Department") == {Likeness.DIFFERENT}


def test_a_short_city_name_is_a_misspelling_only_where_the_county_speaks_for_it() -> None:
    assert relation("FL", "Avon Police Department", "Aven Police Department") == Likeness.DIFFERENT
    assert relation("FL", "Avon Police Department", "Aven Police Department", same_county=True) == Likeness.TYPO


def test_a_name_is_the_same_as_itself() -> None:
    for state, type, name, _ in DECORATIONS:
        assert relation(state, name, name, type) == Likeness.SAME
