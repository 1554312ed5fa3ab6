"""Every message of the archive, by five routes, as Slack and mail would be sent it: within the limits, well-formed, saying the same."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.config import Channel, Settings
from monitor.evidence import Evidence
from monitor.intake import Intake
from monitor.notifiers import Sending, build
from monitor.notifiers.composing import compose
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links
from monitor.notifiers.routes import routes
from monitor.store import Delivery, Store
from tests.archive.conftest import ARCHIVE
from tests.support.archive import announced
from tests.support.slack import refusals

MAIL = {"type": "email", "server": "localhost", "security": "none", "from": "monitor@example.org", "to": ["desk@example.org"]}
ROUTES = [
    {"name": "news"},
    {"name": "everything", "tell": ["news", "corrections", "operator"]},
    {"name": "florida", "filter": {"states": ["FL"]}, "rhythm": "daily 08:00"},
    {"name": "weekly", "rhythm": "weekly mon 08:00"},
    {"name": "universities", "filter": {"agencies": ["university"]}, "grouped": False},
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[Delivery]]]:
    """What the routes are told over the whole archive, the oldest first."""
    folder = tmp_path_factory.mktemp("told")
    settings = Settings.model_validate({"state": folder, "channels": [{**MAIL, **route} for route in ROUTES]})
    store = Store.open(folder / "monitor.db")
    links = Links("https://monitor.example.org", settings.page)
    chosen = routes(settings.channels, settings.poll.timezone)
    try:
        for one in announced(Intake(store, Evidence(folder / "documents"), settings), ARCHIVE):
            now = one.at + timedelta(minutes=2)
            for route in chosen:
                compose(store, route, links, now)
        for route in chosen:
            compose(store, route, links, now + timedelta(days=8))
        yield store, store.outbox.find()[::-1]
    finally:
        store.close()


def test_every_alert_is_told_in_exactly_one_message(told: tuple[Store, list[Delivery]]) -> None:
    store, deliveries = told
    assert store.alerts.waiting() == {}
    seen: Counter[tuple[str, int]] = Counter()
    for one in deliveries:
        if not str(one.message["id"]).startswith("correction-"):
            seen.update((one.channel, number) for number in one.message["events"])
    assert [pair for pair, number in seen.items() if number > 1] == []
    added = {event.id for event in store.events(kinds=("agreement.added",))}
    for channel in ("news", "everything"):
        assert added <= {number for name, number in seen if name == channel}, "a new agreement was not told"


def test_every_slack_payload_is_within_slacks_limits(told: tuple[Store, list[Delivery]]) -> None:
    _, deliveries = told
    slack = build(Channel.model_validate({"type": "slack", "url": "https://hooks.slack.com/services/x"}))
    found = {}
    for one in deliveries:
        body = json.loads(slack.forms(Message.from_json(one.message), Sending(at=one.created_at))["json"])
        if wrong := refusals(body):
            found[one.id] = wrong
    assert found == {}
    assert len(deliveries) > 700


def test_every_mail_is_well_formed_and_both_its_parts_say_the_same(told: tuple[Store, list[Delivery]]) -> None:
    _, deliveries = told
    channels = {route["name"]: build(Channel.model_validate({**MAIL, **route})) for route in ROUTES}
    letters: dict[tuple[str, str], Delivery] = {}
    for one in deliveries:
        message = Message.from_json(one.message)
        sent = channels[one.channel].forms(message, Sending(at=one.created_at))["eml"]
        assert max(len(line) for line in sent.splitlines()) <= 998
        letter = email.message_from_bytes(sent, policy=email.policy.strict)
        plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
        assert plain is not None and rich is not None
        identifier = (one.channel, str(letter["Message-ID"]))
        assert identifier not in letters, "two mails bear one Message-ID"
        letters[identifier] = one
        if message.thread:
            assert (one.channel, str(letter["In-Reply-To"])) in letters, "a correction stands in no thread"
        text, shown = (
            squeezed(str(plain.get_content())),
            squeezed(html.unescape(re.sub(r"<[^>]*>", " ", str(rich.get_content())))),
        )
        for section in message.sections:
            for line in section.lines:
                for said in (section.title, line.mark, *(line.text.split(": ", 1)), line.note):
                    assert squeezed(said) in text and squeezed(said) in shown, said
        for source in message.sources:
            assert source.sha256 in text and source.sha256 in shown


def squeezed(text: str) -> str:
    """`text` without its blanks, which a format may set as it likes."""
    return re.sub(r"\s+", "", text)
