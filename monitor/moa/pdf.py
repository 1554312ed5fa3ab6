"""The text of a PDF, read in a process of its own that has little time and memory: whoever made the file may have meant harm.

As a program it reads a PDF from standard input and writes one JSON object: {"pages": 12, "text": "…"} or {"error": "…"}.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from typing import Any

from monitor.store import PaperText

# Of the process: seconds, and bytes of memory; and characters of text that are kept.
SECONDS, MEMORY, CHARACTERS = 20, 1 << 30, 400_000
_PAGES = 500


def text_of(body: bytes, sha256: str) -> PaperText:
    """The text of a PDF, or why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "monitor.moa.pdf"], input=body, capture_output=True, timeout=2 * SECONDS, check=False
        )
        value: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return PaperText(sha256, 0, "", "reading it took too long")
    except (OSError, ValueError):
        return PaperText(sha256, 0, "", "reading it took more time or memory than there is")
    if "error" in value:
        return PaperText(sha256, 0, "", str(value["error"]))
    text = str(value["text"])
    return PaperText(sha256, int(value["pages"]), text, "" if text.strip() else "it has no text: a scanned document")


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


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        value = _read(sys.stdin.buffer.read())
    except Exception as error:
        # pypdf raises many kinds of errors on what is no good PDF, also its own bugs.
        value = {"error": f"it cannot be read: {type(error).__name__}"}
    # Halves of surrogate pairs are no text.
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    sys.stdout.buffer.write(text.replace(b"\\u0000", b""))


if __name__ == "__main__":
    _main()
