"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from monitor.store import Store
from tests.support.archive import ARCHIVE, filled
from tests.support.line import Line, line
from tests.support.site import Site, serving


@pytest.fixture(scope="session")
def whole_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with the whole archive of real publications in it, for tests that read it and are skipped without the archive."""
    folder = tmp_path_factory.mktemp("archive")
    store = Store.open(folder / "monitor.db")
    try:
        filled(store, ARCHIVE, folder / "documents")
    finally:
        store.close()
    return folder


@pytest.fixture
def site() -> Iterator[Site]:
    """A stand-in for ICE's site."""
    with serving() as one:
        yield one


@pytest.fixture
def watch(site: Site, tmp_path: Path) -> Iterator[Line]:
    """The line from `site` to a fresh state directory, no channel."""
    with line(site, tmp_path / "state") as one:
        yield one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed goes from one process to another, which takes no halves of surrogate pairs."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report
