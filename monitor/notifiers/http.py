"""Posts to services: one time limit for the whole exchange, a bounded answer, no redirects, errors without secrets."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from monitor import __version__
from monitor.addresses import certificates
from monitor.notifiers import DeliveryError, without_secrets

# Longer than services take, shorter than people wait; a service that drips its answer is cut off too.
TIMEOUT = 30.0
ANSWER = 100_000
# A person waits for it.
_REACH = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: status, body (cut where it is long), and how many seconds it asks to be left alone (None: it does not)."""

    status: int
    body: bytes
    retry_after: float | None

    def said(self, *secrets: str) -> str:
        """The answer in a few words, without `secrets`."""
        # Blanked before it is cut: a cut secret would not be recognised.
        return without_secrets(self.body.decode("utf-8", "replace"), *secrets)[:100]


def post(
    service: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float = TIMEOUT,
    most: int = ANSWER,
) -> Answer:
    """One POST; `service` names it in errors, of its answer the first `most` bytes are read.

    Raises DeliveryError where no whole answer comes within `timeout` seconds.

    A name that the system looks up for longer than that is waited for: how long, resolv.conf says.
    """
    return _ask(service, "POST", url, content, headers, timeout, most)


def reach(service: str, url: str) -> str:
    """Asks whoever serves `url` whether it is there, and nothing of it: what came, in a few words. Raises DeliveryError."""
    parts = urlsplit(url)
    answer = _ask(service, "HEAD", f"{parts.scheme}://{parts.netloc}/", b"", {}, _REACH, 0)
    return f"{parts.hostname} answers ({answer.status})"


def _ask(service: str, method: str, url: str, content: bytes, headers: Mapping[str, str], timeout: float, most: int) -> Answer:
    try:
        return asyncio.run(_exchange(method, url, content, headers, timeout, most))
    except TimeoutError:
        raise DeliveryError(f"{service} took more than {timeout:g} seconds to answer") from None
    except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
        # The text of an httpx error may hold the address, which may be a secret.
        raise DeliveryError(f"{service} cannot be reached ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise DeliveryError(f"{service} gave no whole answer ({type(error).__name__})") from None
    except (httpx.InvalidURL, OSError, ValueError, ImportError) as error:
        # What the environment says of proxies and certificates fails here, too: a SOCKS proxy, a file that is not there.
        raise DeliveryError(f"{service} cannot be asked ({type(error).__name__})") from None


async def _exchange(method: str, url: str, content: bytes, headers: Mapping[str, str], timeout: float, most: int) -> Answer:
    # httpx's own limits are for each read: whoever drips headers, or sends one 103 after another, would be listened to for ever.
    async with (
        asyncio.timeout(timeout),
        httpx.AsyncClient(
            # What is compressed could not be shown, nor its size be bounded as it is read.
            headers={"User-Agent": f"monitor-287g/{__version__}", "Accept-Encoding": "identity"},
            timeout=None,
            follow_redirects=False,
            verify=certificates(),
            # A proxy's loopback is another machine, and plain http must not leave this one.
            mounts={
                f"all://{f'[{host}]' if ':' in host else host}": None
                for host in (httpx.URL(url).raw_host.decode(),)
                if is_local(host)
            },
        ) as client,
        client.stream(method, url, content=content, headers=dict(headers)) as response,
    ):
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece[: most - len(body)]
            if len(body) >= most:
                break
        return Answer(response.status_code, bytes(body), _retry_after(response.headers))


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, from a number or from an HTTP date and the answer's own (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    try:
        # The oldest of the three forms names no zone; all mean UTC.
        later, now = (parsedate_to_datetime(text).replace(tzinfo=UTC) for text in (value, headers.get("Date", "")))
        return max(0.0, (later - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def is_sound(url: str) -> bool:
    """Whether an address is https, or http to this very machine, and can be asked at all."""
    try:
        parts, asked = urlsplit(url), httpx.URL(url)
        host = asked.host if re.fullmatch(r"[!-~]+", url) and parts.port != 0 else ""
        # The look-up's own check: no label is empty or longer than 63 characters.
        asked.raw_host.decode().encode("idna")
    except (ValueError, httpx.InvalidURL):
        return False
    return bool(re.fullmatch(r"[\w.:-]+", host)) and (parts.scheme == "https" or (parts.scheme == "http" and is_local(host)))


def is_local(host: str) -> bool:
    """Whether a host is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
