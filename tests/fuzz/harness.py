"""One target under libFuzzer, which learns from what the code does: `python -m tests.fuzz.harness TARGET [options of libFuzzer]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["monitor"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    run = TARGETS[sys.argv.pop(1)].run
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()
