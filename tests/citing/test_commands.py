"""evidence list and show: finding a document by its hash, its beginning or its name."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.store import Commit, Document
from tests.support.line import Line

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "evidence.md"
Run = Callable[..., Result]


@pytest.fixture
def run(record: Line) -> Run:
    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--state", str(record.state.path), "evidence", *arguments], prog_name="monitor287g")

    return command


def listed(run: Run, *options: str) -> list[Any]:
    found: list[Any] = json.loads(run("list", "--json", *options).stdout)
    return found


def test_every_document_is_listed_with_when_it_was_seen(run: Run) -> None:
    kinds = [one["kind"] for one in listed(run)]
    assert sorted(kinds) == ["page"] * 4 + ["participating list"] * 4 + ["pending list"]
    text = run("list")
    assert text.exit_code == 0
    assert "second.xlsx" in text.stdout
    assert "/identify-and-arrest/287g" in text.stdout
    assert "9 documents" in text.stderr


def test_a_time_can_be_chosen(run: Run) -> None:
    assert len(listed(run, "--until", "2025-05-29T20:00:00Z")) == 3
    assert {one["sightings"][0]["name"] for one in listed(run, "--since", "2025-05-31")} == {"third.xlsx", "287g"}


def test_a_document_of_which_no_sighting_is_known_says_so(run: Run, record: Line) -> None:
    digest = record.evidence.keep(b"<html>old</html>")
    record.store.commit(Commit(record.now, documents=[Document(digest, 16)]))
    assert "not recorded" in run("list").stdout
    assert "when and where it was seen was not recorded" in run("show", digest).stdout


def test_a_document_is_found_by_its_hash_its_beginning_or_its_name(run: Run) -> None:
    digest = next(one["sha256"] for one in listed(run) if one["sightings"][0]["name"] == "wrong.xlsx")
    for asked in (digest, digest[:8], digest[:8].upper(), "wrong.xlsx", "WRONG.xlsx"):
        result = run("show", asked)
        assert result.exit_code == 0, result.output
        assert f"SHA-256   {digest}" in result.stdout
    assert "superseded: " in result.stdout
    assert "last-modified: " in result.stdout
    said = json.loads(run("show", digest[:8], "--json").stdout)
    assert said["sha256"] == digest
    assert said["path"].endswith(f"{digest}.xlsx")
    assert said["publications"][0]["status"] == "superseded"


def test_what_a_document_told_is_counted_without_the_bookkeeping(run: Run) -> None:
    for name, told, noted in (("participatingAgencies05292025am.xlsx", 0, 3), ("second.xlsx", 11, 0)):
        assert f"accepted; {told} events told, {noted} of bookkeeping" in run("show", name).stdout
        (publication,) = json.loads(run("show", name, "--json").stdout)["publications"]
        assert (publication["told"], publication["bookkeeping"]) == (told, noted)


def test_what_may_be_several_is_listed_and_what_is_none_is_said(run: Run) -> None:
    result = run("show", "287g")
    assert result.exit_code == 2
    assert "4 documents may be meant by '287g'" in result.stderr
    assert result.stderr.count("  page  287g") == 4
    result = run("show", "nothing.xlsx")
    assert result.exit_code == 2
    assert "no document is named 'nothing.xlsx'" in result.stderr


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_the_shell_lines_of_the_documentation_follow_the_chain(record: Line, tmp_path: Path) -> None:
    script = next(b for b in re.findall(r"```sh\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL) if b.startswith("link="))
    command = tmp_path / "monitor287g"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m monitor --state {record.state.path} "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script], cwd=DOCUMENTATION.parents[1], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == record.store.head()[1]


def test_the_commands_of_the_documentation_are_there(run: Run) -> None:
    commands = set(re.findall(r"^monitor287g evidence (\w+)", DOCUMENTATION.read_text("utf-8"), re.MULTILINE))
    assert commands == {"list", "show", "verify", "export", "stamp"}
    assert all(f"  {command} " in run("--help").stdout for command in commands)
