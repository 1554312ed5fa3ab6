"""Inputs that once made a reader fail, and bytes by chance for a moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CASES = [(path.parent.name, path) for path in sorted((Path(__file__).parent / "cases").glob("*/*"))]


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_what_it_begins_with(name: str) -> None:
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)


@pytest.mark.parametrize(("name", "path"), CASES, ids=[f"{name}-{path.name[:20]}" for name, path in CASES])
def test_what_once_failed_does_not_any_more(name: str, path: Path) -> None:
    TARGETS[name].run(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_bytes_by_chance_do_no_harm(name: str) -> None:
    seeds = TARGETS[name].seeds()

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        seed = data.draw(st.sampled_from(seeds))
        cut = data.draw(st.integers(0, len(seed)))
        TARGETS[name].run(seed[:cut] + data.draw(st.binary(max_size=60)) + seed[data.draw(st.integers(0, len(seed))) :])

    tried()
