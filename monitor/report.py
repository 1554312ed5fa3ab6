"""Figures about a roster: totals, models, states, kinds. The same counts the press prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from monitor.core.roster import Listing
from monitor.core.values import MODEL_NAMES


def figures(listings: Iterable[Listing]) -> dict[str, Any]:
    """Counts over agreements or applications: `total`, `states`, and per model (JEM, TFM, WSO) its `total` and `states`."""
    rows = [*listings]
    by_model: dict[str, Any] = {}
    for code in MODEL_NAMES:
        of_model = [row for row in rows if row.model == code]
        by_model[code] = {"total": len(of_model), "states": len({row.state for row in of_model if row.state})}
    return {
        "total": len(rows),
        "states": len({row.state for row in rows if row.state}),
        "models": by_model,
        "by_state": dict(sorted(Counter(row.state for row in rows if row.state).items())),
    }
