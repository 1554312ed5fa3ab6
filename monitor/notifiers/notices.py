"""What is told beside the news: the start, the operator's messages, a test of a channel. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.core.events import iso
from monitor.core.publication import Publication
from monitor.notifiers.messages import NEWS, OPERATOR, TEST, Line, Message, Section
from monitor.notifiers.news import Links
from monitor.notifiers.samples import LINE
from monitor.notifiers.wording import minute, standing


def start(publications: Sequence[Publication], links: Links) -> Message:
    """What the monitor starts from: the lists as they stood when it first read them, the newest last."""
    publication = publications[-1]
    return Message(
        id=f"start-{publication.id}-{publication.sha256[:12]}",
        severity=NEWS,
        title="Watching ICE's 287(g) list from here on",
        summary=f"Now {standing(publication.figures)}. None of these is news; what changes from now on is told.",
        at=iso(publication.seen_at),
        sources=tuple(links.source(one) for one in publications),
        url=links.of(publication),
        page=links.page,
    )


def held(publication: Publication, links: Links) -> Message:
    """A publication that the guard does not believe."""
    reasons = tuple(Line("Why", reason) for reason in publication.reasons)
    return Message(
        id=_held_id(publication),
        severity=OPERATOR,
        title=f"A publication of the {publication.list} list is held",
        summary=(
            f"{publication.name} looks implausible and was not announced; nothing changed. If it is right, run:"
            f" monitor287g release {publication.id}. The next plausible publication makes it moot."
        ),
        at=iso(publication.seen_at),
        sections=(Section("Reasons", reasons),),
        sources=(links.source(publication),),
        url=links.of(publication),
        page=links.page,
    )


def released(publication: Publication, reason: str, at: datetime, links: Links) -> Message:
    """What became of a held publication."""
    return Message(
        id=f"released-{publication.id}-{publication.sha256[:12]}",
        severity=OPERATOR,
        title=f"Over: the held publication of the {publication.list} list",
        summary=f"{publication.name}, held since {minute(publication.seen_at)}: {reason}.",
        at=iso(at),
        url=links.public_url,
        page=links.page,
        thread=_held_id(publication),
    )


def alarm(key: str, detail: str, since: datetime, at: datetime, links: Links, *, over: bool = False) -> Message:
    """Something wrong with the source or a channel (`over`: no longer)."""
    what = what_is_wrong(key)
    opened = f"alarm-{key}-{iso(since)}"
    return Message(
        id=f"{opened}-over" if over else opened,
        severity=OPERATOR,
        title=f"Over: {what}" if over else what[:1].upper() + what[1:],
        summary=f"It lasted from {minute(since)} to {minute(at)}." if over else f"Since {minute(since)}: {detail}.",
        at=iso(at),
        url=links.public_url,
        page=links.page,
        thread=opened if over else "",
    )


def what_is_wrong(key: str) -> str:
    """An alarm's key as a clause: `the 287(g) page cannot be read`."""
    return _ALARMS.get(key.split(":")[0], key).format(key.partition(":")[2])


def dead(channel: str, title: str, reason: str, at: datetime, links: Links, delivery: int) -> Message:
    """A message that its channel will never take."""
    return Message(
        id=f"{dead_key(channel)}{delivery}-{iso(at)}",
        severity=OPERATOR,
        title=f"Messages to {channel} are given up",
        summary=(
            f"“{title}” was not taken: {reason}. What else was given up: monitor287g deliveries --channel '{channel}' --state dead;"
            f" to try it all again, once that is mended: monitor287g deliveries retry --channel '{channel}'."
        ),
        at=iso(at),
        url=links.public_url,
        page=links.page,
    )


def dead_key(channel: str) -> str:
    """How the ids of such messages about a channel begin."""
    return f"dead-{channel}-"


def configuration(problems: Sequence[str], at: datetime, links: Links) -> Message:
    """A configuration that cannot be used while the daemon runs on with the last good one; no problems: it can be used again."""
    return Message(
        id=f"configuration-{iso(at)}",
        severity=OPERATOR,
        title="The new configuration cannot be used" if problems else "Over: the configuration is read again",
        summary="The monitor runs on with the last good one; mend the file and reload."
        if problems
        else "The monitor runs with the new one.",
        at=iso(at),
        sections=(Section("What is wrong", tuple(Line("Mend", problem) for problem in problems)),) if problems else (),
        url=links.public_url,
        page=links.page,
    )


def test(channel: str, at: datetime, links: Links) -> Message:
    """A message that shows a channel works; marked as a test."""
    return Message(
        id=f"test-{channel}-{iso(at)}",
        severity=TEST,
        title="Test of the 287(g) monitor",
        summary=f"This channel ({channel}) works. Alerts about new and ended 287(g) agreements will look like the line below.",
        at=iso(at),
        sections=(Section("Florida", (LINE,)),),
        url=links.public_url,
        page=links.page,
    )


def _held_id(publication: Publication) -> str:
    return f"held-{publication.id}-{publication.sha256[:12]}"


_ALARMS = {
    "page": "the 287(g) page cannot be read",
    "no_list": "no agency list is found on the 287(g) page",
    "document": "a linked {} list cannot be read",
    "announced": "a linked {} list does not answer",
    "channel": "the channel {} takes no messages",
}
