"""History filled in from archived files: the poller's walk with an archive as the source, told to nobody.

The log is only added to. What is in it already is passed over, so that a call can be repeated or taken up where it was stopped; what is
older than the log's end cannot be added any more, and then nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.backfill.folder import BackfillError, Capture, Contents, Trouble, contents
from monitor.backfill.saved import Index, Saved, answer
from monitor.config import Settings
from monitor.core import page
from monitor.core.events import Event, iso
from monitor.core.hasher import bytes_digest
from monitor.core.page import roster_links
from monitor.core.roster import LISTS, Roster
from monitor.core.sheet import Unreadable
from monitor.evidence import Evidence
from monitor.fetcher import Fetched
from monitor.intake import Arrival, Intake
from monitor.poller import Poller
from monitor.poller.results import INCOMPLETE, NO_LIST
from monitor.reader import read_roster
from monitor.store import ARCHIVED, Commit, NewSighting, Sighting, Store

__all__ = ["Backfill", "BackfillError", "Capture", "Contents", "Replayed", "Trouble", "contents"]

TAKEN, UNCHANGED, KNOWN, MISSING, SAME_TIME, NO_LISTS = "taken", "unchanged", "known", "missing", "same_time", "no_lists"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a capture: TAKEN with the events it gave, UNCHANGED, KNOWN from before, or another outcome.

    `detail` says what could not be used of it, and why; "" where all could.
    """

    capture: Capture
    outcome: str
    detail: str = ""
    events: tuple[Event, ...] = ()


class Backfill:
    """Replays captures into one store. `verdicts` are people's decisions (verdicts.py)."""

    def __init__(self, store: Store, evidence: Evidence, settings: Settings, verdicts: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._evidence = evidence
        self._settings = settings
        self._verdicts = verdicts or {}
        self._intake = Intake(store, evidence, settings, verdicts, announce=False)

    def replay(self, captures: Sequence[Capture]) -> Iterator[Replayed]:
        """Takes every capture in turn, as if it was seen at its moment; one that cannot be read is named, and the rest goes on.

        Raises BackfillError, with nothing changed, where one lies before the log's end and is not in the log: in one go with the others it
        would have given another log; OSError, with the captures before it taken, where something cannot be written.
        """
        known = self._known(captures)
        self._refuse_what_is_too_late(captures, known)
        index = Index(captures)
        for one in captures:
            if one in known:
                yield Replayed(one, KNOWN)
                continue
            try:
                fetched = answer(self._url(one), one)
            except OSError as error:
                yield Replayed(one, MISSING, f"{error.strerror or error}")
                continue
            # A disk that is full ends the call: what was left out could not be added any more.
            yield self._page(one, Saved(fetched, one, index)) if one.is_page else self._document(one, fetched)

    # -- what is in the log ----------------------------------------------------------------------------------------------------

    def _known(self, captures: Sequence[Capture]) -> set[Capture]:
        """The captures that were replayed before: a sighting of the same, at the same address, covers their moment."""
        seen: dict[str, list[Sighting]] = {}
        for sighting in self._store.sightings.all():
            if sighting.how == ARCHIVED:
                seen.setdefault(sighting.url, []).append(sighting)
        return {one for one in captures if any(self._covers(sighting, one) for sighting in seen.get(self._url(one), ()))}

    def _url(self, one: Capture) -> str:
        return self._settings.page if one.is_page else one.url

    @staticmethod
    def _covers(sighting: Sighting, one: Capture) -> bool:
        # A page's bytes differ at every request; of those that say the same the first is kept.
        if not sighting.first_seen <= one.at <= sighting.last_seen:
            return False
        try:
            return one.is_page or bytes_digest(one.path.read_bytes()) == sighting.sha256
        except OSError:
            return False

    def _refuse_what_is_too_late(self, captures: Sequence[Capture], known: set[Capture]) -> None:
        reached = self._store.reaches()
        if reached is None:
            return
        last = max((number for number, one in enumerate(captures) if one in known), default=-1)
        for number, one in enumerate(captures):
            if one in known or one.at > reached or not self._would_count(one):
                continue
            # What comes after all that is known can still come within the log's last moment: a call that was stopped goes on there.
            if one.at < reached or number < last or self._comes_first(one):
                raise BackfillError(
                    f"{one.path}: published {iso(one.at)}, but the log already reaches {iso(reached)} and is only added to; nothing was"
                    " changed. To fill in all of it, start with an empty state directory: monitor287g --state NEW backfill FOLDER"
                    " (docs/history.md)"
                )

    def _comes_first(self, one: Capture) -> bool:
        """Whether a capture would have had to come before what is known of its moment: a page before files, the lists in their order."""
        there = self._store.publications_at(one.at)
        if one.is_page:
            return any(not urlsplit(publication.url).scheme for publication in there)
        if one.listed_as not in LISTS or bytes_digest(one.path.read_bytes()) in {publication.sha256 for publication in there}:
            return False  # a page that links it has brought it
        return any(LISTS.index(publication.list) > LISTS.index(one.listed_as) for publication in there)

    def _would_count(self, one: Capture) -> bool:
        """Whether a capture could have changed anything, had it come in its turn: a file that cannot be used could not."""
        try:
            body = one.path.read_bytes()
        except OSError:
            return False
        if one.is_page:
            reading = page.read(body, self._settings.page)
            return not isinstance(reading, Unreadable) and bool(reading.tables or roster_links(reading))
        found = read_roster(body, one.at, "")
        return isinstance(found, Roster) and not self._rival(found, one, bytes_digest(body))

    def _rival(self, found: Roster, one: Capture, sha256: str) -> str:
        """The name of another publication of a capture's list at its very moment, "" where there is none or their order is known."""
        there = [] if one.in_order else self._store.publications_at(one.at)
        return next((p.name for p in there if p.list == found.list and p.sha256 != sha256), "")

    # -- taking ----------------------------------------------------------------------------------------------------------------

    def _document(self, one: Capture, fetched: Fetched) -> Replayed:
        body, sha256 = fetched.body, bytes_digest(fetched.body)
        known_list = self._store.document_list(sha256)
        if known_list and self._intake.is_current(known_list, sha256):
            seen = NewSighting(sha256=sha256, url=one.url, name=one.name, how=ARCHIVED, headers=fetched.headers)
            self._store.commit(Commit(one.at, sightings=[seen]))
            return Replayed(one, UNCHANGED)
        found = read_roster(body, one.at, "")
        if isinstance(found, Unreadable):
            return Replayed(one, found.outcome, found.detail)
        if rival := self._rival(found, one, sha256):
            return Replayed(one, SAME_TIME, f"bears the same time as {rival}, {iso(one.at)}: which came first cannot be told")
        published_at = fetched.published_at
        arrival = Arrival(body, sha256, found, one.url, one.name, one.listed_as, None, published_at, fetched.headers)
        return Replayed(one, TAKEN, events=self._intake.take(arrival, one.at).events)

    def _page(self, one: Capture, saved: Saved) -> Replayed:
        poller = Poller(self._store, self._evidence, saved, self._settings, self._verdicts, announce=False)
        result = poller.walk(one.at)
        if result.again:
            with self._store.transaction():
                for url in result.again:
                    self._store.sightings.again(url, one.at)
        if result.outcome == NO_LIST:
            return Replayed(one, NO_LISTS, "no agency list is on it, and no link to one")
        if result.outcome.startswith("page_"):
            return Replayed(one, result.outcome.removeprefix("page_"), result.detail)
        detail = result.detail if result.outcome == INCOMPLETE else ""
        return Replayed(one, TAKEN if result.publications or result.events else UNCHANGED, detail, result.events)
