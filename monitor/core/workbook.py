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
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import lru_cache
from xml.parsers import expat

from python_calamine import CalamineWorkbook

from monitor.core.sheet import Cell, Sheet, Unreadable

# The largest roster seen (1,843 rows, October 2026) unpacks to 1.6 MB; 100,000 rows would to some 60 MB.
UNPACKED_LIMIT = 64 * 2**20
# Sheets shrink to a tenth or so; what shrinks much more holds nothing. Small parts may.
RATIO_LIMIT, RATIO_FREE = 100, 4 * 2**20
# 100,000 agreements, headings and notes.
ROWS_LIMIT = 100_100
MEMBER_LIMIT = 2_000
# As every spreadsheet program writes it, or in whatever other form.
_HYPERLINK = re.compile(rb"""<(?:\w+:)?hyperlink\s(?:ref="([A-Z]{1,3})(\d{1,7})" r:id="(\w+)"[^>]*|([^>]*))>""")
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]{0,200}?\bt=["']e["'][^<>]{0,200})>(?:<(?:\w+:)?f[^<>]*/>|<(?:\w+:)?f[^<>]*>[^<]*</(?:\w+:)?f>)?<(?:\w+:)?v>([^<]*)<"""
)
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
# calamine makes room for every cell up to the last one used; 100,000 rows of 16 columns are 1.6 million.
CELLS_LIMIT = 2_000_000
TEXT_LIMIT = 256 * 2**20
# A cell or row as every spreadsheet program writes it; a sheet with any other form is measured by a real XML reader.
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="\d{1,9}")?(?: t="\w{1,20}")?(/?)>')
_CELL = re.compile(rb"<c[\s/>]")
_PLAIN_ROW = re.compile(rb'<row r="\d{1,7}"')
_ROW = re.compile(rb"<row[\s/>]")
_SAVED = re.compile(rb"<dcterms:modified[^>]{0,200}>\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z?\s*<")
_PROPERTIES_LIMIT = 65_536
_LAST_COLUMN = 16_384


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
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
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
    if any(member.file_size > max(RATIO_FREE, RATIO_LIMIT * member.compress_size) for member in members):
        return Unreadable("zip_bomb", f"a part of the archive unpacks to more than {RATIO_LIMIT} times its size")
    if not any(member.filename.startswith("xl/") for member in members):
        return Unreadable("not_a_workbook", "the archive holds no workbook")
    parts = {}
    for member in members:
        with archive.open(member) as stream:
            # A size that the directory understates ends in a CRC error, one it overstates is bounded above.
            parts[member.filename] = stream.read()
    return parts


def _too_spread(parts: Mapping[str, bytes]) -> Unreadable | None:
    """Why the sheets would take too much room once read, None where they would not: calamine ends the process that has none left.

    Parts are told by what they hold, not by their names: calamine follows the workbook's references wherever they lead.
    """
    longest = max((len(text) for data in parts.values() if b"sst" in data[:1_000] for text in data.split(b"</si>")), default=0)
    for data in parts.values():
        if b"sheetData" not in data:
            continue
        # Counted before anything looks at each of them.
        if (rows := data.count(b"<row")) > ROWS_LIMIT:
            return Unreadable("too_large", f"the sheet has {rows:,} rows")
        height, width, used = _used_range(data)
        if height > ROWS_LIMIT or width > _LAST_COLUMN or height * width > CELLS_LIMIT:
            return Unreadable("too_large", f"the sheet spreads over {height:,} rows and {width:,} columns")
        if longest * used > TEXT_LIMIT:
            return Unreadable("too_large", f"the sheet repeats texts of up to {longest:,} bytes in {used:,} cells")
    return None


def _used_range(data: bytes) -> tuple[int, int, int]:
    """(last row, last column, cells) that a sheet uses, rows and columns counted from 1."""
    cells = _PLAIN_CELL.findall(data)
    plain = len(cells) == len(_CELL.findall(data)) and len(_PLAIN_ROW.findall(data)) == len(_ROW.findall(data))
    if not plain or b":c" in data or b":row" in data:  # those may be cells and rows in a namespace of their own
        return _measured(data)
    used = [(row, column) for column, row, closed in cells if not closed]
    rows, columns = {row for row, _ in used}, {column for _, column in used}
    return max(map(int, rows), default=0), max((_column(column.decode()) for column in columns), default=0), len(used)


def _measured(data: bytes) -> tuple[int, int, int]:
    """`_used_range` of a sheet in an unusual form. Raises ValueError: no XML, or XML with entities of its own."""
    height = width = used = row = column = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal height, width, used, row, column
        name, given = name.rpartition("}")[2], attributes.get("r", "")
        if name == "row":
            row, column = int(given[:9]) if given[:9].isdigit() else row + 1, 0
        elif name == "c":
            match = re.fullmatch(r"([A-Za-z]{1,3})([0-9]{1,9})", given)
            if given and not match:
                # calamine reads it all the same, and makes room up to wherever that leads.
                raise ValueError(f"a cell at {given[:20]!r}, which is no place in a sheet")
            column = _column(match[1].upper()) if match else column + 1
            row = max(int(match[2]), row) if match else row
            height, width, used = max(height, row), max(width, column), used + 1

    _walk(data, start)
    return height, width, used


def _walk(data: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    """Calls `start` with every element's name and attributes. Raises ValueError: no XML, or XML with entities of its own."""

    def refuse(*_: object) -> None:
        raise ValueError("a part with entities of its own")

    # Names as `namespace}name`.
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"a part that is no XML ({error})") from None


def _sheet(book: CalamineWorkbook, name: str, parts: Mapping[str, bytes], path: str) -> Sheet:
    cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    # Most rows hold nothing that has to be put otherwise.
    rows: list[list[Cell]] = [row if _PLAIN.issuperset(map(type, row)) else [*map(_cell, row)] for row in cells]  # type: ignore[misc]
    data = parts.get(path)
    if data is None:
        return Sheet(name=name, rows=rows)
    for (row, column), value in _error_values(data):
        if row <= len(rows) and column <= len(rows[row - 1]):
            rows[row - 1][column - 1] = value
    return Sheet(name=name, rows=rows, links=dict(_links(data, _relations(parts, path), rows)))


# Of the types that calamine gives, those that a cell may be.
_PLAIN = frozenset((str, date, datetime, bool, int, float, type(None)))


def _cell(value: object) -> Cell:
    return str(value) if isinstance(value, time_of_day | timedelta) else value  # type: ignore[return-value]


def _relations(parts: Mapping[str, bytes], part: str) -> dict[str, str]:
    """Targets of a part's relationships by their ids; none where the part has no relationships."""
    folder, name = posixpath.split(part)
    targets = {}

    def start(_: str, attributes: dict[str, str]) -> None:
        targets[attributes.get("Id", "")] = attributes.get("Target", "")

    if data := parts.get(f"{folder}/_rels/{name}.rels"):
        _walk(data, start)
    return targets


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The archive's path of each sheet, by sheet name."""
    if "xl/workbook.xml" not in parts:
        return {}
    targets = _relations(parts, "xl/workbook.xml")
    paths = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("}sheet"):
            target = targets.get(next((value for key, value in attributes.items() if key.endswith("}id")), ""), "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            paths[attributes.get("name", "")] = path

    _walk(parts["xl/workbook.xml"], start)
    return paths


def _links(data: bytes, targets: Mapping[str, str], cells: Sequence[Sequence[Cell]]) -> Iterator[tuple[tuple[int, int], str]]:
    """Hyperlinks of a sheet's XML, one for every one of `cells` that each covers: a range may reach far below the table."""
    start = data.find(b"hyperlinks")  # they stand after the cells, in one element
    if start < 0:
        return
    for column, row, id, attributes in _HYPERLINK.findall(data, max(0, start - 16)):
        if column:
            left, top, right, bottom = column.decode(), row, "", ""
            target = targets.get(id.decode())
        else:
            given = _attributes(attributes)
            reference = _REFERENCE.fullmatch(given.get("ref", ""))
            left, top, right, bottom = reference.groups("") if reference else ("", "", "", "")
            target = targets.get(given.get("id", ""))
        if target and left:
            for number in range(max(1, int(top)), min(int(bottom or top), len(cells)) + 1):
                for place in range(_column(left), min(_column(right or left), len(cells[number - 1])) + 1):
                    yield (number, place), target


def _error_values(data: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    """Cells that print a spreadsheet error (`#N/A` in COUNTY): calamine gives them as empty."""
    if b't="e"' not in data and b"t='e'" not in data:
        return
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


@lru_cache(maxsize=64)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def saved_at(body: bytes) -> datetime | None:
    """When a workbook was last saved, as the program that saved it wrote down (UTC); None where it did not, or `body` is none.

    No list can have been published before: ICE's file names do not always agree.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open("docProps/core.xml") as stream:
            found = _SAVED.search(stream.read(_PROPERTIES_LIMIT))
        return datetime.fromisoformat(found[1].decode("ascii")).replace(tzinfo=UTC) if found else None
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, OSError):
        return None
