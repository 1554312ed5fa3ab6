"""What is rebuilt after a poll: just what changed, and what stands afterwards is what a whole build would have made."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from monitor.publishers import Kept, publish, refresh
from tests.publishers.test_site import BAY, BUTLER, CONSTABLE, COUNTIES, SMITH
from tests.support.line import Line
from tests.support.sheets import JEM, WSO, pending_sheet, row, sheet
from tests.support.site import PAGE, Fault

DAY = timedelta(days=1)
FILLER = [row("GEORGIA", f"{name} County Sheriff's Office", WSO) for name in COUNTIES]
PROVO, DAVIS = row("UTAH", "Provo PD", WSO), row("UTAH", "Davis County Sheriff's Office", JEM)
WRONG = {**BUTLER, "STATE": "IOWA"}
# What was published one after the other: (participating, pending).
STORY = [
    ([SMITH, CONSTABLE, *FILLER], [PROVO, BUTLER]),
    ([SMITH, CONSTABLE, *FILLER, BUTLER], [PROVO, DAVIS]),
    ([{**SMITH, "LAW ENFORCEMENT AGENCY": "Smith Couny Sheriff's Office"}, CONSTABLE, *FILLER, WRONG], [PROVO, DAVIS]),
    ([SMITH, CONSTABLE, *FILLER, BUTLER, {**PROVO, "SIGNED": date(2025, 6, 1)}], [DAVIS]),
    ([SMITH], [DAVIS]),  # held
    ([SMITH, CONSTABLE, *FILLER, BUTLER, BAY], [DAVIS]),
    ([{**SMITH, "SIGNED": date(2025, 6, 3)}, *FILLER, BUTLER, BAY], []),
    ([{**SMITH, "SIGNED": date(2025, 6, 3)}, *FILLER, {**BUTLER, "SUPPORT TYPE": JEM}, BAY], []),
    ([{**SMITH, "SIGNED": date(2025, 6, 3)}, CONSTABLE, *FILLER, {**BUTLER, "SUPPORT TYPE": JEM}, BAY], []),
]


def contents(folder: Path) -> dict[str, bytes]:
    """Every public file but the pictures that are painted once a day."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".png" and path.name != ".published.json"
    }


def whole(watch: Line, folder: Path) -> dict[str, bytes]:
    publish(watch.store, watch.settings, watch.evidence, folder, watch.now)
    return contents(folder)


def tell(watch: Line, number: int, *, after: timedelta = timedelta(hours=30)) -> None:
    participating, pending = STORY[number]
    watch.site.publish("participating", sheet(participating), f"participatingAgencies{number}.xlsx")
    watch.site.publish("pending", pending_sheet(pending), f"pendingAgencies{number}.xlsx")
    watch.poll(after=after)


@pytest.fixture
def told(watch: Line) -> Line:
    """A line with public files up to date after two steps of the story."""
    for number in range(2):
        tell(watch, number)
        watch.refresh()
    return watch


def test_after_each_step_the_files_are_those_of_a_whole_build(watch: Line, tmp_path: Path) -> None:
    watch.refresh()
    for number in range(len(STORY)):
        tell(watch, number)
        watch.refresh()
        if number == 5:
            watch.site.unlink("pending")
            watch.poll()
            watch.refresh()
        built = whole(watch, tmp_path / str(number))
        found = contents(watch.state.public)
        assert found.keys() == built.keys()
        assert [path for path in built if built[path] != found[path]] == []


def test_what_another_process_built_between_two_refreshes_is_not_taken_for_ones_own(told: Line, tmp_path: Path) -> None:
    kept = Kept()

    def refreshed(kept: Kept | None, *more: dict[str, object]) -> None:
        told.site.publish("participating", sheet([*STORY[1][0], *more]))
        told.poll(after=DAY)
        refresh(told.store, told.settings, told.evidence, told.state.public, told.now, kept)

    refreshed(kept, CONSTABLE)
    refreshed(kept)
    refreshed(None, BAY)  # a person's command
    refreshed(kept)
    assert contents(told.state.public) == whole(told, tmp_path / "whole")


def test_what_is_wrong_with_the_source_reaches_its_feed_and_the_status(told: Line, tmp_path: Path) -> None:
    told.site.faults.append(Fault(PAGE, "status", 503, times=100))
    for _ in range(9):
        told.poll()
        told.refresh()
    assert "page" in (told.state.public / "feeds/health.json").read_text()
    assert contents(told.state.public) == whole(told, tmp_path / "whole")


def test_a_poll_without_a_change_writes_the_status_alone(told: Line) -> None:
    told.poll()
    assert {*told.refresh()} == {"status.html", "es/status.html", "status.json"}
    assert told.refresh() == []


def test_one_new_agreement_leaves_other_states_and_agencies_alone(told: Line) -> None:
    participating, _ = STORY[1]
    told.site.publish("participating", sheet([*participating, BAY]), "participatingAgenciesNew.xlsx")
    told.poll()
    written = told.refresh()
    assert {path for path in written if path.startswith(("states/", "agencies/"))} == {
        "states/fl.html",
        "agencies/fl-bay-county-sheriffs-office.html",
    }
    assert "data/fl/agreements.csv" in written and "data/tx/agreements.csv" not in written
    assert "feeds/fl.xml" in written and "feeds/tx.xml" not in written
    # A picture that is shared is never missing.
    assert [path for path in written if path.endswith(".png")] == ["cards/fl.png"]
    assert len([path for path in written if path.startswith("documents/")]) == 1


def test_another_day_counts_its_days_and_paints_what_was_drawn(told: Line) -> None:
    told.now += DAY
    written = told.refresh()
    assert {"pending.html", "index.html", "cards/us.png", "charts/map.png"} - {*written} <= {"cards/us.png", "charts/map.png"}
    assert "agreements.html" not in written and not [path for path in written if path.startswith("agencies/")]
    participating, _ = STORY[1]
    told.site.publish("participating", sheet([*participating, BAY]), "participatingAgenciesNew.xlsx")
    told.poll()
    told.refresh()
    told.now += DAY
    assert {"cards/us.png", "charts/map.png"} <= {*told.refresh()}


def test_settings_that_pages_show_build_everything_anew(told: Line) -> None:
    web = told.settings.web.model_copy(update={"public_url": "https://elsewhere.example.org"})
    told.settings = told.settings.model_copy(update={"web": web})
    assert "agencies/tx-smith-county-sheriffs-office.html" in told.refresh()
    assert "https://elsewhere.example.org/states/tx.html" in (told.state.public / "states/tx.html").read_text()


@pytest.mark.parametrize("mark", ["", "{}", "[]", "null", '{"made": 1}', "\x00"])
def test_a_mark_that_cannot_be_read_builds_everything(told: Line, mark: str) -> None:
    (told.state.public / ".published.json").write_text(mark)
    (told.state.public / "method.html").unlink()
    assert "method.html" in told.refresh()


def test_a_database_that_is_older_than_the_files_builds_everything(told: Line) -> None:
    place = told.state.public / ".published.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "event": 10**6}))
    (told.state.public / "method.html").unlink()
    assert "method.html" in told.refresh()


def test_a_whole_build_takes_away_what_an_earlier_one_left_and_nothing_else(told: Line) -> None:
    public = told.state.public
    old, own, document = public / "agencies/gone.html", public / "logo.svg", public / "documents/kept.xlsx"
    for path in (old, own, document):
        path.write_bytes(b"x")
    told.publish()
    assert not old.exists() and own.exists() and document.exists()


def test_a_folder_that_holds_something_else_loses_nothing(told: Line, tmp_path: Path) -> None:
    (tmp_path / "web/data").mkdir(parents=True)
    (tmp_path / "web/data/own.csv").write_text("mine")
    whole(told, tmp_path / "web")
    assert (tmp_path / "web/data/own.csv").read_text() == "mine"


def test_a_folder_that_was_emptied_but_for_the_mark_is_built_anew(told: Line) -> None:
    for path in [path for path in told.state.public.rglob("[!.]*") if path.is_file()]:
        path.unlink()
    assert "agencies/tx-smith-county-sheriffs-office.html" in told.refresh()


def test_a_copy_of_a_document_that_is_not_what_its_name_says_is_mended(told: Line) -> None:
    (document, *_) = (told.state.public / "documents").iterdir()
    whole = document.read_bytes()
    document.write_bytes(b"whoever changes it")
    assert f"documents/{document.name}" in told.publish()
    assert document.read_bytes() == whole
