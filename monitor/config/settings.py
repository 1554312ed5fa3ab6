"""What config.yaml may say, as types: every key with its default and its check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

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


_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"


def clock_time(value: object) -> time:
    """A time of day as people write it, `8:05` or `20:00`. Raises ValueError."""
    match = re.fullmatch(_CLOCK, value) if isinstance(value, str) else None
    if not match:
        raise ValueError('expected a time of day in quotes, such as "08:00"')
    return time(int(match.group(1)), int(match.group(2)))


def _zone_name(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {value!r}; expected a name such as America/New_York") from None
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
DurationOrNone = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, AfterValidator(_zone_name)]
Clock = Annotated[time, BeforeValidator(clock_time)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Busy(Section):
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


class Poll(Section):
    timezone: Zone = "America/New_York"
    busy: Busy = Busy()
    otherwise: Duration = timedelta(hours=1)
    jitter: DurationOrNone = timedelta(seconds=30)


class Fetch(Section):
    """Limits of one request. `timeout` bounds all of it, redirects and body included."""

    timeout: Duration = timedelta(seconds=60)
    attempts: int = Field(default=4, ge=1, le=10)
    backoff: Duration = timedelta(seconds=1)
    page_megabytes: int = Field(default=10, ge=1)
    document_megabytes: int = Field(default=50, ge=1)


class Guard(Section):
    """What is too much to be believed at once (core/guard.py says why)."""

    lost_rows: int = Field(default=10, ge=0)
    lost_share: float = Field(default=0.05, ge=0, le=1)
    confirmed_after: Duration = timedelta(hours=12)


class Web(Section):
    """The daemon's web server. `public_url` is where readers reach it; feeds and alerts link there. `hubs` are WebSub hubs, which are
    told when a feed has changed."""

    listen: str = "127.0.0.1:8287"
    public_url: str = "http://127.0.0.1:8287"
    hubs: tuple[str, ...] = ()

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

    @field_validator("hubs")
    @classmethod
    def _hubs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # In a header, where another address may follow, a hub ends at the first of these.
        if any(re.search(r'[^!-~]|[<>"]', hub) for hub in value):
            raise ValueError("expected addresses without blanks or quotes")
        return tuple(dict.fromkeys(_http_url(hub) for hub in value))

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


Severity = Literal["news", "corrections", "operator"]


class Filter(Section):
    """Which events a channel is told: those that agree with every key given here. What the keys may name, notifiers/routes.py checks."""

    states: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    matches: str = ""


class Alerts(Section):
    """`group_wait`: how long a change waits for others before it is told, so that both lists make one message."""

    group_wait: DurationOrNone = timedelta(minutes=2)


class Channel(Section):
    """Where alerts go, which, and when. `options` are the keys of the channel's type, checked by its file in notifiers/.

    `tell`: news (what began or ended), corrections, operator (the source or a channel fails). `grouped` off: a message for each agreement.
    """

    type: str
    name: str = ""
    tell: tuple[Severity, ...] = ("news", "operator")
    filter: Filter = Filter()
    rhythm: str = "at once"
    timezone: Zone | None = None
    quiet: str = ""
    grouped: bool = True
    pause: DurationOrNone | None = None
    templates: Path | None = None
    # Secrets are among them: nothing prints them.
    options: Mapping[str, Any] = Field(default={}, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _options(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        own = {name: entry for name, entry in value.items() if name in cls.model_fields and name != "options"}
        return {**own, "options": {str(name): entry for name, entry in value.items() if name not in own}}

    @field_validator("tell")
    @classmethod
    def _tell(cls, value: tuple[Severity, ...]) -> tuple[Severity, ...]:
        if not value:
            raise ValueError("expected at least one of news, corrections and operator")
        return value

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\W_][\w .-]{0,59}", value):
            raise ValueError("expected a short name of letters, digits, blanks, dots and hyphens")
        return value

    @field_validator("rhythm")
    @classmethod
    def _rhythm(cls, value: str) -> str:
        if not re.fullmatch(f"at once|hourly|daily {_CLOCK}|weekly (mon|tue|wed|thu|fri|sat|sun) {_CLOCK}", value):
            raise ValueError("expected `at once`, `hourly`, `daily 08:00` or `weekly mon 08:00`")
        return value

    @field_validator("quiet")
    @classmethod
    def _quiet(cls, value: str) -> str:
        if value and (not re.fullmatch(f"{_CLOCK}-{_CLOCK}", value) or len({*map(clock_time, value.split("-"))}) == 1):
            raise ValueError('expected hours such as "22:00-07:00"')
        return value


class Health(Section):
    """Who watches the monitor: the address of a check of a dead man's switch, such as healthchecks.io's; whoever has it can write there."""

    ping: SecretStr = SecretStr("")

    @field_validator("ping")
    @classmethod
    def _ping(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            _http_url(value.get_secret_value())
        return value


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class EvidenceSettings(Section):
    """What is done about evidence besides keeping it: a command that has the heads of the record time-stamped."""

    stamp: tuple[str, ...] = ()

    @field_validator("stamp")
    @classmethod
    def _stamp(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if command and (not command[0].strip() or not any("{file}" in part for part in command[1:])):
            raise ValueError('expected a command and its arguments, one of them with {file}: [ots, stamp, "{file}"]')
        return command


class Moa(Section):
    """Whether the documents behind the agreements are fetched and kept, and how long the site is left alone between two of them."""

    fetch: bool = False
    pause: Duration = timedelta(seconds=2)


class Wayback(Section):
    """The web archive that history can be fetched from, and how long it is left alone between two requests."""

    url: str = "https://web.archive.org"
    pause: Duration = timedelta(seconds=2)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return _http_url(value).rstrip("/")


class Settings(Section):
    """The whole configuration; every key has a default that works."""

    page: str = "https://www.ice.gov/identify-and-arrest/287g"
    contact: str = ""
    allowed_hosts: tuple[str, ...] = ("www.ice.gov",)
    state: Path = Path("state")
    poll: Poll = Poll()
    fetch: Fetch = Fetch()
    guard: Guard = Guard()
    web: Web = Web()
    alerts: Alerts = Alerts()
    channels: Annotated[tuple[Channel, ...], BeforeValidator(lambda value: () if value is None else value)] = ()
    evidence: EvidenceSettings = EvidenceSettings()
    moa: Moa = Moa()
    wayback: Wayback = Wayback()
    health: Health = Health()
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
