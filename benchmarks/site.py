"""A page like ICE's, of its size and noise, and a list of today's size: what this program and its peers watch in the same run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.invented import lines, next_publication, workbook
from tests.support.site import Site, serving

ROWS = 1_843


@contextmanager
def published() -> Iterator[Site]:
    """A site whose page (70 KB, other bytes at every request) links one list; it honours If-Modified-Since, as ICE's does."""
    with serving() as site:
        links = "".join(
            f'<li class="item"><a href="/{word}/{n}">{word} {n}</a></li>' for word in ("about", "news") for n in range(100)
        )
        text = "".join(
            f"<p>Section {n}. The 287(g) Program lets ICE delegate specified immigration officer functions to state and local law"
            " enforcement officers.</p>"
            for n in range(400)
        )
        site.main = f"<ul>{links}</ul>{text}"
        site.publish("participating", workbook(lines(ROWS)), "participatingAgencies.xlsx")
        yield site


def publish_next(site: Site) -> None:
    """The next list: one row in 200 is new, gone or printed with a slip."""
    site.publish("participating", workbook(next_publication(lines(ROWS))), "participatingAgenciesNext.xlsx")
