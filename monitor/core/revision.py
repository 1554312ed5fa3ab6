"""One agreement, printed differently than before: which events tell the difference.

What a reader would call a correction is `….corrected`; a document that came or went elsewhere is `moa.…`; blanks, case and quotes are
`….reprinted`, kept so that the log replays to the exact printed roster and told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from monitor.core.memory import retyped, same_typing
from monitor.core.places import county_key
from monitor.core.roster import PARTICIPATING, Listing
from monitor.core.urls import document_key

Change = tuple[str, Mapping[str, tuple[Any, Any]], str]
_CELLS = ("state", "agency", "type", "county", "model", "signed")
_CANONICAL = ("state", "agency", "county", "model", "signed")


def revision_events(old: Listing, new: Listing, reason: str) -> Iterator[Change]:
    """(kind, changes, reason) of each event that leads from `old` to `new`, two printings of one agreement or application."""
    noun = "agreement" if old.list == PARTICIPATING else "application"
    changes = dict(corrections(old, new))
    links = [
        ("moa", old.moa_url, new.moa_url),
        ("addendum", old.addendum_url, new.addendum_url),
    ]
    told = False
    for name, before, after in links:
        if document_key(before) == document_key(after):
            continue
        if after and noun == "agreement":
            kind = "moa.replaced" if before and name == "moa" else f"{name}.posted"
            why = "the list now links another document" if before else "the document was posted"
            yield kind, {f"{name}_url": (before, after)}, why
            told = True
        else:
            changes[f"{name}_url"] = (before, after)
    if changes:
        yield f"{noun}.corrected", changes, reason or _why(changes)
    elif not told:
        yield f"{noun}.reprinted", _reprinted(old, new), reason or "typed differently; nothing else changed"


def readable(old: Listing, new: Listing) -> Listing:
    """`new`, where a cell that cannot be read for once, or a column that is gone, does not undo what `old` said."""
    kept = {name: getattr(new, name) or getattr(old, name) for name in ("state", "model", "signed")}
    for cell, name in (("county", "county"), ("moa", "moa_url"), ("addendum", "addendum_url")):
        if getattr(new.printed, cell) is None:
            kept[name] = getattr(old, name)
    return replace(new, **kept)


def corrections(old: Listing, new: Listing) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """What changed beyond typing: canonical fields by their names, cells that mean the same as before as `printed.…`."""
    cells = retyped(old.printed, new.printed, _CELLS)
    for name, pair in cells.items():
        if name in _CANONICAL and _differs(name, old, new):
            yield name, (_plain(getattr(old, name)), _plain(getattr(new, name)))
        else:
            yield f"printed.{name}", pair
    if cells and old.agency_kind != new.agency_kind:
        yield "agency_kind", (old.agency_kind, new.agency_kind)


def _differs(name: str, old: Listing, new: Listing) -> bool:
    before, after = getattr(old, name), getattr(new, name)
    if name == "county":
        return county_key(before or "") != county_key(after or "")
    if name == "agency":
        return same_typing(before) != same_typing(after)
    return bool(before != after)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _reprinted(old: Listing, new: Listing) -> dict[str, tuple[Any, Any]]:
    before, after = old.printed.to_json(), new.printed.to_json()
    changes: dict[str, tuple[Any, Any]] = {
        f"printed.{name}": (before[name], after[name]) for name in before if before[name] != after[name]
    }
    if old.also_printed != new.also_printed:
        changes["also_printed"] = (len(old.also_printed), len(new.also_printed))
    return changes


def _why(changes: Mapping[str, Any]) -> str:
    cells = ", ".join(sorted({name.removeprefix("printed.").removesuffix("_url").replace("_", " ") for name in changes}))
    return f"the same row with its {cells} corrected"
