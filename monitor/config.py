"""config.yaml → typed settings. Every mistake is one line: file, line number, key, what is wrong and what to do.

Secrets stand in the file as `${NAME}` (environment) or `file:/path`; they are resolved here and never printed again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key's path (`channels[0].url`), its line in the file (0: unknown) and what to do about it."""

    key: str
    line: int
    message: str

    def text(self, path: Path) -> str:
        place = f"{path}:{self.line}" if self.line else f"{path}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` says why, one entry for each mistake."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.text(path) for problem in problems))


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: object) -> object:
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhd])\s*", value)
        if not match:
            raise ValueError("expected a duration such as 30s, 10m, 1h or 3d")
        seconds = float(match.group(1)) * _UNITS[match.group(2)]
        if seconds > 366 * 86_400:
            raise ValueError("expected a duration of at most a year")
        return timedelta(seconds=seconds)
    if isinstance(value, timedelta):
        return value
    raise ValueError("expected a duration with its unit, such as 30s, 10m, 1h or 3d")


def _clock(value: object) -> object:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if not match:
        raise ValueError('expected a time of day in quotes, such as "08:00"')
    return time(int(match.group(1)), int(match.group(2)))


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
Clock = Annotated[time, BeforeValidator(_clock)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Busy(_Section):
    """The hours in which ICE publishes, in `poll.timezone`."""

    days: str = "mon-fri"
    start: Clock = time(8)
    end: Clock = time(20)
    every: Duration = timedelta(minutes=10)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start ({self.start:%H:%M}) must be before end ({self.end:%H:%M}) of the same day")
        return self

    @field_validator("days")
    @classmethod
    def _days(cls, value: str) -> str:
        day = "(mon|tue|wed|thu|fri|sat|sun)"
        if not re.fullmatch(f"{day}(-{day})?(,{day}(-{day})?)*", value):
            raise ValueError("expected days such as mon-fri or mon,wed,sat")
        return value


class Poll(_Section):
    timezone: str = "America/New_York"
    busy: Busy = Busy()
    otherwise: Duration = timedelta(hours=1)
    jitter: Annotated[timedelta, BeforeValidator(_duration)] = timedelta(seconds=30)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no time zone is called {value!r}; expected a name such as America/New_York") from None
        return value


class Fetch(_Section):
    """Limits of one request. `timeout` bounds all of it, redirects and body included."""

    timeout: Duration = timedelta(seconds=60)
    attempts: int = Field(default=4, ge=1, le=10)
    backoff: Duration = timedelta(seconds=1)
    page_megabytes: int = Field(default=10, ge=1)
    document_megabytes: int = Field(default=50, ge=1)


class Guard(_Section):
    """What is too much to be believed at once (core/guard.py says why)."""

    lost_rows: int = Field(default=10, ge=0)
    lost_share: float = Field(default=0.05, ge=0, le=1)
    confirmed_after: Duration = timedelta(hours=12)


class Web(_Section):
    """The daemon's web server. `public_url` is where readers reach it; feeds and alerts link there."""

    listen: str = "127.0.0.1:8287"
    public_url: str = "http://127.0.0.1:8287"

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError("expected HOST:PORT, such as 127.0.0.1:8287")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        return _http_url(value).rstrip("/")

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


Severity = Literal["news", "corrections", "operator"]


class Channel(_Section):
    """Where alerts go. `tell`: news (what began or ended), corrections, operator (the source or a channel fails)."""

    type: str
    url: SecretStr
    name: str = ""
    tell: tuple[Severity, ...] = ("news", "operator")


class Log(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(_Section):
    """The whole configuration; every key has a default that works."""

    page: str = "https://www.ice.gov/identify-and-arrest/287g"
    contact: str = ""
    allowed_hosts: tuple[str, ...] = ("www.ice.gov",)
    state: Path = Path("state")
    poll: Poll = Poll()
    fetch: Fetch = Fetch()
    guard: Guard = Guard()
    web: Web = Web()
    channels: Annotated[tuple[Channel, ...], BeforeValidator(lambda value: () if value is None else value)] = ()
    log: Log = Log()

    @field_validator("page")
    @classmethod
    def _page(cls, value: str) -> str:
        return _http_url(value)

    @field_validator("contact")
    @classmethod
    def _contact(cls, value: str) -> str:
        if re.search(r"[\x00-\x1f\x7f]", value) or not value.isascii():
            raise ValueError("expected one line of plain text: a mail address or a web address")
        return value

    @field_validator("channels")
    @classmethod
    def _names(cls, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        named: list[Channel] = []
        for number, channel in enumerate(channels, 1):
            name = channel.name or (
                channel.type if sum(c.type == channel.type for c in channels) == 1 else f"{channel.type}-{number}"
            )
            if any(other.name == name for other in named):
                raise ValueError(f"two channels are named {name!r}; give each a name of its own")
            named.append(channel.model_copy(update={"name": name}))
        return tuple(named)

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that may be asked: the page's own and those of `allowed_hosts`."""
        return frozenset(host.lower() for host in (urlsplit(self.page).hostname or "", *self.allowed_hosts))


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("expected an address that begins with https:// or http://")
    return value


@dataclass(frozen=True)
class Configuration:
    """Settings and where each of their keys stands in the file."""

    path: Path
    settings: Settings
    lines: Mapping[Key, int] = field(default_factory=dict)

    def problem(self, key: Key, message: str) -> Problem:
        return Problem(_dotted(key), _line(self.lines, key), message)


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
        lines = dict(_lines(yaml.compose(text, _Loader)))
        values = yaml.load(text, _Loader) or {}
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
    problems: list[Problem] = []
    values = _with_secrets(values, (), environment, lines, problems)
    if problems and secrets:
        raise ConfigError(path, problems)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(path, [_problem(entry, lines) for entry in error.errors()]) from None
    if not settings.state.is_absolute():
        settings = settings.model_copy(update={"state": path.parent / settings.state})
    configuration = Configuration(path, settings, lines)
    if check and (problems := check(configuration)):
        raise ConfigError(path, problems)
    return configuration


class _Loader(yaml.SafeLoader):
    """YAML's safe loader; a date or number that is none is a mistake in the file, with its line, not one in the program."""


def _scalar(kind: str) -> None:
    construct = yaml.SafeLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"]

    def checked(loader: _Loader, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is no {kind} ({error})", node.start_mark
            ) from None

    _Loader.add_constructor(f"tag:yaml.org,2002:{kind}", checked)


for _kind in ("int", "float", "timestamp"):
    _scalar(_kind)


def _lines(node: yaml.Node | None, key: Key = (), above: tuple[yaml.Node, ...] = ()) -> Iterator[tuple[Key, int]]:
    """(path, line from 1) of every key and item below a YAML node. Raises MarkedYAMLError: a key given twice, a node in itself."""
    if any(node is one for one in above):
        raise yaml.MarkedYAMLError(problem="an alias leads into itself", problem_mark=above[-1].start_mark)
    if isinstance(node, yaml.MappingNode):
        given: dict[str, int] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key that is no plain text", problem_mark=name.start_mark)
            if name.value in given:
                problem = f"the key {name.value!r} is given twice, first in line {given[name.value]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=name.start_mark)
            given[str(name.value)] = line
            yield (*key, str(name.value)), line
            yield from _lines(value, (*key, str(name.value)), (*above, node))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*key, number), value.start_mark.line + 1
            yield from _lines(value, (*key, number), (*above, node))


def _line(lines: Mapping[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest one above it that stands in the file."""
    while key:
        # A key that is a number in the file is one for pydantic too, and text here.
        for found in (key, (*key[:-1], str(key[-1]))):
            if found in lines:
                return lines[found]
        key = key[:-1]
    return 0


def _dotted(key: Key) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def _with_secrets(value: Any, key: Key, environment: Mapping[str, str], lines: Mapping[Key, int], problems: list[Problem]) -> Any:
    """`value` with `${NAME}` and `file:/path` replaced by what they stand for; what is missing goes to `problems`."""
    if isinstance(value, dict):
        return {name: _with_secrets(entry, (*key, str(name)), environment, lines, problems) for name, entry in value.items()}
    if isinstance(value, list):
        return [_with_secrets(entry, (*key, number), environment, lines, problems) for number, entry in enumerate(value)]
    if not isinstance(value, str):
        return value

    def problem(message: str) -> str:
        problems.append(Problem(_dotted(key), _line(lines, key), message))
        return ""

    def variable(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            return problem(f"the environment variable {name} is not set; set it, or use file:/path")
        return environment[name]

    text = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", variable, value)
    if text.startswith("file:"):
        secret = Path(text.removeprefix("file:"))
        try:
            return secret.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            return problem(f"the secret file {secret} cannot be read: {reason}")
    return text


_MESSAGES = {
    "extra_forbidden": "unknown key; see config.yaml of the project for those there are",
    "missing": "this key is needed",
    "model_type": "expected a group of keys below it",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "string_type": 'expected text; an empty one is written ""',
    "greater_than": "expected more than 0",
    "float_parsing": "expected a number such as 0.05",
    "int_parsing": "expected a whole number",
}


def _problem(entry: Any, lines: Mapping[Key, int]) -> Problem:
    key: Key = tuple(entry["loc"])
    message = _MESSAGES.get(entry["type"]) or entry["msg"].removeprefix("Value error, ")
    if entry["type"] == "literal_error":
        message = f"expected {entry['ctx']['expected']}"
    return Problem(_dotted(key), _line(lines, key), message[:1].lower() + message[1:])
