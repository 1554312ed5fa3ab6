"""Cells of files that spreadsheets open: text that shows and is never calculated, and XLSX whose bytes its rows alone decide."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from monitor.publishers.tables import Table

# What XML 1.0 forbids; halves of surrogate pairs are no text in UTF-8 either.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What a spreadsheet may take for a formula: also after blanks or marks that do not show, which some leave out, and in full-width forms.
_FORMULA = re.compile("[\t\r\n]|[\\s\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\\-@＝＋－＠﹦﹢﹣﹫]")
_QUOTED = re.compile('[",\r\n]')
# Characters of UTF-16 that Excel takes in one cell.
LONGEST = 32_767
# Of the file, not of the rows: its writer would put the moment of writing.
_PROPERTIES = "docProps/core.xml"
_UNDATED = (1980, 1, 1, 0, 0, 0)
_WRITTEN = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


def text_cell(value: str) -> str:
    """`value` for a CSV: without what no XML may hold, and with an apostrophe before what a spreadsheet would calculate."""
    text = printable(value)
    return f"'{text}" if not text[:1].isalnum() and _FORMULA.match(text) else text


def printable(value: str) -> str:
    """`value` without NUL and the other characters that XML 1.0 forbids."""
    return value if value.isprintable() else _FORBIDDEN.sub("", value)


class Cells(dict[Any, Any]):
    """What a file's cell holds by the value that is to be shown: made when it is first asked for, for most values come many times."""

    def __init__(self, make: Callable[[Any], Any], empty: str | None) -> None:
        super().__init__({None: empty})
        self._make = make

    def __missing__(self, value: Any) -> Any:
        cell = self[value] = self._make(value)
        return cell


def csv_cells(table: Table) -> list[Cells]:
    """The cells of a CSV as they stand between its commas (RFC 4180), column by column."""
    made = {kind: Cells(make, "") for kind, make in _CSV.items()}
    return [made[column.type] for column in table.columns]


def xlsx_cells(table: Table) -> list[Cells]:
    """The cells of a workbook, column by column: dates are real dates, moments real moments (UTC)."""
    made = {kind: Cells(make, None) for kind, make in _XLSX.items()}
    return [made[column.type] for column in table.columns]


def xlsx(table: Table, records: Sequence[Mapping[str, Any]]) -> bytes:
    """A workbook with one sheet: its header bold, frozen and with filters. Text is text, whatever it begins with."""
    buffer = io.BytesIO()
    # Here: the daemon, which builds in a process of its own, is spared its four megabytes.
    from rustpy_xlsxwriter import Format, write_worksheet

    days = {column.name: Format().set_num_format("yyyy-mm-dd") for column in table.columns if column.type == "date"}
    write_worksheet(
        # The header is written with the first row.
        [*records] or [dict.fromkeys(table.names)],
        buffer,
        sheet_name=table.name,
        freeze_row=1,
        bold_headers=True,
        autofilter=True,
        column_width=18,
        datetime_format="yyyy-mm-dd hh:mm:ss",
        column_formats=days,
    )
    return _undated(buffer)


def _undated(buffer: io.BytesIO) -> bytes:
    """The workbook without the moment of its writing; what comes before that in the file is not packed anew."""
    with ZipFile(buffer, "a", ZIP_DEFLATED) as archive:
        start = archive.getinfo(_PROPERTIES).header_offset
        last = [info for info in archive.filelist if info.header_offset >= start]
        contents = [archive.read(info) for info in last]
        archive.start_dir = start
        for info, content in zip(last, contents, strict=True):
            archive.filelist.remove(info)
            del archive.NameToInfo[info.filename]
            new = ZipInfo(info.filename, _UNDATED)
            archive.writestr(new, _WRITTEN.sub(b"", content), ZIP_DEFLATED)
    return buffer.getvalue()


def _shown(value: str) -> str:
    text = printable(value)
    if len(text) <= LONGEST // 2:
        return text
    coded = text.encode("utf-16-le")
    if len(coded) <= 2 * LONGEST:
        return text
    # A pair that the cut divides is left out.
    return f"{coded[: 2 * LONGEST - 2].decode('utf-16-le', 'ignore')}…"


def _day(value: str) -> date:
    return date.fromisoformat(value)


def _moment(value: str) -> datetime:
    # Excel knows no time zones.
    return datetime.fromisoformat(value).replace(tzinfo=None)


def _quoted(value: str) -> str:
    # Here and not by `csv`, which would look through every value as often as it comes.
    text = text_cell(value)
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED.search(text) else text


def _same(value: Any) -> Any:
    return value


def _truth(value: bool) -> str:
    return "true" if value else "false"


_CSV: Mapping[str, Callable[[Any], str]] = {
    "string": _quoted,
    "integer": str,
    "boolean": _truth,
    "date": _quoted,
    "datetime": _quoted,
}
_XLSX: Mapping[str, Callable[[Any], Any]] = {
    "string": _shown,
    "integer": _same,
    "boolean": _same,
    "date": _day,
    "datetime": _moment,
}
