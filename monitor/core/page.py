"""The 287(g) page: HTML to what it says (links, headings, text, tables), and which of its links may be a list.

The page's bytes change at every request; what it says is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit

from monitor.core.names import tidy
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.core.sheet import Cell, Sheet, Unreadable
from monitor.core.soup import CELLS, HEADINGS, Comment, NavigableString, Soup, Tag

# A page with a list of 1,843 rows as a table has some 33,000 tags in 700 KB; a parser takes seconds and hundreds of MB for a million.
TAGS_LIMIT, BYTES_LIMIT = 80_000, 5 * 2**20
_TABLE_CELLS = 2_000_000
_TABLES = 50
_DOCUMENT_PATH = re.compile(
    r"\.(xlsx|xlsm|xls|xlsb|ods|csv)\b|/file-download/|/download/|/doclib/|/sites/.*/files/", re.IGNORECASE
)
_SPREADSHEET = re.compile(r"\.(xlsx|xlsm|xls|xlsb|csv)\b|/file-download/|/download/public/", re.IGNORECASE)
_OTHER_FILE = re.compile(r"\.(pdf|docx?|pptx?|zip|jpe?g|png|gif|mp4)$", re.IGNORECASE)
# A page that was saved from a web archive has its links led there.
_ARCHIVED = re.compile(r"^https?://[^/]+/web/\d{4,14}[a-z_]*/(?=https?://)", re.IGNORECASE)
_LIST_WORDS = re.compile(r"(participating|pending)\W*(law\W*enforcement\W*)?agenc", re.IGNORECASE)
_DENIED = re.compile(rb"<title>\s*(access denied|just a moment|attention required|request blocked)", re.IGNORECASE)
# What changes at every request, and says nothing: what stands in comments and scripts, and what tags bear that are no links and do not tell
# the encoding. Only forms that are whole and plain: whatever else stands there stays.
_SAID_NOWHERE = re.compile(
    rb"""<(?:(!--)[^<>]*(?=-->)|(script)(?:\s+[\w:-]+(?:="[^"<>]*")?)*\s*(>)[^<]*(?=</script>)"""
    rb"""|((?!a\b|base\b|script\b)[a-z][a-z0-9]*)(?![^<>]*charset)(?:\s+[\w:-]+(?:="[^"<>]*")?)+\s*/?(?=>))""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """An anchor: its text and its absolute http(s) address."""

    text: str
    url: str
    is_sheet: bool = False  # the anchor's type says so


@dataclass(frozen=True, slots=True)
class RosterLink:
    """An anchor that may lead to a list. `listed_as` is what its text or address claims (None: nothing); content decides later.

    `sure` is False for spreadsheets that do not say they are a list; they are tried only when a list is missing.
    """

    url: str
    text: str
    listed_as: str | None
    sure: bool


@dataclass(frozen=True, slots=True)
class PageReading:
    """What the page says."""

    title: str
    headings: tuple[str, ...]
    text: str
    links: tuple[Link, ...]
    tables: tuple[Sheet, ...]


def read(body: bytes, url: str) -> PageReading | Unreadable:
    """Reads the page found at `url`; an answer that is no HTML page is `Unreadable`."""
    if not body.strip():
        return Unreadable("empty", "the page is empty")
    if len(body) > BYTES_LIMIT:
        return Unreadable("too_large", f"the page has more than {BYTES_LIMIT >> 20} MB")
    if b"<" not in body[:4096] or b"\0" in body[:4096]:
        return Unreadable("not_a_page", "the answer is no HTML page")
    if body.count(b"<") + body.count(b"&") > TAGS_LIMIT:
        return Unreadable("too_large", f"the page has more than {TAGS_LIMIT:,} tags and entities")
    if is_denial(body):
        return Unreadable("blocked", "the site refuses us: an 'Access Denied' page under HTTP 200")
    if b"</html" not in body[-4_096:].lower():
        return Unreadable("truncated", "the page ends early: what is missing on it may have been cut off")
    return _reading(_SAID_NOWHERE.sub(rb"<\1\2\3\4", body), url)


# The same page comes at most polls. What is kept is what was read: there is nothing that could differ unseen.
@lru_cache(maxsize=1)
def _reading(body: bytes, url: str) -> PageReading | Unreadable:
    try:
        return _read(Soup(body, "html.parser", multi_valued_attributes=None), url)
    except (RecursionError, ValueError, AssertionError) as error:
        return Unreadable("not_a_page", f"the page cannot be read: {error}")


def is_denial(body: bytes) -> bool:
    """Whether a body is a content network's refusal, which comes as a short page under status 200."""
    return len(body) < 32_768 and bool(_DENIED.search(body))


def _read(soup: Soup, url: str) -> PageReading:
    base_tag = soup.find("base", href=True)
    base = urljoin(url, str(base_tag["href"])) if isinstance(base_tag, Tag) else url
    for noise in soup.find_all(["script", "style", "noscript", "template", "svg"]):
        noise.decompose()
    main = soup.find("main") or soup.body or soup
    return PageReading(
        title=tidy(soup.title.get_text()) if soup.title else "",
        headings=tuple(tidy(h.get_text(" ")) for h in main.find_all(sorted(HEADINGS))),
        text=tidy(main.get_text(" ")),
        links=tuple(_links(soup, base)),
        tables=tuple(_table(table, base, number) for number, table in enumerate(_leaf_tables(soup), 1)),
    )


def _links(soup: Soup, base: str) -> Iterator[Link]:
    for anchor in soup.find_all("a", href=True):
        try:
            url = _ARCHIVED.sub("", urljoin(base, str(anchor["href"]).strip()))
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname:
            label = anchor.get_text(" ") or str(anchor.get("title") or anchor.get("aria-label") or "")
            is_sheet = "spreadsheet" in str(anchor.get("type") or "").lower()
            yield Link(tidy(label), url.split("#", 1)[0], is_sheet)


def _leaf_tables(soup: Soup) -> list[Tag]:
    """Tables that hold no table: a list is one, a layout around it is not, and nests thousands deep cost nothing."""
    return [table for table in soup.find_all("table") if table.find("table") is None][:_TABLES]


def _table(table: Tag, base: str, number: int) -> Sheet:
    """The rows of a table. A cell ends where the next begins: HTML lets its end tag be left out."""
    rows: list[list[list[str]]] = []
    links: dict[tuple[int, int], str] = {}
    cells = 0
    for node in table.descendants:
        if isinstance(node, NavigableString):
            if rows and rows[-1] and not isinstance(node, Comment):
                rows[-1][-1].append(node)
        elif isinstance(node, Tag) and node.name == "tr":
            if cells > _TABLE_CELLS:
                break
            rows.append([])
        elif isinstance(node, Tag) and node.name in CELLS and rows:
            rows[-1].append([])
            cells += 1
        elif isinstance(node, Tag) and node.name == "a" and node.get("href") is not None and rows and rows[-1]:
            links.setdefault((len(rows), len(rows[-1])), _target(base, str(node["href"]).strip()))
    printed: list[list[Cell]] = [[" ".join(cell).strip("\r\n\t ") for cell in row] for row in rows]
    return Sheet(f"table {number}", printed, links)


def _target(base: str, href: str) -> str:
    """A cell's link, made absolute where it is relative; one with a scheme stays as it stands (`https:/www.ice.gov/…` is mended later)."""
    if re.match(r"[a-z][a-z0-9+.-]*:", href, re.IGNORECASE):
        return href
    try:
        return urljoin(base, href)
    except ValueError:
        return href


@lru_cache(maxsize=1_000)
def path_of(url: str) -> str:
    """The path of an address, as people write it. The same come at every poll."""
    return unquote(urlsplit(url).path)


def roster_links(reading: PageReading) -> list[RosterLink]:
    """Every anchor that may lead to a list, the likeliest first, one per address."""
    found: dict[str, RosterLink] = {}
    for link in reading.links:
        path = path_of(link.url).strip("\"' ")
        if _OTHER_FILE.search(path):
            continue
        says = f"{link.text} {path}"
        match = _LIST_WORDS.search(says)
        sure = bool(match and _DOCUMENT_PATH.search(path))
        if not (sure or match or link.is_sheet or _SPREADSHEET.search(path)):
            continue
        listed_as = _listed_as(link.text) or _listed_as(path)
        if link.url not in found or (sure and not found[link.url].sure):
            found[link.url] = RosterLink(link.url, link.text, listed_as, sure)
    return sorted(found.values(), key=lambda link: not link.sure)


def _listed_as(text: str) -> str | None:
    words = text.lower()
    says = [name for name in (PARTICIPATING, PENDING) if name in words]
    return says[0] if len(says) == 1 else None
