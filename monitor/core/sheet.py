"""A sheet: cells and hyperlinks as a document prints them, whatever the document (workbook or HTML table)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

Cell = str | float | int | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows[i][j]` is the cell of row i+1, column j+1; `links` gives hyperlink targets by (row, column), both from 1."""

    name: str
    rows: Sequence[Sequence[Cell]]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a body is not the document it claims to be: a named outcome and one line for people."""

    outcome: str
    detail: str
