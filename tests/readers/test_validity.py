"""Every file of every feed by its specification: RFC 4287, RSS 2.0 with its modules, JSON Feed 1.1, OPML 2.0."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from monitor.config import Settings
from monitor.core.alarms import Open
from monitor.evidence import Evidence
from monitor.publishers.feeds import files
from monitor.publishers.record import Record
from monitor.store import Store
from tests.archive.conftest import ARCHIVE, MISSING
from tests.support.told import AT, HOSTILE, agreement, application, event, newsroom

PUBLIC = "https://monitor.example.org/287g"
SETTINGS = Settings.model_validate({"web": {"public_url": PUBLIC, "hubs": ["https://hub.example.org/?a=1&b=2"]}})
ATOM = "{http://www.w3.org/2005/Atom}"
JSON_FEED = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "next_url": str,
    "language": str,
    "authors": list,
    "hubs": list,
    "items": list,
}
JSON_ITEM = {
    "id": str,
    "url": str,
    "title": str,
    "content_html": str,
    "summary": str,
    "date_published": str,
    "tags": list,
}


@cache
def schema(name: str) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / f"{name}.rng"))


def follows(content: bytes, name: str) -> Any:
    """The document, if it follows the schema."""
    document = etree.fromstring(content)
    schema(name).assertValid(document)
    return document


def check_json(content: bytes) -> None:
    """What the specification of JSON Feed 1.1 asks."""
    feed = json.loads(content.decode("utf-8"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {"version", "title", "items"} <= feed.keys() <= JSON_FEED.keys()
    assert all(isinstance(feed[key], JSON_FEED[key]) for key in feed)
    assert all(feed[key].startswith("https://") for key in feed if key.endswith("_url"))
    assert all(author.keys() & {"name", "url", "avatar"} for author in feed["authors"])
    assert all(set(hub) == {"type", "url"} for hub in feed.get("hubs", []))
    for item in feed["items"]:
        assert {"id", "content_html"} <= item.keys() <= JSON_ITEM.keys()
        assert all(isinstance(item[key], JSON_ITEM[key]) for key in item)
        assert all(isinstance(tag, str) and tag for tag in item.get("tags", []))
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None


def check(built: Mapping[str, bytes]) -> int:
    """Validates every file; how many there are."""
    for name, content in built.items():
        if name.endswith(".atom"):
            check_atom(follows(content, "atom"))
        elif name.endswith(".xml"):
            for item in follows(content, "rss").iter("pubDate", "lastBuildDate"):
                assert parsedate_to_datetime(item.text).tzinfo is not None
        elif name.endswith(".json"):
            check_json(content)
        else:
            follows(content, "opml")
    return len(built)


def check_atom(feed: Any) -> None:
    """What RFC 4287 asks beyond its schema: an author, one self and alternate link, ids of their own, dates with a zone."""
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        assert len([link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1
        assert all(":" in link.get("href") for link in element.findall(f"{ATOM}link"))
    assert len([link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]) == 1
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    for date in feed.iter(f"{ATOM}updated", f"{ATOM}published"):
        assert datetime.fromisoformat(date.text).tzinfo is not None


def ids_of(built: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(id, content) of every item of every feed."""
    for name, content in built.items():
        if name.endswith(".json"):
            yield from ((item["id"], item["content_html"] + item["title"]) for item in json.loads(content)["items"])


def test_every_file_is_valid_whatever_stands_in_a_cell(tmp_path: Path) -> None:
    kinds = ("agreement.added", "agreement.corrected", "moa.posted", "agreement.removed", "agreement.renewed")
    with newsroom(tmp_path) as desk:
        assert check(dict(files(Record(desk.store, SETTINGS, Evidence(Path("documents")), AT.date())))) > 100
        desk.learn(event("agreement.baseline", agreement()))
        for number, text in enumerate(HOSTILE * 4):
            inert = text.encode("utf-8", "replace").decode()
            listing = agreement(
                inert, "TX", county=inert, id=f"tx-{number}-{inert}", agency_id=inert, moa_url=f"https://a.b/{inert}"
            )
            asked = application(inert, "FL", "JEM", id=inert)
            told = [event(kind, listing, before=listing, reason=inert) for kind in kinds]
            new = desk.learn(*told, event("application.added", asked))
            desk.learn(event("list.left_page", reason=inert), event("publication.held", reason=inert), list_name="pending")
            assert new
        alarms = {"page": Open(AT, "timeout", AT), "document:new": Open(AT, HOSTILE[0], AT)}
        for at, opened in ((desk.now, alarms), (desk.now + timedelta(hours=1), {})):
            with desk.store.transaction():
                desk.store.journal.put_alarms(opened, at)
        built = dict(files(Record(desk.store, SETTINGS, Evidence(Path("documents")), AT.date())))
    assert check(built) > 200
    contents: dict[str, str] = {}
    for number, content in ids_of(built):
        assert contents.setdefault(number, content) == content, f"{number} says two things"


def test_a_document_that_is_wrong_is_refused() -> None:
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><id>urn:x</id>%s</feed>'
    follows(feed % b"<updated>2025-05-29T14:00:00Z</updated>", "atom")
    for wrong in (b"", b"<updated>May 29</updated>", b"<updated>2025-05-29T14:00:00Z</updated><entry/>"):
        with pytest.raises(etree.DocumentInvalid):
            follows(feed % wrong, "atom")
    with pytest.raises(etree.DocumentInvalid):
        follows(b'<rss version="2.0"><channel><title>x</title></channel></rss>', "rss")


@pytest.mark.skipif(not ARCHIVE.is_dir(), reason=MISSING)
def test_every_feed_of_the_archive_is_valid_and_no_id_is_given_twice(whole_archive: Path) -> None:
    store = Store.open(whole_archive / "monitor.db")
    try:
        built = dict(files(Record(store, SETTINGS, Evidence(Path("documents")), AT.date())))
    finally:
        store.close()
    assert check(built) > 600
    contents: dict[str, str] = {}
    for number, content in ids_of(built):
        assert contents.setdefault(number, content) == content, f"{number} says two things"
    country = [number for name in built if name.endswith(".json") and "us-" in name for number, _ in ids_of({name: built[name]})]
    assert len(country) == len(set(country)) > 2_000
