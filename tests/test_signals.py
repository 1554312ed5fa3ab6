"""Signals reach the daemon's loop at once, whichever thread the system gives them to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from monitor.daemon.signals import Signals


@pytest.fixture
def caught() -> Iterator[Signals]:
    """SIGUSR1 and SIGUSR2, caught for one test."""
    numbers = signal.SIGUSR1, signal.SIGUSR2
    before = [signal.getsignal(number) for number in numbers]
    signals = Signals(*numbers)
    signals.catch()
    yield signals
    signal.set_wakeup_fd(-1)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_signal_that_another_thread_got_is_heard_before_the_wait_ends(caught: Signals) -> None:
    def strike() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    other = threading.Timer(0.2, strike)
    other.start()
    assert list(caught.wait(seconds=60)) == [signal.SIGUSR1]
    other.join()


def test_what_came_before_is_heard_in_its_order(caught: Signals) -> None:
    for number in (signal.SIGUSR2, signal.SIGUSR1):
        os.kill(os.getpid(), number)
    heard = list(caught.wait(seconds=60))
    while len(heard) < 2:
        heard += caught.wait(seconds=60)
    assert heard == [signal.SIGUSR2, signal.SIGUSR1]


def test_nothing_is_heard_where_nothing_came(caught: Signals) -> None:
    assert caught.wait(seconds=0.01) == b""
