"""diff and history, as people ask them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.store import Store
from tests.support.archive import filled, put
from tests.support.sheets import JEM, TFM, WSO, pending_sheet, row, sheet

Run = Callable[..., Result]
MOA = "https://www.ice.gov/doclib/287gMOA/"
SMITH = row("TEXAS", "Smith County Sheriff's Office", TFM, date(2025, 5, 1), f"{MOA}smith.pdf")
COUNY = row("TEXAS", "Smith Couny Sheriff's Office", TFM, date(2025, 5, 1), f"{MOA}smith.pdf")
AGAIN = row("TEXAS", "Smith County Sheriff's Office", TFM, date(2025, 5, 31), f"{MOA}smith-2025-05-31.pdf")
JAIL = row("TEXAS", "Smith County Sheriff's Office", JEM, date(2025, 5, 28), f"{MOA}smith-jem.pdf")
BAY = row("FLORIDA", "Bay County Sheriff's Office", WSO, date(2025, 5, 2), f"{MOA}bay.pdf")
PROVO = row("UTAH", "Provo Police Department", TFM, date(2025, 5, 29), f"{MOA}provo.pdf", type="Municipality")
SMITH_POLICE = row("TEXAS", "Smithville Police Department", TFM, date(2025, 5, 3), f"{MOA}smithville.pdf", type="Municipality")
FILES = {
    "20250528140000/participating1.xlsx": sheet([SMITH, BAY, SMITH_POLICE]),
    "20250528140000/pending1.xlsx": pending_sheet([PROVO]),
    "20250529140000/participating2.xlsx": sheet([COUNY, BAY, SMITH_POLICE, JAIL]),
    "20250530140000/participating3.xlsx": sheet([SMITH, SMITH_POLICE, JAIL, PROVO]),
    "20250530150000/pending3.xlsx": pending_sheet([row("OHIO", "Butler County Sheriff's Office")]),
    "20250601140000/participating4.xlsx": sheet([AGAIN, SMITH_POLICE, JAIL, PROVO]),
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    put(tmp_path / "archive", FILES)
    store = Store.open(tmp_path / "state" / "monitor.db")
    try:
        assert {one.outcome for one in filled(store, tmp_path / "archive", tmp_path / "state" / "documents")} == {"taken"}
    finally:
        store.close()

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--state", str(tmp_path / "state"), *arguments], prog_name="monitor287g")

    return command


def differences(run: Run, *arguments: str) -> list[tuple[str, str]]:
    value = json.loads(run("diff", *arguments, "--json").stdout)
    return [(one["kind"], (one["after"] or one["before"])["id"]) for one in value["differences"]]


ALL = [
    ("new", "ut-provo-police-department-tfm-2025-05-29"),
    ("new", "tx-smith-county-sheriffs-office-jem-2025-05-28"),
    ("renewed", "tx-smith-county-sheriffs-office-tfm-2025-05-31"),
    ("ended", "fl-bay-county-sheriffs-office-wso-2025-05-02"),
    ("new", "oh-butler-county-sheriffs-office-tfm-application"),
    ("ended", "ut-provo-police-department-tfm-application"),
]


def test_the_net_difference_between_two_days_is_told(run: Run) -> None:
    assert sorted(differences(run, "2025-05-29", "2025-06-02")) == sorted(ALL)
    text = run("diff", "2025-05-29", "2025-06-02")
    assert text.exit_code == 0
    for part in (
        "new agreements 2",
        "renewed agreements 1",
        "ended agreements 1",
        "signed: May 1, 2025 → May 31, 2025",
        "approved: ut-provo-police-department-tfm-2025-05-29",
    ):
        assert part in text.stdout


def test_publications_name_moments_by_their_number_or_by_the_name_of_their_file(run: Run) -> None:
    assert sorted(differences(run, "participating1.xlsx", "participating4.xlsx")) == sorted(ALL)
    assert sorted(differences(run, "1", "6")) == sorted(ALL)
    assert differences(run, "1", "participating2.xlsx") == [
        ("new", "tx-smith-county-sheriffs-office-jem-2025-05-28"),
        ("changed", "tx-smith-county-sheriffs-office-tfm-2025-05-01"),
    ]


def test_a_verdict_given_later_does_not_move_the_publication_it_is_about(run: Run, tmp_path: Path) -> None:
    # One document and one date, two places: told as an end and a beginning, until a person says that it is one agreement.
    names = ("Satellite Beach", "Sebastian")
    beach = [row("FLORIDA", f"{name} Police Department", TFM, date(2025, 5, 4), f"{MOA}beach.pdf") for name in names]
    sheets = {f"2025061{day}140000/beach{day}.xlsx": sheet([SMITH_POLICE, one]) for day, one in enumerate(beach)}
    put(tmp_path / "more", sheets)
    assert run("backfill", str(tmp_path / "more")).exit_code == 0
    expected = [("new", "Sebastian Police Department"), ("ended", "Satellite Beach Police Department")]
    assert told(run, "beach0.xlsx", "beach1.xlsx") == expected
    (pair,) = json.loads(run("review", "--json").stdout)
    assert run("review", "same", pair["pair"]).exit_code == 0
    assert told(run, "beach0.xlsx", "beach1.xlsx") == expected
    assert told(run, "beach0.xlsx", "2100-01-01") == [("changed", "Sebastian Police Department")]


def told(run: Run, *arguments: str) -> list[tuple[str, str]]:
    """(kind, agency) of each difference, in the order told."""
    value = json.loads(run("diff", *arguments, "--json").stdout)
    return [(one["kind"], (one["after"] or one["before"])["agency"]) for one in value["differences"]]


def test_documents_that_were_posted_are_told_by_themselves(run: Run, tmp_path: Path) -> None:
    bare = {
        name: [SMITH_POLICE, row("OHIO", "Lima Police Department", moa=link)]
        for name, link in (("a", ""), ("b", f"{MOA}lima.pdf"))
    }
    put(tmp_path / "more", {f"2025061{day}140000/{name}.xlsx": sheet(rows) for day, (name, rows) in enumerate(bare.items())})
    assert run("backfill", str(tmp_path / "more")).exit_code == 0
    assert told(run, "a.xlsx", "b.xlsx") == [("document", "Lima Police Department")]
    assert "Documents posted or replaced" in run("diff", "a.xlsx", "b.xlsx").stdout


def test_a_released_publication_is_meant_from_its_release_on(run: Run, tmp_path: Path) -> None:
    names = [
        row("OHIO", f"{name} County Sheriff's Office") for name in ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall")
    ]
    put(
        tmp_path / "more",
        {"20250603140000/many.xlsx": sheet(names), "20250604140000/few.xlsx": sheet(names[:1])},
    )
    assert run("backfill", str(tmp_path / "more")).exit_code == 0
    assert told(run, "many.xlsx", "few.xlsx") == []
    (held,) = json.loads(run("status", "--json").stdout)["held"]
    assert held["name"] == "few.xlsx"
    assert run("release", str(held["id"])).exit_code == 0
    assert Counter(kind for kind, _ in told(run, "many.xlsx", "few.xlsx")) == {"ended": 7}
    assert told(run, "2025-06-04", "2025-06-05") == [], "as it was known then, it had changed nothing"


def test_the_later_moment_first_is_told_forwards_and_said(run: Run) -> None:
    result = run("diff", "2025-06-02", "2025-05-29", "--json")
    assert "2025-06-02 comes after 2025-05-29; what follows goes from the earlier to the later" in result.stderr
    assert sorted(differences(run, "2025-06-02", "2025-05-29")) == sorted(ALL)


def test_a_state_can_be_chosen(run: Run) -> None:
    assert differences(run, "2025-05-29", "2025-06-02", "--state", "florida") == [
        ("ended", "fl-bay-county-sheriffs-office-wso-2025-05-02")
    ]


def test_a_moment_before_the_record_is_said(run: Run) -> None:
    assert (
        "nothing was known at 2025-01-01; the record begins on 2025-05-28 at 14:00 UTC"
        in run("diff", "2025-01-01", "2025-06-02").stderr
    )
    assert run("diff", "2025-06-02", "2025-06-03").stdout.strip().endswith("nothing differs")


@pytest.mark.parametrize("asked", ["99", "list.xlsx", "yesterday", "2025-13-01"])
def test_what_names_no_moment_is_said(run: Run, asked: str) -> None:
    result = run("diff", "2025-05-29", asked)
    assert result.exit_code == 2
    assert asked in result.stderr
    assert "Traceback" not in result.output


def test_a_held_publication_changed_nothing_and_says_so(run: Run, tmp_path: Path) -> None:
    names = [
        row("OHIO", f"{name} County Sheriff's Office")
        for name in ["Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee"]
    ]
    put(
        tmp_path / "more",
        {"20250603140000/participating5.xlsx": sheet(names), "20250604140000/participating6.xlsx": sheet(names[:1])},
    )
    run("backfill", str(tmp_path / "more"))
    result = run("diff", "participating6.xlsx", "2025-06-05")
    assert "is held: it changed nothing" in result.stderr


def test_an_agencys_history_goes_through_names_renewals_and_models(run: Run) -> None:
    result = run("history", "smith county")
    assert result.exit_code == 0
    for part in (
        "also printed as Smith Couny Sheriff's Office",
        "agreement.renewed",
        "agreement.corrected",
        "(renewed)",
        "participating2.xlsx",
    ):
        assert part in result.stdout
    value = json.loads(run("history", "tx-smith-county-sheriffs-office", "--json").stdout)
    assert [(one["model"], one["signed"], one["ended"]) for one in value["known"]] == [
        ("JEM", "2025-05-28", ""),
        ("TFM", "2025-05-31", ""),
        ("TFM", "2025-05-01", "agreement.renewed"),
    ]
    assert value["names"] == ["Smith County Sheriff's Office", "Smith Couny Sheriff's Office"]
    assert [one["kind"] for one in value["events"]][:3] == [
        "agreement.baseline",
        "agreement.added",
        "agreement.corrected",
    ]


@pytest.mark.parametrize("list_name", ["agreements", "pending"])
@pytest.mark.parametrize("options", [(), ("--state", "texas"), ("--model", "tfm"), ("--state", "TX", "--model", "JEM")])
def test_a_list_answers_alike_now_and_as_of_now_in_every_form(run: Run, list_name: str, options: tuple[str, ...]) -> None:
    for form in ("--json", "--csv"):
        assert run(list_name, form, *options).stdout == run(list_name, form, *options, "--as-of", "2025-06-02").stdout
    by_json = [one["id"] for one in json.loads(run(list_name, "--json", *options).stdout)]
    by_csv = [one["id"] for one in csv.DictReader(io.StringIO(run(list_name, "--csv", *options).stdout))]
    assert by_json == by_csv
    assert run(list_name, *options).stderr == f"{len(by_json)} {'agreements' if list_name == 'agreements' else 'applications'}\n"


def test_events_are_told_between_two_moments(run: Run) -> None:
    def told_at(*options: str) -> list[str]:
        return [json.loads(line)["at"] for line in run("events", "--json", *options).stdout.splitlines()]

    every = told_at()
    assert told_at("--until", "2025-05-30T14:00:00Z") == [at for at in every if at <= "2025-05-30T14:00:00Z"]
    day = told_at("--since", "2025-05-30", "--until", "2025-05-31")
    assert day == [at for at in every if at.startswith("2025-05-30")]
    assert 0 < len(day) < len(every)


def test_an_application_and_what_it_became_are_one_history(run: Run) -> None:
    kinds = [one["kind"] for one in json.loads(run("history", "provo", "--json").stdout)["events"]]
    assert kinds == ["application.baseline", "agreement.added", "application.approved"]


def test_an_old_name_finds_its_agency(run: Run) -> None:
    assert "tx-smith-county-sheriffs-office:" in run("history", "COUNY").stdout


def test_several_agencies_are_listed_and_none_is_said_with_the_nearest(run: Run) -> None:
    result = run("history", "smith")
    assert result.exit_code == 2
    assert "2 agencies may be meant by 'smith'" in result.stderr
    assert "tx-smithville-police-department" in result.stdout
    (candidates, error) = (run("history", "smith", "--json").stdout, run("history", "smith", "--json").stderr)
    assert [one["agency_id"] for one in json.loads(candidates)] == [
        "tx-smith-county-sheriffs-office",
        "tx-smithville-police-department",
    ]
    assert "2 agencies" in error
    result = run("history", "PROVOO POLICE")
    assert result.exit_code == 2
    assert "the nearest are Provo Police Department (ut-provo-police-department)" in result.stderr
    assert "provo" not in run("history", "provo", "--state", "FL").stdout
    result = run("history", "sheriff", "--state", "FL")
    assert result.exit_code == 0
    assert run("history", "").exit_code == 2
