"""What a feed or a page says: one item for each publication that told news, and one for a list that left the page or came back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.config import Settings
from monitor.core.events import NEWS, iso
from monitor.core.publication import Publication
from monitor.notifiers import notices
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links, alert
from monitor.store import Store

_LIST_KINDS = ("list.left_page", "list.returned")


@dataclass(frozen=True, slots=True)
class Item:
    """`guid` never changes and is never given twice; `anchor` is its place on the page; `at` when it was learnt."""

    guid: str
    anchor: str
    at: datetime
    publication: Publication
    message: Message


def items(store: Store, settings: Settings, limit: int) -> list[Item]:
    """The newest `limit` items, the newest first. The first reading of each list is one."""
    links = Links(settings.web.public_url, settings.page)
    publications = store.publications()
    first = {publication.list: publication.id for publication in publications if publication.applied}
    found = _of_lists(store, publications, links)
    for publication in publications:
        if not publication.applied or len(found) >= 2 * limit:
            continue
        if first[publication.list] == publication.id:
            found.append(_item(publication, notices.start([publication], links)))
            continue
        events = [event for event in store.events(publication=publication.id) if event.kind not in _LIST_KINDS]
        news = [event for event in events if event.kind in NEWS]
        if news and (message := alert([publication], news, links)):
            # A publication that was held is news from its release on.
            found.append(_item(publication, message, max(event.at for event in news)))
    found.sort(key=lambda item: (item.at, item.publication.id), reverse=True)
    return found[:limit]


def _item(publication: Publication, message: Message, at: datetime | None = None) -> Item:
    guid = f"urn:287g:{publication.list}:{iso(publication.seen_at)}:{publication.sha256}"
    return Item(guid, f"publication-{publication.id}", at or publication.seen_at, publication, message)


def _of_lists(store: Store, publications: list[Publication], links: Links) -> list[Item]:
    by_id = {publication.id: publication for publication in publications}
    found = []
    for event in store.events(kinds=_LIST_KINDS):
        if event.publication:
            publication = by_id[event.publication.id]
            anchor = f"event-{event.id}"
            guid = f"urn:287g:{publication.list}:{iso(event.at)}:{event.kind}"
            if message := alert([publication], [event], links):
                message = replace(message, url=f"{links.public_url}/#{anchor}")
                found.append(Item(guid, anchor, event.at, publication, message))
    return found
