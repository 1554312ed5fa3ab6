"""The plain statement that goes with evidence: what was seen when and where, how to check it, and what it does not prove."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from monitor import __version__
from monitor.citing.catalogue import Item
from monitor.citing.stamps import Head
from monitor.store import ARCHIVED, Sighting

_QUOTED = ("date", "last-modified", "etag", "content-disposition")
_STATUS = {
    "accepted": "It was taken as it is",
    "held": "It was held as implausible, and nothing was made of it",
    "released": "It was held as implausible, and later accepted",
    "superseded": "It was held as implausible, and made moot by a later one",
}
_HOW = """\
Every document was stored as it came, byte for byte, under its SHA-256: the name of its file in this archive. Two
documents of one SHA-256 are the same. To check that the files here are those that were stored:

    sha256sum -c SHA256SUMS

events.ndjson holds what the monitor read from these documents, one event a line; sightings.ndjson when, where and with
which headers it saw them: number, SHA-256, address, name, how, headers (as JSON text), first moment. Both are chained:
an entry's link is the SHA-256 of the link before it, a line feed and the entry's line, and the first entry follows 64
zeros. manifest.json has the links, also of the entry before each, so that every line here can be checked by itself:

    printf '%s\\n%s' "$link_before" "$line" | sha256sum

Whoever knew one of the heads below at an earlier time can tell that nothing before it was altered."""
_NOT = """\
The moments are those of the clock of the computer that ran the monitor, in UTC; where a document was read from a saved
file, they are the moments that this file's archive gives. What servers said of themselves is quoted as they said it. A
hash shows that a document is unchanged since it was hashed, not who made it; that it came from www.ice.gov rests on the
encrypted connection under which it was fetched. A record that its keeper wrote anew from the start would be consistent
too: a time stamp by a third party, or a copy of a head from earlier, excludes that."""


def statement(chosen: Sequence[Item], events: int, head: Head) -> str:
    """The text of STATEMENT.txt for the documents and a number of events that were read from them."""
    moments = sorted(moment for item in chosen for moment in (item.first_seen, item.last_seen) if moment)
    span = f", seen between {_said(moments[0])} and {_said(moments[-1])}" if moments else ""
    parts = [
        "STATEMENT",
        _filled(
            f"This archive was made by monitor-287g {__version__}, a program that watches the page of U.S. Immigration and Customs"
            f" Enforcement about its 287(g) program. It holds {_count(len(chosen), 'document')}{span}, and"
            f" {_count(events, 'event')} of the log that the program keeps of what it read."
        ),
        "DOCUMENTS",
        *(_document(number, item) for number, item in enumerate(chosen, 1)),
        "HOW TO CHECK IT",
        _wrapped(_HOW),
        "WHAT IT DOES NOT PROVE",
        _wrapped(_NOT),
        "HEADS OF THE RECORD",
        f"event {head.events:,}: {head.events_head}\nsighting {head.sightings:,}: {head.sightings_head}",
    ]
    return "\n\n".join(parts) + "\n"


def _document(number: int, item: Item) -> str:
    name = f"documents/{item.path.name}" if item.path else item.sha256
    lines = [f"{number}. {name}", f"   {item.kind}, {item.bytes:,} bytes, SHA-256 {item.sha256}"]
    if not item.sightings:
        lines.append("   When and where it was seen was not recorded.")
    for one in item.sightings:
        last = f", and again until {_said(one.last_seen)}" if one.last_seen != one.first_seen else ""
        lines += _filled(f"{_where(one)} {_said(one.first_seen)}{last}.").splitlines()
        said = "; ".join(f"{key}: {one.headers[key]}" for key in _QUOTED if key in one.headers)
        if said:
            lines += _filled(f"The server said: {said}.").splitlines()
        if capture := one.headers.get("x-archive-url"):
            lines += _filled(f"The archive keeps it at {capture}.").splitlines()
    for publication in item.publications:
        reasons = f" ({'; '.join(publication.reasons)})" if publication.reasons else ""
        became = f"{_STATUS[publication.status]}{reasons}."
        told = f"Publication {publication.id} of the {publication.list} list, {_said(publication.seen_at)}. {became}"
        lines += _filled(told).splitlines()
    return "\n".join([lines[0], *(f"   {line.strip()}" for line in lines[1:])])


def _where(sighting: Sighting) -> str:
    """Where a document was found, for what is said of the moment to follow."""
    name = sighting.name or "a document without a name"
    if sighting.how != ARCHIVED:
        return f"Received from {sighting.url} as {name} on"
    if sighting.url == sighting.name:
        return f"Read from the saved file {name}, which its archive dates"
    return f"Read from a saved file, by which {sighting.url} gave it as {name}, on"


def _said(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y at %H:%M:%S} UTC"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _filled(text: str) -> str:
    """One paragraph; what came from the network stays on its line and obeys no terminal."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.fill(plain, 92, break_long_words=False, break_on_hyphens=False)


def _wrapped(text: str) -> str:
    return "\n\n".join(part if part.startswith("    ") else _filled(part.replace("\n", " ")) for part in text.split("\n\n"))
