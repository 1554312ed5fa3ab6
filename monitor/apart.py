"""Work in a process of its own: what it takes in memory goes with it, and what ends it does not end the daemon.

As a program it takes one call from standard input and writes its result. It ends when its parent does: standard input ends then, too.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, TypeVar

_Result = TypeVar("_Result")


class ApartError(Exception):
    """The call raised, or its process ended without a result; the message says which."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may take: seconds of processor time (and twice as many of all time), bytes of memory."""

    seconds: int
    memory: int


def call(function: Callable[..., _Result], *arguments: object, limits: Limits | None = None) -> _Result:
    """`function(*arguments)`, called in a new process; all of it and the result are pickled. Raises ApartError, OSError."""
    # As isolated as this process is: a folder that a command is called in holds no part of the program.
    program = [sys.executable, "-I" if sys.flags.isolated else "-P", "-m", "monitor.apart"]
    # A file takes whatever is said there; a pipe that nobody reads yet would hold the process up.
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdin and process.stdout
        # What waits takes no processor time.
        last = threading.Timer(2 * limits.seconds, process.kill) if limits else None
        if last:
            last.start()
        # It may end before it has read all; how, is told below.
        with suppress(BrokenPipeError):
            _send(process.stdin, pickle.dumps((function, arguments, limits)))
        answer = process.stdout.read()
        process.wait()
        if last:
            last.cancel()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip().splitlines()
    try:
        done, value = pickle.loads(answer)
    except (EOFError, pickle.UnpicklingError, ValueError, TypeError):
        reason = said[-1][:200] if said else "no reason was given"
        raise ApartError(f"the process ended without a result (exit code {process.returncode}): {reason}") from None
    if not done:
        raise ApartError(str(value))
    result: _Result = value
    return result


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(struct.pack("!Q", len(data)) + data)
    stream.flush()


def _main() -> None:
    source, target = sys.stdin.buffer, sys.stdout.buffer
    (length,) = struct.unpack("!Q", source.read(8))
    function, arguments, limits = pickle.loads(source.read(length))
    threading.Thread(target=lambda: source.read(1) or os._exit(1), daemon=True).start()
    # It ends soon, and what it makes is hardly ever a cycle: looking for some takes a tenth of its time.
    gc.disable()
    # What a library prints must not mix with the result.
    sys.stdout = sys.stderr
    if limits:
        resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    try:
        answer: tuple[bool, Any] = (True, function(*arguments))
    except Exception as error:
        answer = (False, f"{type(error).__name__}: {error}")
    target.write(pickle.dumps(answer))
    target.flush()
    # Nothing is left to be done, and freeing what was built takes its time.
    os._exit(0)


if __name__ == "__main__":
    _main()
