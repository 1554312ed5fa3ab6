"""The 287(g) page as people save it, in its three forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

HEADINGS = ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA")
DOCLIB = "/doclib/about/offices/ero/287g"


def with_table(rows: Sequence[Sequence[str]]) -> bytes:
    """The form until February 2025: the list is a table in the page."""
    lines = ["".join(f"<th>{name}</th>" for name in HEADINGS)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in cells) for cells in rows]
    return _page("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>")


def with_links(links: Mapping[str, str], more: str = "") -> bytes:
    """The later forms: addresses and their anchors' text."""
    return _page("".join(f'<p><a href="{href}">{text}</a></p>' for href, text in links.items()) + more)


def doclib(participating: str = "", pending: str = "", before: str = DOCLIB) -> bytes:
    """The form of 2025, linking files of these names below `before`."""
    names = {participating: "Participating Agencies", pending: "Pending Agencies"}
    return with_links({f"{before}/{name}": text for name, text in names.items() if name})


def _page(main: str) -> bytes:
    return (
        f"<!DOCTYPE html><html><head><title>287(g)</title></head><body><main><h1>287(g)</h1>{main}</main></body></html>".encode()
    )
