"""The event log's vocabulary: everything the monitor learns is one of these, appended once and never rewritten.

Alerts, feeds, pages and reports are projections of the log; its JSON form is a contract with other programs (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self

from monitor.core.roster import Agreement, Application, Listing

AGREEMENT_KINDS = ("added", "removed", "renewed", "corrected", "relisted")
APPLICATION_KINDS = ("added", "approved", "withdrawn", "corrected")
# The log's bookkeeping, without which it would not replay to the exact printed roster; told to nobody: the rows a list held when it
# was first read, rows whose typing alone changed, applications that left the list and whose outcome is not known yet.
BASELINES = ("agreement.baseline", "application.baseline")
BOOKKEEPING = frozenset((*BASELINES, "agreement.reprinted", "application.reprinted", "application.left"))
# Of the other documents that the page links.
DOCUMENTS = ("document.added", "document.changed", "document.removed")
KINDS = (
    *(f"agreement.{kind}" for kind in AGREEMENT_KINDS),
    *("moa.posted", "moa.replaced", "addendum.posted"),
    *(f"application.{kind}" for kind in APPLICATION_KINDS),
    *("list.left_page", "list.returned"),
    *DOCUMENTS,
    *("publication.held", "publication.released"),
)
# What people are woken for. Corrections and postings of documents go to feeds, to the site and to whoever asks for them.
NEWS = frozenset(
    (
        *("agreement.added", "agreement.removed", "agreement.renewed", "agreement.relisted"),
        *("application.added", "application.approved", "application.withdrawn"),
        *("list.left_page", "list.returned"),
    )
)

# What is told to those who ask for it.
CORRECTIONS = frozenset(
    ("agreement.corrected", "application.corrected", "moa.posted", "moa.replaced", "addendum.posted", *DOCUMENTS)
)


def iso(moment: datetime) -> str:
    """`moment` as the log prints it: UTC, whole seconds, `2025-05-29T14:00:12Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=8_192)  # every row of a publication was first seen at one
def moment(text: str) -> datetime:
    """The inverse of `iso`."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class PublicationRef:
    """The publication an event was read from. `list` is what it holds, whatever link it was published under."""

    id: int
    list: str
    name: str
    sha256: str
    seen_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "list": self.list,
            "name": self.name,
            "sha256": self.sha256,
            "seen_at": iso(self.seen_at),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(value["id"], value["list"], value["name"], value["sha256"], moment(value["seen_at"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing learnt. `id` is 0 until the store has appended it; `at` is the moment it was learnt (UTC).

    `before` is the agreement (or application) as it stood, `changes` what changed in it as field → (old, new), `reason` why the
    differ reads it so, `match` the evidence behind that with the runner-up, and `doubt` a pair it would not decide alone. `document` is the
    document an event is about: on the page (core/documents.py), or behind an agreement.
    """

    kind: str
    at: datetime
    publication: PublicationRef | None = None
    agreement: Agreement | None = None
    application: Application | None = None
    document: Mapping[str, Any] | None = None
    before: Listing | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    match: Mapping[str, Any] | None = None
    doubt: Mapping[str, Any] | None = None
    backfilled: bool = False
    id: int = 0

    @property
    def listing(self) -> Listing | None:
        """The agreement or application the event is about."""
        return self.agreement or self.application

    @property
    def tells(self) -> bool:
        """Whether the event tells something, unlike the log's bookkeeping."""
        return self.kind not in BOOKKEEPING

    @property
    def state(self) -> str | None:
        """USPS code of the state the event is about, None where it is about none."""
        return self.listing.state if self.listing else None

    def to_json(self, *, explain: bool = False) -> dict[str, Any]:
        """The event as one line of the log; `explain` adds the evidence of its match."""
        value: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "at": iso(self.at),
            "publication": self.publication.to_json() if self.publication else None,
            "agreement": self.agreement.to_json() if self.agreement else None,
            "application": self.application.to_json() if self.application else None,
            "document": dict(self.document) if self.document else None,
            "before": self.before.to_json() if self.before else None,
            "changes": {name: list(pair) for name, pair in self.changes.items()},
            "reason": self.reason,
            "doubt": dict(self.doubt) if self.doubt else None,
            "backfilled": self.backfilled,
        }
        if explain:
            value["match"] = dict(self.match) if self.match else None
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json(explain=True)`."""
        agreement, application = value["agreement"], value["application"]
        # An approved application carries both; what stood before it is the application.
        stood: type[Listing] = Application if application else Agreement
        return cls(
            id=value["id"],
            kind=value["kind"],
            at=moment(value["at"]),
            publication=PublicationRef.from_json(value["publication"]) if value["publication"] else None,
            agreement=Agreement.from_json(agreement) if agreement else None,
            application=Application.from_json(application) if application else None,
            document=value["document"],
            before=stood.from_json(value["before"]) if value["before"] else None,
            changes={name: (old, new) for name, (old, new) in value["changes"].items()},
            reason=value["reason"],
            match=value.get("match"),
            doubt=value["doubt"],
            backfilled=value["backfilled"],
        )
