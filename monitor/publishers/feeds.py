"""RSS 2.0: one item for each publication that told news. Written by feedgen, which escapes everything."""

from __future__ import annotations

from feedgen.feed import FeedGenerator

from monitor import __version__
from monitor.config import Settings
from monitor.publishers.items import items
from monitor.publishers.site import fragment
from monitor.store import Store

# As many items as readers poll for in weeks; ICE publishes up to three times a day.
LENGTH = 100


def rss(store: Store, settings: Settings) -> bytes:
    """The feed as XML bytes. Its dates are the publications': the same log gives the same bytes."""
    feed = FeedGenerator()
    address = f"{settings.web.public_url}/feed.xml"
    feed.title("287(g) monitor: new and ended agreements")
    # feedgen makes the channel's own link of the last one.
    feed.link(href=address, rel="self", type="application/rss+xml")
    feed.link(href=f"{settings.web.public_url}/", rel="alternate")
    feed.description(
        "Agreements between ICE and local law enforcement agencies that began, ended or were renewed, one item per publication."
    )
    feed.language("en-US")
    feed.ttl(10)
    feed.generator("monitor-287g", version=__version__)
    found = items(store, settings, LENGTH)
    if found:
        feed.lastBuildDate(found[0].at)
    for item in found:
        entry = feed.add_entry(order="append")
        entry.guid(item.guid, permalink=False)
        entry.title(printable(item.message.title))
        entry.link(href=item.message.url)
        entry.pubDate(item.at)
        entry.description(printable(fragment(item.message)))
        entry.category(term=item.publication.list)
    if not found:
        # feedgen would put the moment of writing; a feed without items has none.
        feed.lastBuildDate("1970-01-01T00:00:00+00:00")
    content: bytes = feed.rss_str(pretty=True)
    return content


def printable(text: str) -> str:
    """`text` without the characters that XML 1.0 forbids (a cell may hold any)."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF))
    )
