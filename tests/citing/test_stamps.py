"""Heads that a third party vouches for: the hook, what goes wrong with it, and a real time-stamping authority."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.citing import stamps as stamping
from monitor.citing.stamps import Head, StampError, Stamps
from monitor.cli import cli
from tests.support.line import Line
from tests.support.process import daemon, write_config

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "evidence.md"
# A hook that writes beside the file it is given.
HOOK = (sys.executable, "-c", "import sys, shutil; shutil.copy(sys.argv[1], sys.argv[1] + '.tsr')", "{file}")
Run = Callable[..., Result]


@pytest.fixture
def stamps(record: Line) -> Stamps:
    return Stamps(record.state.stamps)


def test_the_heads_are_set_down_and_the_hook_is_given_the_file(record: Line, stamps: Stamps) -> None:
    path = stamps.make(Head.of(record.store), HOOK, record.now)
    assert path is not None
    value = json.loads(path.read_text())
    assert (value["events"], value["events_head"]) == record.store.head()
    assert (value["sightings"], value["sightings_head"]) == record.store.sightings.head()
    assert path.with_name(path.name + ".tsr").read_bytes() == path.read_bytes()
    assert [(one, head) for one, head in stamps.all()] == [(path, Head.of(record.store))]


def test_what_is_stamped_is_not_stamped_again(record: Line, stamps: Stamps) -> None:
    assert stamps.make(Head.of(record.store), HOOK, record.now)
    assert stamps.make(Head.of(record.store), HOOK, record.now + timedelta(days=1)) is None
    assert stamps.made_since(record.now - timedelta(hours=1))
    assert not stamps.made_since(record.now + timedelta(hours=1))


FAILURES = {
    "is not there": (("/nowhere/ots", "{file}"), "/nowhere/ots cannot be run: No such file or directory"),
    "fails": ((sys.executable, "-c", "import sys; sys.exit('no\\n network')", "{file}"), "ended with 1: no network"),
    "says nothing": ((sys.executable, "-c", "import sys; sys.exit(3)", "{file}"), "ended with 3"),
    "hangs": ((sys.executable, "-c", "import time; time.sleep(60)", "{file}"), "did not end within"),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_hook_that_fails_leaves_nothing_that_looks_stamped(
    record: Line, stamps: Stamps, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    command, reason = FAILURES[what]
    if what == "hangs":
        monkeypatch.setattr(stamping, "PATIENCE", 0.5)
    with pytest.raises(StampError, match=reason):
        stamps.make(Head.of(record.store), command, record.now)
    assert [*stamps.all()] == []
    assert stamps.make(Head.of(record.store), HOOK, record.now + timedelta(hours=1))


def test_a_script_that_hangs_takes_what_it_has_called_with_it(
    record: Line, stamps: Stamps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamping, "PATIENCE", 1.0)
    hook = tmp_path / "stamp.sh"
    hook.write_text(f"sleep 300 & echo $! > {tmp_path}/called; wait\n")
    with pytest.raises(StampError, match="did not end within"):
        stamps.make(Head.of(record.store), ("sh", str(hook), "{file}"), record.now)
    called = int((tmp_path / "called").read_text())
    for _ in range(200):
        if not running(called):
            break
        time.sleep(0.05)  # the kernel ends it when it comes to it
    assert not running(called)


def running(process: int) -> bool:
    """Whether a process does anything any more."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_stamp_in_whose_midst_the_process_ended_is_made_again(record: Line, stamps: Stamps, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from monitor.citing.stamps import Head, Stamps; from monitor.store import Store\n"
        "head = Head.of(Store.open(Path(sys.argv[1])))\n"
        "Stamps(Path(sys.argv[2])).make(head, ['sh', '-c', 'touch ' + sys.argv[3] + '; exec sleep 20', '{file}'], datetime.now(UTC))\n"
    )
    arguments = [str(record.state.database), str(stamps.folder), str(ready)]
    process = subprocess.Popen([sys.executable, "-c", script, *arguments])
    while not ready.exists():
        assert process.poll() is None
    process.kill()
    process.wait()
    assert [*stamps.folder.glob("*Z.json")]
    assert [*stamps.all()] == []
    assert not stamps.made_since(record.now - timedelta(days=1))
    assert stamps.make(Head.of(record.store), HOOK, record.now)
    assert [head for _, head in stamps.all()] == [Head.of(record.store)]


@pytest.fixture
def run(record: Line, tmp_path: Path) -> Callable[..., Result]:
    def command(stamp: list[str], *arguments: str) -> Result:
        config = write_config(tmp_path / "config.yaml", state=str(record.state.path), evidence={"stamp": stamp})
        return CliRunner().invoke(cli, ["--config", str(config), *arguments], prog_name="monitor287g")

    return command


def test_the_command_stamps_once_and_says_so(run: Run, record: Line) -> None:
    assert ": stamped" in run([*HOOK], "evidence", "stamp").stdout
    assert "nothing is new since the last stamp" in run([*HOOK], "evidence", "stamp").stdout
    assert "stamps               1" in run([*HOOK], "evidence", "verify").stdout


def test_the_command_says_what_fails_and_what_is_missing(run: Run) -> None:
    result = run(["/nowhere/ots", "{file}"], "evidence", "stamp")
    assert (result.exit_code, "not stamped: /nowhere/ots cannot be run" in result.stderr) == (1, True)
    result = run([], "evidence", "stamp")
    assert (result.exit_code, "no command is set: evidence.stamp" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [["ots", "stamp"], ["", "{file}"], ["{file}"]])
def test_a_command_that_names_no_file_is_a_mistake_of_the_configuration(run: Run, command: list[str]) -> None:
    result = run(command, "config", "check")
    assert result.exit_code == 2
    assert "evidence.stamp" in result.stderr
    assert "{file}" in result.stderr


@pytest.mark.parametrize(
    ("command", "told"),
    [("ots stamp {file}", "evidence.stamp: expected a list"), (["ots", {"file": None}], "evidence.stamp[1]: expected text")],
)
def test_a_command_that_is_no_list_of_texts_is_said_to_be_none(run: Callable[..., Result], command: Any, told: str) -> None:
    result = run(command, "config", "check")
    assert (result.exit_code, told in result.stderr) == (2, True), result.output


def test_the_daemon_has_the_record_stamped(record: Line, tmp_path: Path) -> None:
    record.store.close()
    config = write_config(
        tmp_path / "config.yaml", page=record.settings.page, state=str(record.state.path), evidence={"stamp": [*HOOK]}
    )
    with daemon(config) as running:
        running.wait_for("record stamped: .*Z.json")
        assert running.stop() == 0
    assert len([*record.state.stamps.glob("*.json.tsr")]) == 1


def test_the_daemon_goes_on_where_the_hook_fails(record: Line, tmp_path: Path) -> None:
    record.store.close()
    stamp = ["/nowhere/ots", "{file}"]
    config = write_config(
        tmp_path / "config.yaml", page=record.settings.page, state=str(record.state.path), evidence={"stamp": stamp}
    )
    with daemon(config) as running:
        running.wait_for("record not stamped, next try in an hour: /nowhere/ots cannot be run")
        assert running.stop() == 0


AUTHORITY = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/cert.pem
certs = {folder}/cert.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
[ext]
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = dn
[dn]
"""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(address, certificate) of a time-stamping authority on this machine."""
    folder = tmp_path / "authority"
    folder.mkdir()
    config, certificate = folder / "tsa.cnf", folder / "cert.pem"
    config.write_text(AUTHORITY.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "key.pem")]
    subject = ["-subj", "/CN=test", "-config", str(config), "-extensions", "ext"]
    openssl("req", "-x509", *key, "-out", str(certificate), *subject)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            answer = folder / "answer"
            openssl(
                "ts",
                "-reply",
                "-config",
                str(config),
                "-section",
                "tsa",
                "-queryfile",
                str(folder / "query"),
                "-out",
                str(answer),
            )
            self.send_response(200 if self.path == "/tsr" else 503)
            self.end_headers()
            self.wfile.write(answer.read_bytes())

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", certificate
        server.shutdown()


def documented(folder: Path, address: str) -> Path:
    """The script of docs/evidence.md, asking another authority."""
    (script,) = re.findall(r"```sh\n(#!/bin/sh\n.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)
    path = folder / "stamp"
    path.write_text(re.sub(r"https://\S+?(?=\")", address, script))
    return path


@pytest.mark.skipif(not (shutil.which("openssl") and shutil.which("curl")), reason="openssl or curl is not installed")
def test_a_time_stamping_authority_vouches_for_a_head(
    record: Line, stamps: Stamps, authority: tuple[str, Path], tmp_path: Path
) -> None:
    """RFC 3161 by the script of the documentation, with an authority of the test's own."""
    address, certificate = authority
    path = stamps.make(Head.of(record.store), ("sh", str(documented(tmp_path, f"{address}/tsr")), "{file}"), record.now)
    assert path is not None
    check = ("ts", "-verify", "-data", str(path), "-in", f"{path}.tsr", "-CAfile", str(certificate))
    assert "Verification: OK" in openssl(*check)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(*check)


@pytest.mark.skipif(not (shutil.which("openssl") and shutil.which("curl")), reason="openssl or curl is not installed")
def test_an_authority_that_does_not_answer_is_said(
    record: Line, stamps: Stamps, authority: tuple[str, Path], tmp_path: Path
) -> None:
    script = documented(tmp_path, f"{authority[0]}/elsewhere")
    with pytest.raises(StampError, match=r"ended with 22: .*503"):
        stamps.make(Head.of(record.store), ("sh", str(script), "{file}"), record.now)
    assert [*stamps.folder.iterdir()] == [], "an hourly try must not fill the folder"


def openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr
