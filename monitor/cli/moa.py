"""The command about the agreements' own documents: moa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import Context, json_option
from monitor.cli.output import print_json, print_table, printable
from monitor.cli.reading import state_option

if TYPE_CHECKING:
    from monitor.core.roster import Agreement
    from monitor.store import Paper, PaperText, Store


@dataclass(frozen=True)
class Row:
    """One document of one agreement; `signed` is the day that its own text gives, None where it gives none."""

    agreement: Agreement
    what: str
    url: str
    paper: Paper | None
    text: PaperText | None
    signed: date | None

    @property
    def differs(self) -> bool:
        """Whether the document and the list give two days. An addendum is signed on another day."""
        printed = self.agreement.signed
        return self.what == "agreement" and self.signed is not None and printed is not None and self.signed != printed

    def to_json(self) -> dict[str, Any]:
        from monitor.core.events import iso

        paper, text = self.paper, self.text
        return {
            "agreement": self.agreement.id,
            "state": self.agreement.state,
            "agency": self.agreement.agency,
            "model": self.agreement.model,
            "what": self.what,
            "url": self.url,
            "signed_printed": self.agreement.signed.isoformat() if self.agreement.signed else None,
            "signed_in_document": self.signed.isoformat() if self.signed else None,
            "differs": self.differs,
            "sha256": paper.sha256 if paper else None,
            "checked_at": iso(paper.checked_at) if paper else None,
            "changed_at": iso(paper.changed_at) if paper and paper.changed_at else None,
            "outcome": paper.outcome if paper else None,
            "pages": text.pages if text else None,
            "no_text": text.detail or None if text else None,
        }


@click.command()
@click.option("--search", help="Only documents whose text holds all of these words.")
@click.option("--differs", is_flag=True, help="Only documents that give another signing date than the list.")
@state_option
@json_option("one JSON document")
@click.pass_obj
def moa(context: Context, search: str | None, differs: bool, state: str | None, as_json: bool) -> None:
    """The agreements' own documents: what was fetched of them, and the signing dates they give. `moa.fetch` in the configuration
    switches the fetching on."""
    with context.reading() as store:
        rows = [row for row in _rows(store) if (state is None or row.agreement.state == state) and (row.differs or not differs)]
        if search is not None:
            found = store.papers.search(search)
            rows = [row for row in rows if row.paper and row.paper.sha256 in found]
        nothing = not store.papers.all()
    if nothing and not context.configuration(sending=False).settings.moa.fetch:
        click.echo("no document was fetched yet: `moa: {fetch: true}` in the configuration lets the daemon fetch them", err=True)
    if as_json:
        print_json([row.to_json() for row in rows])
        return
    cells = (
        (
            row.agreement.state or "",
            row.agreement.agency,
            row.agreement.model or "",
            row.what,
            row.agreement.signed.isoformat() if row.agreement.signed else "",
            _signed_in_words(row),
            f"{row.paper.checked_at:%Y-%m-%d %H:%M}" if row.paper else "never",
            f"{row.paper.outcome} {row.paper.detail}".strip() if row.paper else "",
            printable(row.url.rpartition("/")[2]),
        )
        for row in rows
    )
    print_table(("State", "Agency", "Model", "Document", "Signed", "In the document", "Asked", "Answer", "Name"), cells)
    kept = sum(row.paper is not None and row.paper.sha256 is not None for row in rows)
    click.echo(
        f"{len(rows):,} documents, {kept:,} kept, {sum(row.differs for row in rows):,} give another signing date", err=True
    )


def _signed_in_words(row: Row) -> str:
    if row.signed:
        return f"{row.signed.isoformat()}{' (differs)' if row.differs else ''}"
    return (row.text.detail or "no date beside a signature") if row.text else ""


def _rows(store: Store) -> Iterator[Row]:
    """Every document of the agreements that stand, by state, agency and model."""
    from monitor.core.roster import PARTICIPATING, Agreement
    from monitor.core.signing import signed_in

    papers, texts = store.papers.all(), store.papers.texts()
    for one in store.standing(PARTICIPATING):
        if not isinstance(one, Agreement):
            continue
        for what, url in (("agreement", one.moa_url), ("addendum", one.addendum_url)):
            if url:
                paper = papers.get(url)
                text = texts.get(paper.sha256) if paper and paper.sha256 else None
                signed = signed_in(text.text, paper.checked_at.date()) if paper and text else None
                yield Row(one, what, url, paper, text, signed)
