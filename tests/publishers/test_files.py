"""How public files are written: only where their content changed, in one step, never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.publishers.files import write
from tests.support.line import Line
from tests.support.sheets import row, sheet


def test_files_whose_content_did_not_change_are_not_written_again(watch: Line) -> None:
    watch.site.publish("participating", sheet([row()]))
    watch.poll()
    folder = watch.state.public
    assert {"feed.xml", "feeds/tx.atom", "feeds.opml", "index.html", "es/states/tx.html"} < {*watch.publish()}
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*.*")}
    assert watch.publish() == []
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*.*")} == before
    (folder / "feed.xml").write_bytes(b"damaged")
    assert watch.publish() == ["feed.xml"]


def test_a_file_is_replaced_in_one_step_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "public" / "feed.xml"
    assert write(path, b"one")
    with path.open("rb") as reader:
        assert write(path, b"two")
        assert reader.read() == b"one", "whoever was reading got half of each"
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["feed.xml"]


def test_versions_written_within_one_second_are_told_apart_by_their_date(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    seconds = []
    for content in (b"one", b"two", b"six"):
        assert write(path, content)
        seconds.append(int(path.stat().st_mtime))
    assert seconds == sorted(set(seconds)), "curl takes the later version for the earlier one"


def test_a_public_folder_that_cannot_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(OSError, match="public"):
        write(tmp_path / "public" / "feed.xml", b"one")
