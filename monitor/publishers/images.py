"""Pictures as files: the charts as SVG and PNG, and a card for each page that is shared (og:image)."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from hashlib import sha256
from pathlib import Path

from monitor import charts
from monitor.core.places import STATE_NAMES
from monitor.core.values import MODEL_NAMES
from monitor.publishers.files import write
from monitor.publishers.record import Record
from monitor.publishers.scope import Scope
from monitor.publishers.site.pictures import Pictures
from monitor.report import figures, standing_by_day
from monitor.texts import ENGLISH

# Pixels of a PNG to one of the SVG; of the maps, which are drawn large, fewer.
SCALE, OF_MAP = 1.5, 0.65


def files(record: Record, scope: Scope, pictures: Sequence[Pictures]) -> Iterator[tuple[str, str]]:
    """(path without its end, SVG) of the pictures that `scope` is about; with another day all may have to be painted."""
    if scope.news or scope.day:
        for drawn in pictures:
            end = "" if drawn.language is ENGLISH else f".{drawn.language.code}"
            for name in ("models", "weeks", "pending", "waits", "states", "map"):
                yield f"charts/{name}{end}", getattr(drawn, name)
        yield "cards/us", _card(record, None)
    for code in record.states if scope.day else scope.states_of(record.states):
        yield f"cards/{code.lower()}", _card(record, code)


def paint(png: Path, svg: str, painted: MutableMapping[str, str]) -> bool:
    """Paints a picture unless it was painted of this very SVG; whether it did. `painted` has a digest of the SVG by the PNG's path."""
    name, digest = f"{png.parent.name}/{png.name}", sha256(svg.encode()).hexdigest()[:16]
    if painted.get(name) == digest and png.exists():
        return False
    scale = 1.0 if png.parent.name == "cards" else OF_MAP if png.name.startswith("map") else SCALE
    written = write(png, charts.png(svg, scale))
    painted[name] = digest
    return written


def _card(record: Record, state: str | None) -> str:
    """The card of the country, or of a state by its code."""
    standing = record.standing_in(state) if state else record.standing
    waiting = record.waiting_in(state) if state else record.waiting
    ever = [one for one in record.agreements if one.listing.state == state] if state else record.agreements
    counts, plural = figures(one.listing for one in standing), ENGLISH.plural
    where = plural("{number} state", "{number} states", counts["states"])
    return charts.card_svg(
        STATE_NAMES[state] if state else "287(g) agreements with ICE",
        plural("{number} 287(g) agreement", "{number} 287(g) agreements", counts["total"])
        if state
        else f"{ENGLISH.number(counts['total'])} in {where}",
        [
            *((MODEL_NAMES[code], ENGLISH.number(of_model["total"])) for code, of_model in counts["models"].items()),
            ("Pending applications", ENGLISH.number(len(waiting))),
        ],
        "From ICE's own lists, kept as evidence",
        standing_by_day(ever),
    )
