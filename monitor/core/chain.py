"""The hash chain over what was written down: each entry's link is made of the one before and of the entry's own line.

Whoever knows a link knows that everything before it stands as it stood then: an entry that is altered, dropped or slipped in breaks every
link after it. Anyone can follow it with a line of shell: `printf '%s\\n%s' "$previous" "$line" | sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

# What the first entry is linked to.
START = "0" * 64
MISSING = "is missing"
ALTERED = "is not what was written down, or the one before it was altered together with its link"


def link(previous: str, line: str) -> str:
    """The link of an entry: SHA-256, in hex, of the link before it, a line feed and the entry's line (UTF-8)."""
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def breaks(entries: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str]]:
    """(number, what is wrong) of every entry that does not follow from the one before it; of several missing in a row, the first.

    `entries` are (number, line, link) from the first on, numbered 1, 2, 3 …
    """
    previous: str | None = START
    expected = 1
    for number, line, stored in entries:
        if number != expected:
            yield expected, MISSING
            previous = None
        if previous is not None and stored != link(previous, line):
            yield number, ALTERED
        expected, previous = number + 1, stored
