"""The message model: what one publication, or one alarm, has to say, whatever channel says it.

Everything in a message is plain text; each channel escapes it for its own format.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

from monitor.core.events import NEWS, Event, iso
from monitor.core.places import STATE_NAMES
from monitor.core.publication import Publication
from monitor.core.roster import PARTICIPATING, Listing
from monitor.core.values import MODEL_NAMES

_CORRECTIONS = frozenset(("agreement.corrected", "application.corrected", "moa.posted", "moa.replaced", "addendum.posted"))
# What stands before a line, and how a title counts it (singular, plural).
_WORDS = {
    "agreement.added": ("New", "new 287(g) agreement", "new 287(g) agreements"),
    "agreement.renewed": ("Renewed", "renewed", "renewed"),
    "agreement.relisted": ("Back on the list", "back on the list", "back on the list"),
    "agreement.removed": ("Ended", "ended", "ended"),
    "application.added": ("Applied", "new application", "new applications"),
    "application.approved": ("Approved", "application approved", "applications approved"),
    "application.withdrawn": ("Withdrawn", "application withdrawn", "applications withdrawn"),
    "list.left_page": ("Left the page", "list left the page", "lists left the page"),
    "list.returned": ("Back on the page", "list back on the page", "lists back on the page"),
    "agreement.corrected": ("Corrected", "correction", "corrections"),
    "application.corrected": ("Corrected", "correction of an application", "corrections of applications"),
    "moa.posted": ("Agreement posted", "agreement document posted", "agreement documents posted"),
    "moa.replaced": ("Agreement replaced", "agreement document replaced", "agreement documents replaced"),
    "addendum.posted": ("Addendum posted", "addendum posted", "addenda posted"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing told: `mark` (New, Ended, …), the text, and a document behind it."""

    mark: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines about one state, or about the lists themselves."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same whenever the same thing is told; `url` is this message's place on the public site, `source` the page watched."""

    id: str
    severity: str
    title: str
    summary: str
    at: str
    sections: tuple[Section, ...] = ()
    url: str = ""
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        sections = tuple(Section(s["title"], tuple(Line(**line) for line in s["lines"])) for s in value["sections"])
        return cls(**{**value, "sections": sections})


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message leads: the public site's address and the page that is watched."""

    public_url: str
    page: str

    def of(self, publication: Publication) -> str:
        return f"{self.public_url}/#publication-{publication.id}"


def told(events: Iterable[Event], tell: Sequence[str]) -> list[Event]:
    """The events that someone who asked for `tell` (news, corrections) is told."""
    wanted = (NEWS if "news" in tell else frozenset()) | (_CORRECTIONS if "corrections" in tell else frozenset())
    return [event for event in events if event.kind in wanted]


def publication_message(publication: Publication, events: Sequence[Event], links: Links) -> Message:
    """What a publication's `events` say, grouped by state, with the totals after it. `events` must not be empty."""
    counts = Counter(event.kind for event in events)
    return Message(
        id=f"publication-{publication.id}-{publication.sha256[:12]}",
        severity="news" if counts.keys() & NEWS else "corrections",
        title=_title(counts),
        summary=f"{_now(publication.figures)} Read from {publication.name or 'the page'}, seen {_minute(publication.seen_at)}.",
        at=iso(publication.seen_at),
        sections=tuple(_sections(events)),
        url=links.of(publication),
        source=links.page,
    )


def start_message(publication: Publication, links: Links) -> Message:
    """What the monitor starts from: the lists as they stood when it first read them."""
    return Message(
        id=f"start-{publication.id}-{publication.sha256[:12]}",
        severity="news",
        title="Watching ICE's 287(g) list from here on",
        summary=f"{_now(publication.figures)} None of these is news; what changes from now on is told.",
        at=iso(publication.seen_at),
        url=links.of(publication),
        source=links.page,
    )


def held_message(publication: Publication, links: Links) -> Message:
    """A publication that the guard does not believe: for the operator."""
    reasons = tuple(Line("Why", reason) for reason in publication.reasons)
    return Message(
        id=f"held-{publication.id}-{publication.sha256[:12]}",
        severity="operator",
        title=f"A publication of the {publication.list} list is held",
        summary=(
            f"{publication.name} looks implausible and was not announced; nothing changed. If it is right, run:"
            f" monitor287g release {publication.id}. The next plausible publication makes it moot."
        ),
        at=iso(publication.seen_at),
        sections=(Section("Reasons", reasons),),
        url=links.of(publication),
        source=links.page,
    )


def released_message(publication: Publication, reason: str, at: datetime, links: Links) -> Message:
    """What became of a held publication: for the operator."""
    return Message(
        id=f"released-{publication.id}-{publication.sha256[:12]}",
        severity="operator",
        title=f"Over: the held publication of the {publication.list} list",
        summary=f"{publication.name}, held since {_minute(publication.seen_at)}: {reason}.",
        at=iso(at),
        url=links.public_url,
        source=links.page,
    )


def alarm_message(key: str, detail: str, since: datetime, at: datetime, links: Links, *, over: bool = False) -> Message:
    """Something wrong with the source (`over`: no longer): for the operator."""
    what = _ALARMS.get(key.split(":")[0], key).format(key.partition(":")[2])
    return Message(
        id=f"alarm-{key}-{iso(since)}-{'over' if over else 'open'}",
        severity="operator",
        title=f"Over: {what}" if over else _capital(what),
        summary=f"It lasted from {_minute(since)} to {_minute(at)}." if over else f"Since {_minute(since)}: {detail}.",
        at=iso(at),
        url=links.public_url,
        source=links.page,
    )


def test_message(channel: str, at: datetime, links: Links) -> Message:
    """A message that shows a channel works."""
    return Message(
        id=f"test-{channel}-{iso(at)}",
        severity="news",
        title="Test of the 287(g) monitor",
        summary=f"This channel ({channel}) works. Alerts about new and ended 287(g) agreements will look like the line below.",
        at=iso(at),
        sections=(
            Section(
                "Florida",
                (Line("New", "Example County Sheriff's Office: Task Force Model, signed May 20, 2025 (an invented one)"),),
            ),
        ),
        url=links.public_url,
        source=links.page,
    )


_ALARMS = {
    "page": "the 287(g) page cannot be read",
    "no_list": "no agency list is found on the 287(g) page",
    "document": "a linked {} list cannot be read",
    "announced": "a linked {} list does not answer",
    "channel": "the channel {} takes no messages",
}


def _title(counts: Mapping[str, int]) -> str:
    """`2 new 287(g) agreements, 1 ended`: what was told, the weightiest first."""
    parts: list[str] = []
    for kind, (_, one, many) in _WORDS.items():
        if number := counts.get(kind, 0):
            words = one if number == 1 else many
            # `1 ended` says enough behind `2 new 287(g) agreements`, not alone.
            if (
                kind.startswith("agreement.")
                and "agreement" not in "".join(parts)
                and "agreement" not in words
                and "correction" not in words
            ):
                words = f"287(g) agreement{'' if number == 1 else 's'} {words}"
            parts.append(f"{number} {words}")
    return ", ".join(parts) or "The lists on the page"


def _sections(events: Iterable[Event]) -> Iterable[Section]:
    by_state: dict[str, list[Line]] = defaultdict(list)
    for event in events:
        name = STATE_NAMES.get(event.state or "", event.state or "") if event.listing else ""
        by_state[name].append(_line(event))
    for title, lines in sorted(by_state.items()):
        yield Section(title or "The lists", tuple(lines))


def _line(event: Event) -> Line:
    mark = _WORDS[event.kind][0] if event.kind in _WORDS else event.kind
    listing = event.listing
    if listing is None:
        return Line(mark, f"{event.publication.list if event.publication else 'a'} list: {event.reason}")
    text = describe(listing)
    if event.kind == "agreement.renewed" and event.before:
        text += f" (before: {_signed(event.before)})"
    elif event.kind.endswith(".corrected"):
        text += f" ({changes_in_words(event.changes)})"
    elif event.kind in ("agreement.relisted", "moa.replaced"):
        text += f" ({event.reason})"
    if event.doubt and event.kind in ("agreement.added", "agreement.removed"):
        text += " (possibly one and the same as another row told here)"
    url = listing.addendum_url if event.kind == "addendum.posted" else listing.moa_url
    return Line(mark, text, url)


def describe(listing: Listing) -> str:
    """An agreement or application in one phrase: agency, model, signing date."""
    model = MODEL_NAMES.get(listing.model or "", "model not readable")
    return f"{listing.agency}: {model}" + (f", {_signed(listing)}" if listing.list == PARTICIPATING else "")


def changes_in_words(changes: Mapping[str, tuple[Any, Any]]) -> str:
    """`changes` of an event as a phrase: `agency: Couny → County`."""
    return "; ".join(
        f"{name.removeprefix('printed.').replace('_', ' ')}: {old or 'empty'} → {new or 'empty'}"
        for name, (old, new) in changes.items()
    )


def _signed(listing: Listing) -> str:
    return f"signed {_day(listing.signed)}" if listing.signed else "no readable signing date"


def _now(figures: Mapping[str, Any]) -> str:
    parts = []
    if "agreements" in figures:
        parts.append(f"{_count(figures['agreements'], 'agreement')} in {_count(figures['states'], 'state')}")
    if "pending" in figures:
        parts.append(_count(figures["pending"], "pending application"))
    return f"Now {' and '.join(parts)}." if parts else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _minute(moment: datetime) -> str:
    return f"{moment:%B} {moment.day}, {moment:%Y, %H:%M} UTC"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
