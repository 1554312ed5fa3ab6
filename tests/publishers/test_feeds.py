"""The feeds as a reader program finds them: what each tells, the same twice running, and inert whatever stands in a cell."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.config import Settings
from monitor.core.alarms import Open
from monitor.core.events import Event, iso
from monitor.core.publication import Publication
from monitor.core.roster import Agreement, Printed, Roster
from monitor.evidence import Evidence
from monitor.intake import Arrival, Intake
from monitor.publishers.feeds import Renderings, catalogue, documents, files
from monitor.publishers.feeds.formats import FORMATS
from monitor.publishers.feeds.items import of_event
from monitor.publishers.feeds.sequence import FEEDS, Slot
from monitor.publishers.record import Record
from monitor.reader import read_roster
from monitor.store import Commit, Document, Store, Told
from tests.support.line import START, Line, line
from tests.support.sheets import JEM, pending_sheet, row, sheet
from tests.support.site import PAGE, Fault
from tests.support.told import LINKS, agreement, application, event, joined, newsroom, publication

PUBLIC = "https://monitor.example.org"
# No feed asks for a document.
NO_EVIDENCE = Evidence(Path("documents"))
SETTINGS = Settings.model_validate({"web": {"public_url": PUBLIC}})
ATOM = "{http://www.w3.org/2005/Atom}"
OLD = [row("TEXAS", "Smith County Sheriff's Office"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
NEW = row("OHIO", "Butler County Sheriff's Office", moa="https://www.ice.gov/doclib/287gMOA/butler.pdf")
COUNTIES = (
    *("Anderson", "Angelina", "Aransas", "Archer", "Armstrong", "Atascosa", "Austin", "Bailey", "Bandera", "Bastrop"),
    *("Baylor", "Bee", "Bell", "Bexar", "Blanco", "Borden", "Bosque", "Bowie", "Brazoria", "Brazos"),
)
SMITH = agreement()
JONES = agreement("Jones County Sheriff's Office")
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "the end of CDATA": "]]><script>alert(1)</script><![CDATA[",
    "an entity": "&nbsp; &xxe; &#0; &lt;b&gt;",
    "NUL": "Smith\x00County",
    "control characters": "Smith\x01\x08\x0b\x1b[31m\x1fCounty",
    "what is no character": "Smith\ufffe\uffff\ud800County",
    "the end of an item": "</description></item></channel></rss>",
    "ten thousand characters": "A" * 10_000,
    "right to left": "Smith \u202etnuoC\u202c \u200f\u2066County",
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


def built(store: Store, settings: Settings = SETTINGS) -> dict[str, bytes]:
    """Every file of every feed, by its path."""
    return dict(files(Record(store, settings, NO_EVIDENCE, START.date())))


def feed(store: Store, path: str = "feed.xml") -> bytes:
    return built(store)[path]


def titles(body: bytes) -> list[str]:
    return [entry.title for entry in read(body).entries]


def read(body: bytes) -> Any:
    """What a reader program makes of the feed; fails the test where it has to guess."""
    found = feedparser.parse(body)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version in ("rss20", "atom10")
    return found


def ids(body: bytes) -> list[str]:
    return [entry.id for entry in read(body).entries]


def json_pages(files: Mapping[str, bytes], name: str) -> Iterator[dict[str, Any]]:
    """A JSON feed and the pages that it leads to."""
    while name:
        page: dict[str, Any] = json.loads(files[name])
        assert page["feed_url"] == f"{PUBLIC}/{name}"
        yield page
        name = page.get("next_url", "").removeprefix(f"{PUBLIC}/")


def channel(body: bytes) -> ET.Element:
    found = ET.fromstring(body).find("channel")
    assert found is not None
    return found


def told(store: Store, agency: str, number: int = 1, name: str = "list.xlsx") -> None:
    """Commits publication `number` with one new agreement of `agency`, as if no reader had tidied its name."""
    one = Publication(
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
    new = Event(kind="agreement.added", at=one.seen_at, publication=one.ref, agreement=listing)
    store.commit(Commit(one.seen_at, one, events=[new], documents=[Document(one.sha256, 1)]))


def test_each_event_is_an_item_and_each_publication_with_news_a_digest_the_newest_first(followed: Line) -> None:
    found = read(feed(followed.store))
    start = "Watching ICE's 287(g) list from here on"
    title = "New 287(g) agreement: Butler County Sheriff's Office (Ohio)"
    digest = "1 new 287(g) agreement: now 3 agreements in 3 states, a new high; 1 pending application"
    assert [entry.title for entry in found.entries] == [digest, title, start, start]
    description = found.entries[1].description
    assert description == "New: Butler County Sheriff's Office: Task Force Model, signed May 20, 2025 (first in Ohio on record)"
    content = found.entries[0].content[0].value
    assert "First agreement in Ohio on record" in content
    assert "Evidence:" in content
    assert "participatingAgencies05302025am.xlsx</a>, seen May 29, 2025, 14:20 UTC, SHA-256" in content
    assert 'href="https://www.ice.gov/doclib/287gMOA/butler.pdf"' in found.entries[1].content[0].value


def test_a_state_and_a_model_have_feeds_of_their_own_with_a_digest_where_there_is_more_than_one(followed: Line) -> None:
    assert titles(feed(followed.store, "feeds/oh.xml")) == ["New 287(g) agreement: Butler County Sheriff's Office (Ohio)"]
    assert titles(feed(followed.store, "feeds/tfm.atom")) == ["New 287(g) agreement: Butler County Sheriff's Office (Ohio)"]
    assert titles(feed(followed.store, "feeds/tx.xml")) == titles(feed(followed.store, "feeds/jem.atom")) == []
    more = [row("OHIO", f"{name} County Sheriff's Office", JEM) for name in ("Adams", "Allen")]
    followed.site.publish("participating", sheet([*OLD, NEW, *more]))
    followed.poll()
    assert titles(feed(followed.store, "feeds/oh.atom"))[:3] == [
        "2 new 287(g) agreements",
        "New 287(g) agreement: Allen County Sheriff's Office (Ohio)",
        "New 287(g) agreement: Adams County Sheriff's Office (Ohio)",
    ]
    assert len(titles(feed(followed.store, "feeds/jem.xml"))) == 3
    assert len(titles(feed(followed.store, "feeds/tfm.xml"))) == 1


def test_corrections_are_in_their_own_feed_and_in_no_other(followed: Line) -> None:
    before = built(followed.store)
    followed.site.publish("participating", sheet([row("TEXAS", "Smith Couny Sheriff's Office"), OLD[1], NEW]))
    followed.poll()
    after = built(followed.store)
    assert titles(after["feeds/corrections.xml"]) == ["287(g) agreement corrected: Smith Couny Sheriff's Office (Texas)"]
    assert {name for name in after if after[name] != before[name]} == {
        f"feeds/corrections.{end}" for end in ("xml", "atom", "json")
    }


def test_the_feed_of_applications_tells_them_and_their_list(followed: Line) -> None:
    followed.site.publish(
        "pending", pending_sheet([row("UTAH", "Provo Police Department"), row("UTAH", "Orem Police Department")])
    )
    followed.poll()
    followed.site.unlink("pending")
    followed.poll()
    assert titles(feed(followed.store, "feeds/pending.atom")) == [
        "The pending list left ICE's 287(g) page",
        "New 287(g) application: Orem Police Department (Utah)",
    ]


def test_the_health_feed_tells_what_is_wrong_with_the_source_and_when_it_is_over(followed: Line) -> None:
    followed.site.faults = [Fault(PAGE, "status", 403, 99)]
    followed.poll()
    followed.poll()
    assert titles(feed(followed.store, "feeds/health.xml")) == [], "less than an hour is the web's everyday life"
    followed.poll(after=timedelta(hours=2))
    first = read(feed(followed.store, "feeds/health.xml"))
    assert [entry.title for entry in first.entries] == ["The 287(g) page cannot be read"]
    assert first.entries[0].description == "Since May 29, 2025, 14:30 UTC: the site refuses the monitor."
    followed.site.faults.clear()
    followed.poll()
    found = read(feed(followed.store, "feeds/health.atom"))
    assert [entry.title for entry in found.entries] == ["Over: the 287(g) page cannot be read", "The 287(g) page cannot be read"]
    assert found.entries[1].id == first.entries[0].id
    assert {entry.link for entry in found.entries} == {f"{PUBLIC}/status.html"}


def test_nothing_private_is_in_the_health_feed(followed: Line) -> None:
    opened = Open(START, "unreachable socks5://user:s3cret@proxy.internal: /var/lib/secret", START)
    with followed.store.transaction():
        followed.store.journal.put_alarms({"page": opened, "channel:newsroom": opened}, START)
    body = b"".join(content for name, content in built(followed.store).items() if "health" in name)
    assert b"the site cannot be reached" in body
    assert not any(word in body for word in (b"s3cret", b"proxy.internal", b"/var/lib", b"newsroom", b"channel:"))


def test_a_held_publication_is_told_in_the_health_feed_and_its_news_on_release(watch: Line) -> None:
    many = [row("TEXAS", f"{name} County Sheriff's Office") for name in COUNTIES]
    watch.site.publish("participating", sheet(many))
    watch.poll()
    watch.site.publish("participating", sheet(many[:5]))
    watch.poll()
    assert titles(feed(watch.store, "feeds/health.xml")) == ["A publication of the participating list is held"]
    assert len(titles(feed(watch.store))) == 1
    intake = Intake(watch.store, watch.evidence, watch.settings)
    intake.release(2, watch.now + timedelta(hours=1))
    assert titles(feed(watch.store, "feeds/health.xml"))[0] == "Over: a publication of the participating list is held"
    found = read(feed(watch.store))
    assert len(found.entries) == 2 + len(many) - 5
    held = watch.store.publication(2)
    assert held is not None
    assert found.entries[0].id == f"urn:287g:participating:{iso(held.seen_at)}:{held.sha256}"
    assert parsedate_to_datetime(found.entries[0].published) == watch.now + timedelta(hours=1)


def test_what_a_person_decided_later_is_an_item_of_its_own(tmp_path: Path) -> None:
    with newsroom(tmp_path) as desk:
        desk.learn(event("agreement.added", agreement("Start")))
        added = desk.learn(event("agreement.removed", SMITH), event("agreement.added", JONES))[1]
        before = ids(feed(desk.store))
        first = desk.store.publication(2)
        assert first is not None
        desk.learn_of(first, joined(SMITH, JONES))
        assert added.id
        found = read(feed(desk.store, "feeds/corrections.xml"))
        assert [entry.title for entry in found.entries] == ["287(g) agreement corrected: Jones County Sheriff's Office (Texas)"]
        assert "told as ended and as new, one agreement all along" in found.entries[0].description
        desk.learn_of(first, event("application.withdrawn", application()))
        after = ids(feed(desk.store))
        assert after[2:] == before
        assert after[0].startswith(f"urn:287g:participating:{iso(first.seen_at)}:{first.sha256}:")
        assert after[2] == f"urn:287g:participating:{iso(first.seen_at)}:{first.sha256}"


def test_a_reader_finds_the_same_items_twice_running_and_after_polls_without_news(followed: Line) -> None:
    first = read(feed(followed.store))
    assert built(followed.store) == built(followed.store)
    followed.site.publish("participating", sheet([row("TEXAS ", "Smith County Sheriff’s  Office"), OLD[1], NEW]))
    followed.poll(after=timedelta(days=1))
    again = read(feed(followed.store))
    numbers = [entry.id for entry in first.entries]
    assert [entry.id for entry in again.entries] == numbers
    assert len(set(numbers)) == 4


def test_a_list_that_goes_and_comes_and_goes_again_is_three_items(followed: Line) -> None:
    before = set(ids(feed(followed.store)))
    for list_on_page in (False, True, False):
        if list_on_page:
            followed.site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department")]))
        else:
            followed.site.unlink("pending")
        followed.poll()
    found = read(feed(followed.store))
    left, back = "The pending list left ICE's 287(g) page", "The pending list is back on ICE's 287(g) page"
    assert [entry.title for entry in found.entries][:3] == [left, back, left]
    assert len(set(ids(feed(followed.store)))) == 7
    assert before < set(ids(feed(followed.store)))


def test_an_id_is_the_same_in_every_format_and_after_a_rebuild_from_the_evidence(followed: Line, tmp_path: Path) -> None:
    files = built(followed.store)
    of_json = [item["id"] for item in json.loads(files["feed.json"])["items"]]
    assert ids(files["feed.xml"]) == ids(files["feed.atom"]) == of_json
    with line(followed.site, tmp_path / "again") as other:
        # The same evidence, read into another database that has seen a list before.
        told(other.store, "Somebody else", 1)
        for publication in followed.store.publications()[::-1]:
            body = followed.evidence.read(publication.sha256)
            assert body is not None
            roster = read_roster(body, publication.seen_at, publication.url)
            assert isinstance(roster, Roster)
            intake = Intake(other.store, other.evidence, other.settings)
            intake.take(Arrival(body, publication.sha256, roster, publication.url, publication.name, None), publication.seen_at)
        again = ids(feed(other.store))
    assert set(of_json[:2]) <= set(again)


def test_events_of_one_second_that_look_alike_have_ids_of_their_own(tmp_path: Path) -> None:
    with newsroom(tmp_path) as desk:
        one = event("agreement.added", SMITH)
        desk.learn(one)
        desk.learn(one, after=timedelta(0))
        numbers = ids(feed(desk.store))
    assert len(numbers) == len(set(numbers)) == 4


def test_a_feed_names_itself_and_every_address_is_absolute(followed: Line) -> None:
    found = channel(feed(followed.store, "feeds/oh.xml"))
    (own,) = [one for one in found.findall(f"{ATOM}link") if one.get("rel") == "self"]
    assert (own.get("href"), own.get("type")) == (f"{PUBLIC}/feeds/oh.xml", "application/rss+xml")
    links = [found.findtext("link"), *(item.findtext("link") for item in found.findall("item"))]
    assert links == [f"{PUBLIC}/", f"{PUBLIC}/agencies/oh-butler-county-sheriffs-office.html"]


def test_a_digest_leads_to_its_publication_and_an_event_to_its_agency(followed: Line) -> None:
    links = [entry.link for entry in read(feed(followed.store, "feed.atom")).entries]
    assert [one.removeprefix(PUBLIC) for one in links] == [
        "/publications/3.html",
        "/agencies/oh-butler-county-sheriffs-office.html",
        "/publications/2.html",
        "/publications/1.html",
    ]


def test_an_item_says_what_it_is_about_in_each_format(followed: Line) -> None:
    about = {("agency-kind", "sheriff"), ("kind", "agreement.added"), ("model", "TFM"), ("state", "OH")}
    for path in ("feeds/oh.xml", "feeds/oh.atom"):
        (entry,) = read(feed(followed.store, path)).entries
        assert {(tag.scheme.removeprefix("urn:287g:"), tag.term) for tag in entry.tags} == about
    (item,) = json.loads(feed(followed.store, "feeds/oh.json"))["items"]
    assert set(item["tags"]) == {term for _, term in about}
    related = [one.href for one in entry.links if one.rel == "related"]
    assert related == [f"{PUBLIC}/publications/3.html", "https://www.ice.gov/doclib/287gMOA/butler.pdf"]


def test_an_id_is_no_address(followed: Line) -> None:
    guids = [item.find("guid") for item in channel(feed(followed.store)).findall("item")]
    assert len(guids) == 4
    for guid in guids:
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert (guid.text or "").startswith("urn:287g:")


def test_dates_are_when_a_publication_was_seen(followed: Line) -> None:
    found = channel(feed(followed.store))
    dates = [parsedate_to_datetime(item.findtext("pubDate") or "") for item in found.findall("item")]
    assert dates == [START + timedelta(minutes=20)] * 2 + [START + timedelta(minutes=10)] * 2
    assert parsedate_to_datetime(found.findtext("lastBuildDate") or "") == dates[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_in_every_format(tmp_path: Path, name: str) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        text = HOSTILE[name]
        if "\ud800" in text:
            text = text.encode("utf-8", "replace").decode()  # SQLite stores no half characters
        told(store, "Start")
        told(store, text, 2, name=text)
        files = built(store)
    finally:
        store.close()
    found = channel(files["feed.xml"])
    found_items = found.findall("item")
    assert len(found_items) == 4, "a name has opened or closed an item"
    tags = {"title", "link", "description", "pubDate", "guid", "category", "{http://purl.org/rss/1.0/modules/content/}encoded"}
    assert {child.tag for item in found_items for child in item} == tags
    assert all(len(child) == 0 for item in found_items for child in item)
    assert len(ET.fromstring(files["feed.atom"]).findall(f"{ATOM}entry")) == 4
    contents = [item["content_html"] for item in json.loads(files["feed.json"])["items"]]
    contents += [child.text or "" for item in found_items for child in item if child.tag.endswith(("encoded", "description"))]
    for content in contents:
        assert not any(tag in content for tag in ("<script", "<img", "<![CDATA[", "javascript:"))
    everything = b"".join(files.values()).decode()
    assert not set(everything) & set(map(chr, (*range(9), 11, 12, *range(14, 32), 0x202E, 0xFFFE, 0xFFFF)))
    assert len(read(files["feed.xml"]).entries) == len(read(files["feed.atom"]).entries) == 4


def test_half_a_character_is_inert_too() -> None:
    half = agreement("Smith\ud800County", id="tx-\udfff", agency_id="tx-\udfff", moa_url="https://www.ice.gov/\ud800")
    place = Slot((Told(1, "agreement.added", iso(START), 1, "participating", half.id, "TX", "TFM"),))
    item = of_event(place, event("agreement.added", half), publication(name="\ud800.xlsx"), LINKS)
    for one in FORMATS:
        assert "Smith County" in one.item(item).encode().decode()


def test_a_name_is_read_as_it_stands_whatever_it_holds(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        told(store, "Start")
        told(store, 'Tom & Jerry <b> "County" Sheriff’s Office 😀', 2)
        item = channel(feed(store)).findall("item")[1]
    finally:
        store.close()
    content = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    assert "Tom &amp; Jerry &lt;b&gt; &#34;County&#34; Sheriff’s Office 😀: Task Force Model" in content
    assert item.findtext("title") == 'New 287(g) agreement: Tom & Jerry <b> "County" Sheriff’s Office 😀 (Texas)'
    assert (item.findtext("description") or "").startswith("New: Tom &amp; Jerry &lt;b&gt;")


def test_an_empty_feed_is_valid_has_no_date_and_does_not_change(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    try:
        files = built(store)
        assert built(store) == files
        assert not [name for name in files if name.endswith(".atom")], "Atom demands a date, and there is none"
        found = read(files["feed.xml"])
        assert (found.entries, found.feed.title) == ([], "287(g) monitor: new and ended agreements")
        assert channel(files["feeds/tx.xml"]).find("lastBuildDate") is None
        assert json.loads(files["feeds/tx.json"])["items"] == []
        told(store, "Start")
        assert read(feed(store, "feeds/wy.atom")).feed.updated == "2025-05-29T15:00:00+00:00"
    finally:
        store.close()


def test_the_document_to_subscribe_to_is_bounded_and_archives_never_change(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "monitor.db")
    seen: dict[str, bytes] = {}
    try:
        for number in range(1, 130):
            told(store, f"Agency {number}", number)
            if number % 8 and number < 120:
                continue
            files = built(store)
            for name, content in files.items():
                if "/archive/" in name:
                    assert seen.setdefault(name, content) == content, f"{name} has changed"
            assert len(read(files["feed.xml"]).entries) == min(2 * number, 50 + 2 * number % 50)
    finally:
        store.close()
    everything: list[str] = []
    name = "feed.atom"
    while name:
        found = read(files[name])
        everything += [entry.id for entry in found.entries]
        links = {one.rel: one.href.removeprefix(f"{PUBLIC}/") for one in found.feed.links}
        assert (links["self"], links.get("current", "feed.atom")) == (name, "feed.atom")
        name = links.get("prev-archive", "")
    assert len(everything) == len(set(everything)) == 2 * 129
    assert [item["id"] for page in json_pages(files, "feed.json") for item in page["items"]] == everything
    assert len(read(files["feeds/archive/us-0001.xml"]).entries) == 50
    first = ET.fromstring(files["feeds/archive/us-0001.atom"])
    assert first.find("{http://purl.org/syndication/history/1.0}archive") is not None
    assert channel(files["feed.xml"]).find("{http://purl.org/syndication/history/1.0}archive") is None
    (later,) = [one.get("href") for one in first.findall(f"{ATOM}link") if one.get("rel") == "next-archive"]
    assert later == f"{PUBLIC}/feeds/archive/us-0002.atom"


def test_after_a_publication_only_what_it_changes_is_built_and_is_the_same_as_all(tmp_path: Path) -> None:
    states = ["TX", "FL", "OH", None]
    with newsroom(tmp_path) as desk:
        have: dict[str, bytes] = {}
        kept = Renderings()
        for number in range(60):
            state = states[number % 4]
            listing = agreement(f"Agency {number}", state, agency_id=f"a-{number}")
            kinds = ("agreement.added", "moa.posted") if number % 3 else ("agreement.added",)
            new = desk.learn(*(event(kind, listing) for kind in kinds), event("agreement.added", agreement(f"B {number}", "GA")))
            record = Record(desk.store, SETTINGS, NO_EVIDENCE, START.date())
            changed = dict(files(record, new if number else None, kept))
            have |= changed
            if number:
                expected = {"feed", "feeds/ga", "feeds/tfm", "feeds/health", *([f"feeds/{state.lower()}"] if state else [])}
                expected |= {"feeds/corrections"} if number % 3 else set()
                assert {name.rpartition(".")[0] for name in changed if "/archive/" not in name} == expected
            if number % 7 == 0 or number > 55:
                assert have == built(desk.store)
    assert "feeds/archive/us-0002.json" in have
    assert "feeds/archive/ga-0001.xml" not in have


def test_hubs_are_named_in_the_documents_to_subscribe_to(followed: Line) -> None:
    hub = "https://hub.example.org/?a=1&b=2"
    files = built(followed.store, Settings.model_validate({"web": {"public_url": PUBLIC, "hubs": [hub]}}))
    for name in ("feed.xml", "feeds/tx.atom"):
        assert [one.href for one in read(files[name]).feed.links if one.rel == "hub"] == [hub]
    assert json.loads(files["feed.json"])["hubs"] == [{"type": "WebSub", "url": hub}]
    assert "hubs" not in json.loads(feed(followed.store, "feed.json"))


def test_every_feed_is_listed_in_every_format_and_in_the_opml(followed: Line) -> None:
    files = built(followed.store)
    listed = catalogue()
    assert {one.path for one in listed} == {name for name in files if "/archive/" not in name and name != "feeds.opml"}
    assert {(one.path.rpartition(".")[2], one.type) for one in listed} == {
        ("xml", "application/rss+xml"),
        ("atom", "application/atom+xml"),
        ("json", "application/feed+json"),
    }
    outlines = ET.fromstring(files["feeds.opml"]).findall("body/outline/outline")
    assert [one.get("xmlUrl") for one in outlines] == [f"{PUBLIC}/{feed.path('.xml')}" for feed in FEEDS]
    assert documents(["feed.xml", "feeds/tx.json", "feeds/archive/us-0001.xml", "index.html"]) == ["feed.xml", "feeds/tx.json"]
