"""What an item of a feed says, whatever the format: an event, the digest of a publication, or news of the source's health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from monitor.core.events import Event, iso, moment
from monitor.core.publication import Publication
from monitor.core.values import MODEL_NAMES
from monitor.notifiers import notices
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.news import Links, entry
from monitor.notifiers.wording import minute, plain, state_name
from monitor.publishers.feeds.sequence import COUNTRY, Notice, Slot
from monitor.store import Incident, Told

# What a request or a reader said of the source, for people; an alarm's own words may hold addresses that are not public.
_OUTCOMES = {
    "announced": "its document answers 404 so far",
    "blocked": "the site refuses the monitor",
    "empty": "the answer is empty",
    "empty_list": "the list has no rows",
    "http_error": "the site answers with an error",
    "no_list": "no list is in the document",
    "not_a_page": "the answer is no web page",
    "not_a_workbook": "the answer is no workbook",
    "not_found": "the site answers 404",
    "rate_limited": "the site limits requests",
    "server_error": "the site answers with an error of its own",
    "timeout": "no answer comes in time",
    "too_large": "the answer is too large",
    "truncated": "the answer ends early",
    "unreachable": "the site cannot be reached",
    "wrong_list": "the document holds the other list",
}


@dataclass(frozen=True, slots=True)
class Category:
    """What an item is about: `scheme` says which taxonomy `term` is of, `label` is the term for people."""

    scheme: str
    term: str
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """`id` never changes and is given to nothing else; `at` is when it was learnt; `summary` is plain text, `html` all of the content,
    escaped; `link` leads to the public site, `evidence` to what the item was read from.
    """

    id: str
    at: datetime
    title: str
    summary: str
    html: str
    link: str
    categories: tuple[Category, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Content:
    """What the template shows. Lines have no section's title where there is no `lead`."""

    lead: str
    notes: Sequence[str] = ()
    sections: Sequence[Section] = ()
    sources: Sequence[Mapping[str, str]] = ()


def of_event(slot: Slot, event: Event, publication: Publication, links: Links) -> Item:
    """The item of one event."""
    # Totals and records are told once for the publication, by its digest.
    firsts = {name: value for name, value in publication.figures.items() if name == "firsts"}
    message = entry(replace(publication, figures=firsts), [event], links, event.at)
    line = message.sections[0].lines[0]
    agency = event.listing.agency_id if event.listing else ""
    return Item(
        _event_id(slot.rows[0], slot.nth),
        event.at,
        plain(message.title),
        _in_words(line),
        _html(_content(replace(message, notes=(), summary=""))),
        f"{links.public_url}/agencies/{_quoted(agency)}.html" if agency else links.of(publication),
        _categories([event]),
        tuple(plain(url) for url in (links.of(publication), line.url) if url and _is_web(url)),
    )


def of_digest(slot: Slot, events: Sequence[Event], publication: Publication, links: Links) -> Item:
    """The item of all that one publication told at one moment; of its first reading what the list is watched from."""
    at = moment(slot.rows[-1].at)
    message = notices.start([publication], links) if slot.starts else entry(publication, events, links, at)
    title = message.title
    if not slot.starts and sum(len(section.lines) for section in message.sections) == 1:
        # Its one event has an item of its own beside it, with that title.
        title = message.summary.rstrip(".")
    return Item(
        _digest_id(slot, publication),
        at,
        plain(title),
        plain(message.summary),
        _html(_content(message)),
        links.of(publication),
        _categories(events),
        (links.of(publication),),
    )


def of_incident(notice: Notice, incident: Incident, links: Links) -> Item:
    """What was wrong with the source, or that it is over."""
    what = notices.what_is_wrong(incident.key)
    why = _OUTCOMES.get(incident.detail.partition(" ")[0], "")
    number = f"urn:287g:health:{iso(incident.opened_at)}:{_quoted(incident.key)}"
    since = minute(incident.opened_at)
    if notice.over and incident.over_at:
        summary = f"It lasted from {since} to {minute(incident.over_at)}."
        return _of_health(f"{number}:over", incident.over_at, f"Over: {what}", summary, "over", links)
    title = what[:1].upper() + what[1:]
    return _of_health(number, incident.told_at, title, f"Since {since}{f': {why}' if why else ''}.", "wrong", links)


def of_verdict(notice: Notice, row: Told, event: Event, links: Links) -> Item:
    """That a publication is held, and what became of it."""
    publication = event.publication
    name, seen = (publication.name, minute(publication.seen_at)) if publication else ("", "")
    held = event.kind == "publication.held"
    title = f"{'' if held else 'Over: '}a publication of the {row.list} list is held"
    summary = (
        f"{name}, seen {seen}, looks implausible and is not announced until it is borne out: {event.reason}."
        if held
        else f"{name}, held since {seen}: {event.reason}."
    )
    return _of_health(
        _event_id(row, notice.nth), event.at, title[:1].upper() + title[1:], summary, "wrong" if held else "over", links
    )


def _of_health(number: str, at: datetime, title: str, summary: str, term: str, links: Links) -> Item:
    told = plain(summary)
    return Item(
        number,
        at,
        plain(title),
        told,
        _html(_Content(told)),
        f"{links.public_url}/status.html",
        (Category("urn:287g:health", term, {"wrong": "Something is wrong", "over": "It is over"}[term]),),
    )


def _event_id(row: Told, nth: int) -> str:
    """Made of what a rebuild from the same evidence finds again, not of the database's numbers."""
    parts = (row.list, row.at, row.kind, *((_quoted(row.listing),) if row.listing else ()), *((str(nth),) if nth > 1 else ()))
    return f"urn:287g:{':'.join(parts)}"


def _digest_id(slot: Slot, publication: Publication) -> str:
    number = f"urn:287g:{publication.list}:{iso(publication.seen_at)}:{publication.sha256}"
    if slot.digest == COUNTRY:
        return number if slot.first else f"{number}:{slot.rows[0].at}"
    return f"{number}:{slot.rows[0].at}:{slot.digest}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _in_words(line: Line) -> str:
    return plain(f"{line.mark}: {line.text}{f' ({line.note})' if line.note else ''}")


def _categories(events: Iterable[Event]) -> tuple[Category, ...]:
    found: dict[Category, None] = {}
    for event in events:
        listing = event.listing
        found[Category("urn:287g:kind", event.kind, event.kind)] = None
        if listing is None:
            continue
        if listing.state:
            found[Category("urn:287g:state", plain(listing.state), plain(state_name(listing.state)))] = None
        if listing.model:
            found[Category("urn:287g:model", plain(listing.model), MODEL_NAMES.get(listing.model, plain(listing.model)))] = None
        if listing.agency_kind:
            kind = plain(listing.agency_kind)
            found[Category("urn:287g:agency-kind", kind, kind)] = None
    return tuple(sorted(found, key=lambda one: (one.scheme, one.term)))


def _content(message: Message) -> _Content:
    return _Content(
        plain(message.summary),
        [plain(note) for note in message.notes],
        [Section(plain(section.title), tuple(_inert(line) for line in section.lines)) for section in message.sections],
        [{"name": plain(one.name), "sha256": one.sha256, "seen": one.seen, "url": one.url} for one in message.sources],
    )


def _inert(line: Line) -> Line:
    return Line(plain(line.mark), plain(line.text), plain(line.url) if line.url and _is_web(line.url) else None, plain(line.note))


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _html(content: _Content) -> str:
    return _template().render(item=content).strip()


@cache
def _template() -> Template:
    """Everything it is given is escaped."""
    environment = Environment(
        loader=PackageLoader("monitor.publishers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("feed_item.html.j2")
