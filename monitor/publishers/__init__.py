"""What the public reads: static files below `public/`, built from the store. A file is rewritten only where its content changed."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.config import Settings
from monitor.publishers import feeds, site
from monitor.store import Store


def publish(store: Store, settings: Settings, folder: Path) -> list[str]:
    """Builds every file below `folder`; gives the names of those that were written."""
    files = {"feed.xml": feeds.rss(store, settings), "index.html": site.home(store, settings), "style.css": site.style()}
    return [name for name, content in files.items() if write(folder / name, content)]


def write(path: Path, content: bytes) -> bool:
    """Puts `content` in place in one step, unless it is there already; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True
