"""Two moments compared: net differences, whatever came and went between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.comparison import compare
from monitor.core.events import Event
from monitor.core.replay import lives, standing
from monitor.core.roster import Agreement, Printed
from tests.support.told import agreement, application, corrected, event, joined

ROW = Printed("TEXAS", "Smith County Sheriff's Office", "County", model="Task Force Model", signed="2025-05-20")
SMITH, BAY = agreement(printed=ROW), agreement("Bay County Sheriff's Office", "FL", "JEM")
RENEWED = replace(SMITH, id="smith renewed", signed=date(2026, 5, 20), printed=replace(ROW, signed="2026-05-20"))
AGAIN = replace(SMITH, id="again", signed=date(2027, 5, 20), printed=replace(ROW, signed="2027-05-20"))
POSTED = replace(SMITH, moa_url="https://www.ice.gov/a.pdf")
SMYTH = "Smyth County Sheriff's Office"
APPLIED = application("Provo Police Department", "UT")


def found(events: list[Event], split: int) -> list[tuple[str, str, list[str], str]]:
    """(kind, agency, changed fields, reason) between the log's first `split` events and all of them."""
    differences = compare(standing(events[:split]), standing(events), events[split:])
    return [(one.kind, one.listing.agency, [*one.changes], one.reason) for one in differences]


BEGUN = event("agreement.added", SMITH)
CASES: dict[str, tuple[list[Event], list[tuple[str, str, list[str], str]]]] = {
    "nothing": ([BEGUN], []),
    "new": ([BEGUN, event("agreement.added", BAY)], [("new", BAY.agency, [], "")]),
    "ended": ([BEGUN, event("agreement.removed", SMITH, before=SMITH)], [("ended", SMITH.agency, [], "agreement.removed")]),
    "came and went": ([BEGUN, event("agreement.added", BAY), event("agreement.removed", BAY, before=BAY)], []),
    "left and came back": ([BEGUN, event("agreement.removed", SMITH, before=SMITH), event("agreement.relisted", SMITH)], []),
    "corrected": (
        [BEGUN, corrected(SMITH, agency=SMYTH, printed=replace(ROW, agency=SMYTH))],
        [("changed", SMYTH, ["agency"], "")],
    ),
    "a cell that means the same": (
        [BEGUN, corrected(SMITH, printed=replace(ROW, type="Sheriff"))],
        [("changed", SMITH.agency, ["printed.type"], "")],
    ),
    "only the typing": ([BEGUN, corrected(SMITH, printed=replace(ROW, state="Texas "))], []),
    "a column that came": (
        [BEGUN, corrected(SMITH, county="Smith County", printed=replace(ROW, county="Smith County"))],
        [],
    ),
    "corrected and back": ([BEGUN, corrected(SMITH, state="UT"), corrected(replace(SMITH, state="UT"), state="TX")], []),
    "renewed": ([BEGUN, event("agreement.renewed", RENEWED, before=SMITH)], [("renewed", SMITH.agency, ["signed"], "")]),
    "renewed twice": (
        [
            BEGUN,
            event("agreement.renewed", RENEWED, before=SMITH),
            event("agreement.renewed", AGAIN, before=RENEWED),
        ],
        [("renewed", SMITH.agency, ["signed"], "")],
    ),
    "renewed and ended": (
        [BEGUN, event("agreement.renewed", RENEWED, before=SMITH), event("agreement.removed", RENEWED, before=RENEWED)],
        [("ended", SMITH.agency, [], "agreement.removed")],
    ),
    "posted": (
        [BEGUN, event("moa.posted", POSTED)],
        [("document", SMITH.agency, ["moa_url"], "")],
    ),
    "the same document elsewhere": (
        [BEGUN, event("moa.posted", POSTED), event("agreement.reprinted", replace(POSTED, moa_url="https://www.ice.gov/A.PDF"))],
        [("document", SMITH.agency, ["moa_url"], "")],
    ),
    "corrected and posted": (
        [BEGUN, corrected(SMITH, agency=SMYTH, moa_url=POSTED.moa_url, printed=replace(ROW, agency=SMYTH))],
        [("changed", SMYTH, ["agency", "moa_url"], "")],
    ),
    "a list that left": ([BEGUN, event("list.left_page")], []),
}


@pytest.mark.parametrize("what", CASES)
def test_the_net_difference_is_told(what: str) -> None:
    events, differences = CASES[what]
    assert found(events, 1) == differences


def test_what_became_of_an_application_is_told() -> None:
    start = [event("application.added", APPLIED)]
    approved = event("application.approved", APPLIED, agreement=agreement("Provo Police Department", "UT"), before=APPLIED)
    assert found([*start, approved], 1) == [("ended", APPLIED.agency, [], "application.approved")]
    left = [event("application.left", APPLIED), event("application.withdrawn", APPLIED)]
    assert found([*start, *left[:1]], 1) == [("ended", APPLIED.agency, [], "application.left")]
    assert found([*start, *left], 1) == [("ended", APPLIED.agency, [], "application.withdrawn")]


def test_an_approved_application_names_the_agreement_it_became() -> None:
    signed = agreement("Provo Police Department", "UT")
    before = standing([event("application.added", APPLIED)])
    approved = event("application.approved", APPLIED, agreement=signed, before=APPLIED)
    (one,) = [one for one in compare(before, {signed.id: signed}, [approved]) if one.kind == "ended"]
    assert one.became == signed
    assert one.to_json()["became"]["id"] == signed.id


def test_an_application_made_again_is_a_new_one() -> None:
    again = replace(APPLIED, id="again")
    events = [
        event("application.added", APPLIED),
        event("application.withdrawn", APPLIED),
        event("application.added", again, before=APPLIED),
    ]
    assert [(kind, reason) for kind, _, _, reason in found(events, 1)] == [("new", ""), ("ended", "application.withdrawn")]


def test_the_link_of_a_document_under_another_typing_is_none_other() -> None:
    retyped = replace(POSTED, moa_url="https://www.ice.gov/A.PDF")
    assert compare({SMITH.id: POSTED}, {SMITH.id: retyped}, []) == []


def test_an_agreement_that_bears_another_id_since_a_verdict_is_told_as_that() -> None:
    twin = replace(SMITH, id="twin")
    (one,) = compare({twin.id: twin}, {SMITH.id: SMITH}, [joined(SMITH, twin)])
    assert (one.kind, one.changes) == ("changed", {"id": ("twin", SMITH.id)})


def test_two_printings_that_are_one_are_joined() -> None:
    twin = agreement("Smyth County Sheriff's Office")
    events = [event("agreement.added", twin), event("agreement.added", SMITH), joined(twin, SMITH)]
    ((kind, _, _, _),) = [one for one in found(events, 2) if one[0] != "changed"]
    assert kind == "joined"


def test_lives_tell_of_what_ended_too() -> None:
    events = [BEGUN, event("agreement.renewed", RENEWED, before=SMITH), event("agreement.removed", RENEWED, before=RENEWED)]
    assert [(one.ended, one.gone_since is not None) for one in lives(events).values()] == [
        ("agreement.renewed", True),
        ("agreement.removed", True),
    ]


def test_an_application_made_again_mentions_the_first_and_does_not_end_it_again() -> None:
    again = replace(APPLIED, id="again")
    events = [
        event("application.added", APPLIED),
        event("application.withdrawn", APPLIED),
        event("application.added", again, before=APPLIED),
    ]
    assert [one.ended for one in lives(events).values()] == ["application.withdrawn", ""]
    assert all(isinstance(one.listing, Agreement) is False for one in lives(events).values())
