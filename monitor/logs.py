"""Logs to standard error: one line per happening, as text, as JSON, or as the journal reads it. No secret is ever logged."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what the record was given as `fields` (names and values)."""

    def format(self, record: logging.LogRecord) -> str:
        value = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            value["exception"] = self.formatException(record.exc_info)
        return json.dumps(value, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """`2026-03-02T14:00:12Z WARNING message`; line breaks in a message are shown, so that a cell cannot forge a log line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"{moment} {record.levelname} {_printable(record.getMessage())}"
        if not record.exc_info:
            return text
        # Every line of a trace is set off: what an exception says cannot look like a line of the log.
        trace = self.formatException(record.exc_info).splitlines()
        return "\n".join((text, *(f"    | {_printable(line)}" for line in trace)))


class JournalFormatter(TextFormatter):
    """Text for systemd's journal, which knows the time itself and takes the priority from a prefix (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(f"<{_priority(record.levelno)}>{line}" for line in super().format(record).split(" ", 2)[2].split("\n"))


def _priority(level: int) -> int:
    """The syslog priority of a level: 2 critical, 3 error, 4 warning, 6 info, 7 debug."""
    return next((priority for least, priority in _PRIORITIES if level >= least), 7)


_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def _goes_to_journal() -> bool:
    """Whether standard error is the journal's: JOURNAL_STREAM names its device and inode (systemd.exec(5))."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def set_up(level: str, form: str) -> None:
    """Sends this program's log to standard error; libraries speak up from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else JournalFormatter() if _goes_to_journal() else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("monitor").setLevel(level.upper())
    # httpx logs whole addresses at INFO, and a webhook's address is a secret.
    for name in ("httpx", "httpcore", "hpack", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns whenever a channel is still sending when its next turn comes.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    # What fails in a job the daemon says itself, in one line.
    logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
