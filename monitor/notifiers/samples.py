"""Invented messages of every sort: what a channel's test shows, and what a user's template is tried on."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.notifiers.messages import CORRECTIONS, NEWS, OPERATOR, Line, Message, Section, Source

_PAGE = "https://www.ice.gov/identify-and-arrest/287g"
_URL = "https://monitor.example.org/publications/12.html"
_AT = "2030-01-08T14:00:00Z"
_SOURCE = Source("participatingAgencies01082030am.xlsx", "0" * 64, "January 8, 2030, 14:00 UTC", _URL)
LINE = Line("New", "Example County Sheriff's Office: Task Force Model, signed January 7, 2030 (an invented one)")


def samples() -> list[Message]:
    """An alert, a digest with its curve, a correction of an alert, an operator's message and one with nothing but its title."""
    growth = (("2030-01-01", 900), ("2030-01-08", 903))
    lines = (
        LINE,
        Line("Ended", "Sample Beach Police Department: Warrant Service Officer", "https://www.ice.gov/x.pdf", "a note"),
    )
    return [
        Message(
            "a",
            NEWS,
            "2 new",
            "2 new: 903 in 40 states.",
            _AT,
            (Section("Florida", lines),),
            ("A new high",),
            (_SOURCE,),
            (7,),
            _URL,
        ),
        Message("b", NEWS, "This week", "1 new.", _AT, (Section("Texas", (LINE,)),), url=_URL, page=_PAGE, growth=growth),
        Message("c", CORRECTIONS, "Correction", "A date.", _AT, (Section("Ohio", (LINE,)),), page=_PAGE, thread="a"),
        Message("d", OPERATOR, "The page cannot be read", "Since 14:00.", _AT, page=_PAGE),
        Message("e", NEWS, "Nothing else", "", datetime(2030, 1, 8, tzinfo=UTC).isoformat()),
    ]
