"""A page for each agency: its agreements and applications through renames and renewals."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.core.memory import Known, names, newest
from monitor.core.roster import PARTICIPATING
from monitor.publishers.record import Record
from monitor.publishers.scope import Scope
from monitor.publishers.site.rendering import Page


def pages(record: Record, scope: Scope) -> Iterator[Page]:
    """The pages of the agencies that `scope` is about."""
    for agency in record.agencies if scope.agencies is None else sorted(scope.agencies):
        if agency in record.agencies:
            yield Page(f"agencies/{agency}.html", "agency", _agency(record, agency))


def _agency(record: Record, agency: str) -> dict[str, object]:
    rows = record.agencies[agency]
    agreements = [one for one in rows if one.listing.list == PARTICIPATING]
    speaking = newest(rows)
    return {
        "newest": speaking,
        "standing": sum(one.stands for one in agreements),
        "names": names(rows)[1:],
        "agreements": sorted(agreements, key=_newest_first, reverse=True),
        "applications": sorted((one for one in rows if one not in agreements), key=_newest_first, reverse=True),
        "events": [*reversed(record.events_about(agency))],
        "printed": [
            (name.upper(), said) for name, said in speaking.printed.to_json().items() if said and not name.endswith("_link")
        ],
        "card": f"{speaking.state.lower()}" if speaking.state else "us",
    }


def _newest_first(one: Known) -> tuple[bool, object]:
    return one.stands, one.first_seen
