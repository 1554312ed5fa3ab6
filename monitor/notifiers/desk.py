"""One channel at work: composes what is due to it, then sends what is queued."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.config import Channel, Settings
from monitor.notifiers import BadChannel, Notifier, Unusable, build, operators
from monitor.notifiers.composing import compose
from monitor.notifiers.news import Links
from monitor.notifiers.outbox import Queue, Sent
from monitor.notifiers.routes import Route
from monitor.store import Store


def deliver(
    store: Store, channel: Channel, settings: Settings, now: Callable[[], datetime], wait: Callable[[float], bool]
) -> Sent:
    """Tells the channel what it is due. `wait(seconds)` is true when it is time to stop."""
    links = Links(settings.web.public_url, settings.page)
    route = Route.of(channel, settings.poll.timezone)
    if not route.is_quiet(now()):
        compose(store, route, links, now())
    if store.outbox.next_moment(channel.name) is None:
        return Sent()  # most of the time; a channel is not built for nothing
    try:
        notifier: Notifier = build(channel)
    except BadChannel as error:
        # What the configuration names may have gone since it was read (a file of certificates): said where failures are looked for.
        notifier = Unusable(str(error))
    pause = notifier.pause if channel.pause is None else channel.pause.total_seconds()
    queue = Queue(store, channel.name, notifier, pause, links, operators(settings.channels), route.is_quiet)
    return queue.deliver(now, wait)


def next_due(store: Store, channel: Channel, settings: Settings, now: datetime) -> datetime | None:
    """When there is something to do for the channel after `now`, None where nothing waits."""
    moments = [moment for moment in (store.alerts.next_due(channel.name), store.outbox.next_moment(channel.name)) if moment]
    return Route.of(channel, settings.poll.timezone).awake(max(now, min(moments))) if moments else None
