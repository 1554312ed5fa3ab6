"""Verdicts on doubtful pairs: review, review same, review distinct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, print_table, printable

if TYPE_CHECKING:
    from monitor.store import Store


@click.group(invoke_without_command=True)
@json_option("the pairs with their evidence as one JSON document")
@click.pass_context
def review(ctx: click.Context, as_json: bool) -> None:
    """List the pairs of rows that the rules would not decide alone; `review same PAIR` or `review distinct PAIR` decides one."""
    if ctx.invoked_subcommand is not None:
        return
    from monitor import verdicts

    context: Context = ctx.obj
    with context.reading() as store:
        decided = verdicts.load(context.state_directory().verdicts)
        pairs = [pair for pair in _pairs(store).values() if pair["pair"] not in decided]
    if as_json:
        print_json(pairs)
        return
    if not pairs:
        click.echo("no doubtful pairs")
        return
    print_table(("Pair", "Told as", "Before", "After", "Why doubtful"), (_cells(pair) for pair in pairs))
    click.echo("decide with `monitor287g review same PAIR` (one agreement) or `review distinct PAIR` (two)", err=True)


@review.command()
@click.argument("pair")
@click.option("--note", default="", help="Why; kept with the verdict.")
@click.pass_obj
def same(context: Context, pair: str, note: str) -> None:
    """The two rows of PAIR print one agreement."""
    _decide(context, pair, "same", note)


@review.command()
@click.argument("pair")
@click.option("--note", default="", help="Why; kept with the verdict.")
@click.pass_obj
def distinct(context: Context, pair: str, note: str) -> None:
    """The two rows of PAIR are two agreements."""
    _decide(context, pair, "distinct", note)


def _decide(context: Context, pair: str, verdict: str, note: str) -> None:
    from monitor import verdicts
    from monitor.clock import utc_now
    from monitor.core.events import iso
    from monitor.evidence import Evidence
    from monitor.intake import Intake
    from monitor.publishers import refresh

    settings = context.configuration(sending=False).settings
    state = context.state_directory()
    now = utc_now().replace(microsecond=0)
    with context.reading() as store, state.turn():
        found = _pairs(store).get(pair)
        if found is None:
            raise Failed(f"no doubtful pair is named {pair!r}; `monitor287g review` lists them")
        details = {"old": found["old"], "new": found["new"], "decided": iso(now), **({"note": note} if note else {})}
        verdicts.add(state.verdicts, pair, verdict, details)
        appended = Intake(store, Evidence(state.documents), settings, verdicts.load(state.verdicts)).decide(pair, verdict, now)
        refresh(store, settings, Evidence(state.documents), state.public, now)
    told = ", ".join(event.kind for event in appended) or "nothing told so far speaks against it"
    click.echo(f"{pair}: {verdict}, recorded in {state.verdicts}; appended to the log: {told}")


def _pairs(store: Store) -> dict[str, dict[str, Any]]:
    """Doubtful pairs by name, each with the kinds of events that told them."""
    pairs: dict[str, dict[str, Any]] = {}
    for event in store.events(kinds=("agreement.added", "agreement.removed", "agreement.corrected")):
        if event.doubt and event.publication:
            pair = pairs.setdefault(event.doubt["pair"], {**event.doubt, "told": [], "publication": event.publication.name})
            pair["told"].append(event.kind)
    return pairs


def _cells(pair: dict[str, Any]) -> tuple[str, ...]:
    rows = (f"{row['agency']} ({row['state']}, {row['model']}, {row['signed']})" for row in (pair["old"], pair["new"]))
    told = ", ".join(sorted({kind.split(".")[1] for kind in pair["told"]}))
    return (pair["pair"], told, *(printable(row) for row in rows), pair["reason"])
