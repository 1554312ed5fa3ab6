"""Asks the web for one document and says what came of it: an outcome with a name, never an exception.

Conditional requests, retries with backoff, limits of time, size and redirects, and a list of hosts that may be asked. It decides nothing:
what a 404 or an empty body means is the poller's business.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from monitor import __version__
from monitor.addresses import CheckedNetwork, InnerAddress, certificates
from monitor.config import Settings
from monitor.decompression import UndecodableBody, decoded

OK, NOT_MODIFIED = "ok", "not_modified"
NOT_FOUND, BLOCKED, RATE_LIMITED, SERVER_ERROR, HTTP_ERROR = "not_found", "blocked", "rate_limited", "server_error", "http_error"
UNREACHABLE, TIMEOUT, TRUNCATED, TOO_LARGE = "unreachable", "timeout", "truncated", "too_large"
HOST_NOT_ALLOWED, TOO_MANY_REDIRECTS, STOPPED = "host_not_allowed", "too_many_redirects", "stopped"
_AGAIN = frozenset((RATE_LIMITED, SERVER_ERROR, UNREACHABLE, TIMEOUT, TRUNCATED))
_REDIRECTS = 5
# A longer Retry-After than this is the next poll's business.
_LONGEST_WAIT = 30.0
_HEADERS, _HEADER_LENGTH = 60, 1_000


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request for an address conditional: its ETag and Last-Modified, exactly as they came."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a request: `outcome` is one of this module's names, `body` is complete where it is `ok`, empty otherwise.

    `name` is the file name the server gives (Content-Disposition) or the address's last part; `millis` is the time all attempts took;
    `headers` are those of the answer that brought the body, by lower-case names, without cookies.
    """

    url: str
    outcome: str
    body: bytes = b""
    status: int | None = None
    name: str = ""
    validators: Validators = Validators()
    attempts: int = 1
    millis: int = 0
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def published_at(self) -> datetime | None:
        """The moment of Last-Modified, None where there is none that can be read."""
        try:
            moment = parsedate_to_datetime(self.validators.last_modified or "")
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None


class Fetcher:
    """One connection pool and the rules for using it. `pause(seconds)` waits between attempts and is true when it is time to stop."""

    def __init__(self, settings: Settings, pause: Callable[[float], bool], transport: httpx.BaseTransport | None = None) -> None:
        self._fetch = settings.fetch
        self._hosts = settings.hosts
        self._pause = pause
        contact = f" (+{settings.contact})" if settings.contact else ""
        seconds = settings.fetch.timeout.total_seconds()
        self._options: dict[str, Any] = {
            "follow_redirects": False,
            "timeout": httpx.Timeout(min(20.0, seconds), connect=min(10.0, seconds)),
            "headers": {
                "User-Agent": f"monitor-287g/{__version__}{contact}",
                "Accept": "text/html,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,*/*;q=0.5",
                "Accept-Encoding": "gzip",
                "Accept-Language": "en-US,en;q=0.8",
            },
            "transport": transport,
            "verify": certificates(),
        }
        self._network = CheckedNetwork(settings.hosts, (urlsplit(settings.page).hostname or "").lower())
        self._client = self._connected()

    def _connected(self) -> httpx.Client:
        client = httpx.Client(**self._options)
        # A transport given to the client would put the environment's proxies out of use; a proxy looks names up by itself.
        if isinstance(client._transport, httpx.HTTPTransport):
            client._transport._pool._network_backend = self._network
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def page(self, url: str) -> Fetched:
        """The page, always whole: its bytes differ at every request."""
        return self._with_retries(url, Validators(), self._fetch.page_megabytes << 20)

    def document(self, url: str, validators: Validators | None = None) -> Fetched:
        """A document, or `not_modified` where the server says that it still is what `validators` stand for."""
        return self._with_retries(url, validators or Validators(), self._fetch.document_megabytes << 20)

    def _with_retries(self, url: str, validators: Validators, limit: int) -> Fetched:
        started = time.monotonic()
        for attempt in range(1, self._fetch.attempts + 1):
            fetched, retry_after = self._ask_in_time(url, validators, limit)
            if fetched.outcome not in _AGAIN or attempt == self._fetch.attempts or (retry_after or 0) > _LONGEST_WAIT:
                break
            backoff = self._fetch.backoff.total_seconds() * 2 ** (attempt - 1)
            # Jitter keeps many monitors from coming back in the same second; `random` is no secret here.
            wait = retry_after if retry_after is not None else backoff * random.uniform(0.5, 1.5)
            if self._pause(min(wait, _LONGEST_WAIT)):
                fetched = Fetched(url, STOPPED, detail="the monitor is stopping")
                break
        millis = round(1000 * (time.monotonic() - started))
        return replace(fetched, attempts=attempt, millis=millis)

    def _ask_in_time(self, url: str, validators: Validators, limit: int) -> tuple[Fetched, float | None]:
        """One attempt that ends when its time is up, whatever it hangs on: a name that does not resolve, headers that trickle in."""
        answers: SimpleQueue[tuple[Fetched, float | None]] = SimpleQueue()
        client = self._client

        def work() -> None:
            try:
                answers.put(self._ask(client, url, validators, limit))
            except Exception as error:
                # Whatever a server makes our libraries stumble over is an outcome; it must not look like silence.
                answers.put((Fetched(url, UNREACHABLE, detail=f"unexpected {type(error).__name__}: {error}"), None))

        threading.Thread(target=work, daemon=True).start()
        try:
            return answers.get(timeout=self._fetch.timeout.total_seconds())
        except Empty:
            # The worker is left to its connection, which nobody uses again.
            self._client = self._connected()
            return Fetched(url, TIMEOUT, detail="no answer in time"), None

    def _ask(self, client: httpx.Client, url: str, validators: Validators, limit: int) -> tuple[Fetched, float | None]:
        """One attempt, redirects followed by hand; and the seconds that the server asks to wait before the next."""
        deadline = time.monotonic() + self._fetch.timeout.total_seconds()
        headers = {}
        if validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        target = url
        try:
            for _ in range(_REDIRECTS + 1):
                if not self._allowed(target):
                    host = urlsplit(target).hostname or target
                    detail = f"{host} is not among allowed_hosts" + ("" if target == url else f" (redirected from {url})")
                    return Fetched(url, HOST_NOT_ALLOWED, detail=detail), None
                with client.stream("GET", target, headers=headers) as response:
                    if response.status_code in (301, 302, 303, 307, 308):
                        following = urljoin(target, response.headers.get("Location", ""))
                        if target.startswith("https:") and following.startswith("http:"):
                            return Fetched(url, HOST_NOT_ALLOWED, detail="a redirect from https to http is not followed"), None
                        target = following
                        continue
                    return self._answer(url, response, limit, deadline)
            return Fetched(url, TOO_MANY_REDIRECTS, detail=f"more than {_REDIRECTS} redirects"), None
        except InnerAddress as error:
            return Fetched(
                url, HOST_NOT_ALLOWED, detail=f"{error}" + ("" if target == url else f" (redirected from {url})")
            ), None
        except httpx.TimeoutException:
            return Fetched(url, TIMEOUT, detail="no answer in time"), None
        except httpx.RemoteProtocolError as error:
            return Fetched(url, TRUNCATED, detail=f"the connection ended early: {error}"), None
        except UndecodableBody as error:
            return Fetched(url, TRUNCATED, detail=f"the body cannot be decompressed: {error}"), None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Fetched(url, UNREACHABLE, detail=_in_words(error, target)), None

    def _allowed(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            return parts.scheme in ("http", "https") and (parts.hostname or "").lower() in self._hosts
        except ValueError:
            return False

    def _answer(self, url: str, response: httpx.Response, limit: int, deadline: float) -> tuple[Fetched, float | None]:
        status = response.status_code
        if status != 200:
            outcome = _outcome(status)
            detail = "" if outcome == NOT_MODIFIED else f"HTTP {status}"
            return Fetched(url, outcome, status=status, detail=detail), _retry_after(response)
        chunks: list[bytes] = []
        size = 0
        for chunk in decoded(response.iter_raw(), response.headers.get("Content-Encoding", "")):
            size += len(chunk)
            if size > limit:
                return Fetched(url, TOO_LARGE, status=status, detail=f"larger than {limit >> 20} MB"), None
            if time.monotonic() > deadline:
                return Fetched(url, TIMEOUT, status=status, detail="the body did not arrive in time"), None
            chunks.append(chunk)
        validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        name = file_name(response.headers.get("Content-Disposition"), url)
        return Fetched(url, OK, b"".join(chunks), status, name, validators, headers=_kept_headers(response.headers)), None


def _kept_headers(headers: httpx.Headers) -> dict[str, str]:
    """What a server said beside the body, to be kept with it: no cookies, and no more than a reader would look at."""
    names = [name for name in headers if "cookie" not in name][:_HEADERS]
    return {name: headers[name][:_HEADER_LENGTH] for name in names}


def _in_words(error: Exception, url: str) -> str:
    """Why a server cannot be reached, for people."""
    host, text = urlsplit(url).hostname or url, str(error)
    if re.search("name or service|name resolution|nodename|no address", text, re.IGNORECASE):
        return f"{host} is not found; is there a network? ({text})"
    if "refused" in text.lower():
        return f"{host} refuses the connection ({text})"
    return text or type(error).__name__


def _outcome(status: int) -> str:
    named = {304: NOT_MODIFIED, 401: BLOCKED, 403: BLOCKED, 404: NOT_FOUND, 410: NOT_FOUND, 429: RATE_LIMITED}
    return named.get(status) or (SERVER_ERROR if status >= 500 else HTTP_ERROR)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that a 429 or 503 asks to wait, None where it does not say."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def file_name(disposition: str | None, url: str) -> str:
    """The name the server gives the file, the address's last part where it gives none; no folders, no control characters."""
    names = (*_disposition_names(disposition or ""), unquote(urlsplit(url).path.rstrip("/")))
    plain = ("".join(c for c in re.split(r"[/\\]", name)[-1] if c.isprintable())[:200] for name in names)
    return next((name for name in plain if name.strip(". ")), "")


def _disposition_names(disposition: str) -> Iterator[str]:
    """File names of a Content-Disposition, the extended one (RFC 6266, `filename*`) first."""
    for part in ("*", ""):
        found = re.search(rf"filename\{part}=" if part else "filename=", disposition, re.IGNORECASE)
        if not found:
            continue
        headers = Headers()
        one = disposition[found.start() :] if part else re.sub(r"filename\*=[^;]*;?", "", disposition, flags=re.IGNORECASE)
        headers["Content-Disposition"] = "attachment; " + re.sub(
            r"[\r\n]", " ", one if part else one[one.lower().find("filename=") :]
        )
        try:
            yield headers.get_filename() or ""
        except (LookupError, ValueError):
            continue
