"""What a webhook's receiver is sent: CloudEvents by their specification, signed so that the library of Standard Webhooks takes them."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from monitor import notifiers
from monitor.config import Channel, load
from monitor.core.events import KINDS, Event, PublicationRef
from monitor.core.roster import Agreement, Application, Printed
from monitor.notifiers import BadChannel, DeliveryError, Receipt, Sending, build
from monitor.notifiers.messages import OPERATOR, Line, Message, Section
from monitor.notifiers.samples import samples
from monitor.notifiers.webhook import WebhookChannel, body, key_of, signature, source_of, webhook_id
from tests.support.site import Request, Site

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
TOKEN = "s3cr%2Ft-T0ken"
HOOK = f"/hooks/{TOKEN}?key=an0ther-one"
AT = datetime(2025, 5, 29, 14, 0, 12, tzinfo=UTC)
PUBLICATION = PublicationRef(412, "participating", "participatingAgencies05292025am.xlsx", "ab" * 32, AT)
MESSAGE = Message("alert-412-5a3f", "news", "2 new", "Now 4.", "2025-05-29T14:00:12Z", url="https://m.example/#publication-412")
HOSTILE = (
    *(
        "\"'\\",
        "</script><script>alert(1)</script>",
        "a\x00b",
        "\x1b]0;x\x07\x9b31m",
        "\ud800",
        "\udc80 x \udfff",
        "\u202etxet\u2066",
    ),
    *("A" * 10_000, "😀" * 5_000, "\u2028\u2029", "\ufffe\ufeff", "Cañon", "line\r\nbreak", "{{ 7*7 }} ${x} %s", ""),
)


def agreement(agency: str = "Smith County Sheriff's Office", **values: Any) -> Agreement:
    plain = {"state": "TX", "agency_kind": "sheriff", "county": "Smith County", "model": "TFM", "signed": date(2025, 5, 20)}
    return Agreement(**{**plain, "id": "tx-smith-tfm-2025-05-20", "agency": agency, "printed": Printed(agency=agency), **values})


def event(number: int = 1187, kind: str = "agreement.added", **values: Any) -> Event:
    plain = {"at": AT, "publication": PUBLICATION, "agreement": agreement(), "reason": "no row printed before is this one"}
    return Event(**{**plain, **values}, id=number, kind=kind)


def sending(*events: Event, at: datetime | None = None) -> Sending:
    """An attempt of now: the library refuses what is five minutes old."""
    return Sending(at=at or datetime.now(UTC), events=events)


def channel(url: str = "https://receiver.example" + HOOK, secret: str = SECRET, name: str = "newsroom") -> WebhookChannel:
    built = build(Channel.model_validate({"type": "webhook", "name": name, "url": url, "secret": secret}))
    assert isinstance(built, WebhookChannel)
    return built


def sent(site: Site, *events: Event, message: Message = MESSAGE, secret: str = SECRET, at: datetime | None = None) -> Request:
    """The request that a message makes."""
    channel(site.address + HOOK, secret).send(message, sending(*events, at=at))
    return site.requests[-1]


# -- CloudEvents -------------------------------------------------------------------------------------------------------------

# RFC 3986 (URI), RFC 3339, RFC 2046; https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
URI_REFERENCE = r"(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=\[\]]|%[0-9A-Fa-f]{2})+"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
MEDIA_TYPE = r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(;\s*[\w-]+=[\w-]+)*"
SINGLE, BATCH = "application/cloudevents+json; charset=utf-8", "application/cloudevents-batch+json; charset=utf-8"


def parsed(raw: bytes) -> Any:
    """JSON as the strictest of parsers reads it: UTF-8, no name twice, no NaN, no half of a surrogate pair."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    value = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=unique, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")
    return value


def is_string(value: object) -> bool:
    """Whether a value is a String of CloudEvents: not empty, no control characters, no surrogates, no noncharacters."""
    if not isinstance(value, str) or not value:
        return False
    codes = [ord(c) for c in value]
    return not any(
        c < 0x20 or 0x7F <= c <= 0x9F or 0xD800 <= c <= 0xDFFF or 0xFDD0 <= c <= 0xFDEF or c & 0xFFFE == 0xFFFE for c in codes
    )


def assert_cloud_event(value: Any) -> None:
    """Fails where a CloudEvent breaks a rule of the specification."""
    assert isinstance(value, dict)
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in value.keys() - {"data_base64"})
    attributes = {name: entry for name, entry in value.items() if name not in ("data", "data_base64")}
    assert {"specversion", "id", "source", "type"} <= attributes.keys()
    assert all(is_string(entry) for entry in attributes.values())
    assert value["specversion"] == "1.0"
    assert re.fullmatch(URI_REFERENCE, value["source"])
    urlsplit(value["source"])
    assert re.fullmatch(TIMESTAMP, value["time"])
    datetime.fromisoformat(value["time"])
    assert re.fullmatch(MEDIA_TYPE, value["datacontenttype"])
    assert not {"data", "data_base64"} <= value.keys()
    assert attributes.keys() <= {"specversion", "id", "source", "type", "subject", "time", "datacontenttype"}, "who reads it?"


def read(request: Request) -> list[dict[str, Any]]:
    """The CloudEvents of a request, each held against the specification."""
    value = parsed(request.body)
    batch = request.headers["Content-Type"] == BATCH
    assert batch or request.headers["Content-Type"] == SINGLE
    assert isinstance(value, list) == batch
    events: list[dict[str, Any]] = value if batch else [value]
    for one in events:
        assert_cloud_event(one)
    return events


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("specversion", "1"),
            ("id", ""),
            ("id", 7),
            ("source", ""),
            ("source", "https://exa mple"),
            ("source", "https://é.example"),
        ),
        *(("source", "a%zz"), ("type", "a\x00"), ("subject", ""), ("subject", None), ("time", "2025-05-29 14:00:12")),
        *(
            ("time", "2025-13-29T14:00:12Z"),
            ("datacontenttype", "json"),
            ("partitionKey", "x"),
            ("a_b", "x"),
            ("data_base64", "eA=="),
        ),
    ],
)
def test_the_check_knows_the_rules(name: str, value: object) -> None:
    good = parsed(body(MESSAGE, sending(event())))
    assert_cloud_event(good)
    with pytest.raises((AssertionError, ValueError)):
        assert_cloud_event({**good, name: value})


def test_one_event_is_one_cloud_event_that_holds_the_log_s_own_json(site: Site) -> None:
    request = sent(site, event())
    assert read(request) == [
        {
            "specversion": "1.0",
            "id": "1187-20250529T140012Z",
            "source": "https://m.example",
            "type": "monitor287g.agreement.added",
            "subject": "tx-smith-tfm-2025-05-20",
            "time": "2025-05-29T14:00:12Z",
            "datacontenttype": "application/json",
            "data": event().to_json(),
        }
    ]
    assert (request.method, request.path) == ("POST", HOOK)
    assert request.headers["User-Agent"].startswith("monitor-287g/")


def test_several_events_are_a_batch_in_their_order(site: Site) -> None:
    events = [event(number, kind) for number, kind in enumerate(KINDS, 1)]
    told = read(sent(site, *events))
    assert [one["type"] for one in told] == [f"monitor287g.{kind}" for kind in KINDS]
    assert [one["data"] for one in told] == [one.to_json() for one in events]
    assert len({(one["source"], one["id"]) for one in told}) == len(KINDS)


@pytest.mark.parametrize("message", samples())
def test_a_message_without_events_is_a_cloud_event_of_its_own(site: Site, message: Message) -> None:
    (told,) = read(sent(site, message=message))
    assert told["type"] == f"monitor287g.message.{message.severity}"
    assert told["time"] == message.at
    assert Message.from_json(told["data"]) == message
    assert "subject" not in told


def test_the_subject_is_what_the_event_is_about() -> None:
    application = Application(
        state="TX", agency="A", agency_kind="sheriff", county=None, model="TFM", printed=Printed(), id="tx-a-application"
    )

    def subject(one: Event) -> object:
        return parsed(body(MESSAGE, sending(one))).get("subject")

    assert subject(event(kind="application.added", agreement=None, application=application)) == "tx-a-application"
    assert subject(event(kind="application.approved", application=application)) == "tx-smith-tfm-2025-05-20"
    assert subject(event(kind="list.left_page", agreement=None)) is None


@pytest.mark.parametrize(
    ("url", "page", "source"),
    [
        ("https://m.example/#publication-7", "https://www.ice.gov/x", "https://m.example"),
        ("https://m.example:8443/287g/#publication-7", "", "https://m.example:8443"),
        ("http://127.0.0.1:8287", "", "http://127.0.0.1:8287"),
        ("http://[::1]:8287/", "", "http://[::1]:8287"),
        ("https://u:p@Exämple.org/", "", "https://xn--exmple-cua.org"),
        ("https://exa mple|x.org/", "", "https://exa%20mple%7Cx.org"),
        ("", "https://www.ice.gov/identify-and-arrest/287g", "https://www.ice.gov"),
        ("", "", "monitor287g"),
        ("/287g", "", "monitor287g"),
        ("https://" + "ä" * 80, "", "monitor287g"),
    ],
)
def test_the_source_is_the_public_site_s_host(url: str, page: str, source: str) -> None:
    assert source_of(replace(MESSAGE, url=url, page=page)) == source
    assert re.fullmatch(URI_REFERENCE, source)


def test_every_message_of_one_site_has_one_source() -> None:
    urls = ("https://m.example/287g", "https://m.example/287g/", "https://m.example/287g/#publication-7", "https://m.example/x?y")
    assert {source_of(replace(MESSAGE, url=url)) for url in urls} == {"https://m.example"}


def test_a_log_begun_anew_does_not_give_an_id_again() -> None:
    first, second = (parsed(body(MESSAGE, sending(event(7, at=AT + timedelta(days=days)))))["id"] for days in (0, 1))
    assert first != second


# -- hostile text ------------------------------------------------------------------------------------------------------------


def as_text(value: object) -> Any:
    """`value` as JSON brings it, half a surrogate pair being `?`."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_cell_arrives_as_it_is(site: Site, text: str) -> None:
    one = event(agreement=agreement(text, moa_url=text), changes={"agency": (text, "x")}, reason=text)
    request = sent(site, one)
    Webhook(SECRET).verify(request.body, request.headers)
    (told,) = read(request)
    assert told["data"] == as_text(one.to_json())
    assert told["data"]["agreement"]["agency"] == re.sub("[\ud800-\udfff]", "?", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_message_arrives_as_it_is(site: Site, text: str) -> None:
    message = replace(MESSAGE, id=f"alarm-{text}", severity=OPERATOR, title=text, sections=(Section(text, (Line(text, text),)),))
    request = sent(site, message=message)
    Webhook(SECRET).verify(request.body, request.headers)
    (told,) = read(request)
    assert told["data"] == as_text(message.to_json())


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@settings(deadline=None)
@given(
    st.lists(st.builds(event, st.integers(1), st.sampled_from(KINDS), agreement=st.builds(agreement, ANY_TEXT), reason=ANY_TEXT)),
    ANY_TEXT,
)
def test_whatever_a_log_says_is_sent_as_cloud_events(events: list[Event], text: str) -> None:
    value = parsed(body(replace(MESSAGE, id=f"a-{text}", title=text), sending(*events)))
    told = value if isinstance(value, list) else [value]
    for one in told:
        assert_cloud_event(one)
    assert isinstance(value, list) == (len(events) > 1)
    assert [one["data"]["id"] for one in told if events] == [one.id for one in events]


# -- the signature -----------------------------------------------------------------------------------------------------------


def test_the_library_takes_the_signature(site: Site) -> None:
    request = sent(site, event())
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(request.body)


def changed(name: str, value: Callable[[str], str]) -> Callable[[bytes, dict[str, str]], tuple[bytes, dict[str, str]]]:
    return lambda raw, headers: (raw, {**headers, name: value(headers[name])})


@pytest.mark.parametrize(
    "change",
    [
        lambda raw, headers: (raw.replace(b"TFM", b"JEM"), headers),
        lambda raw, headers: (raw + b" ", headers),
        changed("webhook-id", lambda value: value + "x"),
        changed("webhook-timestamp", lambda value: str(int(value) + 1)),
        changed("webhook-signature", lambda value: "v1," + base64.b64encode(bytes(32)).decode()),
    ],
)
def test_the_library_refuses_what_was_changed(site: Site, change: Any) -> None:
    request = sent(site, event())
    raw, headers = change(request.body, request.headers)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(raw, headers)


def test_the_library_refuses_what_another_has_signed(site: Site) -> None:
    request = sent(site, event(), secret="whsec_" + base64.b64encode(bytes(32)).decode())
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(request.body, request.headers)


def test_what_is_caught_and_sent_on_later_is_too_old(site: Site) -> None:
    request = sent(site, event(), at=AT)
    assert request.headers["webhook-timestamp"] == str(int(AT.timestamp()))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(request.body, request.headers)


@given(st.binary(min_size=24, max_size=64), st.booleans(), ANY_TEXT, st.text())
def test_the_signature_is_the_library_s(key: bytes, padded: bool, identifier: str, content: str) -> None:
    encoded = base64.b64encode(key).decode()
    secret = "whsec_" + (encoded if padded else encoded.rstrip("="))
    assert key_of(secret) == key
    name = webhook_id("newsroom", replace(MESSAGE, id=identifier))
    headers = signature(key_of(secret), name, int(AT.timestamp()), content.encode())
    assert headers["webhook-signature"] == Webhook(secret).sign(name, AT, content)


# -- attempts ----------------------------------------------------------------------------------------------------------------


def test_every_attempt_has_the_same_ids_and_body_and_a_signature_of_its_own(site: Site) -> None:
    site.hook_status = 500
    attempts = []
    for minutes in (0, 1):
        with pytest.raises(DeliveryError):
            sent(site, event(1), event(2), at=datetime.now(UTC) - timedelta(minutes=minutes))
        attempts.append(site.requests[-1])
    first, second = attempts
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "newsroom/alert-412-5a3f"
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    for request in attempts:
        Webhook(SECRET).verify(request.body, request.headers)


@given(ANY_TEXT, ANY_TEXT)
@example("\ud800", "\udbff")
@example("a.b", "a%2Eb")
def test_messages_have_ids_that_a_header_holds_and_no_two_have_the_same(one: str, other: str) -> None:
    first, second = (webhook_id("newsroom", replace(MESSAGE, id=text)) for text in (one, other))
    assert re.fullmatch(r"[\w/:~%-]+", first, re.ASCII), "a dot delimits what is signed"
    assert (first == second) == (one == other)


def test_two_channels_to_one_receiver_have_ids_of_their_own() -> None:
    assert webhook_id("Büro 1.a", MESSAGE) == "B%C3%BCro%201%2Ea/alert-412-5a3f"
    assert webhook_id("texas", MESSAGE) != webhook_id("florida", MESSAGE)


def test_its_messages_need_no_pause() -> None:
    assert channel().pause == 0.0


# -- answers -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"), [(200, "200 ok"), (201, "201 refused"), (202, "202 refused"), (204, "204"), (299, "299 refused")]
)
def test_any_2xx_is_a_receipt(site: Site, status: int, said: str) -> None:
    site.hook_status = status
    assert channel(site.address + HOOK).send(MESSAGE, sending(event())) == Receipt(said)


REDIRECT = " (a redirect, which is not followed; give the address it leads to)"


@pytest.mark.parametrize(
    ("status", "headers", "text", "wait", "final"),
    [
        (410, {}, "410: refused", None, True),
        (400, {}, "400: refused", None, False),
        (401, {}, "401: refused", None, False),
        (404, {}, "404: refused", None, False),
        (413, {}, "413: refused", None, False),
        (429, {"Retry-After": "30"}, "429: refused", 30.0, False),
        (503, {"Retry-After": "120"}, "503: refused", 120.0, False),
        (503, {"Retry-After": "soon"}, "503: refused", None, False),
        (500, {}, "500: refused", None, False),
        (301, {"Location": f"https://elsewhere.example/{TOKEN}"}, f"301: refused{REDIRECT}", None, False),
        (307, {"Location": "/elsewhere"}, f"307: refused{REDIRECT}", None, False),
    ],
)
def test_any_other_answer_is_an_error_that_says_it(
    site: Site, status: int, headers: dict[str, str], text: str, wait: float | None, final: bool
) -> None:
    site.hook_status, site.hook_headers = status, headers
    with pytest.raises(DeliveryError) as caught:
        channel(site.address + HOOK).send(MESSAGE, sending(event()))
    assert str(caught.value) == f"the webhook answered {text}"
    assert (caught.value.retry_after, caught.value.final) == (wait, final)
    assert len(site.requests) == 1, "it has followed a redirect or tried again by itself"


@contextmanager
def answering(status: int, text: Callable[[str], str]) -> Iterator[str]:
    """A server that answers one POST with `status` and with what `text` makes of the path asked for; its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = text(self.path).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join(timeout=5)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    "text",
    [
        lambda path: f"Cannot POST {path}",
        lambda path: f"Cannot POST {unquote(path)}",
        lambda path: json.dumps({"url": path, "secret": SECRET}),
        lambda path: f"{path}{SECRET}" * 100,
    ],
)
def test_a_receiver_that_repeats_secrets_gives_a_line_without_them(status: int, text: Callable[[str], str]) -> None:
    with answering(status, text) as address:
        try:
            said = channel(address + HOOK).send(MESSAGE, sending(event())).said
        except DeliveryError as error:
            said = str(error)
    assert str(status) in said
    assert "***" in said
    pieces = re.split(r"\W+", f"{HOOK} {unquote(HOOK)} {SECRET}")
    assert [piece for piece in pieces if len(piece) > 3 and piece in said] == []


def test_an_empty_answer_is_told_by_its_status() -> None:
    with answering(500, lambda path: "") as address, pytest.raises(DeliveryError, match=r"^the webhook answered 500$"):
        channel(address + HOOK).send(MESSAGE, sending(event()))


# -- settings ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["http://receiver.example/x", "receiver.example", "ftp://receiver.example/x", "https://[", "", "https://a b"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadChannel) as caught:
        channel(url)
    expected = "expected the receiver's address, which begins with https:// (http:// for this very machine only)"
    assert caught.value.mistakes == ((("url",), expected),)


@pytest.mark.parametrize(
    "secret",
    [
        *("", "short", "x" * 40, "é" * 30, "\udcff" * 30, f"{SECRET}\n", "whsec_"),
        *(
            "whsec_" + base64.b64encode(bytes(23)).decode(),
            "whsec_" + "A" * 44 + "-_-_",
            "whsec_" + "A" * 41,
            "whsec_" + "é" * 40,
        ),
    ],
)
def test_a_secret_that_is_weak_or_in_another_form_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(BadChannel) as caught:
        channel(secret=secret)
    ((key, text),) = caught.value.mistakes
    assert key == ("secret",)
    assert text.startswith("expected ")
    assert len(secret) < 8 or secret.removeprefix("whsec_") not in text


@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), "whsec_" + base64.b64encode(bytes(24)).decode()])
def test_a_good_secret_is_taken(secret: str) -> None:
    assert len(key_of(secret)) >= 24
    channel(secret=secret)


def test_both_keys_are_needed_and_there_are_no_others() -> None:
    with pytest.raises(BadChannel) as caught:
        build(Channel.model_validate({"type": "webhook", "adress": "https://x.example"}))
    assert {key for key, _ in caught.value.mistakes} == {("url",), ("secret",), ("adress",)}


# -- previews ----------------------------------------------------------------------------------------------------------------


def test_the_forms_are_the_body_as_sent_and_the_same_for_people(site: Site) -> None:
    events = (event(1), event(2, agreement=agreement("Cañon \x1b[31m\x9b \u202etxet \U000e0001 😀")))
    forms = channel().forms(MESSAGE, sending(*events))
    assert forms["json"] == sent(site, *events).body
    text = forms["txt"].decode()
    assert json.loads(text) == json.loads(forms["json"])
    assert text.startswith('[\n  {\n    "specversion": "1.0",\n')
    assert "Cañon" in text
    assert "😀" in text
    assert all(c.isprintable() or c == "\n" for c in text), "it could steer a terminal"


# -- the document ------------------------------------------------------------------------------------------------------------

WEBHOOKS = DOCUMENT.read_text("utf-8").partition("\n## Webhooks\n")[2]
VERIFIERS = re.findall(r"```python\n(.*?)```", WEBHOOKS, re.DOTALL)


@pytest.mark.parametrize("code", VERIFIERS, ids=["library", "hmac"])
def test_the_document_s_code_verifies(site: Site, code: str) -> None:
    names: dict[str, Any] = {}
    exec(code, names)
    for events in ([event(1)], [event(1), event(2)]):
        request = sent(site, *events)
        headers = {name.lower(): value for name, value in request.headers.items()}
        told = names["verified"](request.body, headers, SECRET)
        assert [one["data"]["id"] for one in told] == [one.id for one in events]
        with pytest.raises((WebhookVerificationError, ValueError)):
            names["verified"](request.body + b" ", headers, SECRET)
    old = sent(site, event(), at=AT)
    with pytest.raises((WebhookVerificationError, ValueError)):
        names["verified"](old.body, {name.lower(): value for name, value in old.headers.items()}, SECRET)


def test_the_document_s_configuration_is_right(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", WEBHOOKS, re.DOTALL)
    path = tmp_path / "config.yaml"
    path.write_text(block)
    environment = {"WEBHOOK_URL": "https://receiver.example/287g", "WEBHOOK_SECRET": SECRET}
    (one,) = load(path, environment, notifiers.check).settings.channels
    assert isinstance(build(one), WebhookChannel)


def test_the_document_s_example_names_what_is_sent(site: Site) -> None:
    (block,) = re.findall(r"```http\n(.*?)```", WEBHOOKS, re.DOTALL)
    request = sent(site, event())
    head, _, shown = block.partition("\n\n")
    own = {"content-type", "user-agent", *(name.lower() for name in request.headers if name.lower().startswith("webhook-"))}
    assert {name.lower() for name in re.findall(r"(?m)^([\w-]+): ", head)} == own
    (told,) = read(request)
    for name, value in json.loads(shown.replace(", …", "")).items():
        assert name in told
        assert name in ("source", "subject", "data") or told[name] == value
