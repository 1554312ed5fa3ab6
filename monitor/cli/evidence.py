"""Commands about evidence: list, show, verify, export, stamp."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, print_table, printable, progress
from monitor.cli.reading import Moment

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.citing.catalogue import Item
    from monitor.citing.verify import Verdict
    from monitor.store import Store


@click.group()
def evidence() -> None:
    """Every document that counted, as it came: what is kept, whether it is as it was, and how to hand it on."""


_since = click.option("--since", type=Moment(), help="Only what was seen from this moment on.")
_until = click.option("--until", type=Moment(), help="Only what was seen up to this moment.")


@evidence.command(name="list")
@_since
@_until
@json_option("one JSON document")
@click.pass_obj
def list_(context: Context, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Every kept document, with when and under which name it was seen."""
    from monitor.citing.bundle import Choice

    choice = Choice(since, until)
    with context.reading() as store:
        chosen = [item for item in _items(context, store) if choice.has(item)]
    if as_json:
        print_json([item.to_json() for item in chosen])
        return
    _table(chosen)
    click.echo(f"{len(chosen):,} documents, {sum(item.bytes for item in chosen):,} bytes", err=True)


@evidence.command()
@click.argument("document")
@json_option("one JSON document")
@click.pass_obj
def show(context: Context, document: str, as_json: bool) -> None:
    """One DOCUMENT, named by its SHA-256, the beginning of that, or its file name: where it was seen, and what was read from it."""
    with context.reading() as store:
        item = _one(_items(context, store), document)
        counts = store.publication_counts()
    if as_json:
        print_json({**item.to_json(), "path": str(item.path) if item.path else None})
        return
    click.echo(f"SHA-256   {item.sha256}")
    click.echo(f"kind      {item.kind}, {item.bytes:,} bytes")
    click.echo(f"file      {item.path or 'missing: `monitor287g evidence verify` says more'}")
    for one in item.sightings:
        click.echo(printable(f"seen      {_said(one.first_seen)} to {_said(one.last_seen)}, {one.how}: {one.url} ({one.name})"))
        for name, value in one.headers.items():
            click.echo(printable(f"            {name}: {value}"))
    if not item.sightings:
        click.echo("seen      when and where was not recorded")
    for publication in item.publications:
        told = sum(counts.get(publication.id, {}).values())
        reasons = f": {'; '.join(publication.reasons)}" if publication.reasons else ""
        which = f"publication {publication.id} of the {publication.list} list, {_said(publication.seen_at)}"
        click.echo(printable(f"read as   {which}, {publication.status}{reasons}; {told:,} events"))


@evidence.command()
@json_option("one JSON document")
@click.pass_obj
def verify(context: Context, as_json: bool) -> None:
    """Read every kept byte again, follow the hash chains, compare the tables with the log. Exit 1 if anything is not as it was."""
    from monitor.citing.stamps import Stamps
    from monitor.citing.verify import verify as look
    from monitor.evidence import Evidence

    state = context.state_directory()
    with context.reading() as store, progress("verify", store.count_documents()) as advance:
        found = look(store, Evidence(state.documents), Stamps(state.stamps), advance)
    if as_json:
        print_json(found.to_json())
    else:
        _print_verdict(found)
    sys.exit(1 if found.faults else 0)


@evidence.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_since
@_until
@click.option("--publication", "numbers", type=int, multiple=True, help="Only what was read as this publication; repeatable.")
@click.option("--agency", help="Only the publications that told something of this agency (its agency_id).")
@click.pass_obj
def export(
    context: Context, file: Path, since: datetime | None, until: datetime | None, numbers: Sequence[int], agency: str | None
) -> None:
    """Write a zip FILE with documents, hashes, the log's lines and a plain statement of what was seen when."""
    from monitor.citing.bundle import BundleError, Choice, write_bundle
    from monitor.evidence import Evidence

    state = context.state_directory()
    with context.reading() as store:
        wanted = {*numbers}
        if agency:
            told = store.publications_about(agency)
            if not told:
                raise click.UsageError(
                    f"no publication told anything of an agency {agency!r}; `monitor287g history` finds its agency_id"
                )
            wanted |= told
        if unknown := sorted(wanted - {one.id for one in store.publications()}):
            raise click.UsageError(f"there is no publication {', '.join(map(str, unknown))}")
        choice = Choice(since, until, frozenset(wanted) if wanted else None)
        found = _items(context, store)
        try:
            with progress("export", None) as advance:
                documents, events = write_bundle(file, store, Evidence(state.documents), found, choice, advance)
        except BundleError as error:
            raise Failed(str(error)) from None
        except OSError as error:
            raise Failed(f"{file} cannot be written: {error.strerror or error}") from None
    click.echo(f"{file}: {documents:,} documents, {events:,} events")


@evidence.command()
@click.pass_obj
def stamp(context: Context) -> None:
    """Set down the heads of the hash chains, and let `evidence.stamp` of the configuration have them time-stamped."""
    from monitor.citing.stamps import Head, StampError, Stamps
    from monitor.clock import utc_now

    configuration = context.configuration(sending=False)
    command = configuration.settings.evidence.stamp
    if not command:
        raise click.UsageError(f"no command is set: evidence.stamp in {configuration.path} (docs/evidence.md has examples)")
    with context.reading() as store:
        try:
            path = Stamps(context.state_directory().stamps).make(Head.of(store), command, utc_now())
        except StampError as error:
            raise Failed(f"not stamped: {error}") from None
    click.echo(f"{path}: stamped" if path else "nothing is new since the last stamp")


def _items(context: Context, store: Store) -> list[Item]:
    from monitor.citing.catalogue import items
    from monitor.evidence import Evidence

    return items(store, Evidence(context.state_directory().documents))


def _one(found: Sequence[Item], asked: str) -> Item:
    """The document that is meant. Raises UsageError where none or several are."""
    from monitor.citing.catalogue import matching

    candidates = matching(found, asked)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise click.UsageError(f"no document is named {asked!r}; `monitor287g evidence list` shows all")
    _table(candidates)
    raise click.UsageError(f"{len(candidates)} documents may be meant by {asked!r}; name one by its SHA-256")


def _table(found: Sequence[Item]) -> None:
    rows = (
        (
            _said(item.first_seen) if item.first_seen else "not recorded",
            _said(item.last_seen) if item.last_seen else "",
            item.kind,
            f"{item.bytes:,}",
            ", ".join(item.names),
            item.sha256[:12],
        )
        for item in found
    )
    print_table(("First seen", "Last seen", "Kind", "Bytes", "Name", "SHA-256"), rows)


def _print_verdict(found: Verdict) -> None:
    for name, number in found.checked.items():
        click.echo(f"{name:13} {number:>8,}")
    if found.heads:
        click.echo(f"event {found.heads['events']:,} is linked as    {found.heads['events_head']}")
        click.echo(f"sighting {found.heads['sightings']:,} is linked as {found.heads['sightings_head']}")
    for note in found.notes:
        click.echo(printable(f"note: {note}"), err=True)
    for fault in found.faults:
        click.echo(printable(f"fault: {fault.where}: {fault.problem}; {fault.advice}"), err=True)
    click.echo(f"{len(found.faults):,} faults" if found.faults else "sound")


def _said(moment: datetime) -> str:
    from monitor.core.events import iso

    return iso(moment)
