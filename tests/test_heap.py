"""The process's memory, in a process of its own: what is set stays set."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from monitor import heap
from monitor.core.names import tidy

PROGRAM = """
import ctypes, sys, threading
from monitor import heap
{first}
ready = threading.Barrier(5)
def work():
    kept = [bytearray(1_000) for _ in range(1_000)]
    ready.wait()
    ready.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for one in threads: one.start()
ready.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = libc.fdopen(1, b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fflush(ctypes.c_void_p(out))
ready.wait()
heap.give_back()
"""


def heaps(first: str) -> int:
    """How many heaps four busy threads leave."""
    program = PROGRAM.format(first=first)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has several heaps")
def test_threads_share_one_heap() -> None:
    assert heaps("") > 1
    assert heaps("heap.for_years()") == 1


def test_what_functions_remember_of_their_results_is_forgotten() -> None:
    assert tidy(" Smith  County ") == tidy(" Smith  County ")
    assert tidy.cache_info().currsize > 0
    heap.give_back()
    assert tidy.cache_info().currsize == 0
