"""Signals, as the numbers that came since they were last asked for."""

from __future__ import annotations

import select
import signal
import socket


class Signals:
    """Catches some signals. Whichever thread the system gives one to, and whatever the main thread does then, it is heard at once.

    A handler of Python's own runs in the main thread, once that goes on: not before its wait ends where another thread got the signal, and
    perhaps in the midst of taking a lock that the handler wants, too.
    """

    def __init__(self, *numbers: int) -> None:
        self._numbers = numbers
        self._heard, self._told = socket.socketpair()
        self._heard.setblocking(False)
        self._told.setblocking(False)

    def catch(self) -> None:
        """From now on, instead of what they do otherwise. Called in the main thread."""
        signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        for number in self._numbers:
            signal.signal(number, lambda number, frame: None)

    def wait(self, seconds: float) -> bytes:
        """The numbers of those that came, oldest first, as soon as there is one; none after `seconds`."""
        ready, _, _ = select.select([self._heard], [], [], seconds)
        return self._heard.recv(4096) if ready else b""
