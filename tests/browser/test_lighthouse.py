"""What Lighthouse says of the pages that most readers see, as a phone sees them.

Accessibility, best practices and search have to be perfect. Performance is told, and held only to what a busy machine gives too: its
blocking time is measured, not simulated. A page that falls short is asked three times more, and its median counts.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site

HERE = Path(__file__).parent
LOOKED_AT = ("home", "agreements", "state", "agency", "publication")
PERFECT = ("accessibility", "best-practices", "seo")
FAST = 90


def lighthouse(chromium: str, urls: list[str], runs: int, answer: Path) -> list[dict[str, Any]]:
    """What the runner found of each page; it prints its table."""
    assert (HERE / "node_modules" / "lighthouse").exists(), "Lighthouse is not installed: make test-browser"
    command = ["node", str(HERE / "lighthouse.mjs"), "--runs", str(runs), "--json", str(answer), *urls]
    subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium})
    found: list[dict[str, Any]] = json.loads(answer.read_text("utf-8"))
    return found


def test_lighthouse_finds_nothing_to_mend(site: Site, chromium: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():
        found = dict(zip(LOOKED_AT, asked(site, chromium, tmp_path, LOOKED_AT, 1), strict=True))
        if slow := [kind for kind, one in found.items() if one["scores"]["performance"] < FAST]:
            found |= zip(slow, asked(site, chromium, tmp_path, slow, 3), strict=True)
    short = {}
    for kind, one in found.items():
        short |= {f"{kind}: {name} {one['scores'][name]}": one["failed"][name] for name in PERFECT if one["scores"][name] != 100}
        if one["scores"]["performance"] < FAST:
            short[f"{kind}: performance {one['scores']['performance']}"] = one["failed"]["performance"]
    assert short == {}


def asked(site: Site, chromium: str, folder: Path, kinds: Sequence[str], runs: int) -> list[dict[str, Any]]:
    return lighthouse(chromium, [site.url(kind) for kind in kinds], runs, folder / "found.json")
