"""The tables of documents beside the lists: those that the page links, and what the addresses of agreements give."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from monitor.core.events import iso, moment
from monitor.fetcher import Validators
from monitor.store.records import Paper, PaperText


class Papers:
    """Documents of one store. The caller holds the transaction for what writes, but for texts."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def on_page(self) -> dict[str, str] | None:
        """The documents that the page linked when it was last read, the link's text by address; None where it was never looked at."""
        known = dict(self._sql.execute("SELECT url, text FROM page_documents ORDER BY url"))
        # One row says that the page was looked at, whether it linked anything or not.
        return {url: text for url, text in known.items() if url} if known else None

    def put_on_page(self, documents: Mapping[str, str], at: datetime) -> None:
        """Makes `documents` (the link's text by address) those that the page links."""
        documents = {"": "", **documents}
        known = dict(self._sql.execute("SELECT url, text FROM page_documents"))
        self._sql.executemany("DELETE FROM page_documents WHERE url = ?", [(url,) for url in known if url not in documents])
        self._sql.executemany(
            "INSERT INTO page_documents VALUES (?, ?, ?) ON CONFLICT(url) DO UPDATE SET text = excluded.text",
            [(url, text, iso(at)) for url, text in documents.items()],
        )

    def all(self) -> dict[str, Paper]:
        """What every address gave that was ever asked, by address."""
        return {one.url: one for one in self._papers("ORDER BY url")}

    def of(self, url: str) -> Paper | None:
        """What an address gave, None where it was never asked."""
        return next(self._papers("WHERE url = ?", url), None)

    def _papers(self, where: str, *parameters: str) -> Iterator[Paper]:
        query = f"SELECT url, sha256, etag, last_modified, checked_at, changed_at, outcome, detail FROM papers {where}"
        for url, sha256, etag, last_modified, checked_at, changed_at, outcome, detail in self._sql.execute(query, parameters):
            validators, changed = Validators(etag, last_modified), moment(changed_at) if changed_at else None
            yield Paper(url, sha256, validators, moment(checked_at), changed, outcome, detail)

    def put(self, paper: Paper) -> None:
        """Writes what an address gave."""
        self._sql.execute(
            "INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(paper.url, paper.sha256, paper.validators.etag, paper.validators.last_modified, iso(paper.checked_at)),
                *(iso(paper.changed_at) if paper.changed_at else None, paper.outcome, paper.detail),
            ),
        )

    def add_text(self, text: PaperText) -> None:
        """Keeps the text of a document for search; what is there stays."""
        with self._sql:
            self._sql.execute(
                "INSERT INTO paper_texts (sha256, pages, detail, text) VALUES (?, ?, ?, ?) ON CONFLICT(sha256) DO NOTHING",
                (text.sha256, text.pages, text.detail, text.text),
            )

    def texts(self) -> dict[str, PaperText]:
        """The texts there are, by their document's SHA-256."""
        query = "SELECT sha256, pages, text, detail FROM paper_texts"
        return {row[0]: PaperText(*row) for row in self._sql.execute(query)}

    def untold(self) -> list[str]:
        """SHA-256 of the documents behind addresses whose text was not looked for yet."""
        query = "SELECT DISTINCT sha256 FROM papers WHERE sha256 IS NOT NULL AND sha256 NOT IN (SELECT sha256 FROM paper_texts)"
        return [sha256 for (sha256,) in self._sql.execute(f"{query} ORDER BY sha256")]

    def search(self, words: str) -> set[str]:
        """SHA-256 of the documents that hold all of these words, in any of their English forms."""
        asked = " ".join(f'"{word}"' for word in words.replace('"', " ").split())
        query = "SELECT sha256 FROM paper_texts WHERE id IN (SELECT rowid FROM paper_search WHERE paper_search MATCH ?)"
        return {sha256 for (sha256,) in self._sql.execute(query, (asked,))} if asked else set()
