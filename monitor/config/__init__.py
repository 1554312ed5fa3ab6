"""config.yaml → typed settings. Every mistake is one line: file, line number, key, what is wrong and what to do.

Secrets stand in the file as `${NAME}` (environment) or `file:/path`; they are resolved here and never printed again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import ValidationError

from monitor.config.problems import ConfigError, Key, Problem, dotted, line_of, message_of, problem_of
from monitor.config.settings import Alerts, Channel, Health, Poll, Section, Settings, Web, clock_time
from monitor.config.source import Loader, lines_of, secret_files, with_secrets

__all__ = [
    "Alerts",
    "Channel",
    "ConfigError",
    "Configuration",
    "Health",
    "Key",
    "Poll",
    "Problem",
    "Section",
    "Settings",
    "Web",
    "clock_time",
    "load",
    "message_of",
]


@dataclass(frozen=True)
class Configuration:
    """Settings, where each of their keys stands in the file, and the files of secrets that it names."""

    path: Path
    settings: Settings
    lines: Mapping[Key, int] = field(default_factory=dict)
    secret_files: tuple[Path, ...] = ()

    def problem(self, key: Key, message: str) -> Problem:
        return Problem(dotted(key), line_of(self.lines, key), message)


def load(
    path: Path,
    environment: Mapping[str, str] | None = None,
    check: Callable[[Configuration], list[Problem]] | None = None,
    *,
    secrets: bool = True,
) -> Configuration:
    """Reads and checks a configuration file. `check` adds problems that only other rooms can know (channel types).

    Without `secrets` one that is missing is no mistake: who only reads what is known needs none.

    Raises ConfigError: the file is missing, is no YAML, has unknown keys or wrong values, or names a secret that is not there.
    """
    environment = os.environ if environment is None else environment
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(path, [Problem("", 0, "no such file; name another with --config")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, [Problem("", 0, f"cannot be read: {error}")]) from None
    try:
        lines = dict(lines_of(yaml.compose(text, Loader)))
        values = yaml.load(text, Loader) or {}
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            path, [Problem("", line, f"not valid YAML: a character that may not stand there ({error.reason})")]
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(path, [Problem("", line, f"not valid YAML: {error.problem}")]) from None
    if not isinstance(values, dict):
        raise ConfigError(path, [Problem("", 1, "expected keys and values, such as `page: https://…`")])
    files = tuple(secret_files(values, environment))
    problems: list[Problem] = []
    values = with_secrets(values, (), environment, lines, problems)
    if problems and secrets:
        raise ConfigError(path, problems)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(path, [problem_of(entry, lines) for entry in error.errors()]) from None
    if not settings.state.is_absolute():
        settings = settings.model_copy(update={"state": path.parent / settings.state})
    channels = tuple(
        channel.model_copy(update={"templates": path.parent / channel.templates}) if channel.templates else channel
        for channel in settings.channels
    )
    configuration = Configuration(path, settings.model_copy(update={"channels": channels}), lines, files)
    if check and (problems := check(configuration)):
        raise ConfigError(path, problems)
    return configuration
