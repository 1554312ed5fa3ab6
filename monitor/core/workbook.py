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
from collections.abc import Iterator, Mapping, Sequence
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
# calamine makes room for every cell up to the last one used; 100,000 rows of 16 columns are 1.6 million.
CELLS_LIMIT = 4_000_000
TEXT_LIMIT = 256 * 2**20
_USED_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^<>]*(?<!/)>""")


def read(body: bytes) -> list[Sheet] | Unreadable:
    """The sheets of a workbook in their order, or why `body` is none."""
    if not body:
        return Unreadable("empty", "the document is empty")
    if not body.startswith(b"PK"):
        found = "an HTML page" if body.lstrip()[:1] == b"<" else "a PDF" if body.startswith(b"%PDF") else "other bytes"
        return Unreadable("not_a_workbook", f"expected a workbook, got {found}")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = _unpacked(archive)
            if isinstance(parts, Unreadable):
                return parts
            if refused := _too_spread(parts):
                return refused
            book = CalamineWorkbook.from_filelike(io.BytesIO(body))
            paths = _sheet_paths(parts)
            return [_sheet(book, name, parts, paths.get(name, "")) for name in book.sheet_names]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        return Unreadable("not_a_workbook", f"the workbook is damaged: {error}")
    except (etree.XMLSyntaxError, OSError) as error:
        return Unreadable("not_a_workbook", f"the workbook is damaged: {error}")
    except Exception as error:
        # calamine's own errors share no base class but Exception.
        if type(error).__module__.split(".")[0] != "python_calamine":
            raise
        return Unreadable("not_a_workbook", f"no workbook inside the archive: {error}")


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes] | Unreadable:
    """The parts that say what the sheets hold, by their paths. All members are unpacked once, under a limit: sizes are what the bytes
    say, not what the directory claims."""
    members = archive.infolist()
    if len(members) > MEMBER_LIMIT:
        return Unreadable("zip_bomb", f"the archive holds {len(members)} files")
    if sum(member.file_size for member in members) > UNPACKED_LIMIT:
        return Unreadable("zip_bomb", f"the archive unpacks to more than {UNPACKED_LIMIT >> 20} MB")
    if not any(member.filename.startswith("xl/") for member in members):
        return Unreadable("not_a_workbook", "the archive holds no workbook")
    parts = {}
    for member in members:
        with archive.open(member) as stream:
            # A size that the directory understates ends in a CRC error, one it overstates is bounded above.
            if member.filename.endswith((".xml", ".rels")):
                parts[member.filename] = stream.read()
            else:
                while stream.read(2**20):
                    pass
    return parts


def _too_spread(parts: Mapping[str, bytes]) -> Unreadable | None:
    """Why the sheets would take too much room once read, None where they would not: calamine ends the process that has none left."""
    texts = parts.get("xl/sharedStrings.xml", b"")
    longest = max(map(len, texts.split(b"</si>")))
    for path, data in parts.items():
        if not path.startswith("xl/worksheets/") or path.endswith(".rels"):
            continue
        used = _USED_CELL.findall(data)
        if not used:
            continue
        height, width = (
            max(int(row) for _, row in used),
            max(_column(column.decode()) for column in {column for column, _ in used}),
        )
        if height * width > CELLS_LIMIT:
            return Unreadable("too_large", f"the sheet spreads over {height:,} rows and {width:,} columns")
        if longest * len(used) > TEXT_LIMIT:
            return Unreadable("too_large", f"the sheet repeats texts of up to {longest:,} bytes in {len(used):,} cells")
    return None


def _sheet(book: CalamineWorkbook, name: str, parts: Mapping[str, bytes], path: str) -> Sheet:
    cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    rows = [[_cell(value) for value in row] for row in cells]
    data = parts.get(path)
    if data is None:
        return Sheet(name=name, rows=rows)
    for (row, column), value in _error_values(data):
        if row <= len(rows) and column <= len(rows[row - 1]):
            rows[row - 1][column - 1] = value
    return Sheet(name=name, rows=rows, links=dict(_links(data, _relations(parts, path), rows)))


def _cell(value: object) -> Cell:
    if isinstance(value, str | datetime | bool | int | float) or value is None:
        return value
    if isinstance(value, time_of_day | timedelta):
        return str(value)
    return value  # type: ignore[return-value]  # calamine gives no type but these and date


def _xml(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _relations(parts: Mapping[str, bytes], part: str) -> dict[str, str]:
    """Targets of a part's relationships by their ids; none where the part has no relationships."""
    folder, name = posixpath.split(part)
    data = parts.get(f"{folder}/_rels/{name}.rels")
    return {str(node.get("Id")): str(node.get("Target", "")) for node in _xml(data)} if data else {}


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The archive's path of each sheet, by sheet name."""
    if "xl/workbook.xml" not in parts:
        return {}
    targets = _relations(parts, "xl/workbook.xml")
    paths = {}
    for node in _xml(parts["xl/workbook.xml"]).iter():
        if isinstance(node.tag, str) and node.tag.endswith("}sheet"):
            relation = next((value for key, value in node.attrib.items() if str(key).endswith("}id")), "")
            target = targets.get(str(relation), "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            paths[str(node.get("name"))] = path
    return paths


def _links(data: bytes, targets: Mapping[str, str], cells: Sequence[Sequence[Cell]]) -> Iterator[tuple[tuple[int, int], str]]:
    """Hyperlinks of a sheet's XML, one for every one of `cells` that each covers: a range may reach far below the table."""
    start = data.find(b"hyperlinks")  # they stand after the cells, in one element
    if start < 0:
        return
    for element in _HYPERLINK.finditer(data, max(0, start - 16)):
        attributes = _attributes(element.group(1))
        target = targets.get(attributes.get("id", ""))
        reference = _REFERENCE.fullmatch(attributes.get("ref", ""))
        if target and reference:
            left, top, right, bottom = reference.groups()
            for row in range(max(1, int(top)), min(int(bottom or top), len(cells)) + 1):
                for column in range(_column(left), min(_column(right or left), len(cells[row - 1])) + 1):
                    yield (row, column), target


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
