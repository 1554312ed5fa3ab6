"""A list of all feeds for reader programs: OPML 2.0, an outline for each group."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import groupby

from monitor.publishers.feeds.formats import Rss
from monitor.publishers.feeds.sequence import FEEDS


def opml(public_url: str) -> bytes:
    """Every feed as RSS, the format that every reader program takes."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "287(g) monitor"
    body = ET.SubElement(root, "body")
    for group, feeds in groupby(FEEDS, key=lambda feed: feed.group):
        outline = ET.SubElement(body, "outline", text=group)
        for feed in feeds:
            about = {"text": feed.title, "title": feed.title, "description": feed.description, "language": "en-US"}
            address = {"xmlUrl": f"{public_url}/{feed.path(Rss.suffix)}", "htmlUrl": f"{public_url}/"}
            ET.SubElement(outline, "outline", {"type": "rss", **about, **address, "version": "RSS2"})
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"
