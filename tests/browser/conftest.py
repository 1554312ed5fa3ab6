"""The pages that are looked at, and a browser that notes whatever it should not have to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser import pages
from tests.browser.serving import serving

# Where a built site keeps a page of each kind: the first file that fits.
PLACES = {
    "home": "index.html",
    "agreements": "agreements.html",
    "state": "states/*.html",
    "agency": "agencies/*.html",
    "publication": "publications/*.html",
    "pending": "pending.html",
    "changes": "changes.html",
    "month": "changes/*.html",
    "states": "states.html",
    "data": "data.html",
    "guard": "guard.html",
    "method": "method.html",
    "subscribe": "subscribe.html",
    "about": "about.html",
    "status": "status.html",
}
LANGUAGES = {"": "", "es:": "es/"}
KINDS = [f"{language}{kind}" for language in LANGUAGES for kind in PLACES]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--site", metavar="DIR", help="a built site to look at instead of one of invented agreements")


@dataclass(frozen=True)
class Site:
    """A site being served: its address, and a path for each kind of page (`agency`, `es:agency`)."""

    base: str
    paths: dict[str, str]
    folder: Path

    def url(self, kind: str) -> str:
        return urljoin(self.base, self.paths[kind])


def paths(folder: Path) -> dict[str, str]:
    """The pages of a built site, by kind; a kind that has none is a failure."""
    found = {}
    for language, root in LANGUAGES.items():
        for kind, pattern in PLACES.items():
            files = sorted((folder / root).glob(pattern))
            assert files, f"{folder} has no {root}{pattern}"
            found[f"{language}{kind}"] = files[0].relative_to(folder).as_posix()
    return found


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    with serving(folder) as base:
        yield Site(base, paths(folder), folder)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site built of invented agreements, whose names and numbers are known; twice as large as any list so far."""
    folder = tmp_path_factory.mktemp("large")
    pages.build(folder, pages.agreements())
    with served(folder) as site:
        yield site


@pytest.fixture(scope="session")
def ages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Pages with moments on them, for the script that tells their age."""
    folder = tmp_path_factory.mktemp("ages")
    pages.write_ages(folder)
    with serving(folder) as base:
        yield Site(base, {"home": "index.html", "es:home": "es/index.html", "status": "status.html"}, folder)


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site whose pages are looked at: the one that `--site` names, otherwise one of invented agreements, of the usual size."""
    built = request.config.getoption("--site")
    folder = Path(built).resolve() if built else tmp_path_factory.mktemp("site")
    if not built:
        pages.build(folder, pages.agreements(1_100))
    with served(folder) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's chromium."""
    found = shutil.which("chromium")
    assert found, "chromium is needed: make browser-tools installs it for root on Debian"
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-dev-shm-usage"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page in a context of its own, and all that went wrong there: errors, refusals, dialogs, requests to others."""

    page: Page
    wrongs: list[str] = field(default_factory=list)


Visitor = Callable[..., Visit]


@contextmanager
def visiting(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:
    with browser.new_context(**options) as context:
        context.set_default_timeout(15_000)
        visit = Visit(context.new_page())

        def guard(route: Route) -> None:
            visit.wrongs.append(f"asked {route.request.url}")
            route.abort()

        # Another host is noted and never reached.
        context.route(lambda url: not url.startswith((base, "blob:", "data:", "file:")), guard)
        page = visit.page
        page.on(
            "console", lambda said: visit.wrongs.append(f"console: {said.text}") if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: visit.wrongs.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (visit.wrongs.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        yield visit
        assert visit.wrongs == []


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visitor]:
    """Opens a page of the site by its kind; at the end nothing may have gone wrong there."""
    open_visits = []

    def opened(kind: str, query: str = "", **options: Any) -> Visit:
        one = visiting(browser, site.base, **options)
        found = one.__enter__()
        open_visits.append(one)
        found.page.goto(site.url(kind) + query)
        return found

    yield opened
    for one in open_visits:
        one.__exit__(None, None, None)
