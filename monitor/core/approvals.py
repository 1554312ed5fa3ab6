"""Pending becomes participating: which agreement an application turned into, whichever list shows it first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.core.agencies import parts
from monitor.core.likeness import Likeness, likeness
from monitor.core.memory import Known
from monitor.core.roster import Agreement, Application, Listing

# Half of the applications that left the pending list in 2025 without an agreement in sight had one within four days: ICE publishes
# the two lists at different hours. An application is told as withdrawn when this long has passed without one.
WITHDRAWN_AFTER = timedelta(days=5)
# How long after an application left the pending list its agreement may still appear, and how long before.
WINDOW = timedelta(days=45)
# An agreement that was signed this long before the application was first seen is an older one.
SIGNED_BEFORE = timedelta(days=60)


def approving_agreement(application: Known, known: Iterable[Known], at: datetime) -> Agreement | None:
    """The agreement that a pending row turned into, None where none is known. `at`: when the row left the pending list."""
    earliest = application.first_seen - SIGNED_BEFORE
    candidates: list[tuple[Likeness, datetime, str, Agreement]] = []
    for one in known:
        listing = one.listing
        if not isinstance(listing, Agreement) or not _same(application.listing, listing):
            continue
        newly_printed = one.first_seen > application.first_seen
        recent = listing.signed is None or listing.signed >= earliest.date()
        lately_gone = one.gone_since is not None and at - one.gone_since <= WINDOW
        if (newly_printed or (recent and one.first_seen >= earliest)) and (one.stands or lately_gone):
            candidates.append((_likeness(application.listing, listing), one.first_seen, listing.id, listing))
    return max(candidates)[3] if candidates else None


def departed_application(agreement: Listing, known: Iterable[Known], at: datetime, *, on_page: bool = True) -> Known | None:
    """The application that a new agreement shows to have been approved: one lately gone without a known outcome, or, since the pending
    list left the page (not `on_page`), one that stood then; None where there is none."""
    candidates = [
        one for one in known if isinstance(one.listing, Application) and _open(one, at, on_page) and _same(one.listing, agreement)
    ]
    return max(
        candidates, key=lambda one: (_likeness(one.listing, agreement), one.gone_since or at, one.listing.id), default=None
    )


def _open(application: Known, at: datetime, on_page: bool) -> bool:
    if application.gone_since is None:
        return not on_page
    unknown = application.ended in ("application.left", "application.withdrawn")
    return unknown and at - application.gone_since <= WINDOW


def _same(application: Listing, agreement: Listing) -> bool:
    return (
        application.model == agreement.model
        and application.state == agreement.state
        and _likeness(application, agreement) >= Likeness.TYPO
    )


def _likeness(one: Listing, other: Listing) -> Likeness:
    return likeness(parts(one), parts(other), one.state)
