"""What Datasette needs to put the database in public: titles, descriptions, searches and questions, and what nobody is shown."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from monitor.config import Settings
from monitor.publishers import tables
from monitor.publishers.files import write
from monitor.publishers.tables import Table
from monitor.store.questions import QUESTIONS

# As Datasette names the database by its file, `monitor.db`.
DATABASE = "monitor"
# Every table of the database. The views show all there is to see of those with the lists and the log, without the log's bookkeeping;
# the others tell of the operator, of channels and their recipients.
DENIED = (
    *("agreements", "applications", "documents", "events", "lists", "page", "publications", "sightings", "sources"),
    *("page_documents", "papers", "paper_texts"),
    *("alarms", "alerts", "deliveries", "fetches", "incidents", "polls", "_sqlite_migrations"),
    *(
        f"{table}_search{part}"
        for table in ("agreements", "applications", "events")
        for part in ("", "_config", "_content", "_data", "_docsize", "_idx")
    ),
    *(f"paper_search{part}" for part in ("", "_config", "_data", "_docsize", "_idx")),
)
_NUMBER = "The row's number in the search index"
_SEARCHES = {
    tables.AGREEMENTS.view: {"fts_table": "agreements_search", "fts_pk": "number"},
    tables.PENDING.view: {"fts_table": "applications_search", "fts_pk": "number"},
    tables.EVENTS.view: {"fts_table": "events_search", "fts_pk": "id"},
}
_FACETS = {
    tables.AGREEMENTS.view: ["state", "model", "agency_kind"],
    tables.PENDING.view: ["state", "model", "agency_kind"],
    tables.EVENTS.view: ["kind", "state", "model"],
    tables.PUBLICATIONS.view: ["list", "status"],
}
_SORTS = {
    tables.AGREEMENTS.view: {"sort_desc": "first_seen"},
    tables.PENDING.view: {"sort": "first_seen"},
    tables.EVENTS.view: {"sort_desc": "id"},
    tables.PUBLICATIONS.view: {"sort_desc": "id"},
}


def describe(settings: Settings, folder: Path) -> None:
    """Puts `metadata.json` beside the database in the state directory `folder`, where Datasette looks for it."""
    write(folder / "metadata.json", metadata(settings))


def metadata(settings: Settings) -> bytes:
    """The content of `metadata.json`, for `datasette monitor.db -m metadata.json` or beside the database for `datasette FOLDER`."""
    return _metadata(settings.page, settings.web.public_url)


@lru_cache(maxsize=1)
def _metadata(page: str, public_url: str) -> bytes:
    database = {
        "description": "Agreements, applications and everything that was learnt of them, read from the lists that ICE publishes.",
        "allow_sql": False,
        "tables": {
            **{table.view: _view(table) for table in tables.TABLES},
            **{name: {"allow": False, "hidden": True} for name in DENIED},
        },
        "queries": {
            name: {
                "title": question.title,
                "description": " ".join(
                    (
                        question.description,
                        *(f"{parameter}: {what}." for parameter, what in question.parameters.items()),
                    )
                ),
                "sql": question.sql,
            }
            for name, question in QUESTIONS.items()
        },
    }
    content = {
        "title": "ICE's 287(g) program: agreements and the record of what changed",
        "license": "Public domain: the lists are works of the United States government",
        "license_url": "https://www.usa.gov/government-copyright",
        "source": "U.S. Immigration and Customs Enforcement",
        "source_url": page,
        "about": "The monitor's public site",
        "about_url": f"{public_url}/",
        # Whatever the database's file is called.
        "allow_sql": False,
        "databases": {DATABASE: database},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _view(table: Table) -> dict[str, Any]:
    columns = {column.name: column.description for column in table.columns}
    search = _SEARCHES.get(table.view, {})
    if search.get("fts_pk") == "number":
        columns["number"] = _NUMBER
    return {
        "title": table.title,
        "description": table.description,
        "columns": columns,
        "facets": _FACETS[table.view],
        **_SORTS[table.view],
        **search,
    }
