"""A log of one's own, told day by day, and the report it gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitor.core.events import Event
from monitor.core.roster import Agreement, Application, Listing, Printed
from monitor.report.press import Report, report
from tests.support.told import agreement, application, event, publication

# A Saturday; the list is first read on it.
START = datetime(2025, 3, 1, 14, tzinfo=UTC)


def day(number: int) -> datetime:
    """The moment of the publication `number` days after the first."""
    return START + timedelta(days=number)


def row(
    agency: str = "Duval County Sheriff's Office", state: str | None = "FL", model: str = "TFM", *, type: str = "", **more: Any
) -> Agreement:
    """An agreement as a list prints it; its agency's id is its state and name unless given."""
    ids = {"agency_id": f"{state} {agency}", "printed": Printed(type=type, county=more.get("county"))}
    return agreement(agency, state, model, **{"signed": date(2025, 2, 26), **ids, **more})


def applied(agency: str, state: str = "FL", model: str = "TFM", **more: Any) -> Application:
    return application(agency, state, model, **{"agency_id": f"{state} {agency}", **more})


def told(at: int, kind: str, listing: Listing, **more: Any) -> Event:
    """An event of day `at`."""
    return event(kind, listing, at=day(at), publication=publication(seen_at=day(at)).ref, **more)


def baseline(*rows: Listing) -> list[Event]:
    """The first reading of the lists."""
    return [told(0, f"{'application' if isinstance(one, Application) else 'agreement'}.baseline", one) for one in rows]


def reported(events: Sequence[Event], at: int = 100, since: int | None = None, state: str | None = None) -> Report:
    """The report of day `at`, of what changed after day `since`."""
    return report(events, day(at), None if since is None else day(since), state)
