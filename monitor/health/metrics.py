"""/metrics: what Prometheus reads (https://prometheus.io/docs/instrumenting/exposition_formats/). docs/operations.md lists the names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor import __version__
from monitor.core.roster import LISTS, PARTICIPATING, PENDING
from monitor.health.pulse import Pulse
from monitor.health.readings import Reading
from monitor.store import Store
from monitor.store.outbox import STATES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "monitor287g"
# As `totals` of the store names them.
_TOTALS = {PARTICIPATING: "agreements", PENDING: "pending"}


def exposition(store: Store, database: Path, pulse: Pulse, at: datetime) -> bytes:
    """Every metric in Prometheus' text format: of the polls since the start, of the process, and of the record as it stands `at`."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Record(store, database, at))
    return generate_latest(pulse.registry) + generate_latest(registry)


class _Record(Collector):
    def __init__(self, store: Store, database: Path, at: datetime) -> None:
        self._store, self._database, self._at = store, database, at

    def collect(self) -> Iterator[Metric]:
        reading = Reading.of(self._store, self._at)
        yield _gauge("build_info", "The version that runs, as a label.", {(__version__,): 1}, "version")
        polls = {"last_poll": reading.last_poll, "last_good_poll": reading.last_good_poll}
        for name, poll in polls.items():
            # A poll that never was has no time: `absent()` tells it from one of long ago.
            if poll:
                what = f"When the {name.replace('_', ' ')} began."
                yield _gauge(f"{name}_timestamp_seconds", what, {(): poll.at.timestamp()})
        newest = {name: found for name in LISTS if (found := self._store.latest_publication(name, applied=True))}
        yield _gauge(
            "publication_seen_timestamp_seconds",
            "When the newest accepted publication of a list was first seen.",
            {(name,): publication.seen_at.timestamp() for name, publication in newest.items()},
            "list",
        )
        yield _gauge(
            "publication_published_timestamp_seconds",
            "The Last-Modified of the newest accepted publication of a list.",
            {(name,): found.published_at.timestamp() for name, found in newest.items() if found.published_at},
            "list",
        )
        totals = self._store.totals()
        rows = {(name,): totals[key] for name, key in _TOTALS.items() if key in totals}
        yield _gauge("roster_rows", "How many agreements or applications a list holds.", rows, "list")
        events = CounterMetricFamily(f"{_PREFIX}_events", "Events in the log, by kind.", labels=["kind"])
        for kind, number in self._store.event_counts().items():
            events.add_metric([kind], number)
        yield events
        deliveries = {(row["channel"], state): row[state] for row in self._store.outbox.summary() for state in STATES}
        yield _gauge("deliveries", "Messages in the outbox, by channel and state.", deliveries, "channel", "state")
        waiting = {(): reading.age(reading.oldest_waiting) or 0}
        yield _gauge(
            "oldest_waiting_message_seconds", "How long the oldest unsent message has waited; 0 where none does.", waiting
        )
        yield _gauge("open_alarms", "Alarms about the source and the channels that are open.", {(): reading.alarms})
        yield _gauge("held_publications", "Publications that wait for a person.", {(): reading.held})
        yield _gauge("database_bytes", "Size of the database with its write-ahead log.", {(): _size(self._database)})


def _gauge(name: str, what: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """One metric with a value for each combination (tuple) of its labels' values."""
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", what, labels=labels)
    for marked, value in values.items():
        family.add_metric(marked, value)
    return family


def _size(database: Path) -> int:
    sizes = []
    for path in (database, database.with_name(f"{database.name}-wal")):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue  # the log is there only while somebody has the database open
    return sum(sizes)
