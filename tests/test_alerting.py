"""From a changed spreadsheet to what people receive: mail through a real SMTP server, Slack's webhook, the feed in a real reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.notifiers.messages import Message
from tests.support.line import Line, line
from tests.support.sheets import JEM, TFM, WSO, pending_sheet, row, sheet
from tests.support.site import Site
from tests.support.smtp import Server, smtp

ICE = "https://www.ice.gov/doclib/287gMOA"
OLD = [row("TEXAS", "Smith County Sheriff's Office", moa=f"{ICE}/smith.pdf"), row("FLORIDA", "Bay County Sheriff's Office", JEM)]
BUTLER = row("OHIO", "Butler & Sons <County> Sheriff's Office", TFM, moa=f"{ICE}/butler.pdf")
NEW = [*OLD, BUTLER, row("TEXAS", "Travis County Constable", TFM)]
START = "Watching ICE's 287(g) list from here on"


@pytest.fixture
def inbox() -> Iterator[Server]:
    """A real mail server on loopback."""
    with smtp() as server:
        yield server


@pytest.fixture
def alerted(site: Site, inbox: Server, tmp_path: Path) -> Iterator[tuple[Line, Server]]:
    """A line with a Slack channel, a mail channel and a mail service behind Apprise, which has just learnt both lists."""
    mail = {"server": inbox.address, "security": "none", "from": "monitor@example.org", "to": ["desk@example.org"]}
    service = f"mailto://{inbox.address}/?from=monitor@example.org&to=service@example.org&mode=insecure"
    channels = [
        {"type": "slack", "name": "newsroom", "url": f"{site.address}/hooks/T000/B000/secret"},
        {"type": "email", "name": "desk", **mail},
        {"type": "apprise", "name": "service", "url": service},
    ]
    with line(site, tmp_path / "state", channels=channels, web={"public_url": "https://monitor.example.org"}) as one:
        site.publish("participating", sheet(OLD))
        site.publish("pending", pending_sheet([row("OHIO", "Butler & Sons <County> Sheriff's Office", TFM)]))
        one.poll()
        yield one, inbox


def mails(inbox: Server, recipient: str = "desk@example.org") -> list[EmailMessage]:
    """What a recipient got, the oldest first."""
    return [one.mail for one in inbox.inbox if recipient in one.recipients]


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    assert part is not None, f"the mail has no {kind} part"
    return str(part.get_content())


def titles(posts: list[Any]) -> list[str]:
    """The titles of what Slack was sent."""
    return [post["blocks"][0]["text"]["text"] for post in posts]


def test_the_start_is_one_message_that_says_from_what(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.deliver()
    (post,) = watch.site.posts
    assert titles([post]) == [START]
    assert "Now 2 agreements in 2 states and 1 pending application." in post["blocks"][1]["text"]["text"]
    for recipient in ("desk@example.org", "service@example.org"):
        assert [str(mail["Subject"]) for mail in mails(inbox, recipient)] == [START]


def test_new_agreements_reach_slack_and_mail_once_grouped_by_state(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.deliver()
    watch.site.publish("participating", sheet(NEW), "participatingAgencies05302025am.xlsx")
    watch.poll()
    watch.deliver()
    watch.deliver()
    post = watch.site.posts[1]
    assert len(watch.site.posts) == len(mails(inbox)) == 2, "a message was sent twice or not at all"
    assert titles([post]) == ["2 new 287(g) agreements"]
    texts = [block["text"]["text"] for block in post["blocks"] if block["type"] == "section"]
    assert texts[0].startswith(
        "2 new 287(g) agreements: now 4 agreements in 3 states, a new high; 1 pending application.\n"
        ":star: First agreement in Ohio on record"
    )
    assert texts[1].startswith(
        "*Ohio*\n• *New*: Butler &amp; Sons &lt;County&gt; Sheriff's Office: Task Force Model, signed May 20, 2025"
        " _(first in Ohio on record)_"
    )
    assert f"<{ICE}/butler.pdf|agreement>" in texts[1]
    assert texts[2].startswith("*Texas*\n• *New*: Travis County Constable")
    assert "participatingAgencies05302025am.xlsx" in post["blocks"][-1]["elements"][0]["text"]
    for recipient in ("desk@example.org", "service@example.org"):
        mail = mails(inbox, recipient)[1]
        assert (mail["Subject"], mail["To"]) == ("2 new 287(g) agreements", recipient)
        plain = text_of(mail, "plain")
        assert "Travis County Constable" in plain
        assert "participatingAgencies05302025am.xlsx" in plain
    assert_links_in_html(mails(inbox)[1])


def assert_links_in_html(mail: EmailMessage) -> None:
    html = text_of(mail, "html")
    assert "Butler &amp; Sons &lt;County&gt; Sheriff&#39;s Office" in html
    assert f'href="{ICE}/butler.pdf"' in html


def test_a_mailbox_behind_apprise_gets_html_with_links_too(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.site.publish("participating", sheet(NEW))
    watch.poll()
    watch.deliver()
    assert_links_in_html(mails(inbox, "service@example.org")[-1])


def test_a_correction_wakes_nobody(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.deliver()
    retyped = [
        row("TEXAS ", "SMITH COUNTY SHERIFF’S OFFICE", moa=f"{ICE}/smith.pdf"),
        row("FLORIDA", "Bay Couny Sheriff's Office", JEM),
    ]
    watch.site.publish("participating", sheet(retyped))
    watch.poll()
    watch.deliver()
    assert watch.kinds() == ["agreement.corrected"]
    assert len(watch.site.posts) == len(mails(inbox)) == 1


def test_what_was_told_and_turns_out_wrong_is_corrected_once_in_its_thread(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.deliver()
    watch.site.publish("participating", sheet([*OLD, BUTLER]))
    watch.poll()
    watch.deliver()
    watch.site.publish("participating", sheet([*OLD, {**BUTLER, "SIGNED": date(2025, 5, 21)}]))
    watch.poll(after=timedelta(hours=2))
    watch.deliver()
    watch.deliver()
    title = "Correction: Butler & Sons <County> Sheriff's Office (Ohio)"
    assert titles(watch.site.posts)[2:] == [title]
    (text,) = (block["text"]["text"] for block in watch.site.posts[2]["blocks"] if "*Ohio*" in str(block))
    assert "signed: May 20, 2025 → May 21, 2025" in text
    first, correction = mails(inbox)[1:]
    assert correction["Subject"] == title
    assert correction["In-Reply-To"] == first["Message-ID"]
    assert f"“{str(first['Subject']).strip()}”" in text_of(correction, "plain")


def test_a_channel_that_is_down_gets_its_message_later_and_holds_back_no_other(alerted: tuple[Line, Server]) -> None:
    watch, inbox = alerted
    watch.site.hook_status = 503
    watch.deliver()
    assert len(mails(inbox)) == 1
    assert watch.site.posts == []
    summary = {channel["channel"]: channel for channel in watch.store.outbox.summary()}
    assert (summary["newsroom"]["failed"], summary["desk"]["sent"]) == (1, 1)
    assert "503" in summary["newsroom"]["last_error"]
    assert "secret" not in summary["newsroom"]["last_error"]
    watch.site.hook_status = 200
    watch.deliver()
    assert watch.site.posts == [], "the retry did not wait"
    watch.poll()
    watch.deliver()
    assert len(watch.site.posts) == 1


# -- which and when ----------------------------------------------------------------------------------------------------------------

Asks = Callable[..., Line]


@pytest.fixture
def asks(site: Site, tmp_path: Path) -> Iterator[Asks]:
    """Makes a line whose one Slack channel asks for something (keys of it); it has learnt both lists and told so."""
    with ExitStack() as lines:

        def made(wait: str = "0s", **keys: Any) -> Line:
            channel = {"type": "slack", "name": "desk", "url": f"{site.address}/hook", "tell": ["news"], **keys}
            one = lines.enter_context(line(site, tmp_path / "state", channels=[channel], alerts={"group_wait": wait}))
            site.publish("participating", sheet(OLD))
            site.publish("pending", pending_sheet([BUTLER, row("UTAH", "Provo Police Department", JEM)]))
            one.poll()
            one.deliver()
            assert titles(site.posts) == [START]
            site.requests.clear()
            return one

        yield made


def told(watch: Line) -> list[str]:
    """The titles of what is told now."""
    before = len(watch.site.posts)
    watch.deliver()
    return titles(watch.site.posts[before:])


def test_both_lists_of_one_change_are_one_message_and_the_approval_one_line(asks: Asks) -> None:
    watch = asks("2m")
    watch.site.publish("participating", sheet([*OLD, BUTLER]))
    watch.poll()
    assert told(watch) == [], "it was told before the other list could come"
    watch.site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department", JEM)]))
    watch.poll(after=timedelta(seconds=90))
    assert watch.kinds() == ["agreement.added", "application.approved"]
    assert told(watch) == []
    watch.now += timedelta(seconds=30)
    assert told(watch) == ["New 287(g) agreement: Butler & Sons <County> Sheriff's Office (Ohio)"]
    lines = [line for block in watch.site.posts[0]["blocks"] for line in str(block.get("text")).split("\\n") if "•" in line]
    assert len(lines) == 1
    assert "was pending; first in Ohio on record" in lines[0]
    watch.now += timedelta(days=1)
    assert told(watch) == []


def test_what_is_undone_before_it_was_told_is_told_to_nobody(asks: Asks) -> None:
    watch = asks("1h")
    for rows in (OLD[:1], OLD):
        watch.site.publish("participating", sheet(rows))
        watch.poll()
    assert watch.kinds() == ["agreement.removed", "agreement.relisted"]
    watch.now += timedelta(days=1)
    assert told(watch) == []
    assert watch.store.alerts.waiting() == {}


def test_what_was_told_as_ended_and_is_back_is_a_correction(asks: Asks) -> None:
    watch = asks()
    watch.site.publish("participating", sheet(OLD[:1]))
    watch.poll()
    assert told(watch) == ["287(g) agreement ended: Bay County Sheriff's Office (Florida)"]
    watch.site.publish("participating", sheet(OLD))
    watch.poll(after=timedelta(days=2))
    assert told(watch) == ["Correction: Bay County Sheriff's Office (Florida)"]


def test_a_name_that_is_only_written_out_corrects_no_message(asks: Asks) -> None:
    watch = asks()
    short = row("OHIO", "Butler Co. Sheriff's Dept", TFM)
    watch.site.publish("participating", sheet([*OLD, short]))
    watch.poll()
    assert len(told(watch)) == 1
    watch.site.publish("participating", sheet([*OLD, {**short, "LAW ENFORCEMENT AGENCY": "Butler County Sheriff's Department"}]))
    assert [event.kind for event in watch.poll().events] == ["agreement.corrected"]
    assert told(watch) == []


def test_a_filter_leaves_out_what_was_not_asked_for(asks: Asks) -> None:
    watch = asks(filter={"states": ["Texas"], "models": ["tfm", "WSO"], "kinds": ["agreement.added"]})
    watch.site.publish("participating", sheet([OLD[0], *NEW[2:], row("TEXAS", "Bell County Sheriff's Office", JEM)]))
    watch.poll()
    assert watch.kinds().count("agreement.added") == 3
    assert told(watch) == ["New 287(g) agreement: Travis County Constable (Texas)"]


def test_a_daily_digest_is_one_message_of_all_that_changed_at_its_hour(asks: Asks) -> None:
    # 8:00 in New York is 12:00 UTC; the line starts at 14:00 UTC.
    watch = asks(rhythm="daily 08:00", timezone="America/New_York")
    for rows in ([*OLD, BUTLER], NEW, NEW[1:]):
        watch.site.publish("participating", sheet(rows))
        watch.poll(after=timedelta(hours=2))
        assert told(watch) == []
    watch.now = watch.now.replace(day=watch.now.day + 1, hour=11, minute=59)
    assert told(watch) == []
    watch.now += timedelta(minutes=1)
    assert told(watch) == ["287(g) daily: 2 new agreements, 1 ended"]
    watch.now += timedelta(days=1)
    assert told(watch) == [], "a digest without news was sent"


def test_nothing_is_told_in_the_quiet_hours_but_at_their_end(asks: Asks) -> None:
    watch = asks(quiet="14:15-16:30", timezone="UTC")
    watch.site.publish("participating", sheet([*OLD, BUTLER]))
    watch.poll()
    watch.now = watch.now.replace(hour=16, minute=29)
    assert told(watch) == []
    watch.now += timedelta(minutes=1)
    assert len(told(watch)) == 1


def test_a_channel_that_wants_no_groups_gets_a_message_for_each_agreement(asks: Asks) -> None:
    watch = asks(grouped=False)
    watch.site.publish("participating", sheet(NEW))
    watch.site.publish("pending", pending_sheet([row("UTAH", "Provo Police Department", JEM)]))
    watch.poll()
    assert sorted(told(watch)) == [
        "New 287(g) agreement: Butler & Sons <County> Sheriff's Office (Ohio)",
        "New 287(g) agreement: Travis County Constable (Texas)",
    ]


def test_a_message_knows_the_events_that_it_tells(asks: Asks) -> None:
    watch = asks()
    watch.site.publish("participating", sheet([*OLD, BUTLER, row("IOWA", "Polk County Sheriff's Office", WSO)]))
    watch.poll()
    told(watch)
    newest = Message.from_json(watch.store.outbox.find(channel="desk")[0].message)
    assert newest.events == tuple(event.id for event in watch.store.events())


# -- the feed ----------------------------------------------------------------------------------------------------------------------


def test_a_reader_finds_the_same_items_twice_running(alerted: tuple[Line, Server]) -> None:
    watch, _ = alerted
    watch.site.publish("participating", sheet(NEW))
    watch.poll()
    watch.publish()
    path = watch.state.public / "feed.xml"
    first = feedparser.parse(path.read_bytes())
    assert not first.bozo, first.get("bozo_exception")
    assert [entry.title for entry in first.entries] == [
        "2 new 287(g) agreements",
        "New 287(g) agreement: Travis County Constable (Texas)",
        "New 287(g) agreement: Butler & Sons <County> Sheriff's Office (Ohio)",
        START,
        START,
    ]
    assert first.feed.links[-1].href == "https://monitor.example.org/feed.xml"
    assert first.entries[0].link == "https://monitor.example.org/publications/3.html"
    assert "Butler & Sons <County>" not in path.read_text()
    assert watch.publish() == [], "unchanged files were written again"
    watch.poll()
    watch.publish()
    again = feedparser.parse(path.read_bytes())
    assert [entry.id for entry in again.entries] == [entry.id for entry in first.entries]
    assert len({entry.id for entry in again.entries}) == 5
