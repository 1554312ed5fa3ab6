"""The agreements' own documents: how politely they are asked, what is kept, and what is told of a change."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.core.replay import standing
from monitor.fetcher import Fetcher
from monitor.moa import Sweep, Swept
from tests.support.line import Line, line
from tests.support.pdf import pdf
from tests.support.process import daemon, write_config
from tests.support.sheets import JEM, TFM, row, sheet
from tests.support.site import Document, Fault, Site

HOUR = timedelta(hours=1)
NAMES = ("smith", "bay", "provo")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = pdf("Signature\nDate: 05/20/2025")


def rows(site: Site, *names: str) -> list[dict[str, Any]]:
    return [
        row(
            "TEXAS",
            f"{name.capitalize()} County Sheriff's Office",
            TFM,
            date(2025, 5, 20),
            f"{site.address}/doclib/287gMOA/{name}.pdf",
        )
        for name in names
    ]


class Watch:
    """A line whose agreements have documents, and sweeps over them."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.site = line.site
        self.pauses: list[float] = []

    def publish(self, *names: str) -> None:
        for name in names:
            self.site.documents.setdefault(f"/doclib/287gMOA/{name}.pdf", Document(SIGNED))
        self.site.publish("participating", sheet(rows(self.site, *names)), f"list{len(self.site.documents)}.xlsx")
        self.line.poll()

    def sweep(self, after: timedelta = HOUR, stop_after: int = 10_000) -> Swept:
        self.line.now += after
        left = [stop_after]

        def pause(seconds: float) -> bool:
            self.pauses.append(seconds)
            left[0] -= 1
            return left[0] <= 0

        with Fetcher(self.line.settings, lambda _: False) as fetcher:
            turn = self.line.state.turn
            return Sweep(self.line.store, self.line.evidence, fetcher, self.line.settings, pause, turn).run(lambda: self.line.now)

    def day(self) -> None:
        """A day of sweeps, one an hour."""
        for _ in range(36):
            self.sweep()

    def asked(self) -> list[tuple[str, int]]:
        """(name, status) of the documents asked for so far."""
        return [(one.path.rpartition("/")[2], one.status) for one in self.site.asked("287gMOA")]

    def told(self) -> list[str]:
        return [event.kind for event in self.line.store.events() if event.kind != "agreement.added"]


@pytest.fixture
def swept(site: Site, tmp_path: Path) -> Iterator[Watch]:
    with line(site, tmp_path / "state", moa={"fetch": True, "pause": "2s"}, fetch={"attempts": 1}) as one:
        watch = Watch(one)
        watch.publish(*NAMES)
        yield watch


def test_the_first_sweep_keeps_every_document_and_tells_nothing(swept: Watch) -> None:
    assert swept.sweep() == Swept(asked=5, kept=3)  # two that the page links are not there
    assert sorted(swept.asked()) == [("bay.pdf", 200), ("provo.pdf", 200), ("smith.pdf", 200)]
    assert swept.pauses == [2.0] * 5
    assert swept.told() == []
    store = swept.line.store
    assert {one.outcome for one in store.papers.all().values()} == {"ok", "not_found"}
    sightings = [one for one in store.sightings.all() if one.url.endswith("smith.pdf")]
    assert swept.line.evidence.read(sightings[0].sha256) == SIGNED
    assert sightings[0].headers["last-modified"]


def test_what_did_not_change_is_asked_conditionally_and_lasts(swept: Watch) -> None:
    swept.sweep()
    swept.publish(*NAMES, "gulf")
    swept.sweep()
    assert Counter(status for _, status in swept.asked()) == {200: 4, 304: 3}
    sighting = next(one for one in swept.line.store.sightings.all() if one.url.endswith("bay.pdf"))
    assert sighting.last_seen == swept.line.now


def test_a_changed_document_is_told_with_its_evidence(swept: Watch) -> None:
    swept.sweep()
    path = "/doclib/287gMOA/bay.pdf"
    other = pdf("Another text\nDate: 06/01/2025")
    swept.site.documents[path] = Document(other, "Fri, 30 May 2025 14:00:00 GMT")
    swept.publish(*NAMES, "gulf")
    assert swept.sweep().changed == 1
    (event,) = swept.line.store.events(kinds=("moa.replaced",))
    assert event.agreement is not None
    assert event.agreement.agency == "Bay County Sheriff's Office"
    old, new = event.changes["moa_sha256"]
    assert swept.line.evidence.read(str(old)) == SIGNED
    assert swept.line.evidence.read(str(new)) == other
    assert event.document == {"url": swept.site.address + path, "name": "bay.pdf", "sha256": new}
    assert swept.line.store.broken() == []
    stands = {one.id: one for one in swept.line.store.standing("participating")}
    assert standing(swept.line.store.events(bookkeeping=True)) == stands


def test_a_change_is_told_for_each_agreement_it_stands_behind_and_to_whoever_asks(site: Site, tmp_path: Path) -> None:
    channel = {
        "type": "webhook",
        "url": f"{site.address}/hook",
        "tell": ["corrections"],
        "secret": SECRET,
    }
    with line(site, tmp_path / "state", moa={"fetch": True}, channels=[channel]) as one:
        watch = Watch(one)
        both = [*rows(site, "smith"), {**rows(site, "smith")[0], "SUPPORT TYPE": JEM}]
        site.documents["/doclib/287gMOA/smith.pdf"] = Document(SIGNED)
        site.publish("participating", sheet(both))
        one.poll()
        one.deliver()
        watch.sweep()
        site.documents["/doclib/287gMOA/smith.pdf"] = Document(pdf("x"), None)
        before = len(site.posts)
        watch.day()
        assert watch.told() == ["moa.replaced", "moa.replaced"]
        one.deliver()
        (batch,) = site.posts[before:]
        assert [post["type"] for post in batch] == ["monitor287g.moa.replaced"] * 2
        one.publish()
        assert "other contents under the same address" in (one.state.public / "feeds" / "corrections.xml").read_text()


def test_a_changed_document_of_the_page_is_told(swept: Watch) -> None:
    swept.site.documents["/doclib/287g/factsheet.pdf"] = Document(pdf("one"), None)
    swept.sweep()
    swept.site.documents["/doclib/287g/factsheet.pdf"] = Document(pdf("two"), None)
    swept.day()
    (event,) = swept.line.store.events(kinds=("document.changed",))
    assert event.document is not None
    assert event.document["text"] == "Fact Sheet for participating law enforcement agencies"
    assert [*event.changes] == ["sha256"]


BODIES = {
    "a refusal under 200": b"<html><title>Access Denied</title></html>",
    "nothing": b"",
    "another kind of file": b"PK\x03\x04",
}


@pytest.mark.parametrize("what", BODIES)
def test_what_is_no_document_changes_nothing(swept: Watch, what: str) -> None:
    swept.sweep()
    swept.site.documents["/doclib/287gMOA/bay.pdf"] = Document(BODIES[what], None)
    swept.day()
    assert swept.told() == []
    bay = swept.line.store.papers.of(f"{swept.site.address}/doclib/287gMOA/bay.pdf")
    assert bay is not None
    assert bay.outcome == "not_a_document"
    assert bay.sha256 is not None, "what was kept before is what is known"


def test_a_site_that_wants_to_be_left_alone_is(swept: Watch) -> None:
    swept.site.faults = [Fault("287g", "status", 403, times=99)]
    assert swept.sweep() == Swept(asked=3, ended="blocked HTTP 403")
    swept.site.faults = []
    assert swept.sweep().kept == 1, "those that it has not tried yet"
    assert swept.sweep(2 * HOUR).kept == 2, "and those that failed, some hours later"


def test_a_stop_is_heeded_and_the_next_sweep_goes_on(swept: Watch) -> None:
    assert swept.sweep(stop_after=2) == Swept(asked=2, kept=len({*swept.asked()}), ended="stopped")
    swept.sweep()
    assert max(Counter(name for name, _ in swept.asked()).values()) == 1


def test_a_day_without_a_new_list_asks_each_address_twice_at_most(site: Site, tmp_path: Path) -> None:
    names = [f"{chr(97 + number % 26)}{chr(97 + number // 26)}x" for number in range(60)]
    with line(site, tmp_path / "state", moa={"fetch": True}, fetch={"attempts": 1}) as one:
        watch = Watch(one)
        watch.publish(*names)
        assert watch.sweep().asked == 62
        site.requests.clear()
        hourly = [watch.sweep().asked for _ in range(48)]
        per_address = Counter(request.path for request in site.asked("287gMOA"))
        assert max(hourly) == 3, "a 24th of 62 addresses"
        assert set(per_address) == {f"/doclib/287gMOA/{name}.pdf" for name in names}
        assert max(per_address.values()) <= 2
        watch.publish(*names, "new")
        assert watch.sweep().asked == 63, "all, for the list changed"


def test_an_address_elsewhere_is_not_asked(site: Site, tmp_path: Path) -> None:
    with line(site, tmp_path / "state", moa={"fetch": True}) as one:
        watch = Watch(one)
        site.publish("participating", sheet([row(moa="https://evil.example/x.pdf"), row("OHIO", moa="file:///etc/passwd")]))
        one.poll()
        watch.sweep()
        outcomes = {paper.url: paper.outcome for paper in one.store.papers.all().values()}
        assert outcomes["https://evil.example/x.pdf"] == "host_not_allowed"
        assert not any(url.startswith("file:") for url in outcomes)


def test_a_change_waits_for_its_turn(swept: Watch) -> None:
    """The agreement may be another one when the poll that is under way ends: what is told is told of what stands then."""
    swept.sweep()
    swept.site.documents["/doclib/287gMOA/bay.pdf"] = Document(pdf("x"), None)
    entered: list[int] = []

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        entered.append(1)
        swept.publish("smith", "provo")  # bay ends meanwhile
        yield

    with Fetcher(swept.line.settings, lambda _: False) as fetcher:
        for _ in range(36):
            swept.line.now += HOUR
            sweep = Sweep(swept.line.store, swept.line.evidence, fetcher, swept.line.settings, lambda _: False, turn)
            sweep.run(lambda: swept.line.now)
    assert entered == [1]
    assert [*swept.line.store.events(kinds=("moa.replaced",))] == []


@pytest.fixture
def run(swept: Watch, tmp_path: Path) -> Any:
    config = write_config(
        tmp_path / "config.yaml", page=swept.site.page_url, state=str(swept.line.state.path), moa={"fetch": True}
    )

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), *arguments], prog_name="monitor287g")

    return command


def test_the_command_compares_the_dates_and_searches_the_texts(run: Any, swept: Watch) -> None:
    swept.site.documents["/doclib/287gMOA/bay.pdf"] = Document(pdf("Delegated authority in the jail\nDate: 05/19/2025"))
    swept.site.documents["/doclib/287gMOA/provo.pdf"] = Document(pdf(""))
    swept.sweep()
    value = {one["agency"].split()[0]: one for one in json.loads(run("moa", "--json").stdout)}
    assert [(one["signed_in_document"], one["differs"]) for one in value.values()] == [
        ("2025-05-19", True),
        (None, False),
        ("2025-05-20", False),
    ]
    assert value["Provo"]["no_text"] == "it has no text: a scanned document"
    assert [one["agency"] for one in json.loads(run("moa", "--differs", "--json").stdout)] == ["Bay County Sheriff's Office"]
    assert [one["agency"] for one in json.loads(run("moa", "--search", "delegate jail", "--json").stdout)] == [
        "Bay County Sheriff's Office"
    ]
    assert json.loads(run("moa", "--search", 'no"such OR *', "--json").stdout) == []
    assert json.loads(run("moa", "--state", "OH", "--json").stdout) == []
    text = run("moa")
    assert "(differs)" in text.stdout
    assert "3 documents, 3 kept, 1 give another signing date" in text.stderr
    assert "documents      5 addresses of agreements asked, 3 documents kept, 2 gave none" in run("status").stdout


def test_the_daemon_fetches_them_where_it_is_switched_on(site: Site, tmp_path: Path) -> None:
    site.documents["/doclib/287gMOA/smith.pdf"] = Document(SIGNED)
    site.publish("participating", sheet(rows(site, "smith")))
    config = write_config(
        tmp_path / "config.yaml", page=site.page_url, state=str(tmp_path / "state"), moa={"fetch": True, "pause": "0.01s"}
    )
    with daemon(config) as running:
        running.wait_for("documents of agreements: .* asked, 1 kept")
        assert running.stop() == 0
    assert len(site.asked("287gMOA")) == 1


def test_it_is_off_unless_asked_for(watch: Line) -> None:
    assert watch.settings.moa.fetch is False


def test_moments_are_whole_seconds(swept: Watch) -> None:
    swept.line.now = datetime.fromisoformat("2025-06-01T12:00:00.123456+00:00")
    swept.sweep(timedelta(0))
    assert {one.checked_at.microsecond for one in swept.line.store.papers.all().values()} == {0}
