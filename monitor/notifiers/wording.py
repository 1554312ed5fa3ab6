"""The words of messages: how an event, a count, an agreement and a moment are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from monitor.core.places import STATE_NAMES
from monitor.core.roster import PARTICIPATING, Listing
from monitor.core.values import MODEL_NAMES


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind of event is said: before a line, as the title of a message about one, and counted (one, several) in a title.

    `noun` is what is counted; it is left out where the same noun was counted just before.
    """

    mark: str
    title: str
    noun: tuple[str, str]
    verb: str


_AGREEMENT, _APPLICATION = ("agreement", "agreements"), ("application", "applications")
_ON_PAGE = ("document on the page", "documents on the page")
# In the order of their weight.
WORDS = {
    "agreement.added": Words("New", "New 287(g) agreement", _AGREEMENT, "new"),
    "agreement.renewed": Words("Renewed", "287(g) agreement renewed", _AGREEMENT, "renewed"),
    "agreement.relisted": Words("Back on the list", "287(g) agreement back on the list", _AGREEMENT, "back on the list"),
    "agreement.removed": Words("Ended", "287(g) agreement ended", _AGREEMENT, "ended"),
    "application.added": Words("Applied", "New 287(g) application", _APPLICATION, "new"),
    "application.approved": Words("Approved", "287(g) application approved", _APPLICATION, "approved"),
    "application.withdrawn": Words("Withdrawn", "287(g) application withdrawn", _APPLICATION, "withdrawn"),
    "list.left_page": Words("Left the page", "left ICE's 287(g) page", ("list", "lists"), "left the page"),
    "list.returned": Words("Back on the page", "is back on ICE's 287(g) page", ("list", "lists"), "back on the page"),
    "agreement.corrected": Words("Corrected", "287(g) agreement corrected", _AGREEMENT, "corrected"),
    "application.corrected": Words("Corrected", "287(g) application corrected", _APPLICATION, "corrected"),
    "moa.posted": Words("Agreement posted", "287(g) agreement posted", ("document", "documents"), "posted"),
    "moa.replaced": Words("Agreement replaced", "287(g) agreement document replaced", ("document", "documents"), "replaced"),
    "addendum.posted": Words("Addendum posted", "Addendum to a 287(g) agreement posted", ("addendum", "addenda"), "posted"),
    "document.added": Words("Linked on the page", "Document linked on ICE's 287(g) page", _ON_PAGE, "linked"),
    "document.changed": Words("Changed on the page", "Document changed on ICE's 287(g) page", _ON_PAGE, "changed"),
    "document.removed": Words("Gone from the page", "Document gone from ICE's 287(g) page", _ON_PAGE, "gone"),
}


def counted(counts: Mapping[str, int], program: str = "") -> str:
    """`7 new 287(g) agreements, 2 ended, 1 application withdrawn`: what was told, the weightiest first.

    `program` stands before what is new if that comes first; elsewhere two numbers would meet (`2 287(g) agreements ended`).
    """
    parts: list[str] = []
    last = ("", "")
    for kind, words in WORDS.items():
        number = counts.get(kind, 0)
        if not number:
            continue
        noun = words.noun[number > 1]
        if words.verb == "new":
            parts.append(f"{number:,} new {'' if parts else program}{noun}")
        else:
            parts.append(f"{number:,} {words.verb}" if words.noun == last else f"{number:,} {noun} {words.verb}")
        last = words.noun
    return ", ".join(parts)


def state_name(code: str | None) -> str:
    """A state's name, or what there is of it."""
    return STATE_NAMES.get(code or "", code or "State not readable")


def describe(listing: Listing) -> str:
    """An agreement or application in one phrase: agency, model, signing date."""
    model = MODEL_NAMES.get(listing.model or "", "model not readable")
    return f"{listing.agency}: {model}" + (f", {signed(listing)}" if listing.list == PARTICIPATING else "")


def document_in_words(document: Mapping[str, Any]) -> str:
    """A document on the page in one phrase: its link's text, or the name of its file."""
    return str(document.get("text") or document.get("name") or document.get("url") or "a document")


def changes_in_words(changes: Mapping[str, tuple[Any, Any]]) -> str:
    """`changes` of an event as a phrase: `agency: Couny → County; signed: May 20, 2025 → May 21, 2025`."""
    return "; ".join(_change(name, old, new) for name, (old, new) in changes.items())


def _change(name: str, old: Any, new: Any) -> str:
    if name in ("moa_url", "addendum_url"):
        document = "the agreement" if name == "moa_url" else "the addendum"
        return f"{document} is linked no more" if old and not new else f"{document} is linked{' elsewhere' if old else ''}"
    if name in ("sha256", "moa_sha256"):
        return "other contents under the same address"
    if name == "signed":
        old, new = (day_in_words(date.fromisoformat(day)) if day else day for day in (old, new))
    return f"{name.removeprefix('printed.').replace('_', ' ')}: {old or 'empty'} → {new or 'empty'}"


def signed(listing: Listing) -> str:
    """When an agreement was signed, as far as that can be read."""
    return f"signed {day_in_words(listing.signed)}" if listing.signed else "no readable signing date"


def standing(figures: Mapping[str, Any]) -> str:
    """`642 agreements in 40 states`, the applications that wait, or both; "" where neither is known."""
    parts = []
    if "agreements" in figures:
        parts.append(f"{count(figures['agreements'], 'agreement')} in {count(figures['states'], 'state')}")
    if "pending" in figures:
        parts.append(count(figures["pending"], "pending application"))
    return " and ".join(parts)


def count(number: int, noun: str) -> str:
    """A number and its noun, in the plural where it is due."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def day_in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def minute(moment: datetime) -> str:
    """A moment to the minute, as people write it; `moment` is UTC."""
    return f"{moment:%B} {moment.day}, {moment:%Y, %H:%M} UTC"


def plain(value: object) -> str:
    """A value in one line, without what is no text or steers what shows it: a cell must not look like another line."""
    text = str(value)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())
