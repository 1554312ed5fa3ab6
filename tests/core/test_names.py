"""Agency names taken apart: what typists vary is set aside, what tells agencies apart is kept."""

from __future__ import annotations

import pytest

from monitor.core.kinds import KINDS
from monitor.core.names import agency_kind, slug, take_apart, tidy

# (state, TYPE, name, the same name decorated another way)
DECORATIONS = [
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriff’s Office"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriff`s Office"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriffs Office"),
    ("TX", "County", "Smith County Sheriff's Office", "SMITH COUNTY SHERIFF'S OFFICE"),
    ("TX", "County", "Smith County Sheriff's Office", " Smith  County\xa0Sheriff's Office "),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriff Office"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriff's Department"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County Sheriff's Dept."),
    ("TX", "County", "Smith County Sheriff's Office", "Smith Couny Sheriff's Office"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith Co. Sheriff's Office"),
    ("TX", "County", "Smith County Sheriff's Office", "Smith County SO"),
    ("FL", "County", "St. Johns County Sheriff's Office", "Saint Johns County Sheriff's Office"),
    ("FL", "County", "Miami-Dade Sheriff's Office", "Miami Dade Sheriff's Office"),
    ("FL", "County", "Miami–Dade Sheriff's Office", "Miami-Dade Sheriff's Office"),
    ("VA", "County", "King and Queen County Sheriff's Office", "King & Queen County Sheriff's Office"),
    ("MO", "County", "Ste. Genevieve County Sheriff's Office", "Sainte Genevieve County Sheriff's Office"),
    ("LA", "County", "Bossier Parish Sheriff's Office", "Bossier County Sheriff's Office"),
    ("FL", "Municipality", "Alder Police Department", "Alder Police Dept."),
    ("FL", "Municipality", "Alder Police Department", "Alder PD"),
    ("FL", "Municipality", "Alder Police Department", "City of Alder Police Department"),
    ("FL", "Municipality", "Ft. Alder Police Department", "Fort Alder Police Department"),
    ("FL", "Municipality", "Mt. Alder Police Department", "Mount Alder Police Department"),
    ("NV", "Municipality", "Alder Metro Police Department", "Alder Metropolitan Police Department"),
    ("PA", "Municipality", "Alder Township Police Department", "Alder Twp. Police Department"),
    ("PA", "Municipality", "Alder Borough Police Department", "Alder Boro Police Department"),
    ("TX", "County", "Smith County Constable Precinct 4", "Smith County Constable Pct. 4"),
    ("TX", "County", "Smith County Constable Precinct 4", "Smith County Constable's Office, Precinct 4"),
    ("FL", "County", "Gulf County BOCC", "Gulf County Board of County Commissioners"),
    ("TX", "County", "Smith County DA", "Smith County District Attorney"),
    ("FL", "", "University of Alder Police Department", "Univ. of Alder Police Department"),
    ("FL", "State Agency", "Florida Hwy Patrol", "Florida Highway Patrol"),
    ("TX", "State Agency", "Texas Department of Public Safety", "Department of Public Safety"),
    ("TX", "State Agency", "Texas Department of Public Safety", "Texas DPS"),
    ("TX", "State Agency", "Texas Department of Public Safety", "TX Dept. of Public Safety"),
    ("MT", "State Agency", "Montana Department of Justice", "MT Dept of Justice"),
    ("VA", "State Agency", "Virginia Department of Corrections", "Virginia DOC"),
    (
        *("FL", "State Agency"),
        "Department of Financial Services, Criminal Investigation Division",
        "Criminal Investigation Division, Department of Financial Services",
    ),
]


@pytest.mark.parametrize(("state", "type", "name", "decorated"), DECORATIONS, ids=[one[3] for one in DECORATIONS])
def test_a_decoration_that_comes_and_goes_leaves_the_name_what_it_is(state: str, type: str, name: str, decorated: str) -> None:
    assert take_apart(name, state, type).key == take_apart(decorated, state, type).key


def test_an_abbreviation_may_bear_an_s() -> None:
    short, long = "Parker County DA's Office", "Parker County District Attorney's Office"
    assert take_apart(short, "TX", "County").key == take_apart(long, "TX", "County").key


def test_an_acute_accent_is_an_apostrophe_too() -> None:
    assert tidy("Smith County Sheriff´s Office") == "Smith County Sheriff's Office"


TELLING = [
    ("FL", "Bay County Sheriff's Office", "Clay County Sheriff's Office"),
    ("FL", "Alder Police Department", "Alder Beach Police Department"),
    ("FL", "Alder Police Department", "North Alder Police Department"),
    ("TX", "Smith County Constable Precinct 1", "Smith County Constable Precinct 2"),
    ("TX", "Smith County Sheriff's Office", "Smith County Constable's Office"),
    ("PA", "Cambria County Sheriff's Office", "Cambria County Prison"),
    ("FL", "University of Florida Police Department", "University of West Florida Police Department"),
    ("FL", "Smith County Sheriff's Office", "Smith Police Department"),
    ("FL", "Department of Financial Services", "Department of Environmental Protection"),
]


@pytest.mark.parametrize(("state", "one", "other"), TELLING)
def test_what_tells_agencies_apart_is_kept(state: str, one: str, other: str) -> None:
    assert take_apart(one, state).key != take_apart(other, state).key


def test_a_township_and_a_borough_of_one_name_are_told_apart() -> None:
    township = take_apart("Alder Township Police Department", "PA", "Municipality")
    borough = take_apart("Alder Borough Police Department", "PA", "Municipality")
    assert township.key != borough.key


def test_a_name_gives_its_place_its_level_its_kind_and_what_remains() -> None:
    name = take_apart("Smith County Sheriff's Office, Detention Division", "TX", "County")
    assert (name.place, name.level, name.kind) == (("smith",), "county", "sheriff")
    assert name.rest == {"detention", "division"}


def test_a_state_body_has_no_place() -> None:
    assert take_apart("Florida Highway Patrol", "FL", "State Agency").place == ()
    assert take_apart("Texas Department of Public Safety", "TX", "State Agency").place == ()


KINDS_BY_NAME = [
    ("Smith County Sheriff's Office", "County", "sheriff"),
    ("Jacksonville Sheriff's Office", "County", "sheriff"),
    ("Bossier Parish Sheriff’s Office", "County", "sheriff"),
    ("Alder Police Department", "Municipality", "police"),
    ("Alder PD", "Muncipality ", "police"),
    ("Alder Department of Public Safety", "Municipality", "police"),
    ("Florida Highway Patrol", "State Agency", "state_police"),
    ("Maine State Police", "State", "state_police"),
    ("Texas Department of Public Safety", "State Agency", "state_agency"),
    ("Virginia Marine Resources Commission", "State Agency", "state_agency"),
    ("Office of the Attorney General", "State Agency", "state_agency"),
    ("Cambria County Prison", "County", "corrections"),
    ("Alder Regional Jail", "County", "corrections"),
    ("Kenton County Detention Center", "County", "corrections"),
    ("Pasco County Board of County Commissioners", "County", "county_board"),
    ("Gulf County BOCC", "County", "county_board"),
    ("University of Alder Board of Trustees", "State Agency", "university"),
    ("Alder State College Police Department", "#NA", "university"),
    ("Alder International Airport Police Department", "Municipality", "airport"),
    ("Alder Port Authority", "", "airport"),
    ("Smith County Constable Precinct 4", "County", "constable"),
    ("Alder City Marshal's Office", "Municipality", "constable"),
    ("Smith County District Attorney's Office", "County", "prosecutor"),
    ("State Attorney, First Judicial Circuit", "State", "prosecutor"),
    ("West Virginia National Guard", "State Agency", "national_guard"),
    ("Florida State Guard", "State Agency", "national_guard"),
    ("Alder Independent School District Police", "", "school_district"),
    ("Alder Regional Drug Task Force", "", "regional"),
    ("State Fire Marshal's Office", "State Agency", "fire_marshal"),
    ("Alder Ferry Works", "", "other"),
]


@pytest.mark.parametrize(("name", "type", "kind"), KINDS_BY_NAME, ids=[one[0] for one in KINDS_BY_NAME])
def test_the_kind_of_body_is_read_from_the_name_first(name: str, type: str, kind: str) -> None:
    assert agency_kind(name, type) == kind


def test_every_kind_has_an_example_here() -> None:
    assert {kind for _, _, kind in KINDS_BY_NAME} == set(KINDS)


MISREAD_KINDS = [
    ("Port Alder Police Department", "Municipality", "police"),  # as Port Orange and North Port in Florida
    ("College Park Police Department", "Municipality", "police"),  # a city in Georgia
    ("University City Police Department", "Municipality", "police"),  # a city in Missouri
    ("Parker County DA's Office", "County", "prosecutor"),
    ("Alder Attorney General's Office", "State Agency", "state_agency"),  # as the Office of the Attorney General is
    ("Alaska State Troopers", "State Agency", "state_police"),
    ("State Constable's Office So Alder Twp", "Municipality", "constable"),  # So: South
    # TYPE is typed by hand too: a city's body is printed as the state's, the state's as nobody's.
    ("Alder Point Division of Public Safety", "State", "police"),
    ("Ohio Division of Public Safety", "State", "state_agency"),
    ("State of Ohio Department of Public Safety", "State", "state_agency"),
    ("Ohoi Department of Public Safety", "State", "state_agency"),
    ("MT Dept. of Public Safety", "State", "state_agency"),
    ("Department of Public Safety - Investigations", "State", "state_agency"),
    ("Ohio Department of Public Safety", "", "state_agency"),
    ("Ohio Department of Public Safety & Corrections", "#NA", "state_agency"),
    ("Ohio Department of Financial Services", "#NA", "state_agency"),
    ("Nevada Department of Public Safety", "Municipality", "police"),  # a city in Missouri
    ("Northern Alder Regional Jail Authority", "State Agency", "corrections"),
]


@pytest.mark.parametrize(("name", "type", "kind"), MISREAD_KINDS, ids=[one[0] for one in MISREAD_KINDS])
def test_the_kind_of_body_is_not_read_from_the_place(name: str, type: str, kind: str) -> None:
    assert agency_kind(name, type) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Smith County Board of County Commissioners/ Department of Corrections", "county_board"),
        ("Smith County Board of Supervisors, Detention Facility", "county_board"),
        ("Smith County Government", "county_board"),
        ("County of Smith", "county_board"),
        ("County of Smith / Smith County Jail", "corrections"),
        ("Smith County Sheriff's Office, Board of County Commissioners", "sheriff"),
        ("Smith County Criminal Justice Authority", "corrections"),
        ("Smith County Emergency Services", "other"),
    ],
)
def test_a_county_s_board_is_told_from_the_bodies_of_its_county(name: str, kind: str) -> None:
    assert agency_kind(name, "County") == kind


@pytest.mark.parametrize("type", ["", "#NA", "County", "Municipality", "Muncipality ", None])
def test_a_wrong_or_missing_type_changes_no_kind_that_the_name_gives(type: str | None) -> None:
    assert agency_kind("Smith County Sheriff's Office", type) == "sheriff"
    assert agency_kind("Alder Police Department", type) == "police"


@pytest.mark.parametrize(
    "name", ["", " ", "\xa0", "'", "&", "of the", "County", "St.", "N", "Sheriff", "Police Department", "🚓", "İ" * 50]
)
@pytest.mark.parametrize("state", ["TX", None])
def test_whatever_is_printed_is_taken_apart_without_a_crash(name: str, state: str | None) -> None:
    assert take_apart(name, state).kind in KINDS


def test_text_is_tidied_and_nothing_else() -> None:
    assert tidy(" Smith\xa0 County\u200b Sheriff’s–Office\n") == "Smith County Sheriff's-Office"
    assert tidy(None) == ""
    assert tidy("Doña Ana County") == "Doña Ana County"


def test_an_id_is_written_in_plain_letters() -> None:
    assert slug("Smith County Sheriff’s Office") == "smith-county-sheriffs-office"
    assert slug("Doña Ana County Sheriff's Office") == "dona-ana-county-sheriffs-office"
    assert slug("King & Queen, Unit #4") == "king-queen-unit-4"
