"""Invented agreements, events and publications, and a newsroom that learns them: what alerts are made of, without a site or a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from monitor.config import Channel
from monitor.core.events import Event
from monitor.core.publication import Publication
from monitor.core.roster import Agreement, Application, Listing, Printed
from monitor.notifiers.alerting import alerts
from monitor.notifiers.composing import compose
from monitor.notifiers.messages import Line, Message
from monitor.notifiers.news import Links
from monitor.notifiers.routes import Route
from monitor.store import Commit, Delivery, Document, Store

# A Friday.
AT = datetime(2025, 5, 30, 14, 5, 59, tzinfo=UTC)
ICE = "https://www.ice.gov/doclib/287gMOA"
LINKS = Links("https://monitor.example.org", "https://www.ice.gov/identify-and-arrest/287g")
FIGURES = {"rows": 640, "agreements": 1_240, "states": 40, "pending": 1}
# What a cell of the source could try to be, for whatever shows it.
HOSTILE = (
    *(
        "<!channel> <!here> <@U123> @everyone",
        "<https://evil.example|ICE>",
        "[ICE](https://evil.example)",
        "![x](https://evil.example)",
    ),
    *(
        "*bold* _it_ ~gone~ `code`",
        "# heading",
        "</p><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "]]>",
        "A & B &amp; &lt;",
    ),
    *(
        "{{ 7 * 7 }} {% raw %} {0}",
        "line\nbreak\r\n- New: a forged line",
        "\u202etxet",
        "\x1b[31mred\x00",
        "A" * 5_000,
        "&" * 5_000,
    ),
    *("*" * 5_000, "😀" * 2_000, "", " \u00a0 "),
)


def agreement(
    agency: str = "Smith County Sheriff's Office",
    state: str | None = "TX",
    model: str | None = "TFM",
    signed: date | None = date(2025, 5, 20),
    **more: Any,
) -> Agreement:
    """An agreement; its id says which agency, model and date it is unless `id` is given."""
    plain = {"agency_kind": "sheriff", "county": None, "printed": Printed(), "id": f"{state} {agency} {model} {signed}"}
    return Agreement(**{**plain, "state": state, "agency": agency, "model": model, "signed": signed, **more})


def application(
    agency: str = "Smith County Sheriff's Office", state: str | None = "TX", model: str | None = "TFM", **more: Any
) -> Application:
    plain = {"agency_kind": "sheriff", "county": None, "printed": Printed(), "id": f"applied {state} {agency} {model}"}
    return Application(**{**plain, "state": state, "agency": agency, "model": model, **more})


def publication(number: int = 7, list_name: str = "participating", seen_at: datetime = AT, **more: Any) -> Publication:
    plain = {
        "listed_as": list_name,
        "url": "https://www.ice.gov/x.xlsx",
        "sha256": f"{number:064x}",
        "roster_digest": "cd",
        "figures": FIGURES,
    }
    name = f"{list_name}Agencies05302025am.xlsx"
    return Publication(**{**plain, "id": number, "list": list_name, "name": name, "seen_at": seen_at, **more})


def event(kind: str, listing: Listing | None = None, number: int = 0, **more: Any) -> Event:
    """An event of publication 7 unless `publication` is given; one about an agreement unless the listing is an application."""
    name = "application" if isinstance(listing, Application) else "agreement"
    return Event(
        **{"at": AT, "publication": publication().ref, **({name: listing} if listing else {}), **more}, id=number, kind=kind
    )


def corrected(before: Agreement, **values: Any) -> Event:
    """The event of a row that is printed with other `values` than before."""
    after = replace(before, **values)
    changes = {name: (_plain(getattr(before, name)), _plain(value)) for name, value in values.items()}
    return event("agreement.corrected", after, before=before, changes=changes, reason="the same row corrected")


def joined(gone: Agreement, new: Agreement) -> Event:
    """The event of a person's verdict that what was told as ended and as new is one agreement."""
    return event(
        "agreement.corrected",
        replace(new, id=gone.id),
        before=new,
        changes={"id": (new.id, gone.id)},
        reason="a person's verdict",
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def lines(message: Message) -> list[Line]:
    """The lines of all sections."""
    return [line for section in message.sections for line in section.lines]


def told(message: Message) -> list[str]:
    """What a message tells, line by line: the mark, the text and the note, in words."""
    return [f"{line.mark}: {line.text}{f' ({line.note})' if line.note else ''}" for line in lines(message)]


class Newsroom:
    """A store that learns events, and the channels that are told them. `now` is the clock.

    A channel is given by the keys that it has in config.yaml; its type and address do not matter, for nothing is sent.
    """

    def __init__(self, path: Path, *channels: Mapping[str, Any]) -> None:
        self.store = Store.open(path)
        self.routes = [Route.of(channel(**keys), "America/New_York") for keys in channels or [{"name": "desk"}]]
        self.now = AT
        self.wait = timedelta(minutes=2)
        self.figures: dict[str, Any] = {**FIGURES}

    def learn(
        self, *events: Event, list_name: str = "participating", after: timedelta = timedelta(hours=1), **figures: Any
    ) -> list[Event]:
        """A publication with these events, `after` the one before; gives them as the log has them. `figures` are as of now on."""
        self.now += after
        self.figures = {name: value for name, value in self.figures.items() if name not in ("firsts", "records")} | figures
        one = publication(self.store.next_publication_id(), list_name, self.now, figures=self.figures)
        known = [replace(event, at=self.now, publication=one.ref) for event in events]
        return self._commit(known, publication=one, documents=[Document(one.sha256, 1, list_name)])

    def learn_of(self, earlier: Publication, *events: Event, after: timedelta = timedelta(hours=1)) -> list[Event]:
        """Events learnt later about a publication that is known: a person's verdict, a list that left the page."""
        self.now += after
        return self._commit([replace(event, at=self.now, publication=earlier.ref) for event in events])

    def _commit(self, events: Sequence[Event], **more: Any) -> list[Event]:
        duties = partial(alerts, events, self.routes, self.now, self.wait, self.store.alerts.earlier)
        return self.store.commit(Commit(self.now, events=events, alerts=duties, **more))

    def compose(self, name: str = "desk", *, after: timedelta = timedelta(minutes=10)) -> list[Message]:
        """The messages that the channel is due `after` so long."""
        self.now += after
        before = len(self.queued(name))
        (route,) = [route for route in self.routes if route.channel == name]
        number = compose(self.store, route, LINKS, self.now)
        new = [Message.from_json(delivery.message) for delivery in self.queued(name)[before:]]
        assert len(new) == number
        return new

    def tell(self, *events: Event, name: str = "desk", **more: Any) -> list[Message]:
        """Learns events and composes what comes of them."""
        self.learn(*events, **more)
        return self.compose(name)

    def queued(self, name: str = "desk") -> list[Delivery]:
        """All messages of the channel, the oldest first."""
        return self.store.outbox.find(channel=name)[::-1]


def channel(**keys: Any) -> Channel:
    """A channel as config.yaml has it, named `desk` unless it is named."""
    return Channel.model_validate({"type": "slack", "name": "desk", "tell": ["news"], **keys})


@contextmanager
def newsroom(folder: Path, *channels: Mapping[str, Any]) -> Iterator[Newsroom]:
    """A newsroom whose database is closed at the end."""
    one = Newsroom(folder / "monitor.db", *channels)
    try:
        yield one
    finally:
        one.store.close()
