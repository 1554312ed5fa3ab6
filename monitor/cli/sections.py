"""The report in words: headings, lines and tables, which `reporting.py` prints as text or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.roster import Listing
from monitor.core.values import MODEL_NAMES
from monitor.notifiers.wording import count, day_in_words, minute, signed, state_name
from monitor.report.changes import by_state
from monitor.report.kinds import KindFigures
from monitor.report.press import Report
from monitor.report.records import First
from monitor.report.sheriffs import Share, Sheriffs

KIND_NAMES = {
    "sheriff": "Sheriff's offices",
    "police": "Police departments",
    "state_police": "State police and highway patrols",
    "state_agency": "State agencies",
    "corrections": "Corrections and jails",
    "county_board": "County commissions and boards",
    "university": "Universities and colleges",
    "airport": "Airports and ports",
    "constable": "Constables and marshals",
    "prosecutor": "Prosecutors",
    "national_guard": "National and state guards",
    "school_district": "School districts",
    "regional": "Regional bodies and task forces",
    "fire_marshal": "Fire marshals",
    "other": "Others",
}
# How many leading states, how many states of a kind and how many agreements of a sort are named.
LEADERS, PLACES, NAMED = 10, 5, 20


@dataclass(frozen=True, slots=True)
class Section:
    """One headed part: a table (columns and rows of cells) where it has one, then lines."""

    heading: str
    lines: Sequence[str]
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())


def title(report: Report) -> str:
    return f"287(g) {f'in {state_name(report.state)} ' if report.state else ''}as of {minute(report.as_of)}"


def sections(report: Report) -> Iterator[Section]:
    """The report's parts, in their order; of a moment before the participating list was first read, what can be said."""
    if report.begins is None:
        pending = count(report.pending["total"], "pending application")
        yield Section("Agreements", (f"No list of agreements had been read by then; {pending}.",))
        return
    yield _agreements(report)
    yield _kinds(report.kinds, report.state)
    yield _sheriffs(report.sheriffs, report.state)
    yield _changes(report)
    yield _records(report)
    yield _firsts(report)


def _agreements(report: Report) -> Section:
    standing, pending = report.agreements, report.pending
    where = "" if report.state else f" in {count(standing['states'], 'state')}"
    agencies = "1 agency" if report.agencies == 1 else f"{report.agencies:,} agencies"
    lines = [
        f"{count(standing['total'], 'agreement')} of {agencies}{where}; {count(pending['total'], 'pending application')}.",
        *_leaders(report),
    ]
    if report.pending_left:
        lines.append(f"The pending list left the page on {_day(report.pending_left)}; its figures are those it printed last.")
    rows = [
        (name, f"{standing['models'][code]['total']:,}", *_states(report, code), f"{pending['models'][code]['total']:,}")
        for code, name in MODEL_NAMES.items()
    ]
    rows.append(("All", f"{standing['total']:,}", *_states(report), f"{pending['total']:,}"))
    columns = ("Model", "Agreements", *(() if report.state else ("States",)), "Pending")
    return Section("Agreements", lines, columns, rows)


def _states(report: Report, model: str = "") -> tuple[str, ...]:
    """The cell with the number of states; none in the report of one state."""
    figures = report.agreements["models"][model] if model else report.agreements
    return () if report.state else (str(figures["states"]),)


def _leaders(report: Report) -> list[str]:
    leaders = report.leaders
    if report.state or not leaders:
        return []
    most = [state for state, number in leaders if number == leaders[0][1]]
    head = f"{state_name(most[0])} leads" if len(most) == 1 else f"{_joined(state_name(state) for state in most)} lead"
    return [f"{head}: {', '.join(f'{state_name(state)} {number:,}' for state, number in leaders[:LEADERS])}."]


def _kinds(kinds: Sequence[KindFigures], state: str | None) -> Section:
    rows = []
    for one in kinds:
        states = () if state else (str(len(one.states)),)
        rows.append((KIND_NAMES[one.kind], f"{one.agencies:,}", f"{one.agreements:,}", *states, _where(one, state)))
    columns = ("Kind", "Agencies", "Agreements", *(() if state else ("States",)), "Which")
    return Section("Kinds of agency", (), columns, rows)


def _where(one: KindFigures, state: str | None) -> str:
    few = len(one.states) > 1 and len(one.states) <= PLACES and not state
    names = "; ".join(f"{agency} ({place})" if few else agency for place, agency in one.named)
    if one.only_in:
        return f"only in {state_name(one.only_in)}{f': {names}' if names else ''}"
    return names or (_joined(map(state_name, one.states)) if few else "")


def _sheriffs(found: Sheriffs, state: str | None) -> Section:
    taking = [share for share in found.shares if share.taking_part or share.cities_taking_part]
    none = [share for share in found.shares if share not in taking]
    lines = [_share(share) for share in sorted(taking, key=lambda one: (-len(one.taking_part) / one.offices, one.state))]
    if none:
        each = _joined(f"{state_name(share.state)} (of {share.offices})" for share in none)
        lines.append(f"No sheriff's office takes part in {each}.")
    if state:
        for share in found.shares:
            lines += _named(share)
    if found.without:
        lines.append(f"Without county sheriffs, so without a share: {_joined(map(state_name, found.without))}.")
    for one in found.mismatches:
        printed = f", county printed as {one.printed_county}" if one.printed_county else ""
        lines.append(f"Not counted: {one.agency} ({one.state or 'no state'}{printed}): {one.why}.")
    for one in found.misspelt:
        assert one.county
        lines.append(f"Counted though misspelt: {one.agency} ({one.state}) as {one.county.full_name}.")
    return Section("Sheriff's offices that take part", lines)


def _share(share: Share) -> str:
    """`Florida: 67 of 67 sheriff's offices (100%)`."""
    number, percent = len(share.taking_part), 100 * len(share.taking_part) / share.offices
    # All is all, and not nearly all.
    shown = "under 1%" if 0 < percent < 1 else f"{int(percent)}%" if percent > 99 else f"{percent:.0f}%"
    line = f"{state_name(share.state)}: {number} of {share.offices} sheriff's offices ({shown})"
    if share.cities:
        line += (
            f", and of {share.cities} independent cities, not all with a sheriff of their own, {len(share.cities_taking_part)}"
        )
    return line


def _named(share: Share) -> list[str]:
    """Of one state also which, and which not where those are the fewer."""
    part = [county.full_name for county in (*share.taking_part, *share.cities_taking_part)]
    lines = [f"They are those of {_joined(part)}."] if part else []
    if part and 0 < len(share.others) <= len(share.taking_part):
        lines.append(f"Not among them: {_joined(county.full_name for county in share.others)}.")
    return lines


def _changes(report: Report) -> Section:
    changes, state = report.changes, report.state
    lines = [f"{count(changes.before, 'agreement')} stood then, {changes.after:,} now."]
    if report.begins and report.since < report.begins:
        lines = [f"What stood then is not known, {changes.after:,} now."]
    for rows, verb in ((changes.begun, "began"), (changes.ended, "ended")):
        where = ", ".join(f"{state_name(code or None)} {number}" for code, number in by_state(rows).items())
        lines.append(f"{count(len(rows), 'agreement')} {verb}{f': {where}' if rows and not state else ''}.")
    lines += _each("Begun", changes.begun) if state else []
    lines += _each("Ended", changes.ended)
    lines.append(
        f"{len(changes.renewed)} renewed, {len(changes.relisted)} back on the list, {count(changes.corrected, 'correction')}."
    )
    lines += _each("Renewed", changes.renewed) + _each("Back on the list", changes.relisted)
    lines.append(f"Applications: {changes.applied} new, {changes.approved} approved, {changes.withdrawn} withdrawn.")
    if changes.new_counties:
        new = _joined(f"{county.full_name} ({county.state})" for county, _ in changes.new_counties)
        lines.append(f"First agreement of a local agency in {new}.")
    return Section(f"What changed since {minute(report.since)}", lines)


def _each(mark: str, rows: Sequence[Listing]) -> list[str]:
    more = [f"{mark}: {len(rows) - NAMED} more"] if len(rows) > NAMED else []
    return [f"{mark}: {_described(row)}" for row in rows[:NAMED]] + more


def _described(row: Listing) -> str:
    return f"{row.agency} ({row.state or 'no state'}), {row.model or 'model not readable'}, {signed(row)}"


def _records(report: Report) -> Section:
    assert report.begins
    found = report.records
    lines = [f"The record begins on {_day(report.begins)}; what ended before is not in it."]
    if found.reached:
        now = "the total now is the record" if found.stands else f"{report.agreements['total']:,} now"
        lines.append(f"Most agreements ever: {found.highest:,}, first on {_day(found.reached)}; {now}.")
    if found.day:
        lines.append(f"Most new in a day: {found.day[1]}, on {day_in_words(found.day[0])}.")
    if found.week:
        lines.append(f"Most new in a week: {found.week[1]}, in that of Monday, {day_in_words(found.week[0])}.")
    return Section("Records", lines)


def _firsts(report: Report) -> Section:
    lines = [_first(one, state_name(one.of), state=True) for one in report.first_of_states]
    lines += [_first(one, KIND_NAMES[one.of], state=False) for one in report.first_of_kinds]
    if any(one.first.at_start for one in (*report.first_of_states, *report.first_of_kinds)):
        lines.append("ICE prints the day of the agreement in force: an older one that it took the place of is not in the list.")
    states = "of the state" if report.state else "of states that had none when the record begins"
    return Section(f"First agreements {states} and of kinds of agency", lines)


def _first(one: First, of: str, *, state: bool) -> str:
    """`County commissions and boards: Pasco County …, WSO, signed …, first seen …; on the same day …`."""
    row = one.first.listing
    place = "" if state else f" ({row.state or 'no state'})"
    line = f"{of}: {row.agency}{place}, {row.model or 'model not readable'}, {signed(row)}"
    if one.at_start:
        among = f"the earliest signed of {one.at_start:,} that" if one.at_start > 1 and one.first.at_start else "which"
        stood = "stood already when the record begins"
        line += f", {among} {stood}" if one.first.at_start else f" ({one.at_start:,} {stood}, signed later)"
    else:
        line += f", first seen {_day(one.first.first_seen)}"
    if one.applied:
        line += f" (applied for before as {one.applied})"
    others = [entry.listing for entry in one.same_day]
    if others:
        named = [f"{other.agency}, {other.model or 'model not readable'}" for other in others[:3]]
        more = f"; and {len(others) - 3} more" if len(others) > 3 else ""
        line += f"; {'equally early' if one.tied else 'signed the same day'}: {'; '.join(named)}{more}"
    return line


def _day(moment: datetime) -> str:
    return day_in_words(moment.date())


def _joined(words: Iterable[str]) -> str:
    """`A, B and C`."""
    *head, last = [*words] or [""]
    return f"{', '.join(head)} and {last}" if head else last
