"""The message model: what an alert, a digest or a notice has to say, whatever channel says it.

Everything in a message is plain text; each channel escapes it for its own format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

NEWS, CORRECTIONS, OPERATOR, TEST = "news", "corrections", "operator", "test"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing told: `mark` (New, Ended, …), the text, a document behind it, and what makes it worth knowing (`note`)."""

    mark: str
    text: str
    url: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines about one state, or about the lists themselves."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A publication behind a message: ICE's file name, the SHA-256 of the bytes kept, when it was seen (in words), its permalink."""

    name: str
    sha256: str
    seen: str
    url: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one route.

    `id` is the same however often it is sent; `severity` news, corrections, operator or test; `title` has no end mark, `summary` is one
    sentence; `notes` are records and firsts; `events` the log's ids of what is told; `url` the message's place on the public site,
    `page` the page watched; `thread` the id of the message that this one follows ("": none); `growth` days (ISO) with the number of
    agreements that stood, oldest first, where the message reports on a stretch of time.
    """

    id: str
    severity: str
    title: str
    summary: str
    at: str
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    events: tuple[int, ...] = ()
    url: str = ""
    page: str = ""
    thread: str = ""
    growth: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; a message that an earlier version left in the queue is read too."""
        sections = tuple(Section(s["title"], tuple(Line(**line) for line in s["lines"])) for s in value.get("sections", ()))
        return cls(
            **{name: value[name] for name in ("id", "severity", "title", "summary", "at")},
            sections=sections,
            notes=tuple(value.get("notes", ())),
            sources=tuple(Source(**source) for source in value.get("sources", ())),
            events=tuple(value.get("events", ())),
            url=value.get("url", ""),
            page=value.get("page", value.get("source", "")),
            thread=value.get("thread", ""),
            growth=tuple((day, number) for day, number in value.get("growth", ())),
        )
