"""Every kind of page, in both languages, as readers come to it: without scripts, on small screens, in the dark, with axe's eyes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import KINDS, Site, Visitor

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@EVERY_KIND
def test_nothing_goes_wrong_at_load(visit: Visitor, kind: str) -> None:
    page = visit(kind).page
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").count() == 1


@EVERY_KIND
def test_no_page_is_wider_than_the_smallest_phone(visit: Visitor, kind: str) -> None:
    page = visit(kind, viewport=PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_was_found_is_no_wider_than_the_smallest_phone(visit: Visitor) -> None:
    page = visit("agreements", "?sort=signed", viewport=PHONE).page
    expect(page.locator("#found tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@EVERY_KIND
def test_without_scripts_every_page_says_all_it_has(visit: Visitor, site: Site, kind: str) -> None:
    page = visit(kind, java_script_enabled=False).page
    expect(page.locator("h1")).to_be_visible()
    for button in page.locator("button, input, select").all():
        expect(button).to_be_hidden()  # nothing offers itself that does not work
    expect(page.locator("time:empty")).to_have_count(0)


@pytest.mark.parametrize("kind", ["agreements", "es:agreements"])
def test_without_scripts_all_agreements_are_there(visit: Visitor, kind: str) -> None:
    with_script = visit(kind).page
    rows = with_script.locator("#all tbody tr").count()
    page = visit(kind, java_script_enabled=False).page
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator("#all tbody tr")).to_have_count(rows)
    page.locator("#all tbody tr").last.scroll_into_view_if_needed()
    expect(page.locator("#all tbody tr").last).to_be_visible()


@EVERY_KIND
def test_every_link_leads_to_a_file_of_the_site(visit: Visitor, site: Site, kind: str) -> None:
    page = visit(kind, java_script_enabled=False).page
    addresses = {
        urljoin(page.url, link)
        for link in page.locator("a[href]").evaluate_all("(links) => links.map((a) => a.getAttribute('href'))")
    }
    own = {urldefrag(address).url.split("?")[0].removeprefix(site.base) for address in addresses if address.startswith(site.base)}
    assert own
    assert sorted(path for path in own if not is_page(site.folder, path)) == []
    assert {urlparse(address).scheme for address in addresses} <= {"http", "https", "mailto", "feed"}


@cache
def is_page(folder: Path, path: str) -> bool:
    file = folder / path
    return (file / "index.html" if file.is_dir() else file).is_file()


@pytest.mark.parametrize("kind", ["home", "agreements", "status"])
def test_the_ground_is_dark_where_the_reader_wants_it_dark(visit: Visitor, kind: str) -> None:
    # The ground may be the body's or the root's, which shows through a body that has none.
    ground = """[document.body, document.documentElement].map((node) => getComputedStyle(node).backgroundColor)
        .map((colour) => colour.match(/[\\d.]+/g).map(Number))
        .find(([, , , opaque = 1]) => opaque).slice(0, 3).reduce((a, b) => a + b)"""
    assert visit(kind, color_scheme="light").page.evaluate(ground) > 600
    assert visit(kind, color_scheme="dark").page.evaluate(ground) < 165


def test_nothing_moves_where_the_reader_wants_no_motion(visit: Visitor) -> None:
    page = visit("agreements", reduced_motion="reduce").page
    page.locator("select[name=model]").select_option(index=1)
    expect(page.locator("#found tbody tr").first).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_the_controls_push_nothing_aside_when_they_come(visit: Visitor) -> None:
    page = visit("agreements").page
    after = page.locator("#all").bounding_box()
    page.evaluate("document.getElementById('controls').hidden = true")
    assert page.locator("#all").bounding_box() == after, "their room is not kept before the script runs"


@EVERY_KIND
@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("light", PHONE), ("dark", DESK), ("dark", PHONE)])
def test_axe_finds_nothing(visit: Visitor, kind: str, scheme: str, size: dict[str, int]) -> None:
    assert AXE.exists(), "axe-core is not installed: make test-browser"
    # The policy of the site would refuse axe, which is not of the site.
    page = visit(kind, color_scheme=scheme, viewport=size, bypass_csp=True).page
    assert axe(page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_was_found(visit: Visitor, scheme: str) -> None:
    page = visit("agreements", "?sort=signed", color_scheme=scheme, bypass_csp=True).page
    expect(page.locator("#found tbody tr").first).to_be_visible()
    assert axe(page) == {}


def axe(page: Page) -> dict[str, list[str]]:
    """Each rule that is broken, with the first elements that break it. All rules are asked, those of good practice too."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return {
        f"{one['id']}: {one['help']}": [json.dumps(node["html"])[:200] for node in one["nodes"][:3]]
        for one in found["violations"]
    }
