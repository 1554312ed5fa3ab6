"""The public site: every page in every language, as HTML that works from any web server and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from monitor.core.events import iso
from monitor.publishers import feeds
from monitor.publishers.record import Record
from monitor.publishers.scope import Scope
from monitor.publishers.site import agencies, national, publications, standing
from monitor.publishers.site.pictures import Pictures
from monitor.publishers.site.rendering import Page, render
from monitor.texts import Language, languages


@dataclass(frozen=True, slots=True)
class About:
    """What every page says of the site: where it stands, the page that is watched, who runs it, its main feeds."""

    public_url: str
    page: str
    contact: str
    languages: tuple[Language, ...]
    feeds: tuple[feeds.Listed, ...]


def files(record: Record, scope: Scope, pictures: Sequence[Pictures]) -> Iterator[tuple[str, bytes]]:
    """(path below the public folder, content) of the pages that `scope` is about, in each language that has pictures."""
    settings = record.settings
    about = About(settings.web.public_url, settings.page, settings.contact, languages(), feeds.of("us"))
    for drawn in pictures:
        for page in pages(record, scope, drawn):
            folder = "" if drawn.language.code == "en" else f"{drawn.language.code}/"
            yield folder + page.path, render(drawn.language, page, about)


def pages(record: Record, scope: Scope, pictures: Pictures) -> Iterator[Page]:
    """The pages of one language."""
    yield from national.pages(record, scope, pictures)
    yield from standing.pages(record, scope, pictures)
    yield from publications.pages(record, scope)
    yield from agencies.pages(record, scope)


def for_robots(record: Record) -> Iterator[tuple[str, bytes]]:
    """robots.txt and sitemap.xml: every page in English, with the day of its last change where one is known."""
    address = record.settings.web.public_url
    yield "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n".encode()
    pages = ["", *(f"{name}.html" for name in ("changes", "agreements", "states", "pending", "guard", "method", "subscribe"))]
    pages += [f"{name}.html" for name in ("data", "about", "status")]
    pages += [f"states/{code.lower()}.html" for code in record.states]
    pages += [f"agencies/{agency}.html" for agency in record.agencies]
    dated = [(f"publications/{one.id}.html", f"<lastmod>{iso(one.seen_at)}</lastmod>") for one in record.publications]
    lines = [
        f"<url><loc>{escape(f'{address}/{page}')}</loc>{day}</url>" for page, day in (*((page, "") for page in pages), *dated)
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    yield "sitemap.xml", (head + "\n".join(lines) + "\n</urlset>\n").encode()
