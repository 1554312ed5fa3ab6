"""The archive of real publications, where it lies beside the project; tests of this folder are skipped where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archive import ARCHIVE
from tests.support.replay import Replay, replaying

MISSING = f"the archive of real publications is not there ({ARCHIVE})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not ARCHIVE.is_dir():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    """The stand-in at the archive's first step."""
    with replaying() as one:
        yield one
