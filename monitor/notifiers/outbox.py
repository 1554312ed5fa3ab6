"""Sends what is due: one channel at a time, in order, until nothing is left or the service refuses.

A message is marked sent after the send returned: a crash in between sends it twice, never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.notifiers import DeliveryError, Notifier
from monitor.notifiers.messages import Message
from monitor.store import Delivery, Store

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
# A message that no service took for this long is news no more; it is given up and shown by `status`.
GIVE_UP_AFTER = timedelta(days=3)
# Services count messages: Slack takes one a second and channel.
BETWEEN_MESSAGES = 1.0


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run over a channel did: messages sent, messages given up, and the error that ended it ("" where none did)."""

    sent: int = 0
    given_up: int = 0
    error: str = ""


def deliver(store: Store, channel: str, notifier: Notifier, now: Callable[[], datetime], pause: Callable[[float], bool]) -> Sent:
    """Sends the channel's waiting messages, the oldest first. `pause(seconds)` is true when it is time to stop."""
    sent = given_up = 0
    while delivery := store.outbox.next_due(channel, now()):
        if (sent or given_up) and pause(BETWEEN_MESSAGES):
            break
        try:
            notifier.send(Message.from_json(delivery.message))
        except Exception as raised:
            # Whatever a channel stumbles over, the message stays due; its text may hold a secret, so only its type is told.
            error = raised if isinstance(raised, DeliveryError) else DeliveryError(f"unexpected {type(raised).__name__}")
            if error.final or now() - delivery.created_at >= GIVE_UP_AFTER:
                store.outbox.failed(delivery, str(error))
                log.error("channel %s: message given up after %d attempts: %s", channel, delivery.attempts + 1, error)
                given_up += 1
                continue
            wait = next_wait(delivery, error.retry_after)
            store.outbox.retry(delivery, now() + wait, str(error))
            log.warning("channel %s: not sent, next try in %d s: %s", channel, wait.total_seconds(), error)
            return Sent(sent, given_up, str(error))
        store.outbox.sent(delivery, now())
        sent += 1
    return Sent(sent, given_up)


def next_wait(delivery: Delivery, retry_after: float | None = None) -> timedelta:
    """How long to wait after a failed attempt: doubling from half a minute to an hour, or what the service asks for."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(delivery.attempts, 10)
    return max(min(doubled, LONGEST_WAIT), timedelta(seconds=min(retry_after or 0, 86_400)))
