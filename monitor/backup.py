"""Backups: one file with everything that cannot be made again (the database, the evidence, verdicts, stamps), and the way back.

A backup is a gzipped tar whose first member, `manifest.json`, gives the size and SHA-256 of every other. It is made while the daemon works:
the database as it is at one moment, then the evidence, which is never overwritten. Nothing of a backup is trusted until it agrees with the
manifest; feeds and pages are not in it, the first poll after a restore builds them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from monitor import __version__
from monitor.core.events import iso
from monitor.statedir import StateDirectory
from monitor.store import copying

_FORMAT = 1
_DATABASE, _MANIFEST = "monitor.db", "manifest.json"
_NAMES = re.compile(
    r"monitor\.db|verdicts\.yaml|websub\.json|stamps/\w[\w.+-]{0,200}|documents/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,8}", re.ASCII
)
# A hundred thousand documents have a manifest of some twenty megabytes.
_MANIFEST_LIMIT = 64 << 20
_OWN = frozenset((_DATABASE, "documents", "stamps", "verdicts.yaml", "websub.json"))
# Beside what a backup holds: what is made again, and what a restore that was interrupted left.
_HARMLESS = frozenset(("lock", "turn", "README.md", "public", "metadata.json"))
_ROOM = ".restoring."
_PIECE = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or used; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a backup holds: when it was made and by which version, how many files and bytes; `damaged` are documents that are not what
    their names say."""

    made_at: str
    version: str
    files: int
    size: int
    damaged: tuple[str, ...] = ()

    @classmethod
    def of(cls, manifest: Mapping[str, Any], path: Path) -> Kept:
        """What the backup at `path` holds by its manifest."""
        files = manifest["files"]
        damaged = tuple(name for name, one in files.items() if name.startswith("documents/") and one["sha256"] != Path(name).stem)
        return cls(str(manifest["made_at"]), str(manifest["version"]), len(files), path.stat().st_size, damaged)

    def to_json(self) -> dict[str, Any]:
        return {
            "made_at": self.made_at,
            "version": self.version,
            "files": self.files,
            "bytes": self.size,
            "damaged": [*self.damaged],
        }


def make(state: StateDirectory, target: Path, at: datetime, advance: Callable[[], None]) -> Kept:
    """Writes a backup to the new file `target`; `advance` is called for every file. Raises BackupError, StoreError, OSError."""
    if target.exists():
        raise BackupError(f"{target} is there already; name another file")
    database = target.with_name(f".{target.name}.db.{os.getpid()}")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        copying.copy(state.database, database)
        if fault := copying.fault_of(database):
            raise BackupError(f"no backup was made of {state.path}: {fault}; `monitor287g evidence verify` says more")
        # After the database: what came meanwhile is more than its rows tell of, and harms nothing.
        paths = {_DATABASE: database, **dict(_files(state))}
        # What others may replace meanwhile is read once; evidence and stamps never change.
        small = {name: paths[name].read_bytes() for name in (state.verdicts.name, state.pings.name) if name in paths}
        listed = {name: _described(small.get(name, path)) for name, path in paths.items()}
        made: dict[str, Any] = {"format": _FORMAT, "version": __version__, "made_at": iso(at), "files": listed}
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=4, format=tarfile.PAX_FORMAT) as archive:
                _add(archive, _MANIFEST, io.BytesIO(body := json.dumps(made, indent=1).encode()), len(body), at)
                for name, path in paths.items():
                    with io.BytesIO(small[name]) if name in small else path.open("rb") as member:
                        _add(archive, name, member, int(listed[name]["bytes"]), at)
                    advance()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        _settle(target.parent)
    finally:
        draft.unlink(missing_ok=True)
        database.unlink(missing_ok=True)
    return Kept.of(made, target)


def restore(source: Path, state: StateDirectory, advance: Callable[[], None]) -> Kept:
    """Puts a backup into a state directory that holds nothing yet. The caller holds its lock. Raises BackupError, OSError.

    Everything is unpacked beside and checked first; the database, without which the rest is nothing, is put in its place last.
    """
    # Without the database, which comes last, what is there is no state yet.
    harmless = _HARMLESS if state.database.exists() else _HARMLESS | _OWN
    names = sorted(path.name for path in state.path.iterdir())
    if strange := [name for name in names if name not in harmless and not name.startswith(_ROOM)]:
        raise BackupError(f"{state.path} is not empty ({', '.join(strange[:3])}); move it away first")
    room = state.path / f"{_ROOM}{os.getpid()}"
    room.mkdir(mode=0o750)
    try:
        with _reading(source) as archive:
            manifest = _manifest(archive, source)
            listed: Mapping[str, Any] = manifest["files"]
            needed, free = sum(one["bytes"] for one in listed.values()), shutil.disk_usage(room).free
            if needed > free:
                raise BackupError(f"{source} holds {needed:,} bytes and the disk of {state.path} has {free:,} free")
            missing = {*listed}
            while member := archive.next():
                _unpack(archive, member, listed, missing, room, source)
                missing.discard(member.name)
                advance()
        if missing:
            raise BackupError(f"{source} ends early: {len(missing)} files are missing, {min(missing)} among them")
        if fault := copying.fault_of(room / _DATABASE):
            raise BackupError(f"{source} cannot be used: {fault}")
        for name in sorted(listed, key=lambda name: name == _DATABASE):
            place = state.path / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            (room / name).rename(place)
        _settle(state.path)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return Kept.of(manifest, source)


def _settle(folder: Path) -> None:
    """Has the disk keep what was renamed in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(state: StateDirectory) -> Iterator[tuple[str, Path]]:
    for path in (state.verdicts, state.pings, *sorted(state.stamps.glob("*")), *sorted(state.documents.glob("??/*"))):
        name = str(path.relative_to(state.path))
        # Drafts and strangers are none of it.
        if path.is_file() and not path.is_symlink() and _NAMES.fullmatch(name):
            yield name, path


def _described(content: Path | bytes) -> dict[str, Any]:
    if isinstance(content, bytes):
        return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    with content.open("rb") as file:
        return {"bytes": content.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int, at: datetime) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o640, int(at.timestamp())
    archive.addfile(entry, content)


@contextmanager
def _reading(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r|gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError(f"{source} is no backup, or not all of one: {error}") from None
    except OSError as error:
        # gzip's own error is one, without a number.
        if error.errno is not None:
            raise
        raise BackupError(f"{source} is no backup: {error}") from None


def _manifest(archive: tarfile.TarFile, source: Path) -> Mapping[str, Any]:
    first = archive.next()
    file = (
        archive.extractfile(first)
        if first and first.name == _MANIFEST and first.isreg() and first.size <= _MANIFEST_LIMIT
        else None
    )
    try:
        value = json.loads(file.read()) if file else {}
        files = value["files"]
        sound = all(
            _NAMES.fullmatch(name) and type(one["bytes"]) is int and one["bytes"] >= 0 and isinstance(one["sha256"], str)
            for name, one in files.items()
        )
        if value["format"] != _FORMAT or not sound or _DATABASE not in files:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupError(
            f"{source} is no backup of the monitor: its first file is no manifest that this version can read"
        ) from None
    found: Mapping[str, Any] = value
    return found


def _unpack(
    archive: tarfile.TarFile, member: tarfile.TarInfo, listed: Mapping[str, Any], missing: set[str], room: Path, source: Path
) -> None:
    """Writes one member below `room` if the manifest lists it, once, with this size and content."""
    content = archive.extractfile(member) if member.isreg() and member.name in missing else None
    if content is None or member.size != listed[member.name]["bytes"]:
        raise BackupError(
            f"{source} holds {member.name[:80]!r}, which its manifest does not list so; it was changed, do not use it"
        )
    place, digest = room / member.name, hashlib.sha256()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with place.open("xb") as file:
        os.fchmod(file.fileno(), 0o640)
        while piece := content.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != listed[member.name]["sha256"]:
        raise BackupError(f"{source}: {member.name} is not what it was when the backup was made; use an older one")
