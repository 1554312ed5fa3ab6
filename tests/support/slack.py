"""Slack on loopback: its rules for a message, as documented, and a stand-in for its webhooks and its Web API that holds to them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from monitor.notifiers import DeliveryError, Sending
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.slack import SlackChannel
from tests.support.site import Request
from tests.support.told import AT, channel

TOKEN = "xoxb-1234567890-s3cret-T0ken"
CHANNEL = "C0123456789"
HOOK = "/services/T00000000/B00000000/XXXXsecretXXXX"
ONCE, AGAIN = Sending(AT), Sending(AT, again=True)
MESSAGE = Message(
    *("alert-7-5a3f", "news", "2 new 287(g) agreements", "Now 4.", "2025-05-30T14:05:59Z"),
    sections=(Section("Texas", (Line("New", "Smith County: Task Force Model", "https://www.ice.gov/s.pdf"),)),),
    url="https://m.example/#publication-7",
)
CORRECTION = replace(MESSAGE, id="correction-8-77aa", title="Correction: Smith County (Texas)", thread=MESSAGE.id)
DIGEST = replace(MESSAGE, growth=(("2025-05-01", 900), ("2025-05-30", 903)))

# docs.slack.dev/reference/block-kit/blocks, …/composition-objects/text-object, …/reference/methods/chat.postMessage, and
# …/changelog/2018-truncating-really-long-messages
BLOCKS, HEADER, SECTION, CONTEXT, TEXT, WHOLE, METADATA = 50, 150, 3_000, 10, 4_000, 12_000, 8_000
_BLOCK_KEYS = {"header": {"type", "text"}, "section": {"type", "text"}, "context": {"type", "elements"}}
_LINK = re.compile(r"<((?:https?|mailto):[^\s<>|]+)\|([^<>|]+)>")


def texts(body: Mapping[str, Any]) -> list[str]:
    """Every text of a message's blocks, in their order."""
    found = []
    for block in body["blocks"]:
        found += [part["text"] for part in (block.get("text"), *block.get("elements", ())) if part]
    return found


def links(text: str) -> list[tuple[str, str]]:
    """(address, words) of each link in mrkdwn."""
    return _LINK.findall(text)


def refusals(body: Mapping[str, Any]) -> list[str]:
    """Why Slack would not take a message, or would not show all of it; nothing where it is sound."""
    wrong: list[str] = []
    try:
        json.dumps(body, ensure_ascii=False).encode("utf-8", "strict")
    except (TypeError, ValueError, RecursionError) as error:
        return [f"no JSON: {error}"]
    blocks = body.get("blocks")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= BLOCKS:
        return [f"{len(blocks) if isinstance(blocks, list) else blocks!r} blocks"]
    for number, block in enumerate(blocks):
        wrong += [f"block {number}: {reason}" for reason in _block(block)]
    total = sum(map(len, texts(body))) if not wrong else 0
    if total > WHOLE:
        wrong.append(f"{total} characters")
    text = body.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT:
        wrong.append("no `text` for notifications, or a long one")
    else:
        wrong += [f"text: {reason}" for reason in _mrkdwn(text)]
    if len(json.dumps(body.get("metadata", {}))) > METADATA or set(body.get("metadata", {})) - {"event_type", "event_payload"}:
        wrong.append("metadata")
    return wrong


def _block(block: Any) -> Iterator[str]:
    kind = block.get("type")
    if kind not in _BLOCK_KEYS or set(block) != _BLOCK_KEYS[kind]:
        yield f"{kind} with {sorted(block)}"
    elif kind == "context":
        if not 1 <= len(block["elements"]) <= CONTEXT:
            yield f"{len(block['elements'])} elements"
        for element in block["elements"]:
            yield from _text(element, "mrkdwn", SECTION)
    elif kind == "header":
        yield from _text(block["text"], "plain_text", HEADER)
    else:
        yield from _text(block["text"], "mrkdwn", SECTION)


def _text(value: Mapping[str, Any], kind: str, limit: int) -> Iterator[str]:
    if value.get("type") != kind or set(value) - {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}:
        yield f"a text of {kind} was expected, not {dict(value)!r}"
    elif not 1 <= len(value["text"]) <= limit or not value["text"].strip():
        yield f"{len(value['text'])} characters"
    elif kind == "mrkdwn":
        yield from _mrkdwn(value["text"])


def _mrkdwn(text: str) -> Iterator[str]:
    rest = _LINK.sub("", text)
    if "<" in rest or ">" in rest:
        yield f"a < or > that begins or ends no link: {rest[:200]!r}"
    if re.search(r"&(?!(amp|lt|gt);)", text):
        yield "an & that is not escaped, or escaped and cut in half"


@dataclass
class Answer:
    """What Slack answers next in place of what it would: `after` it did what it was asked; status 0: the line goes dead."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False


@dataclass
class Slack:
    """A workspace with one channel. `faults` are answers by method (or "hook", "upload"), each the next time it is asked."""

    address: str = ""
    scopes: set[str] = field(default_factory=lambda: {"chat:write", "channels:history", "files:write"})
    messages: list[dict[str, Any]] = field(default_factory=list)
    hooked: list[dict[str, Any]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    upload_url: str = ""

    @property
    def api(self) -> str:
        return f"{self.address}/api"

    @property
    def hook(self) -> str:
        return self.address + HOOK

    @property
    def asked(self) -> list[str]:
        """The methods that were asked, in order."""
        return [urlsplit(request.path).path.rpartition("/")[2] for request in self.requests]

    def fault(
        self, method: str, status: int = 200, body: object = b"", *, after: bool = False, times: int = 1, **headers: str
    ) -> None:
        """Makes the next `times` answers to a method these; a body that is no bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.setdefault(method, []).extend([Answer(status, raw, named, after)] * times)

    def refuse(self, method: str, error: str, **more: Any) -> None:
        """Makes the next answer to a method `ok: false`."""
        self.fault(method, 200, {"ok": False, "error": error, **more})

    def take(self, method: str, request: Request) -> dict[str, Any]:
        """What Slack answers to a method of the Web API."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        needed = {"chat.postMessage": "chat:write", "conversations": "channels:history", "files": "files:write"}
        scope = needed.get(method) or needed.get(method.partition(".")[0], "")
        if scope not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": scope, "provided": ",".join(sorted(self.scopes))}
        is_json = request.headers["Content-Type"].startswith("application/json")
        if is_json is not (method == "chat.postMessage"):
            # The methods that read, and those of files, take no JSON.
            return {"ok": False, "error": "invalid_form_data" if is_json else "invalid_json"}
        values = json.loads(request.body) if is_json else dict(parse_qsl(request.body.decode(), strict_parsing=True))
        action = getattr(self, "_" + method.replace(".", "_"), None)
        return action(values) if action else {"ok": False, "error": "unknown_method"}

    def _chat_postMessage(self, values: dict[str, Any]) -> dict[str, Any]:
        if values["channel"] != CHANNEL:
            return {"ok": False, "error": "channel_not_found"}
        if wrong := refusals(values):
            return {"ok": False, "error": "invalid_blocks", "errors": wrong}
        ts = f"{1_748_613_959 + len(self.messages)}.000100"
        self.messages.append({"type": "message", **values, "ts": ts})
        return {"ok": True, "channel": CHANNEL, "ts": ts, "message": {"text": values["text"]}}

    def _conversations_history(self, values: dict[str, str]) -> dict[str, Any]:
        return self._read([one for one in self.messages[::-1] if "thread_ts" not in one], values)

    def _conversations_replies(self, values: dict[str, str]) -> dict[str, Any]:
        """The message and its replies, the oldest first, as Slack gives them."""
        found = [one for one in self.messages if values["ts"] in (one["ts"], one.get("thread_ts"))]
        return self._read(found, values) if found else {"ok": False, "error": "thread_not_found"}

    def _read(self, found: list[dict[str, Any]], values: Mapping[str, str]) -> dict[str, Any]:
        limit = int(values.get("limit", 100))
        if not 1 <= limit <= 999 or values["channel"] != CHANNEL:
            return {"ok": False, "error": "invalid_limit"}
        without = set() if values.get("include_all_metadata") == "true" else {"metadata"}
        page = [{name: value for name, value in one.items() if name not in without} for one in found[:limit]]
        return {"ok": True, "messages": page, "has_more": len(found) > limit}

    def _files_getUploadURLExternal(self, values: dict[str, str]) -> dict[str, Any]:
        if not values.get("filename") or int(values.get("length", 0)) <= 0:
            return {"ok": False, "error": "invalid_arguments"}
        file = f"F{len(self.uploads):010}"
        self.uploads[file] = b""
        return {
            "ok": True,
            "upload_url": self.upload_url or f"{self.address}/upload/{file}?length={values['length']}",
            "file_id": file,
        }

    def _files_completeUploadExternal(self, values: dict[str, str]) -> dict[str, Any]:
        files = json.loads(values["files"])
        if not all(self.uploads.get(one["id"]) for one in files):
            return {"ok": False, "error": "file_not_found"}
        self.files += [{**one, "channel": values["channel_id"], "thread_ts": values.get("thread_ts", "")} for one in files]
        return {"ok": True, "files": files}

    def take_upload(self, request: Request) -> tuple[int, bytes]:
        parts = urlsplit(request.path)
        file, length = parts.path.rpartition("/")[2], int(parse_qs(parts.query)["length"][0])
        if "Authorization" in request.headers or file not in self.uploads or len(request.body) != length:
            return 400, b"refused"
        self.uploads[file] = request.body
        return 200, f"OK - {length}".encode()

    def take_hook(self, request: Request) -> tuple[int, bytes]:
        if request.path != HOOK:
            return 404, b"no_service"
        body = json.loads(request.body)
        if refusals(body):
            return 400, b"invalid_blocks"
        self.hooked.append(body)
        return 200, b"ok"

    def answer(self, request: Request) -> Answer:
        """What Slack does with a request, and what it says."""
        path = urlsplit(request.path).path
        kind = "upload" if path.startswith("/upload/") else path.removeprefix("/api/") if path.startswith("/api/") else "hook"
        fault = self.faults[kind].pop(0) if self.faults.get(kind) else None
        if fault and not fault.after:
            return fault
        if kind in ("upload", "hook"):
            status, body = self.take_upload(request) if kind == "upload" else self.take_hook(request)
        else:
            status, body = 200, json.dumps(self.take(kind, request)).encode()
        return fault or Answer(status, body)


@contextmanager
def slack() -> Iterator[Slack]:
    """A stand-in on a free loopback port, stopped at the end."""
    one = Slack()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request("POST", self.path, dict(self.headers), body)
            one.requests.append(request)
            answer = one.answer(request)
            request.status = answer.status
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    one.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def bot(workspace: Slack, **keys: Any) -> SlackChannel:
    """A channel with the workspace's token."""
    return SlackChannel(channel(**{"token": TOKEN, "channel": CHANNEL, "api": workspace.api, **keys}))


def error(notifier: SlackChannel, message: Message = MESSAGE, sending: Sending = ONCE) -> DeliveryError:
    """The error that a message ends with; fails the test where it holds anything secret."""
    with pytest.raises(DeliveryError) as caught:
        notifier.send(message, sending)
    said = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r} {caught.value.receipt!r}"
    assert not any(secret in said for secret in (TOKEN, "s3cret", "XXXXsecretXXXX", "T00000000"))
    return caught.value
