"""Workbooks to sheets: every cell and every link of what ICE publishes, and a named refusal of what is no workbook."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.hyperlink import Hyperlink

from monitor.core import workbook
from monitor.core.sheet import Sheet, Unreadable
from tests.core.history import MOA
from tests.support.sheets import PARTICIPATING, row, sheet
from tests.support.sheets import read as read_roster

PART = "xl/worksheets/sheet1.xml"
SMALL = sheet([row(moa=f"{MOA}smith.pdf")])
LINK = (2, PARTICIPATING.index("MOA") + 1)


def read(body: bytes) -> list[Sheet]:
    sheets = workbook.read(body)
    assert isinstance(sheets, list), sheets
    return sheets


def refused(body: bytes) -> Unreadable:
    found = workbook.read(body)
    assert isinstance(found, Unreadable), "the body is read as a workbook"
    return found


def rewritten(change: Callable[[bytes], bytes], part: str = PART, body: bytes = SMALL) -> bytes:
    """`body` with one part of the archive changed, its checksums right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            data = old.read(member)
            new.writestr(member.filename, change(data) if member.filename == part else data)
    return out.getvalue()


def with_cell(xml: str, body: bytes = SMALL) -> bytes:
    return rewritten(lambda data: data.replace(b"</sheetData>", f"{xml}</sheetData>".encode()), body=body)


# -- links -------------------------------------------------------------------------------------------------------------------------


def test_links_are_found_by_row_and_column() -> None:
    rows = [row(moa=f"{MOA}{i}.pdf", addendum=f"{MOA}{i}a.pdf") for i in range(3)]
    (found,) = read(sheet(rows))
    assert found.links == {
        **{(i + 2, 7): f"{MOA}{i}.pdf" for i in range(3)},
        **{(i + 2, 8): f"{MOA}{i}a.pdf" for i in range(3)},
    }


def test_links_follow_their_column_wherever_it_stands() -> None:
    columns = ("MOA", "SIGNED", "SUPPORT TYPE", "LAW ENFORCEMENT AGENCY", "STATE")
    (listing,) = read_roster(sheet([row(moa=f"{MOA}smith.pdf")], columns)).listings
    assert (listing.moa_url, listing.state, listing.model) == (f"{MOA}smith.pdf", "TX", "TFM")


def ranged(reference: str, rows: int = 3) -> bytes:
    """A list of `rows` rows whose MOA column has one hyperlink over the range `reference`."""
    book = openpyxl.load_workbook(io.BytesIO(sheet([row(moa_text="link") for _ in range(rows)])))
    page = book.active
    cell = page.cell(2, 7)
    cell.hyperlink = f"{MOA}all.pdf"
    assert isinstance(cell.hyperlink, Hyperlink)
    cell.hyperlink.ref = reference
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("reference", "linked"), [("G2:G4", 3), ("$G$2:$G$3", 2), ("F2:G2", 1), ("G3", 1)])
def test_a_link_over_a_range_is_the_link_of_each_of_its_cells(reference: str, linked: int) -> None:
    listings = read_roster(ranged(reference)).listings
    assert [listing.moa_url for listing in listings].count(f"{MOA}all.pdf") == linked


def test_a_link_over_a_whole_column_is_the_link_of_the_tables_rows() -> None:
    listings = read_roster(ranged("G2:G1048576")).listings
    assert [listing.moa_url for listing in listings] == [f"{MOA}all.pdf"] * 3


def test_a_link_over_blank_cells_beyond_the_table_is_not_spread_over_them() -> None:
    (found,) = read(ranged("G2:G90000"))
    assert len(found.links) <= len(found.rows)


def test_a_wrapped_link_is_kept_as_it_stands_in_the_file() -> None:
    wrapped = "https://gcc02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.ice.gov%2Fa.pdf&data=05%7C&reserved=0"
    assert read(sheet([row(moa=wrapped)]))[0].links[LINK] == wrapped


def test_a_link_without_its_relationship_is_no_link_and_no_error() -> None:
    body = rewritten(lambda data: data.replace(b"rId", b"rX"))
    assert read(body)[0].links == {}


def test_a_sheet_without_any_link_is_read() -> None:
    assert read(sheet([row()]))[0].links == {}


# -- sheets, rows, cells ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Sheet1", "Sheet 1", "287(g) & more", "Übersicht"])
def test_a_sheet_may_have_any_name_and_keeps_its_links(name: str) -> None:
    (found,) = read(sheet([row(moa=f"{MOA}smith.pdf")], sheet_name=name))
    assert (found.name, found.links[LINK]) == (name, f"{MOA}smith.pdf")


@pytest.mark.parametrize("first", [True, False])
def test_a_sheet_of_counts_before_or_after_the_list_takes_nothing_away(first: bool) -> None:
    counts = [("STATE", "COUNT"), *(("TEXAS", number) for number in range(50))]
    book = openpyxl.load_workbook(io.BytesIO(sheet([row(moa=f"{MOA}smith.pdf")], extra_sheets={"Sheet2": counts})))
    if first:
        book.move_sheet("Sheet2", offset=-1)
    out = io.BytesIO()
    book.save(out)
    assert [one.name for one in read(out.getvalue())] == (["Sheet2", "Sheet1"] if first else ["Sheet1", "Sheet2"])
    (listing,) = read_roster(out.getvalue()).listings
    assert listing.moa_url == f"{MOA}smith.pdf"


def test_blank_rows_keep_their_numbers_and_footnotes_their_place() -> None:
    body = sheet([row()], before=[["287(g)"], []], after=[[], [], ["", "", "* pending signature"]])
    (found,) = read(body)
    assert found.rows[2][0] == "STATE"
    assert found.rows[6][2] == "* pending signature"
    assert [(entry.row, entry.reason) for entry in read_roster(body).unreadable] == [(7, "no agency is named")]


def test_a_used_range_far_beyond_the_table_is_read() -> None:
    found = read_roster(with_cell('<row r="20000"><c r="A20000" t="inlineStr"><is><t> </t></is></c></row>'))
    assert (len(found.listings), found.unreadable) == (1, ())


def test_a_date_a_number_and_a_text_stay_what_they_are() -> None:
    (found,) = read(sheet([row(signed=datetime(2025, 5, 8)), row(signed="7/72025"), row(signed=45785)]))
    assert [line[5] for line in found.rows[1:]] == [date(2025, 5, 8), "7/72025", 45785]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!"])
@pytest.mark.parametrize("formula", ["", "<f>VLOOKUP(A2,B:C,2,0)</f>", "<f/>"])
def test_an_error_cell_prints_its_error(error: str, formula: str) -> None:
    (found,) = read(with_cell(f'<row r="3"><c r="D3" s="0" t="e">{formula}<v>{error}</v></c></row>'))
    assert found.rows[2][3] == error


def test_an_error_in_the_county_is_no_county() -> None:
    body = rewritten(lambda data: data.replace(b"</row></sheetData>", b'<c r="J2" t="e"><v>#N/A</v></c></row></sheetData>'))
    assert read_roster(body).listings[0].county is None


def test_a_workbook_as_excel_writes_it_is_read_with_shared_and_formatted_texts() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page, bold = book.add_worksheet("Sheet 1"), book.add_format({"bold": True})
    page.write_row(0, 0, PARTICIPATING)
    page.write_row(1, 0, ["TEXAS", "", "County", "Smith County", "Task Force Model", "5/20/2025"])
    page.write_rich_string(1, 1, bold, "Smith County", " Sheriff’s Office")
    page.write_url(1, 6, f"{MOA}smith county.pdf", string="link")
    book.close()
    (listing,) = read_roster(out.getvalue()).listings
    assert (listing.agency, listing.signed) == ("Smith County Sheriff's Office", date(2025, 5, 20))
    assert listing.moa_url == f"{MOA}smith%20county.pdf"


def test_a_formulas_value_is_read_and_not_the_formula() -> None:
    (found,) = read(with_cell('<row r="3"><c r="A3" t="str"><f>UPPER("Texas")</f><v>TEXAS</v></c></row>'))
    assert found.rows[2][0] == "TEXAS"


# -- no workbook -------------------------------------------------------------------------------------------------------------------------


OTHERS: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "empty", "empty"),
    "a page": (b"\n <!DOCTYPE html><html></html>", "not_a_workbook", "HTML"),
    "a PDF": (b"%PDF-1.7\n%", "not_a_workbook", "PDF"),
    "bytes": (b"\x00\x93\xff" * 99, "not_a_workbook", "other bytes"),
    "an old binary workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_a_workbook", "other bytes"),
    "the letters PK": (b"PK", "not_a_workbook", "damaged"),
    "the first half": (SMALL[: len(SMALL) // 2], "not_a_workbook", "damaged"),
    "a directory without its files": (SMALL[len(SMALL) // 2 :].join([b"PK", b""]), "not_a_workbook", "damaged"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_workbook_is_told_by_its_first_bytes(name: str) -> None:
    body, outcome, word = OTHERS[name]
    found = refused(body)
    assert found.outcome == outcome
    assert word in found.detail


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_another_archive_is_no_workbook() -> None:
    assert refused(zipped(**{"word/document.xml": b"<w/>"})).detail == "the archive holds no workbook"
    assert refused(zipped(**{"xl/other.xml": b"<w/>"})).outcome == "not_a_workbook"


PARTS = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", PART, "xl/styles.xml", "xl/worksheets/_rels/sheet1.xml.rels"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", [b"", b"<", b"<a><b></a>", b"\xff\xfe\x00", b"not xml"])
def test_a_damaged_part_is_refused_or_read_and_never_a_crash(part: str, damage: bytes) -> None:
    found = workbook.read(rewritten(lambda _: damage, part))
    assert isinstance(found, list) or found.outcome == "not_a_workbook"


def test_a_flipped_byte_is_seen_by_its_checksum() -> None:
    spoilt = bytearray(SMALL)
    with zipfile.ZipFile(io.BytesIO(SMALL)) as archive:
        start = archive.getinfo(PART).header_offset
    spoilt[start + 30 + len(PART) + 40] ^= 0xFF
    assert refused(bytes(spoilt)).outcome == "not_a_workbook"


def test_an_encrypted_member_is_refused() -> None:
    spoilt = bytearray(SMALL)
    at = spoilt.find(b"PK\1\2")
    spoilt[at + 8] |= 1
    assert refused(bytes(spoilt)).outcome == "not_a_workbook"


# -- bombs ---------------------------------------------------------------------------------------------------------------------------------


def claiming(body: bytes, size: int, of: bytes | None = None) -> bytes:
    """`body` whose directory and headers claim that the sheet unpacks to `size` bytes (with the checksum `of` those)."""
    lie, name = bytearray(body), PART.encode()
    for mark, length, checksum, title in ((b"PK\3\4", 22, 14, 30), (b"PK\1\2", 24, 16, 46)):
        at = lie.find(name)
        while at >= 0:
            if lie[at - title : at - title + 4] == mark:
                struct.pack_into("<I", lie, at - title + length, size)
                if of is not None:
                    struct.pack_into("<I", lie, at - title + checksum, zlib.crc32(of))
            at = lie.find(name, at + 1)
    return bytes(lie)


def test_a_bomb_is_refused_by_the_size_it_claims() -> None:
    found = refused(claiming(SMALL, 2**31))
    assert (found.outcome, found.detail) == ("zip_bomb", "the archive unpacks to more than 64 MB")


def test_a_bomb_of_zeros_is_refused() -> None:
    assert refused(rewritten(lambda _: bytes(workbook.UNPACKED_LIMIT + 1))).outcome == "zip_bomb"


@pytest.mark.parametrize("forged", [False, True], ids=["true checksum", "forged checksum"])
def test_a_bomb_that_claims_to_be_small_is_not_unpacked(forged: bool) -> None:
    line = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>'
    text = b"x" * 1_000
    grown = rewritten(
        lambda data: data.replace(b"</sheetData>", b"".join(line % (i, i, text) for i in range(3, 3_000)) + b"</sheetData>")
    )
    with zipfile.ZipFile(io.BytesIO(grown)) as archive:
        start = archive.read(PART)[:1_000]
    assert refused(claiming(grown, 1_000, start if forged else None)).outcome == "not_a_workbook"


def test_an_archive_of_thousands_of_files_is_refused() -> None:
    found = refused(zipped(**{f"xl/{number}": b"" for number in range(workbook.MEMBER_LIMIT + 1)}))
    assert (found.outcome, found.detail) == ("zip_bomb", "the archive holds 2001 files")


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">%s]>' % b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)


def laughing(data: bytes) -> bytes:
    head, mark, tail = data.partition(b"?>")
    return (head + mark + LAUGHS + tail) if mark else LAUGHS + data


@pytest.mark.parametrize("part", PARTS)
def test_entities_that_would_fill_the_memory_are_never_written_out(part: str) -> None:
    """A billion laughs in any part: refused, or read without them."""
    body = rewritten(lambda data: laughing(data).replace(b">link<", b">&j;<").replace(b'name="Sheet1"', b'name="&j;"'), part)
    found = workbook.read(body)
    if isinstance(found, list):
        assert max(len(str(cell)) for one in found for line in one.rows for cell in line) < 100
        assert max(len(one.name) for one in found) < 100
    else:
        assert found.outcome == "not_a_workbook"


def test_an_entity_that_names_a_file_is_not_fetched() -> None:
    outside = b'<!DOCTYPE l [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
    body = rewritten(lambda data: outside + data.replace(b'name="Sheet1"', b'name="&j;"'), "xl/workbook.xml")
    assert "root" not in str(workbook.read(body))


FAR = with_cell('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def shared(texts: int) -> bytes:
    """A workbook as Excel writes them: its texts stand once, in a part of their own, and the cells refer to them."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for number in range(texts):
        page.write(number, 0, "TEXAS")
    book.close()
    return out.getvalue()


REPEATED = rewritten(lambda data: data.replace(b"TEXAS", b"x" * 2**20), "xl/sharedStrings.xml", shared(1_500))
READ_UNDER_LIMIT = """
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from monitor.core import workbook
workbook.read(pathlib.Path(sys.argv[1]).read_bytes())
"""


@pytest.mark.parametrize("body", [FAR, REPEATED], ids=["one cell in the last corner", "one long text in thousands of cells"])
def test_a_small_workbook_never_takes_the_process_down(body: bytes, tmp_path: Path) -> None:
    assert len(body) < 100_000
    path = tmp_path / "list.xlsx"
    path.write_bytes(body)
    ended = subprocess.run([sys.executable, "-c", READ_UNDER_LIMIT, str(path)], capture_output=True, check=False)
    assert ended.returncode == 0, "the daemon would die at every poll, with no outcome recorded"
