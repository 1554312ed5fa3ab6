"""Commands that change something: run, check, demo, release, publish."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, printable, progress

if TYPE_CHECKING:
    from monitor.config import Settings
    from monitor.store import Store


@click.command()
@click.pass_obj
def run(context: Context) -> None:
    """Watch the page until stopped: poll, alert, publish, serve.

    SIGTERM stops, SIGHUP reads the configuration again.
    """
    from monitor import logs
    from monitor.daemon import Daemon
    from monitor.statedir import StateDirectory

    configuration = context.configuration()
    settings = configuration.settings
    logs.set_up(settings.log.level, settings.log.format)
    with StateDirectory(settings.state).locked():
        try:
            Daemon(configuration, context.configuration).run()
        except OSError as error:
            if error.filename is None and error.errno is not None:
                raise Failed(
                    f"{settings.web.listen} cannot be listened on: {error.strerror}; change web.listen in {configuration.path}"
                ) from None
            raise


@click.command()
@json_option("outcome, documents, publications and events as one JSON document")
@click.pass_obj
def check(context: Context, as_json: bool) -> None:
    """Poll once: fetch, compare, alert, publish. Exit 1 if the source or a channel failed."""
    from monitor import logs, verdicts
    from monitor.clock import utc_now
    from monitor.config import Alerts
    from monitor.evidence import Evidence
    from monitor.fetcher import Fetcher
    from monitor.health.deadman import DeadMan
    from monitor.poller import Poller, results
    from monitor.publishers import datasette, refresh
    from monitor.reader import read_roster_apart
    from monitor.statedir import StateDirectory
    from monitor.store import Store

    settings = context.configuration().settings
    # Nobody waits here for another list to change too: what this poll learnt is told by it.
    settings = settings.model_copy(update={"alerts": Alerts(group_wait=timedelta(0))})
    logs.set_up("error" if as_json else "warning", settings.log.format)
    state = StateDirectory(settings.state)
    never = threading.Event()
    dead_man = DeadMan(settings.health.ping.get_secret_value())
    with state.locked(), state.turn(), dead_man.told() as told:
        store = Store.open(state.database, checked=True)
        try:
            with Fetcher(settings, never.wait) as fetcher:
                evidence, known = Evidence(state.documents), verdicts.load(state.verdicts)
                result = Poller(store, evidence, fetcher, settings, known, read=read_roster_apart).poll(utc_now())
            told.said, told.alarms = results.summary(result), store.journal.alarms()
            sent = _deliver_all(store, settings)
            datasette.describe(settings, state.path)
            refresh(store, settings, Evidence(state.documents), state.public, utc_now())
        finally:
            store.close()
    if as_json:
        from monitor.core.events import iso

        print_json(
            {
                "outcome": result.outcome,
                "detail": result.detail,
                "at": iso(result.at),
                "page_changed": result.page_changed,
                "documents": [document.to_json() for document in result.documents],
                "publications": [publication.to_json() for publication in result.publications],
                "events": [event.to_json() for event in result.events if event.tells],
                "channels": sent,
            }
        )
    else:
        click.echo(printable(results.summary(result)))
        for name, entry in sent.items():
            waiting = f", {entry['waiting']} waiting ({entry['error']})" if entry["waiting"] else ""
            click.echo(printable(f"channel {name}: {entry['sent']} sent{waiting}"))
        for publication in result.publications:
            if publication.status == "held":
                click.echo(f"publication {publication.id} is held; if it is right: monitor287g release {publication.id}")
    if not result.good or any(entry["error"] or entry["given_up"] for entry in sent.values()):
        sys.exit(1)


def _deliver_all(store: Store, settings: Settings) -> dict[str, Any]:
    """Sends what is due on every channel; by channel, how many went and the error that stopped it."""
    from monitor.clock import utc_now
    from monitor.notifiers.desk import deliver

    never = threading.Event()
    sent = {}
    for channel in settings.channels:
        outcome = deliver(store, channel, settings, utc_now, never.wait)
        sent[channel.name] = {"sent": outcome.sent, "given_up": outcome.given_up, "error": outcome.error, "waiting": 0}
    for name, one in store.outbox.waiting().items():
        if name in sent:
            # What waits for its next try has failed before, though nothing was tried now.
            sent[name] |= {"waiting": one.number, "error": sent[name]["error"] or one.error}
    return sent


@click.command()
def demo() -> None:
    """Show the whole line at work on a small invented history, in a temporary directory; nothing is asked of the network."""
    from monitor.demo import play

    play(click.echo)


@click.command()
@click.argument("publication", type=int)
@click.pass_obj
def release(context: Context, publication: int) -> None:
    """Accept the held PUBLICATION (its number stands in the operator's message and in `status`): its changes are told now."""
    from monitor import verdicts
    from monitor.clock import utc_now
    from monitor.evidence import Evidence
    from monitor.intake import Intake, ReleaseError
    from monitor.publishers import refresh
    from monitor.store import Store

    settings = context.configuration(sending=False).settings
    state = context.state_directory()
    if not state.database.exists():
        raise Failed(f"{state.path} holds no data yet")
    with state.turn():
        store = Store.open(state.database)
        try:
            intake = Intake(store, Evidence(state.documents), settings, verdicts.load(state.verdicts))
            now = utc_now().replace(microsecond=0)
            taken = intake.release(publication, now)
            refresh(store, settings, Evidence(state.documents), state.public, now)
        except ReleaseError as error:
            raise Failed(str(error)) from None
        finally:
            store.close()
    kinds = Counter(event.kind for event in taken.events if event.tells)
    click.echo(f"publication {publication} released: " + ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())))
    if settings.channels:
        click.echo("the daemon, or the next `check`, sends the alerts")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
def publish(context: Context, folder: Path | None) -> None:
    """Build all public files (site, feeds, data) in FOLDER, state/public if none is named.

    A file whose content did not change is left as it is, so that rsync or a bucket moves little. The daemon keeps state/public up to date
    by itself.
    """
    from monitor.clock import utc_now
    from monitor.evidence import Evidence
    from monitor.publishers import datasette
    from monitor.publishers import publish as build

    settings = context.configuration(sending=False).settings
    state = context.state_directory()
    target = folder or state.public
    with context.reading() as store, state.turn(), progress("publish", None) as advance:
        try:
            datasette.describe(settings, state.path)
            built, written = build(store, settings, Evidence(state.documents), target, utc_now(), advance)
        except OSError as error:
            raise Failed(f"{target} cannot be written: {error.strerror or error}") from None
    click.echo(f"{target}: {built:,} files, {len(written):,} of them written")
