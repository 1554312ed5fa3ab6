"""Two rosters and what is remembered → events: what is new, ended, renewed, corrected, posted, approved.

Pure: the same memory and the same roster give the same events, whatever the order of rows and columns. The steps, in the order of
`diff`: rows that stand as before · rows back from the past · vanished rows matched with appeared ones · second printings of a standing
row · renewals after a gap · the rest, new or ended. Rules in words: docs/method.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from monitor.core.agencies import Names, same_agency
from monitor.core.approvals import WITHDRAWN_AFTER, approving_agreement, departed_application
from monitor.core.doubts import by_row, doubtful_pair
from monitor.core.events import Event, PublicationRef
from monitor.core.identifiers import Namer
from monitor.core.likeness import Likeness
from monitor.core.matching import CORRECTED, RENEWED, Match, Row, assign
from monitor.core.memory import Identity, Known, Memory, Printings, identities, identity, same_typing
from monitor.core.revision import readable, revision_events
from monitor.core.roster import PARTICIPATING, Agreement, Application, Listing, Printed, Roster
from monitor.core.twins import TWICE_DAYS, Rows, place_key, printed_twice, slot

# A row gone for no longer than this and back unchanged was never ended; later it is news again.
RELISTED_WITHIN = timedelta(days=45)
# A later date after a longer gap is an agreement anew, not a renewal of the one that ended.
RENEWED_WITHIN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a publication changes: `events` in the order to tell them, `known` the memory's new and changed entries."""

    events: tuple[Event, ...] = ()
    known: tuple[Known, ...] = ()
    standing_before: int = 0

    def count(self, *kinds: str) -> int:
        """How many events are of one of `kinds` (the part behind the dot: `removed`, `withdrawn`)."""
        return sum(event.kind.split(".")[1] in kinds for event in self.events)


def diff(
    memory: Memory,
    roster: Roster,
    publication: PublicationRef,
    *,
    verdicts: Mapping[str, str] | None = None,
    backfilled: bool = False,
) -> Changes:
    """The events by which `roster`, read from `publication`, differs from what stood.

    `verdicts` are people's decisions by `matching.pair_key`: "same" or "distinct". A list read for the first time is learnt
    (`….baseline`), not announced.
    """
    return _Diff(memory, roster, publication, verdicts or {}, backfilled).changes()


@dataclass
class _Diff:
    memory: Memory
    roster: Roster
    publication: PublicationRef
    verdicts: Mapping[str, str]
    backfilled: bool
    events: list[Event] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    matched: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[tuple[str | None, str | None, str], list[Listing]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.noun = "agreement" if self.roster.list == PARTICIPATING else "application"
        self.namer = Namer((*self.memory.standing, *self.memory.gone, *self.memory.other))
        self.at = self.publication.seen_at
        self.before = {known.listing.id for known in self.memory.standing}

    def changes(self) -> Changes:
        kept, appeared = self._standing_rows()
        appeared = self._without_second_printings(appeared, {})
        if self.memory.empty:
            for group in appeared:
                self._begin("baseline", group, reason="the first publication of this list that was read")
        else:
            self._compare(kept, appeared)
        self._settle_departed()
        order = {kind: place for place, kind in enumerate(_TOLD)}
        self.events.sort(
            key=lambda e: (order[e.kind.split(".")[1]], e.state or "", e.listing.agency, e.listing.id) if e.listing else ()
        )
        return Changes(tuple(self.events), tuple(self.known.values()), len(self.memory.standing))

    def _compare(self, kept: dict[str, list[Listing]], appeared: list[Printings]) -> None:
        vanished = [known for known in self.memory.standing if known.listing.id not in kept]
        appeared = self._back_unchanged(appeared)
        vanished = self._approved_first(vanished)
        vanished, appeared, doubts = self._matched(vanished, appeared, kept)
        appeared = self._without_second_printings(appeared, kept)
        self.printed.update(kept)
        for known in self.memory.standing:
            rows, old = kept.get(known.listing.id), known.listing
            if rows and (len(rows) > 1 or rows[0].printed != old.printed or old.also_printed):
                self._revise(known, Printings(tuple(rows)), **self.matched.get(old.id, {}))
        appeared = self._back_changed(appeared)
        for group in appeared:
            self._begin("added", group, doubt=doubts.get(identity(group.speaking())), **self._past(group))
        for known in vanished:
            self._end(known, doubts.get(identity(known.listing)))

    # -- steps ---------------------------------------------------------------------------------------------------------------

    def _standing_rows(self) -> tuple[dict[str, list[Listing]], list[Printings]]:
        """Rows that print a standing agreement as it was identified before, by its id; and the others, grouped by identity."""
        exact: dict[Printed, str] = {}  # most rows are printed to the letter as before
        for known in self.memory.standing:
            exact.setdefault(known.listing.printed, known.listing.id)
        rows = [(row, exact.get(row.printed)) for row in self.roster.listings]
        names = {same_typing(row.agency) for row, unchanged in rows if not unchanged}
        index: dict[Identity, str] = {}
        for known in self.memory.standing:
            if known.listing.also_printed or same_typing(known.listing.agency) in names:
                for key in identities(known):
                    index.setdefault(key, known.listing.id)
        kept: dict[str, list[Listing]] = defaultdict(list)
        appeared: dict[Identity, list[Listing]] = defaultdict(list)
        for row, unchanged in rows:
            if standing := unchanged or index.get(identity(row)):
                kept[standing].append(row)
            else:
                appeared[identity(row)].append(row)
        return kept, [Printings(tuple(group)) for _, group in sorted(appeared.items())]

    def _back_unchanged(self, appeared: Sequence[Printings]) -> list[Printings]:
        """Tells rows that were gone for a while and are back as they were; gives the others."""
        past: dict[Identity, Known] = {}
        for known in sorted(self.memory.gone, key=lambda k: (k.gone_since or self.at, k.listing.id)):
            if known.ended != f"{self.noun}.renewed":
                for listing in (*known.former, known.listing):
                    past[identity(listing)] = known
        left = []
        for group in appeared:
            known = next((past[key] for row in group.rows if (key := identity(row)) in past), None)  # type: ignore[assignment]
            if known and known.listing.id not in self.known and self._within(known, RELISTED_WITHIN):
                self._relist(known, group, "back as it was printed before")
            else:
                left.append(group)
        return left

    def _approved_first(self, vanished: Sequence[Known]) -> list[Known]:
        """Tells applications whose agreement is there, before a row beside them can be taken for them; gives the others."""
        left = []
        for known in vanished:
            if isinstance(known.listing, Application) and approving_agreement(known, self.memory.other, self.at):
                self._end(known, None)
            else:
                left.append(known)
        return left

    def _matched(
        self, vanished: Sequence[Known], appeared: Sequence[Printings], kept: dict[str, list[Listing]]
    ) -> tuple[list[Known], list[Printings], dict[Identity, Mapping[str, Any]]]:
        """Finds vanished rows that appeared rows print again; gives those of both sides that are left, and what is doubtful about them."""
        rows = [Row(known.listing, known.former) for known in vanished]
        listings = [group.speaking() for group in appeared]
        matches, doubts = assign(rows, listings, self.verdicts, self._names())
        for match in matches:
            self._take_match(vanished[match.old], appeared[match.new], match, kept)
        old, new = {m.old for m in matches}, {m.new for m in matches}
        return (
            [known for number, known in enumerate(vanished) if number not in old],
            [group for number, group in enumerate(appeared) if number not in new],
            by_row(doubts, rows, listings),
        )

    def _names(self) -> Names:
        known = (*self.memory.standing, *self.memory.gone)
        return Names(printing for one in known for printing in (one.listing, *one.former))

    def _take_match(self, known: Known, group: Printings, match: Match, kept: dict[str, list[Listing]]) -> None:
        """Tells a renewal; keeps a correction among the standing rows, to be told with all that prints it."""
        evidence = {"evidence": match.evidence.to_json(), "runner_up": match.runner_up}
        if match.meaning == RENEWED and self.noun == "agreement":
            self._renew(known, group, match.reason, evidence)
            return
        # Merged on the word of place, model and date alone: right nearly always, and a person may say otherwise.
        alike = match.evidence.name > Likeness.TYPO and match.evidence.state
        weak = not alike and match.evidence.document != "same" and not match.evidence.former
        doubt = doubtful_pair(known.listing, group.speaking(), match.reason, match.evidence) if weak else None
        kept[known.listing.id] = [*group.rows]
        self.matched[known.listing.id] = {"reason": match.reason, "match": evidence, "doubt": doubt}

    def _without_second_printings(self, appeared: Sequence[Printings], kept: dict[str, list[Listing]]) -> list[Printings]:
        """Adds rows that print a standing agreement again, under another spelling, to that agreement's; gives the others, of which
        those that print one agreement are one."""
        standing = Rows()
        slots = {slot(row) for group in appeared for row in group.rows}
        for known in self.memory.standing:
            rows = kept.get(known.listing.id)
            if rows and (slot(known.listing) in slots or known.listing.id in self.matched):
                now = known.listing
                if now.id in self.matched:
                    now = replace(Printings(tuple(rows)).speaking(now), id=now.id)
                standing.add(now)
        left: list[Printings] = []
        for group in appeared:
            row = group.speaking()
            twin = standing.twin(row)
            if twin is None:
                left.append(group)
                standing.add(replace(row, id=f"new {len(left) - 1}"))
            elif twin.id.startswith("new "):
                number = int(twin.id.removeprefix("new "))
                left[number] = Printings((*left[number].rows, *group.rows))
            else:
                kept[twin.id].extend(group.rows)
        return left

    def _back_changed(self, appeared: Sequence[Printings]) -> list[Printings]:
        """Tells rows that print an ended agreement again with a correction or a later date; gives the others."""
        past = [k for k in self.memory.gone if k.listing.id not in self.known and k.ended != f"{self.noun}.renewed"]
        past = [k for k in past if self._within(k, RENEWED_WITHIN)]
        listings = [group.speaking() for group in appeared]
        matches, _ = assign([Row(k.listing, k.former) for k in past], listings, self.verdicts)
        told = set()
        for match in matches:
            known, group = past[match.old], appeared[match.new]
            if match.evidence.name < Likeness.VARIANT:
                continue  # another body of the place, or a place misspelt: too little across a gap
            later = match.evidence.days is not None and match.evidence.days > 0
            if (match.meaning == RENEWED or later) and self.noun == "agreement":
                reason = f"a later signing date for the same agency and model; the old one had left the list on {known.gone_on}"
                self._renew(known, group, reason, {"evidence": match.evidence.to_json(), "runner_up": match.runner_up})
            elif match.meaning == CORRECTED and self._within(known, RELISTED_WITHIN):
                self._relist(known, group, f"back after a correction: {match.reason}")
            else:
                continue
            told.add(match.new)
        return [group for number, group in enumerate(appeared) if number not in told]

    # -- what is told --------------------------------------------------------------------------------------------------------

    def _begin(self, kind: str, group: Printings, reason: str = "", **more: Any) -> None:
        listing = self.namer.name(group.speaking())
        self.known[listing.id] = Known(listing=listing, first_seen=self.at)
        self.printed.add(listing.id)
        self._tell(f"{self.noun}.{kind}", listing, reason=reason, **more)
        if kind == "added":
            self._approve_departed(listing)

    def _end(self, known: Known, doubt: Mapping[str, Any] | None) -> None:
        listing = known.listing
        if isinstance(listing, Application):
            agreement = approving_agreement(known, self.memory.other, self.at)
            kind = "application.approved" if agreement else "application.left"
            reason = "left the pending list; no agreement of this agency and model was seen yet"
            if agreement:
                reason = f"left the pending list; the agreement is among the participating ({agreement.id})"
            self._tell(kind, listing, reason=reason, agreement=agreement, before=listing, doubt=doubt)
        elif twin := self._twin_of(listing):
            kind = "agreement.corrected"
            reason = "printed twice under two dates; the second row was dropped and the agreement stands"
            self._tell(kind, twin, before=listing, changes={"id": (listing.id, twin.id)}, reason=reason)
        else:
            kind = "agreement.removed"
            self._tell(kind, listing, reason=self._ended_because(listing), before=listing, doubt=doubt)
        self.known[listing.id] = replace(known, gone_since=self.at, ended=kind)

    def _renew(self, known: Known, group: Printings, reason: str, evidence: Mapping[str, Any]) -> None:
        old = known.listing
        self.known[old.id] = replace(known, gone_since=known.gone_since or self.at, ended="agreement.renewed")
        new = group.speaking()
        listing = self.namer.name(new, agency_id=old.agency_id)
        # A renewal taken back by the next file is a correction: the old printing is remembered as this agreement's own.
        self.known[listing.id] = Known(listing=listing, former=(*known.former, old), first_seen=self.at)
        changes = {"signed": (old.signed and old.signed.isoformat(), new.signed and new.signed.isoformat())}
        self._tell("agreement.renewed", listing, reason=reason, before=old, changes=changes, match=evidence)
        self._approve_departed(listing)

    def _relist(self, known: Known, group: Printings, reason: str) -> None:
        listing = replace(group.speaking(known.listing), id=known.listing.id, agency_id=known.listing.agency_id)
        self.known[listing.id] = known.printed_as(listing)
        # Neither an application that left nor a second printing that was dropped was told to have ended.
        quiet = known.ended in ("application.left", "agreement.corrected")
        kind = "reprinted" if quiet else "relisted" if self.noun == "agreement" else "added"
        self._tell(
            f"{self.noun}.{kind}", listing, reason=f"{reason}; it had left the list on {known.gone_on}", before=known.listing
        )

    def _revise(
        self,
        known: Known,
        group: Printings,
        reason: str = "",
        match: Mapping[str, Any] | None = None,
        doubt: Mapping[str, Any] | None = None,
    ) -> None:
        old = known.listing
        new = replace(group.speaking(old), id=old.id, agency_id=old.agency_id)
        if new.printed == old.printed and new.also_printed == old.also_printed:
            return
        new = readable(old, new)
        self.known[old.id] = known.printed_as(new)
        self.printed.add(old.id)
        for kind, changes, why in revision_events(old, new, reason):
            self._tell(kind, new, before=old, changes=changes, reason=why, match=match, doubt=doubt)

    def _approve_departed(self, agreement: Listing) -> None:
        """An application that left the pending list before its agreement was printed was not withdrawn after all."""
        if not isinstance(agreement, Agreement):
            return
        candidates = [known for known in self.memory.other if known.listing.id not in self.known]
        if known := departed_application(agreement, candidates, self.at, on_page=self.memory.other_on_page):
            left = (
                f"left the pending list on {known.gone_on}" if known.gone_since else "stood when the pending list left the page"
            )
            reason = f"{left}; the agreement is now among the participating ({agreement.id})"
            self._tell("application.approved", known.listing, agreement=agreement, before=known.listing, reason=reason)
            self.known[known.listing.id] = replace(known, gone_since=known.gone_since or self.at, ended="application.approved")

    def _settle_departed(self) -> None:
        """Tells as withdrawn what left the pending list long enough ago without an agreement."""
        for known in (*self.memory.gone, *self.memory.other):
            due = known.ended == "application.left" and known.gone_since and self.at - known.gone_since >= WITHDRAWN_AFTER
            if due and known.gone_since and known.listing.id not in self.known:
                known_now = {one.listing.id: one for one in (*self.memory.standing, *self.memory.other)} | self.known
                if agreement := approving_agreement(known, known_now.values(), self.at):
                    reason = (
                        f"left the pending list on {known.gone_on}; the agreement is among the participating ({agreement.id})"
                    )
                    self._tell("application.approved", known.listing, agreement=agreement, before=known.listing, reason=reason)
                    self.known[known.listing.id] = replace(known, ended="application.approved")
                    continue
                reason = f"left the pending list on {known.gone_on}; no agreement of this agency and model came of it"
                self._tell("application.withdrawn", known.listing, before=known.listing, reason=reason)
                self.known[known.listing.id] = replace(known, ended="application.withdrawn")

    def _tell(self, kind: str, listing: Listing, *, agreement: Agreement | None = None, **more: Any) -> None:
        self.events.append(
            Event(
                kind=kind,
                at=self.at,
                publication=self.publication,
                agreement=listing if isinstance(listing, Agreement) else agreement,
                application=listing if isinstance(listing, Application) else None,
                backfilled=self.backfilled,
                **more,
            )
        )

    # -- what is remembered --------------------------------------------------------------------------------------------------

    def _twin_of(self, listing: Listing) -> Listing | None:
        """The agreement that stood beside this row before, and stands, of which the row was a second printing."""
        rows = self._namesakes(listing)
        return next((one for one in rows if one.id in self.before and printed_twice(one, listing, TWICE_DAYS)), None)

    def _namesakes(self, listing: Listing) -> list[Listing]:
        """What this publication prints of the same state, model and place, as far as it has been told."""
        if not self.places:
            before = {known.listing.id: known for known in self.memory.standing if known.listing.id in self.printed}
            for one in ({**before, **self.known}).values():
                if one.stands and one.listing.id in self.printed:
                    self.places[one.listing.state, one.listing.model, place_key(one.listing)].append(one.listing)
        return self.places[listing.state, listing.model, place_key(listing)]

    def _within(self, known: Known, window: timedelta) -> bool:
        return known.gone_since is not None and self.at - known.gone_since <= window

    def _past(self, group: Printings) -> dict[str, Any]:
        """The reason of an addition: what the same agency had, or has, of the same model."""
        row = group.rows[0]
        for known in sorted(self.memory.gone, key=lambda k: k.gone_since or self.at, reverse=True):
            if known.listing.model == row.model and same_agency(known.listing, row) and known.gone_since:
                signed = known.listing.printed.signed or "no date"
                return {
                    "reason": f"anew: one of {signed} left the list on {known.gone_on}",
                    "before": known.listing,
                }
        return {"reason": "no row printed before is this one"}

    def _ended_because(self, listing: Listing) -> str:
        for other in self._namesakes(listing):
            if other.id != listing.id and same_agency(other, listing):
                return f"no longer printed; another agreement of this agency and model stands ({other.id})"
        return "no longer printed, and no new row is this one"


# The order in which a publication's events are told.
_TOLD = (
    *("baseline", "added", "renewed", "relisted", "approved", "removed", "withdrawn"),
    *("corrected", "posted", "replaced", "left", "reprinted"),
)
