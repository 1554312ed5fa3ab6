"""How long documents that mean harm keep the program busy, and how much memory they take: each in a process of its own.

`python -m benchmarks.hostile` prints, for each, what came of it, the seconds from the first byte read to the verdict and the peak of
resident memory, imports included. Bodies of answers are read through the fetcher, from a server on loopback.
"""

from __future__ import annotations

import io
import multiprocessing
import re
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from monitor.config import Settings
from monitor.core.sheet import Unreadable
from monitor.fetcher import Fetcher
from monitor.reader import read_roster

AT = datetime(2025, 6, 2, tzinfo=UTC)
MB = 1 << 20
TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/'
    b'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>'
)
BOOK = (
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
LINK = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.'
    b'openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
OPEN, CLOSE = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>',
    b"</sheetData></worksheet>",
)
LAUGHS = b"<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%b'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


def workbook(sheet: bytes, extra: dict[str, bytes] | None = None) -> bytes:
    parts = {
        "[Content_Types].xml": TYPES,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": LINK,
        "xl/worksheets/sheet1.xml": sheet,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**parts, **(extra or {})}.items():
            archive.writestr(name, part)
    return out.getvalue()


def zeros(megabytes: int) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(megabytes):
            part.write(bytes(MB))
    return out.getvalue()


def rows(count: int, cells: str) -> bytes:
    return (
        OPEN
        + b"".join(b'<row r="%d">' % n + (cells % ((n,) * cells.count("%d"))).encode() + b"</row>" for n in range(1, count + 1))
        + CLOSE
    )


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "a gigabyte of zeros in a workbook": lambda: zeros(1_024),
    "60 MB of noughts that pack well": lambda: workbook(OPEN + b" " * (60 * MB) + CLOSE),
    "60,000 files in a workbook": lambda: workbook(OPEN + CLOSE, {f"xl/{n}": b"" for n in range(60_000)}),
    "a workbook in a workbook": lambda: workbook(OPEN + CLOSE, {"xl/inner.xlsx": zeros(64)}),
    "a billion laughs in a sheet": lambda: workbook(LAUGHS + b"]>" + OPEN + b'<row r="1"><c r="A1"><v>&j;</v></c></row>' + CLOSE),
    "a file of the machine in a sheet": lambda: workbook(
        b"<!DOCTYPE l [<!ENTITY j SYSTEM 'file:///etc/passwd'>]>" + OPEN + b'<row r="1"><c r="A1"><v>&j;</v></c></row>' + CLOSE
    ),
    "1,000,000 rows": lambda: workbook(rows(1_000_000, '<c r="A%d"><v>1</v></c>')),
    "1,000,000 rows in an unusual form": lambda: workbook(rows(1_000_000, '<c r="A%d" x="1"><v>1</v></c><c><v>2</v></c>')),
    "one cell at the end of the world": lambda: workbook(OPEN + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + CLOSE),
    "one cell where no sheet has one": lambda: workbook(
        OPEN + b'<row r="1"><c r="zzzzzzzzzzzzzzzzB2" t="n"><v>1</v></c></row>' + CLOSE
    ),
    "a page of 200,000 tags in each other": lambda: b"<html>" + b"<div>" * 200_000 + b"</html>",
    "a page of 50 MB of links": lambda: (
        b"<html>" + b'<a href="/x.xlsx">Participating Agencies</a>' * (50 * MB // 44) + b"</html>"
    ),
    "a page of 5 MB of words": lambda: b"<html><p>" + b"word " * (5 * MB // 5 - 10) + b"</html>",
    "a page of 39,000 links": lambda: b"<html>" + b'<a href="/x.xlsx">Participating Agencies</a>' * 39_000 + b"</html>",
    "a page of 50 MB of words": lambda: b"<html><p>" + b"word " * (10 * MB) + b"</html>",
}
ANSWERS: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "an answer of 50 MB": ("", lambda: (bytes(MB) for _ in range(50))),
    "a gigabyte behind gzip": ("gzip", lambda: squeezed(1_024)),
}


def squeezed(megabytes: int) -> Iterator[bytes]:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(megabytes):
        if piece := pack.compress(bytes(MB)):
            yield piece
    yield pack.flush()


def read(body: bytes) -> str:
    found = read_roster(body, AT, "https://www.ice.gov/list.xlsx")
    return found.outcome if isinstance(found, Unreadable) else "read"


def fetch(address: str) -> str:
    settings = Settings.model_validate({"page": address, "fetch": {"attempts": 1}})
    with Fetcher(settings, lambda seconds: False) as fetcher:
        return fetcher.page(address).outcome


def measured(
    function: Callable[..., str], argument: object, answers: multiprocessing.SimpleQueue[tuple[str, float, float]]
) -> None:
    began = time.perf_counter()
    outcome = function(argument)
    seconds = time.perf_counter() - began
    # Not getrusage's, which a process inherits from the one that started it.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    answers.put((outcome, seconds, int(peak) / 1_024))


def apart(function: Callable[..., str], argument: object) -> tuple[str, float, float]:
    """(outcome, seconds, peak in MB) of a call in a new process."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=measured, args=(function, argument, answers))
    process.start()
    process.join()
    return ("ended the process", 0.0, 0.0) if answers.empty() else answers.get()


def serve(coding: str, pieces: Callable[[], Iterator[bytes]]) -> ThreadingHTTPServer:
    body = [*pieces()]

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            if coding:
                self.send_header("Content-Encoding", coding)
            self.end_headers()
            try:
                for piece in body:
                    self.wfile.write(piece)
            except OSError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    table = Table("Document", "Bytes", "Outcome", "Seconds", "Peak MB")
    for name, make in track(DOCUMENTS.items(), description="documents"):
        body = make()
        outcome, seconds, peak = apart(read, body)
        table.add_row(name, f"{len(body):,}", outcome, f"{seconds:.2f}", f"{peak - len(body) / MB:.0f}")
    for name, (coding, pieces) in track(ANSWERS.items(), description="answers"):
        server = serve(coding, pieces)
        outcome, seconds, peak = apart(fetch, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        table.add_row(name, "", outcome, f"{seconds:.2f}", f"{peak:.0f}")
    console = Console()
    console.print(table)
    console.print("The body itself, which is there before it is read, is not counted in the peak.")


if __name__ == "__main__":
    main()
