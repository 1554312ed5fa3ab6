"""`python -m benchmarks [SECTION …]`: measures, prints tables and puts them into docs/performance.md between its marks.

`--archive DIR`: the archive whose history is filled in; without it, sections that need one are left out. What is measured, and what it is
compared with, is installed first (benchmarks/peers.py).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import history, peers, polling, rosters, serving
from benchmarks.measure import Figure, machine, table, versions

_DOCUMENT = Path("docs/performance.md")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("sections", nargs="*", help="only these")
    parser.add_argument("--archive", type=Path)
    options = parser.parse_args()
    sections: dict[str, tuple[str, Callable[[], Iterator[Figure]]]] = {
        "poll": ("A poll without change", polling.figures),
        "changed": ("A changed list, in the daemon", polling.changed),
        "rosters": ("A changed list, bytes to commit", rosters.figures),
        "stations": ("Station by station: 1,843 rows, read before", rosters.stations),
        "serving": ("Serving, on one core", serving.figures),
        "memory": ("Memory", polling.memory),
        "starting": ("Starting", polling.starting),
        "installed": ("Size", polling.installed),
        "peers": ("Beside others: one look at the same page and list, nothing changed", peers.figures),
    }
    if options.archive:
        sections["backfill"] = ("History", partial(history.backfill, options.archive))
        sections["publishing"] = ("Public files of the archive", partial(history.publishing, options.archive))
    if unknown := [name for name in options.sections if name not in sections]:
        parser.error(f"there is no section {', '.join(unknown)}; there are: {', '.join(sections)}")
    peers.install()
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(f"{machine()}\n{versions()}")
    for name in options.sections or sections:
        title, measure = sections[name]
        found = []
        with console.status(title):
            for figure in measure():
                found.append(figure)
                console.print(f"[dim]{' · '.join(cell for cell in figure.cells() if cell)}[/dim]", highlight=False)
        told = table(found)
        console.print(f"\n{title}", style="bold")
        console.print(Markdown(told))
        _put(name, f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.\n\n{told}")
    _put("versions", versions())


def _put(mark: str, text: str) -> None:
    """Puts a text between its marks in the document, where it has them."""
    document = _DOCUMENT.read_text("utf-8")
    form = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    _DOCUMENT.write_text(form.sub(lambda found: f"{found[1]}{text}\n{found[2]}", document), "utf-8")


if __name__ == "__main__":
    main()
