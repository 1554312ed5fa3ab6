"""Over 100 services through Apprise: one address per channel.

One Apprise object holds one address, so that a retry never sends again to a service that took the message.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import apprise
from pydantic import SecretStr

from monitor.config import Channel, Section
from monitor.notifiers import BadChannel, DeliveryError, Receipt, Sending, options, without_secrets
from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import Renderer

# Its log repeats addresses, which hold secrets: it goes nowhere but into a call's result, of which the secrets are
# blanked.
logging.getLogger("apprise").propagate = False
# The least that a mail service of Apprise's takes.
_MAIL = 32_768


class _Options(Section):
    url: SecretStr


class AppriseChannel:
    """One service behind an Apprise address. Each gets the format that it takes: HTML, Markdown or text, split at its own limit."""

    # What most services take without complaint.
    pause = 1.0

    def __init__(self, channel: Channel) -> None:
        self._secret = options(_Options, channel).url.get_secret_value()
        self._renderer = Renderer(channel.templates)
        self._service = apprise.Apprise()
        with apprise.LogCapture(level=logging.CRITICAL):  # type: ignore[no-untyped-call]
            if not self._service.add(self._secret):
                raise BadChannel(
                    (("url",), "expected the address of a service that Apprise knows, such as ntfys://ntfy.sh/topic")
                )
        # A retry sends to all targets again: with one, to none that has the message.
        if sum(len(server) for server in self._service) > 1:
            raise BadChannel((("url",), "expected an address with one target; give each target a channel of its own"))
        self._service[0].overflow_mode = apprise.OverflowMode.SPLIT

    def send(self, message: Message, sending: Sending) -> Receipt:
        """Sends the message in the format that its service shows best."""
        body, body_format = self._body(message)
        # Another thread's call speaks of another channel, whose secrets nobody blanks here: only this call's own lines are read.
        result = self._service.notify(body=_unmentioned(body), title=_unmentioned(message.title), body_format=body_format)
        # The result is an object; only its truth says whether the service took the message.
        if not result:
            lines = [entry.message for entry in result.logs() if entry.level in ("WARNING", "ERROR", "CRITICAL")]
            raise DeliveryError(without_secrets("; ".join(lines), self._secret) or "the service did not take the message")
        return Receipt("taken")

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        body, body_format = self._body(message)
        suffix = {apprise.NotifyFormat.HTML: "html", apprise.NotifyFormat.MARKDOWN: "md"}.get(body_format)
        text = {"txt": f"{message.title}\n\n{self._renderer.text(message)}".encode()}
        return {**text, suffix: body.encode()} if suffix else text

    def reach(self) -> str:
        return "the address is one that Apprise knows; only `notify test` can tell whether its service takes messages"

    def _body(self, message: Message) -> tuple[str, apprise.NotifyFormat]:
        server = self._service[0]
        wanted = server.resolve_format()
        if wanted == apprise.NotifyFormat.MARKDOWN:
            return self._renderer.markdown(message), apprise.NotifyFormat.MARKDOWN
        html = self._renderer.html(message) if wanted == apprise.NotifyFormat.HTML else ""
        # Mail services take whole documents. What takes less would cut one in its midst, and gets text, of which Apprise makes
        # its HTML.
        if html and server.body_maxlen >= _MAIL and len(html) < server.body_maxlen:
            return html, apprise.NotifyFormat.HTML
        return self._renderer.text(message), apprise.NotifyFormat.TEXT


def _unmentioned(text: str) -> str:
    """`text` in which no cell calls anyone: `@everyone` and `<@123>` are commands to some services."""
    return re.sub(r"@(?=everyone|here|channel|all\b|[&!]?\d)", "@\u200b", text)
