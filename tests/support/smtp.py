"""Mail servers on loopback: a real one with an inbox, its certificates, and one that says what it is told to and no more."""

from __future__ import annotations

import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HOST = "127.0.0.1"
QUEUED = "250 2.0.0 Ok: queued as 4F6A1C0D2E"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One mail as a server took it: envelope, bytes, and whether it came encrypted and from whom that had logged in."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    user: str

    @property
    def mail(self) -> EmailMessage:
        """The mail as a reader parses it. Raises email.errors.MessageDefect for anything that a strict one would stumble over."""
        parsed = message_from_bytes(self.content, policy=email.policy.strict)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass(slots=True)
class Server:
    """A mail server: where it listens, what it took, and its answers: to recipients by address, and to mails."""

    address: str
    inbox: list[Delivered] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    data: str = QUEUED
    asked: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.asked.append(address)
        answer = self.recipients.get(address, "250 2.1.5 Ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data.startswith("2"):
            encrypted = server.transport.get_extra_info("ssl_object") is not None
            user = session.auth_data.login.decode() if session.auth_data else ""
            self.inbox.append(Delivered(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content, encrypted, user))
        return self.data


class Authority:
    """A certificate authority of one's own; `file` holds its certificate."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def server_context(self, *names: str) -> ssl.SSLContext:
        """What a server needs that shows a certificate for `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context


@contextmanager
def smtp(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    largest: int = 33_554_432,
) -> Iterator[Server]:
    """A real server; `largest` in bytes, `login` is the user and password that it demands."""

    def authenticated(server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword) -> AuthResult:
        wanted = LoginPassword(*(text.encode() for text in login or ("", "")))
        return AuthResult(success=given == wanted, handled=False, auth_data=given)

    server = Server(f"{HOST}:{_free_port()}")
    controller = Controller(
        server,
        hostname=HOST,
        port=int(server.address.rpartition(":")[2]),
        ready_timeout=10,
        ssl_context=tls,
        tls_context=starttls,
        authenticator=authenticated,
        auth_required=login is not None and tls is None,
        auth_require_tls=tls is None,
        data_size_limit=largest,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass(slots=True)
class Script:
    """A server that plays a part: where it listens, and the lines it was sent."""

    address: str
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def scripted(answers: Mapping[str, Sequence[str]], *, then_silent: bool = False, thinks: float = 0) -> Iterator[Script]:
    """A server that gives these answers by command ("": to the connection; ".": to the mail), each the next time it is asked.

    Where none is left it closes the connection, or says nothing more. It `thinks` about a mail for so many seconds. `{line}` in an
    answer is what it was sent; an answer that ends in `…` has no end: its last character comes again and again.
    """
    over = threading.Event()
    script = Script("")

    def play(connection: socket.socket) -> None:
        left = {command: [*texts] for command, texts in answers.items()}
        lines = connection.makefile("rb")
        command, line, in_mail = "", b"", False
        while left.get(command):
            answer = left[command].pop(0).format(line=line.decode().strip())
            connection.sendall(answer.rstrip("…").encode() + (b"" if answer.endswith("…") else b"\r\n"))
            while answer.endswith("…") and not over.wait(0.01):
                connection.sendall(answer[-2].encode())
            in_mail = command == "DATA"
            while (line := lines.readline()) and in_mail and line != b".\r\n":
                pass
            if not line:
                return
            script.heard.append(line)
            command = "." if in_mail else line.split()[0].decode().upper()
            over.wait(thinks if in_mail else 0)
        if then_silent:
            over.wait(30)

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    play(connection)

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0)))
        script.address = f"{HOST}:{listener.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            over.set()
            # A thread that waits in accept() does not notice that its socket is closed.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _free_port() -> int:
    # aiosmtpd connects to the port it was given, so it cannot be asked for any free one.
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
        return port
