"""Fixtures that every room's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.line import Line, line
from tests.support.site import Site, serving


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
