"""Values that go in and out of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from monitor.core.events import Event, iso
from monitor.core.memory import Known
from monitor.core.publication import Publication
from monitor.fetcher import Validators


@dataclass(frozen=True, slots=True)
class Source:
    """An address a list was announced under and what it last gave (`sha256` None: nothing yet)."""

    url: str
    listed_as: str | None
    sha256: str | None
    name: str
    validators: Validators
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A kept document: its SHA-256, its size, and which list it holds (None: a page, or no list)."""

    sha256: str
    bytes: int
    list: str | None = None


FETCHED, ARCHIVED = "fetched", "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSighting:
    """That a kept document was found at an address: under which `name`, with which `headers` (lower-case names) of the answer.

    `how`: FETCHED from the address, or ARCHIVED: read from a saved file, whose name the address is where no other is known.
    """

    sha256: str
    url: str
    name: str
    how: str = FETCHED
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A sighting as it is kept: from `first_seen` to `last_seen` the address gave this document at every request.

    `chain` is its link in the chain of sightings (core/chain.py).
    """

    id: int
    sha256: str
    url: str
    name: str
    how: str
    headers: Mapping[str, str]
    first_seen: datetime
    last_seen: datetime
    chain: str

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("id", "sha256", "url", "name", "how", "headers")},
            "first_seen": iso(self.first_seen),
            "last_seen": iso(self.last_seen),
            "chain": self.chain,
        }


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A message to be queued for a channel, of a publication or of none (operator messages)."""

    channel: str
    message: Mapping[str, Any]
    publication: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one channel. `message` is the message model as JSON, `attempts` how often it was tried, `due_at` the next try.

    `said` is what the service answered, `receipt` what later messages (or attempts) need of that answer.
    """

    id: int
    channel: str
    message: Mapping[str, Any]
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None = None
    error: str = ""
    said: str = ""
    receipt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A channel's open messages: how many, since when the oldest waits, since when attempts at one fail (None: none did), and why."""

    number: int
    oldest: datetime
    failing_since: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class NewAlert:
    """That a channel is to be told the event at `position` of a commit, not before `due_at`.

    `corrects` is the delivery that the event puts right; None: it is news of its own.
    """

    channel: str
    position: int
    due_at: datetime
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is open: an event that its channel has not been told yet."""

    id: int
    event: int
    due_at: datetime
    corrects: int | None


@dataclass(frozen=True, slots=True)
class EarlierAlert:
    """That a channel was told an event of this `kind` in a delivery; None: it is to be told, with what is due next."""

    channel: str
    kind: str
    delivery: int | None


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One poll: `good` means that everything asked for answered and could be read."""

    at: datetime
    outcome: str
    good: bool
    detail: str
    millis: int


@dataclass(frozen=True, slots=True)
class Incident:
    """An alarm about the source that the operator was told of. `over_at` is None while it lasts; `told_after` and `over_after` are the
    ids of the newest event when it was told and when it was over, which give it its place beside the log.
    """

    id: int
    key: str
    detail: str
    opened_at: datetime
    told_at: datetime
    told_after: int
    over_at: datetime | None = None
    over_after: int | None = None


class Told(NamedTuple):
    """An event of the log without what it holds: enough to know which feeds tell it, and where.

    `at` is ISO; `list` is the publication's, `listing` the id of the agreement or application, `state` and `model` are codes.
    """

    id: int
    kind: str
    at: str
    publication: int
    list: str
    listing: str | None
    state: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Paper:
    """What an address of an agreement's document, or of one on the page, gave: `sha256` None while it gave nothing.

    `outcome` is the last request's (fetcher.py, or NOT_A_DOCUMENT), `changed_at` when it last gave something else than before.
    """

    url: str
    sha256: str | None
    validators: Validators
    checked_at: datetime
    changed_at: datetime | None
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PaperText:
    """The text of a PDF: number of pages, or why there is no text (`detail`)."""

    sha256: str
    pages: int
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything that one publication, or one event of the page, adds to what is known. It is committed whole or not at all.

    `alerts` gives what channels are to be told of the events; it is asked within the transaction, for only there is it known what they
    have been told. `page_documents` are all other documents that the page links now, text by address; `papers` what addresses of documents
    gave. `lists` says which lists the page links now; `page` is (digest of what it says, SHA-256); `moot` the held
    publications that this one makes moot.
    """

    at: datetime
    publication: Publication | None = None
    known: Sequence[Known] = ()
    events: Sequence[Event] = ()
    alerts: Callable[[], Sequence[NewAlert]] = tuple
    deliveries: Sequence[NewDelivery] = ()
    documents: Sequence[Document] = ()
    sightings: Sequence[NewSighting] = ()
    sources: Sequence[Source] = ()
    lists: Mapping[str, bool] | None = None
    page: tuple[str, str] | None = None
    page_documents: Mapping[str, str] | None = None
    papers: Sequence[Paper] = ()
    moot: Sequence[int] = ()
