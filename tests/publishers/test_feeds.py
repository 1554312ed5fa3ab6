"""The feed as a reader program finds it: valid, the same twice running, and inert whatever stands in a cell."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.config import Settings
from monitor.core.events import Event
from monitor.core.publication import Publication
from monitor.core.roster import Agreement, Printed
from monitor.publishers import publish, write
from monitor.publishers.feeds import LENGTH, printable, rss
from monitor.store import Commit, Document, Store
from tests.support.line import START, Line
from tests.support.sheets import JEM, pending_sheet, row, sheet

PUBLIC = "https://monitor.example.org"
SETTINGS = Settings.model_validate({"web": {"public_url": PUBLIC}})
ATOM = "{http://www.w3.org/2005/Atom}"
OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = row("OHIO", "Butler County Sheriff's Office", moa="https://www.ice.gov/doclib/287gMOA/butler.pdf")
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "the end of CDATA": "]]><script>alert(1)</script><![CDATA[",
    "an entity": "&nbsp; &xxe; &#0; &lt;b&gt;",
    "NUL": "Smith\x00County",
    "control characters": "Smith\x01\x08\x0b\x1b[31m\x1fCounty",
    "what is no character": "Smith\ufffe\uffff\ud800County",
    "the end of an item": "</description></item></channel></rss>",
    "an attribute": "\"'><img src=x onerror=alert(1)>",
}


@pytest.fixture
def followed(watch: Line) -> Line:
    """A line that learnt two lists and then one new agreement."""
    watch.site.publish("participating", sheet(OLD))
    watch.site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department")]))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]), "participatingAgencies05302025am.xlsx")
    watch.poll()
    return watch


def feed(store: Store) -> bytes:
    return rss(store, SETTINGS)


def read(body: bytes) -> Any:
    """What a reader program makes of the feed; fails the test where it has to guess."""
    found = feedparser.parse(body)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "rss20"
    return found


def channel(body: bytes) -> ET.Element:
    found = ET.fromstring(body).find("channel")
    assert found is not None
    return found


def told(store: Store, agency: str, number: int = 1, name: str = "list.xlsx") -> None:
    """Commits publication `number` with one new agreement of `agency`, as if no reader had tidied its name."""
    publication = Publication(
        id=number,
        list="participating",
        listed_as="participating",
        name=name,
        url="https://www.ice.gov/x.xlsx",
        sha256=f"{number:064x}",
        roster_digest="",
        seen_at=START + number * timedelta(hours=1),
    )
    listing = Agreement(state="TX", agency=agency, agency_kind="other", county=None, model="TFM", printed=Printed())
    event = Event(kind="agreement.added", at=publication.seen_at, publication=publication.ref, agreement=listing)
    store.commit(Commit(publication.seen_at, publication, events=[event], documents=[Document(publication.sha256, 1)]))


def test_each_publication_with_news_is_one_item_the_newest_first(followed: Line) -> None:
    found = read(feed(followed.store))
    start = "Watching ICE's 287(g) list from here on"
    title = "New 287(g) agreement: Butler County Sheriff's Office (Ohio)"
    assert [entry.title for entry in found.entries] == [title, start, start]
    description = found.entries[0].description
    assert "Butler County Sheriff's Office: Task Force Model, signed May 20, 2025 (first in Ohio on record)" in description
    assert "1 new 287(g) agreement: now 3 agreements in 3 states, a new high; 1 pending application." in description
    assert "First agreement in Ohio on record" in description
    assert "Evidence: participatingAgencies05302025am.xlsx, seen May 29, 2025, 14:20 UTC, SHA-256" in description
    assert 'href="https://www.ice.gov/doclib/287gMOA/butler.pdf"' in found.entries[0].description


def test_a_reader_finds_the_same_items_twice_running_and_after_polls_without_news(followed: Line) -> None:
    first = read(feed(followed.store))
    assert feed(followed.store) == feed(followed.store)
    followed.site.publish("participating", sheet([row("TEXAS ", "Smith County Sheriff’s  Office"), OLD[1], NEW]))
    followed.poll(after=timedelta(days=1))
    again = read(feed(followed.store))
    ids = [entry.id for entry in first.entries]
    assert [entry.id for entry in again.entries] == ids
    assert len(set(ids)) == 3


def test_a_list_that_goes_and_comes_and_goes_again_is_three_items(followed: Line) -> None:
    before = {entry.id for entry in read(feed(followed.store)).entries}
    for list_on_page in (False, True, False):
        if list_on_page:
            followed.site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department")]))
        else:
            followed.site.unlink("pending")
        followed.poll()
    found = read(feed(followed.store))
    left, back = "The pending list left ICE's 287(g) page", "The pending list is back on ICE's 287(g) page"
    titles = [left, back, left]
    assert [entry.title for entry in found.entries][:3] == titles
    ids = [entry.id for entry in found.entries]
    assert len(set(ids)) == 6
    assert before < set(ids)


def test_the_feed_names_itself_and_every_address_is_absolute(followed: Line) -> None:
    found = channel(feed(followed.store))
    (own,) = [link for link in found.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert (own.get("href"), own.get("type")) == (f"{PUBLIC}/feed.xml", "application/rss+xml")
    links = [found.findtext("link"), *(item.findtext("link") for item in found.findall("item"))]
    assert len(links) == 4
    assert all(link and link.startswith(f"{PUBLIC}/") for link in links)


def test_the_feed_leads_to_the_page_it_belongs_to(followed: Line) -> None:
    assert channel(feed(followed.store)).findtext("link") == f"{PUBLIC}/"


def test_a_link_leads_to_the_item_s_place_on_the_page(followed: Line) -> None:
    followed.publish()
    page = (followed.state.public / "index.html").read_text("utf-8")
    for entry in read((followed.state.public / "feed.xml").read_bytes()).entries:
        anchor = entry.link.partition("#")[2]
        assert f'id="{anchor}"' in page


def test_a_list_that_left_is_linked_to_its_own_place_on_the_page(followed: Line) -> None:
    followed.site.unlink("pending")
    followed.poll()
    links = [entry.link for entry in read(feed(followed.store)).entries]
    assert len(set(links)) == len(links)


def test_an_id_is_no_address(followed: Line) -> None:
    guids = [item.find("guid") for item in channel(feed(followed.store)).findall("item")]
    assert len(guids) == 3
    for guid in guids:
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert (guid.text or "").startswith("urn:287g:")


def test_dates_are_when_a_publication_was_seen(followed: Line) -> None:
    found = channel(feed(followed.store))
    dates = [parsedate_to_datetime(item.findtext("pubDate") or "") for item in found.findall("item")]
    assert dates == [START + timedelta(minutes=20), START + timedelta(minutes=10), START + timedelta(minutes=10)]
    assert parsedate_to_datetime(found.findtext("lastBuildDate") or "") == dates[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert(tmp_path: Path, name: str) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        text = HOSTILE[name]
        if "\ud800" in text:
            text = text.encode("utf-8", "replace").decode()  # SQLite stores no half characters; `printable` is tested with them
        told(store, "Start")
        told(store, text, 2, name=text)
        body = feed(store)
    finally:
        store.close()
    found = channel(body)
    items = found.findall("item")
    assert len(items) == 2, "a name has opened or closed an item"
    assert {child.tag for child in items[0]} == {"guid", "title", "link", "pubDate", "description", "category"}
    assert all(len(child) == 0 for child in items[0])
    assert not set(body.decode()) & set(map(chr, (*range(9), 11, 12, *range(14, 32))))
    description = items[0].findtext("description") or ""
    assert not any(tag in description for tag in ("<script", "<img", "<![CDATA["))
    assert len(read(body).entries) == 2


def test_a_name_is_read_as_it_stands_whatever_it_holds(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        told(store, "Start")
        told(store, 'Tom & Jerry <b> "County" Sheriff’s Office 😀', 2)
        item = channel(feed(store)).find("item")
    finally:
        store.close()
    assert item is not None
    description = item.findtext("description") or ""
    assert "Tom &amp; Jerry &lt;b&gt; &#34;County&#34; Sheriff’s Office 😀: Task Force Model" in description


def test_only_what_xml_forbids_is_left_out() -> None:
    kept = "\t\n\r !~\x7f\x85 é\u202e\ud7ff\ue000\ufffd😀"
    assert printable(kept) == kept
    assert printable("a\x00b\x08c\x0bd\x0ce\x1ff\ud800g\udfffh\ufffei\uffffj") == "abcdefghij"


def test_an_empty_feed_is_valid_and_does_not_change(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        body = feed(store)
        found = read(body)
        assert found.entries == []
        assert found.feed.title == "287(g) monitor: new and ended agreements"
        assert feed(store) == body
    finally:
        store.close()


def test_the_feed_holds_the_newest_hundred_items(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        for number in range(1, LENGTH + 21):
            told(store, f"Agency {number}", number)
        entries = read(feed(store)).entries
    finally:
        store.close()
    assert len(entries) == LENGTH == 100
    assert "Agency 120:" in entries[0].description
    assert "Agency 21:" in entries[-1].description


def test_files_whose_content_did_not_change_are_not_written_again(followed: Line) -> None:
    folder = followed.state.public
    assert sorted(publish(followed.store, SETTINGS, folder)) == ["feed.xml", "index.html", "style.css"]
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}
    assert publish(followed.store, SETTINGS, folder) == []
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()} == before
    (folder / "feed.xml").write_bytes(b"damaged")
    assert publish(followed.store, SETTINGS, folder) == ["feed.xml"]


def test_a_file_is_replaced_in_one_step_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "public" / "feed.xml"
    assert write(path, b"one")
    with path.open("rb") as reader:
        assert write(path, b"two")
        assert reader.read() == b"one", "whoever was reading got half of each"
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["feed.xml"]


def test_a_public_folder_that_cannot_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(OSError, match="public"):
        write(tmp_path / "public" / "feed.xml", b"one")
