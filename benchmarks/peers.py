"""Other ways to watch the same page and list, in the same run: urlwatch, webchanges, changedetection.io, and a plain script.

`python -m benchmarks.peers` installs them below `.peers` (or $PEERS), each in an environment of its own, and this program beside them.
They look for any change of a text or file; none of them says which agreements are new, ended or corrected.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TypeVar

import httpx
import yaml

from benchmarks.measure import PEERS, PROGRAM, Figure, Used, cpu, milliseconds, resident, runs
from benchmarks.polling import watching
from benchmarks.site import published
from tests.support.process import write_config
from tests.support.site import PAGE, Site

_Found = TypeVar("_Found")
INSTALLED = {
    "urlwatch": ("urlwatch==2.29",),
    "webchanges": ("webchanges==3.37.0",),
    "changedetection": ("changedetection.io==0.60.10",),
    "script": ("requests==2.34.2", "beautifulsoup4==4.15.0", "openpyxl==3.1.5", "pandas>=2.2"),
}
_RUNS = 9
_ROUNDS, _RECHECKS = 5, 8
_PATIENCE = 60.0
# What many a newsroom runs from cron: the page's link, the sheet, and which rows differ from those of the last time.
SCRIPT = """
import io, pathlib, sys, requests, bs4, pandas
from urllib.parse import urljoin
page, state = sys.argv[1], pathlib.Path(sys.argv[2])
soup = bs4.BeautifulSoup(requests.get(page).text, "html.parser")
link = next(a["href"] for a in soup.find_all("a", href=True) if "participating" in a["href"].lower())
rows = pandas.read_excel(io.BytesIO(requests.get(urljoin(page, link)).content)).fillna("").astype(str)
now = set(map(tuple, rows.itertuples(index=False)))
if state.exists():
    before = set(map(tuple, pandas.read_pickle(state).itertuples(index=False)))
    for row in now - before: print("+", row)
    for row in before - now: print("-", row)
rows.to_pickle(state)
"""


def install() -> None:
    """What is missing, and this program as it now is."""
    for name, packages in INSTALLED.items():
        if not (PEERS / name / "bin" / "python").exists():
            print(f"installing {', '.join(packages)}", flush=True)
            _pip(_environment(name), "install", *packages)
    ours = _environment("ours")
    _pip(ours, "install", "--no-deps", "--require-hashes", "-r", "requirements.lock")
    with tempfile.TemporaryDirectory() as wheels:
        subprocess.run(
            [sys.executable, *_PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, "."], check=True
        )
        _pip(ours, "install", "--no-deps", "--force-reinstall", *map(str, Path(wheels).iterdir()))


_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def _environment(name: str) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(PEERS / name)], check=True)
    return PEERS / name / "bin" / "python"


def _pip(python: Path, *what: str) -> None:
    subprocess.run([sys.executable, *_PIP, "--python", str(python), *what], check=True)


def figures() -> Iterator[Figure]:
    """Processor of one look at the page and the list in which nothing has changed, and of ours as a ratio."""
    found: dict[str, list[float]] = {}
    walls: dict[str, list[float]] = {}
    with published() as site, tempfile.TemporaryDirectory() as name:
        state = Path(name)
        config = write_config(state / "config.yaml", page=site.page_url, state=str(state / "state"))
        for command, make in (("urlwatch 2.29", _urlwatch), ("webchanges 3.37.0", _webchanges), ("the plain script", _script)):
            _note(found, walls, command, runs(make(state, site), _RUNS))
        _note(found, walls, "this program's `check`", runs([*PROGRAM, "--config", str(config), "check"], _RUNS))
        found["changedetection.io 0.60.10, a recheck of both"], memory = _changedetection(state, site)
    with published() as site, tempfile.TemporaryDirectory() as name, watching(Path(name), site, "0.5s") as running:
        polls = []
        for _ in range(_RUNS):
            begin, asked = cpu(running.process.pid), len(site.requests)
            time.sleep(3)
            polls.append((cpu(running.process.pid) - begin) / sum(PAGE in one.path for one in site.requests[asked:]))
        found["this program's daemon, a poll"], ours = polls, resident(running.process.pid)
    for command, seconds in found.items():
        yield Figure(f"{command}: processor", "ms", milliseconds(seconds))
        if command in walls:
            yield Figure("… wall", "ms", milliseconds(walls[command]))
    daemon, check = (
        median(found["this program's daemon, a poll"]),
        median(found["this program's `check`"]),
    )
    for command, seconds in found.items():
        if not command.startswith("this program"):
            beside = daemon if command.startswith("changedetection") else check
            yield Figure(f"{command}, as a multiple of ours", "×", [median(seconds) / beside])
    yield Figure("changedetection.io: memory", "MB", [memory / 2**20])
    yield Figure("this program's daemon: memory", "MB", [ours / 2**20])


def _note(found: dict[str, list[float]], walls: dict[str, list[float]], name: str, used: list[Used]) -> None:
    found[name], walls[name] = [one.cpu for one in used], [one.wall for one in used]


def _jobs(state: Path, site: Site, name: str) -> Path:
    path = state / f"{name}.yaml"
    document = next(iter(site.documents))
    jobs = [
        {"name": "page", "url": site.page_url, "filter": ["html2text"]},
        {"name": "list", "url": site.address + document, "filter": ["sha1sum"]},
    ]
    path.write_text(yaml.safe_dump_all(jobs))
    return path


def _urlwatch(state: Path, site: Site) -> list[str]:
    (state / "urlwatch-config.yaml").write_text("")
    command = [str(PEERS / "urlwatch" / "bin" / "urlwatch"), "--urls", str(_jobs(state, site, "urlwatch"))]
    return [
        *command,
        "--config",
        str(state / "urlwatch-config.yaml"),
        "--cache",
        str(state / "urlwatch.db"),
        "--hooks",
        "/dev/null",
    ]


def _webchanges(state: Path, site: Site) -> list[str]:
    command = [str(PEERS / "webchanges" / "bin" / "webchanges"), "--jobs", str(_jobs(state, site, "webchanges"))]
    return [*command, "--config", str(state / "webchanges-config.yaml"), "--database", str(state / "webchanges.db")]


def _script(state: Path, site: Site) -> list[str]:
    (state / "script.py").write_text(SCRIPT)
    return [str(PEERS / "script" / "bin" / "python"), str(state / "script.py"), site.page_url, str(state / "rows.pickle")]


def _changedetection(state: Path, site: Site) -> tuple[list[float], int]:
    """(seconds of processor for each recheck of page and list, bytes of memory)."""
    store = state / "changedetection"
    store.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with _server(store, port) as process, httpx.Client(base_url=address, timeout=10) as client:
        _until(lambda: client.get("/").status_code < 500)
        key = _until(lambda: _key(store))
        client.headers["x-api-key"] = key
        watches = []
        for url in (site.page_url, site.address + next(iter(site.documents))):
            answer = client.post("/api/v1/watch", json={"url": url, "fetch_backend": "html_requests"})
            watches.append(answer.raise_for_status().json()["uuid"])
        checked = [_until(lambda one=one: _checked(client, one)) for one in watches]
        time.sleep(3)
        begin, since = cpu(process), time.monotonic()
        time.sleep(5)
        idle = (cpu(process) - begin) / (time.monotonic() - since)
        used = []
        for _ in range(_ROUNDS):
            begin, since = cpu(process), time.monotonic()
            for _ in range(_RECHECKS):
                for one in watches:
                    client.get(f"/api/v1/watch/{one}", params={"recheck": "1"}).raise_for_status()
                checked = [
                    _until(lambda one=one, old=old: _checked(client, one, old)) for one, old in zip(watches, checked, strict=True)
                ]
                time.sleep(1)  # it tells checks apart by the second
            used.append(max(0.0, cpu(process) - begin - idle * (time.monotonic() - since)) / _RECHECKS)
        return used, resident(process)


@contextmanager
def _server(store: Path, port: int) -> Iterator[int]:
    python = PEERS / "changedetection" / "bin"
    environment = {
        **os.environ,
        "LOGGER_LEVEL": "ERROR",
        "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",
        "MINIMUM_SECONDS_RECHECK_TIME": "0",
    }
    process = subprocess.Popen(
        [str(python / "changedetection.io"), "-h", "127.0.0.1", "-p", str(port), "-d", str(store), "-C"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _key(store: Path) -> str:
    for path in store.glob("*.json"):
        settings = json.loads(path.read_text()).get("settings", {})
        if key := settings.get("application", {}).get("api_access_token"):
            return str(key)
    return ""


def _checked(client: httpx.Client, watch: str, after: int = 0) -> int:
    last = int(client.get(f"/api/v1/watch/{watch}").raise_for_status().json().get("last_checked") or 0)
    return last if last > after else 0


def _until(ask: Callable[[], _Found]) -> _Found:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if found := ask():
                return found
        except (httpx.TransportError, json.JSONDecodeError):
            pass
        time.sleep(0.1)
    raise SystemExit("changedetection.io does not answer as it should")


if __name__ == "__main__":
    install()
