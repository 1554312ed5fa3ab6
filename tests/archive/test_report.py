"""The figures that the press published from ICE's page of 29 May 2025, and the newest step of the archive, as the command prints them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import cli


def printed(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(cli, ["--state", str(folder), "report", *arguments], prog_name="monitor287g")
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def press(whole_archive: Path) -> dict[str, Any]:
    """The report for Friday, 30 May 2025."""
    value: dict[str, Any] = json.loads(printed(whole_archive, "--as-of", "2025-05-30", "--json"))
    return value


@pytest.fixture(scope="module")
def newest(whole_archive: Path) -> dict[str, Any]:
    """The report behind the archive's last publication."""
    value: dict[str, Any] = json.loads(printed(whole_archive, "--as-of", "2025-11-01", "--json"))
    return value


def kind(value: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in value["kinds"] if one["kind"] == name)
    return found


def test_agreements_and_pending_by_model(press: dict[str, Any]) -> None:
    assert (press["agreements"]["total"], press["agreements"]["states"], press["pending"]["total"]) == (635, 40, 68)
    assert press["agreements"]["models"] == {
        "JEM": {"total": 100, "states": 25},
        "TFM": {"total": 307, "states": 30},
        "WSO": {"total": 228, "states": 31},
    }
    assert {model: one["total"] for model, one in press["pending"]["models"].items()} == {"JEM": 7, "WSO": 18, "TFM": 43}


def test_florida_leads_and_all_its_sheriffs_take_part(press: dict[str, Any]) -> None:
    assert press["leaders"][0] == {"state": "FL", "agreements": press["agreements"]["by_state"]["FL"]}
    florida = press["sheriffs"]["by_state"]["FL"]
    assert (florida["taking_part"], florida["offices"]) == (67, 67)
    assert {"fips": "12031", "name": "Duval County"} in florida["counties"]
    assert {"fips": "12086", "name": "Miami-Dade County"} in florida["counties"]
    assert press["sheriffs"]["mismatches"] == []


def test_airports_universities_and_county_commissions(press: dict[str, Any]) -> None:
    assert [one["agency"] for one in kind(press, "airport")["named"]] == [
        "Melbourne International Airport Police Department",
        "Sanford Airport Police Department",
    ]
    assert kind(press, "university")["only_in"] == "FL"
    assert kind(press, "county_board")["only_in"] == "FL"
    first = next(one for one in press["firsts"]["kinds"] if one["of"] == "county_board")
    assert (first["agency"], first["tied"]) == ("Pasco County Board of County Commissioners", False)


def test_the_text_says_each_of_them(whole_archive: Path) -> None:
    lines = [" ".join(line.split()) for line in printed(whole_archive, "--as-of", "2025-05-30").splitlines()]
    for line in (
        "Jail Enforcement Model 100 25 7",
        "Task Force Model 307 30 43",
        "Warrant Service Officer 228 31 18",
        "All 635 40 68",
        "Florida: 67 of 67 sheriff's offices (100%)",
        "Universities and colleges 10 10 1 only in Florida",
    ):
        assert line in lines
    assert any(line.startswith("Florida leads: Florida 271, Texas 91") for line in lines)
    airports = next(line for line in lines if line.startswith("Airports"))
    assert "only in Florida: Melbourne International Airport Police Department; Sanford Airport Police Department" in airports
    assert any(line.startswith("County commissions and boards 2 2 1 only in Florida: Gulf County") for line in lines)
    assert any(line.startswith("County commissions and boards: Pasco County Board") for line in lines)


def test_sheriffs_by_county_at_the_newest_step(newest: dict[str, Any]) -> None:
    # Counted without the code under test: the names in participatingAgencies10312025pm.xlsx beside the list of counties.
    by_hand = {"FL": 67, "GA": 26, "LA": 6, "MD": 8, "NC": 21, "TX": 146, "VA": 21}
    shares = newest["sheriffs"]["by_state"]
    assert {state: shares[state]["taking_part"] for state in by_hand} == by_hand
    assert {one["name"] for one in shares["LA"]["counties"]} == {
        *("Beauregard Parish", "Bossier Parish", "Lafourche Parish", "Ouachita Parish", "Plaquemines Parish"),
        "St. Charles Parish",
    }
    virginia = {one["name"] for one in shares["VA"]["counties"]}
    assert {"Richmond County", "Franklin County"} <= virginia
    assert [one["name"] for one in shares["VA"]["independent_cities_taking_part"]] == ["Hopewell city"]
    assert newest["sheriffs"]["mismatches"] == []
    assert [(one["state"], one["county"]["name"]) for one in newest["sheriffs"]["misspelt"]] == [
        ("MI", "Berrien County"),
        ("TX", "Somervell County"),
    ]


def test_before_the_column_county_came_sheriffs_are_counted_all_the_same(whole_archive: Path) -> None:
    value = json.loads(printed(whole_archive, "--as-of", "2025-03-10", "--json"))
    florida = value["sheriffs"]["by_state"]["FL"]
    assert "Duval County" in {one["name"] for one in florida["counties"]}
    assert {one["agency"] for one in value["sheriffs"]["mismatches"]} == {
        "Cass County Sheriff's Office"
    }  # Montana, for Minnesota


def test_what_changed_agrees_with_the_log(whole_archive: Path, newest: dict[str, Any]) -> None:
    since = "2025-10-01"
    changes = json.loads(printed(whole_archive, "--as-of", "2025-11-01", "--since", since, "--json"))["changes"]
    asked = ["--state", str(whole_archive), "events", "--json", "--since", since, "--kind", "agreement"]
    told = [json.loads(line)["kind"] for line in CliRunner().invoke(cli, asked).stdout.splitlines()]
    assert changes["begun"]["total"] == told.count("agreement.added") == 65
    assert changes["ended"]["total"] == told.count("agreement.removed") == 4
    assert changes["agreements_before"] + 65 - 4 == changes["agreements_after"] == newest["agreements"]["total"]


def test_every_part_of_a_country_s_report_is_the_sum_of_its_states(whole_archive: Path, press: dict[str, Any]) -> None:
    for state in ("FL", "TX", "VA", "AK"):
        alone = json.loads(printed(whole_archive, "--as-of", "2025-05-30", "--state", state, "--json"))
        assert alone["agreements"]["total"] == press["agreements"]["by_state"][state]
        assert alone["changes"]["begun"]["total"] == press["changes"]["begun"]["by_state"].get(state, 0)
        if state in press["sheriffs"]["by_state"]:
            assert alone["sheriffs"]["by_state"] == {state: press["sheriffs"]["by_state"][state]}
        else:
            assert alone["sheriffs"]["by_state"] == {}


@pytest.mark.parametrize("moment", ["2025-05-30", "2025-11-01"])
def test_the_reports_in_the_documentation_are_as_printed(whole_archive: Path, moment: str) -> None:
    documented = (Path(__file__).parents[2] / "docs/report.md").read_text("utf-8")
    assert re.sub("^#", "###", printed(whole_archive, "--as-of", moment, "--markdown"), flags=re.MULTILINE) in documented
