"""The command `deliveries`: what was sent, what waits, what was given up; trying again and giving up."""

from __future__ import annotations

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, print_table

_STATES = ("queued", "sending", "sent", "failed", "dead", "dropped")


@click.group(invoke_without_command=True)
@click.option("--channel", help="Only this channel's.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only those in this state; repeatable.")
@click.option("--limit", type=click.IntRange(min=1), default=50, help="The newest so many.")
@json_option("one JSON document")
@click.pass_context
def deliveries(ctx: click.Context, channel: str | None, states: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Messages and what became of them, the newest first."""
    if ctx.invoked_subcommand:
        return
    from monitor.core.events import iso

    context: Context = ctx.obj
    with context.reading() as store:
        found = store.outbox.find(channel=channel, states=states, limit=limit)
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "channel": one.channel,
                    "state": one.state,
                    "title": one.message.get("title", ""),
                    "message": one.message.get("id", ""),
                    "created_at": iso(one.created_at),
                    "attempts": one.attempts,
                    "next_try": iso(one.due_at) if one.state in ("queued", "failed") else None,
                    "sent_at": iso(one.sent_at) if one.sent_at else None,
                    "said": one.said,
                    "error": one.error,
                }
                for one in found
            ]
        )
        return
    rows = []
    for one in found:
        moment = one.sent_at or (one.due_at if one.state == "failed" else None)
        rows.append(
            (
                str(one.id),
                one.channel,
                one.state,
                iso(moment) if moment else "",
                str(one.attempts),
                one.message.get("title", ""),
                one.error or one.said,
            )
        )
    print_table(("Number", "Channel", "State", "Sent or next try", "Tries", "Title", "Answer"), rows)


@deliveries.command()
@click.argument("numbers", type=int, nargs=-1)
@click.option("--channel", help="All of this channel's that failed or were given up.")
@click.pass_obj
def retry(context: Context, numbers: tuple[int, ...], channel: str | None) -> None:
    """Try messages that failed or were given up again, now: those of these NUMBERS, or a channel's."""
    from monitor.clock import utc_now

    with context.reading() as store:
        chosen = _chosen(
            numbers,
            [one.id for one in store.outbox.find(channel=channel, states=("failed", "dead"))] if channel else None,
        )
        changed = store.outbox.retry(chosen, utc_now())
    if not changed:
        raise Failed("no message that failed or was given up is among them; `monitor287g deliveries` lists them")
    click.echo(f"{changed} due now; the daemon, or the next `check`, sends them")
    configured = {one.name for one in context.configuration(sending=False).settings.channels}
    if channel and channel not in configured:
        click.echo(f"but {channel} is not configured any more: put it back, or drop them", err=True)


@deliveries.command()
@click.argument("numbers", type=int, nargs=-1)
@click.option("--channel", help="All of this channel's that wait or were given up, and what it was still to be told.")
@click.pass_obj
def drop(context: Context, numbers: tuple[int, ...], channel: str | None) -> None:
    """Give up messages that wait, or acknowledge those given up: those of these NUMBERS, or a channel's."""
    from monitor.clock import utc_now
    from monitor.notifiers.wording import count

    with context.reading() as store:
        chosen = _chosen(
            numbers,
            [one.id for one in store.outbox.find(channel=channel, states=("queued", "sending", "failed", "dead"))]
            if channel
            else None,
        )
        changed = store.outbox.drop(chosen)
        settled = store.alerts.drop(channel, utc_now()) if channel else 0
    if not changed and not settled:
        raise Failed("no message that waits is among them; `monitor287g deliveries --state queued --state failed` lists them")
    click.echo(f"{count(changed, 'message')} and {count(settled, 'alert')} dropped")


def _chosen(numbers: tuple[int, ...], of_channel: list[int] | None) -> list[int]:
    if bool(numbers) == (of_channel is not None):
        raise click.UsageError("expected either numbers of messages or --channel")
    return [*numbers] if of_channel is None else of_channel
