"""How the process keeps its memory: in haste where it ends soon, with care where it stays for years."""

from __future__ import annotations

import atexit
import gc
from contextlib import suppress
from functools import _lru_cache_wrapper

# mallopt(3)
_ARENA_MAX = -8


def for_a_moment() -> None:
    """For a process that ends soon: it seldom looks for unreachable cycles, and not at its end.

    It makes many objects and hardly a cycle, and would look for them a fifth of its time.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def for_long() -> None:
    """For a process that works for long: it looks for unreachable cycles as ever. A page that was read is one, of megabytes."""
    gc.set_threshold(700, 10, 10)


def for_years() -> None:
    """For a process that stays: it looks for unreachable cycles as ever, and all its threads use one heap. Before the first thread starts.

    glibc gives each thread a heap of its own, and pages built now by this thread and now by that one leave holes in all of them: 16 MB in
    7,000 polls. Where the C library knows no such thing, nothing is done.
    """
    import ctypes

    for_long()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Forgets what the program's functions remember of their results, and gives memory that nobody uses back to the system.

    They remember for the many comparisons of a history; a daemon makes two a day. Takes some tens of milliseconds.
    """
    import ctypes

    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper) and one.__module__.startswith("monitor.core."):
            one.cache_clear()
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
