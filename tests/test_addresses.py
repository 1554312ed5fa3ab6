"""Names that may be asked and lead where nobody may: into the operator's own network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest

from monitor.addresses import CheckedNetwork, InnerAddress, is_public
from monitor.config import Settings
from monitor.fetcher import Fetched, Fetcher
from tests.support.site import Document, Fault, Site

PUBLIC = "93.184.215.14"
INNER = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%2", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1"),
)


class Names:
    """Stands in for the resolver: each name's answers in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        answers = self.answers.get(host, [[host]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    resolver = Names()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to; none answers."""
    tried: list[str] = []

    def refuse(_: object, host: str, *__: Any, **___: Any) -> httpcore.NetworkStream:
        tried.append(host)
        raise httpcore.ConnectError("refused")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", refuse)
    return tried


def fetched(url: str, page: str, *hosts: str) -> Fetched:
    settings = Settings.model_validate({"page": page, "allowed_hosts": hosts, "fetch": {"attempts": 1}})
    with Fetcher(settings, lambda _: False) as fetcher:
        return fetcher.document(url)


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_are_told_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_an_allowed_name_that_leads_inside_is_not_asked(names: Names, connected: list[str], address: str) -> None:
    names.answers["files.example.org"] = [[PUBLIC, address]]
    found = fetched("https://files.example.org/list.xlsx", "https://www.ice.gov/p", "files.example.org")
    assert (found.outcome, connected) == ("host_not_allowed", [])
    assert found.detail == f"files.example.org leads to {address}, which is no address of the public internet"


def test_the_checked_address_is_the_one_connected_to(names: Names, connected: list[str]) -> None:
    names.answers["www.ice.gov"] = [[PUBLIC], ["127.0.0.1"]]
    assert fetched("https://www.ice.gov/list.xlsx", "https://www.ice.gov/p").outcome == "unreachable"
    assert connected == [PUBLIC]


def test_a_name_that_turns_inside_later_is_not_followed(names: Names, connected: list[str]) -> None:
    names.answers["www.ice.gov"] = [[PUBLIC], ["127.0.0.1"]]
    network = CheckedNetwork({"www.ice.gov"}, "www.ice.gov")
    with pytest.raises(httpcore.ConnectError):
        network.connect_tcp("www.ice.gov", 443)
    with pytest.raises(InnerAddress):
        network.connect_tcp("www.ice.gov", 443)
    assert connected == [PUBLIC]


def test_a_redirect_to_an_allowed_name_that_leads_inside_is_not_followed(site: Site, names: Names) -> None:
    port = httpx.URL(site.address).port
    names.answers["files.example.org"] = [["127.0.0.1"]]
    site.documents["/list.xlsx"] = Document(b"PK secret")
    site.faults = [Fault("/moved", "redirect", f"http://files.example.org:{port}/list.xlsx")]
    found = fetched(f"{site.address}/moved", site.page_url, "files.example.org")
    assert (found.outcome, found.body) == ("host_not_allowed", b"")
    assert "files.example.org leads to 127.0.0.1" in found.detail
    assert [request.path for request in site.requests] == ["/moved"]


def test_a_page_in_the_operator_s_own_network_is_asked(site: Site, names: Names) -> None:
    port = httpx.URL(site.address).port
    names.answers["mirror.example.org"] = [["127.0.0.1"]]
    site.documents["/list.xlsx"] = Document(b"PK rows")
    for page in (site.page_url, f"http://mirror.example.org:{port}/p"):
        host = httpx.URL(page).host
        assert fetched(f"http://{host}:{port}/list.xlsx", page).body == b"PK rows"
