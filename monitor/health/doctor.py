"""All of `doctor`'s checks in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

from monitor.config import Configuration
from monitor.health.checks import Finding, configured, machine, network, record
from monitor.statedir import StateDirectory
from monitor.store import Store, StoreError


def examine(configuration: Configuration, pause: Callable[[float], bool], now: Callable[[], datetime]) -> Iterator[Finding]:
    """Looks at everything and changes nothing. What cannot be looked at is a finding, never an exception."""
    settings, state = configuration.settings, StateDirectory(configuration.settings.state)
    yield from configured.choices(configuration)
    yield from configured.modes(configuration)
    yield from machine.directory(state)
    yield from machine.disk(state)
    yield from machine.database(state)
    yield machine.time_zone(settings, now())
    if state.database.exists():
        try:
            with closing(Store.open(state.database)) as store:
                yield from record.polls(store, state, settings, now())
                yield from record.clock(store, now())
                yield from record.waiting(store, settings, now())
                yield from record.public_files(store, state)
        except StoreError:
            pass  # told above
    yield from network.page(settings, pause, now)
    yield from network.certificates(settings, now())
    # One that does not answer takes its time.
    with ThreadPoolExecutor(8) as executor:
        yield from executor.map(network.channel, settings.channels)
