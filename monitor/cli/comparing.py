"""Commands that look through time: diff between two moments, the history of one agency."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Context, json_option
from monitor.cli.output import print_json, print_table, printable
from monitor.cli.reading import Moment, state_option

if TYPE_CHECKING:
    from monitor.core.comparison import Difference
    from monitor.core.events import Event
    from monitor.core.memory import Known
    from monitor.core.publication import Publication
    from monitor.core.roster import Listing
    from monitor.store import Store


@dataclass(frozen=True)
class Point:
    """A moment to compare at, and what it was named by."""

    at: datetime
    said: str


@click.command()
@click.argument("first")
@click.argument("second")
@state_option
@json_option("one JSON document")
@click.pass_obj
def diff(context: Context, first: str, second: str, state: str | None, as_json: bool) -> None:
    """What differs between two moments, FIRST and SECOND: dates, moments, publications by number or by ICE's file name.

    What came and went in between is not told; `events` tells it.
    """
    from monitor.core.comparison import compare
    from monitor.core.replay import standing

    with context.reading() as store:
        points = [_point(store, text) for text in (first, second)]
        begun = [one.seen_at for one in store.publications()[-1:]]
        earlier, later = sorted(points, key=lambda point: point.at)
        before: list[Event] = []
        between: list[Event] = []
        for event in store.events(until=later.at, bookkeeping=True):
            (before if event.at <= earlier.at else between).append(event)
        found = compare(standing(before), standing([*before, *between]), between)
    if points[0].at > points[1].at:
        click.echo(f"{first} comes after {second}; what follows goes from the earlier to the later", err=True)
    if begun and earlier.at < begun[0]:
        click.echo(f"nothing was known at {earlier.said}; the record begins on {begun[0]:%Y-%m-%d at %H:%M} UTC", err=True)
    chosen = [one for one in found if state is None or state in {row.state for row in (one.before, one.after) if row}]
    if as_json:
        from monitor.core.events import iso

        print_json({"from": iso(earlier.at), "to": iso(later.at), "differences": [one.to_json() for one in chosen]})
    else:
        _print_differences(chosen, earlier, later)


def _point(store: Store, text: str) -> Point:
    """The moment that `text` names. Raises UsageError."""
    if text.isdecimal() and len(text) < 8:
        publication = store.publication(int(text))
        if publication is None:
            raise click.UsageError(f"there is no publication {text}; `monitor287g status` says how many there are")
    else:
        try:
            moment = Moment().convert(text, None, None)
            return Point(moment, text)
        except click.BadParameter:
            publication = next((one for one in store.publications() if one.name == text), None)
        if publication is None:
            raise click.UsageError(
                f"{text!r} is no moment (2025-05-30, 2025-05-30T14:00:00Z), and no publication has this number or name"
            )
    if not publication.applied:
        click.echo(f"publication {publication.id} {_UNAPPLIED[publication.status]}", err=True)
    return Point(_applied_at(store, publication), f"publication {publication.id}")


_UNAPPLIED = {
    "held": "is held: it changed nothing",
    "superseded": "was held and made moot by a later one: it changed nothing",
}


def _applied_at(store: Store, publication: Publication) -> datetime:
    """When what a publication says was believed: as it was seen, or on its release."""
    # Other events that name it, such as a person's verdict on one of its rows, may be told at any later time.
    released = store.events(kinds=["publication.released"], publication=publication.id) if publication.applied else ()
    return max((event.at for event in released), default=publication.seen_at)


_HEADINGS = {
    ("participating", "new"): "New agreements",
    ("participating", "renewed"): "Renewed agreements",
    ("participating", "ended"): "Ended agreements",
    ("participating", "document"): "Documents posted or replaced",
    ("participating", "changed"): "Agreements that are printed otherwise",
    ("participating", "joined"): "Agreements that were printed twice",
    ("pending", "new"): "New applications",
    ("pending", "ended"): "Applications that left the list",
    ("pending", "document"): "Documents of applications posted or replaced",
    ("pending", "changed"): "Applications that are printed otherwise",
    ("pending", "joined"): "Applications that were printed twice",
}
_ENDINGS = {
    "application.approved": "approved",
    "application.withdrawn": "withdrawn",
    "application.left": "left the list, no agreement seen yet",
}


def _print_differences(found: Sequence[Difference], earlier: Point, later: Point) -> None:
    from monitor.core.events import iso
    from monitor.notifiers.wording import changes_in_words

    groups: dict[str, list[Difference]] = defaultdict(list)
    for one in found:
        groups[_HEADINGS[one.listing.list, one.kind]].append(one)
    click.echo(f"From {iso(earlier.at)} to {iso(later.at)}: " + (", ".join(_counts(found)) or "nothing differs"))
    for heading, group in groups.items():
        rows = []
        for one in group:
            row = one.listing
            what = changes_in_words(one.changes) or _ENDINGS.get(one.reason, "")
            if one.became:
                what = f"{what}: {one.became.id}"
            rows.append((row.state or "", row.agency, row.model or "", _day(row), what))
        click.echo()
        print_table(("State", "Agency", "Model", "Signed", "What"), rows, heading)


def _counts(found: Sequence[Difference]) -> list[str]:
    counts = Counter(_HEADINGS[one.listing.list, one.kind] for one in found)
    return [f"{heading[0].lower()}{heading[1:]} {number:,}" for heading, number in counts.items()]


@click.command()
@click.argument("agency")
@state_option
@json_option("one JSON document")
@click.pass_obj
def history(context: Context, agency: str, state: str | None, as_json: bool) -> None:
    """Everything known of one AGENCY, through renames, renewals and models: its agency_id, or words of any name it ever had."""
    from monitor.core.events import iso
    from monitor.core.memory import by_agency, names
    from monitor.core.roster import LISTS

    with context.reading() as store:
        agencies = by_agency(one for name in LISTS for one in store.known(name))
        chosen = _chosen(agencies, agency, state, as_json=as_json)
        # Agreements first, what stands before what is gone.
        rows = sorted(
            agencies[chosen], key=lambda one: (LISTS.index(one.listing.list), not one.stands, one.first_seen, one.listing.id)
        )
        numbers = [one.listing.id for one in rows]
        events = [event for event in store.events(listings=numbers, bookkeeping=True) if not event.kind.endswith(".reprinted")]
    printed = names(rows)
    if as_json:
        print_json(
            {
                "agency_id": chosen,
                "names": printed,
                "known": [
                    {
                        **one.listing.to_json(),
                        "first_seen": iso(one.first_seen),
                        "gone_since": iso(one.gone_since) if one.gone_since else None,
                        "ended": one.ended,
                    }
                    for one in rows
                ],
                "events": [event.to_json() for event in events],
            }
        )
        return
    click.echo(printable(f"{chosen}: {printed[0]}"))
    for name in printed[1:]:
        click.echo(printable(f"also printed as {name}"))
    print_table(
        ("Of", "Model", "Signed", "First seen", "Gone since", "Document"), [_stood(one) for one in rows], "What it has or had"
    )
    lines = []
    for event in events:
        publication = event.publication
        lines.append(
            (
                iso(event.at),
                event.kind,
                event.listing.agency if event.listing else "",
                (event.listing.model if event.listing else "") or "",
                _day(event.listing),
                _why(event.changes, event.reason),
                f"{publication.name} ({publication.sha256[:12]})" if publication else "",
            )
        )
    click.echo()
    print_table(("At", "Kind", "Printed as", "Model", "Signed", "What", "Read from (SHA-256)"), lines, "What was told of it")


def _why(changes: Mapping[str, tuple[Any, Any]], reason: str) -> str:
    from monitor.notifiers.wording import changes_in_words

    return "; ".join(part for part in (changes_in_words(changes), reason) if part)


def _stood(one: Known) -> tuple[str, ...]:
    row = one.listing
    return (
        "agreement" if row.list == "participating" else "application",
        row.model or "",
        _day(row),
        f"{one.first_seen:%Y-%m-%d}",
        f"{one.gone_on} ({one.ended.partition('.')[2]})" if one.gone_on else "",
        row.moa_url or "",
    )


def _day(listing: Listing | None) -> str:
    return listing.signed.isoformat() if listing and listing.signed else ""


def _chosen(agencies: Mapping[str, Sequence[Known]], asked: str, state: str | None, *, as_json: bool) -> str:
    """The id of the agency that is meant. Raises UsageError where none or several are; several are printed."""
    from rapidfuzz import process

    from monitor.core.memory import names, newest, same_typing

    if asked in agencies:
        return asked
    words = same_typing(asked).split()
    called = {number: " / ".join(names(rows)) for number, rows in agencies.items() if _in_state(rows, state)}
    found = [number for number, name in called.items() if words and all(word in same_typing(name) for word in words)]
    if len(found) == 1:
        return found[0]
    if not found:
        near = process.extract(asked, called, processor=same_typing, limit=3) if words else []
        nearest = "; the nearest are " + ", ".join(f"{name} ({number})" for name, _, number in near) if near else ""
        raise click.UsageError(printable(f"no agency is called {asked!r}{nearest}"))
    if as_json:
        print_json(
            [{"agency_id": number, "state": newest(agencies[number]).state, "names": names(agencies[number])} for number in found]
        )
    else:
        print_table(
            ("Agency", "State", "agency_id"), [(called[number], newest(agencies[number]).state or "", number) for number in found]
        )
    raise click.UsageError(
        f"{len(found)} agencies may be meant by {asked!r}; name one by its agency_id, or narrow it with --state"
    )


def _in_state(rows: Sequence[Known], state: str | None) -> bool:
    return state is None or any(one.listing.state == state for one in rows)
