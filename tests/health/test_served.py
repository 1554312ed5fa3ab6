"""/healthz and /metrics as those who watch the monitor ask them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import __version__
from monitor.health.pulse import Pulse
from monitor.store import NewDelivery
from tests.support.browser import Browser
from tests.support.line import Line
from tests.support.sheets import row, sheet
from tests.support.site import PAGE, Fault


@pytest.fixture
def pulse(watch: Line) -> Pulse:
    return Pulse(watch.settings.poll)


@pytest.fixture
def client(watch: Line, pulse: Pulse) -> Browser:
    """A browser at the server of a state directory after its first poll."""
    watch.site.publish("participating", sheet([row()]), modified="Thu, 29 May 2025 09:00:00 GMT")
    watch.poll()
    return Browser(watch.state.database, watch.state.public, lambda: watch.now, pulse=pulse)


def health(client: Browser) -> dict[str, Any]:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, Any] = response.json()
    return found


def metrics(client: Browser) -> dict[tuple[str, ...], float]:
    """(name, values of its labels) → value, for every sample."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_before_the_first_poll_nothing_is_wrong_and_nothing_known(watch: Line) -> None:
    client = Browser(watch.state.database, watch.state.public, lambda: watch.now)
    assert health(client) == {
        "status": "ok",
        "last_poll": None,
        "last_good_poll_age_seconds": None,
        "oldest_waiting_message_seconds": None,
        "open_alarms": 0,
        "held_publications": 0,
    }
    assert client.get("/").status_code == 404


def test_after_a_good_poll_health_tells_its_age(client: Browser, watch: Line) -> None:
    polled = watch.now
    watch.now += timedelta(minutes=7)
    found = health(client)
    assert found["status"] == "ok"
    assert found["last_poll"] == {"at": f"{polled:%Y-%m-%dT%H:%M:%SZ}", "outcome": "first_run"}
    assert found["last_good_poll_age_seconds"] == 420


def test_after_a_bad_poll_health_is_degraded_until_the_next_good_one(client: Browser, watch: Line) -> None:
    watch.site.faults = [Fault(PAGE, "status", 403, 9)]
    watch.poll(after=timedelta(hours=1))
    found = health(client)
    assert (found["status"], found["last_poll"]["outcome"], found["open_alarms"]) == ("degraded", "page_blocked", 1)
    assert found["last_good_poll_age_seconds"] == 3_600
    watch.site.faults.clear()
    watch.poll(after=timedelta(minutes=10))
    found = health(client)
    assert (found["status"], found["last_poll"]["outcome"], found["last_good_poll_age_seconds"]) == ("ok", "unchanged", 0)


def test_health_tells_how_long_the_oldest_message_waits(client: Browser, watch: Line) -> None:
    with watch.store.transaction():
        watch.store.outbox.queue([NewDelivery("desk", {})], watch.now)
        watch.store.outbox.queue([NewDelivery("news", {})], watch.now + timedelta(minutes=1))
    watch.now += timedelta(minutes=5)
    assert health(client)["oldest_waiting_message_seconds"] == 300


def test_a_clock_that_was_set_back_gives_no_age_below_zero(client: Browser, watch: Line) -> None:
    watch.now -= timedelta(days=400)
    assert health(client)["last_good_poll_age_seconds"] == 0


def test_a_held_publication_is_degraded_until_a_person_decides(client: Browser, watch: Line) -> None:
    watch.site.publish("participating", sheet([row(agency=f"{name} County Sheriff's Office") for name in ("Bay", "Lee", "Clay")]))
    watch.poll()
    watch.site.publish("participating", sheet([row()]))
    watch.poll(after=timedelta(days=3))
    found = health(client)
    assert (found["status"], found["held_publications"]) == ("degraded", 1)


def test_polls_that_fail_of_themselves_are_told_as_failing_without_their_error(client: Browser, pulse: Pulse) -> None:
    with pytest.raises(OSError), pulse.beat():
        raise OSError("/var/lib/secret")
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "failing")
    assert "secret" not in response.text


def test_metrics_tell_of_polls_lists_events_deliveries_and_the_database(client: Browser, watch: Line, pulse: Pulse) -> None:
    with pulse.beat() as beat:
        beat.outcome = "first_run"
    with watch.store.transaction():
        watch.store.outbox.queue([NewDelivery("desk", {})], watch.now)
    watch.now += timedelta(minutes=5)
    found = metrics(client)
    assert found["monitor287g_build_info", __version__] == 1
    assert found["monitor287g_polls_total", "first_run"] == 1
    assert found["monitor287g_poll_duration_seconds_count",] == 1
    polled = (watch.now - timedelta(minutes=5)).timestamp()
    assert found["monitor287g_last_poll_timestamp_seconds",] == polled
    assert found["monitor287g_last_good_poll_timestamp_seconds",] == polled
    assert found["monitor287g_publication_seen_timestamp_seconds", "participating"] == polled
    assert found["monitor287g_publication_published_timestamp_seconds", "participating"] == 1748509200
    assert found["monitor287g_roster_rows", "participating"] == 1
    assert found["monitor287g_events_total", "agreement.baseline"] == 1
    assert found["monitor287g_deliveries", "desk", "queued"] == 1
    assert found["monitor287g_deliveries", "desk", "sent"] == 0
    assert found["monitor287g_oldest_waiting_message_seconds",] == 300
    assert found["monitor287g_open_alarms",] == found["monitor287g_held_publications",] == 0
    assert found["monitor287g_database_bytes",] >= watch.state.database.stat().st_size
    assert found["process_resident_memory_bytes",] > 1_000_000


def test_before_the_first_poll_metrics_tell_no_time_of_one(watch: Line, pulse: Pulse) -> None:
    found = metrics(Browser(watch.state.database, watch.state.public, lambda: watch.now, pulse=pulse))
    assert not any(name.startswith("monitor287g_last") for name, *_ in found)
    assert found["monitor287g_oldest_waiting_message_seconds",] == 0


def test_a_label_cannot_forge_a_line(client: Browser, watch: Line) -> None:
    with watch.store.transaction():
        watch.store.outbox.queue([NewDelivery('a"} 1\nforged 2\n', {})], watch.now)
    assert ("forged",) not in metrics(client)
