"""Databases of every schema that was ever released, made by the programs of their time: opened, nothing lost, watched on."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.places import STATE_NAMES
from monitor.core.roster import PARTICIPATING, Listing
from monitor.store import Store
from monitor.store.opening import known
from tests.support.line import line
from tests.support.sheets import JEM, TFM, WSO, row, sheet
from tests.support.site import Site

RELEASED = sorted((Path(__file__).parent / "released").glob("*.db.gz"))
MODELS = {"TFM": TFM, "JEM": JEM, "WSO": WSO}
# What a schema holds of the record, in the columns that all of them have.
KEPT = {
    "events": "id, kind, at, publication_id, listing_id, state",
    "publications": "id, list, name, url, sha256, seen_at, status",
    "agreements": "id, agency, state, model, signed, first_seen, gone_since",
    "applications": "id, agency, state, model, first_seen, gone_since",
    "documents": "sha256, bytes, list, first_seen",
    "deliveries": "id, channel, message, status, sent_at",
}


def rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall() for table, columns in KEPT.items()
        }


def printed(listing: Listing) -> dict[str, Any]:
    return row(
        STATE_NAMES[listing.state or ""].upper(),
        listing.agency,
        MODELS[listing.model or ""],
        listing.signed,
        listing.moa_url or "",
        county=listing.county or "",
    )


@pytest.fixture(params=RELEASED, ids=[path.name[:4] for path in RELEASED])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A state directory with an old database."""
    path = tmp_path / "state" / "monitor.db"
    path.parent.mkdir()
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


def test_every_schema_but_those_that_were_never_apart_has_its_database() -> None:
    # The third and the fourth came together.
    assert {path.name[:4] for path in RELEASED} >= {name[:4] for name in known()} - {"m003"}


def test_it_is_brought_forward_and_nothing_of_it_is_lost(old: Path) -> None:
    before = rows(old)
    assert all(before.values())
    store = Store.open(old)
    try:
        assert store.broken() == []
        assert store.soundness.damage() == []
        assert store.soundness.misquoted_events() == []
    finally:
        store.close()
    assert rows(old) == before


def test_it_is_watched_on_and_only_what_is_new_is_told(old: Path, site: Site) -> None:
    with line(site, old.parent) as watch:
        standing = watch.store.standing(PARTICIPATING)
        newest = max(publication.seen_at for publication in watch.store.publications())
        ohio = row("OHIO", "Butler County Sheriff's Office", signed=newest.date())
        site.publish(PARTICIPATING, sheet([*map(printed, standing), ohio]))
        watch.now = newest + timedelta(days=1)
        result = watch.poll()
    assert result.good
    told = [(event.kind, event.listing.agency) for event in result.events if event.tells and event.listing]
    assert [one for one in told if one[0] in ("agreement.added", "agreement.removed")] == [
        ("agreement.added", "Butler County Sheriff's Office")
    ]
