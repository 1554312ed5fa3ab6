"""What the monitor asks of the web, and what it makes of every kind of answer: always an outcome with a name."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from monitor import __version__
from monitor.config import Settings
from monitor.fetcher import Fetched, Fetcher, Validators
from tests.support.site import PAGE, Document, Fault, Site

PATH = "/doclib/list.xlsx"
STAMP = "Thu, 29 May 2025 14:00:00 GMT"
Answer = Callable[[httpx.Request], httpx.Response]


class Pause:
    """Stands in for waiting: records how long it would have been; `stop` says that it is time to stop."""

    def __init__(self, stop: bool = False) -> None:
        self.seconds: list[float] = []
        self.stop = stop

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return self.stop


@pytest.fixture
def pause() -> Pause:
    return Pause()


def ask(
    site: Site, pause: Pause, path: str = PATH, validators: Validators | None = None, *, settings: Any = None, **fetch: Any
) -> Fetched:
    """Asks the site for one document."""
    values = {"page": site.page_url, "fetch": {"attempts": 2, **fetch}, **(settings or {})}
    with Fetcher(Settings.model_validate(values), pause) as fetcher:
        return fetcher.document(site.address + path, validators)


def ask_of(answer: Answer, pause: Pause, validators: Validators | None = None, **fetch: Any) -> Fetched:
    """Asks a server that says what the stand-in site cannot: `answer` is its whole behaviour."""
    settings = Settings.model_validate({"page": "https://www.ice.gov/p", "fetch": {"attempts": 2, **fetch}})

    def unread(request: httpx.Request) -> httpx.Response:
        # A body from the network has not been read yet.
        response = answer(request)
        if response.is_stream_consumed:
            response = httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content))
        return response

    with Fetcher(settings, pause, httpx.MockTransport(unread)) as fetcher:
        return fetcher.document("https://www.ice.gov/list.xlsx", validators)


def test_the_user_agent_names_program_version_and_contact(site: Site, pause: Pause) -> None:
    ask(site, pause, settings={"contact": "desk@example.org"})
    ask(site, pause)
    agents = [request.headers["User-Agent"] for request in site.requests]
    assert agents == [f"monitor-287g/{__version__} (+desk@example.org)", f"monitor-287g/{__version__}"]


def test_a_document_comes_whole_with_its_name_validators_and_date(site: Site, pause: Pause) -> None:
    site.documents[PATH] = Document(b"PK rows", STAMP)
    fetched = ask(site, pause)
    assert (fetched.outcome, fetched.status, fetched.body, fetched.name) == ("ok", 200, b"PK rows", "list.xlsx")
    assert fetched.validators == Validators(None, STAMP)
    assert fetched.published_at == datetime(2025, 5, 29, 14, 0, tzinfo=UTC)
    assert (fetched.attempts, pause.seconds) == (1, [])


def test_a_first_request_is_unconditional_and_the_next_repeats_the_date_exactly(site: Site, pause: Pause) -> None:
    site.documents[PATH] = Document(b"PK", STAMP)
    first = ask(site, pause)
    second = ask(site, pause, validators=first.validators)
    assert (second.outcome, second.body, second.status) == ("not_modified", b"", 304)
    assert [request.headers.get("If-Modified-Since") for request in site.requests] == [None, STAMP]


@pytest.mark.parametrize("etag", ['"5f-a1"', 'W/"5f-a1"', '"A:b,c"', "unquoted"])
def test_an_etag_is_given_back_exactly_as_it_came(pause: Pause, etag: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"ETag": etag, "Last-Modified": "yesterday"}, content=b"PK")

    first = ask_of(answer, pause)
    ask_of(answer, pause, first.validators)
    assert "If-None-Match" not in asked[0].headers
    assert (asked[1].headers["If-None-Match"], asked[1].headers["If-Modified-Since"]) == (etag, "yesterday")
    assert first.published_at is None


def test_the_page_is_always_asked_whole(site: Site, pause: Pause) -> None:
    with Fetcher(Settings.model_validate({"page": site.page_url}), pause) as fetcher:
        assert [fetcher.page(site.page_url).outcome for _ in range(2)] == ["ok", "ok"]
    assert all("If-Modified-Since" not in request.headers for request in site.asked(PAGE))


STATUS = {
    401: ("blocked", 1),
    403: ("blocked", 1),
    404: ("not_found", 1),
    410: ("not_found", 1),
    418: ("http_error", 1),
    206: ("http_error", 1),
    429: ("rate_limited", 2),
    500: ("server_error", 2),
    503: ("server_error", 2),
    599: ("server_error", 2),
}


@pytest.mark.parametrize("status", STATUS)
def test_a_status_has_a_name_and_only_what_may_pass_is_asked_again(site: Site, pause: Pause, status: int) -> None:
    site.documents[PATH] = Document(b"PK", STAMP)
    site.faults = [Fault(PATH, "status", status, 9)]
    fetched = ask(site, pause)
    assert (fetched.outcome, fetched.attempts) == STATUS[status]
    assert (fetched.status, fetched.body, fetched.detail) == (status, b"", f"HTTP {status}")
    assert len(site.requests) == fetched.attempts


def test_a_server_that_recovers_is_asked_until_it_does(site: Site, pause: Pause) -> None:
    site.documents[PATH] = Document(b"PK", STAMP)
    site.faults = [Fault(PATH, "status", 500, 2)]
    fetched = ask(site, pause, attempts=4, backoff="2s")
    assert (fetched.outcome, fetched.attempts) == ("ok", 3)
    first, second = pause.seconds
    assert 1 <= first <= 3
    assert 2 <= second <= 6


def test_waits_double_with_jitter_and_never_grow_beyond_half_a_minute(pause: Pause) -> None:
    assert ask_of(lambda _: httpx.Response(500), pause, attempts=10).attempts == 10
    assert len(pause.seconds) == 9, "it waits after the last attempt too"
    for number, seconds in enumerate(pause.seconds):
        assert min(0.5 * 2**number, 30) <= seconds <= min(1.5 * 2**number, 30)
    assert len({seconds / 2**number for number, seconds in enumerate(pause.seconds[:4])}) > 1, "no jitter"


RETRY_AFTER: dict[str, tuple[dict[str, str], list[float], int]] = {
    "seconds": ({"Retry-After": "7"}, [7.0], 2),
    "at once": ({"Retry-After": "0"}, [0.0], 2),
    "the longest that is waited for": ({"Retry-After": "30"}, [30.0], 2),
    "longer than a poll can wait": ({"Retry-After": "31"}, [], 1),
    "absurdly long": ({"Retry-After": "9" * 400}, [], 1),
    "a date": ({"Retry-After": "Thu, 29 May 2025 14:00:12 GMT", "Date": STAMP}, [12.0], 2),
    "a date long past": ({"Retry-After": "Thu, 29 May 2025 13:00:00 GMT", "Date": STAMP}, [0.0], 2),
    "a date too late": ({"Retry-After": "Thu, 29 May 2025 15:00:00 GMT", "Date": STAMP}, [], 1),
}


@pytest.mark.parametrize("name", RETRY_AFTER)
def test_retry_after_is_honoured_or_left_to_the_next_poll(pause: Pause, name: str) -> None:
    headers, waits, attempts = RETRY_AFTER[name]
    fetched = ask_of(lambda _: httpx.Response(503, headers=headers), pause)
    assert (fetched.outcome, fetched.attempts, pause.seconds) == ("server_error", attempts, waits)


@pytest.mark.parametrize("headers", [{"Retry-After": "soon"}, {"Retry-After": STAMP}, {"Retry-After": "-5"}])
def test_a_retry_after_that_cannot_be_read_means_the_usual_wait(pause: Pause, headers: dict[str, str]) -> None:
    ask_of(lambda _: httpx.Response(429, headers=headers), pause)
    (seconds,) = pause.seconds
    assert 0.5 <= seconds <= 1.5


def test_a_stop_while_waiting_ends_the_request(site: Site) -> None:
    site.faults = [Fault(PATH, "status", 500, 9)]
    fetched = ask(site, Pause(stop=True), attempts=4)
    assert (fetched.outcome, len(site.requests)) == ("stopped", 1)


def test_a_body_that_trickles_in_is_given_up_at_the_deadline(site: Site, pause: Pause) -> None:
    site.documents[PATH] = Document(b"x" * 256 * 40, STAMP)
    site.faults = [Fault(PATH, "slow", 0.2, 9)]
    fetched = ask(site, pause, attempts=1, timeout="0.5s")
    assert (fetched.outcome, fetched.body) == ("timeout", b"")
    assert 500 <= fetched.millis < 2_000


def test_headers_that_trickle_in_are_given_up_at_the_deadline(pause: Pause) -> None:
    settings = Settings.model_validate({"page": "http://127.0.0.1/", "fetch": {"attempts": 1, "timeout": "0.4s"}})
    with trickling(b"X-Slow: 1\r\n", times=10, every=0.1) as address, Fetcher(settings, pause) as fetcher:
        fetched = fetcher.document(address)
    assert fetched.outcome == "timeout"
    assert fetched.millis < 800, "the deadline of 400 ms was long past"


@contextmanager
def trickling(line: bytes, times: int, every: float) -> Iterator[str]:
    """A server that sends its headers line by line; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    for _ in range(times):
                        time.sleep(every)
                        connection.sendall(line)
                    connection.sendall(b"Content-Length: 2\r\n\r\nPK")
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/list.xlsx"
        thread.join(timeout=5)


def test_a_body_is_taken_up_to_the_limit_and_not_one_byte_beyond(site: Site, pause: Pause) -> None:
    site.documents |= {"/full": Document(b"x" * 2**20), "/over": Document(b"x" * (2**20 + 1))}
    assert len(ask(site, pause, "/full", document_megabytes=1).body) == 2**20
    over = ask(site, pause, "/over", document_megabytes=1)
    assert (over.outcome, over.body, over.attempts, over.detail) == ("too_large", b"", 1, "larger than 1 MB")


def packed(coding: str, megabytes: int) -> Answer:
    """A server that answers with so many megabytes of zeros in a content coding, in pieces as they come from a socket."""
    body = b"\0" * (megabytes << 20)
    for one in coding.split(", "):
        body = gzip.compress(body, 6) if one == "gzip" else zlib.compress(body, 6)

    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return (body[start : start + 65_536] for start in range(0, len(body), 65_536))

    return lambda _: httpx.Response(200, headers={"Content-Encoding": coding}, stream=Pieces())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_compressed_body_is_measured_by_what_it_unpacks_to(pause: Pause, coding: str) -> None:
    assert len(ask_of(packed(coding, 1), pause, document_megabytes=1).body) == 2**20
    assert ask_of(packed(coding, 2), pause, document_megabytes=1).outcome == "too_large"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_compression_bomb_takes_no_more_memory_than_a_few_times_the_limit(pause: Pause, coding: str) -> None:
    server = packed(coding, 40)
    tracemalloc.start()
    try:
        assert ask_of(server, pause, document_megabytes=1).outcome == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


def test_a_body_that_is_not_compressed_as_it_says_is_an_outcome(pause: Pause) -> None:
    fetched = ask_of(lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"PK")), pause)
    assert (fetched.outcome, fetched.attempts) == ("truncated", 2)


def test_a_body_packed_in_two_pieces_comes_whole(pause: Pause) -> None:
    body = httpx.ByteStream(gzip.compress(b"PK one,") + gzip.compress(b" two"))
    fetched = ask_of(lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body), pause)
    assert (fetched.outcome, fetched.body) == ("ok", b"PK one, two")


def test_whatever_a_library_stumbles_over_is_an_outcome_and_no_silence(pause: Pause) -> None:
    fetched = ask_of(lambda _: [][0], pause)
    assert (fetched.outcome, fetched.detail) == ("unreachable", "unexpected IndexError: list index out of range")
    assert fetched.millis < 5_000


@pytest.mark.parametrize("kind", ["truncated", "reset"])
def test_a_connection_that_ends_early_is_asked_again(site: Site, pause: Pause, kind: str) -> None:
    site.documents[PATH] = Document(b"PK" * 50, STAMP)
    site.faults = [Fault(PATH, kind)]
    fetched = ask(site, pause)
    assert (fetched.outcome, fetched.attempts, len(fetched.body)) == ("ok", 2, 100)


def test_nobody_listening_is_an_outcome(pause: Pause) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fetched = ask(Site(address=f"http://127.0.0.1:{port}"), pause)
    assert (fetched.outcome, fetched.attempts, fetched.status) == ("unreachable", 2, None)
    assert fetched.detail


def test_redirects_are_followed_within_the_hosts_that_may_be_asked(site: Site, pause: Pause) -> None:
    site.documents["/moved/list.xlsx"] = Document(b"PK", STAMP)
    port = site.address.rsplit(":", 1)[1]
    site.faults = [
        Fault(PATH, "redirect", "/second"),
        Fault("/second", "redirect", f"http://LOCALHOST:{port}/moved/list.xlsx"),
    ]
    fetched = ask(site, pause, settings={"allowed_hosts": ["localhost"]})
    assert (fetched.outcome, fetched.body, fetched.url) == ("ok", b"PK", site.address + PATH)
    assert [request.path for request in site.requests] == [PATH, "/second", "/moved/list.xlsx"]


ELSEWHERE = (
    *(
        "http://169.254.169.254/latest",
        "//elsewhere.example/x",
        "https://127.0.0.1@elsewhere.example/",
        "http://127.0.0.1.nip.io/",
    ),
    *("file:///etc/passwd", "ftp://127.0.0.1/x", "http://localhost/"),
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_redirect_to_another_host_or_scheme_is_refused(site: Site, pause: Pause, target: str) -> None:
    site.faults = [Fault(PATH, "redirect", target, 9)]
    fetched = ask(site, pause)
    assert (fetched.outcome, fetched.attempts, len(site.requests)) == ("host_not_allowed", 1, 1)
    assert f"redirected from {site.address + PATH}" in fetched.detail


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/plain,PK", "mailto:x@127.0.0.1", "http://127.0.0.1:port/"])
def test_a_redirect_that_is_no_web_address_is_not_followed(site: Site, pause: Pause, target: str) -> None:
    site.faults = [Fault(PATH, "redirect", target, 9)]
    assert ask(site, pause).outcome in ("unreachable", "truncated")
    assert {request.path for request in site.requests} == {PATH}


def test_an_address_on_a_host_that_is_not_allowed_is_never_asked(site: Site, pause: Pause) -> None:
    settings = Settings.model_validate({"page": "http://www.ice.gov/", "allowed_hosts": []})
    with Fetcher(settings, pause) as fetcher:
        fetched = fetcher.document(site.address + PATH)
    assert (fetched.outcome, fetched.detail) == ("host_not_allowed", "127.0.0.1 is not among allowed_hosts")
    assert site.requests == []


@pytest.mark.parametrize(
    ("turns", "outcome", "requests"), [(5, "ok", 6), (6, "too_many_redirects", 6), (99, "too_many_redirects", 6)]
)
def test_five_redirects_are_followed_and_a_loop_is_left(
    site: Site, pause: Pause, turns: int, outcome: str, requests: int
) -> None:
    site.documents[PATH] = Document(b"PK", STAMP)
    site.faults = [Fault(PATH, "redirect", PATH, turns)]
    assert (ask(site, pause).outcome, len(site.requests)) == (outcome, requests)


def test_a_redirect_that_leads_nowhere_is_an_outcome(pause: Pause) -> None:
    assert ask_of(lambda _: httpx.Response(302), pause).outcome == "too_many_redirects"
    assert ask_of(lambda _: httpx.Response(302, headers={"Location": "https://["}), pause).outcome == "unreachable"


NAMES = {
    'attachment; filename="participating Agencies; am.xlsx"': "participating Agencies; am.xlsx",
    "attachment; filename=plain.xlsx": "plain.xlsx",
    r'attachment; filename="say \"hi\".xlsx"': 'say "hi".xlsx',
    "attachment; filename*=UTF-8''caf%C3%A9%20list.xlsx": "café list.xlsx",
    "attachment; filename*=iso-8859-1'en'caf%E9.xlsx": "café.xlsx",
    "attachment; filename*=nosuch''x.xlsx": "x.xlsx",
    'attachment; filename="../../etc/passwd"': "passwd",
    r'attachment; filename="C:\temp\list.xlsx"': "list.xlsx",
    "attachment; filename*=UTF-8''..%2F..%5Clist.xlsx": "list.xlsx",
    "attachment; filename*=UTF-8''a%0D%0Ab%00%1B%5B31m%7F.xlsx": "ab[31m.xlsx",
    'attachment; filename=""': "Fall back.xlsx",
    'attachment; filename="folder/"': "Fall back.xlsx",
    "attachment": "Fall back.xlsx",
    "": "Fall back.xlsx",
    f'attachment; filename="{"a" * 300}"': "a" * 200,
    "attachment; filename=\"cafe.xlsx\"; filename*=UTF-8''caf%C3%A9.xlsx": "café.xlsx",  # RFC 6266, 4.3: the extended one counts
    "attachment; filename*=UTF-8''a%C2%9B31m.xlsx": "a31m.xlsx",  # U+009B begins a terminal's control sequence
    'attachment; filename=".."': "Fall back.xlsx",
}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        *NAMES.items(),
    ],
)
def test_a_file_name_is_what_the_server_says_without_folders_and_control_characters(
    site: Site, pause: Pause, disposition: str, name: str
) -> None:
    site.documents["/download/Fall back.xlsx"] = Document(b"PK", STAMP, disposition)
    assert ask(site, pause, "/download/Fall%20back.xlsx").name == name
