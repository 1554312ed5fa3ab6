"""Pages about what stands: all agreements, the states, each state, the pending applications."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from monitor.core.memory import Known
from monitor.core.places import STATE_NAMES, county_fips
from monitor.core.roster import PENDING
from monitor.publishers import feeds
from monitor.publishers.record import EVENTS, Record
from monitor.publishers.scope import Scope
from monitor.publishers.site.pictures import Pictures, on_page
from monitor.publishers.site.rendering import Page
from monitor.publishers.site.words import KIND_NAMES
from monitor.report import figures
from monitor.texts import Language

CLOSED = 50
COLUMNS = (
    ("state", "State"),
    ("kind", "Kind"),
    ("county", "County"),
    ("model", "Model"),
    ("signed", "Signed"),
    ("seen", "First seen"),
    ("documents", "Documents"),
)


def pages(record: Record, scope: Scope, pictures: Pictures) -> Iterator[Page]:
    """The pages of this file that `scope` is about."""
    if scope.news:
        yield Page("agreements.html", "agreements", _agreements(record, pictures.language))
        yield Page("states.html", "states", _states(record, pictures))
    if scope.news or scope.day:
        yield Page("pending.html", "pending", _pending(record, pictures))
    for code in scope.states_of(record.states):
        yield Page(f"states/{code.lower()}.html", "state", _state(record, code, pictures))


def _agreements(record: Record, language: Language) -> dict[str, object]:
    rows = record.standing
    return {
        "total": len(rows),
        "groups": _by_state(rows),
        "used_kinds": [kind for kind in KIND_NAMES if any(one.listing.agency_kind == kind for one in rows)],
        "columns": COLUMNS,
        "labels": json.dumps(_labels(language, len(rows)), ensure_ascii=False),
    }


def _labels(language: Language, number: int) -> dict[str, object]:
    """What the page's script says, by its own keys, of `number` agreements in all; `{n}` and `{all}` it fills in itself."""

    def counted(one: str, many: str) -> dict[str, str]:
        return {"one": language.text(one), "other": language.text(many)}

    return {
        # Finished: the first number that a script formats is slow.
        "all": language.plural("{number} agreement", "{number} agreements", number),
        "found": counted("{n} agreement found, of {all}", "{n} agreements found, of {all}"),
        "more": language.text("Show {n} more"),
        "table": language.text("Agreements found"),
        "state": language.text("State"),
        "file": language.text("agreements.csv"),
    }


def _by_state(rows: Iterable[Known]) -> list[tuple[str | None, list[Known]]]:
    found: dict[str | None, list[Known]] = {}
    for one in rows:
        found.setdefault(one.listing.state, []).append(one)
    return sorted(found.items(), key=lambda pair: STATE_NAMES.get(pair[0] or "", "~"))


def _states(record: Record, pictures: Pictures) -> dict[str, object]:
    first: dict[str | None, date] = {}
    for one in record.agreements:
        if one.listing.signed:
            first[one.listing.state] = min(one.listing.signed, first.get(one.listing.state, one.listing.signed))
    waiting = Counter(one.listing.state for one in record.waiting)
    rows = [
        {
            "code": code,
            "figures": figures(one.listing for one in record.standing_in(code)),
            "pending": waiting[code],
            "first": first.get(code),
        }
        for code in record.states
    ]
    return {"rows": rows, "map": pictures.linked_map, "weeks": on_page(pictures.weeks)}


def _state(record: Record, code: str, pictures: Pictures) -> dict[str, object]:
    standing, waiting = record.standing_in(code), record.waiting_in(code)
    counties = Counter(one.listing.county for one in standing if one.listing.county and county_fips(code, one.listing.county))
    return {
        "code": code,
        "agreements": figures(one.listing for one in standing),
        "pending": figures(one.listing for one in waiting),
        "standing": standing,
        "waiting": waiting,
        "by_kind": Counter(one.listing.agency_kind for one in standing).most_common(),
        "in_counties": counties.total(),
        "by_county": sorted(counties.items()),
        "counties": pictures.counties(code, standing),
        "events": record.events_in(code)[::-1],
        "older": max(0, record.store.count_events(state=code) - EVENTS),
        "feeds": feeds.of(code.lower()),
        "card": code.lower(),
    }


def _pending(record: Record, pictures: Pictures) -> dict[str, object]:
    closed = [one for one in record.applications if not one.stands]
    ended = Counter(one.ended for one in closed)
    left = record.left_page(PENDING)
    day = left.date() if left else record.day
    waiting = sorted(((one, (day - one.first_seen.date()).days) for one in record.last_waiting), key=lambda pair: -pair[1])
    return {
        "left": left,
        "day": day,
        "waiting": waiting,
        "approved": ended["application.approved"],
        "withdrawn": ended["application.withdrawn"],
        "open": len(closed) - ended["application.approved"] - ended["application.withdrawn"],
        "closed": sorted(closed, key=lambda one: one.gone_since or one.first_seen, reverse=True)[:CLOSED],
        "older": max(0, len(closed) - CLOSED),
        "over_time": on_page(pictures.pending),
        "waits": on_page(pictures.waits),
        "feeds": feeds.of("pending"),
    }
