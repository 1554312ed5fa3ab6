"""What `doctor` looks at: each check gives findings, and each finding that is not `ok` says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

OK, WARN, FAIL = "ok", "warn", "fail"
_GRAVITY = (OK, WARN, FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `remedy` is what to do about it, "" where nothing is to be done."""

    check: str
    state: str
    found: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return {"check": self.check, "state": self.state, "found": self.found, "remedy": self.remedy}


def worst(findings: list[Finding]) -> str:
    """The gravest state among the findings; `ok` where there are none."""
    return max((finding.state for finding in findings), key=_GRAVITY.index, default=OK)


def in_words(span: timedelta) -> str:
    """A span of time as people say it: `40 seconds`, `5 minutes`, `3 hours`, `12 days`."""
    seconds = abs(span.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}s"
    return f"{seconds:.0f} seconds"
