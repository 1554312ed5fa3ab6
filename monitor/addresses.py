"""Where a connection may lead, and whom it trusts there.

Names are looked up here, the addresses checked, and exactly a checked address is connected to: a name that may be asked can point
anywhere, at a router, at a cloud's metadata, at this machine. The name in TLS and in Host stays.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable
from functools import cache

import httpcore
import httpx

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class InnerAddress(Exception):
    """A name leads to an address that is not of the public internet."""


@cache
def certificates() -> ssl.SSLContext:
    """Whom HTTPS trusts, read once: that takes longer than a request."""
    return httpx.create_ssl_context()


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to public addresses only; to others, where the operator named the host by its address.

    `named` are the hosts of the configuration. `page` is the page's host: where its first look-up leads to inner addresses alone, the page
    stands in the operator's own network, and later look-ups may lead there, too.
    """

    def __init__(self, named: Collection[str], page: str) -> None:
        self._named = {host for host in named if host == "localhost" or _literal(host)}
        self._page = page
        self._page_is_inner: bool | None = None
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of `host` that takes one. Raises InnerAddress, and what httpcore raises."""
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._checked(host, port):
            try:
                return self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError(f"no address for {host}")

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        inner = [address for address in addresses if not is_public(address)]
        if host == self._page and self._page_is_inner is None and addresses:
            self._page_is_inner = len(inner) == len(addresses)
        if inner and host not in self._named and not (host == self._page and self._page_is_inner):
            raise InnerAddress(f"{host} leads to {inner[0]}, which is no address of the public internet")
        return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where it wraps an IPv4 address (mapped, 6to4, NAT64)."""
    found = _literal(address)
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inside or found
    return found is not None and found.is_global and not found.is_multicast and not found.is_reserved


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
