"""The text of PDFs, also of those that mean harm."""

from __future__ import annotations

import pytest

from monitor.moa import pdf as reading
from monitor.moa.pdf import text_of
from tests.support.pdf import bomb, loop, pdf

GOOD = pdf("MEMORANDUM OF AGREEMENT", "Signature\nDate: 05/20/2025")


def test_text_and_pages_are_read() -> None:
    found = text_of(GOOD, "x")
    assert (found.sha256, found.pages, found.detail) == ("x", 2, "")
    assert "MEMORANDUM OF AGREEMENT" in found.text
    assert "Date: 05/20/2025" in found.text


def test_a_scanned_document_says_that_it_has_no_text() -> None:
    assert text_of(pdf(""), "x").detail == "it has no text: a scanned document"


def test_no_more_text_is_kept_than_can_be_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(text_of(pdf(*["word " * 4_000] * 40), "x").text) <= reading.CHARACTERS + 40


@pytest.mark.parametrize("body", [b"", b"%PDF-1.4", GOOD[:200], b"%PDF" + bytes(range(256)) * 50, loop()])
def test_what_is_no_good_pdf_says_so(body: bytes) -> None:
    found = text_of(body, "x")
    assert (found.pages, found.text) == (0, "")
    assert found.detail


def test_a_bomb_ends_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    found = text_of(bomb(), "x")
    assert found.text == ""
    assert "cannot be read" in found.detail or "time or memory" in found.detail
