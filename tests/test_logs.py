"""The log on standard error: one line for each happening that no cell can forge, and no secret address."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from monitor import logs
from monitor.config import Settings
from monitor.fetcher import Fetcher
from monitor.poller.results import DocumentResult, PollResult, fields
from tests.support.site import Site

FORGED = "x.xlsx\n2026-01-01T00:00:00Z INFO channel desk: 3 sent"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Puts the loggers back as they were: `set_up` is for a whole process."""
    root = logging.getLogger()
    names = ("monitor", "httpx", "httpcore", "hpack", "apscheduler")
    before, level, levels = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = before
    root.setLevel(level)
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one)


def written(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error, as a collector splits them; nothing may have gone to standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return err.split("\n")[:-1] if err else []


def record(message: str, *values: object, created: float = 1_748_527_212.5) -> logging.LogRecord:
    one = logging.LogRecord("monitor.poller", logging.WARNING, "poller.py", 1, message, values, None)
    one.created = created
    return one


def test_a_line_is_time_level_and_message() -> None:
    assert logs.TextFormatter().format(record("poll: %s", "unchanged")) == "2025-05-29T14:00:12Z WARNING poll: unchanged"


def test_a_json_line_says_the_same_for_a_collector() -> None:
    assert json.loads(logs.JsonFormatter().format(record("poll: %s", "unchanged"))) == {
        "time": "2025-05-29T14:00:12.500+00:00",
        "level": "warning",
        "logger": "monitor.poller",
        "message": "poll: unchanged",
    }


@pytest.mark.parametrize(
    "text", [FORGED, "a\r\nb", "a\x1b[2J\x1b[31mb", "a\x00b", "a\u2028b", "a\x85b", "a\u202eb", "a\tb", "\ud800"]
)
def test_no_cell_can_forge_a_line_or_command_a_terminal(capsys: pytest.CaptureFixture[str], text: str) -> None:
    logs.set_up("info", "text")
    logging.getLogger("monitor").info("publication %s", text)
    (line,) = written(capsys)
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    assert line.split(" ", 3)[1:3] == ["INFO", "publication"]
    assert repr(text)[1:-1] in line, "what the cell held cannot be seen"


def test_letters_of_every_language_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "text")
    logging.getLogger("monitor").info("Doña Ana County Sheriff’s Office → 😀")
    (line,) = written(capsys)
    assert line.endswith("Z INFO Doña Ana County Sheriff’s Office → 😀")


def test_a_json_line_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "json")
    try:
        raise ValueError(FORGED)
    except ValueError:
        logging.getLogger("monitor").exception("poll of %s failed", FORGED)
    (line,) = written(capsys)
    value = json.loads(line)
    assert value["message"] == f"poll of {FORGED} failed"
    assert value["exception"].endswith(f"ValueError: {FORGED}")
    assert "Traceback" in value["exception"]


def test_an_exception_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "text")
    try:
        raise ValueError("disk full")
    except ValueError:
        logging.getLogger("monitor").exception("poll failed")
    lines = written(capsys)
    assert lines[0].endswith(" ERROR poll failed")
    assert lines[1] == "    | Traceback (most recent call last):"
    assert lines[-1] == "    | ValueError: disk full"


def test_the_text_of_an_exception_cannot_forge_a_line_either(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "text")
    try:
        raise ValueError(FORGED)
    except ValueError:
        logging.getLogger("monitor").exception("poll failed")
    assert not [line for line in written(capsys)[1:] if line.startswith("2026-01-01T00:00:00Z INFO")]


def test_the_level_is_the_one_that_was_asked_for_and_libraries_speak_up_from_warnings_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for level, said in (("debug", ["debug", "info", "error"]), ("info", ["info", "error"]), ("error", ["error"])):
        logs.set_up(level, "text")
        for name in ("debug", "info", "error"):
            getattr(logging.getLogger("monitor.poller"), name)(name)
            getattr(logging.getLogger("apscheduler.scheduler"), name)("library %s", name)
        assert [line.split(" ", 2)[2] for line in written(capsys) if "library" not in line] == said
        logging.getLogger("apscheduler").info("library")
        logging.getLogger("apscheduler").warning("library warns")
        assert [line.split(" ", 2)[2] for line in written(capsys)] == ["library warns"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_library_logs_an_address_that_is_asked(site: Site, capsys: pytest.CaptureFixture[str], form: str) -> None:
    logs.set_up("debug", form)
    settings = Settings.model_validate({"page": site.page_url, "fetch": {"attempts": 1}})
    with Fetcher(settings, lambda _: False) as fetcher:
        assert fetcher.page(site.page_url).outcome == "ok"
    assert httpx.post(f"{site.address}/hooks/s3cret", json={}).status_code == 200
    assert len(site.requests) == 2
    assert written(capsys) == []


def test_setting_up_again_says_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("json", "text"):
        logs.set_up("info", form)
    logging.getLogger("monitor").info("once")
    (line,) = written(capsys)
    moment, level, message = line.split(" ")
    assert (level, message) == ("INFO", "once")
    assert abs((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()) < 60


def test_a_json_line_has_a_poll_s_figures_as_fields() -> None:
    result = PollResult(
        datetime(2025, 5, 29, 14, tzinfo=UTC), "changed", True, documents=(DocumentResult("https://x", None, "list"),)
    )
    one = record("poll: changed")
    one.__dict__.update(fields(result))
    value = json.loads(logs.JsonFormatter().format(one))
    assert (value["message"], value["outcome"], value["good"], value["documents"]) == (
        "poll: changed",
        "changed",
        True,
        {"https://x": "list"},
    )


def test_the_journal_gets_a_priority_for_every_line_and_no_second_time() -> None:
    one = record("poll: %s", f"x {FORGED}")
    try:
        raise OSError("no\nspace")
    except OSError:
        one.exc_info = sys.exc_info()
    lines = logs.JournalFormatter().format(one).split("\n")
    assert lines[0].startswith("<4>poll: x x.xlsx\\n2026")
    assert all(line.startswith("<4>    | ") for line in lines[1:])
    assert len(lines) > 2


@pytest.mark.parametrize("to_journal", [True, False])
def test_standard_error_is_known_as_the_journal_by_what_systemd_says(to_journal: bool) -> None:
    program = (
        "import logging; from monitor import logs; logs.set_up('info', 'text'); logging.getLogger('monitor').warning('here')"
    )
    read, write = os.pipe()
    found = os.fstat(write)
    stream = f"{found.st_dev}:{found.st_ino if to_journal else 1}"
    subprocess.run([sys.executable, "-c", program], stderr=write, env={**os.environ, "JOURNAL_STREAM": stream}, check=True)
    os.close(write)
    with os.fdopen(read) as said:
        assert (said.read() == "<4>here\n") is to_journal
