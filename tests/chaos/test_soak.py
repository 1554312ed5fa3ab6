"""What `make soak` calls growth, and a short run of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.chaos.soak import Sample, grown, soak
from tests.support.site import Site

FLAT = [Sample(polls, 100 << 20, 12 + polls % 2, 8, 5 << 20) for polls in range(1, 6_000, 7)]


def late(**more: int) -> list[Sample]:
    """The flat run, but for what it needs from the middle on."""
    return [replace(one, **more) if one.polls > 3_000 else one for one in FLAT]


def test_a_run_that_needs_no_more_at_its_end_has_not_grown() -> None:
    assert grown(FLAT, full=1_000) == []
    assert grown(late(memory=104 << 20, files=13), full=1_000) == []


def test_what_grows_is_named() -> None:
    assert grown(late(memory=106 << 20)) == ["memory grew from 100.0 to 106.0 MB"]
    assert grown(late(files=14)) == ["files grew from 13 to 14"]
    assert grown(late(threads=9)) == ["threads grew from 8 to 9"]
    assert grown(late(database=6 << 20), full=1_000) == ["the database grew from 5.0 to 6.0 MB after 1002 polls"]


def test_the_daemon_polls_on_and_each_poll_is_seen(site: Site, tmp_path: Path) -> None:
    site.links.clear()
    seen: list[Sample] = []
    samples = soak(site, tmp_path, 10, seen.append)
    assert samples == seen
    assert samples[-1].polls >= 10
    assert all(one.memory and one.files and one.threads and one.database for one in samples)
