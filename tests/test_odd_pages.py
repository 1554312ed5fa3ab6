"""Pages and links that are not as they should be, and what an operator makes of them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.intake import Intake
from monitor.poller.results import CHANGED, UNCHANGED
from tests.support.line import Line, line
from tests.support.sheets import JEM, TFM, pending_sheet, row, sheet
from tests.support.site import Site
from tests.test_poller import APPLICATION, NEW, OLD, start

COUNTIES = ("Ada", "Bee", "Cass", "Dane", "Elk", "Fir", "Gem", "Hall", "Ida", "Jay", "Kay", "Lee")
MANY = [*OLD, *(row("TEXAS", f"{name} County Sheriff's Office") for name in COUNTIES)]


def test_an_old_and_a_new_link_to_one_list_do_not_take_turns(watch: Line) -> None:
    old = watch.site.publish("participating", sheet(OLD))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.site.links[old] = "Participating Agencies (earlier)"
    outcomes = [watch.poll().outcome for _ in range(4)]
    assert outcomes == [CHANGED, UNCHANGED, UNCHANGED, UNCHANGED]
    assert watch.kinds() == ["agreement.added"]


def test_a_footnote_and_a_repeated_heading_are_no_agreements(watch: Line) -> None:
    start(watch)
    notes = [
        ("", "Updated 5/29/2025 by ERO"),
        ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA"),
    ]
    watch.site.publish("participating", sheet(OLD, after=[(), *notes, ("Cons", "\xa0")]))
    (publication,) = watch.poll().publications
    assert watch.kinds() == []
    assert [entry["row"] for entry in publication.unreadable] == [6, 7, 8]


def test_a_page_cut_short_says_nothing_about_the_lists_that_are_missing(watch: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    start(watch)
    whole = Site.html
    cut = '<p><a href="/doclib/about/offices/ero/287g/pendingAgencies'
    monkeypatch.setattr(Site, "html", lambda site: whole(site).split(cut.encode())[0])
    assert watch.poll().outcome == "page_truncated"
    assert watch.kinds() == []


def test_a_link_that_only_its_text_gives_away_is_tried(watch: Line) -> None:
    path = watch.site.publish("participating", sheet(OLD))
    watch.site.documents["/media/209067"] = watch.site.documents.pop(path)
    watch.site.links = {"/media/209067": "View 287(g) Participating Agencies"}
    assert watch.poll().outcome == "first_run"


def test_a_held_publication_that_just_stays_on_the_page_is_never_believed(watch: Line) -> None:
    watch.site.publish("participating", sheet(MANY))
    watch.poll()
    watch.site.publish("participating", sheet(OLD))
    for _ in range(10):
        watch.poll(after=timedelta(hours=20))
    assert watch.kinds() == ["publication.held"]


def test_a_held_publication_put_up_again_under_a_new_name_is_believed(watch: Line) -> None:
    watch.site.publish("participating", sheet(MANY))
    watch.poll()
    watch.site.publish("participating", body := sheet(OLD))
    watch.poll()
    watch.site.publish("participating", body, "participatingAgencies06022025am.xlsx")
    watch.poll()
    assert watch.kinds() == ["publication.held"], "ten minutes later is too soon"
    watch.poll(after=timedelta(hours=20))
    kinds = watch.kinds()
    assert (kinds.count("agreement.removed"), kinds[-1]) == (len(COUNTIES), "publication.released")


def test_what_became_of_a_held_publication_is_told_to_the_operator(site: Site, tmp_path: Path) -> None:
    channel = {"type": "slack", "name": "ops", "url": f"{site.address}/hook", "tell": ["operator"]}
    with line(site, tmp_path / "state", channels=[channel]) as watch:
        site.publish("participating", sheet(MANY))
        watch.poll()
        site.publish("participating", sheet(OLD))
        watch.poll()
        site.publish("participating", sheet([*MANY, NEW]))
        watch.poll()
        watch.deliver()
        titles = [post["blocks"][0]["text"]["text"] for post in site.posts]
        assert titles == [
            "A publication of the participating list is held",
            "Over: the held publication of the participating list",
        ]


def test_an_agreement_for_an_application_that_stood_when_the_list_left_is_its_approval(watch: Line) -> None:
    start(watch)
    watch.site.unlink("pending")
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    (publication,) = watch.poll().publications
    assert watch.kinds() == ["list.left_page", "agreement.added", "application.approved"]
    assert "pending" not in publication.figures, "a figure of a list that is gone"


def test_an_agreement_under_a_wrong_state_is_found_when_the_application_is_settled(watch: Line) -> None:
    start(watch)
    wrong = {**NEW, "STATE": "UTAH"}
    watch.site.publish("participating", sheet([*OLD, wrong]))
    watch.site.publish("pending", pending_sheet([row("IOWA", "Polk County Sheriff's Office", JEM)]))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.poll(after=timedelta(days=1))
    watch.site.publish("pending", pending_sheet([row("IOWA", "Dallas County Sheriff's Office", JEM)]))
    watch.poll(after=timedelta(days=6))
    assert "application.withdrawn" not in watch.kinds()
    assert watch.kinds().count("application.approved") == 1


def test_an_application_whose_agreement_stands_is_approved_though_another_body_of_the_place_applies(watch: Line) -> None:
    watch.site.publish("participating", sheet(OLD))
    watch.site.publish("pending", pending_sheet([APPLICATION]))
    watch.poll()
    watch.site.publish("participating", sheet([*OLD, NEW]))
    watch.site.publish("pending", pending_sheet([row("OHIO", "Butler County Board of County Commissioners", TFM)]))
    watch.poll()
    assert watch.kinds() == ["agreement.added", "application.added", "application.approved"]


def test_the_operator_hears_that_a_channel_takes_no_messages(site: Site, tmp_path: Path) -> None:
    channels = [
        {"type": "slack", "name": "newsroom", "url": f"http://127.0.0.1:{site.address.rsplit(':', 1)[1]}/hook", "tell": ["news"]},
        {"type": "slack", "name": "ops", "url": f"{site.address}/ops", "tell": ["operator"]},
    ]
    with line(site, tmp_path / "state", channels=channels) as watch:
        site.publish("participating", sheet(OLD))
        watch.poll()
        site.hook_status = 503
        for _ in range(8):
            watch.deliver()
            watch.poll()
        site.hook_status = 200
        watch.now += timedelta(hours=1)
        watch.deliver()
        watch.poll()
        watch.deliver()
        titles = [post["blocks"][0]["text"]["text"] for post in site.posts if "channel" in post["text"]]
        assert titles == ["The channel newsroom takes no messages", "Over: the channel newsroom takes no messages"]


def test_the_operator_hears_that_nothing_is_made_of_what_is_due(site: Site, tmp_path: Path) -> None:
    """Whatever keeps a channel's turn from running, an hour of it is told."""
    channels = [
        {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook", "tell": ["news"]},
        {"type": "slack", "name": "ops", "url": f"{site.address}/ops", "tell": ["operator"]},
    ]
    with line(site, tmp_path / "state", channels=channels) as watch:
        start(watch)
        site.publish("participating", sheet([*OLD, NEW]))
        told = []
        for _ in range(9):
            watch.poll()
            told.append([str(one.message["title"]) for one in watch.store.outbox.find(channel="ops")])
        assert (told[6], told[8]) == ([], ["The channel newsroom takes no messages"])


def test_the_operator_hears_that_a_message_was_given_up_and_the_channel_s_next_one_goes(site: Site, tmp_path: Path) -> None:
    channels = [
        {"type": "slack", "name": "newsroom", "url": f"{site.address}/hook", "tell": ["news"]},
        {"type": "slack", "name": "ops", "url": f"{site.address}/ops", "tell": ["operator"]},
    ]
    with line(site, tmp_path / "state", channels=channels) as watch:
        start(watch)
        site.hook_status = 503
        watch.deliver()
        watch.now += timedelta(days=8)
        watch.deliver()
        site.hook_status = 200
        site.publish("participating", sheet([*OLD, NEW]))
        watch.poll()
        watch.deliver()
        told = {path: [post["blocks"][0]["text"]["text"] for post in posted(site, path)] for path in ("/hook", "/ops")}
        assert told["/hook"] == ["New 287(g) agreement: Butler County Sheriff's Office (Ohio)"]
        assert "Messages to newsroom are given up" in told["/ops"]


def posted(site: Site, path: str) -> list[Any]:
    """What was taken at `path`, in order."""
    return [json.loads(request.body) for request in site.asked(path) if request.method == "POST" and request.status == 200]


def test_a_list_that_leaves_the_page_is_told_to_whoever_is_told_of_its_rows(site: Site, tmp_path: Path) -> None:
    asked: dict[str, dict[str, Any]] = {
        "news": {},
        "ohio": {"filter": {"states": ["OH"]}},
        "agreements": {"filter": {"kinds": ["agreement"]}},
        "ops": {"tell": ["operator"]},
    }
    channels = [
        {"type": "slack", "name": name, "url": f"{site.address}/{name}", "tell": ["news"], **keys} for name, keys in asked.items()
    ]
    with line(site, tmp_path / "state", channels=channels) as watch:
        start(watch)
        watch.deliver()
        site.unlink("pending")
        watch.poll()
        watch.deliver()
        told = {name: [post["blocks"][0]["text"]["text"] for post in posted(site, f"/{name}")][1:] for name in asked}
        left = "The pending list left ICE's 287(g) page"
        assert told == {"news": [left], "ohio": [left], "agreements": [], "ops": []}


def test_a_release_tells_the_news_of_its_moment(watch: Line) -> None:
    watch.site.publish("participating", sheet(MANY))
    watch.poll()
    watch.site.publish("participating", sheet(OLD))
    held = watch.poll().publications[0]
    later = watch.now + timedelta(days=3)
    Intake(watch.store, watch.evidence, watch.settings).release(held.id, later)
    watch.publish()
    assert {event.at for event in watch.store.events(kinds=["agreement.removed"])} == {later}
    assert f"{later:%a, %d %b %Y %H:%M:%S}" in (watch.state.public / "feed.xml").read_text()
