"""The address a hyperlink means: unwrapped from mail gateways, browser extensions and archives, and written one way."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

from monitor.core.names import LARGEST

ICE = "https://www.ice.gov"
_INNER = re.compile(r"https?:/{1,2}(?=[\w-]+\.)", re.IGNORECASE)
# As nearly all are: what this matches is written that one way already.
_AS_EVER = re.compile(r"https://www\.ice\.gov(?:/[A-Za-z0-9._~-]+)+")
_SAFE_PATH = "/%:@!$&'()*+,;=~-._"


@lru_cache(maxsize=8_192)
def real_url(link: str | None) -> str | None:
    """The http(s) address behind a hyperlink as it stands in the list, or None where there is none.

    Handles `*.safelinks.protection.outlook.com/?url=…`, `chrome-extension://…/https:/www.ice.gov/…`, `web.archive.org/web/…/https://…`,
    one slash for two, http for https on ice.gov, blanks in names and paths relative to www.ice.gov.
    """
    if link and _AS_EVER.fullmatch(link):
        return link
    text = re.sub(r"[\x00-\x1f\x7f\u00a0]", " ", link or "").strip().strip("\"'").strip()
    if not text:
        return None
    for _ in range(4):  # a wrapped link may be wrapped again
        inner = _unwrap(text)
        if inner == text:
            break
        text = inner
    if text.startswith("/"):
        text = f"https:{text}" if text.startswith("//") else ICE + text
    text = re.sub(r"^(https?):/{1,}", lambda m: f"{m.group(1).lower()}://", text, flags=re.IGNORECASE)
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost", host):
        return None
    ice = host == "ice.gov" or host.endswith(".ice.gov")
    # Halves of surrogate pairs are no text that could be asked for.
    path = quote(parts.path, safe=_SAFE_PATH, errors="replace")
    return urlunsplit(
        (
            "https" if ice else parts.scheme,
            "www.ice.gov" if host == "ice.gov" else f"{host}:{port}" if port else host,
            path,
            quote(parts.query, safe=_SAFE_PATH + "?", errors="replace"),
            "",
        )
    )


def _unwrap(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError:
        return text
    if host.endswith("safelinks.protection.outlook.com"):
        inner = parse_qs(parts.query).get("url")
        return inner[0].strip() if inner else text
    starts = [m.start() for m in _INNER.finditer(text)]
    wrapped = host == "web.archive.org" or parts.scheme not in ("http", "https")
    return text[starts[-1] :] if wrapped and starts and starts[-1] > 0 else text


@lru_cache(maxsize=LARGEST)
def document_key(url: str | None) -> str | None:
    """What tells one MOA document from another: its file name, case and blanks aside.

    ICE moves documents between folders and re-types the case of names; the name itself it keeps.
    """
    if not url:
        return None
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return re.sub(r"\s+", "", name).casefold() or None
