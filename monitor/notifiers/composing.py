"""What is due to a channel → messages in its queue: one for the news, one for each earlier message that is put right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.events import Event
from monitor.core.publication import Publication
from monitor.notifiers.messages import Message
from monitor.notifiers.news import Links, alert, correction
from monitor.notifiers.routes import DAILY, WEEKLY, Route
from monitor.store import Alert, NewDelivery, Store
from monitor.store.outbox import GIVEN_UP

# How far back a digest's curve goes.
_GROWTH = {DAILY: timedelta(days=30), WEEKLY: timedelta(days=180)}

# No rhythm is longer than a week: what is due later than this was planned by a clock that stood far ahead.
_FARTHEST = timedelta(days=15)


def compose(store: Store, route: Route, links: Links, now: datetime) -> int:
    """Queues the messages that `route` is due at `now`; how many. Whatever is open goes with what is due: it makes one message.

    Alerts are settled in the transaction that queues what tells them: none is told twice or never.
    """
    first = store.alerts.next_due(route.channel)
    if first is None or now < first <= now + _FARTHEST:
        return 0
    queued = 0
    with store.transaction():
        open_alerts = store.alerts.open(route.channel)
        events = {event.id: event for event in store.events(ids=[one.event for one in open_alerts], bookkeeping=True)}
        for message, told in _messages(store, route, links, open_alerts, events, now):
            delivery = None
            if message:
                publication = events[told[-1].event].publication
                new = NewDelivery(route.channel, message.to_json(), publication.id if publication else None)
                (delivery,) = store.outbox.queue([new], now)
                queued += 1
            store.alerts.settle(told, delivery, now)
    return queued


def _messages(
    store: Store, route: Route, links: Links, alerts: Sequence[Alert], events: Mapping[int, Event], now: datetime
) -> Iterator[tuple[Message | None, Sequence[Alert]]]:
    """(message, the alerts it tells); no message where they need none."""
    corrections: dict[int, list[Alert]] = defaultdict(list)
    news: list[Alert] = []
    for one in alerts:
        (news if one.corrects is None else corrections[one.corrects]).append(one)
    for delivery, group in corrections.items():
        yield _correction(store, links, delivery, [events[one.event] for one in group], now), group
    if news:
        growth = store.growth(now - _GROWTH[route.every]) if route.every in _GROWTH else []
        period, records = (route.every if growth else ""), True
        for part in _parts(route, news, events):
            told = [events[one.event] for one in part]
            publications = _publications(store, told)
            if not records:
                publications = [replace(one, figures={**one.figures, "records": {}}) for one in publications]
            # What is told may be older than what stands: a digest, a person's verdict, a list that left the page.
            yield alert(publications, told, links, period=period, growth=growth, totals=store.totals(), at=now), part
            # Of several messages one tells what they have in common.
            growth, records = [], False


def _parts(route: Route, alerts: Sequence[Alert], events: Mapping[int, Event]) -> list[list[Alert]]:
    """Which alerts make a message: all of them, or those about one agreement."""
    if route.grouped:
        return [[*alerts]]
    parts: list[tuple[set[str], list[Alert]]] = []
    for one in alerts:
        event = events[one.event]
        about = {listing.id for listing in (event.agreement, event.application, event.before) if listing} or {f"event {event.id}"}
        together = [part for part in parts if part[0] & about]
        parts = [part for part in parts if part not in together]
        parts.append((about.union(*(ids for ids, _ in together)), [*(a for _, old in together for a in old), one]))
    return sorted((part for _, part in parts), key=lambda part: part[0].event)


def _correction(store: Store, links: Links, delivery: int, events: Sequence[Event], now: datetime) -> Message | None:
    first = store.outbox.delivery(delivery)
    # Who never got the message needs no correction of it.
    if first is None or first.state in GIVEN_UP:
        return None
    return correction(_publications(store, events)[-1], events, Message.from_json(first.message), links, now)


def _publications(store: Store, events: Sequence[Event]) -> list[Publication]:
    """The publications of events, in the log's order."""
    ids = dict.fromkeys(event.publication.id for event in events if event.publication)
    return [publication for number in ids if (publication := store.publication(number))]
