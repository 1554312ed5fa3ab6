"""What is wrong with the source, told once when it has lasted long enough to matter and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# A page that cannot be had for less than this is the web's everyday life.
PATIENCE = timedelta(hours=1)
# A link may be announced a while before its document answers.
ANNOUNCED_PATIENCE = timedelta(hours=6)


# What is wrong with a channel is nobody's business but the operator's.
_CHANNEL = "channel:"


def of_source(key: str) -> bool:
    """Whether an alarm is about the source, and so may be told in public."""
    return not key.startswith(_CHANNEL)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong at this poll; `patience` is how long it may last before the operator hears of it."""

    key: str
    detail: str
    patience: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Open:
    """A condition that was there at an earlier poll, since when, and when the operator was told (None: not yet)."""

    opened_at: datetime
    detail: str
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarms:
    """`open` is what stands after this poll, `raised` and `over` are the keys to tell the operator about now."""

    open: Mapping[str, Open]
    raised: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


def update(
    before: Mapping[str, Open], conditions: Mapping[str, Condition], at: datetime, unknown: frozenset[str] = frozenset()
) -> Alarms:
    """The alarms after a poll at `at` that met `conditions`. Keys in `unknown` could not be looked at and stay as they were."""
    after: dict[str, Open] = {key: alarm for key, alarm in before.items() if key in unknown and key not in conditions}
    raised = []
    for key, condition in sorted(conditions.items()):
        alarm = before.get(key) or Open(at, condition.detail)
        # One that opened under a clock that stood ahead opens now: it must not wait for that moment.
        opened, told = min(alarm.opened_at, at), alarm.told_at
        if told is None and at - opened >= condition.patience:
            raised.append(key)
            told = at
        after[key] = Open(opened, condition.detail, told)
    over = tuple(key for key, alarm in sorted(before.items()) if key not in after and alarm.told_at)
    return Alarms(after, tuple(raised), over)
