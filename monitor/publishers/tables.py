"""The columns of the public tables: the one list that files, their schema, Datasette's descriptions and docs/data.md go by.

A column keeps its place and its meaning; a new one comes last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["string", "integer", "boolean", "date", "datetime"]
# A row as JSON gives it, in the parts that its columns are of.
Parts = Mapping[str, Mapping[str, Any]]

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its `type` is one of Frictionless Table Schema, `part` and `key` say where in a row its value is."""

    name: str
    type: Type
    part: str
    key: str
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `view` is its name in the database; `key` the column that names a row; `by_state` whether each state has its own."""

    name: str
    view: str
    title: str
    description: str
    columns: tuple[Column, ...]
    key: str = "id"
    by_state: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return tuple(column.name for column in self.columns)

    def reader(self) -> Callable[[Mapping[str, Any]], list[Any]]:
        """What gives a row's values in the order of the columns, dates and moments as ISO text; it takes the row's JSON, decoded."""
        parts_of = _PARTS[self.name]
        places = [(column.part, column.key) for column in self.columns]

        def values(value: Mapping[str, Any]) -> list[Any]:
            parts = parts_of(value)
            return [parts[part].get(key) for part, key in places]

        return values


def _listing_parts(value: Mapping[str, Any]) -> Parts:
    return {"row": value, "printed": value["printed"], "made": {"rows": 1 + len(value.get("also_printed", ()))}}


def _event_parts(value: Mapping[str, Any]) -> Parts:
    agreement, application = value["agreement"] or _NONE, value["application"] or _NONE
    changes = value["changes"]
    return {
        "row": value,
        "listing": agreement or application,
        "agreement": agreement,
        "application": application,
        "before": value["before"] or _NONE,
        "doubt": value["doubt"] or _NONE,
        "publication": value["publication"] or _NONE,
        "document": value["document"] or _NONE,
        "made": {
            "state": (agreement or application).get("state"),
            "changes": json.dumps(changes, ensure_ascii=False) if changes else None,
        },
    }


def _publication_parts(value: Mapping[str, Any]) -> Parts:
    return {"row": value, "figures": value["figures"], "made": {"reasons": "; ".join(value["reasons"]) or None}}


_PARTS = {
    "agreements": _listing_parts,
    "pending": _listing_parts,
    "applications": _listing_parts,
    "events": _event_parts,
    "publications": _publication_parts,
}

_STATE = "USPS code of the state or territory; empty where it cannot be read"
_AGENCY_ID = "Names the agency through all renames"
_AGENCY = "The agency's name as printed, blanks and apostrophes tidied"
_AGENCY_KIND = (
    "What kind of body it is: sheriff, police, state_police, state_agency, corrections, county_board, university, airport, constable,"
    " prosecutor, national_guard, school_district, regional, fire_marshal or other"
)
_COUNTY = "The county as printed; empty where the list has no such column or the cell is empty"
_MODEL = "JEM (Jail Enforcement Model), TFM (Task Force Model) or WSO (Warrant Service Officer); empty where it cannot be read"
_SIGNED = "The day the agreement was signed; empty where it cannot be read"
_MOA = "Address of the Memorandum of Agreement at ice.gov; empty where none is linked"
_ADDENDUM = "Address of the addendum at ice.gov; empty where none is linked"
_FIRST_SEEN = "When a publication first printed it (UTC)"
_ROWS = "How many rows of the list print it"


def _printed(*names: str) -> tuple[Column, ...]:
    said = {
        "state": "STATE exactly as printed",
        "agency": "LAW ENFORCEMENT AGENCY exactly as printed",
        "type": "TYPE exactly as printed",
        "county": "COUNTY exactly as printed",
        "model": "SUPPORT TYPE exactly as printed",
        "signed": "SIGNED: ISO for a real date cell, the printed text otherwise",
        "moa": "The MOA cell's text exactly as printed",
        "addendum": "The ADDENDUM cell's text exactly as printed",
        "moa_link": "Target of the MOA cell's hyperlink as it stands in the file, wrapped or not",
        "addendum_link": "Target of the ADDENDUM cell's hyperlink as it stands in the file, wrapped or not",
    }
    return tuple(Column(f"printed_{name}", "string", "printed", name, said[name]) for name in names)


AGREEMENTS = Table(
    "agreements",
    "agreements_now",
    "Agreements that stand",
    "Every 287(g) agreement that ICE's participating list prints now, one row each, by state, agency and model.",
    (
        Column("id", "string", "row", "id", "Names the agreement through all its corrections"),
        Column("agency_id", "string", "row", "agency_id", _AGENCY_ID),
        Column("state", "string", "row", "state", _STATE),
        Column("agency", "string", "row", "agency", _AGENCY),
        Column("agency_kind", "string", "row", "agency_kind", _AGENCY_KIND),
        Column("county", "string", "row", "county", _COUNTY),
        Column("model", "string", "row", "model", _MODEL),
        Column("signed", "date", "row", "signed", _SIGNED),
        Column("moa_url", "string", "row", "moa_url", _MOA),
        Column("addendum_url", "string", "row", "addendum_url", _ADDENDUM),
        Column("first_seen", "datetime", "row", "first_seen", _FIRST_SEEN),
        *_printed("state", "agency", "type", "county", "model", "signed", "moa", "addendum", "moa_link", "addendum_link"),
        Column("rows", "integer", "made", "rows", _ROWS),
    ),
)

PENDING = Table(
    "pending",
    "pending_now",
    "Applications that are pending",
    "Every application that ICE's pending list prints now, or printed when it was last on the page, by state, agency and model.",
    (
        Column("id", "string", "row", "id", "Names the application through all its corrections"),
        Column("agency_id", "string", "row", "agency_id", _AGENCY_ID),
        Column("state", "string", "row", "state", _STATE),
        Column("agency", "string", "row", "agency", _AGENCY),
        Column("agency_kind", "string", "row", "agency_kind", _AGENCY_KIND),
        Column("county", "string", "row", "county", _COUNTY),
        Column("model", "string", "row", "model", _MODEL),
        Column("moa_url", "string", "row", "moa_url", _MOA),
        Column("first_seen", "datetime", "row", "first_seen", _FIRST_SEEN),
        *_printed("state", "agency", "type", "county", "model", "moa", "moa_link"),
        Column("rows", "integer", "made", "rows", _ROWS),
    ),
)

EVENTS = Table(
    "events",
    "told_events",
    "What was learnt",
    "Every event that tells something, in the order of the log, which is only ever added to. docs/events.md describes the kinds.",
    (
        Column(
            "id", "integer", "row", "id", "The event's number in the log, which has others between: its bookkeeping is left out"
        ),
        Column("kind", "string", "row", "kind", "What was learnt: agreement.added, agreement.removed and so on"),
        Column("at", "datetime", "row", "at", "When it was learnt (UTC)"),
        Column("state", "string", "made", "state", "USPS code of the state or territory; empty where the event is about none"),
        Column("agency_id", "string", "listing", "agency_id", _AGENCY_ID),
        Column("agency", "string", "listing", "agency", _AGENCY),
        Column("agency_kind", "string", "listing", "agency_kind", _AGENCY_KIND),
        Column("county", "string", "listing", "county", _COUNTY),
        Column("model", "string", "listing", "model", _MODEL),
        Column("signed", "date", "listing", "signed", _SIGNED),
        Column("moa_url", "string", "listing", "moa_url", _MOA),
        Column("addendum_url", "string", "listing", "addendum_url", _ADDENDUM),
        Column("agreement_id", "string", "agreement", "id", "The agreement it is about"),
        Column(
            "application_id",
            "string",
            "application",
            "id",
            "The application it is about; beside an agreement: the one it came of",
        ),
        Column("before_id", "string", "before", "id", "The agreement or application as it stood before, where there was one"),
        Column(
            "changes",
            "string",
            "made",
            "changes",
            "What changed: a JSON object, column to [old, new]; empty where nothing did",
        ),
        Column("reason", "string", "row", "reason", "Why it is read so, in words"),
        Column(
            "doubt",
            "string",
            "doubt",
            "pair",
            "Names a pair of rows that a person may judge better; empty where there is no doubt",
        ),
        Column(
            "backfilled",
            "boolean",
            "row",
            "backfilled",
            "Whether it was filled in from an archive, and told to nobody at the time",
        ),
        Column("publication_id", "integer", "publication", "id", "The publication it was read from, by its id in `publications`"),
        Column("publication_list", "string", "publication", "list", "The list that publication holds: participating or pending"),
        Column("publication_name", "string", "publication", "name", "That publication's file name at ICE"),
        Column(
            "publication_sha256",
            "string",
            "publication",
            "sha256",
            "SHA-256 of that publication's bytes, which are kept as evidence",
        ),
        Column("publication_seen_at", "datetime", "publication", "seen_at", "When that publication was seen (UTC)"),
        Column(
            "document_url", "string", "document", "url", "Address of the document it is about, on the page or behind an agreement"
        ),
    ),
)

PUBLICATIONS = Table(
    "publications",
    "publications_seen",
    "Publications of the two lists",
    "Every document that ICE put in place of the one before, the oldest first, whatever became of it.",
    (
        Column("id", "integer", "row", "id", "The publication's number"),
        Column("list", "string", "row", "list", "What it holds by its content: participating or pending"),
        Column("listed_as", "string", "row", "listed_as", "What its link on the page claimed it to be"),
        Column("name", "string", "row", "name", "Its file name at ICE"),
        Column("url", "string", "row", "url", "Where it was read; a file's name where it was filled in from an archive"),
        Column("sha256", "string", "row", "sha256", "SHA-256 of its bytes, which are kept as evidence"),
        Column("seen_at", "datetime", "row", "seen_at", "When it was seen (UTC)"),
        Column("published_at", "datetime", "row", "published_at", "Its Last-Modified (UTC); empty where the server said none"),
        Column(
            "status",
            "string",
            "row",
            "status",
            "accepted; held (not believed, nothing was made of it); released (held, then accepted); superseded (held, then made moot)",
        ),
        Column("reasons", "string", "made", "reasons", "Why it was held or doubted"),
        Column("rows", "integer", "figures", "rows", "Rows that could be read"),
        Column("unreadable", "integer", "figures", "unreadable", "Rows that could not be read whole"),
        Column("standing", "integer", "figures", "standing", "Rows of this list that stood before it"),
        Column("added", "integer", "figures", "added", "Agreements or applications that it adds or brings back"),
        Column("ended", "integer", "figures", "ended", "Agreements or applications that it ends"),
        Column("corrected", "integer", "figures", "corrected", "Agreements or applications that it corrects"),
        Column(
            "agreements", "integer", "figures", "agreements", "Agreements that stand after it; empty where it was not accepted"
        ),
        Column("states", "integer", "figures", "states", "States with an agreement after it; empty where it was not accepted"),
        Column("pending", "integer", "figures", "pending", "Applications pending after it; empty where it was not accepted"),
        Column("backfilled", "boolean", "row", "backfilled", "Whether it was filled in from an archive"),
    ),
    by_state=False,
)

TABLES = (AGREEMENTS, PENDING, EVENTS, PUBLICATIONS)
