"""The tables as the public may have them whole: every row as a line of JSON, which is passed on and not decoded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from monitor.core.events import BOOKKEEPING
from monitor.core.roster import PARTICIPATING, PENDING

_LISTS = {PARTICIPATING: "agreements", PENDING: "applications"}

# A state's USPS code, None where the row is about none or it could not be read, and the row as one JSON object on one line.
Line = tuple[str | None, str]


class Tables:
    """Rows of one store, in an order that only grows or changes where the rows do."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def events(self) -> Iterator[Line]:
        """Every event that tells something, in the log's order, as `events --json` prints it."""
        query = "SELECT id, state, value FROM events WHERE kind NOT IN (SELECT value FROM json_each(?)) ORDER BY id"
        for number, state, value in self._sql.execute(query, (json.dumps(sorted(BOOKKEEPING)),)):
            # `Event.to_json` puts the number first and the evidence of the match last, the one 0 and the other asked for in the log. A
            # quote within a text is escaped, so this can be nothing but that key. Decoding every event would take twenty times as long.
            yield state, f'{{"id": {number}{value[value.index(",") : value.rindex(_MATCH)]}}}'

    def standing(self, list_name: str) -> Iterator[Line]:
        """What stands now of a list, by state, agency and model: a listing as the log prints it, and `first_seen`."""
        query = (
            f"SELECT state, value, first_seen FROM {_LISTS[list_name]} WHERE gone_since IS NULL ORDER BY state, agency, model, id"
        )
        for state, value, first_seen in self._sql.execute(query):
            yield state, f'{value[:-1]}, "first_seen": "{first_seen}"}}'

    def states(self) -> list[str]:
        """The USPS codes of all states that the log knows, also of those where nothing stands any more."""
        query = (
            "SELECT state FROM events WHERE state IS NOT NULL UNION SELECT state FROM agreements WHERE state IS NOT NULL"
            " UNION SELECT state FROM applications WHERE state IS NOT NULL ORDER BY 1"
        )
        return [state for (state,) in self._sql.execute(query)]


_MATCH = ', "match": '
