"""How the monitor does, for others to watch: `status.json`, rewritten after every poll, and what was wrong with the source."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from monitor.citing.stamps import Head
from monitor.core.events import iso
from monitor.core.roster import LISTS
from monitor.publishers.record import Record
from monitor.store import Store
from monitor.texts import Language

# By the first word of an alarm's key; what follows it names a list.
_WORDS = {
    "page": "ICE's page cannot be had",
    "no_list": "No list is linked on ICE's page",
    "announced": "A list is linked, but its document does not answer",
    "document": "A document cannot be had or read",
}


@dataclass(frozen=True, slots=True)
class Incident:
    """Something wrong with the source: in words, since when, and when it was over (None: it is not)."""

    words: str
    since: datetime
    over: datetime | None = None


def incidents(store: Store, language: Language) -> tuple[list[Incident], list[Incident]]:
    """(what is wrong now, what was wrong before, the newest first). What is wrong with a channel is nobody's business here."""
    found = [
        Incident(language.text(_WORDS[word]), one.opened_at, one.over_at)
        for one in store.journal.incidents()
        if (word := one.key.split(":")[0]) in _WORDS
    ]
    newest = sorted(found, key=lambda one: one.since, reverse=True)
    return [one for one in newest if one.over is None], [one for one in newest if one.over is not None]


def status_json(record: Record) -> bytes:
    """The heartbeat."""
    journal = record.store.journal
    last, good = journal.last_poll(), journal.last_poll(good=True)
    on_page = record.store.lists_on_page()
    value = {
        "status": "ok" if last is None or last.good else "degraded",
        "last_poll_at": iso(last.at) if last else None,
        "last_poll_outcome": last.outcome if last else None,
        "last_good_poll_at": iso(good.at) if good else None,
        "last_news_at": iso(record.last_news.at) if record.last_news else None,
        "lists": {
            name: {
                "publication": record.newest[name].id,
                "seen_at": iso(record.newest[name].seen_at),
                "sha256": record.newest[name].sha256,
                "on_page": on_page.get(name, True),
            }
            for name in LISTS
            if name in record.newest
        },
        **{name: number for name, number in record.store.totals().items() if name != "states"},
        "last_event": record.store.last_event(),
        # Whoever keeps a copy can tell later that nothing before it was rewritten (docs/evidence.md).
        "record": asdict(Head.of(record.store)),
    }
    return json.dumps(value, indent=1).encode() + b"\n"
