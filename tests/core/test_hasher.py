"""Digests stay what they were: a list seen years ago is known again."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.hasher import roster_digest
from monitor.core.roster import CELLS, Application, Printed

CELL = st.none() | st.text() | st.sampled_from(["%s", '"', "\\", "Doña Ana", "\ud800", "a\u2028b", "TEXAS"])


@given(st.lists(st.tuples(*[CELL] * len(CELLS)), max_size=5))
def test_the_digest_is_that_of_the_rows_as_json_in_their_order(rows: list[tuple[str | None, ...]]) -> None:
    listings = [
        Application(state=None, agency="", agency_kind="", county=None, model=None, printed=Printed(*cells)) for cells in rows
    ]
    lines = sorted(json.dumps(dict(zip(CELLS, cells, strict=True))) for cells in rows)
    expected = json.dumps(["pending", lines], ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert roster_digest("pending", listings) == hashlib.sha256(expected).hexdigest()


def test_rows_are_equal_where_all_that_they_print_is() -> None:
    one, same, other = Printed("TX", "A"), Printed("TX", "A"), Printed("TX", "A", county="")
    assert (one == same, one == other, one == ("TX", "A")) == (True, False, False)
    assert len({one, same, other}) == 2
