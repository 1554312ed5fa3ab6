"""Small documents that unpack or spread to what no reader can hold are refused, and said why."""

from __future__ import annotations

import io
import zipfile

import pytest

from monitor.core import page, workbook
from monitor.core.sheet import Unreadable
from tests.core.test_workbook import PART, with_cell


def changed(body: bytes, part: str, content: bytes, extra: dict[str, bytes] | None = None) -> bytes:
    """A workbook whose `part` holds `content`, with more members beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return out.getvalue()


def part_of(body: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(part)


PLAIN = with_cell("")
SHEET = part_of(PLAIN, PART)
BOOK = part_of(PLAIN, "xl/workbook.xml")
ENTITIES = b"<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%b'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
OUTSIDE = b"<!DOCTYPE l [<!ENTITY j SYSTEM 'file:///etc/passwd'>"


def with_entities(part: bytes, declared: bytes) -> bytes:
    head, _, rest = part.rpartition(b"?>")
    return (
        head + (b"?>" if head else b"") + declared + b"]>" + rest.replace(b'name="', b'name="&j;', 1).replace(b"TEXAS", b"&j;", 1)
    )


def many_rows(count: int) -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, count + 1))
    return (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + rows
        + b"</sheetData></worksheet>"
    )


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (changed(PLAIN, "", b"", {"xl/a.bin": bytes(8 << 20)}), "zip_bomb", "more than 100 times its size"),
        (changed(PLAIN, "", b"", {f"xl/{n}.bin": bytes(4 << 20) for n in range(17)}), "zip_bomb", "more than 64 MB"),
        (changed(PLAIN, "", b"", {f"xl/{n}": b"" for n in range(2_001)}), "zip_bomb", "files"),
        (changed(PLAIN, PART, many_rows(100_101)), "too_large", "100,101 rows"),
    ],
    ids=["ratio", "total", "members", "rows"],
)
def test_what_is_too_much_is_refused_before_it_is_read(body: bytes, outcome: str, reason: str) -> None:
    found = workbook.read(body)
    assert isinstance(found, Unreadable)
    assert found.outcome == outcome
    assert reason in found.detail


def test_an_archive_inside_an_archive_stays_packed() -> None:
    inner = changed(PLAIN, "", b"", {"xl/a.bin": bytes(32 << 20)})
    assert workbook.read(changed(PLAIN, "", b"", {"xl/inner.xlsx": inner})) == workbook.read(PLAIN)


@pytest.mark.parametrize("declared", [ENTITIES, OUTSIDE], ids=["multiplying", "of a file"])
@pytest.mark.parametrize(("part", "content"), [(PART, SHEET), ("xl/workbook.xml", BOOK)], ids=["sheet", "workbook"])
def test_entities_are_not_resolved(part: str, content: bytes, declared: bytes) -> None:
    found = workbook.read(changed(PLAIN, part, with_entities(content, declared)))
    assert isinstance(found, Unreadable)
    assert found.outcome == "not_a_workbook"


@pytest.mark.parametrize(
    "tags", [b"<div>" * 100_000 + b"</div>" * 100_000, b"<a href='/x.xlsx'>x</a>" * 100_000], ids=["deep", "links"]
)
def test_a_page_of_too_many_tags_is_refused(tags: bytes) -> None:
    found = page.read(b"<html><body>" + tags + b"</body></html>", "https://www.ice.gov/p")
    assert isinstance(found, Unreadable)
    assert found.outcome == "too_large"


def test_a_page_of_too_many_bytes_is_refused() -> None:
    found = page.read(b"<html><p>" + b"word " * (2 << 20) + b"</html>", "https://www.ice.gov/p")
    assert isinstance(found, Unreadable)
    assert found.outcome == "too_large"
