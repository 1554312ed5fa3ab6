"""Saved pages in their three forms, replayed as a poll would have read them then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.backfill import Replayed
from monitor.store import Store
from tests.support.archive import filled as fill
from tests.support.archive import put
from tests.support.pages import DOCLIB, doclib, with_links, with_table
from tests.support.sheets import JEM, pending_sheet, row, sheet

TABLE = [("TEXAS", "Smith County Sheriff’s Office", "Task Force Model", "2025-05-20", "link pending")]
OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = [*OLD, row("OHIO", "Butler County Sheriff's Office")]
FIRST, SECOND, PENDING = sheet(OLD), sheet(NEW), pending_sheet([row("UTAH")])


def filled(store: Store, folder: Path) -> list[Replayed]:
    return fill(store, folder, folder.parent / "state" / "documents")


def outcomes(found: list[Replayed]) -> list[str]:
    return [one.outcome for one in found]


def told(store: Store) -> list[str]:
    return [f"{event.kind} {event.state or ''}".strip() for event in store.events()]


def test_a_page_with_the_list_as_a_table_gives_way_to_a_spreadsheet(store: Store, archive: Path) -> None:
    put(archive, {"20250218120000.html": with_table(TABLE), "20250221120000.xlsx": FIRST})
    assert outcomes(filled(store, archive)) == ["taken", "taken"]
    assert told(store) == ["agreement.added FL"]
    first = store.publications()[-1]
    assert (first.url, first.name) == ("https://www.ice.gov/identify-and-arrest/287g", "20250218120000.html")


def test_the_files_that_a_page_links_are_seen_when_it_was(store: Store, archive: Path) -> None:
    put(
        archive,
        {
            "20250529150000/287g.html": doclib("first.xlsx", "pendingAgencies.xlsx"),
            "20250530150000/287g.html": doclib("second.xlsx", "pendingAgencies.xlsx"),
            "files/first.xlsx": FIRST,
            "files/second.xlsx": SECOND,
            "files/pendingAgencies.xlsx": PENDING,
        },
    )
    found = filled(store, archive)
    assert [one.detail for one in found if one.detail] == []
    publications = [(p.name, p.url.rpartition("/")[0], f"{p.seen_at:%d %H:%M}") for p in reversed(store.publications())]
    below = f"https://www.ice.gov{DOCLIB}"
    assert publications == [
        ("first.xlsx", below, "29 15:00"),
        ("pendingAgencies.xlsx", below, "29 15:00"),
        ("second.xlsx", below, "30 15:00"),
    ]
    assert told(store) == ["agreement.added OH"]


def test_an_address_without_a_file_name_gives_what_it_gave_then(store: Store, archive: Path) -> None:
    page = with_links({"/file-download/download/public/209067": "View 287(g) Participating Agencies"})
    url = "https://www.ice.gov/file-download/download/public/209067"
    about = [json.dumps({"url": url, "name": f"participating{day}.xlsx"}).encode() for day in (1, 2)]
    put(
        archive,
        {
            "20260401150000/287g.html": page,
            "20260402150000/287g.html": page,
            "20260401140000/209067": FIRST,
            "20260401140000/209067.headers.json": about[0],
            "20260402140000/209067": SECOND,
            "20260402140000/209067.headers.json": about[1],
        },
    )
    assert outcomes(filled(store, archive)) == ["taken", "unchanged", "taken", "unchanged"]
    assert [(p.name, p.url) for p in reversed(store.publications())] == [
        ("participating1.xlsx", url),
        ("participating2.xlsx", url),
    ]
    assert told(store) == ["agreement.added OH"]


def test_a_file_that_was_found_later_is_the_one_of_its_name(store: Store, archive: Path) -> None:
    put(archive, {"20250529150000/287g.html": doclib("list05292025am.xlsx"), "20250601000000/list05292025am.xlsx": FIRST})
    page = with_links({f"{DOCLIB}/list05292025am.xlsx": "Participating Agencies"})
    (archive / "20250529150000/287g.html").write_bytes(page)
    assert outcomes(filled(store, archive)) == ["taken", "unchanged"]
    assert f"{store.publications()[0].seen_at:%d %H:%M}" == "29 15:00"


def test_a_list_that_left_the_page_is_told_at_its_moment(store: Store, archive: Path) -> None:
    put(
        archive,
        {
            "20250529150000/287g.html": doclib("participating.xlsx", "pending.xlsx"),
            "20250530150000/287g.html": doclib("participating.xlsx"),
            "20250531150000/287g.html": doclib("participating.xlsx", "pending.xlsx"),
            "files/participating.xlsx": FIRST,
            "files/pending.xlsx": PENDING,
        },
    )
    filled(store, archive)
    events = [(event.kind, f"{event.at:%d %H}", event.backfilled) for event in store.events()]
    assert events == [("list.left_page", "30 15", True), ("list.returned", "31 15", True)]
    assert len(store.standing("pending")) == 1


def test_a_page_saved_from_a_web_archive_links_what_ice_linked(store: Store, archive: Path) -> None:
    inner = f"https://www.ice.gov{DOCLIB}/participating.xlsx"
    for form in (f"https://web.archive.org/web/20250529150000/{inner}", f"/web/20250529150000id_/{inner}"):
        put(
            archive, {"20250529150000/287g.html": with_links({form: "Participating Agencies"}), "files/participating.xlsx": FIRST}
        )
    assert filled(store, archive)[0].outcome == "taken"
    assert store.publications()[0].url == inner


INCOMPLETE = {
    "links what is not there": (
        doclib("gone.xlsx"),
        "unchanged",
        "participating: not_kept: the page links it, and the archive has it not",
    ),
    "has no list": (with_links({"/about": "About"}), "no_lists", "no agency list is on it, and no link to one"),
    "is cut off": (doclib("gone.xlsx")[:-40], "truncated", "the page ends early"),
    "is a refusal": (b"<html><title>Access Denied</title></html>", "blocked", "the site refuses us"),
}


@pytest.mark.parametrize("what", INCOMPLETE)
def test_a_page_that_gives_less_than_it_says_is_named_and_the_rest_goes_on(store: Store, archive: Path, what: str) -> None:
    body, outcome, reason = INCOMPLETE[what]
    put(archive, {"20250528150000.xlsx": FIRST, "20250529150000/287g.html": body, "20250530150000.xlsx": SECOND})
    found = filled(store, archive)
    assert outcomes(found) == ["taken", outcome, "taken"]
    assert found[1].detail.startswith(reason)
    assert told(store) == ["agreement.added OH"]


def test_swapped_links_are_read_by_content(store: Store, archive: Path) -> None:
    put(
        archive,
        {
            "20250529150000/287g.html": doclib("participating1.xlsx", "pending1.xlsx"),
            "20250530150000/287g.html": doclib("participating2.xlsx", "pending2.xlsx"),
            "files/participating1.xlsx": FIRST,
            "files/pending1.xlsx": PENDING,
            "files/participating2.xlsx": PENDING,
            "files/pending2.xlsx": SECOND,
        },
    )
    filled(store, archive)
    assert told(store) == ["agreement.added OH"]
    assert [(p.list, p.listed_as) for p in store.publications(1)] == [("participating", "pending")]
