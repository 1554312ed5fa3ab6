"""A publication: one document that ICE put in place of the one before, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitor.core.events import PublicationRef, iso

ACCEPTED, HELD, RELEASED, SUPERSEDED = "accepted", "held", "released", "superseded"
# The states in which a publication's events are in the log.
APPLIED = (ACCEPTED, RELEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One list as it was published. `list` is what it holds, `listed_as` what its link claimed, `published_at` its Last-Modified.

    `status`: accepted; held by the guard; released (held, then accepted); superseded (held, then made moot by the next one).
    `figures` are the guard's counts and the totals after it; `ended` the ids it ends, or would end.
    """

    id: int
    list: str
    listed_as: str | None
    name: str
    url: str
    sha256: str
    roster_digest: str
    seen_at: datetime
    published_at: datetime | None = None
    status: str = ACCEPTED
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    unreadable: tuple[Mapping[str, Any], ...] = ()
    ended: frozenset[str] = frozenset()
    backfilled: bool = False

    @property
    def ref(self) -> PublicationRef:
        return PublicationRef(self.id, self.list, self.name, self.sha256, self.seen_at)

    @property
    def applied(self) -> bool:
        return self.status in APPLIED

    def to_json(self) -> dict[str, Any]:
        """The publication as `check --json` and `status --json` print it."""
        return {
            **self.ref.to_json(),
            "listed_as": self.listed_as,
            "url": self.url,
            "published_at": iso(self.published_at) if self.published_at else None,
            "status": self.status,
            "reasons": [*self.reasons],
            "figures": dict(self.figures),
            "unreadable": [dict(row) for row in self.unreadable],
            "backfilled": self.backfilled,
        }
