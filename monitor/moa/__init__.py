"""The documents behind the agreements, and those that the page links beside its lists: fetched politely, kept, compared.

One request at a time with a pause after it, conditional where something is kept; a 24th of all addresses an hour, and all of them when the
list changed. What an address gave is committed before the next is asked, so that nothing is asked twice after a stop.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from monitor.config import Settings
from monitor.core.events import Event
from monitor.core.roster import PARTICIPATING, Agreement
from monitor.evidence import Evidence, extension
from monitor.fetcher import (
    BLOCKED,
    NOT_MODIFIED,
    OK,
    RATE_LIMITED,
    SERVER_ERROR,
    STOPPED,
    TIMEOUT,
    UNREACHABLE,
    Fetched,
    Fetcher,
)
from monitor.intake import Intake
from monitor.moa.pdf import text_of
from monitor.store import Commit, Document, NewSighting, Paper, Store

# What came under 200 is no document: a page that says something else.
NOT_A_DOCUMENT = "not_a_document"
# An address is asked this often at most while the list stays as it is.
AT_MOST_EVERY = timedelta(hours=12)
# What failed for the moment is tried again after this long.
AGAIN_AFTER = timedelta(hours=3)
_SHARES = 24
# The site wants to be left alone, or is down.
_TROUBLE = frozenset((BLOCKED, RATE_LIMITED, SERVER_ERROR, UNREACHABLE, TIMEOUT))
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: requests made, documents that are new or changed, and why it ended early ("" where it did not)."""

    asked: int = 0
    kept: int = 0
    changed: int = 0
    ended: str = ""


@dataclass
class Sweep:
    """One sweep over the addresses that are due. `pause(seconds)` waits and is true when it is time to stop; `turn` is the state
    directory's: a change is told in it, for no poll may change the agreement meanwhile.
    """

    store: Store
    evidence: Evidence
    fetcher: Fetcher
    settings: Settings
    pause: Callable[[float], bool]
    turn: Callable[[], AbstractContextManager[None]]

    def run(self, now: Callable[[], datetime]) -> Swept:
        """Asks every address that is due, the one that was asked longest ago first."""
        self._read_texts()
        done = Swept()
        failures = 0
        for url in self._due(now()):
            before = self.store.papers.of(url)
            answer = self.fetcher.document(url, before.validators if before and self._has(before) else None)
            if answer.outcome == STOPPED:
                return replace(done, ended="stopped")
            paper, told = self._taken(url, before, answer, now())
            done = replace(
                done,
                asked=done.asked + 1,
                kept=done.kept + (paper.sha256 is not None and (before is None or paper.sha256 != before.sha256)),
                changed=done.changed + told,
            )
            failures = failures + 1 if paper.outcome in _TROUBLE else 0
            if failures >= _ENOUGH:
                return replace(done, ended=f"{answer.outcome} {answer.detail}".strip())
            if self.pause(self.settings.moa.pause.total_seconds()):
                return replace(done, ended="stopped")
        return done

    # -- what is due ---------------------------------------------------------------------------------------------------------------

    def _due(self, now: datetime) -> list[str]:
        """Addresses to be asked now: all that were not asked since the list changed or failed then, or else this hour's share."""
        asked = self.store.papers.all()
        addresses = {*linking(self.store), *(self.store.papers.on_page() or ())}
        newest = self.store.latest_publication(PARTICIPATING, applied=True)
        oldest_first = sorted(addresses, key=lambda url: (asked[url].checked_at.isoformat() if url in asked else "", url))
        since = newest.seen_at if newest else now
        waiting = [
            url for url in oldest_first if url not in asked or asked[url].checked_at < since or _try_again(asked[url], now)
        ]
        if waiting:
            return waiting
        share = math.ceil(len(addresses) / _SHARES)
        return [url for url in oldest_first if now - asked[url].checked_at >= AT_MOST_EVERY][:share]

    def _has(self, paper: Paper) -> bool:
        """Whether what an address gave last is kept: only then may it say that nothing changed."""
        return paper.sha256 is not None and self.evidence.find(paper.sha256) is not None

    # -- what came -----------------------------------------------------------------------------------------------------------------

    def _taken(self, url: str, before: Paper | None, answer: Fetched, at: datetime) -> tuple[Paper, bool]:
        """Commits what an address gave; it as it is now, and whether a change was told."""
        at = at.replace(microsecond=0)
        old = before or Paper(url, None, answer.validators, at, None, "")
        paper = replace(old, checked_at=at, outcome=answer.outcome, detail=answer.detail)
        if answer.outcome == NOT_MODIFIED:
            with self.store.transaction():
                self.store.papers.put(paper)
                self.store.sightings.again(url, at)
            return paper, False
        if answer.outcome != OK or not _is_document(answer, url):
            if answer.outcome == OK:
                paper = replace(paper, outcome=NOT_A_DOCUMENT, detail="what came under 200 is no document")
            self.store.commit(Commit(at, papers=[paper]))
            return paper, False
        sha256 = self.evidence.keep(answer.body)
        new = sha256 != old.sha256
        paper = replace(paper, sha256=sha256, validators=answer.validators, changed_at=at if new else old.changed_at)
        commit = Commit(
            at,
            documents=[Document(sha256, len(answer.body))],
            sightings=[NewSighting(sha256=sha256, url=url, name=answer.name, headers=answer.headers)],
            papers=[paper],
        )
        if new and old.sha256:
            with self.turn():
                events = [*self._changed(url, old.sha256, sha256, at)]
                intake = Intake(self.store, self.evidence, self.settings)
                self.store.commit(replace(commit, events=events, alerts=intake.alerts(events, at)))
        else:
            self.store.commit(commit)
            events = []
        self._read_texts()
        return paper, bool(events)

    def _changed(self, url: str, old: str, new: str, at: datetime) -> Iterator[Event]:
        """The events that tell that an address gives another document: one for each agreement it stands behind, or that of the page."""
        newest = self.store.latest_publication(PARTICIPATING, applied=True)
        document = {"url": url, "name": _name(url), "sha256": new}
        reason = "other contents under the same address"
        for agreement in linking(self.store).get(url, ()):
            field = "moa_sha256" if agreement.moa_url == url else "addendum_sha256"
            yield Event(
                kind="moa.replaced",
                at=at,
                publication=newest.ref if newest else None,
                agreement=agreement,
                document=document,
                changes={field: (old, new)},
                reason=reason,
            )
        text = (self.store.papers.on_page() or {}).get(url)
        if text is not None and newest:
            told = {**document, "text": text}
            changes = {"sha256": (old, new)}
            yield Event(kind="document.changed", at=at, publication=newest.ref, document=told, changes=changes, reason=reason)

    def _read_texts(self) -> None:
        """Reads the text of PDFs that were kept since, also of those at which an earlier sweep was stopped."""
        for sha256 in self.store.papers.untold():
            body = self.evidence.read(sha256)
            if body is not None and extension(body) == "pdf":
                self.store.papers.add_text(text_of(body, sha256))


def _try_again(paper: Paper, now: datetime) -> bool:
    return paper.outcome in _TROUBLE and now - paper.checked_at >= AGAIN_AFTER


def linking(store: Store) -> Mapping[str, list[Agreement]]:
    """The agreements that stand by the addresses of their documents and addenda."""
    found: dict[str, list[Agreement]] = defaultdict(list)
    for one in store.standing(PARTICIPATING):
        if isinstance(one, Agreement):
            for url in {one.moa_url, one.addendum_url} - {None}:
                found[url or ""].append(one)
    return found


def _is_document(answer: Fetched, url: str) -> bool:
    """Whether a body can be what its address names: a PDF where it says so, and never a page."""
    kind = extension(answer.body)
    named = _name(url).lower().endswith(".pdf") or answer.name.lower().endswith(".pdf")
    return kind == "pdf" if named else kind != "html" and bool(answer.body)


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1])
