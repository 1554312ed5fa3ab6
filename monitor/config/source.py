"""A configuration file as YAML: its values, the line of each key, and the secrets that its values stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from monitor.config.problems import Key, Problem, dotted, line_of

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_FILE = "file:"


class Loader(yaml.SafeLoader):
    """YAML's safe loader; a date or number that is none is a mistake in the file, with its line, not one in the program."""


def _scalar(kind: str) -> None:
    construct = yaml.SafeLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"]

    def checked(loader: Loader, node: yaml.ScalarNode) -> Any:
        try:
            return construct(loader, node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is no {kind} ({error})", node.start_mark
            ) from None

    Loader.add_constructor(f"tag:yaml.org,2002:{kind}", checked)


for _kind in ("int", "float", "timestamp"):
    _scalar(_kind)


def lines_of(node: yaml.Node | None, key: Key = (), above: tuple[yaml.Node, ...] = ()) -> Iterator[tuple[Key, int]]:
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
            yield from lines_of(value, (*key, str(name.value)), (*above, node))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*key, number), value.start_mark.line + 1
            yield from lines_of(value, (*key, number), (*above, node))


def secret_files(value: Any, environment: Mapping[str, str]) -> Iterator[Path]:
    """The files of secrets that a configuration's values name."""
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from secret_files(entry, environment)
    elif isinstance(value, str):
        text = _VARIABLE.sub(lambda match: environment.get(match.group(1), ""), value)
        if text.startswith(_FILE):
            yield Path(text.removeprefix(_FILE))


def with_secrets(value: Any, key: Key, environment: Mapping[str, str], lines: Mapping[Key, int], problems: list[Problem]) -> Any:
    """`value` with `${NAME}` and `file:/path` replaced by what they stand for; what is missing goes to `problems`."""
    if isinstance(value, dict):
        return {name: with_secrets(entry, (*key, str(name)), environment, lines, problems) for name, entry in value.items()}
    if isinstance(value, list):
        return [with_secrets(entry, (*key, number), environment, lines, problems) for number, entry in enumerate(value)]
    if not isinstance(value, str):
        return value

    def problem(message: str) -> str:
        problems.append(Problem(dotted(key), line_of(lines, key), message))
        return ""

    def variable(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            return problem(f"the environment variable {name} is not set; set it, or use file:/path")
        return environment[name]

    text = _VARIABLE.sub(variable, value)
    if text.startswith(_FILE):
        secret = Path(text.removeprefix(_FILE))
        try:
            return secret.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            return problem(f"the secret file {secret} cannot be read: {reason}")
    return text
