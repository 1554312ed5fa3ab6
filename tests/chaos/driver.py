"""One run of the daemon through every step of a source, with as many faults, kills and jumps of the clock as the plan says."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.clock import Clock
from tests.chaos.receivers import Receivers
from tests.chaos.sources import Source
from tests.support.process import write_config

# Between two publications: more than a step takes, so that a moment tells its step.
_APART = timedelta(minutes=20)
# How long a condition is waited for before the run is given up.
_PATIENCE = 90.0
_TICK = 0.02
_FAST = "0.2s"


@dataclass(frozen=True)
class Plan:
    """How many of each there are, spread over the steps by chance; the same `seed` gives the same plan."""

    seed: int = 287
    faults: int = 0
    kills: int = 0
    reloads: int = 0
    jumps: int = 0


@dataclass
class Run:
    """What happened, and where the state is."""

    state: Path
    moments: list[datetime]
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    log: Path = Path()
    seconds: float = 0.0
    trouble: list[str] = field(default_factory=list)


class Daemon:
    """The daemon under the test's clock, started again as often as it is killed."""

    def __init__(self, config: Path, clock: Path, log: Path) -> None:
        self._command = [sys.executable, "-m", "tests.chaos.clock", str(clock), "--config", str(config), "run"]
        self._log = log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=self._log)

    @property
    def number(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.send(signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(timeout=10)

    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def close(self) -> None:
        if self._process is not None and not self.ended():
            self.kill()
        self._log.close()


@contextmanager
def _daemon(config: Path, clock: Path, log: Path) -> Iterator[Daemon]:
    one = Daemon(config, clock, log)
    try:
        one.start()
        yield one
    finally:
        one.close()


def drive(source: Source, receivers: Receivers, folder: Path, plan: Plan, advance: Callable[[], None] = lambda: None) -> Run:
    """Runs the daemon in `folder` until it has taken every step and told everything. Raises AssertionError where it does not get there."""
    chance = random.Random(plan.seed)
    steps = len(source.moments)
    moments = _spread(source.moments)
    run = Run(folder / "state", moments, log=folder / "daemon.log")
    config = write_config(
        folder / "config.yaml",
        page=source.page_url,
        state=str(run.state),
        poll={"busy": {"every": _FAST}, "otherwise": _FAST, "jitter": "0s"},
        fetch={"attempts": 1, "timeout": "2s"},
        alerts={"group_wait": "0s"},
        channels=receivers.channels,
    )
    clock = Clock(folder / "clock")
    clock.set(moments[0])
    source.clear()
    source.publish(0)
    faults, kills, reloads, jumps = (
        _by_step(chance, number, steps) for number in (plan.faults, plan.kills, plan.reloads, plan.jumps)
    )
    began = time.monotonic()
    with _daemon(config, clock.path, run.log) as daemon:
        for step in range(steps):
            clock.set(moments[step])
            # What a poll finds that began before must not be taken for what is published now.
            _wait(run, daemon, "it polls by the new time", lambda step=step: _polled(run.state, moments[step]))
            before = _newest_poll(run.state)
            source.publish(step)
            for _ in range(faults[step]):
                receiver = chance.random() < 0.3
                run.faults[receivers.fail(chance) if receiver else source.fault(chance)] += 1
            for _ in range(kills[step]):
                time.sleep(chance.uniform(0, 1.5))
                daemon.kill() if chance.random() < 0.9 else daemon.stop()
                run.kills += 1
                daemon.start()
            _wait(run, daemon, f"step {step} is taken", lambda before=before: _polled_well(run.state, before + 1))
            for _ in range(reloads[step]):
                # Not before it is up: until then the signal has its usual meaning, and ends it.
                newest = _newest_poll(run.state)
                _wait(run, daemon, "it is up", lambda newest=newest: _newest_poll(run.state) > newest)
                daemon.send(signal.SIGHUP)
            receivers.recover()
            for _ in range(jumps[step]):
                _jump_back(run, daemon, clock, chance)
            if plan.faults:
                _let_retry(run, daemon, clock)
            advance()
        source.clear()
        _let_retry(run, daemon, clock)
        if code := daemon.stop():
            run.trouble.append(f"stopped with exit code {code}")
    run.seconds = time.monotonic() - began
    return run


def half_written(state: Path) -> list[str]:
    """Files that somebody began and did not finish."""
    # A file is written as `.name.process` and then renamed.
    return sorted(str(path.relative_to(state)) for path in state.rglob(".*") if path.suffix[1:].isdecimal())


def verified(folder: Path) -> str:
    """What `evidence verify` says is wrong, "" where nothing is."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "evidence", "verify"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def untold(state: Path, receivers: Receivers) -> tuple[list[str], int]:
    """(what was to be told and did not arrive, how many messages arrived more than once)."""
    taken, titles = receivers.taken(), receivers.titles()
    missing: list[str] = []
    twice = 0
    for channel, event in _ask(
        state, "SELECT DISTINCT channel, event_id FROM alerts WHERE delivery_id IS NULL AND settled_at IS NULL"
    ):
        missing.append(f"{channel}: event {event} waits for its message")
    for channel, title, status in _ask(
        state, "SELECT channel, json_extract(message, '$.title'), status FROM deliveries WHERE status <> 'sent'"
    ):
        missing.append(f"{channel}: {title}: {status}")
    sent = Counter(
        title
        for channel, title in _ask(
            state, "SELECT channel, json_extract(message, '$.title') FROM deliveries WHERE status = 'sent'"
        )
        if channel == "slack"
    )
    missing += [
        f"slack: {title}: sent {number} times, {titles[title]} arrived"
        for title, number in sent.items()
        if titles[title] < number
    ]
    mails = len(_ask(state, "SELECT 1 FROM deliveries WHERE channel = 'mail' AND status = 'sent'"))
    if len(taken["mail"]) != mails:
        missing.append(f"mail: {mails} sent, {len(taken['mail'])} arrived")
    told = {
        str(event) for (event,) in _ask(state, "SELECT event_id FROM alerts WHERE channel = 'events' AND delivery_id IS NOT NULL")
    }
    missing += [f"events: event {event} did not arrive" for event in sorted(told - receivers.events())]
    for counts in taken.values():
        twice += sum(number - 1 for number in counts.values())
    return missing, twice


def _spread(moments: Any) -> list[datetime]:
    """The steps' moments, at least _APART from each other, and none so late on its day that the next day begins within it."""
    spread: list[datetime] = []
    for moment in moments:
        at = max(moment + timedelta(minutes=1), spread[-1] + _APART if spread else moment)
        if at.hour == 23 and at.minute >= 60 - _APART.seconds // 60:
            at = at.replace(hour=0, minute=1) + timedelta(days=1)
        spread.append(at)
    return spread


def _by_step(chance: random.Random, number: int, steps: int) -> Counter[int]:
    return Counter(chance.randrange(1, steps) for _ in range(number))


def _jump_back(run: Run, daemon: Daemon, clock: Clock, chance: random.Random) -> None:
    """Sets the clock back for as long as the daemon needs to notice and to poll by it, then forward again."""
    right = clock.now()
    run.faults["clock set back"] += 1
    before = _newest_poll(run.state)
    clock.set(right - timedelta(hours=chance.uniform(1, 48)))
    _wait(run, daemon, "it polls by the clock that was set back", lambda: _newest_poll(run.state) > before + 3)
    clock.set(right + timedelta(seconds=1))


def _let_retry(run: Run, daemon: Daemon, clock: Clock) -> None:
    """Lets time go by until every message has gone out: a channel tries again after half a minute, then less and less often."""
    for _ in range(8):
        if not _unsent(run.state):
            return
        clock.set(clock.now() + timedelta(minutes=1))
        deadline = time.monotonic() + 3
        while _unsent(run.state) and time.monotonic() < deadline:
            time.sleep(_TICK)


def _wait(run: Run, daemon: Daemon, what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if daemon.ended():
            run.trouble.append(f"the daemon ended by itself before {what}")
            daemon.start()
        if time.monotonic() > deadline or len(run.trouble) > 3:
            tail = run.log.read_text("utf-8").splitlines()[-30:]
            raise AssertionError("\n".join((f"it never came true that {what}", *tail)))
        time.sleep(_TICK)


def _polled(state: Path, since: datetime) -> bool:
    return bool(_ask(state, "SELECT 1 FROM polls WHERE at >= ? LIMIT 1", since.strftime("%Y-%m-%dT%H:%M:%SZ")))


def _polled_well(state: Path, after: int) -> bool:
    """Whether a poll later than that of number `after` went well: all is good, or nothing is wrong but ICE's own mistake."""
    polls = _ask(state, "SELECT good, outcome, detail FROM polls WHERE id > ? AND outcome <> 'no_list'", after)
    return any(
        good or (outcome == "incomplete" and all(": wrong_list:" in part for part in detail.split("; ")))
        for good, outcome, detail in polls
    )


def _newest_poll(state: Path) -> int:
    return int(_ask(state, "SELECT coalesce(max(id), 0) FROM polls")[0][0])


def _unsent(state: Path) -> bool:
    return bool(
        _ask(
            state,
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM alerts WHERE settled_at IS NULL)"
            " OR EXISTS (SELECT 1 FROM deliveries WHERE status NOT IN ('sent', 'dead', 'dropped'))",
        )
    )


def _ask(state: Path, query: str, *values: Any) -> list[Any]:
    database = state / "monitor.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []  # the schema is not there yet
            raise
