"""The front page, and the pages that explain: method, subscribe, data, about, status, and what stands where no page is."""

from __future__ import annotations

import json
from collections.abc import Iterator

from monitor.core.roster import LISTS, PENDING
from monitor.publishers import feeds
from monitor.publishers.record import Record
from monitor.publishers.scope import Scope
from monitor.publishers.site.pictures import Pictures, on_page
from monitor.publishers.site.publications import latest
from monitor.publishers.site.rendering import Page
from monitor.publishers.status import incidents
from monitor.report import figures
from monitor.texts import Language

# How many pending applications the front page names.
NAMED = 5
# The pictures that are files, by their names.
PICTURES = (
    ("map", "Agreements by state, as a map"),
    ("states", "Agreements by state"),
    ("models", "Agreements by model"),
    ("weeks", "Agreements begun and ended"),
    ("pending", "Pending applications"),
    ("waits", "Days from application to signature"),
)


def pages(record: Record, scope: Scope, pictures: Pictures) -> Iterator[Page]:
    """The pages of this file that `scope` is about; the status is about every poll."""
    language = pictures.language
    if scope.news or scope.day:
        yield Page("index.html", "home", _home(record, pictures))
    if scope.whole or scope.new_states:
        yield Page("subscribe.html", "subscribe", {"groups": _feeds(language)})
        yield Page("data.html", "data", {"codes": record.states, "pictures": PICTURES})
    if scope.whole:
        yield Page("method.html", "method")
        yield Page("about.html", "about")
        # It answers for any address: its links must not be relative.
        folder = "" if language.code == "en" else f"{language.code}/"
        root = f"{record.settings.web.public_url}/"
        yield Page("404.html", "404", {"base": root + folder, "root": root})
    yield Page("status.html", "status", _status(record, language))


def _home(record: Record, pictures: Pictures) -> dict[str, object]:
    waiting = sorted(record.waiting, key=lambda one: one.first_seen)
    return {
        "agreements": figures(one.listing for one in record.standing),
        "pending": figures(one.listing for one in waiting),
        "newest": next((one for one in reversed(record.publications) if one.applied), None),
        "map": pictures.linked_map,
        "growth": on_page(pictures.models),
        "latest": latest(record),
        "waiting": waiting[: -NAMED - 1 : -1],
        "left": record.left_page(PENDING),
        "held": bool(record.publications) and not record.newest,
        "longest": (record.day - waiting[0].first_seen.date()).days if waiting else 0,
    }


def _feeds(language: Language) -> list[tuple[str, list[tuple[str, list[feeds.Listed]]]]]:
    """Groups of feeds, in each (what it is about, its formats)."""
    found: dict[str, dict[str, list[feeds.Listed]]] = {}
    for feed in feeds.catalogue():
        found.setdefault(language.text(feed.group), {}).setdefault(language.text(feed.name), []).append(feed)
    return [(group, [*feeds_of.items()]) for group, feeds_of in found.items()]


def _status(record: Record, language: Language) -> dict[str, object]:
    journal, on_page = record.store.journal, record.store.lists_on_page()
    now, past = incidents(record.store, language)
    return {
        "last": journal.last_poll(),
        # What the script says of a newer status.json.
        "verdicts": json.dumps(
            {"ok": language.text("everything answered"), "degraded": language.text("not everything answered")},
            ensure_ascii=False,
        ),
        "good": journal.last_poll(good=True),
        "change": record.last_news,
        "sources": [(name, record.newest.get(name), on_page.get(name, True)) for name in LISTS if name in record.newest],
        "now": now,
        "past": past,
    }
