"""From one spreadsheet to the next: what a channel is told after ICE mends, takes back or completes what was told before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.notifiers.composing import compose
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links
from monitor.notifiers.routes import Route
from tests.support.line import Line, line
from tests.support.sheets import JEM, TFM, WSO, pending_sheet, row, sheet
from tests.support.site import Site
from tests.support.told import told

LINKS = Links("https://monitor.example.org", "https://www.ice.gov/identify-and-arrest/287g")
OLD = [row("FLORIDA", "Bay County Sheriff's Office", JEM), row("OHIO", "Butler County Sheriff's Office", TFM, date(2025, 3, 3))]
SMITH = "Smith County Sheriff's Office"


class Desk:
    """A line with one channel that is told news."""

    def __init__(self, watch: Line) -> None:
        self.watch = watch
        self.route = Route.of(watch.settings.channels[0], "UTC")

    def publish(self, *rows: dict[str, Any], pending: list[dict[str, Any]] | None = None, days: int = 1) -> list[Message]:
        """A publication of the participating list with `rows` beside the old ones, and of the pending list; what is told of them."""
        before = len(self.watch.store.outbox.find())
        self.watch.site.publish("participating", sheet([*OLD, *rows]))
        if pending is not None:
            self.watch.site.publish("pending", pending_sheet(pending))
        self.watch.poll(after=timedelta(days=days))
        compose(self.watch.store, self.route, LINKS, self.watch.now)
        return [Message.from_json(one.message) for one in self.watch.store.outbox.find()[::-1][before:]]


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Iterator[Desk]:
    with line(
        site, tmp_path / "state", channels=[{"type": "slack", "name": "desk", "tell": ["news"], "url": "https://x.example"}]
    ) as one:
        found = Desk(one)
        found.publish(pending=[row("TEXAS", "Gregg County Sheriff's Office", WSO)])
        yield found


def test_a_new_agreement_whose_date_is_mended_next_day_is_told_as_a_correction(desk: Desk) -> None:
    (first,) = desk.publish(row("TEXAS", SMITH, signed=date(2025, 5, 20)))
    (second,) = desk.publish(row("TEXAS", SMITH, signed=date(2025, 5, 21)))
    assert first.title == "New 287(g) agreement: Smith County Sheriff's Office (Texas)"
    assert (second.thread, second.title) == (first.id, "Correction: Smith County Sheriff's Office (Texas)")
    assert told(second) == [
        "Corrected: Smith County Sheriff's Office: Task Force Model, signed May 21, 2025 (signed: May 20, 2025 → May 21, 2025)"
    ]


def test_an_agreement_that_ended_and_is_back_next_week_is_told_as_a_correction(desk: Desk) -> None:
    desk.publish(row("TEXAS", SMITH))
    (ended,) = desk.publish()
    (back,) = desk.publish(row("TEXAS", SMITH), days=7)
    assert ended.title == "287(g) agreement ended: Smith County Sheriff's Office (Texas)"
    assert back.thread == ended.id
    assert told(back)[0].startswith("Back on the list: Smith County Sheriff's Office")


def test_an_agency_that_is_written_out_is_no_correction(desk: Desk) -> None:
    desk.publish(row("TEXAS", "Smith Co. SO"))
    assert desk.publish(row("TEXAS", SMITH)) == []


def test_an_agency_whose_place_was_misspelt_is_a_correction(desk: Desk) -> None:
    (first,) = desk.publish(row("TEXAS", "Smiht County Sheriff's Office"))
    (second,) = desk.publish(row("TEXAS", SMITH))
    assert second.thread == first.id
    assert "agency: Smiht County Sheriff's Office → Smith County Sheriff's Office" in told(second)[0]


def test_what_stood_before_anyone_was_told_is_mended_in_silence(desk: Desk) -> None:
    """The baseline was told to nobody."""
    mended = [row("FLORIDA", "Bay County Sheriff's Office", JEM, date(2025, 5, 21)), OLD[1]]
    desk.watch.site.publish("participating", sheet(mended))
    desk.watch.poll(after=timedelta(days=1))
    assert desk.watch.kinds() == ["agreement.corrected"]
    assert compose(desk.watch.store, desk.route, LINKS, desk.watch.now) == 0


def test_an_application_that_becomes_an_agreement_is_one_line(desk: Desk) -> None:
    (message,) = desk.publish(
        row("TEXAS", "Gregg County Sheriff's Office", WSO), pending=[row("OHIO", "Alpha Police Department", TFM)]
    )
    assert told(message) == [
        "Applied: Alpha Police Department: Task Force Model",
        "New: Gregg County Sheriff's Office: Warrant Service Officer, signed May 20, 2025 (was pending; first in Texas on record)",
    ]
    assert message.notes == ("First agreement in Texas on record",)
    assert message.summary.endswith("now 3 agreements in 3 states, a new high; 1 pending application.")


def test_the_first_of_a_state_that_ended_and_came_anew_is_no_first(desk: Desk) -> None:
    desk.publish(row("TEXAS", SMITH))
    desk.publish()
    (message,) = desk.publish(row("TEXAS", "Travis County Constable"), days=60)
    assert message.notes == ()
    assert "on record" not in told(message)[0]


def test_a_posted_document_is_not_told_to_those_who_are_told_news(desk: Desk) -> None:
    desk.publish(row("TEXAS", SMITH))
    assert desk.publish(row("TEXAS", SMITH, moa="https://www.ice.gov/doclib/287gMOA/smith.pdf")) == []
