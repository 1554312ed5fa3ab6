"""The agreements page with its script, on a site of invented agreements: what a reader does there, and what it shows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from monitor.core.places import STATE_NAMES
from tests.browser.conftest import Site, visiting
from tests.browser.pages import ACCENTED, COLUMNS, FORMULAS, HOSTILE, QUOTED, SCRIPT, Agreement, agreements

ROWS = agreements()
ALL = "2,500 agreements"


def by_agency(rows: list[Agreement]) -> list[str]:
    """Names in the order of the page's language, which for these is that of letters and numbers in them."""
    return sorted(row.agency for row in rows)


@pytest.fixture
def page(browser: Browser, large: Site) -> Iterator[Page]:
    """The agreements page, just opened."""
    with visiting(browser, large.base) as visit:
        visit.page.goto(large.url("agreements"))
        yield visit.page


def count(page: Page) -> Any:
    return expect(page.locator("#count"))


def found(page: Page) -> Any:
    return page.locator("#found tbody tr")


def cells(page: Page, column: str) -> list[str]:
    """What the shown rows say in a column."""
    index = page.locator("#found thead th").evaluate_all(
        "(heads, name) => heads.findIndex((th) => th.dataset.column === name)", column
    )
    words: list[str] = page.locator("#found tbody tr").evaluate_all(
        "(rows, i) => rows.map((row) => row.cells[i].textContent)", index
    )
    return words


def select(page: Page, name: str, value: str) -> None:
    page.locator(f"select[name={name}]").select_option(value)


def search(page: Page, words: str) -> None:
    page.get_by_label("Search").fill(words)


def query(page: Page) -> str:
    return str(page.evaluate("location.search"))


def test_at_first_the_page_is_as_it_came_with_its_controls(page: Page) -> None:
    expect(page.locator("#controls")).to_be_visible()
    expect(page.locator("#all")).to_be_visible()
    expect(page.locator("#found")).to_be_hidden()
    count(page).to_have_text(ALL)


@pytest.mark.parametrize("words", ["doña ana", "DONA ANA", "office sheriff's ana", "  dona   new mexico "])
def test_search_heeds_neither_case_nor_accents_nor_the_order_of_words(page: Page, words: str) -> None:
    search(page, words)
    count(page).to_have_text("1 agreement found, of 2,500")
    expect(found(page)).to_have_count(1)
    assert cells(page, "agency") == [ACCENTED]
    expect(page.locator("#all")).to_be_hidden()


def test_search_finds_by_county_and_by_state(page: Page) -> None:
    search(page, "teton")
    count(page).to_have_text(f"{len(HOSTILE)} agreements found, of 2,500")
    search(page, "texas smith")
    expected = [row for row in ROWS if row.state == "TX" and row.county == "Smith County"]
    count(page).to_have_text(f"{len(expected)} agreements found, of 2,500")
    assert set(cells(page, "state")) == {"Texas"}


def test_search_that_finds_nothing_says_so(page: Page) -> None:
    search(page, "nobody of that name")
    count(page).to_have_text("0 agreements found, of 2,500")
    expect(page.locator("#found table")).to_be_hidden()
    expect(page.locator("#found > button")).to_be_hidden()


@pytest.mark.parametrize(("name", "value"), [("state", "TX"), ("model", "WSO"), ("kind", "police")])
def test_each_filter_leaves_what_fits(page: Page, name: str, value: str) -> None:
    expected = [row for row in ROWS if getattr(row, name) == value]
    select(page, name, value)
    count(page).to_have_text(f"{len(expected)} agreements found, of 2,500")
    expect(found(page)).to_have_count(min(100, len(expected)))


def test_filters_and_search_go_together(page: Page) -> None:
    select(page, "state", "TX")
    select(page, "model", "TFM")
    search(page, "police")
    expected = [row for row in ROWS if (row.state, row.model) == ("TX", "TFM") and "Police" in row.agency]
    assert expected
    count(page).to_have_text(f"{len(expected)} agreement{'s' * (len(expected) != 1)} found, of 2,500")
    assert sorted(cells(page, "agency")) == by_agency(expected)


def test_the_one_table_says_the_state_of_each_row_and_links_on(page: Page) -> None:
    select(page, "state", "TX")
    row = found(page).first
    expect(row.get_by_role("link", name="Texas")).to_have_attribute("href", "states/tx.html")
    expect(row.get_by_role("link").first).to_have_attribute("href", re.compile(r"^agencies/a-\d+\.html$"))


def test_sorting_both_ways_by_keyboard(page: Page) -> None:
    select(page, "state", "TX")
    head = page.locator('#found th[data-column="signed"]')
    expect(page.locator('#found th[data-column="agency"]')).to_have_attribute("aria-sort", "ascending")
    expected = [row for row in ROWS if row.state == "TX"]
    days = sorted(str(row.signed) for row in expected if row.signed)
    head.get_by_role("button").focus()
    for key, direction, order in (("Enter", "ascending", days), ("Space", "descending", days[::-1])):
        page.keyboard.press(key)
        expect(head).to_have_attribute("aria-sort", direction)
        expect(page.locator("#found th[aria-sort]")).to_have_count(1)
        expect(head.get_by_role("button")).to_be_focused()
        shown = found(page).evaluate_all("(rows) => rows.map((row) => row.cells[5].dataset.sort)")
        assert [day for day in shown if day] == order
        assert not any(shown[len(order) :]), "a day that is not known comes last either way"


def test_what_is_equal_stays_by_agency(page: Page) -> None:
    select(page, "state", "TX")
    names = cells(page, "agency")
    for _ in range(2):
        page.locator("#found th[data-column=model] button").click()
        for model in ("Jail Enforcement Model", "Warrant Service Officer"):
            own = [name for name, said in zip(cells(page, "agency"), cells(page, "model"), strict=True) if said == model]
            assert own == [name for name in names if name in own]


def test_the_whole_list_can_be_put_in_one_order(page: Page) -> None:
    select(page, "sort", "signed")
    count(page).to_have_text("2,500 agreements found, of 2,500")
    newest = max(row.signed for row in ROWS if row.signed)
    assert cells(page, "signed")[0] == f"{newest:%b} {newest.day}, {newest.year}"
    select(page, "sort", "")
    expect(page.locator("#all")).to_be_visible()
    expect(page.locator("#found")).to_be_hidden()


def test_more_is_shown_in_steps_and_the_focus_goes_to_the_first_new_row(page: Page) -> None:
    search(page, "office")
    matching = len([row for row in ROWS if "Office" in row.agency])
    expect(found(page)).to_have_count(100)
    more = page.locator("#found > button")
    expect(more).to_have_text("Show 100 more")
    more.focus()
    page.keyboard.press("Enter")
    expect(found(page)).to_have_count(200)
    expect(found(page).nth(100)).to_be_focused()
    while more.is_visible():
        more.click()
    expect(found(page)).to_have_count(matching)


def test_columns_are_chosen_and_remembered(page: Page) -> None:
    page.get_by_label("County").uncheck()
    expect(page.locator("#tx th[data-column=county]")).to_be_hidden()
    select(page, "state", "TX")
    expect(page.locator("#found th[data-column=county]")).to_be_hidden()
    expect(found(page).first.locator("td").nth(3)).to_be_hidden()
    page.get_by_role("checkbox", name="State").uncheck()
    expect(page.locator("#found th[data-column=state]")).to_be_hidden()
    page.goto(page.url.split("?")[0])
    expect(page.get_by_label("County")).not_to_be_checked()
    expect(page.locator("#tx th[data-column=county]")).to_be_hidden()
    expect(page.locator("#tx tbody tr").first.locator("td").nth(2)).to_be_hidden()
    expect(page.locator("#tx tbody tr").first.locator("td").nth(1)).to_be_visible()
    page.get_by_label("County").check()
    expect(page.locator("#tx th[data-column=county]")).to_be_visible()


@pytest.mark.parametrize("memory", ["nonsense", "{}", "3", "null"])
def test_a_spoilt_memory_of_columns_does_no_harm(page: Page, memory: str) -> None:
    page.evaluate("(memory) => localStorage.setItem('hidden-columns', memory)", memory)
    page.reload()
    count(page).to_have_text(ALL)
    expect(page.locator("#tx th[data-column=county]")).to_be_visible()


def test_clear_brings_the_page_back_and_keeps_the_columns(page: Page) -> None:
    page.get_by_label("County").uncheck()
    search(page, "sheriff")
    select(page, "state", "TX")
    page.locator("#found th[data-column=signed] button").click()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#all")).to_be_visible()
    expect(page.locator("#found")).to_be_hidden()
    expect(page.get_by_label("Search")).to_have_value("")
    expect(page.get_by_label("County")).not_to_be_checked()
    count(page).to_have_text(ALL)
    assert query(page) == ""


def saved(page: Page) -> tuple[str, str]:
    """(name, text) of the file that the button gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download these as CSV").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes().decode("utf-8")


def test_the_download_holds_what_was_found_in_the_columns_chosen(page: Page) -> None:
    search(page, "teton")
    count(page).to_have_text(f"{len(HOSTILE)} agreements found, of 2,500")
    page.get_by_role("checkbox", name="Kind").uncheck()
    name, text = saved(page)
    assert name == "agreements.csv"
    assert text.startswith("\ufeff"), "Excel would not read it as UTF-8"
    assert text.count("\r\n") == len(HOSTILE) + 1 and text.count("\n") == text.count("\r\n")
    heads, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert heads == ["Agency", "State", *[words for name, words in COLUMNS.items() if name not in ("agency", "kind")]]
    names = {line[0] for line in lines}
    assert {SCRIPT, QUOTED} < names
    assert {f"'{formula}" for formula in FORMULAS} < names, "a spreadsheet would take a name for a formula"
    own = next(row for row in ROWS if row.agency == QUOTED)
    line = next(line for line in lines if line[0] == QUOTED)
    assert line[1:3] == ["Wyoming", "Teton County"]
    assert line[4:] == [str(own.signed), str(own.seen), f"https://www.ice.gov/{own.number}.pdf"]


def test_the_download_is_of_all_rows_found_not_of_those_shown(page: Page) -> None:
    _, text = saved(page)
    assert len(list(csv.reader(io.StringIO(text, newline="")))) == 2_501
    select(page, "model", "TFM")
    page.locator("#found th[data-column=signed] button").click()
    _, text = saved(page)
    lines = list(csv.reader(io.StringIO(text, newline="")))[1:]
    expected = [row for row in ROWS if row.model == "TFM"]
    assert len(lines) == len(expected)
    days = [line[5] for line in lines]
    assert days[: len([row for row in expected if row.signed])] == sorted(str(row.signed) for row in expected if row.signed)


def test_a_view_has_an_address_that_brings_it_back(page: Page) -> None:
    search(page, "dona")
    count(page).to_have_text("1 agreement found, of 2,500")
    search(page, "office")
    select(page, "state", "TX")
    select(page, "model", "TFM")
    page.locator("#found th[data-column=signed] button").click()
    page.locator("#found th[data-column=signed] button").click()
    assert query(page) == "?q=office&state=TX&model=TFM&sort=signed&dir=desc"
    before, said = cells(page, "agency"), page.locator("#count").inner_text()
    page.reload()
    count(page).to_have_text(said)
    assert cells(page, "agency") == before
    expect(page.get_by_label("Search")).to_have_value("office")
    expect(page.locator("select[name=state]")).to_have_value("TX")
    expect(page.locator("select[name=sort]")).to_have_value("signed")
    found(page).first.get_by_role("link").first.click()
    page.wait_for_url("**/agencies/*")
    page.go_back()
    count(page).to_have_text(said)
    assert cells(page, "agency") == before
    page.go_forward()
    page.wait_for_url("**/agencies/*")


def test_typing_leaves_no_trail_of_steps_back(page: Page) -> None:
    before = page.evaluate("history.length")
    search(page, "office")
    count(page).not_to_have_text(ALL)
    select(page, "state", "TX")
    assert page.evaluate("history.length") == before


@pytest.mark.parametrize("asked", ["?state=XX", "?sort=nothing&dir=desc", "?dir=desc", "?q=", "?q=%20&model=%3Cscript%3E"])
def test_an_address_that_asks_for_nothing_known_shows_the_page(page: Page, asked: str) -> None:
    page.goto(page.url + asked)
    count(page).to_have_text(ALL)
    expect(page.locator("#all")).to_be_visible()


def test_enter_in_the_search_does_not_leave_the_page(page: Page) -> None:
    search(page, "dona ana")
    page.keyboard.press("Enter")
    count(page).to_have_text("1 agreement found, of 2,500")
    assert query(page) == "?q=dona+ana"


def test_cells_that_mean_harm_stay_words(page: Page) -> None:
    search(page, "teton")
    count(page).to_have_text(f"{len(HOSTILE)} agreements found, of 2,500")
    assert set(cells(page, "agency")) == set(HOSTILE)
    assert page.locator("#found script, #found img").count() == 0
    search(page, "<script>alert('script')</script>")
    count(page).to_have_text("1 agreement found, of 2,500")


def test_everything_is_reached_by_keyboard_with_a_focus_that_shows(page: Page) -> None:
    select(page, "state", "TX")
    page.evaluate("document.activeElement.blur()")
    wanted = {
        *{"q", "state", "model", "kind", "sort", "column", "reset", "download", "scroll", "more"},
        *{f"by {name}" for name in (*COLUMNS, "state")},
    }
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => {
                const node = document.activeElement, style = getComputedStyle(node), head = node.closest("th");
                const name = head ? `by ${head.dataset.column}` : node.name || node.className
                    || (node.matches("#found > button") ? "more" : node.type);
                return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
            }"""
        )
        assert outline, f"the focus on {name} cannot be seen"
        seen.append(name)
    assert [name for name in wanted - set(seen) if name != "more"] == []
    page.locator("#found tbody tr").last.get_by_role("link").last.focus()
    if page.locator("#found > button").is_visible():
        page.keyboard.press("Tab")
        expect(page.locator("#found > button")).to_be_focused()


def test_a_click_right_after_typing_is_not_lost(page: Page) -> None:
    search(page, "dona ana")
    count(page).to_have_text("1 agreement found, of 2,500")
    found(page).first.get_by_role("link").first.click()
    page.wait_for_url("**/agencies/*")


def test_in_spanish_all_words_are_spanish(browser: Browser, large: Site) -> None:
    with visiting(browser, large.base, locale="es-ES") as visit:
        page = visit.page
        page.goto(large.url("es:agreements") + "?model=TFM")
        total = len([row for row in ROWS if row.model == "TFM"])
        count(page).to_have_text(f"{total} acuerdos encontrados, de 2,500")
        expect(page.locator("#found > button")).to_have_text("Mostrar 100 más")
        expect(page.locator("#found th").nth(1)).to_have_text("Estado")


def test_it_works_from_a_folder_without_a_server(browser: Browser, large: Site) -> None:
    with visiting(browser, large.base) as visit:
        page = visit.page
        page.goto((large.folder / "agreements.html").as_uri())
        count(page).to_have_text(ALL)
        select(page, "state", "TX")
        expect(found(page).first).to_be_visible()
        assert query(page) == "?state=TX"
        page.get_by_label("County").uncheck()
        expect(page.locator("#found th[data-column=county]")).to_be_hidden()
        name, _ = saved(page)
        assert name == "agreements.csv"


def test_where_nothing_may_be_remembered_all_else_works(browser: Browser, large: Site) -> None:
    with visiting(browser, large.base) as visit:
        page = visit.page
        page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } })")
        page.goto(large.url("agreements"))
        page.get_by_label("County").uncheck()
        expect(page.locator("#tx th[data-column=county]")).to_be_hidden()
        select(page, "state", "TX")
        expect(found(page).first).to_be_visible()


def test_at_load_no_row_is_read(browser: Browser, large: Site) -> None:
    with visiting(browser, large.base) as visit:
        page = visit.page
        # `cells` is how the script reads a row, and how it would touch one.
        page.add_init_script(
            """const { get } = Object.getOwnPropertyDescriptor(HTMLTableRowElement.prototype, "cells"); window.reads = 0;
            Object.defineProperty(HTMLTableRowElement.prototype, "cells", { get() { window.reads += 1; return get.call(this); } });"""
        )
        page.goto(large.url("agreements"))
        count(page).to_have_text(ALL)
        assert page.evaluate("window.reads") < 10
        page.get_by_label("Search").focus()
        assert page.evaluate("window.reads") > 2_500


def test_states_are_those_of_the_large_rows() -> None:
    assert len({row.state for row in ROWS}) == 45 and all(row.state in STATE_NAMES for row in ROWS)
