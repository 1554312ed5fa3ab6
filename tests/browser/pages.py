"""Invented agreements with cells that mean harm; the site that is built of them; and a page for the script that tells ages."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path

from monitor.config import Settings
from monitor.core import roster
from monitor.core.memory import Known
from monitor.core.places import STATE_NAMES
from monitor.core.values import MODEL_NAMES
from monitor.evidence import Evidence
from monitor.publishers import publish
from monitor.store import Commit, Document, PollRecord, Store
from tests.support.told import agreement, application, corrected, event, publication

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
KINDS_OF = {"participating": "agreement", "pending": "application"}

KINDS = {"sheriff": "Sheriff", "police": "Police", "corrections": "Corrections", "other": "Other"}
COLUMNS = {
    "agency": "Agency",
    "kind": "Kind",
    "county": "County",
    "model": "Model",
    "signed": "Signed",
    "seen": "First seen",
    "documents": "Documents",
}
SCRIPT = "<script>alert('script')</script> Police Department"
IMAGE = "\"><img src=x onerror=alert(1)> Sheriff's Office"
FORMULAS = ('=HYPERLINK("http://elsewhere.test/","Police")', "+1 Police Department", "-1 Police Department", "@SUM(1) Police")
QUOTED = 'Town of "Many, Words" Police'
ACCENTED = "Doña Ana County Sheriff's Office"
LONG = "Police" * 45
HOSTILE = (SCRIPT, IMAGE, *FORMULAS, QUOTED, LONG)


@dataclass(frozen=True)
class Agreement:
    """One row: what is printed in it, and the codes it is filtered by."""

    number: int
    state: str
    agency: str
    kind: str
    county: str
    model: str
    signed: date | None
    seen: date


def agreements(number: int = 2_500, states: int = 45) -> list[Agreement]:
    """Invented agreements, the same each time; those in HOSTILE are Wyoming's, the one with accents is New Mexico's."""
    chance = random.Random(287)
    fixed = ["WY", "NM", "TX"]
    codes = sorted(fixed + [code for code in STATE_NAMES if code not in fixed][: states - len(fixed)])
    named = [(agency, "WY", "Teton County") for agency in HOSTILE] + [(ACCENTED, "NM", "Doña Ana County")]
    found = []
    for index in range(number):
        kind = chance.choice(list(KINDS))
        if index < len(named):
            agency, state, county = named[index]
        else:
            state = codes[index % len(codes)]
            county = f"{chance.choice(('Smith', 'Polk', 'Lake', 'Clay', 'Union'))} County"
            agency = f"{county} {KINDS[kind]} Office {index}"
        signed = date(2025, 1, 20) + timedelta(days=chance.randrange(600))
        found.append(
            Agreement(
                number=index,
                state=state,
                agency=agency,
                kind=kind,
                county=county,
                model=chance.choice(list(MODEL_NAMES)),
                signed=None if index % 97 == 50 else signed,
                seen=signed + timedelta(days=chance.randrange(30)),
            )
        )
    return found


def build(folder: Path, rows: list[Agreement]) -> None:
    """Builds the public files of a store that holds these agreements, some of them told as new or corrected, and some applications."""
    state = folder.with_name(f"{folder.name}-state")
    store = Store.open(state / "monitor.db")
    try:
        listings = [listing(row) for row in rows]
        kinds = {"participating": listings, "pending": [waiting(row) for row in rows[40:60]]}
        for number, (name, of_list) in enumerate(kinds.items(), 1):
            seen = datetime(2026, 10, 1 + number, 14, tzinfo=UTC)
            one = publication(number, name, seen, figures={"agreements": len(rows), "states": 45, "pending": 20})
            first = [Known(listing=each, first_seen=first_seen(row)) for each, row in zip(of_list, rows, strict=False)]
            told = [event(f"{KINDS_OF[name]}.added", each) for each in of_list[:60]]
            if name == "participating":
                told += [corrected(listings[2], agency="Smith Couny Police Department"), event("agreement.removed", listings[3])]
            events = [replace(each, at=seen, publication=one.ref) for each in told]
            store.commit(Commit(seen, one, known=first, events=events, documents=[Document(one.sha256, 1, name)]))
        with store.transaction():
            store.journal.add_poll(PollRecord(NOW, "unchanged", True, "", 5), [])
        publish(store, Settings(), Evidence(state / "documents"), folder, NOW)
    finally:
        store.close()


def listing(row: Agreement) -> roster.Agreement:
    return agreement(
        row.agency,
        row.state,
        row.model,
        row.signed,
        agency_kind=row.kind,
        county=row.county,
        moa_url=f"https://www.ice.gov/{row.number}.pdf",
        id=f"a-{row.number}-{row.model.lower()}",
        agency_id=f"a-{row.number}",
    )


def waiting(row: Agreement) -> roster.Application:
    return application(row.agency, row.state, row.model, agency_kind=row.kind, id=f"p-{row.number}", agency_id=f"a-{row.number}")


def first_seen(row: Agreement) -> datetime:
    return datetime.combine(row.seen, time(14), UTC)


def write_ages(folder: Path) -> None:
    """A page with a moment, in both languages, and one that asks how things stand, with more fields than the real one has."""
    static = resources.files("monitor.publishers").joinpath("static")
    for name in ("status.js", "style.css", "favicon.svg"):
        (folder / name).write_bytes(static.joinpath(name).read_bytes())
    (folder / "status.json").write_text(json.dumps({"last_poll_at": "2026-03-01T12:00:00Z", "outcome": "ok", "polls": 1234}))
    ago = '<time class="ago" datetime="2026-03-01T11:48:00Z">March 1, 2026, 11:48 UTC</time>'
    for language, root in (("en", folder), ("es", folder / "es")):
        root.mkdir(exist_ok=True)
        (root / "index.html").write_text(_page(language, f"<p>Last poll: {ago}.</p>"))
    fields = f"""<section data-status="status.json" data-words='{{"ok": "All is well"}}'>
<p>Last poll: <span data-field="last_poll_at">{ago}</span>,
<span data-field="outcome">not known</span>, <span data-field="polls">1</span> in all.</p></section>"""
    (folder / "status.html").write_text(_page("en", fields))


def _page(language: str, body: str) -> str:
    root = "" if language == "en" else "../"
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>Ages</title>
<link rel="icon" href="{root}favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="{root}style.css">
<script src="{root}status.js" defer></script></head>
<body><main><h1>Ages</h1>{body}</main></body></html>
"""
