"""One poll, as a readable sequence: fetch → read → compare with what is current → commit → record.

Nothing counts as seen before it is committed: validators are stored with what was read from them, so that a failure in between can
never turn into a 304 that hides the change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from monitor.config import Settings
from monitor.core import alarms, linked, page
from monitor.core.events import Event
from monitor.core.hasher import bytes_digest, page_digest, roster_digest
from monitor.core.page import PageReading, RosterLink, roster_links
from monitor.core.publication import HELD, Publication
from monitor.core.roster import LISTS, PARTICIPATING, PENDING, Roster, read
from monitor.core.sheet import Unreadable
from monitor.evidence import Evidence
from monitor.fetcher import NOT_FOUND, NOT_MODIFIED, OK, STOPPED, Fetched, Validators
from monitor.intake import Arrival, Intake, Taken
from monitor.notifiers import notices
from monitor.notifiers.news import Links
from monitor.poller.results import (
    ANNOUNCED,
    CHANGED,
    FIRST_RUN,
    GOOD,
    INCOMPLETE,
    LIST,
    NO_LIST,
    NOT_A_LIST,
    SAME,
    UNCHANGED,
    WRONG_LIST,
    DocumentResult,
    PollResult,
    conditions,
)
from monitor.reader import read_roster
from monitor.store import ARCHIVED, FETCHED, Commit, Document, NewDelivery, NewSighting, PollRecord, Source, Store

# Alerts are made messages of within seconds of their time.
_OVERDUE = timedelta(minutes=10)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Documents(Protocol):
    """Where the page and its documents come from: the network, or an archive of what it said."""

    def page(self, url: str) -> Fetched: ...

    def document(self, url: str, validators: Validators | None = None) -> Fetched: ...


@dataclass
class Poller:
    """Polls one page into one state directory. `announce` is off where history is filled in; `read` reads a
    document and `take` takes what it holds, here or apart (None: here)."""

    store: Store
    evidence: Evidence
    fetcher: Documents
    settings: Settings
    verdicts: Mapping[str, str] = field(default_factory=dict)
    announce: bool = True
    read: Callable[[bytes, datetime, str], Roster | Unreadable] = read_roster
    take: Callable[[Arrival, datetime, bool], Taken] | None = None
    _fetched: list[Fetched] = field(default_factory=list)
    _again: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._intake = Intake(self.store, self.evidence, self.settings, self.verdicts, announce=self.announce)
        self._how = FETCHED if self.announce else ARCHIVED
        self._links = Links(self.settings.web.public_url, self.settings.page)

    def poll(self, at: datetime) -> PollResult:
        """One poll at the moment `at`. Whatever the source does ends in a named outcome; only the disk or the database can raise."""
        started = time.monotonic()
        result = self.walk(at.astimezone(UTC).replace(microsecond=0))
        millis = round(1000 * (time.monotonic() - started))
        if result.outcome != f"page_{STOPPED}":
            self._record(result, millis)
        return result

    def walk(self, at: datetime) -> PollResult:
        """A poll at the moment `at` (whole seconds, UTC) of which no record is made."""
        self._fetched.clear()
        self._again.clear()
        return replace(self._walk(at), again=tuple(self._again))

    def _walk(self, at: datetime) -> PollResult:
        answer = self.fetcher.page(self.settings.page)
        self._fetched.append(answer)
        if answer.outcome != OK:
            return PollResult(at, f"page_{answer.outcome}", good=False, detail=answer.detail)
        reading = page.read(answer.body, self.settings.page)
        if isinstance(reading, Unreadable):
            return PollResult(at, f"page_{reading.outcome}", good=False, detail=reading.detail)
        documents, arrivals = self._documents(reading, answer, at)
        if not any(document.listed_as or document.list for document in documents):
            detail = "the page answers, but no link or table on it is an agency list; its form may have changed"
            return PollResult(at, NO_LIST, good=False, detail=detail, documents=tuple(documents))
        documents, astray = _without_wrong_lists(documents, arrivals)
        for arrival in astray:
            self._keep(arrival.body, arrival.sighting(self._how), at)
        arrivals = [arrival for arrival in arrivals if arrival not in astray]
        publications: list[Publication] = []
        events: list[Event] = []
        first_run = all(self.store.latest_publication(name) is None for name in LISTS)
        chosen = self._chosen(documents, arrivals)
        for number, arrival in enumerate(chosen):
            later = any(self.store.latest_publication(other.roster.list) is None for other in chosen[number + 1 :])
            taken = self.take(arrival, at, later) if self.take else self._intake.take(arrival, at, more_to_come=later)
            publications.append(taken.publication)
            events += taken.events
        changed, told_events = self._page_says(reading, answer, documents, at)
        events += told_events
        failed = [document for document in documents if document.outcome not in GOOD and document.sure]
        if failed:
            outcome = INCOMPLETE
        elif publications and first_run:
            outcome = FIRST_RUN
        else:
            outcome = CHANGED if publications or told_events else UNCHANGED
        detail = "; ".join(
            f"{document.listed_as or document.url}: {document.outcome}: {document.detail}".strip(": ") for document in failed
        )
        return PollResult(at, outcome, not failed, detail, tuple(documents), tuple(publications), tuple(events), changed)

    # -- documents -----------------------------------------------------------------------------------------------------------------

    def _documents(self, reading: PageReading, answer: Fetched, at: datetime) -> tuple[list[DocumentResult], list[Arrival]]:
        """What every link that may be a list gave, and the lists that came; the table in the page counts as a document."""
        documents: list[DocumentResult] = []
        arrivals: list[Arrival] = []
        in_page = read(reading.tables, at.date()) if reading.tables else None
        if isinstance(in_page, Roster):
            # The page's bytes differ at every request, so its table is told from the last one by what it prints.
            sha256 = self._table_evidence(in_page, answer)
            current = self._intake.is_current(in_page.list, sha256)
            outcome = SAME if current else LIST
            documents.append(DocumentResult(answer.url, in_page.list, outcome, in_page.list, sha256, answer.name))
            arrivals.append(Arrival(answer.body, sha256, in_page, answer.url, answer.name, in_page.list, headers=answer.headers))
        links = roster_links(reading)
        for link in links:
            found = {document.list for document in documents} | {document.listed_as for document in documents}
            if not link.sure and PARTICIPATING in found:
                continue
            result, arrival = self._document(link, at)
            documents.append(result)
            if arrival:
                arrivals.append(arrival)
        return documents, arrivals

    def _table_evidence(self, in_page: Roster, answer: Fetched) -> str:
        latest = self.store.latest_publication(in_page.list)
        same = latest is not None and latest.roster_digest == roster_digest(in_page.list, in_page.listings)
        return latest.sha256 if latest is not None and same else bytes_digest(answer.body)

    def _document(self, link: RosterLink, at: datetime) -> tuple[DocumentResult, Arrival | None]:
        result = DocumentResult(link.url, link.listed_as, "", sure=link.sure)
        source = self.store.source(link.url)
        answer, kept = self._ask(link.url, source)
        if answer.outcome == NOT_FOUND:
            if link.sure and source is None:
                self.store.commit(Commit(at, sources=[Source(link.url, link.listed_as, None, "", Validators(), at)]))
            return replace(result, outcome=ANNOUNCED, detail="the link is on the page, its document answers 404 so far"), None
        if answer.outcome == NOT_MODIFIED and source and source.sha256:
            body, seen = kept, source
        elif answer.outcome == OK:
            first_seen = source.first_seen if source else at
            body = answer.body
            seen = Source(link.url, link.listed_as, bytes_digest(body), answer.name, answer.validators, first_seen)
        else:
            return replace(result, outcome=answer.outcome, detail=answer.detail), None
        sha256 = seen.sha256 or ""
        published_at = replace(answer, validators=seen.validators).published_at
        result = replace(result, sha256=sha256, name=seen.name, published_at=published_at)
        sighting = NewSighting(sha256=sha256, url=link.url, name=seen.name, how=self._how, headers=answer.headers)
        known_list = self.store.document_list(sha256)
        if known_list and self._intake.is_current(known_list, sha256) and not self._held_again(known_list, seen, answer, at):
            if answer.outcome == OK:
                # The same bytes under another address or date: nothing was published, the next request can be conditional.
                self.evidence.keep(body)
                self.store.commit(Commit(at, sources=[seen], sightings=[sighting]))
            else:
                self._again.append(link.url)
            return replace(result, outcome=SAME, list=known_list), None
        found = self.read(body, at, link.url)
        if isinstance(found, Unreadable):
            if found.outcome in ("no_list", "empty_list"):
                # A workbook without a list may be a form that a later version can read; other bodies are no evidence of anything.
                self._keep(body, sighting, at)
            not_a_list = found.outcome == "no_list" and not link.sure
            return replace(result, outcome=NOT_A_LIST if not_a_list else found.outcome, detail=found.detail), None
        arrival = Arrival(body, sha256, found, link.url, seen.name, link.listed_as, seen, answer.published_at, answer.headers)
        return replace(result, outcome=LIST, list=found.list), arrival

    def _held_again(self, list_name: str, seen: Source, answer: Fetched, at: datetime) -> bool:
        """Whether the publication held now was put up a second time, under another name or date, long enough after the first."""
        latest = self.store.latest_publication(list_name)
        if latest is None or latest.status != HELD or at - latest.seen_at < self.settings.guard.confirmed_after:
            return False
        later = answer.published_at is not None and latest.published_at is not None and answer.published_at > latest.published_at
        return later or (seen.url, seen.name) != (latest.url, latest.name)

    def _ask(self, url: str, source: Source | None) -> tuple[Fetched, bytes]:
        """The answer for a document, and the bytes we kept of it where it has not changed."""
        kept = self.evidence.read(source.sha256) if source and source.sha256 else None
        # Where the evidence is gone we hold nothing that a 304 could stand for.
        answer = self.fetcher.document(url, source.validators if source and kept else None)
        self._fetched.append(answer)
        return answer, kept or b""

    def _keep(self, body: bytes, sighting: NewSighting, at: datetime) -> None:
        sha256 = self.evidence.keep(body)
        self.store.commit(Commit(at, documents=[Document(sha256, len(body))], sightings=[replace(sighting, sha256=sha256)]))

    def _chosen(self, documents: Sequence[DocumentResult], arrivals: Sequence[Arrival]) -> list[Arrival]:
        """At most one arrival per list, participating first. Where several links give one list, the one whose link claims it counts, then
        the newest; where that one is current, the others are old news and would take turns with it for ever."""
        by_url = {arrival.url: arrival for arrival in arrivals}
        chosen = []
        for name in (PARTICIPATING, PENDING):
            of_list = [document for document in documents if document.list == name and document.outcome in (LIST, SAME)]
            of_list.sort(key=lambda d: (d.listed_as == name, d.published_at or _EARLIEST, d.outcome == SAME), reverse=True)
            best = by_url.get(of_list[0].url) if of_list else None
            if best and of_list[0].outcome == LIST:
                chosen.append(best)
        return chosen

    # -- what the page says --------------------------------------------------------------------------------------------------------

    def _page_says(
        self, reading: PageReading, answer: Fetched, documents: Sequence[DocumentResult], at: datetime
    ) -> tuple[bool, list[Event]]:
        """Keeps the page when it says something new, and tells lists and other documents that left it or came."""
        digest = page_digest(reading)
        before = self.store.page()
        found = {document.listed_as for document in documents} | {document.list for document in documents}
        stood = self.store.lists_on_page()
        # Only a page on which some list was really read can say that another has left.
        certain = any(document.outcome in (LIST, SAME) for document in documents)
        lists = {name: name in found for name in LISTS if name in found or (certain and stood.get(name))}
        kinds = {(True, False): "list.left_page", (False, True): "list.returned"}
        events = []
        for name, on_page in lists.items():
            kind = kinds.get((stood.get(name, on_page), on_page))
            latest = self.store.latest_publication(name, applied=True)
            if kind and latest:
                reason = "the page no longer links it" if kind == "list.left_page" else "the page links it again"
                events.append(Event(kind=kind, at=at, publication=latest.ref, reason=reason, backfilled=not self.announce))
        changed = before is None or before[0] != digest
        linked_documents = self._linked_documents(reading, documents) if certain else None
        known = self.store.papers.on_page()
        new = linked_documents is not None and linked_documents != known
        if new and known is not None:
            events += self._document_events(known, linked_documents or {}, at)
        if changed or events or new or any(stood.get(name) != on for name, on in lists.items()):
            commit = Commit(at, events=events, alerts=self._intake.alerts(events, at), lists=lists)
            if changed:
                sha256 = self.evidence.keep(answer.body)
                seen = NewSighting(sha256=sha256, url=answer.url, name=answer.name, how=self._how, headers=answer.headers)
                documents_kept = [Document(sha256, len(answer.body))]
                commit = replace(commit, documents=documents_kept, sightings=[seen], page=(digest, sha256))
            if new:
                commit = replace(commit, page_documents=linked_documents)
            events = self.store.commit(commit)
        if not changed:
            self._again.append(answer.url)
        return changed, events

    @staticmethod
    def _linked_documents(reading: PageReading, results: Sequence[DocumentResult]) -> dict[str, str]:
        """The documents that the page links beside its lists: the links' texts by address."""
        lists = {result.url for result in results if result.list or result.listed_as}
        found = linked.documents(reading, lists | {link.url for link in roster_links(reading) if link.sure})
        return {one.url: one.text for one in found}

    def _document_events(self, before: Mapping[str, str], now: Mapping[str, str], at: datetime) -> list[Event]:
        newest = self.store.latest_publication(PARTICIPATING, applied=True)
        if newest is None:
            return []
        return linked.events_of(linked.compare(before, now), newest.ref, at, backfilled=not self.announce)

    def _channel_conditions(self, at: datetime) -> list[alarms.Condition]:
        """Channels that have not taken a message for an hour, or for which none could be made of what is due."""
        awake = {route.channel for route in self._intake.routes if not route.is_quiet(at)}
        # In quiet hours nothing is tried, and so nothing mends.
        overdue = [
            alarms.Condition(f"channel:{name}", f"{number} alerts are overdue; the log says why", alarms.PATIENCE)
            for name, (number, due) in self.store.alerts.waiting().items()
            if name in awake and at - due >= _OVERDUE
        ]
        failing = [
            alarms.Condition(f"channel:{name}", f"{one.number} messages wait; {one.error}")
            for name, one in self.store.outbox.waiting().items()
            if one.failing_since and name in awake and at - one.failing_since >= alarms.PATIENCE
        ]
        return [*overdue, *failing]

    # -- the record ----------------------------------------------------------------------------------------------------------------

    def _record(self, result: PollResult, millis: int) -> None:
        """Records the poll, and tells the operator what is wrong: once when it has lasted, once when it is over."""
        before = self.store.journal.alarms()
        wrong = {condition.key: condition for condition in (*conditions(result), *self._channel_conditions(result.at))}
        # While the page cannot be read, nothing is known of its links.
        of_page = frozenset(key for key in before if key != "page" and not key.startswith("channel:"))
        quiet = frozenset(f"channel:{route.channel}" for route in self._intake.routes if route.is_quiet(result.at))
        unknown = quiet | (of_page if "page" in wrong else frozenset())
        update = alarms.update(before, wrong, result.at, unknown)
        messages = [
            notices.alarm(key, update.open[key].detail, update.open[key].opened_at, result.at, self._links)
            for key in update.raised
        ]
        messages += [
            notices.alarm(key, before[key].detail, before[key].opened_at, result.at, self._links, over=True)
            for key in update.over
        ]
        with self.store.transaction():
            record = PollRecord(result.at, result.outcome, result.good, result.detail, millis)
            self.store.journal.add_poll(record, self._fetched)
            for url in result.again:
                self.store.sightings.again(url, result.at)
            if before or update.open:
                self.store.journal.put_alarms(update.open, result.at)
            self.store.outbox.queue(
                [NewDelivery(name, m.to_json()) for m in messages for name in self._intake.operators], result.at
            )


def _without_wrong_lists(
    documents: Sequence[DocumentResult], arrivals: Sequence[Arrival]
) -> tuple[list[DocumentResult], list[Arrival]]:
    """(results, arrivals set aside): a document holds the other list than it was announced as, and the announced one is not on the page.

    Links that are swapped give both lists. One link that gives the wrong list has lost a column or points astray: its rows must not
    be taken for the other list's.
    """
    held = {document.list for document in documents}
    wrong = {d.url for d in documents if d.list and d.listed_as and d.listed_as != d.list and d.listed_as not in held}
    told = [
        replace(d, outcome=WRONG_LIST, detail=f"announced as the {d.listed_as} list, by its columns the {d.list} one")
        if d.url in wrong
        else d
        for d in documents
    ]
    return told, [arrival for arrival in arrivals if arrival.url in wrong]
