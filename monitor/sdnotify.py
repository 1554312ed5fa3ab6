"""Tells systemd how the service is (sd_notify(3)): a datagram to the socket it names; nothing where there is none."""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> None:
    """Sends `READY=1`, `STATUS=…`, `WATCHDOG=1` and the like. Never fails: the service matters more than its status line."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.connect(address)
            connection.sendall("\n".join(lines).encode())
    except OSError:
        return
