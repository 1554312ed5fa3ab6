"""The machine: the state directory and who owns it, the disk, the database file, the time zone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.config import Settings
from monitor.health.checks import FAIL, OK, WARN, Finding
from monitor.statedir import StateDirectory
from monitor.store import Store, StoreError

# A publication with its evidence and the public files needs some megabytes; SQLite needs as much again while it writes.
_SPARSE, _SCARCE = 1 << 30, 100 << 20
_INODES = 1_000
# Beside what evidence holds: thousands of documents, each of which a full look would have to visit.
_LOOKED_AT = 500


def directory(state: StateDirectory) -> Iterator[Finding]:
    """Whether the state directory is there, can be written, and is nobody else's."""
    if not state.path.exists():
        yield Finding(
            "state directory", WARN, f"{state.path} is not there yet", "nothing, the first poll makes it; or set `state:`"
        )
        return
    if not os.access(state.path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "state directory", FAIL, f"{state.path} cannot be written by this user", "run this as the service's user, or chown it"
        )
        return
    try:
        owner = state.path.stat().st_uid
        entries = [state.path, *sorted(state.path.iterdir())[:_LOOKED_AT]]
        known = [(path, path.lstat()) for path in entries]
    except OSError as error:
        yield Finding("state directory", FAIL, f"{state.path} cannot be read: {error.strerror}", "look at the disk: dmesg, fsck")
        return
    if strange := [path.name for path, found in known if found.st_uid != owner]:
        yield Finding(
            "state directory",
            FAIL,
            f"{', '.join(strange[:3])} in {state.path} belong to another user than the directory; the daemon may not write them",
            f"chown -R --reference={state.path} {state.path}",
        )
        return
    if open_to_all := [path for path, found in known if found.st_mode & stat.S_IWOTH and not stat.S_ISLNK(found.st_mode)]:
        yield Finding("state directory", FAIL, f"everybody may write {open_to_all[0]}", f"chmod -R o-w {state.path}")
        return
    yield Finding("state directory", OK, f"{state.path}")


def disk(state: StateDirectory) -> Iterator[Finding]:
    """Whether there is room for what comes."""
    place = next(path for path in (state.path, *state.path.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    remedy = f"make room on the disk of {place}; polls fail, and catch up, while it is full"
    found = f"{free / (1 << 30):.1f} GB free"
    yield Finding("disk", FAIL if free < _SCARCE else WARN if free < _SPARSE else OK, found, remedy if free < _SPARSE else "")
    counts = os.statvfs(place)
    if counts.f_files and counts.f_favail < _INODES:
        yield Finding("disk", FAIL, f"{counts.f_favail} files can still be made", remedy)


def database(state: StateDirectory) -> Iterator[Finding]:
    """Whether the database opens and SQLite finds it sound."""
    if not state.database.exists():
        yield Finding("database", WARN, "there is none yet", "run `monitor287g check` or `monitor287g run`")
        return
    try:
        store = Store.open(state.database)
    except StoreError as error:
        yield Finding("database", FAIL, str(error), "stop the daemon, then `monitor287g restore` the newest backup")
        return
    with closing(store):
        damage = store.soundness.damage()
    size = f"{state.database.stat().st_size / (1 << 20):.1f} MB"
    if damage:
        yield Finding("database", FAIL, damage[0], "stop the daemon, then `monitor287g restore` the newest backup")
    else:
        yield Finding("database", OK, f"{size}, sound")


def time_zone(settings: Settings, now: datetime) -> Finding:
    """What the hours of the configuration mean now."""
    local = now.astimezone(ZoneInfo(settings.poll.timezone))
    busy = settings.poll.busy
    return Finding(
        "time zone", OK, f"it is {local:%H:%M} {local:%Z} there; busy hours {busy.days} {busy.start:%H:%M} to {busy.end:%H:%M}"
    )
