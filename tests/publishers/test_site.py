"""The public page: what stands and what changed, readable without JavaScript, inert whatever stands in a cell."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from monitor.publishers.site import SHOWN, home, style
from tests.publishers.test_feeds import told
from tests.support.line import Line
from tests.support.sheets import JEM, WSO, pending_sheet, row, sheet

ICE = "https://www.ice.gov/doclib/287gMOA"
OLD = [
    row("TEXAS", "Smith County Sheriff's Office"),
    row("TEXAS", "Travis County Constable", WSO),
    row("FLORIDA", "Bay County Sheriff's Office", JEM),
]
NEW = row("OHIO", "Butler County Sheriff's Office", moa=f"{ICE}/butler.pdf")
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """A page as a browser finds it: tags, attributes, text, the cells of its table, what each article says."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.articles: list[tuple[str, list[str]]] = []
        self.text = ""
        self.feed(body.decode())
        self.close()
        assert self.open == [], f"elements are left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "article":
            self.articles.append((dict(attrs).get("id") or "", []))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1].append(data)
        if self.articles and "article" in self.open and data.strip():
            self.articles[-1][1].append(data.strip())

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


def page(watch: Line) -> Page:
    return Page(home(watch.store, watch.settings))


@pytest.fixture
def followed(watch: Line) -> Line:
    """A line that learnt two lists and then one new agreement."""
    watch.site.publish("participating", sheet(OLD))
    watch.site.publish("pending", pending_sheet([row("OHIO", "Butler County Sheriff's Office"), row("UTAH", "Provo PD", WSO)]))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]), "participatingAgencies05302025am.xlsx")
    watch.poll()
    return watch


def test_before_the_first_poll_the_page_says_that_nothing_was_read(watch: Line) -> None:
    found = page(watch)
    assert "The page has not been read yet." in found.text
    assert "Nothing yet." in found.text
    assert (found.rows, found.articles) == ([], [])


def test_what_stands_is_counted_by_model(followed: Line) -> None:
    found = page(followed)
    assert "4 agreements in 3 states, 2 pending applications" in found.text
    assert found.rows == [
        ["Model", "Agreements", "States", "Pending"],
        ["Jail Enforcement Model", "1", "1", "0"],
        ["Task Force Model", "2", "2", "1"],
        ["Warrant Service Officer", "1", "1", "1"],
    ]


def test_what_changed_stands_with_its_evidence_the_newest_first(followed: Line) -> None:
    found = page(followed)
    newest = followed.store.publications(1)[0]
    anchor, texts = found.articles[0]
    assert anchor == f"publication-{newest.id}"
    assert texts[:3] == [
        "New 287(g) agreement: Butler County Sheriff's Office (Ohio)",
        "1 new 287(g) agreement: now 4 agreements in 3 states, a new high; 2 pending applications.",
        "First agreement in Ohio on record",
    ]
    told = "Butler County Sheriff's Office: Task Force Model, signed May 20, 2025 (first in Ohio on record) ("
    assert texts[3:6] == ["Ohio", "New:", told]
    evidence = "Evidence: participatingAgencies05302025am.xlsx, seen May 29, 2025, 14:20 UTC, SHA-256"
    assert texts[-2:] == [evidence, newest.sha256]
    assert f"{ICE}/butler.pdf" in found.values("href")
    assert len(found.articles) == 3


def test_every_place_on_the_page_has_a_name_of_its_own(followed: Line) -> None:
    for list_on_page in (False, True):
        if list_on_page:
            followed.site.publish("pending", pending_sheet([row("UTAH", "Provo PD", WSO)]))
        else:
            followed.site.unlink("pending")
        followed.poll()
    names = page(followed).values("id")
    assert len(names) == len(set(names)) >= 5


def test_the_page_asks_nobody_but_its_own_server_and_runs_no_script(followed: Line) -> None:
    found = page(followed)
    assert not {"script", "img", "iframe", "object", "style"} & set(found.tags)
    assert not any(name.startswith("on") or name == "style" for _, name, _ in found.attributes)
    assert [value for tag, name, value in found.attributes if tag == "link" and name == "href"] == ["feed.xml", "style.css"]
    assert b"url(" not in style()
    assert b"@import" not in style()


def test_the_page_tells_readers_of_the_feed(followed: Line) -> None:
    (feed,) = [value for tag, name, value in page(followed).attributes if tag == "link" and value == "application/rss+xml"]
    assert feed
    assert page(followed).values("href").count("feed.xml") == 2


HOSTILE = (
    *("<script>alert(1)</script> Police Department", '"><img src=x onerror=alert(1)> Police Department'),
    *(
        "</article></main> Police Department",
        "{{ 7 * 7 }}{% raw %} Police Department",
        "Smith_x0000_ _x001B_[31m Police Department",
    ),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(followed: Line, name: str) -> None:
    before = page(followed)
    followed.site.publish("participating", sheet([*OLD, NEW, row("TEXAS", name, moa="javascript:alert(1)")]))
    (event,) = followed.poll().events
    assert event.listing is not None
    found = page(followed)
    assert event.listing.agency in found.text, "the name is not shown as it was read"
    assert set(found.tags) == set(before.tags)
    assert {name for _, name, _ in found.attributes} == {name for _, name, _ in before.attributes}
    assert all(link.startswith(("https://", "http://", "feed.xml", "style.css")) for link in found.values("href"))
    assert not set(found.text) & set(map(chr, (*range(9), *range(11, 32))))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.xlsx", '" onclick="alert(1).xlsx'])
def test_a_hostile_file_name_is_text(followed: Line, name: str) -> None:
    path = followed.site.publish("participating", sheet([*OLD, NEW, row("IOWA", "Polk County Sheriff's Office")]))
    followed.site.documents[path].disposition = "attachment; filename*=UTF-8''" + "".join(
        f"%{byte:02X}" for byte in name.encode()
    )
    before = set(page(followed).tags)
    followed.poll()
    found = page(followed)
    shown = name.rsplit("/", 1)[-1]
    assert f"Evidence: {shown}, seen May 29, 2025, 14:30 UTC, SHA-256" in found.text
    assert set(found.tags) == before
    assert not any(attribute.startswith("on") for _, attribute, _ in found.attributes)


def test_the_page_changes_with_the_log_and_not_with_the_clock(followed: Line) -> None:
    before = home(followed.store, followed.settings)
    followed.poll(after=timedelta(days=30))
    assert home(followed.store, followed.settings) == before


def test_a_correction_changes_what_stands_and_is_no_news(followed: Line) -> None:
    articles = page(followed).articles
    followed.site.publish("participating", sheet([row("TEXAS", "Smith Couny Sheriff's Office"), *OLD[1:], NEW]))
    assert [event.kind for event in followed.poll().events] == ["agreement.corrected"]
    assert page(followed).articles == articles


def test_the_page_shows_the_newest_changes_and_leaves_older_ones_to_the_feed(watch: Line) -> None:
    for number in range(1, SHOWN + 3):
        told(watch.store, f"Agency {number}", number)
    found = page(watch)
    assert len(found.articles) == SHOWN == 100
    assert [found.articles[index][0] for index in (0, -1)] == ["publication-102", "publication-3"]
