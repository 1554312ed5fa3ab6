"""Two moments compared: net differences, whatever came and went between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.comparison import compare
from monitor.core.events import Event
from monitor.core.replay import lives, standing
from monitor.core.roster import Agreement
from tests.support.told import agreement, application, corrected, event, joined

SMITH, BAY = agreement(), agreement("Bay County Sheriff's Office", "FL", "JEM")
RENEWED = replace(SMITH, id="smith renewed", signed=date(2026, 5, 20))
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
        [BEGUN, corrected(SMITH, agency="Smyth County Sheriff's Office")],
        [("changed", "Smyth County Sheriff's Office", ["agency"], "")],
    ),
    "corrected and back": ([BEGUN, corrected(SMITH, state="UT"), corrected(replace(SMITH, state="UT"), state="TX")], []),
    "renewed": ([BEGUN, event("agreement.renewed", RENEWED, before=SMITH)], [("renewed", SMITH.agency, ["signed"], "")]),
    "renewed twice": (
        [
            BEGUN,
            event("agreement.renewed", RENEWED, before=SMITH),
            event("agreement.renewed", replace(RENEWED, id="again", signed=date(2027, 5, 20)), before=RENEWED),
        ],
        [("renewed", SMITH.agency, ["signed"], "")],
    ),
    "renewed and ended": (
        [BEGUN, event("agreement.renewed", RENEWED, before=SMITH), event("agreement.removed", RENEWED, before=RENEWED)],
        [("ended", SMITH.agency, [], "")],
    ),
    "posted": (
        [BEGUN, event("moa.posted", replace(SMITH, moa_url="https://www.ice.gov/a.pdf"))],
        [("changed", SMITH.agency, ["moa_url"], "")],
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
