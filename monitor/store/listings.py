"""The tables of agreements and applications: what is known of each, in the event log's own form."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache

from pydantic_core import from_json

from monitor.core.events import iso, moment
from monitor.core.memory import Known
from monitor.core.names import LARGEST
from monitor.core.roster import LISTS, PARTICIPATING, PENDING, Agreement, Application, Listing

_TABLES = {PARTICIPATING: "agreements", PENDING: "applications"}
_TYPES: dict[str, type[Listing]] = {PARTICIPATING: Agreement, PENDING: Application}
_COMMON = ("id", "agency_id", "state", "agency", "model")
_TIMES = ("value", "former", "first_seen", "gone_since", "ended", "first_publication", "last_publication")
_COLUMNS = {PARTICIPATING: (*_COMMON, "signed", *_TIMES), PENDING: (*_COMMON, *_TIMES)}


def known(sql: sqlite3.Connection, list_name: str) -> list[Known]:
    """Every agreement or application the list ever printed, by id."""
    kind = _TYPES[list_name]
    query = f"SELECT value, former, first_seen, gone_since, ended FROM {_TABLES[list_name]} ORDER BY id"
    return [
        Known(
            listing=_decoded(list_name, value),
            former=tuple(kind.from_json(one) for one in json.loads(former)) if former != "[]" else (),
            first_seen=moment(first_seen),
            gone_since=moment(gone_since) if gone_since else None,
            ended=ended,
        )
        for value, former, first_seen, gone_since, ended in sql.execute(query)
    ]


def standing(sql: sqlite3.Connection, list_name: str) -> list[Listing]:
    """What stands now, by state, agency and model."""
    query = f"SELECT value FROM {_TABLES[list_name]} WHERE gone_since IS NULL ORDER BY state, agency, model, id"
    return [_decoded(list_name, value) for (value,) in sql.execute(query)]


@lru_cache(maxsize=LARGEST)
def _decoded(list_name: str, value: str) -> Listing:
    """A listing from its JSON. Most rows are the same from one publication to the next, and listings never change."""
    return _TYPES[list_name].from_json(from_json(value))


def put(sql: sqlite3.Connection, one: Known, publication: int | None, last: int | None) -> None:
    """Writes what is known of one listing; `last` is the publication that printed it last, should it be gone now."""
    listing = one.listing
    values = {
        "id": listing.id,
        "agency_id": listing.agency_id,
        "state": listing.state,
        "agency": listing.agency,
        "model": listing.model,
        "signed": listing.signed.isoformat() if listing.signed else None,
        "value": json.dumps(listing.to_json(), ensure_ascii=False),
        "former": json.dumps([printing.to_json() for printing in one.former], ensure_ascii=False),
        "first_seen": iso(one.first_seen),
        "gone_since": iso(one.gone_since) if one.gone_since else None,
        "ended": one.ended,
        "first_publication": publication,
        "last_publication": None if one.stands else last,
    }
    sql.execute(_UPSERTS[listing.list], values)


def _upsert(list_name: str) -> str:
    columns = _COLUMNS[list_name]
    # An ended row whose outcome is told later (an application approved after it left) keeps the publication that printed it last.
    special = {
        "last_publication": "CASE WHEN excluded.gone_since IS gone_since THEN last_publication ELSE excluded.last_publication END"
    }
    updates = ", ".join(
        f"{name} = {special.get(name, f'excluded.{name}')}" for name in columns if name not in ("id", "first_publication")
    )
    places = ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {_TABLES[list_name]} ({', '.join(columns)}) VALUES ({places}) ON CONFLICT(id) DO UPDATE SET {updates}"


_UPSERTS = {list_name: _upsert(list_name) for list_name in LISTS}
