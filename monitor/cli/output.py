"""How commands print: JSON for programs, tables and colour for people, progress on standard error."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

# How a cell looks, in click's words: {"fg": "red", "bold": True}.
Style = Mapping[str, Any]


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
    columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", styles: Mapping[str, Style] | None = None
) -> None:
    """A table as wide as the terminal, or as wide as it needs where the output is no terminal. Cells are shown as they are.

    `styles`: how a cell looks that says exactly this.
    """
    from tabulate import tabulate

    terminal = sys.stdout.isatty()
    coloured = terminal and "NO_COLOR" not in os.environ
    cells = [[printable(cell) for cell in row] for row in (columns, *rows)]
    widths = _widths(cells, shutil.get_terminal_size().columns if terminal else 200)
    looks = dict(styles or {}) if coloured else {}
    lines = [["\n".join(_lines(cell, width, looks.get(cell))) for cell, width in zip(row, widths, strict=True)] for row in cells]
    if coloured:
        lines[0] = [click.style(cell, bold=True) for cell in lines[0]]
    align = ["right" if column in _NUMBERS else "left" for column in columns]
    # Its own headings would be set two blanks further apart.
    text = tabulate(lines, tablefmt="plain", disable_numparse=True, colalign=align)
    click.echo("\n".join(line.rstrip() for line in [*([title] if title else []), *text.splitlines()]))


def _lines(cell: str, width: int, style: Style | None) -> list[str]:
    lines = textwrap.wrap(cell, width, break_on_hyphens=False)
    return [click.style(line, **style) for line in lines] if style else lines


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column may be so that all fit into `room`, two blanks apart: the widest give way first."""
    needed = [max(1, *map(len, column)) for column in zip(*rows, strict=True)]
    room -= 2 * (len(needed) - 1)
    limit = next((one for one in range(max(needed), 1, -1) if sum(min(one, width) for width in needed) <= room), 1)
    return [min(limit, width) for width in needed]


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
    bar = click.progressbar(
        None if total is not None else itertools.count(),
        length=total,
        label=label,
        show_pos=True,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    )
    with bar:
        yield lambda: bar.update(1)
