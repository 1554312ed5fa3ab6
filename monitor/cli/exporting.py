"""The command that hands the whole record to analysts: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import Context, Failed
from monitor.cli.reading import as_of_option, state_option

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["parquet", "sqlite"]), required=True, help="Parquet files, or one SQLite database."
)
@as_of_option
@state_option
@click.pass_obj
def export(context: Context, folder: Path, form: str, as_of: datetime | None, state: str | None) -> None:
    """Write every agreement, application, event and publication into FOLDER, with a dictionary of the columns."""
    from monitor.publishers.exports import Choice, ExportError
    from monitor.publishers.exports import export as write

    with context.reading() as store:
        try:
            counts = write(store, folder, form, Choice(as_of, state))
        except ExportError as error:
            raise click.UsageError(str(error)) from None
        except OSError as error:
            raise Failed(f"{error.filename or folder} cannot be written: {error.strerror or error}") from None
    click.echo(f"{folder}: " + ", ".join(f"{number:,} {name}" for name, number in counts.items()))
