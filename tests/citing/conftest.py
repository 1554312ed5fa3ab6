"""A record that a monitor made: a few polls of the stand-in, with a held publication and a list that left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.line import Line
from tests.support.sheets import JEM, TFM, pending_sheet, row, sheet

ROWS = [
    row("TEXAS", "Smith County Sheriff's Office"),
    row("FLORIDA", "Bay County Sheriff's Office", JEM),
    row("UTAH", "Provo Police Department", TFM, type="Municipality"),
]
MANY = [
    row("OHIO", f"{name} County Sheriff's Office")
    for name in ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay")
]


@pytest.fixture
def record(watch: Line) -> Line:
    site = watch.site
    site.publish("participating", sheet(ROWS), "participatingAgencies05292025am.xlsx")
    site.publish("pending", pending_sheet([row("OHIO", "Butler County Sheriff's Office")]), "pendingAgencies05292025am.xlsx")
    watch.poll()
    site.publish("participating", sheet([*ROWS, *MANY, row("OHIO", "Butler County Sheriff's Office")]), "second.xlsx")
    watch.poll(after=timedelta(days=1))
    site.publish("participating", sheet(ROWS[:1]), "wrong.xlsx")  # held: it would end nearly all
    watch.poll()
    site.publish("participating", sheet([*ROWS, *MANY[1:], row("OHIO", "Butler County Sheriff's Office")]), "third.xlsx")
    site.unlink("pending")
    watch.poll(after=timedelta(days=1))
    return watch
