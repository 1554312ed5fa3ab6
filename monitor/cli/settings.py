"""Commands about the configuration: config check."""

from __future__ import annotations

import click

from monitor.cli import Context


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command("check")
@click.pass_obj
def config_check(context: Context) -> None:
    """Read the configuration and say what is wrong, key by key. Exit 2 if anything is."""
    from monitor.publishers.websub import unreachable

    configuration = context.configuration()
    settings = configuration.settings
    channels = ", ".join(f"{channel.name} ({channel.type}: {', '.join(channel.tell)})" for channel in settings.channels)
    click.echo(f"{configuration.path} is right: watching {settings.page}, state in {settings.state}")
    click.echo(
        f"channels: {channels}" if channels else "no channel is switched on: nobody is alerted; see `channels:` in config.yaml"
    )
    if settings.web.hubs and unreachable(settings.web.public_url):
        click.echo(
            f"web.hubs: no hub can fetch a feed from {settings.web.public_url}; set web.public_url to where readers reach it"
        )
    if settings.channels and not any("operator" in channel.tell for channel in settings.channels):
        click.echo("warning: no channel tells `operator`: nobody hears when the source or a channel fails", err=True)
