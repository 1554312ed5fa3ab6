"""What holds for every list, whatever is printed in it."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from monitor.core import page, roster, workbook
from monitor.core.differ import Changes
from monitor.core.page import PageReading
from monitor.core.places import STATE_NAMES, is_county
from monitor.core.roster import PARTICIPATING, PENDING, Roster
from monitor.core.sheet import Unreadable
from tests.core.history import MOA, SEEN_ON, Log, Row, kinds, printed_rows, sheet_of
from tests.core.strategies import COUNTIES, agency_of, histories, messy_rosters, slips, well_typed_rosters
from tests.core.test_page import html
from tests.support.sheets import JEM, TFM, WSO, row, sheet
from tests.support.sheets import PARTICIPATING as COLUMNS
from tests.support.sheets import PENDING as PENDING_COLUMNS

NEWS = {"agreement.added", "agreement.removed", "agreement.renewed", "agreement.relisted"}


def law(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )


def read(log: Log, rows: list[Row], columns: tuple[str, ...] | list[str] = COLUMNS, days: int = 1) -> Changes:
    found = roster.read([sheet_of(rows, columns)], SEEN_ON)
    assume(isinstance(found, Roster))  # rows that say next to nothing are no list
    assert isinstance(found, Roster)
    log.read(found, after=timedelta(days=days))
    return log.changes


# -- one list and the next -------------------------------------------------------------------------------------------------------


@law(100)
@given(messy_rosters)
def test_a_list_published_again_tells_nothing(rows: list[Row]) -> None:
    log = Log()
    read(log, rows)
    changes = read(log, rows)
    assert (changes.events, changes.known) == ((), ())


@law(150)
@given(histories(), st.data())
def test_the_events_alone_replay_to_the_rows_that_are_printed(history: list[list[Row]], data: st.DataObject) -> None:
    log = Log()
    for rows in history:
        columns = data.draw(st.sampled_from([COLUMNS, COLUMNS, PENDING_COLUMNS]))
        read(log, rows, columns, days=data.draw(st.sampled_from([1, 1, 6, 50])))
        for name, found in log.last.items():
            assert log.replayed(name) == printed_rows(found), f"the {name} list replays to other rows than are printed"


@law(80)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_does_not_matter(history: list[list[Row]], chance: random.Random) -> None:
    straight, shuffled = Log(), Log()
    for rows in history:
        mixed, columns = [*rows], [*COLUMNS]
        chance.shuffle(mixed)
        chance.shuffle(columns)
        assert _json(read(straight, rows)) == _json(read(shuffled, mixed, columns))


def _json(changes: Changes) -> Counter[str]:
    return Counter(repr(event.to_json()) for event in changes.events)


@law(60)
@given(histories())
def test_every_event_has_a_reason_and_every_standing_row_an_id_of_its_own(history: list[list[Row]]) -> None:
    log = Log()
    for rows in history:
        changes = read(log, rows)
        assert all(event.reason.strip() for event in changes.events)
        standing = [one.listing.id for one in log.memory().standing]
        assert len(set(standing)) == len(standing)
        assert all(listing.id and listing.agency_id for listing in log.standing())


# -- slips and places --------------------------------------------------------------------------------------------------------------


@law(120)
@given(well_typed_rosters(), st.data())
def test_slips_of_the_typist_are_corrections_and_alarm_nobody(rows: list[Row], data: st.DataObject) -> None:
    log = Log()
    read(log, rows)
    slipped: list[Row] = []
    for one in rows:
        cell = data.draw(st.sampled_from(["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", None, None]))
        slipped.append({**one, cell: data.draw(slips(one[cell]))} if cell else one)
    assume(all(_names_one_place(old, new) for old, new in zip(rows, slipped, strict=True)))
    told = set(kinds(read(log, slipped).events))
    assert not told & NEWS, f"a slip is announced: {told}"
    told = set(kinds(read(log, rows).events))
    assert not told & NEWS, f"a slip that is mended is announced: {told}"
    assert len(log.memory().standing) == len(rows)


def _names_one_place(old: Row, new: Row) -> bool:
    """Whether a slip did not make one real county of the state into another (`Clay` for `Clary`)."""
    was, now = (str(r["LAW ENFORCEMENT AGENCY"]).split(" County ")[0].split("\xa0County")[0] for r in (old, new))
    code = next(code for code, name in STATE_NAMES.items() if name.upper() == old["STATE"])
    return was.casefold().split() == now.casefold().split() or not is_county(code, now)


@st.composite
def two_counties(draw: st.DrawFn) -> tuple[str, str, str]:
    """(state's name, one county, another county of it): mostly neighbours in the alphabet, which resemble each other most."""
    code = draw(st.sampled_from(sorted(COUNTIES)))
    names = sorted(COUNTIES[code])
    at = draw(st.integers(0, len(names) - 2))
    other = draw(st.one_of(st.just(at + 1), st.integers(0, len(names) - 1)))
    assume(names[at] != names[other])
    return STATE_NAMES[code].upper(), names[at], names[other]


@law(200)
@given(
    two_counties(),
    st.sampled_from([TFM, JEM, WSO]),
    st.sampled_from(["", f"{MOA}one.pdf"]),
    st.sampled_from(["Sheriff's Office", "SO"]),
)
def test_agencies_of_two_counties_are_never_merged(places: tuple[str, str, str], model: str, moa: str, body: str) -> None:
    state, one, other = places
    before = row(state, agency_of(one), model, moa=moa)
    after = row(state, agency_of(other, body), model, moa=moa and f"{MOA}two.pdf")
    log = Log()
    log.publish(before)
    assert kinds(log.publish(after)) == ["agreement.added", "agreement.removed"], f"{one} has become {other}"
    assert kinds(log.publish(before, after)) == ["agreement.relisted"], f"{one} and {other} are one agreement printed twice"


# -- whatever the bytes ----------------------------------------------------------------------------------------------------------------

BODY = sheet(
    [row(moa=f"{MOA}a.pdf"), row("UTAH", "Provo Police Department", JEM, "7/72025")], extra_sheets={"Sheet2": [["n", 1]]}
)
PAGE = html("<p>Text</p><table><tr><th>STATE</th><td><a href='/a.xlsx'>Participating Agencies</a></td></tr></table><!-- x -->")


@law(150)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda body: b"PK\3\4" + body)))
def test_random_bytes_are_refused_by_name(body: bytes) -> None:
    assert isinstance(workbook.read(body), Unreadable)


@st.composite
def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """`body` with some of its bytes changed, cut out or put in."""
    spoilt = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(spoilt) - 1)))
        gone = draw(st.sampled_from([0, 1, 1, 7, 400]))
        spoilt[at : at + gone] = draw(st.binary(max_size=8))
    return bytes(spoilt)


@law(200)
@given(mutated(BODY))
def test_a_damaged_archive_is_read_or_refused_and_never_a_crash(body: bytes) -> None:
    found = workbook.read(body)
    assert isinstance(found, list) or (found.outcome and found.detail)


@law(300)
@given(st.data())
def test_a_damaged_part_of_a_sound_archive_is_read_or_refused_and_never_a_crash(data: st.DataObject) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BODY)) as old, zipfile.ZipFile(out, "w") as new:
        names = [name for name in old.namelist() if name.startswith("xl/")]
        chosen = data.draw(st.sampled_from(names))
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, data.draw(mutated(content)) if name == chosen else content)
    found = workbook.read(out.getvalue())
    if isinstance(found, list):
        assert isinstance(roster.read(found, SEEN_ON), Roster | Unreadable)
    else:
        assert found.outcome and found.detail


@law(200)
@given(st.one_of(st.binary(max_size=400), mutated(PAGE)))
def test_any_bytes_are_a_page_or_refused_by_name(body: bytes) -> None:
    found = page.read(body, "https://www.ice.gov/identify-and-arrest/287g")
    if isinstance(found, PageReading):
        assert isinstance(page.roster_links(found), list)
        assert isinstance(roster.read(found.tables, SEEN_ON), Roster | Unreadable)
    else:
        assert found.outcome in ("empty", "not_a_page", "blocked", "truncated")


@law(100)
@given(messy_rosters)
def test_a_list_goes_through_a_real_workbook_unharmed(rows: list[Row]) -> None:
    found = roster.read([sheet_of(rows)], SEEN_ON)
    again = workbook.read(sheet([{**one} for one in rows]))
    assert isinstance(again, list)
    reread = roster.read(again, SEEN_ON)
    assume(isinstance(found, Roster))
    assert isinstance(found, Roster)
    assert isinstance(reread, Roster)
    assert printed_rows(reread) == printed_rows(found)
    assert {PARTICIPATING, PENDING} > {reread.list}
