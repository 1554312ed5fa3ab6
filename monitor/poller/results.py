"""What a poll found, as values; what is wrong with the source by it; and what is said of it in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core import alarms
from monitor.core.events import Event
from monitor.core.publication import HELD, Publication

# Outcomes of a poll. A page that could not be had or read gives `page_` and the outcome of its request or reading.
CHANGED, UNCHANGED, FIRST_RUN, NO_LIST, INCOMPLETE = "changed", "unchanged", "first_run", "no_list", "incomplete"
# What a link's document gave, besides the fetcher's and the readers' outcomes.
LIST, SAME, ANNOUNCED, NOT_A_LIST, WRONG_LIST = "list", "same", "announced", "not_a_list", "wrong_list"
GOOD = frozenset((LIST, SAME, NOT_A_LIST))


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """What one link gave: `outcome` is a name of this module, of the fetcher or of a reader."""

    url: str
    listed_as: str | None
    outcome: str
    list: str | None = None
    sha256: str | None = None
    name: str = ""
    detail: str = ""
    sure: bool = True
    published_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        names = ("url", "listed_as", "outcome", "list", "sha256", "name", "detail")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll found. `good`: everything that was asked for answered and could be read."""

    at: datetime
    outcome: str
    good: bool
    detail: str = ""
    documents: tuple[DocumentResult, ...] = ()
    publications: tuple[Publication, ...] = ()
    events: tuple[Event, ...] = ()
    page_changed: bool = False
    again: tuple[str, ...] = ()  # addresses that gave what they gave the last time


def conditions(result: PollResult) -> list[alarms.Condition]:
    """What is wrong at this poll, under the keys that alarms are told by."""
    if result.outcome.startswith("page_"):
        return [alarms.Condition("page", f"{result.outcome.removeprefix('page_')} {result.detail}".strip(), alarms.PATIENCE)]
    if result.outcome == NO_LIST:
        return [alarms.Condition("no_list", result.detail)]
    found = []
    for document in result.documents:
        what = document.listed_as or "new"
        if not document.sure or document.outcome in GOOD:
            continue
        detail = f"{document.outcome} {document.detail} ({document.url})"
        if document.outcome == ANNOUNCED:
            found.append(alarms.Condition(f"announced:{what}", detail, alarms.ANNOUNCED_PATIENCE))
        else:
            unreadable = document.outcome in ("no_list", "empty_list", WRONG_LIST)
            found.append(alarms.Condition(f"document:{what}", detail, timedelta(0) if unreadable else alarms.PATIENCE))
    return found


def summary(result: PollResult) -> str:
    """One line about a poll, for the log and for people."""
    counts = Counter(event.kind for event in result.events if event.tells)
    learnt = Counter(event.kind.split(".")[0] for event in result.events if event.kind.endswith(".baseline"))
    parts = [result.outcome, *(f"{number} {noun}{'' if number == 1 else 's'} learnt" for noun, number in sorted(learnt.items()))]
    parts += [f"{kind} {number}" for kind, number in sorted(counts.items())]
    for publication in result.publications:
        if publication.status == HELD or publication.reasons:
            parts.append(f"publication {publication.id} {publication.status} ({'; '.join(publication.reasons)})")
        if publication.unreadable:
            rows = ", ".join(f"{row['sheet']} row {row['row']}: {row['reason']}" for row in publication.unreadable[:5])
            parts.append(f"{len(publication.unreadable)} rows of {publication.name} not read whole ({rows})")
    return ", ".join(parts) + (f": {result.detail}" if result.detail else "")


def fields(result: PollResult) -> dict[str, Any]:
    """What the log in JSON says of a poll beside its line, as `extra` of a log call."""
    return {
        "fields": {
            "outcome": result.outcome,
            "good": result.good,
            "documents": {document.url: document.outcome for document in result.documents},
            "publications": [publication.id for publication in result.publications],
            "events": dict(Counter(event.kind for event in result.events)),
        }
    }
