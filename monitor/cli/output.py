"""How commands print: JSON for programs, tables and colour for people, progress on standard error."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click


def print_json(value: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_lines(values: Iterable[Any]) -> None:
    """One JSON object a line."""
    for value in values:
        click.echo(json.dumps(value, ensure_ascii=False))


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV by RFC 4180; a cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([formula_safe("" if value is None else str(value)) for value in row])
    click.echo(out.getvalue(), nl=False)


def formula_safe(text: str) -> str:
    """`text` so that a spreadsheet shows it and does not calculate it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", styles: Mapping[str, str] | None = None
) -> None:
    """A table as wide as the terminal, or as wide as it needs where the output is no terminal. Cells are shown as they are.

    `styles`: how a cell looks (rich's words) that says exactly this.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in _NUMBERS else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell), (styles or {}).get(cell, "")) for cell in row))
    console.print(table)


_NUMBERS = frozenset(
    ("Agreements", "Agencies", "States", "Pending", "Number", "alerts", "queued", "sent", "failed", "dead", "Tries", "Tells")
)


def printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as GitHub's Markdown has it; cells are shown as they are."""
    rule = ["---:" if column in _NUMBERS else "---" for column in columns]
    lines = [[*map(markdown_safe, columns)], rule, *([markdown_safe(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def markdown_safe(text: str) -> str:
    """`text` as Markdown of one line that shows it as it is: no markup, no link, no cell's end."""
    line = " ".join(printable(text).split())
    line = re.sub(r"([\\`*_\[\]<>~|@]|&(?=#?\w+;)|^[-+=#]|(?<=^\d)[.)])", r"\\\1", line)
    return re.sub(r"(?i)(www)(?=\.)", r"\1\\", line.replace("://", ":\\//"))


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Any]:
    """A bar on standard error that moves by `advance()`, or counts where no total is known; silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)
