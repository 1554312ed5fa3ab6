"""History in parts, in any order, twice, or stopped in the middle: the log of one go, or a reason why not."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backfill.conftest import Run
from tests.support.archive import put
from tests.support.pages import doclib
from tests.support.rows import rows_of
from tests.support.sheets import pending_sheet, row, sheet

PLACES = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall")


def history() -> dict[str, bytes]:
    """Eight days: a page each day that links both lists, which grow by turns; some files are torn, some the same again."""
    files: dict[str, bytes] = {}
    for day, place in enumerate(PLACES, 1):
        rows = [row("TEXAS", f"{name} County Sheriff's Office") for name in PLACES[:day]]
        waiting = pending_sheet([row("TEXAS", f"{name} County Sheriff's Office") for name in PLACES[day - 1 :]])
        stamp = f"202506{day:02d}150000"
        files[f"{stamp}/287g.html"] = doclib(f"participating{place}.xlsx", f"pending{place}.xlsx")
        files[f"{stamp}/participating{place}.xlsx"] = b"PK torn" if day == 3 else sheet(rows)
        files[f"{stamp}/pending{place}.xlsx"] = waiting
        files[f"202506{day:02d}180000/participatingAgain.xlsx"] = sheet(rows)
    return files


FILES = history()


@pytest.fixture
def in_one_go(run: Run, archive: Path, tmp_path: Path) -> dict[str, list[str]]:
    put(archive, FILES)
    assert run("backfill", str(archive), state=tmp_path / "one go").exit_code == 1  # of a torn file
    return rows_of(tmp_path / "one go" / "monitor.db")


def part(archive: Path, folder: Path, chosen: set[str]) -> Path:
    """A folder with those of the archive's files."""
    for name in chosen:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive / name, folder / name)
    return folder


def test_twice_into_new_directories_gives_the_same_tables(
    run: Run, archive: Path, tmp_path: Path, in_one_go: dict[str, list[str]]
) -> None:
    run("backfill", str(archive), state=tmp_path / "again")
    assert rows_of(tmp_path / "again" / "monitor.db") == in_one_go
    assert len(in_one_go["events"]) > 20
    assert len(in_one_go["sightings"]) > 20


def test_twice_into_one_directory_changes_nothing(
    run: Run, archive: Path, tmp_path: Path, in_one_go: dict[str, list[str]]
) -> None:
    result = run("backfill", str(archive), "--json", state=tmp_path / "one go")
    assert rows_of(tmp_path / "one go" / "monitor.db") == in_one_go
    assert "taken" not in json.loads(result.stdout)["outcomes"]


@pytest.mark.parametrize("days", [1, 4, 7])
def test_in_two_parts_one_after_the_other(
    run: Run, archive: Path, tmp_path: Path, in_one_go: dict[str, list[str]], days: int
) -> None:
    first = {name for name in FILES if int(name[6:8]) <= days}
    for number, chosen in enumerate((first, {*FILES} - first)):
        run("backfill", str(part(archive, tmp_path / str(number), chosen)), state=tmp_path / "parts")
    assert rows_of(tmp_path / "parts" / "monitor.db") == in_one_go


@pytest.mark.parametrize("seed", range(6))
def test_in_any_parts_in_any_order_it_is_the_same_log_or_a_refusal(
    run: Run, archive: Path, tmp_path: Path, in_one_go: dict[str, list[str]], seed: int
) -> None:
    chance = random.Random(seed)
    parts: list[set[str]] = [set(), set(), set()]
    for name in sorted(FILES):
        parts[chance.randrange(3)].add(name)
    state, refused = tmp_path / "parts", []
    for number, chosen in enumerate(parts):
        before = rows_of(state / "monitor.db") if number else {}
        result = run("backfill", str(part(archive, tmp_path / str(number), chosen)), state=state)
        if "nothing was changed" in result.stderr:
            refused.append(number)
            assert result.exit_code == 1
            assert rows_of(state / "monitor.db") == before
    assert refused or rows_of(state / "monitor.db") == in_one_go


def test_an_older_part_is_refused_with_the_reason_and_what_to_do(run: Run, archive: Path, tmp_path: Path) -> None:
    put(archive, {"2025-06-02.xlsx": sheet([row()])})
    run("backfill", str(archive))
    older = tmp_path / "older"
    put(older, {"2025-06-01.xlsx": sheet([row("OHIO")]), "2025-06-03.xlsx": sheet([row("UTAH")])})
    before = rows_of(tmp_path / "state" / "monitor.db")
    result = run("backfill", str(older))
    assert result.exit_code == 1
    assert "2025-06-01.xlsx: published 2025-06-01T12:00:00Z, but the log already reaches 2025-06-02T12:00:00Z" in result.stderr
    assert "start with an empty state directory" in result.stderr
    assert rows_of(tmp_path / "state" / "monitor.db") == before


def test_what_was_mended_later_is_not_slipped_in(
    run: Run, archive: Path, tmp_path: Path, in_one_go: dict[str, list[str]]
) -> None:
    (archive / "20250603150000" / "participatingCass.xlsx").write_bytes(sheet([row("OHIO")]))
    result = run("backfill", str(archive), state=tmp_path / "one go")
    assert "nothing was changed" in result.stderr
    assert rows_of(tmp_path / "one go" / "monitor.db") == in_one_go


@pytest.mark.parametrize("commits", [1, 2, 3, 5, 8, 13, 21])
def test_a_backfill_that_was_killed_goes_on_where_it_was(
    archive: Path, tmp_path: Path, run: Run, in_one_go: dict[str, list[str]], commits: int
) -> None:
    state = tmp_path / "killed"
    script = (
        "import os, signal, sys\n"
        "from monitor.store import Store\n"
        "commit, left = Store.commit, [int(sys.argv.pop(1))]\n"
        "def count(self, given):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return commit(self, given)\n"
        "Store.commit = count\n"
        "from monitor.cli import main\n"
        "main()\n"
    )
    # The page that is watched is the one that saved pages are pages of.
    arguments = ["--config", str(tmp_path / "config.yaml"), "--state", str(state), "backfill", str(archive)]
    ended = subprocess.run([sys.executable, "-c", script, str(commits), *arguments], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    run("backfill", str(archive), state=state)
    assert rows_of(state / "monitor.db") == in_one_go
