"""Slack, in Block Kit, through an incoming webhook or a bot token. Corrections go into the thread where a token lets them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from monitor.config import Channel, Section
from monitor.notifiers import BadChannel, DeliveryError, Receipt, Sending, options, without_secrets
from monitor.notifiers.blocks import payload, readable
from monitor.notifiers.http import Answer, is_sound, post, reach
from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import Renderer

log = logging.getLogger(__name__)

# What Slack answers where the thread is at fault: the message can stand in the channel.
_NO_THREAD = frozenset(("cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"))
# What Slack answers where the token may not read the channel (channels:history, groups:history).
_NO_RIGHT = frozenset(("missing_scope", "not_in_channel", "no_permission", "not_allowed_token_type", "restricted_action"))
_EVENT = "monitor_287g_message"
# What Slack answers where an operator can mend it, and how.
_HINTS = {
    "channel_not_found": "check `channel`, and invite the bot there (/invite)",
    "not_in_channel": "invite the bot to the channel (/invite)",
    "is_archived": "the channel is archived; name another",
    "invalid_auth": "the token is not valid; renew it",
    "token_revoked": "the token is not valid any more; renew it",
    "missing_scope": "give the app that right and install it anew",
}
# What Slack answers where the message itself is at fault: it will never be taken.
_REFUSED = frozenset(
    ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments")
)
# How many messages are looked through for one that an interrupted attempt may have left there: the channel's newest, a thread's oldest.
_IN_CHANNEL, _IN_THREAD = 100, 999
# So many messages with all their blocks may come as this much JSON.
_HISTORY = 10_000_000


class _Options(Section):
    """`url`: an incoming webhook; or `token` (a bot's, xoxb-…) and `channel` (its id, C…); `api` where Slack's API is another one."""

    url: SecretStr | None = None
    token: SecretStr | None = None
    channel: str = ""
    api: str = "https://slack.com/api"


class SlackChannel:
    """One channel of a Slack workspace."""

    # https://docs.slack.dev/apis/web-api/rate-limits: one message a second and channel.
    pause = 1.0

    def __init__(self, channel: Channel) -> None:
        given = options(_Options, channel)
        self._url = given.url.get_secret_value() if given.url else ""
        self._token = given.token.get_secret_value() if given.token else ""
        self._channel, self._api = given.channel, given.api.rstrip("/")
        if bool(self._url) == bool(self._token):
            raise BadChannel((("url",), "expected either `url`, an incoming webhook, or `token` and `channel`"))
        if self._url and not is_sound(self._url):
            raise BadChannel(
                (("url",), "expected the address of an incoming webhook, such as https://hooks.slack.com/services/…")
            )
        if self._token and not (self._token.isascii() and self._token.isprintable() and " " not in self._token):
            raise BadChannel((("token",), "expected a bot's token, xoxb-…"))
        if self._token and not self._channel:
            raise BadChannel((("channel",), "expected the channel's id, such as C0123456789 (in the channel's details)"))
        if not is_sound(self._api):
            raise BadChannel((("api",), "expected an address that begins with https://"))
        self._renderer = Renderer(channel.templates)

    def send(self, message: Message, sending: Sending) -> Receipt:
        """Posts the message; with a token into the thread of the one it follows, and with its chart behind it."""
        body = payload(message, self._renderer)
        if self._url:
            return self._hook(body)
        thread = sending.thread.get("ts", "")
        place = {"channel": self._channel, **({"thread_ts": thread} if thread else {})}
        ts = self._posted(message, thread) if sending.again else ""
        said = "it was there already" if ts else "ok"
        if not ts:
            metadata = {"event_type": _EVENT, "event_payload": {"id": message.id}}
            try:
                answer = self._call("chat.postMessage", {**body, **place, "metadata": metadata})
            except DeliveryError as error:
                if not thread or not any(reason in str(error) for reason in _NO_THREAD):
                    raise
                thread = ""
                answer = self._call("chat.postMessage", {**body, "channel": self._channel, "metadata": metadata})
            ts = str(answer.get("ts", ""))
            if message.growth:
                self._chart(message, thread or ts)
        return Receipt(said, {"ts": thread or ts})

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        body = payload(message, self._renderer)
        return {"json": json.dumps(body, ensure_ascii=False, indent=2).encode(), "txt": readable(body).encode()}

    def reach(self) -> str:
        """With a token whom Slack takes the bot for; a webhook cannot be tried without posting."""
        if self._url:
            return reach("Slack", self._url)
        answer = self._call("auth.test", {}, form=True)
        return f"Slack knows the token as {answer.get('user')} of {answer.get('team')}"

    def _hook(self, body: Mapping[str, Any]) -> Receipt:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = post("Slack", self._url, json.dumps(body).encode(), headers)
        said = answer.said(self._url)
        if answer.status == 200 and answer.body.lstrip().startswith(b"<"):
            raise DeliveryError(f"Slack answered with a page instead of taking the message: {said}")
        if answer.status != 200:
            final = answer.status in (400, 413) and (said in _REFUSED or said == "invalid_payload" or answer.status == 413)
            raise DeliveryError(f"Slack answered {answer.status}: {said}", answer.retry_after, final=final)
        return Receipt(said)

    def _posted(self, message: Message, thread: str) -> str:
        """The `ts` under which an earlier attempt left the message in the channel, "" where it did not or that cannot be seen."""
        method = "conversations.replies" if thread else "conversations.history"
        place = {"channel": self._channel, **({"ts": thread} if thread else {})}
        query = {**place, "limit": _IN_THREAD if thread else _IN_CHANNEL, "include_all_metadata": "true"}
        try:
            found = self._call(method, query, form=True).get("messages", [])
        except DeliveryError as error:
            if not any(reason in str(error) for reason in _NO_RIGHT):
                raise
            # A message told twice is better than one that is not told.
            log.warning("whether Slack has the message already cannot be seen: %s", error)
            return ""
        for one in found if isinstance(found, list) else ():
            match one:
                case {"metadata": {"event_type": event, "event_payload": {"id": known}}, "ts": ts}:
                    if (event, known) == (_EVENT, message.id):
                        return str(ts)
        return ""

    def _chart(self, message: Message, ts: str) -> None:
        """Puts the chart into the message's thread; without it the message has still been told."""
        from monitor import charts

        try:
            image = charts.png(charts.growth_svg(message.growth))
            place = self._call("files.getUploadURLExternal", {"filename": "agreements.png", "length": len(image)}, form=True)
            upload = str(place.get("upload_url", ""))
            if not is_sound(upload):
                raise DeliveryError("Slack gave no address to upload to")
            answer = post("Slack", upload, image, {"Content-Type": "image/png"})
            if answer.status != 200:
                raise DeliveryError(f"Slack answered {answer.status} to an upload")
            files = json.dumps([{"id": place.get("file_id"), "title": "Agreements that stood, by day"}])
            values = {"files": files, "channel_id": self._channel, "thread_ts": ts}
            self._call("files.completeUploadExternal", values, form=True)
        except Exception as error:
            # Whatever is wrong with the picture, the message has been told.
            told = error if isinstance(error, DeliveryError) else type(error).__name__
            log.warning("the chart was not taken: %s", told)

    def _call(self, method: str, values: Mapping[str, Any], *, form: bool = False) -> Mapping[str, Any]:
        """One method of Slack's Web API; its answer. Raises DeliveryError, also where Slack says `ok: false`."""
        kind = "application/x-www-form-urlencoded" if form else "application/json; charset=utf-8"
        content = urlencode(values).encode() if form else json.dumps(values).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        answer = post("Slack", f"{self._api}/{method}", content, headers, most=_HISTORY)
        found = _json(answer)
        if answer.status == 200 and found.get("ok") is True:
            return found
        reason = str(found.get("error") or answer.said(self._token))
        needed = f" (needed: {found['needed']})" if found.get("needed") else ""
        said = without_secrets(f"{reason}{needed}", self._token)
        told = f"Slack refused {method}" if found.get("error") else f"Slack answered {answer.status} to {method}"
        hint = f"; {_HINTS[reason]}" if reason in _HINTS else ""
        raise DeliveryError(f"{told}: {said}{hint}", answer.retry_after, final=reason in _REFUSED)


def _json(answer: Answer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
