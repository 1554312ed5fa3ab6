"""The hash chain: what it finds, and that anyone can follow it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from monitor.core.chain import ALTERED, MISSING, START, breaks, link

LINES = ("the first", 'the second, "quoted" \\ and ’curly’', "the third", "the fourth")


def chained(lines: tuple[str, ...]) -> list[tuple[int, str, str]]:
    entries, previous = [], START
    for number, line in enumerate(lines, 1):
        previous = link(previous, line)
        entries.append((number, line, previous))
    return entries


def test_what_was_only_added_to_has_no_break() -> None:
    assert [*breaks(chained(LINES))] == []
    assert [*breaks([])] == []


@pytest.mark.parametrize("number", range(1, len(LINES) + 1))
def test_one_altered_letter_is_found_where_it_is(number: int) -> None:
    entries = chained(LINES)
    _, line, stored = entries[number - 1]
    entries[number - 1] = (number, line.replace("e", "3", 1), stored)
    assert [*breaks(entries)] == [(number, ALTERED)]


def test_an_entry_altered_with_its_own_link_breaks_the_next() -> None:
    entries = chained(LINES)
    entries[1] = (2, "another", link(entries[0][2], "another"))
    assert [*breaks(entries)] == [(3, ALTERED)]


def test_every_entry_that_was_altered_is_found() -> None:
    entries = chained(LINES)
    for number in (1, 4):
        entries[number - 1] = (number, "another", entries[number - 1][2])
    assert [*breaks(entries)] == [(1, ALTERED), (4, ALTERED)]


def test_an_entry_that_was_dropped_or_renumbered_is_missing() -> None:
    entries = chained(LINES)
    assert [*breaks([*entries[:1], *entries[2:]])] == [(2, MISSING)]
    assert [*breaks([*entries[:1], *entries[3:]])] == [(2, MISSING)]
    assert [*breaks(entries[1:])] == [(1, MISSING)]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_the_shell_line_of_the_documentation_follows_it() -> None:
    previous, line = link(START, LINES[0]), LINES[1]
    script = 'printf "%s\\n%s" "$1" "$2" | sha256sum'
    said = subprocess.run(["sh", "-c", script, "sh", previous, line], capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == link(previous, line)
