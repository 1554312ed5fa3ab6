"""Two moments of the log compared: what is new, ended, renewed or changed between them, whatever came and went in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.core.events import Event
from monitor.core.revision import corrections
from monitor.core.roster import Listing
from monitor.core.urls import document_key

NEW, ENDED, RENEWED, DOCUMENT, CHANGED, JOINED = "new", "ended", "renewed", "document", "changed", "joined"
_DOCUMENTS = ("moa_url", "addendum_url")


@dataclass(frozen=True, slots=True)
class Difference:
    """One agreement or application that is not as it was: `kind` is a name of this module.

    `changes` are field → (old, new) as in the log's corrections: `printed.…` where the cell differs and its meaning does not. `reason`
    is the kind of the event that told its end, "" where it did not end; `became` the agreement that an approved application became. Of
    a DOCUMENT one nothing but its documents differs. A JOINED one was found to be printed twice; `after` is the one it is.
    """

    kind: str
    before: Listing | None
    after: Listing | None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    became: Listing | None = None

    @property
    def listing(self) -> Listing:
        """The agreement or application as it is now, or was last."""
        listing = self.after or self.before
        assert listing is not None
        return listing

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "list": self.listing.list,
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "changes": {name: [*pair] for name, pair in self.changes.items()},
            "reason": self.reason,
            "became": self.became.to_json() if self.became else None,
        }


def compare(before: Mapping[str, Listing], after: Mapping[str, Listing], between: Iterable[Event]) -> list[Difference]:
    """What differs from `before` to `after`, both by id (replay.standing); `between` are the log's events after the first moment up to the
    second. By list, state, agency and model."""
    became: dict[str, str] = {}
    endings: dict[str, Event] = {}
    for event in between:
        listing = event.application or event.agreement
        # What was applied for anew only mentions the application before.
        if listing and event.before and event.before.id != listing.id and not event.kind.endswith(".added"):
            became[event.before.id] = listing.id
        if listing and event.kind in ("agreement.removed", "application.left", "application.withdrawn", "application.approved"):
            endings[listing.id] = event
    found: list[Difference] = []
    continued = set()
    for number, old in before.items():
        if number in after:
            if changes := _changes(old, after[number]):
                found.append(Difference(DOCUMENT if changes.keys() <= {*_DOCUMENTS} else CHANGED, old, after[number], changes))
            continue
        new = after.get(_last(number, became))
        if new is None:
            end = endings.get(_last(number, became))
            approved = end.agreement if end and end.application else None
            found.append(Difference(ENDED, old, None, reason=end.kind if end else "", became=approved))
        elif new.id in before:
            found.append(Difference(JOINED, old, new))
        else:
            continued.add(new.id)
            changes = _changes(old, new)
            if old.signed != new.signed:
                found.append(Difference(RENEWED, old, new, changes))
            else:
                found.append(Difference(CHANGED, old, new, {"id": (old.id, new.id), **changes}))
    found += [Difference(NEW, None, new) for number, new in after.items() if number not in before and number not in continued]
    return sorted(found, key=_order)


def _last(number: str, became: Mapping[str, str]) -> str:
    """The id that an agreement bears after all renewals and joinings."""
    seen = set()
    while number in became and number not in seen:
        seen.add(number)
        number = became[number]
    return number


def _changes(old: Listing, new: Listing) -> dict[str, tuple[Any, Any]]:
    linked = {name: (getattr(old, name), getattr(new, name)) for name in _DOCUMENTS}
    return dict(corrections(old, new)) | {
        name: pair for name, pair in linked.items() if document_key(pair[0]) != document_key(pair[1])
    }


def _order(one: Difference) -> tuple[str, int, str, str, str, str]:
    kinds = (NEW, RENEWED, ENDED, DOCUMENT, CHANGED, JOINED)
    listing = one.listing
    return listing.list, kinds.index(one.kind), listing.state or "", listing.agency, listing.model or "", listing.id
