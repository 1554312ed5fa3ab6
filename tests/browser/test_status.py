"""How long ago a moment was, and the status page that asks how things stand; with a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Site, visiting

NOON = "2026-03-01T12:00:00Z"


@pytest.fixture
def page(browser: Browser, ages: Site) -> Iterator[Page]:
    """A page whose clock says noon."""
    with visiting(browser, ages.base) as visit:
        visit.page.clock.install(time=NOON)
        yield visit.page


@pytest.mark.parametrize(
    ("kind", "now", "later"), [("home", "12 minutes ago", "13 minutes ago"), ("es:home", "hace 12 minutos", "hace 13 minutos")]
)
def test_a_moment_is_told_as_its_age_and_keeps_its_words_as_a_title(
    page: Page, ages: Site, kind: str, now: str, later: str
) -> None:
    page.goto(ages.url(kind))
    time = page.locator("time.ago")
    expect(time).to_have_text(now)
    expect(time).to_have_attribute("title", "March 1, 2026, 11:48 UTC")
    page.clock.fast_forward("01:00")
    expect(time).to_have_text(later)
    expect(time).to_have_attribute("title", "March 1, 2026, 11:48 UTC")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-03-01T12:00:30Z", "now"),
        ("2026-03-01T11:59:30Z", "1 minute ago"),
        ("2026-03-01T11:01:30Z", "59 minutes ago"),
        ("2026-03-01T11:00:30Z", "1 hour ago"),
        ("2026-02-27T12:01:30Z", "47 hours ago"),
        ("2026-02-27T12:00:30Z", "2 days ago"),
        ("2026-03-01T12:09:00Z", "now"),  # the reader's clock is slow
        ("not a moment", "in words"),
    ],
)
def test_an_age_is_in_the_unit_that_fits(page: Page, ages: Site, moment: str, words: str) -> None:
    page.goto(ages.url("home"))
    page.evaluate("(m) => { const t = document.querySelector('time.ago'); t.dateTime = m; t.textContent = 'in words'; }", moment)
    page.clock.run_for(60_000)  # the next telling is a minute on
    expect(page.locator("time.ago")).to_have_text(words)


def test_the_status_page_asks_at_once_and_each_minute(page: Page, ages: Site) -> None:
    polls = iter(range(2, 9))

    def answer(route: Route) -> None:
        number = next(polls)
        route.fulfill(
            body=json.dumps({"last_poll_at": f"2026-03-01T12:0{number - 2}:00Z", "outcome": "ok", "polls": number * 1_000})
        )

    page.route("**/status.json", answer)
    page.goto(ages.url("status"))
    expect(page.locator("[data-field=polls]")).to_have_text("2,000")
    expect(page.locator("[data-field=outcome]")).to_have_text("All is well")
    expect(page.locator("time.ago")).to_have_text("now")
    expect(page.locator("time.ago")).to_have_attribute("title", "March 1, 2026 at 12:00 PM UTC")
    page.clock.fast_forward("01:00")
    expect(page.locator("[data-field=polls]")).to_have_text("3,000")


@pytest.mark.parametrize("body", ["", "not JSON", "null", "[]", "{}", '{"polls": null}'])
def test_an_answer_that_says_nothing_leaves_the_page_as_it_is(page: Page, ages: Site, body: str) -> None:
    page.route("**/status.json", lambda route: route.fulfill(body=body))
    with page.expect_response("**/status.json"):
        page.goto(ages.url("status"))
    page.clock.fast_forward("01:00")
    expect(page.locator("[data-field=polls]")).to_have_text("1")
    expect(page.locator("time.ago")).to_have_text("13 minutes ago")


def test_words_of_the_answer_are_never_markup(page: Page, ages: Site) -> None:
    page.route("**/status.json", lambda route: route.fulfill(body=json.dumps({"outcome": "<img src=x onerror=alert(1)>"})))
    page.goto(ages.url("status"))
    expect(page.locator("[data-field=outcome]")).to_have_text("<img src=x onerror=alert(1)>")
    assert page.locator("main img").count() == 0


def test_without_a_server_nothing_is_asked(browser: Browser, ages: Site) -> None:
    with visiting(browser, ages.base) as visit:
        visit.page.goto((ages.folder / "status.html").as_uri())
        expect(visit.page.locator("time.ago")).to_have_attribute("title", "March 1, 2026, 11:48 UTC")
        expect(visit.page.locator("[data-field=polls]")).to_have_text("1")
