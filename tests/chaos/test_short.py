"""The short form of `make chaos`: a small invented history, thirty faults, five kills, a clock that is set back once."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.contents import contents, differences
from tests.chaos.driver import Plan, drive, half_written, untold, verified
from tests.chaos.receivers import receivers
from tests.chaos.sources import Invented
from tests.support.site import Site


def test_faults_kills_and_a_clock_set_back_leave_what_a_quiet_run_leaves(site: Site, tmp_path: Path) -> None:
    states = {}
    for name, plan in (("quiet", Plan()), ("chaos", Plan(seed=3, faults=30, kills=5, reloads=2, jumps=1))):
        folder = tmp_path / name
        folder.mkdir()
        with receivers() as told:
            run = drive(Invented(site), told, folder, plan)
            missing, twice = untold(run.state, told)
        assert run.trouble == []
        assert missing == []
        assert twice <= run.kills + run.faults["slack lost answer"]
        assert half_written(run.state) == []
        assert verified(folder) == ""
        states[name] = contents(run.state, run.moments)
    assert sum(run.faults.values()) == 31
    assert len(states["quiet"]["events"]) == 14
    assert differences(states["quiet"], states["chaos"]) == []
