"""Sources that publish step by step, with faults on demand: the archive of real publications, and a small invented one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from tests.support.replay import Replay
from tests.support.sheets import JEM, pending_sheet, row, sheet
from tests.support.site import PAGE, Fault, Site

# (kind, value) of the stand-in's faults; a bomb takes it seconds to make, so there are few.
_KINDS = (
    *(("status", status) for status in (403, 404, 429, 500, 503)),
    *((kind, None) for kind in ("blocked", "truncated", "garbage", "empty", "reset")),
    ("slow", 0.5),
    ("redirect", "https://elsewhere.example.org/"),
    ("redirect", "http://127.0.0.1:9/"),
)
_PLACES = (PAGE, "287g/.*xlsx")


class Source(Protocol):
    """`moments[n]` is when step n is published."""

    page_url: str
    moments: Sequence[datetime]

    def publish(self, step: int) -> None: ...

    def fault(self, chance: random.Random) -> str:
        """Makes one of the next requests fail; the kind of fault."""

    def clear(self) -> None:
        """From now on nothing fails."""


class Archive:
    """The archive, by the stand-in that replays it."""

    def __init__(self, replay: Replay) -> None:
        self.page_url = replay.page_url
        self._replay = replay
        self.moments = [datetime.fromisoformat(entry["published_at"]) for entry in replay.timeline]

    def publish(self, step: int) -> None:
        self._replay.control("step", to=step)

    def fault(self, chance: random.Random) -> str:
        kind, value = ("bomb", None) if chance.random() < 0.005 else chance.choice(_KINDS)
        self._replay.control("fault", path=chance.choice(_PLACES), kind=kind, value=value)
        return kind if kind != "status" else f"status {value}"

    def clear(self) -> None:
        self._replay.control("clear")


class Invented:
    """A few publications of invented agencies: some begin, one ends, one is corrected, a list is printed again."""

    def __init__(self, site: Site) -> None:
        self.page_url = site.page_url
        self._site = site
        site.links.clear()
        site.documents.clear()
        first = datetime(2025, 5, 30, 14, 0, tzinfo=UTC)
        self.moments = [first + timedelta(hours=9 * number) for number in range(len(_STEPS))]

    def publish(self, step: int) -> None:
        name = _STEPS[step][0]
        self._site.publish(name, _body(step), f"{name}Agencies{step}.xlsx")

    def fault(self, chance: random.Random) -> str:
        kind, value = chance.choice(
            (
                *(("status", status) for status in (403, 429, 500, 503)),
                *(("body", body) for body in (b"", b"no workbook", b"<html><title>Access Denied</title></html>")),
                *((kind, None) for kind in ("truncated", "reset")),
                *(("slow", 0.3), ("redirect", "http://127.0.0.1:9/")),
            )
        )
        self._site.faults.append(Fault(chance.choice((PAGE, ".xlsx")), kind, value))
        return kind if kind != "status" else f"status {value}"

    def clear(self) -> None:
        self._site.faults.clear()


_TEXAS = [row("TEXAS", f"{name} County Sheriff's Office") for name in ("Smith", "Jones", "Gregg", "Harris", "Kerr", "Lamar")]
_OHIO = row("OHIO", "Butler County Sheriff's Office")
_UTAH = row("UTAH", "Provo Police Department")
_STEPS = (
    ("participating", _TEXAS),
    ("pending", [_UTAH]),
    ("participating", [*_TEXAS, _OHIO]),
    ("participating", [*_TEXAS[:5], row("TEXAS", "Lamar Couny Sheriff’s Office"), _OHIO]),
    ("pending", [_UTAH, row("UTAH", "Logan Police Department")]),
    ("participating", [*_TEXAS, _OHIO, _UTAH]),
    ("participating", [*_TEXAS[1:], _OHIO, _UTAH]),
    ("participating", [*_TEXAS[1:], _OHIO, _UTAH, row("OHIO", "Butler County Sheriff's Office", JEM)]),
)


@cache
def _body(step: int) -> bytes:
    """The step's workbook, made once: it says when it was made, and every run shall see the same bytes."""
    name, rows = _STEPS[step]
    return sheet(rows) if name == "participating" else pending_sheet(rows)
