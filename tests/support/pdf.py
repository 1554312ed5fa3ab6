"""Small PDFs, written by hand: pages of text, and some that mean harm."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def pdf(*pages: str) -> bytes:
    """A PDF with these lines on its pages (a page's lines are parted by line feeds); no page has no text at all."""
    fonts = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(), fonts]
    for number, text in enumerate(pages):
        about = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>"
        escaped = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.split("\n")]
        content = "BT /F1 12 Tf 50 700 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
        objects += [about.encode(), stream(content.encode())]
    return assembled(objects)


def stream(content: bytes, filters: str = "") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters.encode(), content)


def assembled(objects: Sequence[bytes]) -> bytes:
    """The objects, numbered from 1, as a file."""
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return body + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))


def bomb() -> bytes:
    """A page whose contents unpack to two gigabytes, packed twice over."""
    inner = zlib.compress(b"(x) Tj " * (2**31 // 7 // 64), 9)
    twice = zlib.compress(inner * 8, 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1 1]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            font,
            page,
            stream(twice, "/Filter[/FlateDecode/FlateDecode]"),
        ]
    )


def loop() -> bytes:
    """A tree of pages that contains itself."""
    return assembled([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>"])
