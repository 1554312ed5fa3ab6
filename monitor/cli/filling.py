"""The command that fills in history: backfill, from a folder or from a web archive."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, printable, progress
from monitor.cli.reading import Moment

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.backfill.wayback import Missed
    from monitor.config import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--wayback", is_flag=True, help="First fetch captures from the Internet Archive into FOLDER (state/wayback if none is named)."
)
@click.option("--from", "since", type=Moment(), help="With --wayback: only captures from this moment on.")
@click.option("--to", "until", type=Moment(), help="With --wayback: only captures up to this moment.")
@json_option("a summary as one JSON document")
@click.pass_obj
def backfill(
    context: Context, folder: Path | None, wayback: bool, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Fill in history from a FOLDER of archived spreadsheets and saved pages, told to nobody.

    FOLDER/timeline.csv (listed_as,name,file,published_at) says what was published when; without it the names do: capture stamps, dates,
    ICE's own names. What is in the log already is passed over, so that a call can be repeated. Exit 1 if something could not be used.
    """
    from monitor import heap, verdicts
    from monitor.backfill import Backfill, BackfillError, contents
    from monitor.clock import utc_now
    from monitor.evidence import Evidence
    from monitor.statedir import StateDirectory
    from monitor.store import Store

    heap.for_long()
    settings = context.configuration(sending=False).settings
    if not wayback and (folder is None or since or until):
        raise click.UsageError("name a FOLDER of archived files, or fetch one with --wayback (--from and --to belong to it)")
    folder = folder or settings.state / "wayback"
    outcomes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    troubles: list[dict[str, str]] = []
    state = StateDirectory(settings.state)
    try:
        if wayback:
            troubles += [{"file": one.url, "reason": one.reason} for one in _fetched(settings, folder, since, until)]
        found = contents(folder, utc_now())
        troubles += [{"file": _name(one.path), "reason": one.reason} for one in found.troubles]
        with state.locked(), state.turn():
            store = Store.open(state.database)
            try:
                filling = Backfill(store, Evidence(state.documents), settings, verdicts.load(state.verdicts))
                with progress("backfill", len(found.captures)) as advance:
                    for replayed in filling.replay(found.captures):
                        advance()
                        outcomes[replayed.outcome] += 1
                        kinds.update(event.kind for event in replayed.events if event.tells)
                        if replayed.detail:
                            troubles.append({"file": _name(replayed.capture.path), "reason": replayed.detail})
            finally:
                store.close()
    except BackfillError as error:
        raise Failed(str(error)) from None
    if as_json:
        print_json({"files": len(found.captures), "outcomes": outcomes, "events": kinds, "not_read": troubles})
    else:
        parts = [
            f"{len(found.captures):,} files",
            *(f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(outcomes.items())),
        ]
        click.echo(", ".join(parts))
        for kind, number in sorted(kinds.items()):
            click.echo(f"  {kind:24} {number:6,}")
        for trouble in troubles:
            click.echo(printable(f"not used: {trouble['file']}: {trouble['reason']}"), err=True)
        if kinds:
            click.echo("`monitor287g publish`, or the daemon when it starts, builds the public files")
    if troubles:
        sys.exit(1)


def _name(path: Path) -> str:
    """A path as text, also where its name is of another encoding."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _fetched(settings: Settings, folder: Path, since: datetime | None, until: datetime | None) -> list[Missed]:
    """Fetches what a web archive has into `folder`; gives what it has not. Raises BackfillError while another try may give more."""
    from urllib.parse import urlsplit

    from monitor.backfill import BackfillError
    from monitor.backfill.wayback import PAGE_NAME, Wayback
    from monitor.fetcher import Fetcher

    never = threading.Event()
    asking = settings.model_copy(update={"allowed_hosts": (urlsplit(settings.wayback.url).hostname or "",)})
    with Fetcher(asking, never.wait) as fetcher:
        archive = Wayback(settings, fetcher, folder, never.wait)
        pages = archive.pages(since, until)
        if not pages:
            between = " between these moments" if since or until else ""
            raise BackfillError(f"{settings.wayback.url} has no captures of {settings.page}{between}")
        with progress("pages", len(pages)) as advance:
            for _ in archive.fetch(pages, PAGE_NAME):
                advance()
        with progress("documents", None) as advance:
            for captures in archive.documents(until):
                for _ in archive.fetch(captures):
                    advance()
    again = [one for one in archive.missed if one.passing]
    if again:
        raise BackfillError(
            f"{len(again)} captures could not be had ({again[0].url}: {again[0].reason}); {archive.fetched} were fetched into {folder}."
            " Nothing was filled in: call it again to fetch the rest, or fill in what there is: monitor287g backfill"
            f" {folder}"
        )
    return archive.missed
