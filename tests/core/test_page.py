"""What ICE's page says: its links, headings, text and tables; which links may lead to a list; when it says something new."""

from __future__ import annotations

import pytest

from monitor.core import page, roster
from monitor.core.hasher import page_digest
from monitor.core.page import Link, PageReading, RosterLink, roster_links
from monitor.core.roster import Roster
from monitor.core.sheet import Unreadable
from tests.core.history import START

URL = "https://www.ice.gov/identify-and-arrest/287g"
DOCLIB = "/doclib/about/offices/ero/287g/"
HEADINGS = ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA")


def html(main: str, *, head: str = "", around: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>287(g) | ICE</title>{head}</head><body>{around}"
        f"<main><h1>Delegation of Immigration Authority</h1><h2>Section 287(g)</h2><p>ICE trains officers.</p>{main}</main></body></html>"
    ).encode()


def anchor(href: str, text: str = "link", **attributes: str) -> str:
    more = "".join(f" {name.replace('_', '-')}='{value}'" for name, value in attributes.items())
    return f'<a href="{href}"{more}>{text}</a>'


def read(body: bytes, url: str = URL) -> PageReading:
    reading = page.read(body, url)
    assert isinstance(reading, PageReading), reading
    return reading


def found(main: str, **more: str) -> list[RosterLink]:
    return roster_links(read(html(main, **more)))


# -- the three forms of the page --------------------------------------------------------------------------------------------------


def test_a_roster_printed_as_a_table_is_read_with_its_links() -> None:
    cells = ["TEXAS", "Smith County Sheriff’s Office", "Task Force Model", "05/20/2025", anchor("/doclib/287gMOA/smith.pdf")]
    lines = ["".join(f"<th>{name}</th>" for name in HEADINGS), "".join(f"<td> {cell}\n</td>" for cell in cells)]
    (table,) = read(html("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>")).tables
    result = roster.read([table], START.date())
    assert isinstance(result, Roster)
    (listing,) = result.listings
    assert (result.list, listing.state, listing.model) == ("participating", "TX", "TFM")
    assert listing.moa_url == "https://www.ice.gov/doclib/287gMOA/smith.pdf"


def test_two_links_to_spreadsheets_are_the_two_lists() -> None:
    links = found(
        anchor(f"{DOCLIB}participatingAgencies05292025am.xlsx", "Participating Agencies")
        + anchor(f"{DOCLIB}pendingAgencies05292025am.xlsx", "Pending Agencies")
    )
    assert [(link.listed_as, link.sure) for link in links] == [("participating", True), ("pending", True)]
    assert links[0].url == f"https://www.ice.gov{DOCLIB}participatingAgencies05292025am.xlsx"


def test_a_link_without_any_extension_is_found_by_its_text() -> None:
    (link,) = found(anchor("/file-download/download/public/209067", "View 287(g) Participating Agencies"))
    assert (link.listed_as, link.sure) == ("participating", True)
    assert link.url == "https://www.ice.gov/file-download/download/public/209067"


NAMES = [
    *("participatingAgencies090022025am.xlsx", "participatingAgencies01052025pm.xlsx", "participatingAgencies11122025.xlsx"),
    *("participatingAgencies07242025mid.xlsx", "participatingAgencies07242025pm2.xlsx", "participatingAgencies07242025pmB.xlsx"),
    *("ParticipatingAgency091826am.xlsx", "287gParticipatingAgencies091526pm.xlsx", "participatingAgencies07242025am_b.xlsx"),
    "participatingAgencies04212026am%2012.15.07%20AM.xlsx",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_found_under_every_name_it_has_borne(name: str) -> None:
    (link,) = found(anchor(DOCLIB + name, "here"))
    assert (link.listed_as, link.sure) == ("participating", True)


def test_a_trailing_quote_in_an_address_hides_no_list() -> None:
    (link,) = found(f"<a href='{DOCLIB}participatingAgencies05292025am.xlsx\"'>Participating Agencies</a>")
    assert (link.listed_as, link.sure) == ("participating", True)


def test_a_blank_in_an_address_hides_no_list() -> None:
    (link,) = found(anchor(f" {DOCLIB}participatingAgencies04212026am 12.15.07 AM.xlsx ", "Participating Agencies"))
    assert link.sure


def test_a_link_with_nothing_but_a_label_for_screen_readers_is_found() -> None:
    (link,) = found(anchor("/file-download/download/public/209067", "<img src='x.png'>", aria_label="Pending Agencies"))
    assert (link.listed_as, link.sure) == ("pending", True)


def test_one_address_linked_twice_is_one_document() -> None:
    address = "/file-download/download/public/209067"
    (link,) = found(
        anchor(address, "Download") + anchor(address, "Participating Agencies") + anchor(f"{address}#top", "Download")
    )
    assert (link.listed_as, link.sure) == ("participating", True)


def test_a_spreadsheet_that_does_not_say_what_it_is_comes_last_and_unsure() -> None:
    links = found(
        anchor("/doclib/statistics/fy2025.xlsx", "Detention statistics")
        + anchor(f"{DOCLIB}participatingAgencies05292025am.xlsx", "Participating Agencies")
    )
    assert [(link.sure, link.listed_as) for link in links] == [(True, "participating"), (False, None)]


def test_an_article_about_the_lists_is_tried_only_where_a_list_is_missing() -> None:
    (link,) = found(anchor("/news/participating-agencies-grow", "More participating agencies"))
    assert not link.sure


def test_a_link_whose_type_says_spreadsheet_is_tried_too() -> None:
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    (link,) = found(anchor("/287g/data", "Data", type=sheet_type))
    assert not link.sure


DECOYS = {
    "a PDF of a template": anchor("/doclib/287g/participating-agencies-moa.pdf", "Participating Agencies MOA template"),
    "a PDF with a trailing quote": "<a href='/doclib/287g/participating-agencies.pdf\"'>Participating Agencies</a>",
    "a fact sheet": anchor("/doclib/287g/factsheet.pdf", "287(g) fact sheet"),
    "a mail address": anchor("mailto:ero@ice.dhs.gov", "Participating Agencies"),
    "a script": anchor("javascript:open('participatingAgencies.xlsx')", "Participating Agencies"),
    "an address that cannot be one": anchor("http://[participatingAgencies.xlsx", "Participating Agencies"),
    "a link in a template": f"<template>{anchor('/doclib/participatingAgencies.xlsx')}</template>",
    "a link in a comment": f"<!-- {anchor('/doclib/participatingAgencies.xlsx')} -->",
    "a link in a script": f"<script>'{anchor('/doclib/participatingAgencies.xlsx')}'</script>",
}


@pytest.mark.parametrize("name", DECOYS)
def test_a_decoy_is_no_list(name: str) -> None:
    assert found(DECOYS[name]) == []


# -- addresses ---------------------------------------------------------------------------------------------------------------------


def test_a_base_moves_relative_addresses() -> None:
    body = html(anchor("participatingAgencies05292025am.xlsx"), head='<base href="https://cdn.ice.gov/doclib/">')
    assert read(body).links == (Link("link", "https://cdn.ice.gov/doclib/participatingAgencies05292025am.xlsx"),)


def test_without_a_base_addresses_are_relative_to_the_page() -> None:
    assert read(html(anchor("287g/a.xlsx"))).links[0].url == "https://www.ice.gov/identify-and-arrest/287g/a.xlsx"


def test_a_relative_link_in_the_table_is_relative_to_the_page_too() -> None:
    body = html(
        f"<table><tr><td>{anchor('smith.pdf')}</td></tr></table>", head='<base href="https://www.ice.gov/doclib/287gMOA/">'
    )
    (table,) = read(body).tables
    assert table.links[1, 1] == "https://www.ice.gov/doclib/287gMOA/smith.pdf"


def test_tables_inside_tables_are_not_read_over_and_over() -> None:
    """Where each reads the rows of all inside it, 160 of them (2 KB) take a minute."""
    reading = read(html("<table><tr><td>" * 12))
    assert sum(len(cells) for table in reading.tables for cells in table.rows) <= 12


def test_a_list_inside_a_layout_table_is_read() -> None:
    listed = "".join(f"<th>{name}</th>" for name in HEADINGS)
    reading = read(html(f"<table><tr><td>Menu</td><td><table><tr>{listed}</tr></table></td></tr></table>"))
    assert any(table.rows[:1] == [[*HEADINGS]] for table in reading.tables)


# -- no page -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"PK\x03\x04\x00\x00<html>", "not_a_page"),
        (b"%PDF-1.7 and no tag at all", "not_a_page"),
        (b'{"error": "no page"}', "not_a_page"),
        (b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE></HEAD><BODY>You don't have permission</BODY></HTML>", "blocked"),
        (b"<html><head><title> Just a moment...</title></head><body></body></html>", "blocked"),
    ],
)
def test_an_answer_that_is_no_page_is_named(body: bytes, outcome: str) -> None:
    reading = page.read(body, URL)
    assert isinstance(reading, Unreadable)
    assert reading.outcome == outcome


def test_the_words_access_denied_in_the_text_block_nothing() -> None:
    assert "Access Denied" in read(html("<p>Access Denied: what it means</p>")).text


def test_a_long_page_with_a_denial_in_its_title_is_read() -> None:
    body = html("<p>word </p>" * 4_000).replace(b"287(g) | ICE", b"Access denied to 287(g)")
    assert read(body).title == "Access denied to 287(g)"


# -- what counts as news ---------------------------------------------------------------------------------------------------------------

LINK = anchor(f"{DOCLIB}participatingAgencies05292025am.xlsx", "Participating Agencies")


def digest(main: str = LINK, **more: str) -> str:
    return page_digest(read(html(main, **more)))


UNCHANGED = {
    "a token": {"head": '<meta name="csrf-token" content="8d1f">'},
    "a script with a render id": {"head": '<script nonce="x1">window.render="b7"</script>'},
    "a style": {"head": "<style>main{color:#112}</style>"},
    "a banner outside of what the page says": {"around": "<div class='banner'>An official website</div>"},
    "attributes": {"main": LINK.replace("<a ", '<a data-id="17" class="x" ')},
    "a place in the document": {"main": LINK.replace(".xlsx", ".xlsx#s2")},
    "blanks": {"main": f"\n\n  {LINK}\n"},
    "the same link once more": {"around": LINK},
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_changes_at_every_request_is_no_news(name: str) -> None:
    assert digest(**UNCHANGED[name]) == digest()


CHANGED = {
    "another document": {"main": LINK.replace("05292025am", "05302025am")},
    "another text of a link": {"main": LINK.replace("Participating Agencies", "Agencies")},
    "a link outside of what the page says": {"around": anchor("/news", "News")},
    "a link that is gone": {"main": ""},
    "a heading": {"main": f"<h3>Pending</h3>{LINK}"},
    "a sentence": {"main": f"<p>The program has grown.</p>{LINK}"},
    "a table's cell": {"main": f"{LINK}<table><tr><td>TEXAS</td></tr></table>"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_the_page_says_is_news(name: str) -> None:
    assert digest(**CHANGED[name]) != digest()


def test_another_title_is_news() -> None:
    assert page_digest(read(html(LINK).replace(b"287(g) | ICE", b"Partners | ICE"))) != digest()


def test_the_order_of_links_is_no_news_by_itself() -> None:
    first, second = anchor("/a", "x"), anchor("/b", "x")
    assert digest(first + second) == digest(second + first)


def test_headings_and_title_are_read() -> None:
    reading = read(html("<h3>Participating\n Agencies</h3>"))
    assert reading.title == "287(g) | ICE"
    assert reading.headings == ("Delegation of Immigration Authority", "Section 287(g)", "Participating Agencies")


def test_a_page_cut_off_before_its_end_is_no_page_without_lists() -> None:
    reading = page.read(html(LINK).partition(b"<h2>")[0], URL)
    assert isinstance(reading, Unreadable)
    assert reading.outcome == "truncated"


@pytest.mark.parametrize("body", [b"<", b"<<<>>>", b"<html", b"<a href", b"<div>" * 3_000, "<p>Sheriff’s</p>".encode("cp1252")])
def test_broken_markup_is_read_as_far_as_it_goes(body: bytes) -> None:
    assert isinstance(page.read(body, URL), PageReading | Unreadable)


# -- what is not looked at -----------------------------------------------------------------------------------------------------------

RENDERED = (
    '<meta name="csrf-token" content="{0}">',
    '<div class="view" data-view-dom-id="{0}"></div>',
    "<!-- rendered {0} -->",
    '<script type="application/json" data-drupal-selector="drupal-settings-json">{{"token":"{0}"}}</script>',
    '<input type="hidden" value="{0}" />',
)


@pytest.mark.parametrize("form", RENDERED)
def test_a_page_that_says_the_same_is_not_read_again(form: str) -> None:
    first, second = (read(html(LINK, around=form.format(token))) for token in ("a1b2", "c3d4e5"))
    assert first is second


@pytest.mark.parametrize(
    ("main", "text"),
    [
        ("Smith<!-- 1 --> County", "Smith County"),
        ("Smith<!-- 1 -->County", "Smith County"),
        ('Smith<script>var a="b"</script>County', "Smith County"),
        ("Smith <b title=\"a > b\">County</b> <i class='x'>Jail</i>", "Smith County Jail"),
    ],
)
def test_what_stands_around_the_unseen_is_read_as_ever(main: str, text: str) -> None:
    assert read(html(f"<p>{main}</p>")).text.endswith(text)


def test_links_keep_what_is_read_of_them() -> None:
    one = anchor("/a.xlsx", "", aria_label="Participating Agencies", type="application/vnd.ms-excel; spreadsheet")
    (link,) = read(html(one)).links
    assert link == Link("Participating Agencies", "https://www.ice.gov/a.xlsx", is_sheet=True)


def test_a_page_in_another_encoding_that_it_names_is_read_in_it() -> None:
    body = html("<p>Doña Ana</p>").replace(
        b"<meta charset=utf-8>", b'<meta http-equiv="x" content="text/html; charset=windows-1252">'
    )
    assert read(body.decode().encode("cp1252")).text.endswith("Doña Ana")


# -- end tags that are left out, and nests --------------------------------------------------------------------------------------------


def test_rows_and_cells_without_end_tags_are_rows_and_cells() -> None:
    row = f"<tr><td>TEXAS<td>Smith County Sheriff’s Office<td>{anchor('/moa.pdf')}"
    (table,) = read(html(f"<table><tr><th>STATE<th>AGENCY<th>MOA{row * 600}</table>")).tables
    assert table.rows == [["STATE", "AGENCY", "MOA"], *[["TEXAS", "Smith County Sheriff’s Office", "link"]] * 600]
    assert table.links == {(number, 3): "https://www.ice.gov/moa.pdf" for number in range(2, 602)}


def test_paragraphs_and_items_without_end_tags_do_not_nest() -> None:
    reading = read(html("<p>word" * 600 + "<ul>" + f"<li>{anchor('/a', 'x')}" * 600 + "</ul>"))
    assert reading.text.split().count("word") == len(reading.links) == 600


def test_a_link_that_is_not_ended_ends_where_the_next_begins() -> None:
    first, second = read(html('<a href="/a.xlsx">Participating Agencies <p><a href="/b.xlsx">Pending Agencies</a>')).links
    assert (first.text, second.text) == ("Participating Agencies", "Pending Agencies")


def test_a_link_that_is_not_ended_takes_no_table_with_it() -> None:
    row = f"<tr><td>TEXAS</td><td>{anchor('/moa.pdf')}</td></tr>"
    (table,) = read(html(f'<a href="/a.xlsx">List<table>{row * 2}</table>')).tables
    assert (table.rows, len(table.links)) == ([["TEXAS", "link"]] * 2, 2)


@pytest.mark.parametrize("nest", ["<div>", "<table><tr><td>", "<b>", "<ul><li>"])
def test_a_page_of_nothing_but_nests_is_refused(nest: str) -> None:
    reading = page.read(html(nest * 5_000), URL)
    assert isinstance(reading, Unreadable)
    assert reading.outcome == "not_a_page"


def test_a_page_of_nothing_but_entities_is_refused() -> None:
    reading = page.read(html("&" * 80_001), URL)
    assert isinstance(reading, Unreadable)
    assert reading.outcome == "too_large"
