"""An archive to fill and a store to fill from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.store import Store
from tests.support.process import write_config
from tests.support.site import Site

Run = Callable[..., Result]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    return folder


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return tmp_path / "state" / "documents"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.open(tmp_path / "state" / "monitor.db")
    yield one
    one.close()


@pytest.fixture
def run(site: Site, tmp_path: Path) -> Run:
    """The command, watching the stand-in, in a state directory of its own or in the one named."""
    config = write_config(tmp_path / "config.yaml", page=site.page_url, state=str(tmp_path / "state"))

    def command(*arguments: str, state: Path | None = None) -> Result:
        given: Sequence[str] = ("--state", str(state)) if state else ()
        return CliRunner().invoke(cli, ["--config", str(config), *given, *arguments], prog_name="monitor287g")

    return command
