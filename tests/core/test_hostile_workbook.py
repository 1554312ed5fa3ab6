"""A workbook made to harm: however it writes its far cells, the process that reads it lives."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.core.test_workbook import PART, READ_UNDER_LIMIT, read, with_cell

FAR_ROW = '<row r="1048576">{}</row>'
FAR = with_cell(FAR_ROW.format('<c r="XFD1048576"><v>1</v></c>'))


def moved(body: bytes, path: str) -> bytes:
    """`body` with its sheet under another path of the archive; every reference to it follows."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith((".rels", "[Content_Types].xml")):
                data = data.replace(b"worksheets/sheet1.xml", path.removeprefix("xl/").encode())
            new.writestr(path if name == PART else name, data)
    return out.getvalue()


def outcome(body: bytes, folder: Path) -> str:
    """What a process with one gigabyte says of the workbook; fails the test where it dies of it."""
    path = folder / "list.xlsx"
    path.write_bytes(body)
    program = READ_UNDER_LIMIT.replace("workbook.read(", "found = workbook.read(") + "print(getattr(found, 'outcome', 'read'))"
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, "the daemon would die at every poll, with no outcome recorded"
    return ended.stdout.strip()


@pytest.mark.parametrize("path", ["xl/worksheets/sheet1.xml", "xl/other/list.xml", "xl/worksheets/sheet1.dat"])
def test_a_sheet_may_stand_anywhere_in_the_archive(path: str) -> None:
    (found,) = read(moved(with_cell(""), path))
    assert found.rows[1][0] == "TEXAS"


WAYS = {
    "plainly": FAR,
    "on a new line": with_cell(FAR_ROW.format('<c\nr="XFD1048576"><v>1</v></c>')),
    "in single quotes": with_cell(FAR_ROW.format("<c r='XFD1048576'><v>1</v></c>")),
    "behind other attributes": with_cell(FAR_ROW.format('<c s="0" t="n" r="XFD1048576"><v>1</v></c>')),
}
UNSEEN_WAYS = {
    "with blanks around the equals sign": with_cell(FAR_ROW.format('<c r = "XFD1048576"><v>1</v></c>')),
    "behind a greater-than sign": with_cell(FAR_ROW.format('<c x=">" r="XFD1048576"><v>1</v></c>')),
    "in small letters": with_cell(FAR_ROW.format('<c r="xfd1048576"><v>1</v></c>')),
    "by counting up to it": with_cell(FAR_ROW.format("<c/>" * 16_383 + "<c><v>1</v></c>")),
    "in another folder": moved(FAR, "xl/other/list.xml"),
    "in a part of another ending": moved(FAR, "xl/worksheets/sheet1.dat"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_cell_in_the_last_corner_is_refused(way: str, tmp_path: Path) -> None:
    assert outcome(WAYS[way], tmp_path) == "too_large"


@pytest.mark.parametrize("way", UNSEEN_WAYS)
def test_a_cell_in_the_last_corner_is_refused_however_it_is_written(way: str, tmp_path: Path) -> None:
    assert outcome(UNSEEN_WAYS[way], tmp_path) != "read"
