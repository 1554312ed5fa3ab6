"""Commands that only read: events, agreements, pending, status."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Context, Decorator, json_option
from monitor.cli.output import print_csv, print_json, print_json_lines, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.core.roster import Listing
    from monitor.store import Store


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic in click's stubs only since 8.4
    """A date (its first moment, UTC) or an ISO 8601 moment."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; expected 2025-05-30 or 2025-05-30T14:00:00Z", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class State(click.ParamType):  # type: ignore[type-arg]
    """A state's USPS code or name."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from monitor.core.places import state_code

        code = state_code(str(value))
        if code is None:
            self.fail(f"{value!r} is no state; expected a code such as TX or a name", param, ctx)
        return code


state_option: Decorator = click.option("--state", type=State(), help="Only this state (TX or Texas).")
as_of_option: Decorator = click.option(
    "--as-of", type=Moment(), help="As it stood then; a date alone means its first moment, UTC."
)


_LISTING_OPTIONS: tuple[Decorator, ...] = (
    as_of_option,
    state_option,
    click.option("--model", type=click.Choice(["JEM", "TFM", "WSO"], case_sensitive=False), help="Only this model."),
    json_option("one JSON document"),
    click.option("--csv", "as_csv", is_flag=True, help="Print CSV."),
)


def _listing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of both lists, in the order of --help."""
    for option in reversed(_LISTING_OPTIONS):
        command = option(command)
    return command


@click.command()
@click.option("--since", type=Moment(), help="Only events from this moment on.")
@click.option("--until", type=Moment(), help="Only events up to this moment.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="Only events of this kind (agreement.added, or agreement for all of those); repeatable.",
)
@state_option
@click.option("--all", "bookkeeping", is_flag=True, help="Also what is told to nobody: first readings and changes of typing.")
@click.option("--explain", is_flag=True, help="With the evidence for each match and its runner-up.")
@json_option("JSON lines")
@click.pass_obj
def events(
    context: Context,
    since: datetime | None,
    until: datetime | None,
    kinds: tuple[str, ...],
    state: str | None,
    bookkeeping: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """The event log: everything that was learnt, oldest first."""
    from monitor.core.events import BOOKKEEPING, KINDS

    known = (*KINDS, *sorted(BOOKKEEPING))
    wanted = [kind for kind in known if any(kind == asked or kind.startswith(f"{asked}.") for asked in kinds)]
    if kinds and not wanted:
        raise click.UsageError(f"no kind of event is called {', '.join(kinds)}; there are {', '.join(KINDS)}")
    if kinds and not bookkeeping:
        wanted = [kind for kind in wanted if kind not in BOOKKEEPING or kind in kinds]
    with context.reading() as store:
        found = store.events(since=since, until=until, kinds=wanted, state=state, bookkeeping=bookkeeping)
        if as_json:
            print_json_lines(event.to_json(explain=explain) for event in found)
            return
        from monitor.core.events import iso
        from monitor.notifiers.wording import changes_in_words, describe

        rows = []
        for event in found:
            what = describe(event.listing) if event.listing else (event.publication.name if event.publication else "")
            why = "; ".join(part for part in (changes_in_words(event.changes), event.reason) if part)
            if explain and event.match:
                why += f"; evidence {event.match}"
            rows.append((str(event.id), iso(event.at), event.kind, event.state or "", what, why))
        print_table(("Number", "At", "Kind", "State", "What", "Why"), rows)


@click.command()
@_listing_options
@click.pass_obj
def agreements(
    context: Context, as_of: datetime | None, state: str | None, model: str | None, as_json: bool, as_csv: bool
) -> None:
    """Agreements that stand, or stood at a moment."""
    _listings(context, "participating", as_of, state, model, as_json=as_json, as_csv=as_csv)


@click.command()
@_listing_options
@click.pass_obj
def pending(context: Context, as_of: datetime | None, state: str | None, model: str | None, as_json: bool, as_csv: bool) -> None:
    """Applications that are pending, or were at a moment."""
    _listings(context, "pending", as_of, state, model, as_json=as_json, as_csv=as_csv)


_COLUMNS = ("id", "state", "agency", "agency_kind", "county", "model", "signed", "moa_url", "addendum_url")


def _listings(
    context: Context, list_name: str, as_of: datetime | None, state: str | None, model: str | None, *, as_json: bool, as_csv: bool
) -> None:
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    with context.reading() as store:
        rows = [
            row
            for row in _standing(store, list_name, as_of)
            if (state is None or row.state == state) and (model is None or row.model == model.upper())
        ]
        begun = store.publications()[-1:] if as_of else []
    if begun and as_of and as_of < begun[0].seen_at:
        click.echo(f"nothing was known then; the record begins on {begun[0].seen_at:%Y-%m-%d at %H:%M} UTC", err=True)
    if as_json:
        print_json([row.to_json() for row in rows])
    elif as_csv:
        values = (row.to_json() for row in rows)
        print_csv(_COLUMNS, ([value.get(name) for name in _COLUMNS] for value in values))
    else:
        cells = (
            (
                row.state or "",
                row.agency,
                row.county or "",
                row.model or "",
                row.signed.isoformat() if row.signed else "",
                row.moa_url or "",
            )
            for row in rows
        )
        print_table(("State", "Agency", "County", "Model", "Signed", "MOA"), cells)
        click.echo(f"{len(rows):,} {'agreements' if list_name == 'participating' else 'applications'}", err=True)


def _standing(store: Store, list_name: str, as_of: datetime | None) -> list[Listing]:
    """What stands now, or what the log says stood at `as_of`."""
    if as_of is None:
        return store.standing(list_name)
    from monitor.core.replay import standing

    rows = [row for row in standing(store.events(until=as_of, bookkeeping=True)).values() if row.list == list_name]
    return sorted(rows, key=lambda row: (row.state or "", row.agency, row.model or "", row.id))


@click.command()
@json_option("one JSON document")
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """How the monitor is: last poll, what it knows, what is held, what is waiting to be sent. Exit 1 if something is wrong."""
    from monitor.clock import utc_now
    from monitor.core.events import iso
    from monitor.core.publication import HELD
    from monitor.health.readings import Reading

    settings = context.configuration(sending=False).settings
    state = context.state_directory()
    configured = {channel.name for channel in settings.channels}
    with context.reading() as store:
        reading = Reading.of(store, utc_now())
        last, good = reading.last_poll, reading.last_good_poll
        alarms = store.journal.alarms()
        publications = store.publications()
        held = [publication for publication in publications if publication.status == HELD]
        value: dict[str, Any] = {
            "last_poll": {"at": iso(last.at), "outcome": last.outcome, "detail": last.detail, "millis": last.millis}
            if last
            else None,
            "last_good_poll": iso(good.at) if good else None,
            "last_good_poll_age_seconds": reading.age(good.at if good else None),
            "daemon_process": state.holder(),
            "database_bytes": state.database.stat().st_size,
            "agreements": len(store.standing("participating")),
            "pending": len(store.standing("pending")),
            "publications": len(publications),
            "documents": store.count_documents(),
            "moa": _moa(store) if settings.moa.fetch else None,
            "events": store.event_counts(),
            "held": [publication.to_json() for publication in held],
            "alarms": {key: {"since": iso(alarm.opened_at), "detail": alarm.detail} for key, alarm in alarms.items()},
            "channels": _channels(store, configured),
        }
    stuck = any(row["failed"] or row["dead"] or not row["configured"] for row in value["channels"])
    wrong = bool(alarms or held or stuck)
    if as_json:
        print_json(value)
    else:
        _print_status(value)
    sys.exit(1 if wrong else 0)


def _moa(store: Store) -> dict[str, Any]:
    """How the agreements' own documents stand: addresses asked, documents kept, addresses that gave none, the last request."""
    from monitor.core.events import iso

    papers = store.papers.all().values()
    return {
        "asked": len(papers),
        "kept": sum(one.sha256 is not None for one in papers),
        "failing": sum(one.outcome not in ("ok", "not_modified") for one in papers),
        "last_asked": iso(max(one.checked_at for one in papers)) if papers else None,
    }


def _channels(store: Store, configured: set[str]) -> list[dict[str, Any]]:
    """Per channel that is configured or has something to send: alerts to come, messages by state, the last error."""
    from monitor.core.events import iso
    from monitor.store.outbox import STATES

    sent = {row["channel"]: row for row in store.outbox.summary()}
    alerts = store.alerts.waiting()
    rows = []
    for name in sorted({*sent, *alerts, *configured}):
        row = sent.get(name) or {"channel": name, **dict.fromkeys(STATES, 0), "oldest_waiting": None, "last_sent": None}
        number, due = alerts.get(name, (0, None))
        row |= {"alerts": number, "next_due": iso(due) if due else None, "configured": name in configured}
        row.setdefault("last_error", None)
        if name in configured or number or row["queued"] or row["sending"] or row["failed"]:
            rows.append(row)
    return rows


def _print_status(value: dict[str, Any]) -> None:
    from monitor.health.checks import in_words

    last = value["last_poll"]
    click.echo(
        printable(f"last poll      {last['at']} {last['outcome']} {last['detail']}") if last else "last poll      none yet"
    )
    age = value["last_good_poll_age_seconds"]
    click.echo(
        f"last good poll {value['last_good_poll'] or 'none yet'}"
        + (f", {in_words(timedelta(seconds=age))} ago" if age is not None else "")
    )
    process = value["daemon_process"]
    running = "does not run" if process is None else f"runs as process {process}"
    click.echo(f"daemon         {running}; the database has {value['database_bytes'] / (1 << 20):.1f} MB")
    click.echo(
        f"known          {value['agreements']:,} agreements, {value['pending']:,} pending, {value['publications']:,} publications"
    )
    if moa := value["moa"]:
        click.echo(
            f"documents      {moa['asked']:,} addresses of agreements asked, {moa['kept']:,} documents kept, {moa['failing']:,} gave"
            f" none at the last try; last asked {moa['last_asked'] or 'never'}"
        )
    for publication in value["held"]:
        reasons = "; ".join(publication["reasons"])
        click.echo(printable(f"held           publication {publication['id']}, {publication['name']}: {reasons}"))
        click.echo(f"               to accept it: monitor287g release {publication['id']}")
    for key, alarm in value["alarms"].items():
        click.echo(printable(f"alarm          {key} since {alarm['since']}: {alarm['detail']}"))
    for row in value["channels"]:
        if not row["configured"]:
            name = row["channel"]
            left = row["queued"] + row["sending"] + row["failed"]
            click.echo(
                printable(
                    f"channel        {name} is not configured any more; {left} messages and {row['alerts']} alerts wait for it;"
                    f" to drop them: monitor287g deliveries drop --channel {name}"
                )
            )
    if any(row["dead"] for row in value["channels"]):
        click.echo("given up       messages that no service took: monitor287g deliveries --state dead; retry or drop them")
    if value["channels"]:
        columns = ("channel", "alerts", "queued", "sent", "failed", "dead", "last_sent", "last_error")
        print_table(columns, ([str(row[name] or "") for name in columns] for row in value["channels"]))
