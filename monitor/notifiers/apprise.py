"""Mail and over 100 other services through Apprise: one address per channel.

One Apprise object holds one address, so that a retry never sends again to a service that took the message.
"""

from __future__ import annotations

import logging

import apprise
from apprise.plugins.email.base import NotifyEmail

from monitor.config import Channel
from monitor.notifiers import BadChannel, DeliveryError, without_secrets
from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import as_html, as_text

_DOCUMENTATION = (
    "the address of a service that Apprise knows, such as mailtos://user:password@smtp.example.org?to=desk@example.org"
)


class AppriseChannel:
    """One service behind an Apprise address."""

    def __init__(self, channel: Channel) -> None:
        self._secret = channel.url.get_secret_value()
        self._service = apprise.Apprise()
        with apprise.LogCapture(level=logging.CRITICAL):  # type: ignore[no-untyped-call]
            if not self._service.add(self._secret):
                raise BadChannel(f"expected {_DOCUMENTATION}")
        # Mail takes HTML of any length; cut in pieces, HTML would break.
        self._html = all(isinstance(server, NotifyEmail) for server in self._service)
        for server in self._service:
            if not self._html:
                server.overflow_mode = apprise.OverflowMode.SPLIT

    def send(self, message: Message) -> None:
        """Sends the message: to a mailbox as HTML with its text, elsewhere as text, in as many pieces as the service's limits ask for."""
        body = as_html(message) if self._html else as_text(message)
        body_format = apprise.NotifyFormat.HTML if self._html else apprise.NotifyFormat.TEXT
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
            sent = self._service.notify(body=body, title=message.title, body_format=body_format)
        # The result is an object; only its truth says whether the service took the message.
        if not sent:
            reason = without_secrets(log.getvalue(), self._secret) or "the service did not take the message"
            raise DeliveryError(reason)
