"""The text of a PDF, read in a process of its own that has little time and memory: whoever made the file may have meant harm."""

from __future__ import annotations

import io
from typing import Any

from monitor import apart
from monitor.store import PaperText

# Of the process: seconds, and bytes of memory; and characters of text that are kept.
SECONDS, MEMORY, CHARACTERS = 20, 1 << 30, 400_000
_PAGES = 500


def text_of(body: bytes, sha256: str) -> PaperText:
    """The text of a PDF, or why there is none."""
    try:
        value = apart.call(_text, body, limits=apart.Limits(SECONDS, MEMORY))
    except (OSError, apart.ApartError):
        return PaperText(sha256, 0, "", "reading it took more time or memory than there is")
    if "error" in value:
        return PaperText(sha256, 0, "", str(value["error"]))
    text = str(value["text"])
    return PaperText(sha256, int(value["pages"]), text, "" if text.strip() else "it has no text: a scanned document")


def _text(body: bytes) -> dict[str, Any]:
    """{"pages": 12, "text": "…"} or {"error": "…"}."""
    try:
        value = _read(body)
    except Exception as error:
        # pypdf raises many kinds of errors on what is no good PDF, also its own bugs.
        return {"error": f"it cannot be read: {type(error).__name__}"}
    if "text" in value:
        # Halves of surrogate pairs are no text, and NUL none that the database takes.
        value["text"] = value["text"].encode("utf-8", "replace").decode().replace("\0", "")
    return value


def _read(body: bytes) -> dict[str, Any]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(body), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        return {"error": "it is protected by a password"}
    parts: list[str] = []
    size = 0
    for page in reader.pages[:_PAGES]:
        part = page.extract_text()
        parts.append(part[: CHARACTERS - size])
        size += len(parts[-1])
        if size >= CHARACTERS:
            break
    return {"pages": len(reader.pages), "text": "\n".join(parts)}
