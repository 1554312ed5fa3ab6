"""The site as a browser, a crawler and an attacker find it: valid, every link leads somewhere, inert whatever stands in a cell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from bs4 import BeautifulSoup, Tag

from monitor.core.events import iso
from monitor.core.memory import Known
from monitor.publishers.site.rendering import MINUTES, _environment, plain
from monitor.texts import ENGLISH
from tests.support.line import Line
from tests.support.sheets import JEM, WSO, pending_sheet, row, sheet
from tests.support.site import PAGE, Fault
from tests.support.told import HOSTILE

ICE = "https://www.ice.gov/doclib/287gMOA"
DAY = timedelta(days=1)
SMITH = row("TEXAS", "Smith County Sheriff's Office", county="Smith County")
CONSTABLE = row("TEXAS", "Travis County Constable", WSO, county="Travis County")
BAY = row("FLORIDA", "Bay County Sheriff's Office", JEM, county="Bay County")
BUTLER = row("OHIO", "Butler County Sheriff's Office", moa=f"{ICE}/butler.pdf", county="Butler County")
OLD = [SMITH, CONSTABLE, BAY]
ROOT = "https://monitor.example.org/"


@pytest.fixture
def followed(watch: Line) -> Line:
    """A line that learnt two lists, a new agreement that was pending, a correction, an end, and a held publication."""
    waiting = [row("OHIO", "Butler County Sheriff's Office"), row("UTAH", "Provo PD", WSO)]
    filler = [row("GEORGIA", f"{name} County Sheriff's Office", WSO) for name in COUNTIES]
    watch.settings = watch.settings.model_copy(
        update={"web": watch.settings.web.model_copy(update={"public_url": ROOT.rstrip("/")})}
    )
    for number, (rows, pending) in enumerate(
        [
            ([*OLD, *filler], waiting),
            ([*OLD, BUTLER, *filler], waiting[1:]),
            ([{**SMITH, "LAW ENFORCEMENT AGENCY": "Smith Couny Sheriff's Office"}, CONSTABLE, BUTLER, *filler], waiting[1:]),
            ([SMITH, CONSTABLE, BUTLER], waiting[1:]),
            ([SMITH, CONSTABLE, BUTLER, *filler], waiting[1:]),
        ]
    ):
        watch.site.publish("participating", sheet(rows), f"participatingAgencies{number}.xlsx")
        watch.site.publish("pending", pending_sheet(pending), f"pendingAgencies{number}.xlsx")
        watch.poll(after=DAY)
    return watch


COUNTIES = (
    *("Appling", "Bacon", "Baker", "Baldwin", "Banks", "Barrow", "Bartow", "Berrien", "Bibb", "Bleckley", "Brantley", "Brooks"),
    *("Bryan", "Bulloch", "Burke", "Butts", "Calhoun", "Camden", "Candler", "Carroll", "Catoosa", "Charlton", "Chatham", "Clay"),
)


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, text) of every page."""
    for path in sorted(folder.rglob("*.html")):
        yield path.relative_to(folder).as_posix(), path.read_text("utf-8")


def soup(watch: Line, path: str) -> Tag:
    return BeautifulSoup((watch.state.public / path).read_text("utf-8"), "lxml")


def text(watch: Line, path: str) -> str:
    main = soup(watch, path).find("main")
    assert main
    return " ".join(main.get_text(" ").split())


# -- every page ------------------------------------------------------------------------------------------------------------------


def test_every_page_is_valid_html(followed: Line) -> None:
    followed.publish()
    found = dict(pages(followed.state.public))
    assert len(found) > 100
    for path, html in found.items():
        try:
            html5lib.HTMLParser(strict=True).parse(html)
        except html5lib.html5parser.ParseError as error:
            pytest.fail(f"{path}: {error}")
        ids = re.findall(r'\sid="([^"]*)"', html)
        assert len(ids) == len({*ids}), f"{path}: an id stands twice"


def test_every_link_leads_to_a_file_and_every_fragment_to_a_place_in_it(followed: Line) -> None:
    followed.publish()
    public = followed.state.public
    found = {path: BeautifulSoup(html, "lxml") for path, html in pages(public)}
    ids = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in found.items()}
    checked = 0
    for path, page in found.items():
        for tag in page.find_all(["a", "link", "script", "img", "meta", "use"]):
            link = tag.get("href") or tag.get("src") or (tag.get("content") if tag.get("property") == "og:image" else None)
            if not link:
                continue
            address, fragment = urldefrag(urljoin(ROOT + path, str(link)))
            if not address.startswith(ROOT):
                assert tag.name == "a" and urlsplit(address).scheme in ("http", "https"), f"{path}: {link}"
                continue
            target = address.removeprefix(ROOT) or "index.html"
            target += "index.html" if target.endswith("/") else ""
            assert (public / target).is_file(), f"{path} links {link}"
            assert not fragment or fragment in ids[target], f"{path} links {link}, and there is no such place"
            checked += 1
    assert checked > 1_000


def test_every_page_says_what_it_is_in_its_language_and_where_the_other_is(followed: Line) -> None:
    followed.publish()
    titles: dict[str, str] = {}
    for path, html in pages(followed.state.public):
        page = BeautifulSoup(html, "lxml")
        code = "es" if path.startswith("es/") else "en"
        assert page.html and page.html["lang"] == f"{code}-US"
        title, description = page.find("title"), page.find("meta", attrs={"name": "description"})
        assert title and title.get_text() and description and len(str(description["content"])) > 20, path
        assert len(page.find_all("h1")) == 1, path
        if path.endswith("404.html"):
            continue
        assert titles.setdefault(title.get_text(), path) == path, f"{path} has the title of {titles[title.get_text()]}"
        others = {str(tag["hreflang"]): str(tag["href"]) for tag in page.find_all("link", hreflang=True)}
        bare = path.removeprefix("es/").removesuffix("index.html")
        assert others == {"en": ROOT + bare, "es": f"{ROOT}es/{bare}"}, path


def test_no_page_asks_another_host_for_anything(followed: Line) -> None:
    followed.publish()
    for path, html in pages(followed.state.public):
        page = BeautifulSoup(html, "lxml")
        for tag in page.find_all(["script", "link", "img", "iframe", "object", "embed", "style", "form"]):
            if tag.name == "link" and {"canonical", "alternate"} & {*tag["rel"]}:
                continue
            source = str(tag.get("src") or tag.get("href") or "").removeprefix(ROOT)
            assert (source and not urlsplit(source).netloc) or tag.name == "form", f"{path}: {tag}"
            assert tag.name in ("script", "link", "form"), f"{path}: {tag}"
        handlers = {name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")}
        assert not handlers, f"{path} has a handler of events in an attribute"


def test_each_text_of_a_page_is_there_in_spanish_too(followed: Line) -> None:
    followed.publish()
    for path, html in pages(followed.state.public):
        if path.startswith("es/"):
            said = BeautifulSoup(html, "lxml").find("nav")
            assert said and "Suscribirse" in said.get_text(), path


# -- what single pages say -------------------------------------------------------------------------------------------------------


def test_before_the_first_poll_every_page_is_there_and_says_that_nothing_was_read(watch: Line) -> None:
    watch.publish()
    assert "has not been read yet" in text(watch, "index.html")
    assert "none yet" in text(watch, "status.html")
    for path, html in pages(watch.state.public):
        html5lib.HTMLParser(strict=True).parse(html)
        assert "None" not in BeautifulSoup(html, "lxml").get_text().replace("None so far", "").replace("None is", ""), path


def test_the_front_page_has_the_figures_the_changes_and_who_waits(followed: Line) -> None:
    followed.publish()
    said = text(followed, "index.html")
    assert "27 agreements in 3 states, 1 pending application" in said
    assert "New Butler County Sheriff's Office , Ohio , Task Force Model, signed May 20, 2025" in said
    assert "Ended Bay County Sheriff's Office , Florida" in said
    assert "Provo PD , Utah , Warrant Service Officer" in said


def test_a_publication_has_its_events_before_and_after_and_its_evidence(followed: Line) -> None:
    followed.publish()
    corrected = next(event for event in followed.store.events(kinds=["agreement.corrected"]))
    assert corrected.publication
    path = f"publications/{corrected.publication.id}.html"
    said = text(followed, path)
    assert "Smith County Sheriff's Office → Smith Couny Sheriff's Office" in said
    assert "the same name typed differently" in said
    assert corrected.publication.sha256 in said and corrected.publication.name in said
    (link,) = soup(followed, path).find_all("a", download=True)
    kept = (followed.state.public / "publications" / str(link["href"])).resolve()
    assert sha256(kept.read_bytes()).hexdigest() == corrected.publication.sha256
    assert link["download"] == corrected.publication.name


def test_a_saved_page_is_given_as_text_so_that_no_browser_runs_it(watch: Line) -> None:
    headings = "".join(f"<th>{name}</th>" for name in ("STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"))
    cells = "<td>TEXAS</td><td>Smith County Sheriff's Office</td><td>Jail Enforcement Model</td><td>5/20/2025</td><td>link</td>"
    watch.site.main = f"<table><tr>{headings}</tr><tr>{cells}</tr></table><script>alert(1)</script>"
    watch.poll()
    watch.publish()
    (publication,) = watch.store.publications()
    assert (watch.state.public / "documents" / f"{publication.sha256}.txt").is_file()
    assert not [*(watch.state.public / "documents").glob("*.html")]


def test_an_agency_has_its_history_through_names_and_applications(followed: Line) -> None:
    followed.publish()
    said = text(followed, "agencies/tx-smith-county-sheriffs-office.html")
    assert "Also printed as: Smith Couny Sheriff's Office" in said
    said = text(followed, "agencies/oh-butler-county-sheriffs-office.html")
    assert "became an agreement" in said and "1 agreement in force" in said
    assert ("Agreement" in said and said.index("New") < said.index("Approved")) or said.index("Approved")
    said = text(followed, "agencies/fl-bay-county-sheriffs-office.html")
    assert "no agreement in force" in said and "gone since" in said and "Ended" in said


def test_a_state_has_its_agencies_its_map_as_a_table_too_and_its_files(followed: Line) -> None:
    followed.publish()
    page = soup(followed, "states/tx.html")
    assert "2 agreements in force, 0 pending applications." in text(followed, "states/tx.html")
    details = page.find("details")
    assert details and [" ".join(tr.get_text(" ").split()) for tr in details.find_all("tr")][1:] == [
        "Smith County 1",
        "Travis County 1",
    ]
    assert page.find("svg", class_="chart")
    assert {"../feeds/tx.xml", "../feeds/tx.atom", "../data/tx/events.xlsx"} <= {
        str(tag["href"]) for tag in page.find_all("a", href=True)
    }


def test_days_are_counted_up_to_the_day_of_the_build(followed: Line) -> None:
    followed.now += 10 * DAY
    followed.publish()
    (provo,) = [known for known in followed.store.known("pending") if known.stands]
    waited = (followed.now.date() - provo.first_seen.date()).days
    assert f"Provo PD Utah Warrant Service Officer {short(provo)} {waited}" in text(followed, "pending.html")


def short(known: Known) -> str:
    return ENGLISH.short_day(known.first_seen.date(), with_year=True)


def test_the_guard_s_log_has_what_was_held_why_and_what_became_of_it(followed: Line) -> None:
    followed.publish()
    said = text(followed, "guard.html")
    assert "held, then made moot by the next one" in said and "would end at once" in said


def test_a_list_that_left_the_page_is_said_to_have(followed: Line) -> None:
    followed.site.unlink("pending")
    followed.poll(after=DAY)
    followed.publish()
    assert f"The pending list left ICE's page on {ENGLISH.day(followed.now.date())} ." in text(followed, "pending.html")
    assert "not on the page now" in text(followed, "status.html")


def test_what_is_wrong_with_the_source_is_said_while_it_lasts_and_after(followed: Line) -> None:
    followed.site.faults.append(Fault(PAGE, "status", 503, times=100))
    for _ in range(9):
        followed.poll()
    followed.publish()
    said = text(followed, "status.html")
    assert "not everything answered" in said and "ICE's page cannot be had , since" in said
    followed.site.faults.clear()
    followed.poll()
    followed.publish()
    said = text(followed, "status.html")
    assert "Nothing that is known." in said and "What was wrong before ICE's page cannot be had: " in said


def test_the_heartbeat_is_json(followed: Line) -> None:
    followed.publish()
    beat = json.loads((followed.state.public / "status.json").read_text())
    assert beat["status"] == "ok" and beat["last_poll_at"] == iso(followed.now) and beat["agreements"] == 27
    assert beat["lists"]["participating"]["on_page"] is True
    record = beat["record"]
    assert (record["events"], record["events_head"]) == followed.store.head()
    assert (record["sightings"], record["sightings_head"]) == followed.store.sightings.head()


# -- what cells may try ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", HOSTILE, ids=lambda cell: repr(cell[:20]))
def test_a_hostile_cell_is_inert_on_every_page(watch: Line, cell: str) -> None:
    printable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", cell)[:32_000]
    rows = [
        {**SMITH, "LAW ENFORCEMENT AGENCY": f"{printable} Police", "COUNTY": printable, "TYPE": printable},
        {**BAY, "MOA": ("link", f"javascript:alert(1)//{printable}")},
        {**BUTLER, "STATE": printable},
    ]
    watch.site.publish("participating", sheet([CONSTABLE]), "one.xlsx")
    watch.poll()
    watch.site.publish("participating", sheet([CONSTABLE, *rows]), "two.xlsx")
    watch.site.publish("pending", pending_sheet([{**SMITH, "LAW ENFORCEMENT AGENCY": f"{printable} Police"}]))
    watch.poll()
    watch.publish()
    seen = 0
    for path, html in pages(watch.state.public):
        html5lib.HTMLParser(strict=True).parse(html)
        page = BeautifulSoup(html, "lxml")
        scripts = {str(tag.get("src", "")).rpartition("/")[2] for tag in page.find_all("script")}
        assert scripts <= {"browse.js", "status.js"}, path
        assert not page.find_all(["img", "iframe"]), path
        assert not [tag for tag in page.find_all(href=True) if str(tag["href"]).lower().startswith(("javascript:", "data:"))], (
            path
        )
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", html), path
        seen += "Police" in page.get_text() or "…" in page.get_text()
        assert len(html) < 200_000, f"{path} grew with the cell"
    assert seen >= 4


@pytest.mark.parametrize("unseen", ["\x00", "\x1b[31m", "\u202e", "\ud800", "\ufffe", "\u200f"])
def test_what_cannot_be_seen_is_left_out_of_a_page(unseen: str) -> None:
    assert plain(f"Smith{unseen}County") == f"Smith{unseen[1:]}County"


def test_a_name_without_end_has_one_on_a_page() -> None:
    assert len(plain("A" * 10_000)) == 301


def test_what_the_pages_remember_of_minutes_does_not_grow_with_every_poll() -> None:
    minute = _environment(ENGLISH).filters["minute"]
    for number in range(2 * MINUTES):
        minute(datetime(2025, 5, 29, tzinfo=UTC) + timedelta(minutes=number))
    assert minute.cache_info().currsize == MINUTES


def test_templates_are_translated_once_and_a_cache_that_takes_nothing_holds_up_no_page(
    watch: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    _environment.cache_clear()
    try:
        watch.publish()
        kept = {path.name: path.stat().st_ino for path in (tmp_path / "cache").glob("*.template")}
        assert kept
        _environment.cache_clear()
        watch.publish()
        assert {path.name: path.stat().st_ino for path in (tmp_path / "cache").glob("*.template")} == kept
        for path in (tmp_path / "cache").iterdir():
            path.unlink()

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("jinja2.bccache.tempfile.NamedTemporaryFile", full)
        _environment.cache_clear()
        assert (watch.state.public / "status.html").exists()
        watch.publish()
        assert not [*(tmp_path / "cache").iterdir()]
    finally:
        _environment.cache_clear()
