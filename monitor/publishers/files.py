"""How a public file is written: whole and in one step, and only where its content changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECOND = 1_000_000_000


def write(path: Path, content: bytes) -> bool:
    """Puts `content` in place unless it is there already; whether it was written."""
    if is_there(path, content):
        return False
    with putting(path) as draft:
        draft.write_bytes(content)
    return True


def is_there(path: Path, content: bytes) -> bool:
    """Whether the file holds just this."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


@contextmanager
def putting(path: Path) -> Iterator[Path]:
    """A draft beside `path` that takes its place when the block ends well. Its folder is made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        if path.exists() and (before := path.stat().st_mtime_ns // _SECOND) >= draft.stat().st_mtime_ns // _SECOND:
            # Two versions of one second would have one Last-Modified: curl, and so newsboat, drops the later one.
            os.utime(draft, ns=((before + 1) * _SECOND, (before + 1) * _SECOND))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
