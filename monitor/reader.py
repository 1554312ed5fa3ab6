"""A document as it came → the list that it holds, here or in a process of its own."""

from __future__ import annotations

from datetime import datetime

from monitor import apart
from monitor.core import page, roster
from monitor.core.roster import Roster
from monitor.core.sheet import Unreadable
from monitor.evidence import extension

# A list of 100,000 rows takes four seconds and half of this.
_READING = apart.Limits(seconds=20, memory=1 << 30)


def read_roster(body: bytes, at: datetime, url: str) -> Roster | Unreadable:
    """The list that a document holds, whatever its form: a workbook, or a page with the list as a table."""
    if extension(body) == "html" and not page.is_denial(body):
        reading = page.read(body, url)
        if isinstance(reading, Unreadable):
            return reading
        found = roster.read(reading.tables, at.date())
        # A page instead of a workbook says nothing about the list.
        return Unreadable("not_a_workbook", "expected a workbook, got an HTML page") if isinstance(found, Unreadable) else found
    if page.is_denial(body):
        return Unreadable("blocked", "the site refuses us: an 'Access Denied' page under HTTP 200")
    # Here, for the daemon has another process do this.
    from monitor.core import workbook

    sheets = workbook.read(body)
    return sheets if isinstance(sheets, Unreadable) else roster.read(sheets, at.date())


def read_roster_apart(body: bytes, at: datetime, url: str) -> Roster | Unreadable:
    """`read_roster` in a process of its own with little time and memory: whoever made the document may have meant harm."""
    try:
        return apart.call(read_roster, body, at, url, limits=_READING)
    except apart.ApartError as error:
        return Unreadable("not_a_workbook", f"the document ended the process that read it: {error}")
