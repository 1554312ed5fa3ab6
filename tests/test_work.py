"""How much is done, in counts that no machine changes: statements, requests, bytes read, files written. What does more has to say why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.core import page, workbook
from tests.support.line import Line, line
from tests.support.sheets import row, sheet
from tests.support.site import PAGE, serving

# Rows of the list, beside those that change.
FEW, MANY = 40, 400


def listed(number: int) -> list[dict[str, Any]]:
    return [row(agency=f"Place {n} Police Department", moa=f"https://www.ice.gov/doclib/287gMOA/{n}.pdf") for n in range(number)]


@contextmanager
def statements(line: Line) -> Iterator[list[str]]:
    """The SQL that the store carries out."""
    found: list[str] = []
    line.store._sql.set_trace_callback(found.append)
    try:
        yield found
    finally:
        line.store._sql.set_trace_callback(None)


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[int]:
    """The sizes of what a reader of bytes is given from now on."""
    sizes: list[int] = []
    real: Callable[..., Any] = getattr(module, name)

    def counting(body: bytes, *others: Any, **more: Any) -> Any:
        sizes.append(len(body))
        return real(body, *others, **more)

    monkeypatch.setattr(module, name, counting)
    return sizes


def learnt(watch: Line, rows: int) -> None:
    watch.site.publish("participating", sheet(listed(rows)))
    watch.poll()
    watch.publish()
    watch.poll()


def test_a_poll_without_change_asks_once_for_each_and_gets_one_body(watch: Line) -> None:
    learnt(watch, FEW)
    before = len(watch.site.requests)
    watch.poll()
    asked = watch.site.requests[before:]
    # The page, its list, and a spreadsheet that is not asked for again once a list is found.
    assert [(one.path == PAGE, one.status) for one in asked] == [(True, 200), (False, 304)]


def test_a_poll_without_change_reads_nothing(watch: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt(watch, FEW)
    parsed, read = counted(monkeypatch, page, "Soup"), counted(monkeypatch, workbook, "read")
    watch.poll()
    assert (parsed, read) == ([], [])


def test_a_poll_without_change_writes_its_record_and_nothing_else(watch: Line) -> None:
    learnt(watch, MANY)
    with statements(watch) as found:
        watch.poll()
    written = {match[1] for one in found if (match := re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", one))}
    assert written <= {"polls", "fetches", "sightings"}
    assert len(found) <= 25, found
    assert sum(one.startswith("COMMIT") for one in found) == 1


def test_a_poll_without_change_rewrites_the_status_alone(watch: Line) -> None:
    learnt(watch, FEW)
    watch.poll()
    assert set(watch.refresh()) <= {"status.json", "status.html", "es/status.html"}


def changed(watch: Line, rows: int) -> list[str]:
    """The SQL of a poll that finds one row new, one gone and one corrected among so many."""
    learnt(watch, rows)
    rest = listed(rows)[2:]
    slip = row(agency="Place 1 Police Departmant", moa="https://www.ice.gov/doclib/287gMOA/1.pdf")
    watch.site.publish("participating", sheet([slip, *rest, row(agency="Newcomer Police Department")]))
    with statements(watch) as found:
        watch.poll()
    assert sorted(watch.kinds()[-3:]) == ["agreement.added", "agreement.corrected", "agreement.removed"]
    return found


def test_what_a_change_costs_in_the_database_depends_on_what_changed(watch: Line, tmp_path: Path) -> None:
    few = changed(watch, FEW)
    with serving() as site, line(site, tmp_path / "other") as other:
        many = changed(other, MANY)
    assert len(few) == len(many)
    assert len(few) <= 110
    # The publication with all that it tells, what the page now says, and the poll's record.
    assert sum(one.startswith("COMMIT") for one in few) == 3


def test_a_changed_document_is_read_once(watch: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt(watch, FEW)
    body = sheet([*listed(FEW), row(agency="Newcomer Police Department")])
    watch.site.publish("participating", body)
    parsed, read = counted(monkeypatch, page, "Soup"), counted(monkeypatch, workbook, "read")
    watch.poll()
    assert (len(parsed), read) == (1, [len(body)])


def test_one_new_agreement_rewrites_what_shows_it(watch: Line) -> None:
    """Of a site of some hundred agencies: the country's pages and files, its state's, its own."""
    watch.site.publish("participating", sheet([*listed(FEW), row("OHIO", "Other Police Department")]))
    watch.poll()
    watch.publish()
    watch.site.publish(
        "participating", sheet([*listed(FEW), row("OHIO", "Other Police Department"), row("OHIO", "New Sheriff's Office")])
    )
    watch.poll()
    written = watch.refresh()
    # Every list is a file, in several forms; of the agencies' pages, two languages of one.
    assert sum("agencies/" in path for path in written) == 2
    assert not [path for path in written if "states/tx" in path or "feeds/tx" in path]
    assert len(written) <= 65, written
