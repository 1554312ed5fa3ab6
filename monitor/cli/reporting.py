"""The command that reports: every figure the press prints, as text, Markdown or JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from monitor.cli import Context, json_option
from monitor.cli.output import markdown_safe, markdown_table, print_json, print_table, printable
from monitor.cli.reading import Moment, as_of_option, state_option

if TYPE_CHECKING:
    from monitor.report.press import Report


@click.command()
@as_of_option
@click.option(
    "--since", type=Moment(), help="Tell what changed after this moment; seven days before the report's where not given."
)
@state_option
@json_option("one JSON document")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown.")
@click.pass_obj
def report(
    context: Context, as_of: datetime | None, since: datetime | None, state: str | None, as_json: bool, as_markdown: bool
) -> None:
    """The figures the press prints: agreements, kinds of agency, sheriffs' shares, changes, records and firsts."""
    from monitor.clock import utc_now
    from monitor.report import press

    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    moment = as_of or utc_now()
    if since and since > moment:
        raise click.UsageError("--since is later than the report's own moment (--as-of)")
    with context.reading() as store:
        found = press.report(store.events(bookkeeping=True), moment, since, state)
        first = store.publications()[-1:]
    if found.begins is None:
        begins = f"; the record begins on {first[0].seen_at:%Y-%m-%d at %H:%M} UTC" if first and first[0].seen_at > moment else ""
        click.echo(f"nothing was known then{begins}", err=True)
    if as_json:
        print_json(found.to_json())
    elif as_markdown:
        _print_markdown(found)
    else:
        _print_text(found)


def _print_text(report: Report) -> None:
    from monitor.cli.sections import sections, title

    click.secho(title(report), bold=True)
    for section in sections(report):
        click.echo()
        click.secho(section.heading, bold=True)
        if section.rows:
            print_table(section.columns, section.rows)
        for line in section.lines:
            click.echo(printable(line))


def _print_markdown(report: Report) -> None:
    from monitor.cli.sections import sections, title

    click.echo(f"# {markdown_safe(title(report))}")
    for section in sections(report):
        click.echo(f"\n## {markdown_safe(section.heading)}\n")
        if section.rows:
            click.echo(markdown_table(section.columns, section.rows) + ("\n" if section.lines else ""))
        for line in section.lines:
            click.echo(f"- {markdown_safe(line)}")
