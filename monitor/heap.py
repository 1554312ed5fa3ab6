"""How the process keeps its memory: what the daemon asks of the C library so that it stays as small as it was."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from functools import _lru_cache_wrapper

# mallopt(3)
_ARENA_MAX = -8


def share() -> None:
    """Lets all threads use one heap, for the process's life; call it before the first thread starts.

    glibc gives each thread a heap of its own, and pages built now by this thread and now by that one leave holes in all of them: 16 MB in
    7,000 polls. Where the C library knows no such thing, nothing is done.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Forgets what the program's functions remember of their results, and gives memory that nobody uses back to the system.

    They remember for the many comparisons of a history; a daemon makes two a day. Takes some tens of milliseconds.
    """
    for one in gc.get_objects():
        if isinstance(one, _lru_cache_wrapper) and one.__module__.startswith("monitor.core."):
            one.cache_clear()
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
