"""What the configuration leaves out that an operator will miss, and who may read or change it."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from monitor.config import Configuration
from monitor.health.checks import OK, WARN, Finding
from monitor.notifiers import operators
from monitor.publishers.websub import unreachable


def choices(configuration: Configuration) -> Iterator[Finding]:
    """Settings that are right and that somebody will regret."""
    settings, path = configuration.settings, configuration.path
    yield Finding(
        "configuration", OK, f"{path}, watching {settings.page}" if path.exists() else f"no {path}; the built-in one serves"
    )
    if not settings.contact:
        yield Finding(
            "contact", WARN, "ICE's web team cannot reach you, and may block you instead", f"fill in `contact:` in {path}"
        )
    if not settings.channels:
        yield Finding("channels", WARN, "none is switched on: nobody is alerted", f"add one under `channels:` in {path}")
    elif not operators(settings.channels):
        yield Finding(
            "channels", WARN, "none tells `operator`: nobody hears when the source fails", "add `operator` to a channel's `tell:`"
        )
    if not settings.health.ping.get_secret_value():
        yield Finding("dead man's switch", WARN, "nobody hears when this machine itself stops", "set `health.ping`")
    if unreachable(settings.web.public_url) and (settings.channels or settings.web.hubs):
        found = f"links in alerts lead to {settings.web.public_url}, which is this very machine for every reader"
        yield Finding("public address", WARN, found, "set `web.public_url` to where readers reach it")


def modes(configuration: Configuration) -> Iterator[Finding]:
    """Whether others may change the configuration, or read the files of secrets that it names."""
    for path, forbidden, may in (
        (configuration.path, stat.S_IWOTH, "change"),
        *((file, stat.S_IRWXO, "read") for file in configuration.secret_files),
    ):
        if path.exists() and path.stat().st_mode & forbidden:
            yield Finding("file modes", WARN, f"every user of this machine may {may} {path}", f"chmod o-rwx {path}")
