"""Commands about how the monitor does: doctor."""

from __future__ import annotations

import sys
import threading

import click

from monitor.cli import Context, json_option
from monitor.cli.output import Style, print_json, print_table, progress


@click.command()
@json_option("one JSON document")
@click.pass_obj
def doctor(context: Context, as_json: bool) -> None:
    """Look at everything that can go wrong, and say what to do about what has: configuration, disk, database, clock, page, channels.

    Nothing is changed, nothing is sent. Exit 1 if something fails, 2 if the configuration cannot be used.
    """
    from monitor.clock import utc_now
    from monitor.config import ConfigError
    from monitor.health.checks import FAIL, OK, WARN, Finding, worst
    from monitor.health.doctor import examine

    wrong = False
    try:
        configuration = context.configuration()
        with progress("looking", None) as advance:
            findings = []
            for finding in examine(configuration, threading.Event().wait, utc_now):
                findings.append(finding)
                advance()
    except ConfigError as error:
        wrong = True
        remedy = "correct it; every key is shown in the config.yaml of the project"
        findings = [Finding("configuration", FAIL, line, remedy) for line in str(error).splitlines()]
    state = worst(findings)
    if as_json:
        print_json({"status": state, "checks": [finding.to_json() for finding in findings]})
    else:
        rows = [(one.state, one.check, one.found, one.remedy) for one in findings]
        looks: dict[str, Style] = {OK: {"fg": "green"}, WARN: {"fg": "yellow"}, FAIL: {"fg": "red", "bold": True}}
        print_table(("", "Check", "Found", "What to do"), rows, styles=looks)
        counts = {one: sum(finding.state == one for finding in findings) for one in (FAIL, WARN)}
        click.echo("all is well" if state == OK else f"{counts[FAIL]} failing, {counts[WARN]} to look at")
    if state == FAIL:
        sys.exit(2 if wrong else 1)
