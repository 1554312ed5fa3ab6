"""Commands that keep the record safe: backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from monitor.cli import Context, Failed, json_option
from monitor.cli.output import print_json, progress


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@json_option("what it holds as one JSON document")
@click.pass_obj
def backup(context: Context, target: Path, as_json: bool) -> None:
    """Write everything that cannot be made again into the file TARGET, or into a new file in the folder TARGET.

    The daemon may run meanwhile. Exit 1 also where a document is damaged; the backup is made all the same.
    """
    from monitor import backup as backups
    from monitor.clock import utc_now

    state, now = context.state_directory(), utc_now()
    if not state.database.exists():
        raise Failed(f"{state.path} holds no data yet")
    path = target / f"monitor287g-{now:%Y%m%dT%H%M%SZ}.tar.gz" if target.is_dir() else target
    try:
        with progress("backup", None) as advance:
            kept = backups.make(state, path, now, advance)
    except backups.BackupError as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"{error.filename or path} cannot be read or written: {error.strerror}; no backup was made") from None
    if as_json:
        print_json({"path": str(path), **kept.to_json()})
    else:
        click.echo(f"{path}: {kept.files:,} files, {kept.size / (1 << 20):.1f} MB, checked")
    for name in kept.damaged:
        click.echo(f"{name} is not what its name says; `monitor287g evidence verify` says more", err=True)
    if kept.damaged:
        sys.exit(1)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@json_option("what it held as one JSON document")
@click.pass_obj
def restore(context: Context, source: Path, as_json: bool) -> None:
    """Put the backup SOURCE into the state directory, which must be empty; the daemon continues from there.

    What the backup does not know was published since is found by the next poll, and told.
    """
    from monitor import backup as backups

    state = context.state_directory()
    try:
        with state.locked(), progress("restore", None) as advance:
            kept = backups.restore(source, state, advance)
    except backups.BackupError as error:
        raise Failed(f"{error}; nothing was restored") from None
    except OSError as error:
        raise Failed(f"{error.filename or source} cannot be read or written: {error.strerror}; nothing was restored") from None
    if as_json:
        print_json({"path": str(source), **kept.to_json()})
    else:
        click.echo(
            f"{state.path}: {kept.files:,} files as of {kept.made_at}, checked; `monitor287g evidence verify` checks the record too"
        )
