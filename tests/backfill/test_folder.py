"""When the files of a folder were published: names, and what knows better than a name."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from monitor.backfill import contents
from monitor.core.workbook import saved_at
from tests.support.archive import NOW, put
from tests.support.pages import doclib
from tests.support.sheets import row, sheet

BODY = sheet([row()])


def saved_on(day: str) -> bytes:
    """A workbook that was last saved on that day, at noon."""
    book = openpyxl.load_workbook(io.BytesIO(BODY))
    file = io.BytesIO()
    book.save(file)
    # openpyxl stamps the moment at which it saves.
    out = io.BytesIO()
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "docProps/core.xml":
                start = data.index(b">", data.index(b"<dcterms:modified")) + 1
                data = data[:start] + f"{day}T12:00:00Z".encode() + data[data.index(b"<", start) :]
            after.writestr(name, data)
    return out.getvalue()


def moments(folder: Path) -> dict[str, str]:
    """The moment of each file that can be used, by its path."""
    return {str(one.path.relative_to(folder)): f"{one.at:%Y-%m-%d %H:%M}" for one in contents(folder, NOW).captures}


def reasons(folder: Path) -> dict[str, str]:
    return {one.path.name: one.reason for one in contents(folder, NOW).troubles}


def test_a_workbook_says_when_it_was_saved() -> None:
    assert saved_at(saved_on("2025-09-02")) == datetime.fromisoformat("2025-09-02T12:00:00Z")


@pytest.mark.parametrize("body", [b"", b"no workbook", b"PK\x03\x04 torn", BODY[: len(BODY) // 2]])
def test_what_says_nothing_of_the_kind_says_nothing(body: bytes) -> None:
    assert saved_at(body) is None


def test_a_name_is_not_believed_against_the_day_on_which_the_workbook_was_saved(archive: Path) -> None:
    put(
        archive,
        {
            "participatingAgencies08022025pm.xlsx": saved_on("2025-09-02"),  # really the second of September
            "participatingAgencies01052025pm.xlsx": saved_on("2026-01-05"),  # last year's, in January
            "participatingAgencies04212025am.xlsx": saved_on("2025-03-06"),  # an old file put up again
            "participatingAgencies05292025am.xlsx": saved_on("2025-05-29"),
            "2025-06-05.xlsx": saved_on("2025-07-01"),  # whoever named it so knows when it was there
        },
    )
    assert moments(archive) == {
        "participatingAgencies04212025am.xlsx": "2025-04-21 14:00",
        "participatingAgencies05292025am.xlsx": "2025-05-29 14:00",
        "2025-06-05.xlsx": "2025-06-05 12:00",
        "participatingAgencies08022025pm.xlsx": "2025-09-02 12:00",
        "participatingAgencies01052025pm.xlsx": "2026-01-05 12:00",
    }


def test_a_saved_page_knows_when_a_file_was_there(archive: Path) -> None:
    put(
        archive,
        {
            "20250902140000/287g.html": doclib("participatingAgencies08292025am.xlsx"),
            "20250902210000/287g.html": doclib("participatingAgencies08022025pm.xlsx"),
            "20250903140000/287g.html": doclib("participatingAgencies090032025am.xlsx", "pendingAgencies09032025am.xlsx"),
            "participatingAgencies08292025am.xlsx": saved_on("2025-08-29"),  # linked by the first page: its own name says when
            "participatingAgencies08022025pm.xlsx": BODY,  # the page before did not link it
            "participatingAgencies090032025am.xlsx": BODY,  # no date at all
            "pendingAgencies09032025am.xlsx": saved_on("2025-09-03"),  # between two pages: its name's hour can be
        },
    )
    assert moments(archive) == {
        "participatingAgencies08292025am.xlsx": "2025-08-29 14:00",
        "20250902140000/287g.html": "2025-09-02 14:00",
        "20250902210000/287g.html": "2025-09-02 21:00",
        "participatingAgencies08022025pm.xlsx": "2025-09-02 21:00",
        "20250903140000/287g.html": "2025-09-03 14:00",
        "participatingAgencies090032025am.xlsx": "2025-09-03 14:00",
        "pendingAgencies09032025am.xlsx": "2025-09-03 14:00",
    }


def test_the_first_page_of_all_does_not_bear_out_a_name_that_the_workbook_contradicts(archive: Path) -> None:
    put(
        archive,
        {
            "20250903140000/287g.html": doclib("participatingAgencies08022025pm.xlsx", "pendingAgencies09022025am.xlsx"),
            "participatingAgencies08022025pm.xlsx": saved_on("2025-09-02"),
            "pendingAgencies09022025am.xlsx": saved_on("2025-09-02"),
        },
    )
    assert moments(archive) == {
        "pendingAgencies09022025am.xlsx": "2025-09-02 14:00",
        "20250903140000/287g.html": "2025-09-03 14:00",
        "participatingAgencies08022025pm.xlsx": "2025-09-03 14:00",
    }


def test_of_one_moment_a_page_comes_first_then_the_lists_in_their_order(archive: Path) -> None:
    names = ("pendingAgencies.xlsx", "participatingAgencies.xlsx", "287g.html", "other.xlsx")
    put(archive, {f"20250530140000/{name}": doclib() if name.endswith("html") else BODY for name in names})
    assert [Path(name).name for name in moments(archive)] == [
        "287g.html",
        "participatingAgencies.xlsx",
        "pendingAgencies.xlsx",
        "other.xlsx",
    ]


BAD = {
    "notes.txt": (b"a note", "is neither a spreadsheet nor a page"),
    "2025-05-29.pdf": (b"%PDF-1.7", "is neither a spreadsheet nor a page"),
    "list.xlsx": (b"PK torn", "no date can be read from its name; say in timeline.csv"),
    "page.html": (doclib(), "no date can be read from its name; say in timeline.csv"),
    "2031-01-01.xlsx": (BODY, "its moment 2031-01-01T12:00:00Z lies in the future; say in timeline.csv"),
    "empty": (b"", "is neither a spreadsheet nor a page"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_named_with_the_reason(archive: Path, name: str) -> None:
    put(archive, {"2025-05-28.xlsx": BODY, name: BAD[name][0]})
    assert moments(archive) == {"2025-05-28.xlsx": "2025-05-28 12:00"}
    assert reasons(archive)[name].startswith(BAD[name][1])


def test_hidden_files_and_what_tells_of_others_are_no_input(archive: Path) -> None:
    put(archive, {"2025-05-28.xlsx": BODY, ".DS_Store": b"x", ".git/config": b"x", "2025-05-28.xlsx.headers.json": b"{}"})
    assert (list(moments(archive)), reasons(archive)) == (["2025-05-28.xlsx"], {})


def test_a_file_that_the_timeline_does_not_name_is_said(archive: Path) -> None:
    put(archive, {"a.xlsx": BODY, "b.xlsx": BODY, "notes.txt": b"x"}, ["participating,a,a.xlsx,2025-05-29"])
    assert reasons(archive) == {"b.xlsx": "is not in timeline.csv"}


def test_what_was_fetched_with_a_file_is_read_beside_it(archive: Path) -> None:
    about = {"url": "https://www.ice.gov/file-download/download/public/209067", "name": "real.xlsx", "headers": {"etag": "x"}}
    put(archive, {"20250530140000/209067": BODY, "20250530140000/209067.headers.json": json.dumps(about).encode()})
    (one,) = contents(archive, NOW).captures
    assert (one.url, one.name, one.headers) == (about["url"], "real.xlsx", {"etag": "x"})


@pytest.mark.parametrize("damaged", [b"{", b"[]", b"\xff", b"null"])
def test_a_damaged_note_beside_a_file_loses_nothing_but_itself(archive: Path, damaged: bytes) -> None:
    put(archive, {"20250530140000/209067": BODY, "20250530140000/209067.headers.json": damaged})
    (one,) = contents(archive, NOW).captures
    assert (one.url, one.name) == ("209067", "209067")


def test_a_name_of_another_encoding_is_no_hindrance(archive: Path) -> None:
    path = bytes(archive) + b"/2025-05-28 \xe9t\xe9.xlsx"
    with open(path, "wb") as file:  # noqa: PTH123 a Path cannot say this name
        file.write(BODY)
    (one,) = contents(archive, NOW).captures
    assert one.name == one.url == "2025-05-28 ?t?.xlsx"
    assert one.path.read_bytes() == BODY


def test_what_is_written_beside_a_file_in_no_encoding_is_no_hindrance(archive: Path) -> None:
    about = rb'{"url": "https://www.ice.gov/\ud800", "name": "\udfff.xlsx", "headers": {"etag": "\ud800", "age": 7}}'
    put(archive, {"20250530140000/209067": BODY, "20250530140000/209067.headers.json": about})
    (one,) = contents(archive, NOW).captures
    assert (one.url, one.name, one.headers) == ("https://www.ice.gov/?", "?.xlsx", {"etag": "?", "age": "7"})


def test_a_file_that_no_list_can_be_is_named(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.backfill.folder._LARGEST", 1 << 20)
    put(archive, {"2025-05-28.xlsx": BODY, "2025-05-29.xlsx": BODY + b"\0" * (1 << 20)})
    assert reasons(archive) == {"2025-05-29.xlsx": "is larger than 1 MB"}
