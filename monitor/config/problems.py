"""Mistakes in a configuration file: each is one line that names the file, the line, the key, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def line_of(lines: Mapping[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest one above it that stands in the file."""
    while key:
        # A key that is a number in the file is one for pydantic too, and text here.
        for found in (key, (*key[:-1], str(key[-1]))):
            if found in lines:
                return lines[found]
        key = key[:-1]
    return 0


def dotted(key: Key) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


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


def problem_of(entry: Any, lines: Mapping[Key, int]) -> Problem:
    """One of pydantic's errors as a mistake of the file."""
    key: Key = tuple(entry["loc"])
    return Problem(dotted(key), line_of(lines, key), message_of(entry))


def message_of(entry: Any) -> str:
    """What one of pydantic's errors says to do; it repeats nothing that was given."""
    message = _MESSAGES.get(entry["type"]) or entry["msg"].removeprefix("Value error, ")
    if entry["type"] == "literal_error":
        message = f"expected {entry['ctx']['expected']}"
    return message[:1].lower() + message[1:]
