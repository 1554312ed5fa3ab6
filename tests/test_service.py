"""How the monitor is installed and run: the units as systemd judges them, `make install` into a directory, the container's recipe."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNITS = ROOT / "systemd"
SERVICES = ("monitor287g.service", "monitor287g-check.service")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there (Debian: systemd)")


def directives(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (UNITS / name).read_text("utf-8"), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_the_sandbox_is_as_tight_as_it_was(name: str) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNITS / name)], capture_output=True, text=True, check=True
    ).stdout
    exposure = re.search(r"Overall exposure level for \S+ ([\d.]+)", said)
    assert exposure is not None
    assert float(exposure[1]) <= 1.5


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for path in UNITS.glob("monitor287g*.[st][ei]*"):
        # The program is not installed where tests run.
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(text)
    assert len([*tmp_path.iterdir()]) == 3
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_two_ways_to_poll_exclude_each_other_and_share_one_sandbox() -> None:
    daemon, once = (directives(name) for name in SERVICES)
    assert "monitor287g-check.timer" in daemon["Conflicts"][0]
    assert once["Conflicts"] == directives("monitor287g-check.timer")["Conflicts"] == ["monitor287g.service"]
    own = {
        "Type",
        "NotifyAccess",
        "ExecStart",
        "ExecReload",
        "Restart",
        "RestartSec",
        "RestartPreventExitStatus",
        "TimeoutStopSec",
    }
    own |= {"TimeoutStartSec", "WatchdogSec", "Description", "Conflicts", "WantedBy"}
    assert {k: v for k, v in daemon.items() if k not in own} == {k: v for k, v in once.items() if k not in own}
    assert (daemon["Type"], daemon["KillMode"]) == (["notify"], ["mixed"])


def test_install_upgrades_beside_what_runs_keeps_the_configuration_and_leaves_it_when_it_goes(tmp_path: Path) -> None:
    def make(action: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(UNITS / "install.sh"), action, sys.executable]
        environment = {**os.environ, "DESTDIR": str(tmp_path), "PREFIX": "/srv/monitor", **environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    root, config = tmp_path / "srv/monitor", tmp_path / "etc/monitor287g/config.yaml"
    done = make("install")
    assert done.returncode == 0, done.stderr
    assert oct(config.stat().st_mode)[-3:] == "640"
    (unit,) = re.findall(
        r"^ExecStart=(\S+) -I -m monitor", (tmp_path / "etc/systemd/system/monitor287g.service").read_text(), re.MULTILINE
    )
    assert unit == "/srv/monitor/current/bin/python"
    python = root / "current/bin/python"
    version = subprocess.run(
        [python, "-I", "-m", "monitor", "--version"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    assert version.startswith("monitor287g ")
    where = subprocess.run(
        [python, "-I", "-c", "import monitor; print(monitor.__file__)"], capture_output=True, text=True, check=True
    )
    assert str(root.resolve()) in where.stdout, "the checkout is used instead of what was installed"

    config.write_text("contact: https://monitor.example.org\n")
    before = (root / "current").readlink()
    failed = make("install", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path / "nothing"), PIP_NO_CACHE_DIR="1")
    assert failed.returncode != 0
    assert (root / "current").readlink() == before
    assert [path.name for path in (root / "releases").iterdir()] == [before.name], "what failed was left behind"

    assert make("uninstall").returncode == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [config]
    assert "contact" in config.read_text()


def test_the_container_s_recipe_names_what_is_there() -> None:
    recipe = (ROOT / "Containerfile").read_text("utf-8")
    sent = {line[1:] for line in (ROOT / ".containerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, re.MULTILINE):
        *sources, _ = shlex.split(line)
        assert {*sources} <= sent
        assert all((ROOT / source).exists() for source in sources)
    assert "USER monitor287g" in recipe
    assert "/healthz" in recipe
