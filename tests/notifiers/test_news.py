"""Events as news: a notice grouped by state, one line for one thing, and nothing for what was undone before it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from monitor.core.events import Event
from monitor.core.firsts import COUNTY, MODEL, STATE
from monitor.core.publication import Publication
from monitor.notifiers.messages import CORRECTIONS, NEWS, Message
from monitor.notifiers.news import alert, correction
from monitor.notifiers.wording import WORDS
from tests.support.told import AT, FIGURES, ICE, LINKS, agreement, application, corrected, event, joined, lines, publication, told

SMITH = agreement("Smith County Sheriff’s Office", moa_url=f"{ICE}/smith.pdf")
BUTLER = agreement("Butler County Sheriff’s Office", "OH", "JEM", moa_url=f"{ICE}/butler.pdf")
BAY = agreement("Bay County Sheriff’s Office", "FL", signed=None)
TRAVIS = agreement("Travis County Constable", "TX", "WSO")
LATER = AT + timedelta(days=1)
EVENTS = [
    event("agreement.added", SMITH, 1),
    event("agreement.added", BUTLER, 2),
    event("agreement.renewed", TRAVIS, 3, before=agreement("x", signed=date(2020, 6, 1))),
    event("agreement.relisted", agreement("Ross County Sheriff’s Office", "OH"), 4, reason="back as before"),
    event("agreement.removed", BAY, 5),
    event("application.added", application("Alpha Police Department", "FL", "WSO"), 6),
    event("list.left_page", None, 7, reason="the page no longer links it"),
]


def message(*events: Event, of: Sequence[Publication] = (), **more: Any) -> Message:
    """The alert of events; fails the test where there is none."""
    found = alert([*of] or [publication()], events, LINKS, **more)
    assert found is not None
    return found


def summary(**figures: Any) -> str:
    return message(EVENTS[0], of=[publication(figures=figures)]).summary


# -- how it reads ----------------------------------------------------------------------------------------------------------------


def test_an_alert_reads_like_a_notice_grouped_by_state_the_weightiest_first() -> None:
    found = message(*EVENTS)
    counts = "2 new 287(g) agreements, 1 renewed, 1 back on the list, 1 ended, 1 new application, 1 list left the page"
    assert found.title == counts
    assert found.summary == f"{counts}: now 1,240 agreements in 40 states; 1 pending application."
    assert [section.title for section in found.sections] == ["The lists", "Florida", "Ohio", "Texas"]
    assert told(found) == [
        "Left the page: participating list: the page no longer links it",
        "Ended: Bay County Sheriff’s Office: Task Force Model, no readable signing date",
        "Applied: Alpha Police Department: Warrant Service Officer",
        "New: Butler County Sheriff’s Office: Jail Enforcement Model, signed May 20, 2025",
        "Back on the list: Ross County Sheriff’s Office: Task Force Model, signed May 20, 2025 (back as before)",
        "New: Smith County Sheriff’s Office: Task Force Model, signed May 20, 2025",
        "Renewed: Travis County Constable: Warrant Service Officer, signed May 20, 2025 (before: signed June 1, 2020)",
    ]
    assert [line.url for line in lines(found) if line.url] == [f"{ICE}/butler.pdf", f"{ICE}/smith.pdf"]


def test_the_agencies_of_a_state_stand_in_the_order_of_their_names() -> None:
    found = message(*(event("agreement.added", agreement(name), number) for number, name in enumerate(("C", "A", "B"), 1)))
    assert [line.text[0] for line in lines(found)] == ["A", "B", "C"]


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_the_title_of_a_message_about_one_thing_names_it(kind: str) -> None:
    if kind.startswith("list."):
        assert message(event(kind)).title == f"The participating list {WORDS[kind].title}"
    else:
        assert message(event(kind, SMITH)).title == f"{WORDS[kind].title}: Smith County Sheriff’s Office (Texas)"


def test_a_title_that_counts_names_the_program() -> None:
    ended = [event("agreement.removed", SMITH, 1), event("agreement.removed", BAY, 2)]
    assert message(*ended).title == "287(g): 2 agreements ended"
    assert message(EVENTS[0], *ended).title == "1 new 287(g) agreement, 2 ended"


def test_an_agency_whose_state_cannot_be_read_is_told_all_the_same() -> None:
    found = message(event("agreement.added", agreement("Smith", None, None, None)))
    assert found.title == "New 287(g) agreement: Smith (State not readable)"
    assert [section.title for section in found.sections] == ["State not readable"]
    assert told(found) == ["New: Smith: model not readable, no readable signing date"]


def test_a_row_whose_state_cannot_be_read_does_not_stand_under_the_lists() -> None:
    found = message(event("agreement.added", agreement("Smith", None)), EVENTS[-1])
    assert [section.title for section in found.sections] == ["The lists", "State not readable"]


def test_the_totals_are_those_that_are_known() -> None:
    one = "1 new 287(g) agreement: now "
    assert summary(agreements=1, states=1, pending=2) == f"{one}1 agreement in 1 state; 2 pending applications."
    assert summary(agreements=0, states=0) == f"{one}0 agreements in 0 states."
    assert summary(pending=1_001) == f"{one}1,001 pending applications."


def test_a_message_says_what_it_was_read_from_and_where_it_can_be_read_again() -> None:
    later = publication(8, "pending", AT + timedelta(minutes=3))
    found = message(*EVENTS, of=[publication(), later])
    assert [(source.name, source.sha256[-1], source.seen) for source in found.sources] == [
        ("participatingAgencies05302025am.xlsx", "7", "May 30, 2025, 14:05 UTC"),
        ("pendingAgencies05302025am.xlsx", "8", "May 30, 2025, 14:08 UTC"),
    ]
    assert [source.url for source in found.sources] == [
        f"https://monitor.example.org/publications/{number}.html" for number in (7, 8)
    ]
    assert (found.url, found.page, found.at) == (found.sources[1].url, LINKS.page, "2025-05-30T14:08:59Z")
    assert found.events == (1, 2, 3, 4, 5, 6, 7)


def test_a_document_without_a_name_is_the_page() -> None:
    assert message(EVENTS[0], of=[publication(name="")]).sources[0].name == "the page"


def test_a_message_has_one_id_however_often_it_is_made() -> None:
    assert message(*EVENTS) == message(*EVENTS)
    others = [message(*EVENTS[1:]), message(*EVENTS, of=[publication(8)])]
    assert len({message(*EVENTS).id, *(other.id for other in others)}) == 3


def test_news_among_corrections_make_a_message_news() -> None:
    mended = corrected(BAY, county="Bay County")
    assert message(mended).severity == CORRECTIONS
    assert message(mended, EVENTS[0]).severity == NEWS


def test_a_correction_says_what_it_was_before() -> None:
    assert told(message(corrected(SMITH, agency="Smyth County Sheriff’s Office"))) == [
        "Corrected: Smyth County Sheriff’s Office: Task Force Model, signed May 20, 2025"
        " (agency: Smith County Sheriff’s Office → Smyth County Sheriff’s Office)"
    ]


def test_an_addendum_links_the_addendum() -> None:
    (line,) = lines(message(event("addendum.posted", replace(SMITH, addendum_url=f"{ICE}/addendum.pdf"))))
    assert line.url == f"{ICE}/addendum.pdf"


def test_a_doubtful_pair_is_told_as_doubtful() -> None:
    sure, doubtful = (replace(EVENTS[0], doubt=doubt) for doubt in (None, {"pair": "0123456789ab"}))
    assert [lines(message(one))[0].note for one in (sure, doubtful)] == ["", "possibly one and the same as another row told here"]


# -- what makes it worth knowing -------------------------------------------------------------------------------------------------


def worth(what: str, listing: Any = SMITH, **figures: Any) -> Message:
    return message(
        event("agreement.added", listing, 1), of=[publication(figures={**FIGURES, "firsts": {listing.id: what}, **figures})]
    )


def test_the_first_agreement_of_a_state_is_said_at_the_top_and_behind_its_line() -> None:
    found = worth(STATE)
    assert found.notes == ("First agreement in Texas on record",)
    assert lines(found)[0].note == "first in Texas on record"


def test_the_first_of_a_county_or_of_its_model_is_said_behind_its_line() -> None:
    model, county = worth(MODEL), worth(COUNTY, replace(SMITH, county="Smith County"))
    assert [lines(found)[0].note for found in (model, county)] == ["first of its model in Texas", "first in Smith County"]
    assert model.notes == county.notes == ()


def test_a_first_that_is_not_told_here_is_not_spoken_of() -> None:
    """The channel is told of another state."""
    found = message(EVENTS[1], of=[publication(figures={**FIGURES, "firsts": {SMITH.id: STATE}})])
    assert found.notes == ()


def test_a_state_that_was_a_slip_is_not_given_another_states_first() -> None:
    """Read as Ohio's first agreement, mended to Texas before it was told: nothing says that it is Texas's first."""
    slip = replace(SMITH, state="OH")
    found = message(
        *(event("agreement.added", slip, 1), replace(corrected(slip, state="TX"), id=2)),
        of=[publication(figures={**FIGURES, "firsts": {SMITH.id: STATE}}), publication(8)],
    )
    assert [section.title for section in found.sections] == ["Texas"]
    assert "First agreement in Texas on record" not in found.notes


def test_records_are_said_at_the_top() -> None:
    found = message(EVENTS[0], of=[publication(figures={**FIGURES, "records": {"high": True, "passed": 1_200, "day": 12}})])
    assert found.notes == (
        "Reached 1,200 agreements for the first time on record",
        "12 new agreements in a day: more than on any other on record",
    )
    assert found.summary.endswith("now 1,240 agreements in 40 states, a new high; 1 pending application.")


def test_a_record_is_not_spoken_of_where_nothing_new_is_told() -> None:
    found = message(EVENTS[4], of=[publication(figures={**FIGURES, "records": {"passed": 1_200, "day": 12}})])
    assert found.notes == ()


def test_a_high_that_is_over_by_the_end_of_the_week_is_not_said_to_be_now() -> None:
    high = publication(figures={**FIGURES, "agreements": 1_250, "records": {"high": True}})
    fewer = publication(8, figures={**FIGURES, "agreements": 1_248})
    found = message(EVENTS[0], EVENTS[4], of=[high, fewer], period="weekly")
    assert "now 1,248 agreements in 40 states;" in found.summary


# -- one line for one thing ------------------------------------------------------------------------------------------------------

APPLIED = application("Smith County Sheriff’s Office")


def test_an_application_approved_and_its_new_agreement_are_one_line() -> None:
    approved = event("application.approved", APPLIED, 2, agreement=SMITH)
    for events in ([EVENTS[0], approved], [approved, EVENTS[0]]):
        found = message(*events)
        assert found.title == "New 287(g) agreement: Smith County Sheriff’s Office (Texas)"
        assert told(found) == ["New: Smith County Sheriff’s Office: Task Force Model, signed May 20, 2025 (was pending)"]
        assert sorted(found.events) == [1, 2]


def test_an_approval_whose_agreement_was_told_before_is_a_line_of_its_own() -> None:
    found = message(event("application.approved", APPLIED, agreement=SMITH))
    assert [line.mark for line in lines(found)] == ["Approved"]
    assert lines(found)[0].url == SMITH.moa_url


def test_an_approval_does_not_swallow_another_agreement() -> None:
    found = message(EVENTS[1], event("application.approved", APPLIED, 2, agreement=SMITH))
    assert [line.mark for line in lines(found)] == ["New", "Approved"]


def test_what_was_new_and_is_mended_before_it_is_told_is_one_line_as_it_stands_now() -> None:
    mended = replace(corrected(SMITH, signed=date(2025, 5, 21), moa_url=f"{ICE}/new.pdf"), id=2)
    found = message(EVENTS[0], mended)
    assert found.title == "New 287(g) agreement: Smith County Sheriff’s Office (Texas)"
    assert told(found) == ["New: Smith County Sheriff’s Office: Task Force Model, signed May 21, 2025"]
    assert lines(found)[0].url == f"{ICE}/new.pdf"
    assert found.events == (1, 2)


def test_a_document_posted_for_what_is_new_here_is_the_lines_own() -> None:
    posted = event("moa.posted", replace(TRAVIS, moa_url=f"{ICE}/travis.pdf"), 2)
    found = message(event("agreement.added", TRAVIS, 1), posted)
    assert [(line.mark, line.url) for line in lines(found)] == [("New", f"{ICE}/travis.pdf")]


def test_a_mended_application_is_one_line_too() -> None:
    after = replace(APPLIED, model="JEM")
    found = message(event("application.added", APPLIED, 1), event("application.corrected", after, 2, before=APPLIED))
    assert told(found) == ["Applied: Smith County Sheriff’s Office: Jail Enforcement Model"]


def test_what_ended_and_came_back_is_nothing() -> None:
    events = [event("agreement.removed", BAY, 1), event("agreement.relisted", BAY, 2)]
    assert alert([publication(), publication(8)], events, LINKS) is None
    assert [line.mark for line in lines(message(EVENTS[0], *events))] == ["New"]


def test_what_ended_came_back_and_ended_again_has_ended_once() -> None:
    kinds = ("agreement.removed", "agreement.relisted", "agreement.removed")
    found = message(*(event(kind, BAY, number) for number, kind in enumerate(kinds, 1)))
    assert [line.mark for line in lines(found)] == ["Ended"]


def test_what_a_person_found_to_be_one_agreement_is_neither_new_nor_ended() -> None:
    events = [event("agreement.added", SMITH, 1), event("agreement.removed", BAY, 2), replace(joined(BAY, SMITH), id=3)]
    assert alert([publication()], events, LINKS) is None


def test_two_agreements_of_one_agency_are_two_lines() -> None:
    found = message(EVENTS[0], event("agreement.added", replace(SMITH, id="other", model="JEM"), 2))
    assert len(lines(found)) == 2


# -- digests ---------------------------------------------------------------------------------------------------------------------


def test_a_digest_says_of_what_time_it_reports_and_draws_its_curve() -> None:
    growth = [("2025-05-01", 1_200), ("2025-05-30", 1_240)]
    found = message(*EVENTS[:2], EVENTS[4], period="weekly", growth=growth)
    assert found.title == "287(g) weekly: 2 new agreements, 1 ended"
    assert found.growth == (("2025-05-01", 1_200), ("2025-05-30", 1_240))


# -- corrections -----------------------------------------------------------------------------------------------------------------


def test_a_correction_names_the_message_that_it_puts_right_and_follows_it() -> None:
    first = message(EVENTS[0])
    mended = replace(corrected(SMITH, signed=date(2025, 5, 21)), id=9)
    found = correction(publication(8, seen_at=AT + timedelta(days=1)), [mended], first, LINKS, LATER)
    assert found.title == "Correction: Smith County Sheriff’s Office (Texas)"
    assert found.summary == (
        "ICE's list has changed what was told on May 30, 2025, 14:05 UTC"
        " (“New 287(g) agreement: Smith County Sheriff’s Office (Texas)”)."
    )
    assert told(found) == [
        "Corrected: Smith County Sheriff’s Office: Task Force Model, signed May 21, 2025 (signed: May 20, 2025 → May 21, 2025)"
    ]
    assert (found.thread, found.severity, found.events) == (first.id, CORRECTIONS, (9,))
    assert [source.sha256[-1] for source in found.sources] == ["8"]


def test_a_correction_of_several_counts_them() -> None:
    events = [replace(corrected(one, signed=date(2025, 5, 21)), id=number) for number, one in enumerate((SMITH, BUTLER), 8)]
    assert correction(publication(8), events, message(*EVENTS[:2]), LINKS, LATER).title == "Correction: 2 agreements"


def test_an_agreement_that_is_back_after_all_is_a_correction_too() -> None:
    back = event("agreement.relisted", BAY, 9, reason="back as it was printed before")
    found = correction(publication(8), [back], message(EVENTS[4]), LINKS, LATER)
    assert [(line.mark, line.note) for line in lines(found)] == [("Back on the list", "back as it was printed before")]


def test_a_persons_verdict_is_told_though_it_leaves_no_line_of_news() -> None:
    found = correction(publication(8), [joined(BAY, SMITH)], message(EVENTS[0], EVENTS[4]), LINKS, LATER)
    assert found.summary.startswith("A person has put right what was told on May 30, 2025, 14:05 UTC")
    assert [(line.mark, line.note) for line in lines(found)] == [
        ("Corrected", "told as ended and as new, one agreement all along")
    ]


def test_corrections_of_one_publication_in_two_messages_have_two_ids() -> None:
    firsts = [message(EVENTS[0]), message(EVENTS[0], EVENTS[1])]
    mended = corrected(SMITH, signed=date(2025, 5, 21))
    assert len({correction(publication(8), [mended], first, LINKS, LATER).id for first in firsts}) == 2
