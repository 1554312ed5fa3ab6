"""Documents kept as evidence: once, under their SHA-256, whole or not at all."""

from __future__ import annotations

import hashlib
import resource
from pathlib import Path

import pytest

from monitor.evidence import Evidence, extension
from tests.support.line import Line
from tests.support.sheets import row, sheet

BODY = b"PK\x03\x04 a workbook"
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path / "documents")


def files(evidence: Evidence) -> list[str]:
    return sorted(str(path.relative_to(evidence.folder)) for path in evidence.folder.rglob("*") if path.is_file())


def test_a_document_is_kept_under_its_digest_in_a_folder_of_its_first_two_digits(evidence: Evidence) -> None:
    assert evidence.keep(BODY) == DIGEST
    assert files(evidence) == [f"{DIGEST[:2]}/{DIGEST}.xlsx"]
    assert evidence.read(DIGEST) == BODY
    assert evidence.find(DIGEST) == evidence.folder / DIGEST[:2] / f"{DIGEST}.xlsx"


def test_a_document_that_is_kept_already_is_not_written_again(evidence: Evidence) -> None:
    evidence.keep(BODY)
    path = evidence.find(DIGEST)
    assert path is not None
    before = path.stat()
    assert evidence.keep(BODY) == DIGEST
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(files(evidence)) == 1


def test_what_was_never_kept_is_not_there(evidence: Evidence) -> None:
    evidence.keep(BODY)
    other = DIGEST[:2] + "0" * 62
    assert (evidence.find(other), evidence.read(other)) == (None, None)


@pytest.mark.parametrize("damage", [b"", BODY[:-1], BODY + b"\0", b"something else"])
def test_a_file_that_is_no_longer_what_its_name_says_is_not_taken_for_evidence(evidence: Evidence, damage: bytes) -> None:
    evidence.keep(BODY)
    path = evidence.find(DIGEST)
    assert path is not None
    path.write_bytes(damage)
    assert evidence.read(DIGEST) is None


def test_a_damaged_file_is_replaced_when_the_document_comes_again(evidence: Evidence) -> None:
    evidence.keep(BODY)
    path = evidence.find(DIGEST)
    assert path is not None
    path.write_bytes(BODY[:-1])
    evidence.keep(BODY)
    assert evidence.read(DIGEST) == BODY


def test_a_folder_that_cannot_be_made_raises(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path / "documents")
    evidence.folder.mkdir()
    (evidence.folder / DIGEST[:2]).write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError, match=DIGEST[:2]):
        evidence.keep(BODY)
    assert evidence.find(DIGEST) is None


def test_a_disk_that_is_full_raises_and_leaves_neither_evidence_nor_draft(evidence: Evidence) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(BODY) - 1, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            evidence.keep(BODY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(evidence) == []
    assert evidence.keep(BODY) == DIGEST
    assert evidence.read(DIGEST) == BODY


def test_a_draft_that_a_crash_left_is_no_evidence(evidence: Evidence) -> None:
    draft = evidence.folder / DIGEST[:2] / f".{DIGEST}.xlsx.4711"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(BODY[:5])
    assert evidence.find(DIGEST) is None
    assert evidence.keep(BODY) == DIGEST
    assert evidence.read(DIGEST) == BODY


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        (BODY, "xlsx"),
        (b"%PDF-1.7", "pdf"),
        (b"<!DOCTYPE html>", "html"),
        (b"\r\n  <html>", "html"),
        (b"", "bin"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "bin"),
        (b"#!/bin/sh", "bin"),
    ],
)
def test_a_file_is_named_by_its_first_bytes(body: bytes, ending: str) -> None:
    assert extension(body) == ending


def test_a_page_that_begins_with_a_byte_order_mark_is_a_page() -> None:
    assert extension("\ufeff<!DOCTYPE html>".encode()) == "html"


def test_evidence_that_was_lost_is_kept_again_at_the_next_poll(watch: Line) -> None:
    watch.site.publish("participating", sheet([row()]))
    watch.poll()
    digest = watch.store.publications()[0].sha256
    path = watch.evidence.find(digest)
    assert path is not None
    path.unlink()
    watch.poll()
    assert watch.site.requests[-1].status == 200
    assert watch.evidence.read(digest) is not None
