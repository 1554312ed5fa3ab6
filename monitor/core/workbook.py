"""XLSX bytes to sheets: cells by calamine, hyperlinks from the sheet's own XML (calamine has none).

The bytes are hostile until proven otherwise: the archive is unpacked under limits before anything else reads it.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as time_of_day

from lxml import etree
from python_calamine import CalamineWorkbook

from monitor.core.sheet import Cell, Sheet, Unreadable

# The largest roster seen (1,843 rows, October 2026) unpacks to 1.6 MB; 100,000 rows would to some 60 MB.
UNPACKED_LIMIT = 128 * 2**20
MEMBER_LIMIT = 2_000
_HYPERLINK = re.compile(rb"<(?:\w+:)?hyperlink\s([^>]*)>")
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*?\bt=["']e["'][^<>]*)>(?:<(?:\w+:)?f[^<>]*/>|<(?:\w+:)?f[^<>]*>[^<]*</(?:\w+:)?f>)?<(?:\w+:)?v>([^<]*)<"""
)
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_LINKS_PER_RANGE = 100_000


def read(body: bytes) -> list[Sheet] | Unreadable:
    """The sheets of a workbook in their order, or why `body` is none."""
    if not body:
        return Unreadable("empty", "the document is empty")
    if not body.startswith(b"PK"):
        found = "an HTML page" if body.lstrip()[:1] == b"<" else "a PDF" if body.startswith(b"%PDF") else "other bytes"
        return Unreadable("not_a_workbook", f"expected a workbook, got {found}")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            refused = _unpack_check(archive)
            if refused:
                return refused
            book = CalamineWorkbook.from_filelike(io.BytesIO(body))
            paths = _sheet_paths(archive)
            return [_sheet(book, name, archive, paths.get(name, "")) for name in book.sheet_names]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        return Unreadable("not_a_workbook", f"the workbook is damaged: {error}")
    except (etree.XMLSyntaxError, OSError) as error:
        return Unreadable("not_a_workbook", f"the workbook is damaged: {error}")
    except Exception as error:
        # calamine's own errors share no base class but Exception.
        if type(error).__module__.split(".")[0] != "python_calamine":
            raise
        return Unreadable("not_a_workbook", f"no workbook inside the archive: {error}")


def _unpack_check(archive: zipfile.ZipFile) -> Unreadable | None:
    """Unpacks everything once, in pieces: sizes are what the bytes say, not what the directory claims."""
    members = archive.infolist()
    if len(members) > MEMBER_LIMIT:
        return Unreadable("zip_bomb", f"the archive holds {len(members)} files")
    if sum(member.file_size for member in members) > UNPACKED_LIMIT:
        return Unreadable("zip_bomb", f"the archive unpacks to more than {UNPACKED_LIMIT >> 20} MB")
    if not any(member.filename.startswith("xl/") for member in members):
        return Unreadable("not_a_workbook", "the archive holds no workbook")
    for member in members:
        with archive.open(member) as stream:
            # A size that the directory understates ends in a CRC error, one it overstates is bounded above.
            while stream.read(2**20):
                pass
    return None


def _sheet(book: CalamineWorkbook, name: str, archive: zipfile.ZipFile, path: str) -> Sheet:
    cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    rows = [[_cell(value) for value in row] for row in cells]
    if path not in archive.namelist():
        return Sheet(name=name, rows=rows)
    data = archive.read(path)
    for (row, column), value in _error_values(data):
        if row <= len(rows) and column <= len(rows[row - 1]):
            rows[row - 1][column - 1] = value
    return Sheet(name=name, rows=rows, links=dict(_links(data, _relations(archive, path))))


def _cell(value: object) -> Cell:
    if isinstance(value, str | datetime | bool | int | float) or value is None:
        return value
    if isinstance(value, time_of_day | timedelta):
        return str(value)
    return value  # type: ignore[return-value]  # calamine gives no type but these and date


def _xml(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Targets of a part's relationships by their ids; none where the part has no relationships."""
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in archive.namelist():
        return {}
    return {str(node.get("Id")): str(node.get("Target", "")) for node in _xml(archive.read(path))}


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The archive's path of each sheet, by sheet name."""
    if "xl/workbook.xml" not in archive.namelist():
        return {}
    targets = _relations(archive, "xl/workbook.xml")
    paths = {}
    for node in _xml(archive.read("xl/workbook.xml")).iter():
        if isinstance(node.tag, str) and node.tag.endswith("}sheet"):
            relation = next((value for key, value in node.attrib.items() if str(key).endswith("}id")), "")
            target = targets.get(str(relation), "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            paths[str(node.get("name"))] = path
    return paths


def _links(data: bytes, targets: dict[str, str]) -> Iterator[tuple[tuple[int, int], str]]:
    """Hyperlinks of a sheet's XML, one for every cell of the range each covers."""
    start = data.find(b"hyperlinks")  # they stand after the cells, in one element
    if start < 0:
        return
    for element in _HYPERLINK.finditer(data, max(0, start - 16)):
        attributes = _attributes(element.group(1))
        target = targets.get(attributes.get("id", ""))
        reference = _REFERENCE.fullmatch(attributes.get("ref", ""))
        if target and reference:
            left, top, right, bottom = reference.groups()
            columns = range(_column(left), _column(right or left) + 1)
            rows = range(int(top), int(bottom or top) + 1)
            if len(columns) * len(rows) <= _LINKS_PER_RANGE:
                yield from (((row, column), target) for row in rows for column in columns)


def _error_values(data: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Cells that print a spreadsheet error (`#N/A` in COUNTY): calamine gives them as empty."""
    for element in _ERROR_CELL.finditer(data):
        reference = _REFERENCE.fullmatch(_attributes(element.group(1)).get("r", ""))
        if reference:
            value = html.unescape(element.group(2).decode("utf-8", "replace"))
            yield (int(reference.group(2)), _column(reference.group(1))), value


def _attributes(text: bytes) -> dict[str, str]:
    return {
        key.rsplit(b":", 1)[-1].decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for key, double, single in _ATTRIBUTE.findall(text)
    }


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
