"""Commands about the configuration and its channels: config check, notify test, notify preview."""

from __future__ import annotations

import sys

import click

from monitor.cli import Context, Failed
from monitor.cli.output import printable


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command("check")
@click.pass_obj
def config_check(context: Context) -> None:
    """Read the configuration and say what is wrong, key by key. Exit 2 if anything is."""
    configuration = context.configuration()
    settings = configuration.settings
    channels = ", ".join(f"{channel.name} ({channel.type}: {', '.join(channel.tell)})" for channel in settings.channels)
    click.echo(f"{configuration.path} is right: watching {settings.page}, state in {settings.state}")
    click.echo(
        f"channels: {channels}" if channels else "no channel is switched on: nobody is alerted; see `channels:` in config.yaml"
    )
    if settings.channels and not any("operator" in channel.tell for channel in settings.channels):
        click.echo("warning: no channel tells `operator`: nobody hears when the source or a channel fails", err=True)


@click.group()
def notify() -> None:
    """Try the channels."""


@notify.command("test")
@click.argument("channel", required=False)
@click.pass_obj
def notify_test(context: Context, channel: str | None) -> None:
    """Send a test message to CHANNEL, or to every channel. Exit 1 if one fails."""
    from monitor import logs, notifiers
    from monitor.clock import utc_now
    from monitor.notifiers.messages import Links, test_message

    settings = context.configuration().settings
    logs.set_up("error", settings.log.format)
    names = [one.name for one in settings.channels]
    if not names:
        raise click.UsageError("no channel is switched on; add one under `channels:` in config.yaml")
    if channel is not None and channel not in names:
        raise click.UsageError(f"no channel is called {channel!r}; there are {', '.join(names)}")
    failed = False
    for one in settings.channels:
        if channel in (None, one.name):
            message = test_message(one.name, utc_now(), Links(settings.web.public_url, settings.page))
            try:
                notifiers.build(one).send(message)
                click.echo(f"{one.name}: sent")
            except notifiers.DeliveryError as error:
                failed = True
                click.echo(printable(f"{one.name}: failed: {error}"), err=True)
    sys.exit(1 if failed else 0)


@notify.command("preview")
@click.argument("publication", type=int, required=False)
@click.pass_obj
def notify_preview(context: Context, publication: int | None) -> None:
    """Print the alert of PUBLICATION, the newest that told news if none is named; nothing is sent."""
    from monitor.notifiers.messages import Links, publication_message, told
    from monitor.notifiers.rendering import as_text

    settings = context.configuration(sending=False).settings
    with context.reading() as store:
        for one in store.publications():
            if publication in (None, one.id) and (news := told(store.events(publication=one.id), ("news",))):
                message = publication_message(one, news, Links(settings.web.public_url, settings.page))
                click.echo(message.title)
                click.echo("\n".join(printable(line) for line in as_text(message).splitlines()))
                return
    raise Failed(f"publication {publication} told no news" if publication is not None else "no publication has told news yet")
