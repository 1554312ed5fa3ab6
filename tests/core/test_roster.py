"""Printed rows become agreements and applications; which list it is, the content says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from monitor.core import roster
from monitor.core.roster import PARTICIPATING, PENDING, Agreement, Application, Listing, Printed, Roster, copies
from monitor.core.sheet import Cell, Sheet, Unreadable
from tests.core.history import MOA, Row, sheet_of
from tests.support import sheets
from tests.support.sheets import JEM, TFM, WSO, row

SEEN_ON = date(2025, 6, 2)


def read(*found: Sheet) -> Roster:
    result = roster.read(found, SEEN_ON)
    assert isinstance(result, Roster), result
    return result


def one(entry: Row) -> Listing:
    """What a list with this single row says."""
    (listing,) = read(sheet_of([entry])).listings
    return listing


# -- which list --------------------------------------------------------------------------------------------------------------------


def test_a_list_with_signing_dates_is_the_participating_one() -> None:
    found = read(sheet_of([row()]))
    assert found.list == PARTICIPATING
    assert isinstance(found.listings[0], Agreement)


@pytest.mark.parametrize("columns", [sheets.PENDING, (*sheets.PENDING, "MOA")])
def test_a_list_without_signing_dates_is_the_pending_one(columns: tuple[str, ...]) -> None:
    found = read(sheet_of([row()], columns))
    assert found.list == PENDING
    assert isinstance(found.listings[0], Application)


@pytest.mark.parametrize(
    "columns",
    [
        ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"),
        ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "SUPPORT TYPE", "SIGNED", "MOA"),
        ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA"),
        sheets.PARTICIPATING,
        tuple(reversed(sheets.PARTICIPATING)),
    ],
)
def test_every_set_and_order_of_columns_that_ice_has_printed_is_read(columns: tuple[str, ...]) -> None:
    (listing,) = read(sheet_of([row(county="Smith County", moa=f"{MOA}s.pdf")], columns)).listings
    assert (listing.state, listing.agency, listing.model) == ("TX", "Smith County Sheriff's Office", "TFM")
    assert (listing.signed, listing.moa_url) == (date(2025, 5, 20), f"{MOA}s.pdf")
    assert listing.county == ("Smith County" if "COUNTY" in columns else None)
    assert listing.printed.county == ("Smith County" if "COUNTY" in columns else None)


HEADINGS = {
    "LAW ENFORCEMENT AGENCY": [
        "Law Enforcement Agency",
        "LAW ENFORCEMENT\nAGENCY",
        "LAW ENFORCEMENT AGENCY ",
        "LAW ENFORCMENT AGENCY",
        "AGENCY",
    ],
    "SUPPORT TYPE": ["Support Type", "SUPPORT\xa0TYPE", "SUPORT TYPE", "MODEL"],
    "SIGNED": ["Signed", "SIGNED ", "DATE SIGNED", "SINGED", "SIGNED:"],
    "STATE": ["State", " STATE", "STATES"],
    "MOA": ["Moa", "MOA ", "MOA LINK"],
    "ADDENDUM": ["Addendum", "ADDENDA", "ADENDUM"],
}


@pytest.mark.parametrize(("heading", "variant"), [(name, form) for name, forms in HEADINGS.items() for form in forms])
def test_a_heading_is_read_however_it_is_typed(heading: str, variant: str) -> None:
    columns = [variant if name == heading else name for name in sheets.PARTICIPATING]
    entry = {**row(moa=f"{MOA}s.pdf", addendum=f"{MOA}a.pdf")}
    entry[variant] = entry.pop(heading) if variant != heading else entry[heading]
    found = read(sheet_of([entry], columns))
    assert found.list == PARTICIPATING
    assert (found.listings[0].model, found.listings[0].moa_url) == ("TFM", f"{MOA}s.pdf")
    assert found.listings[0].addendum_url == f"{MOA}a.pdf"


def test_rows_above_the_headings_are_no_agreements() -> None:
    listed = sheet_of([row()])
    titled = Sheet("Sheet1", [["287(g) Participating Agencies"], [None], *listed.rows])
    assert [listing.agency for listing in read(titled).listings] == ["Smith County Sheriff's Office"]


def test_a_sheet_of_counts_says_nothing_wherever_it_stands() -> None:
    counts = Sheet("Sheet2", [["STATE", "COUNT"], *[[f"STATE {i}", i] for i in range(90)]])
    listed = sheet_of([row()])
    for order in ((counts, listed), (listed, counts)):
        assert len(read(*order).listings) == 1


def test_of_two_sheets_with_the_headings_the_longer_one_is_the_list() -> None:
    summary = sheet_of([row("UTAH", "Provo Police Department")])
    listed = sheet_of([row(), row(model=JEM)])
    for order in ((summary, listed), (listed, summary)):
        assert {listing.state for listing in read(*order).listings} == {"TX"}


NO_LIST: dict[str, tuple[list[Sheet], str]] = {
    "no sheets": ([], "no_list"),
    "an empty sheet": ([Sheet("Sheet1", [])], "no_list"),
    "other headings": ([Sheet("Fees", [["ITEM", "PRICE"], ["Bond", 1]])], "no_list"),
    "no agency column": ([sheet_of([row()], ["STATE", "SUPPORT TYPE", "SIGNED"])], "no_list"),
    "headings alone": ([sheet_of([])], "empty_list"),
    "headings and blanks": ([Sheet("Sheet 1", [*sheet_of([]).rows, [None, "\xa0", ""]])], "empty_list"),
}


@pytest.mark.parametrize("name", NO_LIST)
def test_what_holds_no_list_is_refused_by_name(name: str) -> None:
    given, outcome = NO_LIST[name]
    found = roster.read(given, SEEN_ON)
    assert isinstance(found, Unreadable)
    assert found.outcome == outcome
    assert found.detail


# -- cells as printed ------------------------------------------------------------------------------------------------------------------


CELLS: list[tuple[str, Any, str, Any]] = [
    ("STATE", "TEXAS ", "state", "TX"),
    ("STATE", "Georgia", "state", "GA"),
    ("STATE", "UTAHJ", "state", "UT"),
    ("STATE", "UTAh", "state", "UT"),
    ("STATE", "GUAM", "state", "GU"),
    ("STATE", "NORTHERN MARIANA ISLANDS", "state", "MP"),
    ("SUPPORT TYPE", "Jail Enforcement Model", "model", "JEM"),
    ("SUPPORT TYPE", "Jail Enforcement", "model", "JEM"),
    ("SUPPORT TYPE", "Task Force", "model", "TFM"),
    ("SUPPORT TYPE", "Task Force Officer", "model", "TFM"),
    ("SUPPORT TYPE", "Warrant Services Officer", "model", "WSO"),
    ("SUPPORT TYPE", "Warrant Service Office", "model", "WSO"),
    ("SUPPORT TYPE", "Warrant Service Officer  ", "model", "WSO"),
    ("SIGNED", datetime(2025, 5, 8), "signed", date(2025, 5, 8)),
    ("SIGNED", "05/082025", "signed", date(2025, 5, 8)),
    ("SIGNED", "4/72025", "signed", date(2025, 4, 7)),
    ("SIGNED", "3/282025", "signed", date(2025, 3, 28)),
    ("SIGNED", datetime(2016, 1, 12), "signed", date(2016, 1, 12)),
    ("SIGNED", datetime(5025, 7, 7), "signed", None),
    ("SIGNED", "5/8/20026", "signed", None),
    ("SIGNED", "", "signed", None),
    ("SIGNED", "\xa0", "signed", None),
    ("TYPE", "#NA", "agency_kind", "sheriff"),
    ("TYPE", "Muncipality ", "agency_kind", "sheriff"),
    ("TYPE", "", "agency_kind", "sheriff"),
    ("COUNTY", "#N/A", "county", None),
    ("COUNTY", "Calhoun County ", "county", "Calhoun County"),
    ("MOA", "link pending", "moa_url", None),
    ("MOA", "\xa0", "moa_url", None),
    ("MOA", "", "moa_url", None),
    ("MOA", "xxx.pdf", "moa_url", None),
    ("MOA", "https://www.ice.gov/doclib/287gMOA/smith.pdf", "moa_url", f"{MOA}smith.pdf"),
    ("MOA", ("Link", f"{MOA}smith.pdf"), "moa_url", f"{MOA}smith.pdf"),
    ("MOA", ("link | addendum", f"{MOA}smith.pdf"), "moa_url", f"{MOA}smith.pdf"),
    ("MOA", ("xxx.pdf", f"{MOA}smith.pdf"), "moa_url", f"{MOA}smith.pdf"),
    ("MOA", ("link", "https:/www.ice.gov/doclib/287gMOA/smith.pdf"), "moa_url", f"{MOA}smith.pdf"),
    ("LAW ENFORCEMENT AGENCY", "Smith County Sheriff’s Office\xa0", "agency", "Smith County Sheriff's Office"),
]


@pytest.mark.parametrize(("column", "cell", "field", "value"), CELLS, ids=[f"{one[0]} {one[1]!r}" for one in CELLS])
def test_a_cell_is_read_as_meant_and_kept_as_printed(column: str, cell: Any, field: str, value: Any) -> None:
    listing = one({**row(), column: cell})
    assert getattr(listing, field) == value
    names = {"STATE": "state", "SUPPORT TYPE": "model", "TYPE": "type", "COUNTY": "county", "LAW ENFORCEMENT AGENCY": "agency"}
    text = cell[0] if isinstance(cell, tuple) else cell
    if column in names:
        assert getattr(listing.printed, names[column]) == text
    if column == "MOA":
        assert (listing.printed.moa, listing.printed.moa_link) == (text, cell[1] if isinstance(cell, tuple) else None)


def test_the_link_as_it_stands_in_the_file_is_kept_beside_the_real_one() -> None:
    wrapped = (
        "https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fdoclib%2F287gMOA%2Fsmith.pdf&data=05"
    )
    listing = one(row(moa=wrapped))
    assert (listing.moa_url, listing.printed.moa_link) == (f"{MOA}smith.pdf", wrapped)


def test_a_column_that_is_not_there_is_told_from_an_empty_cell() -> None:
    (listing,) = read(sheet_of([row(county="")], [c for c in sheets.PARTICIPATING if c != "ADDENDUM"])).listings
    assert (listing.printed.county, listing.printed.addendum) == ("", None)


def test_the_same_row_twice_is_two_rows() -> None:
    assert len(read(sheet_of([row(), row()])).listings) == 2


def test_blank_rows_inside_and_under_the_table_say_nothing() -> None:
    listed = sheet_of([row(), row(model=WSO)])
    blank: list[list[Cell]] = [[None] * 8, [""] * 30, ["\xa0", " "]]
    found = read(Sheet("Sheet1", [*listed.rows[:2], *blank, *listed.rows[2:], *blank * 300]))
    assert [listing.model for listing in found.listings] == ["TFM", "WSO"]
    assert found.unreadable == ()


# -- rows that cannot be read ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (row("Cons"), "no state can be read from 'Cons'"),
        (row(""), "no state can be read from ''"),
        (row(model="Cons"), "no model can be read from 'Cons'"),
        (row(model="\xa0"), "no model can be read from ''"),
    ],
)
def test_a_row_without_a_readable_state_or_model_is_reported_with_its_place_and_still_listed(entry: Row, why: str) -> None:
    found = read(sheet_of([row(), row(model=JEM), entry]))
    (reported,) = found.unreadable
    assert (reported.sheet, reported.row, reported.reason) == ("Sheet1", 4, why)
    assert "Smith County Sheriff's Office" in reported.cells
    assert len(found.listings) == 3


def test_a_footnote_is_reported_and_no_agreement() -> None:
    listed = sheet_of([row()])
    found = read(Sheet("Sheet 1", [*listed.rows, [None], [None, None, None, None, "* as of May 29, 2025"]]))
    assert len(found.listings) == 1
    assert [(r.sheet, r.row, r.reason, r.cells) for r in found.unreadable] == [
        ("Sheet 1", 4, "no agency is named", ("* as of May 29, 2025",))
    ]


def test_a_stray_word_beside_the_table_is_reported() -> None:
    listed = sheet_of([row()])
    found = read(Sheet("Sheet1", [*listed.rows, [None] * 12 + ["Cons"]]))
    assert [r.cells for r in found.unreadable] == [("Cons",)]


# -- values ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry", [row(), row("Cons", signed="7/72025", moa=f"{MOA}s.pdf", addendum=f"{MOA}a.pdf", county="#N/A")]
)
def test_an_agreement_goes_through_its_json_and_back(entry: Row) -> None:
    listing = one(entry)
    assert Agreement.from_json(listing.to_json()) == listing


def test_an_application_goes_through_its_json_and_back() -> None:
    (listing,) = read(sheet_of([row(county="Smith County")], sheets.PENDING)).listings
    assert Application.from_json(listing.to_json()) == listing


def test_every_copy_of_a_row_is_counted_first_the_one_that_speaks() -> None:
    first, again = Printed(agency="a"), Printed(agency="b")
    listing = Agreement(
        state="TX", agency="a", agency_kind="other", county=None, model="TFM", printed=first, also_printed=(again, again)
    )
    assert list(copies(listing)) == [first, again, again]


def test_a_workbook_is_read_as_its_sheets_are() -> None:
    rows = [row(), row("UTAH", "Provo Police Department", TFM, "7/72025", f"{MOA}p.pdf", addendum=f"{MOA}a.pdf")]
    assert sheets.roster_of(*rows).listings == read(sheet_of(rows)).listings
