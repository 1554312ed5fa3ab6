"""The documents themselves, for whoever wants to check what is cited: copies of the evidence under its SHA-256."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

from monitor.evidence import Evidence
from monitor.publishers.files import putting

FOLDER = "documents"
# A saved page is not shown as one: no browser is to run what somebody else wrote.
_AS_TEXT = (".html", ".bin")


def document_name(evidence: Evidence, digest: str) -> str | None:
    """The path of a document's public copy below the public folder, None where the document is not kept."""
    path = evidence.find(digest)
    return f"{FOLDER}/{digest}{'.txt' if path.suffix in _AS_TEXT else path.suffix}" if path else None


def copy(evidence: Evidence, digest: str, place: Path, *, check: bool) -> bool:
    """Copies a document to `place` unless it is there; whether it was copied. `check`: what is there must be what its name says."""
    source = evidence.find(digest)
    if source is None or (place.exists() and (not check or sha256(place.read_bytes()).hexdigest() == digest)):
        return False
    with putting(place) as draft:
        shutil.copyfile(source, draft)
    return True
