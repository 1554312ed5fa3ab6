"""All of `doctor`'s checks in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

from monitor.config import Configuration, Settings
from monitor.health.checks import FAIL, Finding, configured, machine, network, record
from monitor.statedir import StateDirectory
from monitor.store import DatabaseError, Store, StoreError


def examine(configuration: Configuration, pause: Callable[[float], bool], now: Callable[[], datetime]) -> Iterator[Finding]:
    """Looks at everything and changes nothing. What cannot be looked at is a finding, never an exception."""
    settings, state = configuration.settings, StateDirectory(configuration.settings.state)
    yield from configured.choices(configuration)
    yield from _looked("file modes", lambda: configured.modes(configuration))
    yield from _looked("state directory", lambda: machine.directory(state))
    yield from _looked("disk", lambda: machine.disk(state))
    yield from _looked("database", lambda: machine.database(state))
    yield machine.time_zone(settings, now())
    yield from _looked("record", lambda: _record(state, settings, now))
    yield from network.page(settings, pause, now)
    yield from network.certificates(settings, now())
    # One that does not answer takes its time.
    with ThreadPoolExecutor(8) as executor:
        yield from executor.map(network.channel, settings.channels)


def _record(state: StateDirectory, settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    if not state.database.exists():
        return
    with closing(Store.open(state.database, create=False)) as store:
        yield from record.polls(store, state, settings, now())
        yield from record.clock(store, now())
        yield from record.waiting(store, settings, now())
        yield from record.public_files(store, state)


def _looked(what: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a check finds; that it could not look is a finding too."""
    try:
        yield from look()
    except (OSError, StoreError, DatabaseError) as error:
        yield Finding(what, FAIL, f"cannot be looked at: {error}", "run this as the service's user; see `database` and `disk`")
