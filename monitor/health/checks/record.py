"""The record: is somebody polling, does the source answer, what waits for a person, does the clock agree with what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from shlex import quote

from monitor.config import Settings
from monitor.core.alarms import of_source
from monitor.core.roster import LISTS
from monitor.health.checks import FAIL, OK, WARN, Finding, in_words
from monitor.health.pulse import late_after
from monitor.statedir import StateDirectory
from monitor.store import Store

# A clock that is a little behind that of the last run is the everyday life of machines that are switched off.
_BEHIND = timedelta(minutes=5)


def polls(store: Store, state: StateDirectory, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the daemon runs, or something else polls as often; and how long ago the source last answered."""
    holder = state.holder()
    last, good = store.journal.last_poll(), store.journal.last_poll(good=True)
    late = late_after(settings.poll)
    ago = in_words(now - last.at) if last else ""
    start = "systemctl start monitor287g, and `journalctl -u monitor287g` for why it stopped"
    if holder is not None:
        yield Finding("daemon", OK, f"runs as process {holder}" if holder else "another process holds the state directory")
    elif last and now - last.at <= late:
        yield Finding("daemon", OK, f"does not run; the last poll was {ago} ago")
    else:
        yield Finding(
            "daemon", WARN, f"does not run; {f'the last poll was {ago} ago' if last else 'nothing was ever polled'}", start
        )
    if holder is not None and last and now - last.at > late:
        yield Finding(
            "polls", FAIL, f"the last was {ago} ago though the daemon runs", "systemctl restart monitor287g; look at its log"
        )
    elif good and last and not last.good:
        found = f"the last good one was {in_words(now - good.at)} ago: {last.outcome} {last.detail}".strip()
        yield Finding(
            "polls", FAIL if now - good.at > late else WARN, found, "see `page` below; what was missed is caught up with"
        )
    elif last and not good:
        yield Finding("polls", FAIL, f"none was ever good: {last.outcome} {last.detail}".strip(), "see `page` below")
    elif last:
        yield Finding("polls", OK, f"the last was {ago} ago: {last.outcome}")


def clock(store: Store, now: datetime) -> Iterator[Finding]:
    """Whether the clock stands before what is already recorded."""
    last = store.journal.last_poll()
    publications = store.publications(1)
    newest = max([poll.at for poll in (last,) if poll] + [one.seen_at for one in publications], default=None)
    if newest and newest - now > _BEHIND:
        yield Finding(
            "clock",
            FAIL,
            f"it is {now:%Y-%m-%d %H:%M} UTC by this machine, and the record already reaches to {newest:%Y-%m-%d %H:%M}",
            "set the clock (timedatectl set-ntp true); until then moments in the record are out of order",
        )


def waiting(store: Store, settings: Settings, now: datetime) -> Iterator[Finding]:
    """What the operator was told of and what waits for a decision."""
    for name in LISTS:
        for one in store.held_publications(name):
            yield Finding(
                "held",
                WARN,
                f"publication {one.id}, {one.name}: {'; '.join(one.reasons)}",
                f"compare it with the page; if it is right: monitor287g release {one.id}",
            )
    for key, alarm in store.journal.alarms().items():
        yield Finding(
            "alarm", FAIL if alarm.told_at else WARN, f"{key} for {in_words(now - alarm.opened_at)}: {alarm.detail}", _what(key)
        )
    configured = {channel.name for channel in settings.channels}
    for row in store.outbox.summary():
        name, open_ = row["channel"], row["queued"] + row["sending"] + row["failed"]
        if name not in configured and open_:
            yield Finding(
                "outbox",
                WARN,
                f"{open_} messages wait for {name}, which is not configured any more",
                f"configure it again, or: monitor287g deliveries drop --channel {quote(name)}",
            )
        elif row["dead"]:
            yield Finding(
                "outbox",
                WARN,
                f"{row['dead']} messages to {name} were given up: {row['last_error']}",
                f"mend the channel, then: monitor287g deliveries retry --channel {quote(name)}",
            )
        elif row["failed"]:
            remedy = f"mend the channel, they are sent; at once by: monitor287g deliveries retry --channel {quote(name)}"
            yield Finding("outbox", WARN, f"{open_} messages wait for {name}: {row['last_error']}", remedy)


def _what(key: str) -> str:
    return f"see {'`page`' if of_source(key) else 'the channel'} below; docs/operations.md has a table of what to do"


def public_files(store: Store, state: StateDirectory) -> Iterator[Finding]:
    """Whether feeds and pages are as new as the last poll."""
    last, heartbeat = store.journal.last_poll(), state.public / "status.json"
    if last is None:
        return
    written = heartbeat.stat().st_mtime if heartbeat.exists() else None
    if written is None or last.at.timestamp() - written > timedelta(hours=1).total_seconds():
        yield Finding(
            "public files", WARN, f"{state.public} is older than the last poll", "the log says why; then: monitor287g publish"
        )
    else:
        yield Finding("public files", OK, f"{state.public}")
