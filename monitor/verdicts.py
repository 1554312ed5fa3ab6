"""People's verdicts on doubtful pairs: a small readable file, state/verdicts.yaml, that can be shared and is replayed by backfill."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_HEADER = """\
# Verdicts on pairs of printed rows that the rules would not decide alone. `same`: one agreement, re-printed;
# `distinct`: two agreements. A pair is named by what was printed, so this file serves any monitor of the same list.
"""


class VerdictsError(Exception):
    """The file of verdicts cannot be read; the message says where."""


def load(path: Path) -> dict[str, str]:
    """Verdicts (`same` or `distinct`) by pair; none where there is no file. Raises VerdictsError."""
    return {str(entry["pair"]): str(entry["verdict"]) for entry in _entries(path)}


def add(path: Path, pair: str, verdict: str, details: Mapping[str, Any]) -> None:
    """Records a verdict, in place of an earlier one on the same pair. The file is replaced in one step."""
    entries = [entry for entry in _entries(path) if entry["pair"] != pair]
    entries.append({"pair": pair, "verdict": verdict, **details})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(_HEADER + yaml.safe_dump(entries, sort_keys=False, allow_unicode=True), "utf-8")
    draft.replace(path)


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries = yaml.safe_load(path.read_text("utf-8")) or []
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise VerdictsError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list):
        raise VerdictsError(f"{path}: expected a list of verdicts")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or "pair" not in entry or entry.get("verdict") not in ("same", "distinct"):
            raise VerdictsError(f"{path}: entry {number} needs `pair`, and `verdict: same` or `verdict: distinct`")
    return entries
