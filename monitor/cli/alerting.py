"""Commands about alerts: routes, notify test, notify preview."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, print_table, printable

if TYPE_CHECKING:
    from monitor.config import Channel, Settings
    from monitor.core.events import Event
    from monitor.core.publication import Publication
    from monitor.store import Store


@click.command()
@click.option("--publication", type=int, help="Which routes this one would have triggered; the newest that told something.")
@json_option("one JSON document")
@click.pass_obj
def routes(context: Context, publication: int | None, as_json: bool) -> None:
    """The routes, and which of them a past publication would have triggered; nothing is sent."""
    from monitor.core.events import iso
    from monitor.notifiers.news import Links, alert
    from monitor.notifiers.routes import routes as configured
    from monitor.notifiers.wording import count

    settings = context.configuration(sending=False).settings
    channels = _channels(settings, None)
    links = Links(settings.web.public_url, settings.page)
    with context.reading() as store:
        chosen, events = _publication(store, publication)
    rows = []
    for route in configured(channels, settings.poll.timezone):
        told = [event for event in events if route.takes(event)]
        message = alert([chosen], told, links) if told else None
        rows.append(
            {
                "route": route.channel,
                "tells": len(told),
                "due": iso(route.due(chosen.seen_at, settings.alerts.group_wait)) if told else None,
                "title": message.title if message else None,
                "events": [event.id for event in told],
            }
        )
    if as_json:
        print_json({"publication": chosen.ref.to_json(), "routes": rows})
        return
    click.echo(printable(f"publication {chosen.id}, {chosen.name}, seen {iso(chosen.seen_at)}: {count(len(events), 'event')}"))
    print_table(
        ("Route", "Tells", "Due", "Title"),
        ((str(r["route"]), str(r["tells"]), str(r["due"] or ""), str(r["title"] or "nothing for this route")) for r in rows),
    )


def _publication(
    store: Store, number: int | None, tells: Callable[[Event], bool] = lambda event: True
) -> tuple[Publication, list[Event]]:
    """A publication and those of its events that `tells` takes; the newest that has some if no number is given."""
    for one in store.publications():
        if number in (None, one.id) and (events := [event for event in store.events(publication=one.id) if tells(event)]):
            return one, events
    if number is None:
        raise Failed("no publication has told anything for this yet")
    if store.publication(number) is None:
        raise Failed(f"there is no publication {number}; the newest is {store.next_publication_id() - 1}")
    raise Failed(f"publication {number} told nothing of what is asked for here")


@click.group()
def notify() -> None:
    """Try the channels."""


@notify.command("test")
@click.argument("channel", required=False)
@click.pass_obj
def notify_test(context: Context, channel: str | None) -> None:
    """Send a marked test message to CHANNEL, or to every channel, and say what the service answered. Exit 1 if one fails."""
    from monitor import logs, notifiers
    from monitor.clock import utc_now
    from monitor.notifiers import notices
    from monitor.notifiers.news import Links

    settings = context.configuration().settings
    logs.set_up("error", settings.log.format)
    failed = False
    for one in _channels(settings, channel):
        now = utc_now()
        message = notices.test(one.name, now, Links(settings.web.public_url, settings.page))
        try:
            receipt = notifiers.build(one).send(message, notifiers.Sending(at=now))
            click.echo(printable(f"{one.name}: sent; the service said: {receipt.said or 'nothing'}"))
        except notifiers.DeliveryError as error:
            failed = True
            click.echo(printable(f"{one.name}: failed: {error}"), err=True)
    sys.exit(1 if failed else 0)


def _channels(settings: Settings, name: str | None) -> list[Channel]:
    """The channel of that name, or all."""
    names = [one.name for one in settings.channels]
    if not names:
        raise click.UsageError("no channel is switched on; add one under `channels:` in config.yaml")
    if name is not None and name not in names:
        raise click.UsageError(f"no channel is called {name!r}; there are {', '.join(names)}")
    return [one for one in settings.channels if name in (None, one.name)]


@notify.command("preview")
@click.option("--publication", type=int, help="Its alert; without it that of the newest publication that told something.")
@click.option("--channel", help="As this channel would be sent it, by its filter and templates.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it to a file, as it would be sent; the suffix says which form (eml, html, json, txt).",
)
@click.pass_obj
def notify_preview(context: Context, publication: int | None, channel: str | None, output: Path | None) -> None:
    """Show the alert of a past publication on the terminal or in a file; nothing is sent."""
    from monitor import notifiers
    from monitor.core.events import NEWS
    from monitor.notifiers.news import Links, alert
    from monitor.notifiers.rendering import Renderer
    from monitor.notifiers.routes import Route

    settings = context.configuration(sending=False).settings
    one = _channels(settings, channel)[0] if channel else None
    route = Route.of(one, settings.poll.timezone) if one else None
    with context.reading() as store:
        chosen, events = _publication(store, publication, lambda e: route.takes(e) if route else e.kind in NEWS)
    message = alert([chosen], events, Links(settings.web.public_url, settings.page))
    if message is None:
        raise Failed(f"publication {chosen.id} undid what it told; there is no message of it")
    if one is None:
        forms = {"txt": f"{message.title}\n\n{Renderer().text(message)}".encode(), "html": Renderer().html(message).encode()}
    else:
        forms = dict(notifiers.build(one).forms(message, notifiers.Sending(at=chosen.seen_at, events=events)))
    if output is None:
        click.echo("\n".join(printable(line) for line in forms["txt"].decode("utf-8", "replace").splitlines()))
        return
    form = forms.get(output.suffix.lstrip("."))
    if form is None:
        raise click.UsageError(f"{output.name} should end in {' or '.join(f'.{name}' for name in sorted(forms))}")
    output.write_bytes(form)
    click.echo(f"{output}: {len(form):,} bytes")
