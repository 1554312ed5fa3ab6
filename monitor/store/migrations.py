"""The database's schema, one migration after the other. A released migration is never changed; a new one is added below it."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from monitor.core.chain import START, link
from monitor.store import log, sightings

migrations = Migrations("monitor")


@migrations()
def m001_first_schema(db: Database) -> None:
    """Polls, fetches, documents, publications, agreements, applications, events, deliveries, alarms."""
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            db.execute(statement)


_LISTINGS = """
CREATE TABLE {table} (
    id TEXT PRIMARY KEY,
    agency_id TEXT NOT NULL,
    state TEXT,
    agency TEXT NOT NULL,
    model TEXT,
    {extra}
    value TEXT NOT NULL,              -- as printed now or last, in the event log's form
    former TEXT NOT NULL,             -- how it was printed before, oldest first
    first_seen TEXT NOT NULL,
    gone_since TEXT,                  -- null while it stands
    ended TEXT NOT NULL,              -- kind of the event that told its end
    first_publication INTEGER NOT NULL REFERENCES publications(id),
    last_publication INTEGER REFERENCES publications(id)   -- null while it stands
) STRICT;
CREATE INDEX {table}_standing ON {table}(gone_since, state);
CREATE INDEX {table}_agency ON {table}(agency_id);
"""

_FIRST = f"""
CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    good INTEGER NOT NULL,            -- 1: everything that was asked answered and could be read
    detail TEXT NOT NULL,
    millis INTEGER NOT NULL
) STRICT;
CREATE TABLE fetches (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    url TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    sha256 TEXT,                      -- of the body that came, null where none did
    bytes INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    millis INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX fetches_at ON fetches(at);
CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY,          -- its file: documents/ab/abcdef….xlsx
    bytes INTEGER NOT NULL,
    list TEXT,                        -- participating, pending; null for pages and what holds no list
    first_seen TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sources (
    url TEXT PRIMARY KEY,             -- an address that a list was announced under
    listed_as TEXT,                   -- what its link claims to be
    sha256 TEXT REFERENCES documents(sha256),   -- what it last gave; null while only announced
    name TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    first_seen TEXT NOT NULL,
    last_changed TEXT NOT NULL
) STRICT;
CREATE TABLE publications (
    id INTEGER PRIMARY KEY,
    list TEXT NOT NULL,               -- by content
    listed_as TEXT,                   -- by its link
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES documents(sha256),
    roster_digest TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    published_at TEXT,                -- Last-Modified
    status TEXT NOT NULL,             -- accepted, held, released, superseded
    reasons TEXT NOT NULL,
    figures TEXT NOT NULL,
    unreadable TEXT NOT NULL,         -- rows that cannot be read: sheet, row, reason, cells
    ended TEXT NOT NULL,              -- ids it ends, or would end if it is released
    backfilled INTEGER NOT NULL
) STRICT;
CREATE INDEX publications_list ON publications(list, id);
{_LISTINGS.format(table="agreements", extra="signed TEXT,")}
{_LISTINGS.format(table="applications", extra="")}
CREATE TABLE lists (
    name TEXT PRIMARY KEY,
    on_page INTEGER NOT NULL,
    since TEXT NOT NULL
) STRICT;
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    publication_id INTEGER REFERENCES publications(id),
    listing_id TEXT,
    state TEXT,
    value TEXT NOT NULL               -- the event in the log's JSON form
) STRICT;
CREATE INDEX events_kind ON events(kind, id);
CREATE INDEX events_publication ON events(publication_id);
CREATE INDEX events_at ON events(at);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    publication_id INTEGER REFERENCES publications(id),
    message TEXT NOT NULL,            -- the message model as JSON
    status TEXT NOT NULL,             -- waiting, sent, failed
    attempts INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    sent_at TEXT,
    error TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries(status, channel, id);
CREATE TABLE alarms (
    key TEXT PRIMARY KEY,
    opened_at TEXT NOT NULL,
    detail TEXT NOT NULL,
    told_at TEXT                      -- null until the operator was told
) STRICT;
CREATE TABLE page (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    digest TEXT NOT NULL,             -- of what the page says
    sha256 TEXT NOT NULL REFERENCES documents(sha256),
    since TEXT NOT NULL
) STRICT
"""


@migrations()
def m002_alerts_and_delivery_states(db: Database) -> None:
    """Alerts (what each channel is to be told of which event, and when), the five states of a delivery, and receipts."""
    for statement in _ALERTS.split(";\n"):
        if statement.strip():
            db.execute(statement)


_ALERTS = """
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    event_id INTEGER NOT NULL REFERENCES events(id),
    due_at TEXT NOT NULL,             -- when it is told, with whatever else its channel is due
    corrects INTEGER REFERENCES deliveries(id),   -- the delivery it puts right; null for news of its own
    delivery_id INTEGER REFERENCES deliveries(id),   -- the message that tells it
    settled_at TEXT                   -- null until it was put into a message, or found to need none
) STRICT;
CREATE INDEX alerts_open ON alerts(channel) WHERE settled_at IS NULL;
CREATE INDEX alerts_event ON alerts(event_id);
CREATE INDEX events_listing ON events(listing_id);
-- the message's id: the same at every attempt
ALTER TABLE deliveries ADD COLUMN key TEXT NOT NULL DEFAULT '';
-- what the service said that later messages need
ALTER TABLE deliveries ADD COLUMN receipt TEXT NOT NULL DEFAULT '{}';
-- null until an attempt failed, and again once it was sent
ALTER TABLE deliveries ADD COLUMN failing_since TEXT;
-- the service's answer, for people
ALTER TABLE deliveries ADD COLUMN said TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET key = coalesce(json_extract(message, '$.id'), '');
UPDATE deliveries SET status = CASE status WHEN 'failed' THEN 'dead' WHEN 'waiting' THEN iif(attempts, 'failed', 'queued') ELSE status END;
CREATE INDEX deliveries_key ON deliveries(channel, key);
DROP INDEX deliveries_due;
CREATE INDEX deliveries_open ON deliveries(channel, id) WHERE status IN ('queued', 'sending', 'failed')
"""


@migrations()
def m003_public_views(db: Database) -> None:
    """Views with plain columns for those who read the database itself, full-text search, an index of events by state."""
    for statement in _PUBLIC.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _columns(pairs: str, value: str = "value") -> str:
    """`name: path` pairs as columns of the JSON in `value`."""
    split = (pair.split(":") for pair in pairs.split())
    return ", ".join(f"json_extract({value}, '$.{path or name}') AS {name}" for name, path in split)


def _printed(names: str) -> str:
    return _columns(" ".join(f"printed_{name}:printed.{name}" for name in names.split()))


def _either(names: str) -> str:
    """Columns of the agreement an event is about, or else of the application."""
    return ", ".join(
        f"coalesce(json_extract(value, '$.agreement.{name}'), json_extract(value, '$.application.{name}')) AS {name}"
        for name in names.split()
    )


def _search(table: str, columns: dict[str, str], when: str, updates: str = "") -> str:
    """The full-text index of `table` (FTS5, by its rowid) and what keeps it; `columns` are expressions over a row named by `{row}`."""
    names = ", ".join(columns)

    def values(row: str) -> str:
        return ", ".join(expression.format(row=row) for expression in columns.values())

    # The index keeps its own text: it can be mended row by row, whatever an expression made of the row before.
    search = f"{table}_search"
    return f"""
CREATE VIRTUAL TABLE {search} USING fts5({names}, tokenize = 'porter unicode61 remove_diacritics 2');
INSERT INTO {search} (rowid, {names}) SELECT rowid, {values(table)} FROM {table} WHERE {when.format(row=table)};
CREATE TRIGGER {search}_insert AFTER INSERT ON {table} WHEN {when.format(row="NEW")} BEGIN
  INSERT INTO {search} (rowid, {names}) VALUES (NEW.rowid, {values("NEW")}); END;
{updates}"""


_NAMED = {"agency": "{row}.agency", "county": "json_extract({row}.value, '$.county')"}
# Most upserts change neither.
_RENAMED = """
CREATE TRIGGER {table}_search_update AFTER UPDATE OF agency, value ON {table}
WHEN OLD.agency IS NOT NEW.agency OR json_extract(OLD.value, '$.county') IS NOT json_extract(NEW.value, '$.county') BEGIN
  UPDATE {table}_search SET agency = NEW.agency, county = json_extract(NEW.value, '$.county') WHERE rowid = NEW.rowid; END;
"""
_TELLS = (
    "{row}.kind NOT IN"
    " ('agreement.baseline', 'agreement.reprinted', 'application.baseline', 'application.reprinted', 'application.left')"
)
_TOLD = {
    "agency": "coalesce(json_extract({row}.value, '$.agreement.agency'), json_extract({row}.value, '$.application.agency'))",
    "county": "coalesce(json_extract({row}.value, '$.agreement.county'), json_extract({row}.value, '$.application.county'))",
    "kind": "{row}.kind",
    "reason": "json_extract({row}.value, '$.reason')",
}


def _told_events(more: str = "") -> str:
    return f"""CREATE VIEW told_events AS SELECT id, kind, at, state,
  {_either("agency_id agency agency_kind county model signed moa_url addendum_url")},
  {_columns("agreement_id:agreement.id application_id:application.id before_id:before.id")},
  nullif(json_extract(value, '$.changes'), '{{}}') AS changes, {_columns("reason: doubt:doubt.pair backfilled:")}, publication_id,
  {_columns("publication_list:publication.list publication_name:publication.name publication_sha256:publication.sha256")},
  {_columns("publication_seen_at:publication.seen_at")}{more}
FROM events WHERE {_TELLS.format(row="events")}"""


_PUBLIC = f"""
CREATE INDEX events_state ON events(state, id);
CREATE VIEW agreements_now AS SELECT id, agency_id, state, agency,
  {_columns("agency_kind: county:")}, model, signed, {_columns("moa_url: addendum_url:")}, first_seen,
  {_printed("state agency type county model signed moa addendum moa_link addendum_link")},
  1 + coalesce(json_array_length(value, '$.also_printed'), 0) AS rows, rowid AS number
FROM agreements WHERE gone_since IS NULL;
CREATE VIEW pending_now AS SELECT id, agency_id, state, agency,
  {_columns("agency_kind: county:")}, model, {_columns("moa_url:")}, first_seen,
  {_printed("state agency type county model moa moa_link")},
  1 + coalesce(json_array_length(value, '$.also_printed'), 0) AS rows, rowid AS number
FROM applications WHERE gone_since IS NULL;
{_told_events()};
CREATE VIEW publications_seen AS SELECT id, list, listed_as, name, url, sha256, seen_at, published_at, status,
  (SELECT group_concat(value, '; ') FROM json_each(reasons)) AS reasons,
  {_columns("rows: unreadable: standing: added: ended: corrected: agreements: states: pending:", "figures")}, backfilled
FROM publications;
{_search("agreements", _NAMED, "1", _RENAMED.format(table="agreements"))}
{_search("applications", _NAMED, "1", _RENAMED.format(table="applications"))}
{_search("events", _TOLD, _TELLS)}
"""


@migrations()
def m004_incidents(db: Database) -> None:
    """What was wrong with the source, kept when it is over; and what feeds ask of an event, without its value."""
    for statement in _INCIDENTS.split(";\n"):
        if statement.strip():
            db.execute(statement)


_INCIDENTS = """
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    detail TEXT NOT NULL,
    told_at TEXT NOT NULL,
    told_after INTEGER NOT NULL,      -- the newest event when it was told
    over_at TEXT,                     -- null while it lasts
    over_after INTEGER,
    UNIQUE (key, opened_at)
) STRICT;
INSERT INTO incidents (key, opened_at, detail, told_at, told_after)
    SELECT key, opened_at, detail, told_at, (SELECT coalesce(max(id), 0) FROM events)
    FROM alarms WHERE told_at IS NOT NULL AND key NOT LIKE 'channel:%' ORDER BY told_at, key;
ALTER TABLE events ADD COLUMN model TEXT;
UPDATE events SET model = coalesce(json_extract(value, '$.agreement.model'), json_extract(value, '$.application.model'))
    WHERE listing_id IS NOT NULL;
-- covers what places an event in its feeds: values are not read
CREATE INDEX events_told ON events(kind, at, publication_id, listing_id, state, model);
-- a quote within a text is escaped: this can be nothing but the key
CREATE INDEX events_doubtful ON events(id) WHERE instr(value, '"doubt": {') > 0
"""


@migrations()
def m005_sightings_and_chain(db: Database) -> None:
    """When and under which address each document was seen; the hash chain over the log and over the sightings, which only grow."""
    for statement in _SIGHTINGS.split(";\n"):
        if statement.strip():
            db.execute(statement)
    previous = START
    for number, value in db.execute("SELECT id, value FROM events ORDER BY id").fetchall():
        previous = link(previous, log.line(number, value))
        db.execute("UPDATE events SET chain = ? WHERE id = ?", (previous, number))
    previous = START
    columns = "id, sha256, url, name, how, headers, first_seen"
    for row in db.execute(f"SELECT {columns} FROM sightings ORDER BY id").fetchall():
        previous = link(previous, sightings.line(row))
        db.execute("UPDATE sightings SET chain = ? WHERE id = ?", (previous, row[0]))
    for trigger in _KEPT.split(";;\n"):
        db.execute(trigger)


_SIGHTINGS = """
-- core/chain.py
ALTER TABLE events ADD COLUMN chain TEXT NOT NULL DEFAULT '';
CREATE TABLE sightings (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL REFERENCES documents(sha256),
    url TEXT NOT NULL,                -- where it was read; a file's name where it comes of an archive
    name TEXT NOT NULL,               -- as the server gave it
    how TEXT NOT NULL,                -- fetched by a poll, or archived: read from a saved file
    headers TEXT NOT NULL,            -- of the answer that brought it, a JSON object
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,          -- the same address gave it without a change until then
    chain TEXT NOT NULL
) STRICT;
CREATE INDEX sightings_url ON sightings(url, id);
CREATE INDEX sightings_sha256 ON sightings(sha256);
INSERT INTO sightings (sha256, url, name, how, headers, first_seen, last_seen, chain)
    SELECT sha256, url, name, iif(backfilled, 'archived', 'fetched'), '{}', seen_at, seen_at, '' FROM publications ORDER BY id
"""

_KEPT = """
CREATE TRIGGER events_kept BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the event log is only added to'); END;;
CREATE TRIGGER events_kept_all BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the event log is only added to'); END;;
CREATE TRIGGER sightings_kept BEFORE UPDATE OF id, sha256, url, name, how, headers, first_seen, chain ON sightings
BEGIN SELECT RAISE(ABORT, 'what was seen is only added to'); END;;
CREATE TRIGGER sightings_kept_all BEFORE DELETE ON sightings BEGIN SELECT RAISE(ABORT, 'what was seen is only added to'); END
"""


@migrations()
def m006_documents_of_the_page_and_of_agreements(db: Database) -> None:
    """Which other documents the page links; what the addresses of agreements give, and the text of what they gave."""
    for statement in _PAPERS.split(";\n"):
        if statement.strip():
            db.execute(statement)


_PAPERS = f"""
DROP VIEW told_events;
{_told_events(", " + _columns("document_url:document.url"))};
CREATE TABLE page_documents (
    url TEXT PRIMARY KEY,
    text TEXT NOT NULL,               -- of its link
    first_seen TEXT NOT NULL
) STRICT;
CREATE TABLE papers (
    url TEXT PRIMARY KEY,             -- of a document behind an agreement, or linked by the page
    sha256 TEXT REFERENCES documents(sha256),   -- what it gave last, null while it gave nothing
    etag TEXT,
    last_modified TEXT,
    checked_at TEXT NOT NULL,
    changed_at TEXT,                  -- when it last gave something else than before
    outcome TEXT NOT NULL,            -- of the last request
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX papers_sha256 ON papers(sha256);
CREATE TABLE paper_texts (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE REFERENCES documents(sha256),
    pages INTEGER NOT NULL,
    detail TEXT NOT NULL,             -- why there is no text
    text TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE paper_search USING fts5(text, content = 'paper_texts', content_rowid = 'id',
    tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TRIGGER paper_texts_insert AFTER INSERT ON paper_texts BEGIN
  INSERT INTO paper_search (rowid, text) VALUES (NEW.id, NEW.text); END
"""
