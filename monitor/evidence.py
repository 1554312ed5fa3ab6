"""Evidence: every document that counted, kept once under its SHA-256 and never overwritten.

`documents/ab/abcdef….xlsx`: the first two digits are the folder. A file is written beside its place, flushed to the disk and renamed into
it, so that a crash leaves either the whole document or none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


class Evidence:
    """The content-addressed files below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, body: bytes) -> str:
        """Stores `body` unless it is there already, whole; gives its SHA-256 in hex. Raises OSError where the disk refuses."""
        digest = hashlib.sha256(body).hexdigest()
        path = self._place(digest, extension(body))
        if self.read(digest) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                with draft.open("wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                draft.rename(path)
            finally:
                draft.unlink(missing_ok=True)
        return digest

    def files(self) -> Iterator[Path]:
        """Every file of the folder, drafts and strangers too, by their paths."""
        return (path for path in sorted(self.folder.rglob("*")) if path.is_file())

    def find(self, digest: str) -> Path | None:
        """The file of a document, None where it is not kept."""
        return next(iter(sorted((self.folder / digest[:2]).glob(f"{digest}.*"))), None)

    def read(self, digest: str) -> bytes | None:
        """A document's bytes, None where it is not kept or no longer what its name says."""
        path = self.find(digest)
        body = path.read_bytes() if path else None
        return body if body is not None and hashlib.sha256(body).hexdigest() == digest else None

    def _place(self, digest: str, suffix: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.{suffix}"


def extension(body: bytes) -> str:
    """A file extension by the first bytes, whatever a server claims."""
    start = body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK"):
        return "xlsx"
    if start.startswith(b"%PDF"):
        return "pdf"
    return "html" if start.startswith(b"<") else "bin"
