"""What a person decides about a doubtful pair: kept in a file, told as it matters, and known to every later reading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import verdicts
from monitor.backfill import Backfill, Capture
from monitor.citing.stamps import Stamps
from monitor.citing.verify import verify
from monitor.config import Settings
from monitor.core import replay as log_replay
from monitor.core.events import Event
from monitor.core.roster import copies
from monitor.evidence import Evidence
from monitor.intake import Intake
from monitor.notifiers import Receipt, Sending
from monitor.notifiers.composing import compose
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links
from monitor.notifiers.outbox import Queue
from monitor.notifiers.routes import Route
from monitor.store import Store
from tests.support.line import START, Line, line
from tests.support.sheets import read as roster_read
from tests.support.sheets import row, sheet
from tests.support.site import Site

ICE = "https://www.ice.gov/doclib/287gMOA"
OTHERS = [row("OHIO", "Butler County Sheriff's Office", moa=f"{ICE}/butler.pdf"), row("UTAH", "Provo Police Department")]
# One document and one date, two places: told as an end and a beginning, flagged.
SATELLITE = row("FLORIDA", "Satellite Beach Police Department", moa=f"{ICE}/beach.pdf")
SEBASTIAN = row("FLORIDA", "Sebastian Police Department", moa=f"{ICE}/beach.pdf")
# Two letters changed places: told as a correction, flagged.
DOUGLAS, DOGULAS = row("GEORGIA", "Douglas County Sheriff's Office"), row("GEORGIA", "Dogulas County Sheriff's Office")
PARTED, JOINED = (SATELLITE, SEBASTIAN), (DOUGLAS, DOGULAS)


class Reader:
    """A service that takes every message."""

    pause = 0.0

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, sending: Sending) -> Receipt:
        self.messages.append(message)
        return Receipt()

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        return {}


@pytest.fixture
def told(site: Site, tmp_path: Path) -> Iterator[Line]:
    """A line with three channels: one that asked for news, one that asked for corrections too, one for the news of Ohio."""
    asked: dict[str, dict[str, Any]] = {
        "news": {"tell": ["news"]},
        "all": {"tell": ["news", "corrections"]},
        "ohio": {"tell": ["news", "corrections"], "filter": {"states": ["OH"]}},
    }
    channels = [{"type": "slack", "url": f"{site.address}/hook", "name": name, **values} for name, values in asked.items()]
    with line(site, tmp_path / "state", channels=channels) as one:
        yield one


def publish(watch: Line, pair: tuple[dict[str, Any], dict[str, Any]]) -> str:
    """Both rows of a doubtful pair, one publication after the other; the pair's name."""
    for number, one in enumerate(pair):
        watch.site.publish("participating", sheet([*OTHERS, one]), f"list{number}.xlsx")
        watch.poll()
    return pair_told(watch.store)


def pair_told(store: Store) -> str:
    (pair,) = {event.doubt["pair"] for event in store.events() if event.doubt}
    return str(pair)


def decide(watch: Line, pair: str, verdict: str) -> tuple[Event, ...]:
    """What `monitor287g review` does: records the verdict, then appends what it changes."""
    watch.now += timedelta(minutes=1)
    verdicts.add(watch.state.verdicts, pair, verdict, {})
    intake = Intake(watch.store, watch.evidence, watch.settings, verdicts.load(watch.state.verdicts))
    return intake.decide(pair, verdict, watch.now)


def assert_the_log_says_what_is_printed(watch: Line, rows: list[dict[str, Any]]) -> None:
    standing = {listing.id: listing for listing in watch.store.standing("participating")}
    assert log_replay.standing(watch.store.events(bookkeeping=True)) == standing
    printed = Counter(listing.printed for listing in roster_read(sheet(rows)).listings)
    assert Counter(one for listing in standing.values() for one in copies(listing)) == printed


def received(watch: Line, channel: str) -> list[Message]:
    """What a channel is told now."""
    links = Links(watch.settings.web.public_url, watch.settings.page)
    (route,) = (Route.of(one) for one in watch.settings.channels if one.name == channel)
    compose(watch.store, route, links, watch.now)
    reader = Reader()
    assert Queue(watch.store, channel, reader, reader.pause, links).deliver(lambda: watch.now, watch.pause).error == ""
    return reader.messages


def told_to(watch: Line, *channels: str) -> dict[str, list[str]]:
    """The titles of what each channel is told now."""
    return {channel: [message.title for message in received(watch, channel)] for channel in channels}


def test_without_a_file_nothing_is_decided(tmp_path: Path) -> None:
    assert verdicts.load(tmp_path / "verdicts.yaml") == {}


def test_verdicts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.yaml"
    pairs = {"0123456789ab": "same", "012345670123": "distinct", "123456789012": "same", "00000000001e": "distinct"}
    for pair, verdict in pairs.items():
        verdicts.add(path, pair, verdict, {"note": "Sheriff’s Office: asked\nby telephone", "old": {"signed": "2025-05-20"}})
    assert verdicts.load(path) == pairs
    assert [entry.name for entry in tmp_path.iterdir()] == ["verdicts.yaml"], "a draft was left"


def test_the_file_is_for_people(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.yaml"
    verdicts.add(path, "0123456789ab", "same", {"note": "Sheriff’s Office"})
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("# Verdicts on pairs of printed rows")
    assert lines[-3:] == ["- pair: 0123456789ab", "  verdict: same", "  note: Sheriff’s Office"]


def test_a_second_verdict_takes_the_place_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.yaml"
    for verdict in ("same", "distinct"):
        verdicts.add(path, "0123456789ab", verdict, {})
    assert verdicts.load(path) == {"0123456789ab": "distinct"}
    assert path.read_text("utf-8").count("pair:") == 1


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no YAML": ("- pair: [\n", "cannot be read: "),
    "no text": (b"\xff\xfe", "cannot be read: "),
    "no list": ("pair: 0123456789ab\n", "expected a list of verdicts"),
    "an entry that is no verdict": (
        "- {pair: a, verdict: same}\n- nothing\n",
        "entry 2 needs `pair`, and `verdict: same` or `verdict: distinct`",
    ),
    "no pair": ("- verdict: same\n", "entry 1 needs `pair`, and `verdict: same` or `verdict: distinct`"),
    "another verdict": (
        "- {pair: a, verdict: perhaps}\n",
        "entry 1 needs `pair`, and `verdict: same` or `verdict: distinct`",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_said_in_one_line_and_never_written_over(tmp_path: Path, name: str) -> None:
    path = tmp_path / "verdicts.yaml"
    text, reason = BROKEN[name]
    body = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(body)
    for ask in (lambda: verdicts.load(path), lambda: verdicts.add(path, "b", "same", {})):
        with pytest.raises(verdicts.VerdictsError) as caught:
            ask()
        assert re.fullmatch(rf"{re.escape(str(path))}: {re.escape(reason)}.*", str(caught.value))
    assert path.read_bytes() == body


def test_same_joins_what_was_told_as_an_end_and_a_beginning(watch: Line) -> None:
    pair = publish(watch, PARTED)
    assert watch.kinds() == ["agreement.added", "agreement.removed"]
    (event,) = decide(watch, pair, "same")
    assert (event.kind, event.id) == ("agreement.corrected", [*watch.store.events()][-1].id)
    assert event.agreement is not None
    assert event.agreement.id == "fl-satellite-beach-police-department-tfm-2025-05-20"
    assert [listing.id for listing in watch.store.standing("participating") if listing.state == "FL"] == [event.agreement.id]
    assert_the_log_says_what_is_printed(watch, [*OTHERS, SEBASTIAN])


def test_distinct_parts_what_was_told_as_a_correction(watch: Line) -> None:
    pair = publish(watch, JOINED)
    assert watch.kinds() == ["agreement.corrected"]
    events = decide(watch, pair, "distinct")
    assert [event.kind for event in events] == ["agreement.removed", "agreement.added"]
    assert [event.listing.agency for event in events if event.listing] == [
        "Douglas County Sheriff's Office",
        "Dogulas County Sheriff's Office",
    ]
    assert_the_log_says_what_is_printed(watch, [*OTHERS, DOGULAS])


@pytest.mark.parametrize(("pair", "verdict"), [(PARTED, "same"), (JOINED, "distinct")])
def test_what_was_told_before_a_verdict_stays_in_the_log(watch: Line, pair: Any, verdict: str) -> None:
    name = publish(watch, pair)
    before = [event.to_json(explain=True) for event in watch.store.events(bookkeeping=True)]
    decide(watch, name, verdict)
    assert [event.to_json(explain=True) for event in watch.store.events(bookkeeping=True)][: len(before)] == before


@pytest.mark.parametrize(("pair", "verdict"), [(PARTED, "same"), (JOINED, "distinct")])
def test_after_a_verdict_later_publications_tell_only_what_is_new(watch: Line, pair: Any, verdict: str) -> None:
    decide(watch, publish(watch, pair), verdict)
    new = row("IOWA", "Polk County Sheriff's Office")
    watch.site.publish("participating", sheet([*OTHERS, pair[1], new]), "later.xlsx")
    assert [(event.kind, event.state) for event in watch.poll().events] == [("agreement.added", "IA")]
    assert_the_log_says_what_is_printed(watch, [*OTHERS, pair[1], new])


@pytest.mark.parametrize(("pair", "verdict"), [(PARTED, "distinct"), (JOINED, "same")])
def test_a_verdict_that_agrees_with_what_was_told_tells_nothing(watch: Line, pair: Any, verdict: str) -> None:
    name = publish(watch, pair)
    assert decide(watch, name, verdict) == ()
    assert verdicts.load(watch.state.verdicts) == {name: verdict}


def test_a_verdict_is_told_once_however_often_it_is_given(watch: Line) -> None:
    pair = publish(watch, PARTED)
    assert len(decide(watch, pair, "same")) == 1
    assert decide(watch, pair, "same") == ()


@pytest.mark.parametrize(("pair", "first", "second"), [(PARTED, "same", "distinct"), (JOINED, "distinct", "same")])
def test_a_verdict_can_be_taken_back_and_given_again(watch: Line, pair: Any, first: str, second: str) -> None:
    name = publish(watch, pair)
    ids = sorted(listing.id for listing in watch.store.standing("participating"))
    for verdict in (first, second):
        assert decide(watch, name, verdict) != ()
        assert_the_log_says_what_is_printed(watch, [*OTHERS, pair[1]])
    assert sorted(listing.id for listing in watch.store.standing("participating")) == ids, "other agreements stand than before"
    assert decide(watch, name, first) != ()
    assert_the_log_says_what_is_printed(watch, [*OTHERS, pair[1]])
    assert decide(watch, name, first) == ()
    assert verify(watch.store, watch.evidence, Stamps(watch.state.stamps)).faults == []


def test_distinct_is_news_to_everybody_who_asked_for_it(told: Line) -> None:
    pair = publish(told, JOINED)
    told_to(told, "news", "all", "ohio")
    decide(told, pair, "distinct")
    title = "1 new 287(g) agreement, 1 ended"
    assert told_to(told, "news", "all", "ohio") == {"news": [title], "all": [title], "ohio": []}


def test_same_is_told_as_a_correction_to_those_who_were_told_otherwise_and_to_nobody_else(told: Line) -> None:
    pair = publish(told, PARTED)
    first = {channel: received(told, channel) for channel in ("news", "all", "ohio")}
    decide(told, pair, "same")
    for channel in ("news", "all"):
        (message,) = received(told, channel)
        assert (message.severity, message.title) == ("corrections", "Correction: Sebastian Police Department (Florida)")
        assert message.thread == first[channel][-1].id, "it does not follow the message that it corrects"
        assert f"“{first[channel][-1].title}”" in message.summary
        (line,) = (line for section in message.sections for line in section.lines)
        assert "agency: Satellite Beach Police Department → Sebastian Police Department" in line.note
    assert received(told, "ohio") == []


def test_same_before_anybody_was_told_leaves_nothing_to_tell(told: Line) -> None:
    told.site.publish("participating", sheet([*OTHERS, PARTED[0]]), "list0.xlsx")
    told.poll()
    told_to(told, "news", "all")
    told.site.publish("participating", sheet([*OTHERS, PARTED[1]]), "list1.xlsx")
    told.poll()
    decide(told, pair_told(told.store), "same")
    assert told_to(told, "news", "all") == {"news": [], "all": []}
    assert told.store.alerts.waiting() == {}, "what needs no message is due for ever"


def test_the_message_of_a_verdict_has_an_id_of_its_own(told: Line) -> None:
    pair = publish(told, PARTED)
    seen = {message.id for message in received(told, "all")}
    for verdict in ("same", "distinct", "same"):
        decide(told, pair, verdict)
        (message,) = received(told, "all")
        assert message.id not in seen
        seen.add(message.id)


@pytest.mark.parametrize(
    ("rows", "verdict", "kinds"),
    [
        (PARTED, "same", ["agreement.corrected"]),
        (PARTED, "distinct", ["agreement.added", "agreement.removed"]),
        (JOINED, "same", ["agreement.corrected"]),
        (JOINED, "distinct", ["agreement.added", "agreement.removed"]),
    ],
)
def test_a_verdict_holds_in_a_later_backfill(tmp_path: Path, rows: Any, verdict: str, kinds: list[str]) -> None:
    archived = []
    for number, one in enumerate(rows):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(sheet([*OTHERS, one]))
        archived.append(Capture(path, path.name, "participating", START + timedelta(days=number), path.name))
    pair = backfilled(tmp_path / "first", archived, {})[0]
    verdicts.add(tmp_path / "verdicts.yaml", pair, verdict, {})
    assert backfilled(tmp_path / "second", archived, verdicts.load(tmp_path / "verdicts.yaml"))[1] == kinds


def backfilled(folder: Path, archived: list[Capture], decided: dict[str, str]) -> tuple[str, list[str]]:
    """Fills a fresh state directory; (the doubtful pair that is still open or "", kinds of what is told)."""
    store = Store.open(folder / "monitor.db")
    try:
        backfill = Backfill(store, Evidence(folder / "documents"), Settings(), decided)
        assert [one.outcome for one in backfill.replay(archived)] == ["taken", "taken"]
        events = [*store.events()]
        assert log_replay.standing(store.events(bookkeeping=True)).keys() == {
            listing.id for listing in store.standing("participating")
        }
        return next((event.doubt["pair"] for event in events if event.doubt), ""), sorted(event.kind for event in events)
    finally:
        store.close()
