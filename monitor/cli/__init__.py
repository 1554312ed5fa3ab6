"""The command `monitor287g`. Commands live in this folder's files by what they do; each imports what it needs when it runs.

Exit codes: 0 done; 1 the source or a channel failed (nothing is lost, it is said what); 2 usage or configuration.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from monitor import __version__, heap

if TYPE_CHECKING:
    from monitor.config import Configuration
    from monitor.statedir import StateDirectory
    from monitor.store import Store


@dataclass(frozen=True)
class Context:
    """What every command starts from: the configuration file and the state directory asked for."""

    config: Path | None
    state: Path | None

    @property
    def config_path(self) -> Path:
        """The file asked for, or config.yaml of the working directory."""
        return self.config or Path("config.yaml")

    def configuration(self, *, sending: bool = True) -> Configuration:
        """The configuration, checked. Raises ConfigError; without a file here the built-in one serves, unless one was asked for.

        Commands that send nothing (not `sending`) need no secret of a channel.
        """
        from monitor import notifiers
        from monitor.config import Configuration, Settings, load

        if self.config is None and not self.config_path.exists():
            configuration = Configuration(self.config_path, Settings())
        else:
            configuration = load(self.config_path, check=notifiers.check if sending else None, secrets=sending)
        if self.state:
            settings = configuration.settings.model_copy(update={"state": self.state})
            configuration = replace(configuration, settings=settings)
        return configuration

    def state_directory(self) -> StateDirectory:
        from monitor.statedir import StateDirectory

        return StateDirectory(self.configuration(sending=False).settings.state)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """The store, for a command that reads what is known. Raises Failed where nothing was ever polled."""
        from monitor.store import Store

        state = self.state_directory()
        if not state.database.exists():
            raise Failed(f"{state.path} holds no data yet; run `monitor287g check` or `monitor287g run` first")
        store = Store.open(state.database)
        try:
            yield store
        finally:
            store.close()


class Failed(click.ClickException):
    """The source, a channel or the state directory failed: one line, exit 1."""

    exit_code = 1


class Misconfigured(click.ClickException):
    """The configuration is wrong: one line for each mistake and nothing else, exit 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class Commands(click.Group):
    """A group that imports a command's file only when the command is run or listed, and turns known errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        from importlib import import_module

        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"monitor.cli.{_COMMANDS[name]}"), name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            raise told from None


def _told(error: Exception) -> click.ClickException | None:
    """A known error as the one line a user gets; None for what is a fault of ours."""
    from monitor.config import ConfigError
    from monitor.notifiers import BadChannel
    from monitor.statedir import StateBusy, StateUnusable
    from monitor.store import DatabaseError, StoreError
    from monitor.verdicts import VerdictsError

    if isinstance(error, ConfigError):
        return Misconfigured(str(error))
    if isinstance(error, BadChannel):
        return Misconfigured(f"a channel cannot be used: {error}; `monitor287g config check` says where")
    if isinstance(error, StateBusy | StateUnusable | StoreError | VerdictsError):
        return Failed(str(error))
    if isinstance(error, DatabaseError):
        return Failed(f"the database cannot be used: {error}; nothing half done was kept")
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        return Failed(f"{error.filename or 'system'}: {error.strerror or error}")
    return None


_COMMANDS = {
    "run": "running",
    "check": "running",
    "demo": "running",
    "backfill": "filling",
    "release": "running",
    "publish": "running",
    "events": "reading",
    "agreements": "reading",
    "pending": "reading",
    "report": "reporting",
    "status": "reading",
    "diff": "comparing",
    "history": "comparing",
    "export": "exporting",
    "review": "reviewing",
    "evidence": "evidence",
    "moa": "moa",
    "config": "settings",
    "doctor": "health",
    "backup": "keeping",
    "restore": "keeping",
    "notify": "alerting",
    "routes": "alerting",
    "deliveries": "sending",
}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="monitor287g", message="%(prog)s %(version)s")
@click.option("--config", type=click.Path(path_type=Path), help="Configuration file; config.yaml here if there is one.")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="State directory, instead of the configured one.")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, state: Path | None) -> None:
    """Watches ICE's 287(g) page and tells which agreements are new, ended, renewed or corrected."""
    ctx.obj = Context(config, state)


def main() -> None:
    """The entry point: no traceback for what a user can cause."""
    logging.captureWarnings(True)
    heap.for_a_moment()
    cli(prog_name="monitor287g")


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def json_option(what: str) -> Decorator:
    """The option `--json`, described by what it prints."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print {what} instead of text for people.")
