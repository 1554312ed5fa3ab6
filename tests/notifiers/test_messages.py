"""What people read: one message for each publication, grouped by state, in plain words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor.core.events import KINDS, NEWS, Event
from monitor.core.publication import Publication
from monitor.core.roster import Agreement, Application, Listing, Printed
from monitor.notifiers.messages import (
    Line,
    Links,
    Message,
    Section,
    alarm_message,
    changes_in_words,
    held_message,
    publication_message,
    start_message,
    told,
)
from monitor.notifiers.messages import test_message as message_of_a_test
from monitor.notifiers.rendering import as_html, as_text

AT = datetime(2025, 5, 30, 14, 5, 59, tzinfo=UTC)
ICE = "https://www.ice.gov/doclib/287gMOA"
LINKS = Links("https://monitor.example.org", "https://www.ice.gov/identify-and-arrest/287g")
PUBLICATION = Publication(
    id=7,
    list="participating",
    listed_as="participating",
    name="participatingAgencies05302025am.xlsx",
    url="https://www.ice.gov/x.xlsx",
    sha256="ab" * 32,
    roster_digest="cd",
    seen_at=AT,
    figures={"rows": 640, "agreements": 1_240, "states": 40, "pending": 1},
)


def agreement(
    state: str | None, agency: str, model: str | None = "TFM", signed: date | None = date(2025, 5, 20), **more: Any
) -> Any:
    return Agreement(
        state=state, agency=agency, agency_kind="sheriff", county=None, model=model, signed=signed, printed=Printed(), **more
    )


def application(state: str, agency: str, model: str = "WSO") -> Any:
    return Application(state=state, agency=agency, agency_kind="sheriff", county=None, model=model, printed=Printed())


def event(kind: str, listing: Listing | None = None, **more: Any) -> Event:
    name = "application" if isinstance(listing, Application) else "agreement"
    values = {name: listing, **more} if listing else more
    return Event(kind=kind, at=AT, publication=PUBLICATION.ref, **values)


def title(*kinds: str) -> str:
    """The title of a message about these kinds of events."""
    return publication_message(PUBLICATION, [event(kind) for kind in kinds], LINKS).title


SMITH = agreement("TX", "Smith County Sheriff’s Office", moa_url=f"{ICE}/smith.pdf")
EVENTS = [
    event("agreement.added", SMITH),
    event("agreement.added", agreement("OH", "Butler County Sheriff’s Office", "JEM", moa_url=f"{ICE}/butler.pdf")),
    event(
        "agreement.renewed",
        agreement("TX", "Travis County Constable", "WSO"),
        before=agreement("TX", "x", signed=date(2020, 6, 1)),
    ),
    event("agreement.removed", agreement("FL", "Bay County Sheriff’s Office", signed=None)),
    event("agreement.relisted", agreement("OH", "Ross County Sheriff’s Office"), reason="printed until May 2, 2025"),
    event("application.approved", application("OH", "Butler County Sheriff’s Office")),
    event("list.left_page", reason="the page no longer links it"),
]


def test_a_publication_reads_like_a_notice_grouped_by_state() -> None:
    message = publication_message(PUBLICATION, EVENTS, LINKS)
    assert (
        message.title
        == "2 new 287(g) agreements, 1 renewed, 1 back on the list, 1 ended, 1 application approved, 1 list left the page"
    )
    assert as_text(message) == (
        "Now 1,240 agreements in 40 states and 1 pending application."
        " Read from participatingAgencies05302025am.xlsx, seen May 30, 2025, 14:05 UTC.\n"
        "\n"
        "The lists\n"
        "- Left the page: participating list: the page no longer links it\n"
        "\n"
        "Florida\n"
        "- Ended: Bay County Sheriff’s Office: Task Force Model, no readable signing date\n"
        "\n"
        "Ohio\n"
        "- New: Butler County Sheriff’s Office: Jail Enforcement Model, signed May 20, 2025\n"
        f"  {ICE}/butler.pdf\n"
        "- Back on the list: Ross County Sheriff’s Office: Task Force Model, signed May 20, 2025 (printed until May 2, 2025)\n"
        "- Approved: Butler County Sheriff’s Office: Warrant Service Officer\n"
        "\n"
        "Texas\n"
        "- New: Smith County Sheriff’s Office: Task Force Model, signed May 20, 2025\n"
        f"  {ICE}/smith.pdf\n"
        "- Renewed: Travis County Constable: Warrant Service Officer, signed May 20, 2025 (before: signed June 1, 2020)\n"
        "\n"
        "More: https://monitor.example.org/#publication-7\n"
        "Source: https://www.ice.gov/identify-and-arrest/287g"
    )


TITLES = {
    ("agreement.added",): "1 new 287(g) agreement",
    ("agreement.added",) * 2: "2 new 287(g) agreements",
    ("agreement.removed",): "1 287(g) agreement ended",
    ("agreement.removed",) * 3: "3 287(g) agreements ended",
    ("agreement.removed", "agreement.added"): "1 new 287(g) agreement, 1 ended",
    ("agreement.renewed", "agreement.removed", "agreement.removed"): "1 287(g) agreement renewed, 2 ended",
    ("agreement.relisted",) * 2: "2 287(g) agreements back on the list",
    ("application.added",): "1 new application",
    ("application.added", "application.added", "application.approved"): "2 new applications, 1 application approved",
    ("application.withdrawn",) * 2: "2 applications withdrawn",
    ("list.left_page",): "1 list left the page",
    ("list.returned",) * 2: "2 lists back on the page",
    ("agreement.corrected",): "1 correction",
    ("agreement.corrected",) * 2: "2 corrections",
    ("moa.posted", "moa.posted", "addendum.posted"): "2 agreement documents posted, 1 addendum posted",
}


@pytest.mark.parametrize("kinds", TITLES)
def test_a_title_counts_in_singular_and_plural(kinds: tuple[str, ...]) -> None:
    assert title(*kinds) == TITLES[kinds]


@pytest.mark.parametrize(
    "kind", sorted(set(KINDS) - {"document.added", "document.changed", "document.removed"} - {"publication.held"})
)
def test_every_kind_that_can_be_told_has_words_of_its_own(kind: str) -> None:
    if told([event(kind)], ("news", "corrections")):
        (section,) = publication_message(PUBLICATION, [event(kind, SMITH)], LINKS).sections
        assert kind not in (section.lines[0].mark, title(kind))
        assert title(kind)[0] == "1"
    else:
        assert kind == "publication.released"


FIGURES: dict[str, dict[str, int]] = {
    "Now 1 agreement in 1 state and 2 pending applications.": {"agreements": 1, "states": 1, "pending": 2},
    "Now 0 agreements in 0 states.": {"agreements": 0, "states": 0},
    "Now 1,001 pending applications.": {"pending": 1_001},
    "": {},
}


@pytest.mark.parametrize("sentence", FIGURES)
def test_the_totals_are_those_that_are_known(sentence: str) -> None:
    publication = replace(PUBLICATION, figures=FIGURES[sentence], name="")
    summary = publication_message(publication, EVENTS, LINKS).summary
    assert summary == f"{sentence} Read from the page, seen May 30, 2025, 14:05 UTC."


def test_corrections_are_told_to_those_who_asked_for_them_only() -> None:
    kinds = (*KINDS, "agreement.baseline", "agreement.reprinted", "application.left")
    events = [event(kind) for kind in kinds]
    corrections = {"agreement.corrected", "application.corrected", "moa.posted", "moa.replaced", "addendum.posted"}
    assert {one.kind for one in told(events, ("news", "operator"))} == NEWS
    assert {one.kind for one in told(events, ("corrections",))} == corrections
    assert {one.kind for one in told(events, ("news", "corrections"))} == NEWS | corrections
    assert told(events, ("operator",)) == told(events, ()) == []


def test_news_among_corrections_make_a_message_news() -> None:
    correction = event("agreement.corrected", SMITH)
    assert publication_message(PUBLICATION, [correction], LINKS).severity == "corrections"
    assert publication_message(PUBLICATION, [correction, EVENTS[0]], LINKS).severity == "news"


def test_a_correction_says_what_it_was_before() -> None:
    changes = {"agency": ("Smith Couny", "Smith County"), "printed.moa": ("", "link"), "moa_url": (None, "https://x.example/")}
    words = "agency: Smith Couny → Smith County; moa: empty → link; moa url: empty → https://x.example/"
    assert changes_in_words(changes) == words
    (section,) = publication_message(PUBLICATION, [event("agreement.corrected", SMITH, changes=changes)], LINKS).sections
    assert section.lines[0].text.endswith(f"signed May 20, 2025 ({words})")


def test_a_doubtful_pair_is_told_as_doubtful() -> None:
    sure, doubtful = EVENTS[0], replace(EVENTS[0], doubt={"pair": "0123456789ab"})
    texts = [publication_message(PUBLICATION, [one], LINKS).sections[0].lines[0].text for one in (sure, doubtful)]
    assert [text.endswith("(possibly one and the same as another row told here)") for text in texts] == [False, True]


def test_what_cannot_be_read_is_said_and_not_left_out() -> None:
    (section,) = publication_message(
        PUBLICATION, [event("agreement.added", agreement(None, "Smith", None, None))], LINKS
    ).sections
    assert (section.title, section.lines[0].text) == ("The lists", "Smith: model not readable, no readable signing date")


def test_an_addendum_links_the_addendum() -> None:
    listing = replace(SMITH, addendum_url=f"{ICE}/addendum.pdf")
    urls = [
        publication_message(PUBLICATION, [event(kind, listing)], LINKS).sections[0].lines[0].url
        for kind in ("addendum.posted", "moa.posted")
    ]
    assert urls == [f"{ICE}/addendum.pdf", f"{ICE}/smith.pdf"]


def test_the_same_publication_has_the_same_id_whenever_it_is_told() -> None:
    first, again = (publication_message(PUBLICATION, EVENTS, LINKS) for _ in range(2))
    other = publication_message(replace(PUBLICATION, id=8), EVENTS, LINKS)
    assert first == again
    assert first.id != other.id
    assert first.at == "2025-05-30T14:05:59Z"


def messages() -> list[Message]:
    held = replace(PUBLICATION, reasons=("all 14 agreements of TX would end at once", "“quoted”\n\\"))
    return [
        publication_message(PUBLICATION, EVENTS, LINKS),
        start_message(PUBLICATION, LINKS),
        held_message(held, LINKS),
        alarm_message("document:pending", "no_list x", AT, AT + timedelta(hours=1), LINKS),
        message_of_a_test("desk", AT, LINKS),
        Message("id", "news", "", "", "2025"),
    ]


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.id.split("-")[0])
def test_a_message_survives_being_stored(message: Message) -> None:
    assert Message.from_json(json.loads(json.dumps(message.to_json(), ensure_ascii=False))) == message


def test_a_start_announces_nothing_as_new() -> None:
    message = start_message(PUBLICATION, LINKS)
    assert (message.title, message.sections) == ("Watching ICE's 287(g) list from here on", ())
    assert "None of these is news" in message.summary


def test_a_held_publication_tells_the_operator_why_and_what_to_run() -> None:
    message = held_message(replace(PUBLICATION, reasons=("31 of 640 rows would end at once",)), LINKS)
    assert (message.severity, message.title) == ("operator", "A publication of the participating list is held")
    assert "monitor287g release 7." in message.summary
    assert message.sections == (Section("Reasons", (Line("Why", "31 of 640 rows would end at once"),)),)


ALARMS = {
    "page": "The 287(g) page cannot be read",
    "no_list": "No agency list is found on the 287(g) page",
    "document:pending": "A linked pending list cannot be read",
    "announced:participating": "A linked participating list does not answer",
}


@pytest.mark.parametrize("key", ALARMS)
def test_an_alarm_says_since_when_and_its_end_how_long_it_lasted(key: str) -> None:
    later = AT + timedelta(hours=2)
    opened, over = (alarm_message(key, "blocked HTTP 403", AT, later, LINKS, over=over) for over in (False, True))
    assert (opened.title, opened.summary) == (ALARMS[key], "Since May 30, 2025, 14:05 UTC: blocked HTTP 403.")
    assert over.title == f"Over: {ALARMS[key][0].lower()}{ALARMS[key][1:]}"
    assert over.summary == "It lasted from May 30, 2025, 14:05 UTC to May 30, 2025, 16:05 UTC."
    assert opened.id != over.id


class Tags(HTMLParser):
    """The tags, attributes and text of an HTML fragment, as a mail reader finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert all(name == "href" for name, _ in attrs), attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "A & B", "]]>", "{{ 7 * 7 }} {0}"]
)
def test_a_hostile_name_is_text_in_a_mail(name: str) -> None:
    listing = replace(SMITH, agency=name, moa_url=f'{ICE}/"><b>.pdf')
    found = Tags(as_html(publication_message(replace(PUBLICATION, name=name), [event("agreement.added", listing)], LINKS)))
    assert found.tags == {"p", "h3", "ul", "li", "strong", "a"}
    assert f"New: {name}: Task Force Model" in found.text.replace("\n", " ")
    assert f"Read from {name}," in found.text
    assert found.links == [f'{ICE}/"><b>.pdf', "https://monitor.example.org/#publication-7", LINKS.page]
