"""One poll after another, as an operator would see them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from monitor.fetcher import Fetcher
from monitor.intake import take_apart
from monitor.poller import Poller
from monitor.poller.results import CHANGED, FIRST_RUN, INCOMPLETE, NO_LIST, UNCHANGED
from monitor.reader import read_roster_apart
from tests.support.line import START, Line, line
from tests.support.sheets import JEM, TFM, WSO, pending_sheet, row, sheet
from tests.support.site import PAGE, Document, Fault, Site

OLD = [
    row("TEXAS", "Smith County Sheriff's Office"),
    row("FLORIDA", "Bay County Sheriff's Office", JEM),
    row("UTAH", "Provo Police Department", WSO, type="Municipality"),
]
NEW = row("OHIO", "Butler County Sheriff's Office", TFM)
APPLICATION = row("OHIO", "Butler County Sheriff's Office", TFM)


def bomb() -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file,
    ):
        for _ in range(256):
            file.write(b"\0" * 2**20)
    return buffer.getvalue()


def start(watch: Line) -> None:
    watch.site.publish("participating", sheet(OLD))
    watch.site.publish("pending", pending_sheet([APPLICATION]))
    assert watch.poll().outcome == FIRST_RUN


def test_the_first_poll_learns_and_announces_nothing(watch: Line) -> None:
    start(watch)
    assert watch.kinds() == []
    assert len(watch.agencies()) == 3
    assert watch.agencies("pending") == ["Butler County Sheriff's Office"]


def test_a_poll_without_change_asks_conditionally_and_tells_nothing(watch: Line) -> None:
    start(watch)
    watch.site.requests.clear()
    result = watch.poll()
    assert (result.outcome, result.events, result.publications) == (UNCHANGED, (), ())
    assert [request.status for request in watch.site.asked("/doclib/about")] == [304, 304]
    assert not result.page_changed, "the page's changing tokens count as news"


def test_a_new_agreement_is_told_with_its_evidence(watch: Line) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]), "participatingAgencies05302025am.xlsx")
    result = watch.poll()
    assert result.outcome == CHANGED
    (event,) = result.events
    assert event.kind == "agreement.added"
    assert event.agreement is not None and event.agreement.id == "oh-butler-county-sheriffs-office-tfm-2025-05-20"
    assert event.publication is not None and event.publication.name == "participatingAgencies05302025am.xlsx"
    assert watch.evidence.read(event.publication.sha256) == sheet_body(watch.site, "participatingAgencies05302025am.xlsx")


def sheet_body(site: Site, name: str) -> bytes:
    return next(document.body for path, document in site.documents.items() if path.endswith(name))


def test_the_same_bytes_under_a_new_name_are_no_publication(watch: Line) -> None:
    start(watch)
    body = next(iter(watch.site.documents.values())).body
    watch.site.publish("participating", body, "participatingAgencies05302025pm.xlsx")
    assert watch.poll().outcome == UNCHANGED
    assert len(watch.store.publications()) == 2


def test_a_list_and_back_again_are_two_publications(watch: Line) -> None:
    start(watch)
    first = next(iter(watch.site.documents.values())).body
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.poll()
    watch.site.publish("participating", first)
    watch.poll()
    assert watch.kinds()[-1] == "agreement.removed"
    assert len(watch.store.publications()) == 4


def test_an_old_address_linked_again_is_read_from_the_evidence(watch: Line) -> None:
    path = watch.site.publish("participating", sheet(OLD))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.poll()
    watch.site.links = {path: "Participating Agencies"}
    result = watch.poll()
    assert watch.site.asked(path)[-1].status == 304
    assert [event.kind for event in result.events] == ["agreement.removed"]


def test_an_application_that_became_an_agreement_is_approved(watch: Line) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.site.publish("pending", pending_sheet([row("IOWA", "Polk County Sheriff's Office", JEM)]))
    watch.poll()
    assert watch.kinds() == ["agreement.added", "application.added", "application.approved"]


def test_swapped_links_change_nothing(watch: Line) -> None:
    start(watch)
    (one, first), (other, second) = watch.site.documents.items()
    watch.site.documents = {
        one: Document(second.body, "Fri, 30 May 2025 10:00:00 GMT"),
        other: Document(first.body, "Fri, 30 May 2025 10:00:00 GMT"),
    }
    assert watch.poll().outcome == UNCHANGED
    assert watch.kinds() == []


def test_swapped_links_with_news_are_read_by_content(watch: Line) -> None:
    start(watch)
    watch.site.publish("participating", pending_sheet([APPLICATION, row("IOWA", "Polk County Sheriff's Office", JEM)]))
    watch.site.publish("pending", sheet([*OLD, row("MAINE", "Wells Police Department", type="Municipality")]))
    result = watch.poll()
    assert sorted(watch.kinds()) == ["agreement.added", "application.added"]
    assert all("by its content" in publication.reasons[0] for publication in result.publications)


def test_a_list_that_lost_its_signing_dates_is_not_taken_for_the_other_one(watch: Line) -> None:
    start(watch)
    columns = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "MOA")
    watch.site.publish("participating", sheet([*OLD, NEW], columns))
    result = watch.poll()
    assert result.outcome == INCOMPLETE
    assert {document.outcome for document in result.documents} == {"wrong_list", "same"}
    assert watch.kinds() == []
    assert "document:participating" in watch.store.journal.alarms()


def test_an_announced_link_is_asked_again_until_it_answers(watch: Line) -> None:
    start(watch)
    path = watch.site.publish("participating", sheet([*OLD, NEW]))
    late = watch.site.documents.pop(path)
    for _ in range(3):
        result = watch.poll()
        assert result.outcome == INCOMPLETE
        assert {d.outcome for d in result.documents if d.url.endswith(path)} == {"announced"}
    assert len(watch.agencies()) == 3
    watch.site.documents[path] = late
    watch.poll()
    assert watch.kinds() == ["agreement.added"]


FAULTS: dict[str, tuple[Fault, str]] = {
    "403": (Fault("", "status", 403, 9), "blocked"),
    "404": (Fault("", "status", 404, 9), "not_found"),
    "429": (Fault("", "status", 429, 9), "rate_limited"),
    "500": (Fault("", "status", 500, 9), "server_error"),
    "503": (Fault("", "retry_after", 1, 9), "server_error"),
    "access denied under 200": (
        Fault("", "body", b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>You don't have permission</BODY></HTML>", 9),
        "blocked",
    ),
    "truncated": (Fault("", "truncated", None, 9), "truncated"),
    "garbage": (Fault("", "body", b"\x00\x93\xffgarbage" * 99, 9), "not_a_workbook"),
    "empty": (Fault("", "body", b"", 9), "empty"),
    "reset": (Fault("", "reset", None, 9), "truncated"),
    "zip bomb": (Fault("", "body", bomb(), 9), "zip_bomb"),
    "redirect elsewhere": (Fault("", "redirect", "http://169.254.169.254/latest", 9), "host_not_allowed"),
    "redirect for ever": (Fault("", "redirect", PAGE + "/round", 9), "too_many_redirects"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_document_is_named_and_the_next_poll_catches_up(watch: Line, name: str) -> None:
    start(watch)
    path = watch.site.publish("participating", sheet([*OLD, NEW]))
    fault, outcome = FAULTS[name]
    # A loop of redirects leads away from the document's own path.
    watch.site.faults = [
        Fault("/", fault.kind, fault.value, 99) if name == "redirect for ever" else Fault(path, fault.kind, fault.value, 9)
    ]
    if name == "redirect for ever":
        watch.site.faults = [Fault(path, "redirect", path, 99)]
    result = watch.poll()
    told = {document.outcome for document in result.documents if document.url.endswith(path)}
    assert result.outcome == INCOMPLETE
    assert told == {"announced" if outcome == "not_found" else outcome}
    assert watch.kinds() == []
    watch.site.faults.clear()
    assert watch.poll().outcome == CHANGED
    assert watch.kinds() == ["agreement.added"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_page_is_named_and_the_next_poll_catches_up(watch: Line, name: str) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]))
    fault, outcome = FAULTS[name]
    value = PAGE if name == "redirect for ever" else fault.value
    watch.site.faults = [Fault(PAGE, fault.kind, value, 99)]
    expected = {"not_a_workbook": "not_a_page", "zip_bomb": "not_a_page"}.get(outcome, outcome)
    assert watch.poll().outcome == f"page_{expected}"
    assert watch.kinds() == []
    watch.site.faults.clear()
    watch.poll()
    assert watch.kinds() == ["agreement.added"]


def test_one_bad_moment_is_healed_by_a_retry_in_the_same_poll(watch: Line) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.site.faults = [Fault("participating", "retry_after", 7)]
    assert watch.poll().outcome == CHANGED
    assert watch.waited == [7.0], "Retry-After is not honoured"


def test_a_page_without_any_list_is_an_error_and_not_silence(watch: Line) -> None:
    start(watch)
    watch.site.links.clear()
    result = watch.poll()
    assert (result.outcome, result.good) == (NO_LIST, False)
    assert watch.kinds() == [], "a page of another form is no news about the lists"
    assert "no_list" in watch.store.journal.alarms()


def test_the_pending_list_leaving_the_page_is_an_event_and_no_withdrawal(watch: Line) -> None:
    start(watch)
    watch.site.unlink("pending")
    assert watch.poll().outcome == CHANGED
    assert watch.kinds() == ["list.left_page"]
    assert watch.agencies("pending") == ["Butler County Sheriff's Office"]
    assert watch.poll().outcome == UNCHANGED
    watch.site.publish("pending", pending_sheet([APPLICATION]))
    watch.poll()
    assert watch.kinds() == ["list.left_page", "list.returned"]


def test_a_link_without_extension_or_etag_is_read_by_its_disposition(watch: Line) -> None:
    watch.site.links = {"/file-download/download/public/209067": "View 287(g) Participating Agencies"}
    watch.site.documents["/file-download/download/public/209067"] = Document(
        sheet(OLD), disposition='attachment; filename="participatingAgencies05292025am.xlsx"'
    )
    assert watch.poll().outcome == FIRST_RUN
    assert watch.store.publications()[0].name == "participatingAgencies05292025am.xlsx"


def test_a_roster_printed_as_a_table_in_the_page_is_read(watch: Line) -> None:
    table = (
        "<table><tr><th>STATE</th><th>LAW ENFORCEMENT AGENCY</th><th>SUPPORT TYPE</th><th>SIGNED</th><th>MOA</th></tr>"
        "<tr><td>TEXAS</td><td>Smith County Sheriff’s Office</td><td>Task Force Model</td><td>05/20/2025</td>"
        '<td><a href="/doclib/287gMOA/smith.pdf">link</a></td></tr>{}</table>'
    )
    watch.site.main = table.format("")
    assert watch.poll().outcome == FIRST_RUN
    assert watch.poll().outcome == UNCHANGED
    extra = "<tr><td>OHIO</td><td>Butler County Sheriff’s Office</td><td>Task Force Model</td><td>05/21/2025</td><td>link pending</td></tr>"
    watch.site.main = table.format(extra)
    watch.poll()
    assert watch.kinds() == ["agreement.added"]
    assert watch.store.standing("participating")[-1].moa_url == f"{watch.site.address}/doclib/287gMOA/smith.pdf"
    assert watch.store.publications()[0].sha256 in {one.sha256 for one in watch.store.documents()}


def test_the_table_giving_way_to_a_workbook_is_no_news(watch: Line) -> None:
    headings = "".join(f"<th>{name}</th>" for name in ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"))
    lines = [(r["STATE"], r["LAW ENFORCEMENT AGENCY"], r["SUPPORT TYPE"], "2025-05-20", "link pending") for r in OLD]
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in one) + "</tr>" for one in lines)
    watch.site.main = f"<table><tr>{headings}</tr>{cells}</table>"
    watch.poll()
    watch.site.main = ""
    watch.site.publish("participating", sheet(OLD))
    watch.poll()
    assert watch.kinds() == []


def test_an_implausible_publication_is_held_until_the_next_plausible_one(watch: Line) -> None:
    many = [
        row("TEXAS", f"{name} County Sheriff's Office")
        for name in ["Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee", "Mills", "Noble"]
    ]
    watch.site.publish("participating", sheet([*OLD, *many]))
    watch.poll()
    watch.site.publish("participating", sheet(OLD))
    result = watch.poll()
    assert watch.kinds() == ["publication.held"]
    assert result.publications[0].status == "held"
    assert len(watch.agencies()) == 17
    assert watch.poll().outcome == UNCHANGED, "a held publication is judged again at every poll"
    watch.site.publish("participating", sheet([*OLD, *many, NEW]))
    watch.poll()
    assert watch.kinds() == ["publication.held", "agreement.added", "publication.released"]


def test_a_held_publication_is_believed_when_a_later_one_says_the_same(watch: Line) -> None:
    many = [
        row("TEXAS", f"{name} County Sheriff's Office")
        for name in ["Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee", "Mills", "Noble"]
    ]
    watch.site.publish("participating", sheet([*OLD, *many]))
    watch.poll()
    watch.site.publish("participating", sheet(OLD))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.poll(after=timedelta(hours=20))
    kinds = watch.kinds()
    assert kinds.count("agreement.removed") == 14
    assert kinds.count("agreement.added") == 1
    assert kinds[-1] == "publication.released"


def test_an_unreadable_row_is_reported_with_its_place(watch: Line) -> None:
    watch.site.publish("participating", sheet([*OLD, row("TEXAS", "Jones County Sheriff's Office", "Cons")]))
    (publication,) = watch.poll().publications
    (entry,) = publication.unreadable
    assert (entry["sheet"], entry["row"]) == ("Sheet1", 5)
    assert "Jones County Sheriff's Office" in watch.agencies(), "a row that cannot be read whole vanished"


def test_the_operator_hears_once_that_the_page_is_gone_and_once_that_it_is_back(site: Site, tmp_path: Path) -> None:
    channel = {"type": "slack", "name": "ops", "url": f"{site.address}/hook", "tell": ["operator"]}
    with line(site, tmp_path / "state", channels=[channel]) as watch:
        start(watch)
        site.faults = [Fault(PAGE, "status", 403, 99)]
        for _ in range(12):
            watch.poll()
        site.faults.clear()
        watch.poll()
        watch.poll()
        watch.deliver()
        titles = [post["blocks"][0]["text"]["text"] for post in site.posts]
        assert titles == ["The 287(g) page cannot be read", "Over: the 287(g) page cannot be read"]


def test_a_failure_while_committing_hides_nothing(watch: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]))
    real = watch.store._append  # a step inside the transaction

    def fails(event: Any) -> Any:
        real(event)
        raise OSError("disk full")

    monkeypatch.setattr(watch.store, "_append", fails)
    with pytest.raises(OSError, match="disk full"):
        watch.poll()
    monkeypatch.undo()
    assert watch.kinds() == []
    watch.poll()
    assert watch.kinds() == ["agreement.added"]
    assert all(request.status != 304 for request in watch.site.asked("participatingAgencies2"))


def test_what_is_learnt_and_who_is_to_be_told_are_kept_together_or_not_at_all(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = [{"type": "slack", "name": name, "url": f"{site.address}/{name}"} for name in ("desk", "newsroom")]
    with line(site, tmp_path / "state", channels=channels) as watch:
        start(watch)
        site.publish("participating", sheet([*OLD, NEW]))
        real = watch.store.alerts.add  # comes after the events

        def fails(*given: Any) -> None:
            real(*given)
            raise OSError("disk full")

        monkeypatch.setattr(watch.store.alerts, "add", fails)
        with pytest.raises(OSError, match="disk full"):
            watch.poll()
        monkeypatch.undo()
        assert (watch.kinds(), watch.store.alerts.waiting()) == ([], {})
        watch.poll()
        assert watch.kinds() == ["agreement.added"]
        assert watch.store.alerts.waiting() == {"desk": (1, watch.now), "newsroom": (1, watch.now)}


def sightings(watch: Line) -> list[tuple[str, int, int]]:
    """(name, first minute, last minute) of every sighting."""
    minute = timedelta(minutes=1)
    return [
        (one.name, (one.first_seen - START) // minute, (one.last_seen - START) // minute) for one in watch.store.sightings.all()
    ]


def test_what_was_seen_when_is_kept_with_what_the_server_said(watch: Line) -> None:
    start(watch)
    watch.poll()
    path = watch.site.publish("participating", sheet([*OLD, NEW]), "next.xlsx")
    watch.poll()
    watch.poll()
    assert sightings(watch) == [
        ("participatingAgencies0.xlsx", 10, 20),
        ("pendingAgencies1.xlsx", 10, 40),
        ("287g", 10, 20),
        ("next.xlsx", 30, 40),
        ("287g", 30, 40),
    ]
    newest = [*watch.store.sightings.all()][3]
    assert newest.url == watch.site.address + path
    assert newest.how == "fetched"
    assert newest.headers["last-modified"] == watch.site.documents[path].modified
    assert "date" in newest.headers
    assert watch.store.sightings.broken() == []


def test_the_same_document_with_another_date_is_seen_anew(watch: Line) -> None:
    start(watch)
    path = next(iter(watch.site.documents))
    watch.site.documents[path].modified = "Fri, 30 May 2025 14:00:00 GMT"
    watch.poll()
    assert [one[0] for one in sightings(watch)].count("participatingAgencies0.xlsx") == 2


def test_no_cookie_is_kept(watch: Line) -> None:
    start(watch)
    kept = [one.headers for one in watch.store.sightings.all()]
    assert len(kept) == 3
    assert "cookie" not in str(kept)
    assert "session=" not in str(kept)


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MORE = '<a href="{href}">{text}</a>'


def documents_told(watch: Line) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (event.kind, event.document["name"], {**event.changes})
        for event in watch.store.events()
        if event.document and not event.listing
    ]


def test_other_documents_on_the_page_are_told_when_they_come_change_and_go(watch: Line) -> None:
    start(watch)
    assert documents_told(watch) == []
    watch.site.main = MORE.format(href="/doclib/287g/template1.pdf", text="MOA template")
    result = watch.poll()
    assert result.outcome == CHANGED
    (event,) = result.events
    assert event.document == {
        "url": f"{watch.site.address}/doclib/287g/template1.pdf",
        "text": "MOA template",
        "name": "template1.pdf",
    }
    watch.site.main = MORE.format(href="/doclib/287g/template2.pdf", text="MOA template")
    watch.poll()
    watch.site.main = ""
    watch.poll()
    before, after = (f"{watch.site.address}/doclib/287g/template{number}.pdf" for number in (1, 2))
    assert documents_told(watch) == [
        ("document.added", "template1.pdf", {}),
        ("document.changed", "template2.pdf", {"url": (before, after)}),
        ("document.removed", "template2.pdf", {}),
    ]


def test_a_new_list_is_no_document(watch: Line) -> None:
    start(watch)
    watch.site.publish("participating", sheet([*OLD, NEW]), "another.xlsx")
    watch.site.publish("pending", pending_sheet([APPLICATION]), "download")
    watch.poll()
    assert documents_told(watch) == []


def test_a_page_without_its_lists_says_nothing_of_documents(watch: Line) -> None:
    start(watch)
    watch.site.links = {}
    watch.poll()
    watch.site.faults = [Fault("/doclib/", "status", 503, times=99)]
    watch.poll()
    assert documents_told(watch) == []


def test_documents_on_the_page_reach_whoever_asks_for_them(site: Site, tmp_path: Path) -> None:
    channels = [
        {"type": "webhook", "name": name, "url": f"{site.address}/{name}", "tell": tell, "secret": SECRET}
        for name, tell in (("news", ["news"]), ("all", ["news", "corrections"]))
    ]
    with line(site, tmp_path / "state", channels=channels) as watch:
        start(watch)
        watch.deliver()
        posted = len(site.posts)
        watch.site.main = MORE.format(href="/doclib/287g/template.pdf", text="MOA template")
        watch.poll()
        watch.deliver()
        (post,) = site.posts[posted:]
        assert post["type"] == "monitor287g.document.added"
        assert post["data"]["document"]["name"] == "template.pdf"
        watch.publish()
        feed = (watch.state.public / "feeds" / "corrections.xml").read_text()
        assert "Document linked on ICE's 287(g) page: MOA template" in feed
        assert "MOA template" not in (watch.state.public / "feed.xml").read_text()
        newest = max(watch.store.publications(), key=lambda one: (one.list == "participating", one.id))
        assert "MOA template" in (watch.state.public / "publications" / f"{newest.id}.html").read_text()


def test_a_poll_that_works_apart_learns_tells_and_keeps_the_same(site: Site, tmp_path: Path) -> None:
    channel = {"type": "slack", "url": f"{site.address}/hook"}
    learnt = {}
    for name in ("here", "apart"):
        site.links.clear()
        with line(site, tmp_path / name, channels=[channel]) as watch:
            work = {"read": read_roster_apart, "take": partial(take_apart, watch.settings, {})} if name == "apart" else {}
            told = []
            for rows in (OLD, [*OLD, NEW], OLD[:2]):
                body = BODIES.setdefault(len(rows), sheet(rows))
                site.publish("participating", body, f"list{len(rows)}.xlsx")
                watch.now += timedelta(minutes=10)
                with Fetcher(watch.settings, watch.pause) as fetcher:
                    poller = Poller(watch.store, watch.evidence, fetcher, watch.settings, **work)
                    told.append((poller.poll(watch.now).outcome, [event.kind for event in watch.store.events(bookkeeping=True)]))
            learnt[name] = told, [event.to_json() for event in watch.store.events(bookkeeping=True)], watch.store.alerts.waiting()
    assert learnt["here"] == learnt["apart"]
    assert learnt["here"][2], "nothing is to be told"


# A workbook says when it was made: every run is to see the same bytes.
BODIES: dict[int, bytes] = {}
