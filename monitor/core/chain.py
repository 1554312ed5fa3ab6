"""The hash chain over what was written down: each entry's link is made of the one before and of the entry's own line.

Whoever knows a link knows that everything before it stands as it stood then: an entry that is altered, dropped or slipped in breaks every
link after it. Anyone can follow it with a line of shell: `printf '%s\\n%s' "$previous" "$line" | sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

# What the first entry is linked to.
START = "0" * 64


def link(previous: str, line: str) -> str:
    """The link of an entry: SHA-256, in hex, of the link before it, a line feed and the entry's line (UTF-8)."""
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def first_break(entries: Iterable[tuple[int, str, str]]) -> tuple[int, str] | None:
    """(number, what is wrong) of the first entry that does not follow from those before it, None where all do.

    `entries` are (number, line, link) from the first on, numbered 1, 2, 3 …
    """
    previous = START
    for expected, (number, line, stored) in enumerate(entries, 1):
        if number != expected:
            return expected, "is missing"
        previous = link(previous, line)
        if stored != previous:
            return number, "is not what was written down"
    return None
