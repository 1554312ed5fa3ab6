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
    """Every kept document: what it is, when it was seen, under which names and addresses."""
    with context.reading() as store, store.snapshot():
        chosen = [item for item in _items(context, store) if item.seen_in(since, until)]
    if as_json:
        print_json([item.to_json() for item in chosen])
        return
    rows = (
        (
            _said(item.first_seen) if item.first_seen else "not recorded",
            _said(item.last_seen) if item.last_seen else "",
            item.kind,
            f"{item.bytes:,}",
            _several(item.names),
            _several(item.addresses),
            item.sha256[:12],
        )
        for item in chosen
    )
    print_table(("First seen", "Last seen", "Kind", "Bytes", "Name", "Address", "SHA-256"), rows)
    click.echo(f"{len(chosen):,} documents, {sum(item.bytes for item in chosen):,} bytes", err=True)


@evidence.command()
@click.argument("document")
@json_option("one JSON document")
@click.pass_obj
def show(context: Context, document: str, as_json: bool) -> None:
    """One DOCUMENT, named by its SHA-256, the beginning of that, or its file name: where it was seen, and what was read from it."""
    from monitor.core.events import BOOKKEEPING

    with context.reading() as store, store.snapshot():
        item = _one(_items(context, store), document)
        counts = store.publication_counts()
    told = {
        one.id: sum(number for kind, number in counts.get(one.id, {}).items() if kind not in BOOKKEEPING)
        for one in item.publications
    }
    noted = {one.id: sum(counts.get(one.id, {}).values()) - told[one.id] for one in item.publications}
    if as_json:
        read = [{**one.to_json(), "told": told[one.id], "bookkeeping": noted[one.id]} for one in item.publications]
        print_json({**item.to_json(), "path": str(item.path) if item.path else None, "publications": read})
        return
    click.echo(f"SHA-256   {item.sha256}")
    click.echo(f"kind      {item.kind}, {item.bytes:,} bytes")
    click.echo(f"file      {item.path or 'missing: `monitor287g evidence verify` says more'}")
    for one in item.sightings:
        click.echo(printable(f"seen      {_said(one.first_seen)} to {_said(one.last_seen)}, {one.how}: {one.url} ({one.name})"))
        for name, value in one.headers.items():
            click.echo(printable(f"            {name}: {value}"))
    if not item.sightings:
        click.echo("seen      when and where it was seen was not recorded")
    for publication in item.publications:
        reasons = f": {'; '.join(publication.reasons)}" if publication.reasons else ""
        which = f"publication {publication.id} of the {publication.list} list, {_said(publication.seen_at)}"
        events = f"{told[publication.id]:,} events told, {noted[publication.id]:,} of bookkeeping"
        click.echo(printable(f"read as   {which}, {publication.status}{reasons}; {events}"))


@evidence.command()
@json_option("one JSON document")
@click.pass_obj
def verify(context: Context, as_json: bool) -> None:
    """Read every kept byte again, follow the hash chains, compare the tables with the log. Exit 1 if anything is not as it was."""
    from monitor.citing.stamps import Stamps
    from monitor.citing.verify import verify as look
    from monitor.evidence import Evidence

    state = context.state_directory()
    kept = Evidence(state.documents)
    with context.reading() as store, progress("verify", sum(1 for _ in kept.files())) as advance:
        found = look(store, kept, Stamps(state.stamps), advance)
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
    if file.resolve().is_relative_to(state.path.resolve()):
        raise click.UsageError(f"{file} would lie among the monitor's own files in {state.path}; name a file elsewhere")
    with context.reading() as store, store.snapshot(), progress("export", None) as advance:
        choice = Choice(since, until, _publications(store, numbers, agency))
        try:
            documents, events = write_bundle(file, store, Evidence(state.documents), choice, advance)
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


def _publications(store: Store, numbers: Sequence[int], agency: str | None) -> frozenset[int] | None:
    """The publications asked for, None for all. Raises UsageError for what there is not."""
    from monitor.citing.catalogue import legible

    with legible():
        known = {one.id for one in store.publications()}
    if unknown := sorted({*numbers} - known):
        raise click.UsageError(f"there is no publication {', '.join(map(str, unknown))}")
    if not agency:
        return frozenset(numbers) or None
    told = store.publications_about(agency)
    if not told:
        raise click.UsageError(f"no publication told anything of an agency {agency!r}; `monitor287g history` finds its agency_id")
    return frozenset(told & {*numbers} if numbers else told)


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
    for item in candidates:
        click.echo(printable(f"{item.sha256}  {item.kind}  {', '.join(item.names)}"), err=True)
    raise click.UsageError(f"{len(candidates)} documents may be meant by {asked!r}; name one by its SHA-256")


def _several(values: Sequence[str]) -> str:
    """The first of several values, and how many there are besides."""
    return f"{values[0]} and {len(values) - 1} more" if len(values) > 1 else "".join(values)


def _print_verdict(found: Verdict) -> None:
    for name, number in found.checked.items():
        click.echo(f"{name:13} {number:>8,}")
    if found.heads:
        click.echo(f"event {found.heads.events:,} is linked as    {found.heads.events_head}")
        click.echo(f"sighting {found.heads.sightings:,} is linked as {found.heads.sightings_head}")
    for note in found.notes:
        click.echo(printable(f"note: {note}"), err=True)
    for fault in found.faults:
        click.echo(printable(f"fault: {fault.where}: {fault.problem}; {fault.advice}"), err=True)
    if not found.faults:
        click.echo("sound")
        return
    rest = f"; {found.whole:,} documents are as they were kept" if found.whole is not None else ""
    click.echo(f"{len(found.faults):,} {'fault' if len(found.faults) == 1 else 'faults'}{rest}")


def _said(moment: datetime) -> str:
    from monitor.core.events import iso

    return iso(moment)
