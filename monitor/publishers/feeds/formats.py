"""The three formats of a feed: RSS 2.0 and Atom 1.0, written by feedgenerator, and JSON Feed 1.1.

An item is written once for each format and put into every document that holds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import StringIO
from typing import Any, Protocol

from feedgenerator import Atom1Feed, Rss201rev2Feed
from feedgenerator.django.utils.encoding import iri_to_uri
from feedgenerator.django.utils.feedgenerator import rfc2822_date
from feedgenerator.django.utils.xmlutils import SimplerXMLGenerator

from monitor import __version__
from monitor.core.events import iso
from monitor.publishers.feeds.items import Item

LANGUAGE = "en-US"
AUTHOR = "287(g) monitor"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_HISTORY = "http://purl.org/syndication/history/1.0"
# As often as the source is asked, in minutes.
_TTL = 10


@dataclass(frozen=True, slots=True)
class Head:
    """What a document of a feed says before its items. Addresses are absolute.

    `own` is the document's; `current` the one to subscribe to, "" in that one itself; `earlier` and `later` the archives beside it ("":
    none); `page` what people read instead; `updated` when the newest item was learnt, or, without one, when the log began (None: the log is
    empty); `dated` whether there is an item.
    """

    id: str
    title: str
    description: str
    own: str
    page: str
    current: str = ""
    earlier: str = ""
    later: str = ""
    hubs: tuple[str, ...] = ()
    updated: datetime | None = None
    dated: bool = False


class Format(Protocol):
    """One format: the ending of its files, its media type, an item as text, and a document of such texts."""

    suffix: str
    type: str
    name: str

    def item(self, item: Item) -> str: ...

    def document(self, head: Head, items: Sequence[str]) -> bytes: ...


class _Rss(Rss201rev2Feed):  # type: ignore[misc]
    def rss_attributes(self) -> Mapping[str, str]:
        return {**super().rss_attributes(), "xmlns:content": _CONTENT, "xmlns:fh": _HISTORY}

    def add_root_elements(self, handler: Any) -> None:
        # Not the library's own: it would date a feed without items with the moment of writing.
        head: Head = self.feed["head"]
        for name in ("title", "link", "description", "language"):
            handler.addQuickElement(name, self.feed[name])
        if head.dated:
            handler.addQuickElement("lastBuildDate", rfc2822_date(head.updated))
        handler.addQuickElement("generator", f"monitor-287g {__version__}")
        handler.addQuickElement("ttl", self.feed["ttl"])
        _add_links(handler, "atom:link", head, Rss.type)
        if head.current:
            handler.addQuickElement("fh:archive")

    def add_item_elements(self, handler: Any, item: Mapping[str, Any]) -> None:
        super().add_item_elements(handler, item)
        told: Item = item["told"]
        for category in told.categories:
            handler.addQuickElement("category", category.term, {"domain": category.scheme})
        handler.addQuickElement("content:encoded", told.html)

    def write_items(self, handler: Any) -> None:
        _put(handler, self.feed["written"])


class _Atom(Atom1Feed):  # type: ignore[misc]
    def root_attributes(self) -> Mapping[str, str]:
        return {**super().root_attributes(), "xmlns:fh": _HISTORY}

    def latest_post_date(self) -> datetime:
        # The library's own asks a clock where there is no item.
        updated: datetime = self.feed["head"].updated
        return updated

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        head: Head = self.feed["head"]
        handler.addQuickElement("generator", "monitor-287g", {"version": __version__})
        _add_links(handler, "link", head, Atom.type)
        if head.current:
            handler.addQuickElement("fh:archive")

    def add_item_elements(self, handler: Any, item: Mapping[str, Any]) -> None:
        super().add_item_elements(handler, item)
        told: Item = item["told"]
        for category in told.categories:
            attributes = {"term": category.term, "scheme": category.scheme, "label": category.label}
            handler.addQuickElement("category", None, attributes)
        for address in told.evidence:
            handler.addQuickElement("link", None, {"rel": "related", "href": iri_to_uri(address)})

    def write_items(self, handler: Any) -> None:
        _put(handler, self.feed["written"])


class Rss:
    """RSS 2.0 with the whole content beside a short description."""

    suffix, type, name = ".xml", "application/rss+xml", "RSS"

    def item(self, item: Item) -> str:
        return _written(_Rss("", "", ""), "item", item)

    def document(self, head: Head, items: Sequence[str]) -> bytes:
        feed = _Rss(head.title, head.page, head.description, LANGUAGE, ttl=_TTL, head=head, written=items)
        return _document(feed)


class Atom:
    """Atom 1.0 (RFC 4287)."""

    suffix, type, name = ".atom", "application/atom+xml", "Atom"

    def item(self, item: Item) -> str:
        return _written(_Atom("", "", ""), "entry", item)

    def document(self, head: Head, items: Sequence[str]) -> bytes:
        feed = _Atom(
            *(head.title, head.page, head.description, LANGUAGE),
            author_name=AUTHOR,
            feed_guid=head.id,
            head=head,
            written=items,
        )
        return _document(feed)


class JsonFeed:
    """JSON Feed 1.1."""

    suffix, type, name = ".json", "application/feed+json", "JSON Feed"

    def item(self, item: Item) -> str:
        value: dict[str, Any] = {
            "id": item.id,
            "url": item.link,
            "title": item.title,
            "summary": item.summary,
            "content_html": item.html,
            "date_published": iso(item.at),
        }
        if item.categories:
            value["tags"] = [category.term for category in item.categories]
        return json.dumps(value, ensure_ascii=False)

    def document(self, head: Head, items: Sequence[str]) -> bytes:
        value: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": head.title,
            "home_page_url": head.page,
            "feed_url": head.own,
            "description": head.description,
            **({"next_url": head.earlier} if head.earlier else {}),
            "authors": [{"name": AUTHOR}],
            "language": LANGUAGE,
            **({"hubs": [{"type": "WebSub", "url": hub} for hub in head.hubs]} if head.hubs else {}),
        }
        opened = json.dumps(value, ensure_ascii=False).removesuffix("}")
        told = ",\n".join(items)
        return f'{opened}, "items": [{told}]}}\n'.encode()


FORMATS: tuple[Format, ...] = (Rss(), Atom(), JsonFeed())


def _add_links(handler: Any, name: str, head: Head, kind: str) -> None:
    """The links of a document: to itself, to hubs, and to its archives (RFC 5005, section 4)."""
    found = [("self", head.own), ("current", head.current), ("prev-archive", head.earlier), ("next-archive", head.later)]
    for rel, address in found:
        if address:
            handler.addQuickElement(name, None, {"rel": rel, "href": address, "type": kind})
    for hub in head.hubs:
        handler.addQuickElement(name, None, {"rel": "hub", "href": hub})


def _written(feed: Any, element: str, item: Item) -> str:
    """One item as XML, as the library writes it."""
    feed.add_item(
        # A description is HTML to every reader program, a title text.
        *(item.title, item.link, escape(item.summary, quote=False)),
        pubdate=item.at,
        unique_id=item.id,
        unique_id_is_permalink=False,
        content=item.html,
        told=item,
    )
    out = StringIO()
    handler = SimplerXMLGenerator(out, "utf-8", short_empty_elements=True)
    handler.startElement(element, {})
    feed.add_item_elements(handler, feed.items[0])
    handler.endElement(element)
    return out.getvalue()


def _put(handler: Any, written: Sequence[str]) -> None:
    """Items that are XML already: what is ignorable to a parser is what the generator writes as it stands."""
    for one in written:
        handler.ignorableWhitespace(f"\n{one}")
    handler.ignorableWhitespace("\n")


def _document(feed: Any) -> bytes:
    text: str = feed.writeString("utf-8")
    return text.encode()
