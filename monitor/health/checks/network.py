"""The network: does the page answer and show its lists, do the clocks agree, until when are certificates valid, are channels there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from shlex import quote
from urllib.parse import urlsplit

from monitor.config import Channel, Settings
from monitor.core.page import is_denial, read, roster_links
from monitor.core.sheet import Unreadable
from monitor.fetcher import BLOCKED, NOT_FOUND, RATE_LIMITED, SERVER_ERROR, TIMEOUT, UNREACHABLE, Fetched, Fetcher
from monitor.fetcher import OK as ANSWERED
from monitor.health.checks import FAIL, OK, WARN, Finding, in_words
from monitor.notifiers import BadChannel, DeliveryError, build

_REMEDIES = {
    BLOCKED: "ICE's network refuses this machine: fill in `contact:`, try from another network, and ask ICE's web team",
    NOT_FOUND: "look at the page in a browser: has it moved? then set `page:`",
    RATE_LIMITED: "poll less often: `poll.busy.every`",
    SERVER_ERROR: "nothing: the site is ill, polls go on and catch up",
    TIMEOUT: "try `curl -v` on the page's address; a firewall that drops packets looks like this",
    UNREACHABLE: "try `curl -v` on the page's address: name service, proxy (HTTPS_PROXY), firewall",
}
_OTHERWISE = "try `curl -v` on the page's address"
# Certificates are renewed a month before their end; who has not by then has forgotten it.
_EXPIRES_SOON = timedelta(days=14)
_CONNECT = 10.0
_APART, _FAR_APART = timedelta(minutes=1), timedelta(minutes=10)


def page(settings: Settings, pause: Callable[[float], bool], now: Callable[[], datetime]) -> Iterator[Finding]:
    """Asks for the page as a poll would, once; compares this machine's clock with the server's."""
    once = settings.model_copy(update={"fetch": settings.fetch.model_copy(update={"attempts": 1})})
    with Fetcher(once, pause) as fetcher:
        answer = fetcher.page(settings.page)
    at = now()
    host = urlsplit(settings.page).hostname
    if answer.outcome != ANSWERED:
        found = f"{host}: {answer.outcome} {answer.detail}".strip()
        yield Finding("page", FAIL, found, _REMEDIES.get(answer.outcome, _OTHERWISE))
        return
    yield _lists(answer, host or "")
    yield from _clocks(answer, at)


def _lists(answer: Fetched, host: str) -> Finding:
    found = read(answer.body, answer.url)
    if isinstance(found, Unreadable):
        remedy = (
            _REMEDIES[BLOCKED] if is_denial(answer.body) else "look at the page in a browser; report it if it looks as always"
        )
        return Finding("page", FAIL, f"{host} answers with what cannot be read: {found.outcome} {found.detail}".strip(), remedy)
    lists = sorted({link.listed_as for link in roster_links(found) if link.listed_as} | ({"a table"} if found.tables else set()))
    if not lists:
        remedy = "look at the page in a browser; report it: the monitor is blind until it is taught the new form"
        return Finding("page", FAIL, f"{host} answers, and shows no list", remedy)
    return Finding("page", OK, f"{host} answers in {answer.millis} ms and shows {', '.join(lists)}")


def _clocks(answer: Fetched, at: datetime) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return
    apart = abs(at - theirs)
    if apart < _APART:
        yield Finding("clock", OK, f"{in_words(apart)} from the site's")
    else:
        found = f"{in_words(apart)} {'ahead of' if at > theirs else 'behind'} the site's"
        yield Finding("clock", FAIL if apart > _FAR_APART else WARN, found, "timedatectl set-ntp true")


def certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Until when the certificates of the page and of the public address are valid."""
    for key, address in (("page", settings.page), ("web.public_url", settings.web.public_url)):
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            yield _certificate(key, parts.hostname, parts.port or 443, now)


def _certificate(key: str, host: str, port: int, now: datetime) -> Finding:
    what = f"certificate of {key}"
    try:
        with (
            socket.create_connection((host, port), _CONNECT) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as connection,
        ):
            shown = connection.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        remedy = "renew it" if key != "page" else "is something between this machine and the site? `curl -v` on its address"
        return Finding(what, FAIL, f"{host} shows one that is not valid: {error.verify_message}", remedy)
    except OSError as error:
        return Finding(
            what,
            WARN,
            f"{host}:{port} cannot be looked at: {error.strerror or type(error).__name__}",
            "is it up? is there a proxy?",
        )
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    soon = until - now < _EXPIRES_SOON
    return Finding(
        what, WARN if soon else OK, f"{host}, valid until {until:%Y-%m-%d}", "renew it" if soon and key != "page" else ""
    )


def channel(one: Channel) -> Finding:
    """Whether a channel's service is there and takes the login; nothing is sent."""
    what = f"channel {one.name}"
    try:
        return Finding(what, OK, build(one).reach())
    except (BadChannel, DeliveryError) as error:
        return Finding(what, FAIL, str(error), f"mend it in the configuration, then: monitor287g notify test {quote(one.name)}")
