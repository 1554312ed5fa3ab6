"""Posts to services that answer badly: never longer than the limit, never more than is read, never a secret in an error.

A server that drips stops by itself after a while and completes a good answer: whoever waited for it has kept no time limit.
"""

from __future__ import annotations

import re
import socket
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor import addresses
from monitor.notifiers import DeliveryError
from monitor.notifiers.http import Answer, _retry_after, is_sound, post
from tests.support.site import Site

SECRET = "T0ken-s3cret"
LIMIT, AMPLE = 0.3, 20.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """A server of one connection: where it is, and what it was sent."""

    address: str
    received: bytearray = field(default_factory=bytearray)


@contextmanager
def server(pieces: Iterable[bytes] = (), every: float = 0.0, *, deaf: bool = False) -> Iterator[Server]:
    """A server on loopback that sends `pieces`, `every` so many seconds, once it has read a request (`deaf`: reads none), and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one = Server(f"http://127.0.0.1:{listening.getsockname()[1]}/hooks/{SECRET}")
        over = threading.Event()

        def serve() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    while not deaf and not is_whole(one.received):
                        piece = connection.recv(65_536)
                        if not piece:
                            return
                        one.received += piece
                    for piece in pieces:
                        connection.sendall(piece)
                        if every and over.wait(every):
                            return
                    if deaf:
                        over.wait(2)
                except OSError:
                    pass  # The client has had enough.

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield one
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


def is_whole(received: bytearray) -> bool:
    head, blank, body = bytes(received).partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(blank) and len(body) >= (int(length.group(1)) if length else 0)


def ask(address: str, content: bytes = b"{}", timeout: float = AMPLE) -> Answer:
    return post("Slack", address, content, {"Content-Type": "application/json"}, timeout=timeout)


def error_of(address: str, content: bytes = b"{}", timeout: float = AMPLE) -> DeliveryError:
    """What a post to `address` fails with; neither it nor its trace may hold the address's secret."""
    with pytest.raises(DeliveryError) as caught:
        ask(address, content, timeout)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
    return caught.value


def test_a_request_is_sent_as_given_and_its_answer_read_whole() -> None:
    with server([b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\ntaken"]) as one:
        answer = post("Slack", one.address, b'{"a":1}', {"Content-Type": "text/x"})
    assert answer == Answer(202, b"taken", None)
    head, _, body = bytes(one.received).partition(b"\r\n\r\n")
    assert head.startswith(f"POST /hooks/{SECRET} HTTP/1.1\r\n".encode())
    headers = {name.lower(): value for name, value in re.findall(r"(?m)^([\w-]+): (.*?)\r?$", head.decode())}
    assert headers["content-type"] == "text/x"
    assert headers["user-agent"].startswith("monitor-287g/")
    assert headers["accept-encoding"] == "identity"
    assert body == b'{"a":1}'


def test_a_job_s_thread_may_post() -> None:
    answers: list[Answer] = []
    with server([OK]) as one:
        job = threading.Thread(target=lambda: answers.append(ask(one.address)))
        job.start()
        job.join(timeout=5)
    assert [answer.status for answer in answers] == [200]


# -- time --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pieces",
    [
        [bytes((byte,)) for byte in OK],
        [b"HTTP/1.1 200 OK\r\n", *[b"X: 1\r\n"] * 40, b"Content-Length: 2\r\n\r\nok"],
        [*[b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 40, OK],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n", *[b"x"] * 40],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 40, b"0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X: 1\r\n"] * 40, b"\r\n"],
        [b"", *[b""] * 40, OK],
    ],
    ids=["every byte", "headers", "early hints", "body", "chunks", "trailers", "silence"],
)
def test_a_server_that_drips_is_left_when_the_time_is_up(pieces: list[bytes]) -> None:
    with server(pieces, every=0.05) as one:
        assert str(error_of(one.address, timeout=LIMIT)) == "Slack took more than 0.3 seconds to answer"


def test_a_server_that_reads_nothing_is_left_when_the_time_is_up() -> None:
    with server([], deaf=True) as one:
        assert str(error_of(one.address, b"x" * 50_000_000, LIMIT)) == "Slack took more than 0.3 seconds to answer"


def test_a_server_that_never_greets_is_left_when_the_time_is_up() -> None:
    with server([], deaf=True) as one:
        address = one.address.replace("http:", "https:")
        assert str(error_of(address, timeout=LIMIT)) == "Slack took more than 0.3 seconds to answer"


# -- size --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [b"Content-Length: 9000000000", b"Connection: close"])
def test_an_endless_answer_is_read_to_the_limit(head: bytes) -> None:
    def endless() -> Iterator[bytes]:
        yield b"HTTP/1.1 500 Oh\r\n" + head + b"\r\n\r\n"
        while True:
            yield b"x" * 10_000

    with server(endless()) as one:
        answer = ask(one.address)
    assert (answer.status, answer.body) == (500, b"x" * 100_000)
    assert len(answer.said()) == 100


def test_endless_headers_are_an_error() -> None:
    with server([b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 100_000] * 20, b"\r\n\r\n"]) as one:
        assert str(error_of(one.address)) == "Slack gave no whole answer (RemoteProtocolError)"


# -- answers -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(site: Site, status: int) -> None:
    site.hook_status, site.hook_headers = status, {"Location": "/elsewhere"}
    assert ask(site.address + "/x").status == status
    assert [request.path for request in site.requests] == ["/x"]


@pytest.mark.parametrize(
    ("line", "status"), [(b"204 No Content", 204), (b"299 ", 299), (b"418 I'm a teapot", 418), (b"999 \xff", 999), (b"600", 600)]
)
def test_an_odd_status_is_an_answer(line: bytes, status: int) -> None:
    with server([b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n"]) as one:
        assert ask(one.address) == Answer(status, b"", None)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 42 Short\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"220 mail.example.org ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ],
    ids=["nothing", "half a head", "half a body", "no chunk", "status 42", "length -1", "no header", "a mail server", "TLS"],
)
def test_what_is_no_whole_answer_is_an_error(sent: bytes) -> None:
    with server([sent]) as one:
        assert str(error_of(one.address)) == "Slack gave no whole answer (RemoteProtocolError)"


def test_a_compressed_answer_gives_a_line_without_control_characters() -> None:
    with server([b"HTTP/1.1 500 Oh\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x1b["]) as one:
        assert ask(one.address).said().isprintable()


# -- errors ------------------------------------------------------------------------------------------------------------------


def test_a_closed_port_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert str(error_of(f"http://127.0.0.1:{port}/{SECRET}")) == "Slack cannot be reached (ConnectError)"


@pytest.mark.parametrize(
    "url",
    [
        f"https://a..b/{SECRET}",
        f"https://{'a' * 64}.example/{SECRET}",
        f"gopher://h/{SECRET}",
        f"http://h\n/{SECRET}",
        f"/{SECRET}",
    ],
)
def test_an_address_that_cannot_be_asked_is_an_error_without_it(url: str) -> None:
    assert re.fullmatch(r"Slack cannot be (reached|asked) \(\w+\)", str(error_of(url)))


def test_a_plain_server_asked_for_tls_cannot_be_reached() -> None:
    with server([b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as one:
        # A TLS greeting is no HTTP request: the server answers the first bytes that come.
        one.received += b"\r\n\r\n"
        assert str(error_of(one.address.replace("http:", "https:"))) == "Slack cannot be reached (ConnectError)"


# -- the environment ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_asked_without_the_environment_s_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with server([b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"]) as proxy, server([OK]) as one:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        assert ask(one.address.replace("127.0.0.1", host)).status == 200
    assert not proxy.received, "plain http has left this machine"


def test_others_are_asked_through_the_environment_s_proxy_which_sees_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with server([b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        monkeypatch.setenv("https_proxy", proxy.address)
        error = error_of(f"https://monitor.example/hooks/{SECRET}")
    assert str(error) == "Slack cannot be reached (ProxyError)"
    assert proxy.received.startswith(b"CONNECT monitor.example:443 ")
    assert SECRET.encode() not in proxy.received


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALL_PROXY", f"socks5://u:{SECRET}@127.0.0.1:1"), ("ALL_PROXY", f"gopher://{SECRET}:1"), ("SSL_CERT_FILE", f"/{SECRET}")],
)
def test_a_mistake_in_the_environment_is_an_error_without_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("all_proxy", raising=False)
    monkeypatch.setenv(name, value)
    addresses.certificates.cache_clear()
    assert re.fullmatch(r"Slack cannot be asked \(\w+\)", str(error_of(f"https://monitor.example/{SECRET}")))


# -- Retry-After -------------------------------------------------------------------------------------------------------------

DATE = "Thu, 29 May 2025 14:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("99999999999", 99_999_999_999.0),
        ("Thu, 29 May 2025 14:02:00 GMT", 120.0),
        ("Thursday, 29-May-25 14:02:00 GMT", 120.0),
        ("Thu May 29 14:02:00 2025", 120.0),
        ("Thu, 29 May 2025 13:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("1e9", None),
        ("nan", None),
        ("30, 60", None),
        ("Thu, 29 May 99999 14:00:00 GMT", None),
        ("Thu, 99999999999999999999 May 2025 14:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert _retry_after(httpx.Headers([(b"Retry-After", value.encode()), (b"Date", DATE.encode())])) == seconds


@pytest.mark.parametrize("date", ["", "yesterday", None])
def test_a_date_without_the_answer_s_own_says_nothing(date: str | None) -> None:
    headers = {"Retry-After": DATE, **({"Date": date} if date is not None else {})}
    assert _retry_after(httpx.Headers(headers)) is None


def test_retry_after_is_read_from_an_answer() -> None:
    with server([b"HTTP/1.1 429 Slow\r\nRETRY-AFTER:  7 \r\nContent-Length: 0\r\n\r\n"]) as one:
        assert ask(one.address).retry_after == 7.0


_DATES = st.from_regex(
    r"[A-Z][a-z]{2}, [0-9]{1,20} (Jan|Feb|Xyz) [0-9]{1,20} [0-9]{1,3}:[0-9]{1,3}:[0-9]{1,3} (GMT|[+-][0-9]{1,9})"
)


@given(st.one_of(st.text(), _DATES), st.one_of(st.just(DATE), st.text(), _DATES))
def test_whatever_the_headers_say_there_is_a_wait_or_none(value: str, date: str) -> None:
    headers = [(b"Retry-After", value.encode("utf-8", "replace")), (b"Date", date.encode("utf-8", "replace"))]
    wait = _retry_after(httpx.Headers(headers))
    assert wait is None or wait >= 0


# -- what is shown -----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    secret=st.text("abcdef0123456789", min_size=12, max_size=90),
    between=st.lists(st.text(" \n\x00<>GHIJ*\u00e9", max_size=60), min_size=1, max_size=60),
)
@example("abcdef" * 15, [""] * 60)
def test_whatever_an_answer_repeats_nothing_of_a_secret_is_shown(secret: str, between: list[str]) -> None:
    body = secret.join(("", *between, "")).encode()
    said = Answer(404, body, None).said(f"https://h/x/{secret}?k=v")
    assert not re.search(r"[a-f0-9]", said), "cut before it was blanked?"
    assert len(said) <= 100
    assert said.isprintable()


def test_an_answer_that_is_no_text_is_shown_in_one_line() -> None:
    assert (
        Answer(500, b"\xff\xfe\r\n2025-05-29T14:00:00Z INFO forged\x1b[31m", None).said()
        == "�� 2025-05-29T14:00:00Z INFO forged [31m"
    )


# -- sound addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://hooks.example/x",
            "https://u:p@hooks.example:8443/x?token=y",
            "https://xn--exmple-cua.example/",
            "https://[2001:db8::1]/",
        ),
        *("http://127.0.0.1:9/x", "http://127.9.9.9/x", "http://localhost/x", "HTTP://LOCALHOST/x", "http://[::1]:9/x"),
    ],
)
def test_https_is_sound_and_so_is_http_to_this_machine(url: str) -> None:
    assert is_sound(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks.example/x", "https://", "https:///x", "//hooks.example/x", "https:hooks.example", "ftp://hooks.example/"),
        *("http://hooks.example/x", "http://10.0.0.1/x", "http://127.0.0.1@hooks.example/", "http://localhost.hooks.example/"),
        *("http://2130706433/", "http://0.0.0.0/", "http://[::]/", "http://localhost./"),
        *(
            "https://a b/",
            "https://a\n/",
            "https://a|b/",
            "https://%41/",
            "https://[",
            "https://[::1%25eth0]/",
            "https://é.example/",
        ),
        *("https://a..b/", f"https://{'a' * 64}.example/", "https://a:0/", "https://a:99999/", f"https://a/{'x' * 70_000}"),
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not is_sound(url)


@given(st.from_regex(r"https?://[a-zA-Z0-9.:@\[\]%_/-]{0,30}/?[ -~]{0,20}", fullmatch=True))
def test_an_address_is_sound_only_where_httpx_asks_the_same_host_in_the_same_way(url: str) -> None:
    if is_sound(url):
        request = httpx.Request("POST", url)
        assert request.url.host
        assert request.url.scheme == "https" or request.url.host.startswith(("127.", "localhost", "::1"))


def test_this_machine_may_be_named_by_its_address_of_version_6() -> None:
    assert is_sound("http://[::1]:9/hook")
    assert str(error_of("http://[::1]:9/hook")) == "Slack cannot be reached (ConnectError)"
