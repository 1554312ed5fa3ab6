"""Evidence of the archive's 464 publications: nothing of it is found altered, and a zip of it holds it all."""

from __future__ import annotations

import zipfile
from pathlib import Path

from monitor.citing.bundle import Choice, write_bundle
from monitor.citing.stamps import Stamps
from monitor.citing.verify import verify
from monitor.evidence import Evidence
from monitor.store import Store


def test_a_real_record_is_sound_and_is_handed_on_whole(whole_archive: Path, tmp_path: Path) -> None:
    store, evidence = Store.open(whole_archive / "monitor.db"), Evidence(whole_archive / "documents")
    try:
        found = verify(store, evidence, Stamps(tmp_path / "stamps"))
        assert (found.faults, found.notes) == ([], [])
        assert found.checked["documents"] == found.whole == len([*evidence.files()])
        assert found.checked["sightings"] == 464
        documents, events = write_bundle(tmp_path / "all.zip", store, evidence, Choice())
    finally:
        store.close()
    assert (documents, events) == (found.checked["documents"], found.checked["events"])
    with zipfile.ZipFile(tmp_path / "all.zip") as file:
        assert file.testzip() is None
        assert len(file.read("sightings.ndjson").splitlines()) == 464
        assert len(file.read("events.ndjson").splitlines()) == events
