"""The web server of the daemon: the public files, whether all is well, and nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import httpx
import pytest

from monitor.config import Web
from monitor.daemon.server import listen
from monitor.publishers import write
from tests.support.browser import Browser
from tests.support.line import Line
from tests.support.sheets import row, sheet

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
SECRET = b"what is not public"


@pytest.fixture
def client(watch: Line) -> Browser:
    """A browser at the server of a state directory with two published files and private ones beside them."""
    watch.site.publish("participating", sheet([row()]))
    watch.poll()
    watch.publish()
    (watch.state.path / "secret.txt").write_bytes(SECRET)
    return Browser(watch.state.database, watch.state.public, lambda: watch.now)


def assert_secure(response: httpx.Response) -> None:
    assert {name: response.headers.get(name) for name in SECURITY} == SECURITY


def test_the_feed_says_that_it_is_one(client: Browser, watch: Line) -> None:
    response = client.get("/feed.xml")
    assert response.status_code == 200
    assert response.headers.get_list("content-type") == ["application/rss+xml; charset=utf-8"]
    assert response.content == (watch.state.public / "feed.xml").read_bytes()
    assert_secure(response)


def test_the_page_is_at_the_root_with_its_style(client: Browser, watch: Line) -> None:
    for path, kind, name in (("/", "text/html", "index.html"), ("/style.css", "text/css", "style.css")):
        response = client.get(path)
        assert (response.status_code, response.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert response.content == (watch.state.public / name).read_bytes()
        assert_secure(response)


@pytest.mark.parametrize("path", ["/feed.xml", "/"])
def test_what_a_reader_has_already_is_not_sent_again(client: Browser, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert_secure(again)
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert by_date.status_code == 304


def test_what_has_changed_is_sent_again(client: Browser, watch: Line) -> None:
    etag = client.get("/feed.xml").headers["etag"]
    watch.site.publish("participating", sheet([row(), row("OHIO", "Butler County Sheriff's Office")]))
    watch.poll()
    assert "feed.xml" in watch.publish()
    response = client.get("/feed.xml", headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert response.headers["etag"] != etag
    assert b"New 287(g) agreement" in response.content


def test_a_reader_that_asks_for_it_gets_the_feed_compressed(client: Browser, watch: Line) -> None:
    plain = client.get("/feed.xml", headers={"Accept-Encoding": "identity"})
    packed = client.get("/feed.xml", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert packed.content == plain.content
    assert packed.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert "Accept-Encoding" in packed.headers["vary"]


TYPES = {
    "feed.xml": "application/rss+xml; charset=utf-8",
    "feed.atom": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
    "feeds/tx.xml": "application/rss+xml; charset=utf-8",
    "feeds/archive/us-0001.json": "application/feed+json",
    "feeds.opml": "text/x-opml; charset=utf-8",
    "sitemap.xml": "application/xml; charset=utf-8",
    "data/agreements.json": "application/json",
    "data/events.ndjson": "application/x-ndjson",
    "data/agreements.csv": "text/csv; charset=utf-8",
    "data/agreements.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "script.js": "text/javascript; charset=utf-8",
    "picture.svg": "image/svg+xml",
}


@pytest.mark.parametrize("path", TYPES)
def test_every_file_says_exactly_what_it_is(client: Browser, watch: Line, path: str) -> None:
    file = watch.state.public / path
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    for method in ("GET", "HEAD"):
        response = client.ask(method, f"/{path}")
        assert response.headers.get_list("content-type") == [TYPES[path]]
        anyone = path.startswith(("feed", "data/"))
        assert response.headers.get("access-control-allow-origin") == ("*" if anyone else None)
        assert response.headers["cache-control"] == "public, max-age=60, must-revalidate"


def test_evidence_is_kept_for_ever_and_what_is_not_there_not_at_all(client: Browser, watch: Line) -> None:
    file = watch.state.public / "documents" / "ab" / "cd.xlsx"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PK")
    assert client.get("/documents/ab/cd.xlsx").headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/documents/ab/ef.xlsx", "/healthz", "/feeds/"):
        assert client.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("{}", 304),
        ("{strong}", 304),
        ('"other", {}', 304),
        ('W/"a",{strong} , "b"', 304),
        ("*", 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ("", 200),
    ],
)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_tags_are_compared_weakly_and_several_may_be_named(client: Browser, header: str, status: int, encoding: str) -> None:
    tag = client.get("/feed.xml", {"Accept-Encoding": encoding}).headers["etag"]
    assert tag.startswith('W/"')
    asked = header.format(tag, strong=tag.removeprefix("W/"))
    for method in ("GET", "HEAD"):
        # A date that would agree does not count where tags are named.
        late = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
        response = client.ask(method, "/feed.xml", {"If-None-Match": asked, "Accept-Encoding": encoding, **late})
        assert response.status_code == status
        assert response.headers["etag"] == tag


def test_a_file_rewritten_at_once_with_the_same_size_has_another_tag(client: Browser, watch: Line) -> None:
    path = watch.state.public / "feeds" / "tx.xml"
    tags = set()
    for number in range(10):
        write(path, f"version {number}".encode())
        os.utime(path, ns=(10**18, 10**18))
        tags.add(client.get("/feeds/tx.xml").headers["etag"])
    assert len(tags) > 1
    write(path, b"version A")
    before = client.get("/feeds/tx.xml").headers["etag"]
    write(path, b"version B")
    assert client.get("/feeds/tx.xml", {"If-None-Match": before}).status_code == 200


def test_a_feed_names_its_hubs_and_itself_in_its_headers(watch: Line) -> None:
    watch.publish()
    web = Web(public_url="https://monitor.example.org", hubs=("https://hub.example.org/a", "https://other.example.org"))
    client = Browser(watch.state.database, watch.state.public, lambda: watch.now, lambda: web)
    tag = client.get("/feeds/tx.json").headers["etag"]
    for headers in ({}, {"If-None-Match": tag}):
        assert client.get("/feeds/tx.json", headers).headers["link"] == (
            '<https://hub.example.org/a>; rel="hub", <https://other.example.org>; rel="hub",'
            ' <https://monitor.example.org/feeds/tx.json>; rel="self"'
        )
    assert "link" not in client.get("/").headers


def test_what_is_not_there_is_told_by_the_site_s_own_page(client: Browser, watch: Line) -> None:
    (watch.state.public / "404.html").write_text("Not here")
    response = client.get("/nothing")
    assert (response.status_code, response.text) == (404, "Not here")
    assert_secure(response)


@pytest.mark.parametrize("path", [".feed.xml.17", "feeds/.tx.xml.17", ".git/config"])
def test_what_hides_is_not_served(client: Browser, watch: Line, path: str) -> None:
    file = watch.state.public / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(SECRET)
    for asked in (path, path.replace(".", "%2e")):
        response = client.get(f"/{asked}")
        assert response.status_code == 404
        assert SECRET not in response.content


# Dots are written %2e: httpx would resolve plain ones before it asks, a server finds them decoded.
TRAVERSALS = (
    *(
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/%2e%2e%5csecret.txt",
        "/style.css/%2e%2e/%2e%2e/secret.txt",
        "//secret.txt",
    ),
    *("/%2e%2e/monitor.db", "/%2e%2e/public/%2e%2e/secret.txt", "/%2e/%2e%2e/secret.txt", "/%2e%00%2e/secret.txt"),
    *("/secret.txt%00.xml", "/%252e%252e/secret.txt", "/%2e%2e%2e%2e//secret.txt", "/%2f%2e%2e%2fsecret.txt"),
)


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_public_folder(client: Browser, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (400, 404), response.text[:80]
    assert SECRET not in response.content
    assert b"SQLite format" not in response.content
    assert_secure(response)


def test_a_link_out_of_the_public_folder_is_not_followed(client: Browser, watch: Line) -> None:
    (watch.state.public / "public.txt").symlink_to(watch.state.path / "secret.txt")
    response = client.get("/public.txt")
    assert (response.status_code, SECRET in response.content) == (404, False)


def test_what_is_not_there_is_404_and_folders_are_not_listed(client: Browser, watch: Line) -> None:
    (watch.state.public / "folder").mkdir()
    (watch.state.public / "folder" / "file.txt").write_text("x")
    for path in ("/nothing", "/folder", "/folder/", "/healthz/", "/index.html/x"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert b"file.txt" not in response.content
        assert_secure(response)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/feed.xml", "/healthz"])
def test_nothing_can_be_written(client: Browser, watch: Line, method: str, path: str) -> None:
    before = (watch.state.public / "feed.xml").read_bytes()
    response = client.ask(method, path)
    assert response.status_code == 405
    assert_secure(response)
    assert (watch.state.public / "feed.xml").read_bytes() == before


def test_a_head_request_has_the_same_headers_and_no_body(client: Browser) -> None:
    head, get = client.ask("HEAD", "/feed.xml"), client.get("/feed.xml")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]


def test_a_database_that_cannot_be_used_is_an_error_and_the_files_are_served_all_the_same(watch: Line, tmp_path: Path) -> None:
    watch.publish()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    client = Browser(broken, watch.state.public, lambda: watch.now)
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "failing")
    assert response.json()["detail"] == "the database cannot be opened"
    assert client.get("/feed.xml").status_code == 200


def test_an_error_tells_the_public_no_path_of_the_server(watch: Line, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 100)
    response = Browser(broken, watch.state.public, lambda: watch.now).get("/healthz")
    assert str(tmp_path) not in response.text


def test_asking_for_health_writes_nothing(watch: Line, tmp_path: Path) -> None:
    database = tmp_path / "elsewhere" / "monitor.db"
    Browser(database, watch.state.public, lambda: watch.now).get("/healthz")
    assert not database.exists()


def test_a_part_of_a_file_can_be_asked_for(client: Browser, watch: Line) -> None:
    content = (watch.state.public / "feed.xml").read_bytes()
    part = client.get("/feed.xml", headers={"Range": "bytes=5-24"})
    assert (part.status_code, part.content) == (206, content[5:25])
    assert part.headers["content-range"] == f"bytes 5-24/{len(content)}"


@pytest.mark.parametrize("size", [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, 1 << 20])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_files_of_every_size_come_whole(client: Browser, watch: Line, size: int, coding: str) -> None:
    content = (b"0123456789abcde\n" * (size // 16 + 1))[:size]
    (watch.state.public / "large.csv").write_bytes(content)
    response = client.get("/large.csv", headers={"Accept-Encoding": coding})
    assert (response.status_code, response.content) == (200, content)
    assert response.headers.get("content-encoding") == ("gzip" if coding == "gzip" else None)
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["card.png", "short.txt"])
def test_what_would_not_shrink_is_not_compressed(client: Browser, watch: Line, name: str) -> None:
    (watch.state.public / name).write_bytes(b"x" * (900 if name == "short.txt" else 5_000))
    response = client.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert (response.status_code, response.headers.get("content-encoding")) == (200, None)


def test_an_answer_is_not_held_back_until_the_client_confirms_its_first_half() -> None:
    """Asyncio sets TCP_NODELAY only where the socket names its protocol."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP
