"""The README's commands and its configuration, as a reader would try them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor import demo, notifiers
from monitor.cli import cli
from monitor.config import load

README = Path(__file__).parents[1] / "README.md"
COMMANDS = re.findall(r"^\$ monitor287g (.+)$", README.read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def played() -> Path:
    """The state directory of the demonstration."""
    return demo.play(lambda line: None)


def test_it_stays_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 150


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command: str, played: Path) -> None:
    result = CliRunner().invoke(cli, ["--state", str(played), *shlex.split(command)], prog_name="monitor287g")
    assert result.exit_code == 0, result.output


def test_the_channels_of_the_readme_are_right(tmp_path: Path) -> None:
    block = next(b for b in re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), re.DOTALL) if b.startswith("channels:"))
    path = tmp_path / "config.yaml"
    path.write_text(block)
    environment = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x", "SMTP_PASSWORD": "x"}
    settings = load(path, environment, notifiers.check).settings
    assert [channel.name for channel in settings.channels] == ["newsroom", "texas-desk"]


def test_the_files_it_points_to_are_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
