"""The other documents on the page: which links are documents, and what happened to them."""

from __future__ import annotations

import pytest

from monitor.core.linked import compare, documents
from monitor.core.page import PageReading, read
from tests.support.pages import with_links, with_table

URL = "https://www.ice.gov/identify-and-arrest/287g"
BELOW = "https://www.ice.gov/doclib/287g/"


def found(body: bytes, *lists: str) -> list[str]:
    reading = read(body, URL)
    assert isinstance(reading, PageReading)
    return [one.url.removeprefix("https://www.ice.gov") for one in documents(reading, lists)]


DOCUMENTS = (
    "/a/MOA.pdf",
    "/a/fact%20sheet.PDF",
    "/a/form.docx",
    "/a/counts.xlsx",
    "/doclib/x",
    "/file-download/download/public/77",
    "/a/b.csv",
)
OTHERS = ("/about", "/a/seal.png", "/doclib/photo.jpg", "mailto:x@ice.gov", "/news?file=x.pdf", "#top")


def test_files_are_documents_and_other_links_are_none() -> None:
    assert found(with_links(dict.fromkeys((*DOCUMENTS, *OTHERS), "x"))) == [*DOCUMENTS]


def test_lists_are_none_and_what_is_linked_twice_is_one() -> None:
    body = with_links({"/a/list.xlsx": "Participating", "/a/MOA.pdf": "Template"}, '<a href="/a/MOA.pdf">again</a>')
    assert found(body, "https://www.ice.gov/a/list.xlsx") == ["/a/MOA.pdf"]


def test_agreements_in_a_table_of_the_page_are_none() -> None:
    body = with_table([("TEXAS", "Smith", "Task Force Model", "2025-05-20", "link")]).replace(
        b"link</td>", b'<a href="https://www.ice.gov/doclib/287gMOA/smith.pdf">link</a></td>'
    )
    assert found(body.replace(b"</main>", b'<a href="/a/template.pdf">Template</a></main>')) == ["/a/template.pdf"]


A, B, C = (f"{BELOW}{name}.pdf" for name in "abc")
CASES = {
    "nothing": ({A: "x"}, {A: "x"}, []),
    "another text": ({A: "x"}, {A: "y"}, []),
    "new": ({A: "x"}, {A: "x", B: "y"}, [("document.added", B, None)]),
    "gone": ({A: "x", B: "y"}, {A: "x"}, [("document.removed", B, None)]),
    "another address": ({A: "MOA Template"}, {B: "MOA  template"}, [("document.changed", B, A)]),
    "another text and address": ({A: "x"}, {B: "y"}, [("document.added", B, None), ("document.removed", A, None)]),
    "two of one text": (
        {A: "x", B: "x"},
        {C: "x"},
        [("document.added", C, None), ("document.removed", A, None), ("document.removed", B, None)],
    ),
    "no text": ({A: ""}, {B: ""}, [("document.added", B, None), ("document.removed", A, None)]),
}


@pytest.mark.parametrize("what", CASES)
def test_what_came_left_or_gave_way_is_told(what: str) -> None:
    before, now, changes = CASES[what]
    assert [(one.kind, one.document.url, one.before.url if one.before else None) for one in compare(before, now)] == changes
