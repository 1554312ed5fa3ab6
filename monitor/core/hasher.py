"""Digests: of a document's bytes, of what a page says, of what a roster prints. Equal digest, equal content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache

from monitor.core.names import LARGEST
from monitor.core.page import PageReading
from monitor.core.roster import CELLS, Listing, copies


def bytes_digest(body: bytes) -> str:
    """SHA-256 of a document as it came, in hex: the name of its evidence."""
    return hashlib.sha256(body).hexdigest()


def page_digest(reading: PageReading) -> str:
    """SHA-256 of what a page says: its title, headings, text and links; its changing tokens do not count."""
    links = sorted({(link.text, link.url) for link in reading.links})
    return _digest([reading.title, reading.headings, reading.text, links])


def roster_digest(list_name: str, listings: Iterable[Listing]) -> str:
    """SHA-256 of the rows a list prints, whatever their order."""
    rows = sorted(_ROW % tuple(map(_quoted, printed.cells())) for listing in listings for printed in copies(listing))
    return _digest([list_name, rows])


# A row as JSON, as json.dumps writes it: that takes three times as long, and most cells hold what others hold.
_ROW = "{" + ", ".join(f'"{name}": %s' for name in CELLS) + "}"


@lru_cache(maxsize=LARGEST)
def _quoted(cell: str | None) -> str:
    return json.dumps(cell)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
