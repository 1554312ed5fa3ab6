"""E-mail by SMTP: one mail with text and HTML to all of a channel's recipients, over TLS with the server's certificate checked.

What a server's refusal means for the next attempt:

- The message itself is refused (554, or 552 where it is not the mailbox that is full, to the message or its size): it will never
  be taken, so the error is final.
- The login, the sender or every recipient is refused, for good or for now: none of it is the message's fault and an operator can
  mend it, so the message stays due until the outbox gives it up.
- Some recipients are refused for good: the others get the mail, and the receipt names those that did not.
- Some recipients are to be tried later: the error's receipt names those that have the mail (`accepted`), so that the next attempt
  goes to the others only.
"""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from re import ASCII, fullmatch
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from monitor.config import Channel, Key, Section
from monitor.notifiers import BadChannel, DeliveryError, Receipt, Sending, options, without_secrets
from monitor.notifiers.http import is_local
from monitor.notifiers.mail import Letterhead, Mailbox, mail_address, page, subject
from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import Renderer

# Seconds for one step of the exchange, and for all of it. The answer to the message itself may take what is left of WHOLE: servers
# look for viruses before they give it, and an answer that is not waited for is a mail sent twice.
STEP, WHOLE = 30.0, 120.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server's host and port (None: the usual one)."""

    host: str
    port: int | None

    @classmethod
    def of(cls, text: object) -> Self:
        """Reads `smtp.example.org`, `smtp.example.org:587` or `[::1]:25`. Raises ValueError."""
        match = fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::([0-9]{1,5}))?", text, ASCII) if isinstance(text, str) else None
        port = int(match[3]) if match and match[3] else None
        if not match or (port is not None and not 0 < port < 65_536):
            raise ValueError("expected a mail server such as smtp.example.org or smtp.example.org:587")
        return cls(match[1] or match[2], port)


class Options(Section):
    """The keys of an e-mail channel. Everyone of `to` sees the others; `ca_file` replaces the machine's certificate authorities."""

    server: Annotated[Server, BeforeValidator(Server.of)]
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: Annotated[Mailbox, BeforeValidator(Mailbox.of)] = Field(alias="from")
    to: tuple[Annotated[str, BeforeValidator(mail_address)], ...]
    unsubscribe: str = ""
    ca_file: Path | None = None

    @field_validator("user", "password")
    @classmethod
    def _login(cls, value: str | SecretStr) -> str | SecretStr:
        # smtplib encodes both as ASCII.
        if not fullmatch(r"[ -~]*", value if isinstance(value, str) else value.get_secret_value()):
            raise ValueError("expected one line of letters, digits and signs of ASCII")
        return value

    @field_validator("to", mode="before")
    @classmethod
    def _to(cls, value: object) -> object:
        if not value:
            raise ValueError("expected a mail address or a list of them")
        return [value] if isinstance(value, str) else value

    @field_validator("to")
    @classmethod
    def _to_each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @field_validator("unsubscribe")
    @classmethod
    def _unsubscribe(cls, value: str) -> str:
        if value and ("=?" in value or not fullmatch(r"(?:mailto:[!-;=?-~]+@|https://)[!-;=?-~]+", value)):
            raise ValueError("expected mailto:desk@example.org?subject=unsubscribe or an address that begins with https://")
        return value

    @field_validator("ca_file")
    @classmethod
    def _ca_file(cls, value: Path | None) -> Path | None:
        # The daemon and the commands are started in different folders.
        if value and not value.is_absolute():
            raise ValueError("expected the whole path of a file, from / on")
        return value


class EmailChannel:
    """One mail server, and those who get mail through it. Raises BadChannel."""

    pause = 1.0

    def __init__(self, channel: Channel) -> None:
        self._options = given = options(Options, channel)
        self._port = given.server.port or _PORTS[given.security]
        self._name = f"{given.server.host}:{self._port}"
        self._letterhead = Letterhead(channel.name, given.sender, given.to, given.unsubscribe)
        self._renderer = Renderer(channel.templates)
        self._password = given.password.get_secret_value()
        mistakes: list[tuple[Key, str]] = []
        if given.security == "none" and not is_local(given.server.host):
            mistakes.append((("security",), "only a server on this very machine is sent mail unencrypted; use starttls or tls"))
        if bool(given.user) != bool(self._password):
            missing = "password" if given.user else "user"
            mistakes.append(((missing,), "user and password come together; give both or neither"))
        try:
            self._tls = ssl.create_default_context(cafile=given.ca_file)
        except OSError as error:
            reason = "it holds no certificates in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            mistakes.append((("ca_file",), f"{given.ca_file} cannot be used: {reason}"))
        if mistakes:
            raise BadChannel(*mistakes)
        # A server may repeat a login in the form it was sent in. The sender's address is no secret: every mail shows it.
        login = [text for text in (f"\0{given.user}\0{self._password}", self._password) if self._password]
        encoded = [b64encode(text.encode()).decode() for text in login]
        self._secrets = (self._password, *encoded, "" if given.user == given.sender.address else given.user)

    def send(self, message: Message, sending: Sending) -> Receipt:
        """Sends the mail to those who do not have it yet; what becomes of refusals is told above. Raises DeliveryError."""
        taken = [*sending.receipt.get("accepted", ())]
        missing = [address for address in self._options.to if address not in taken]
        if not missing:
            return Receipt("every recipient has it already")
        mail = self._letterhead.mail(message, self._renderer).as_bytes()
        try:
            with self._session() as session:
                said, refusals = _hand_over(session, self._options.sender.address, missing, mail)
        except (OSError, ValueError) as error:
            raise DeliveryError(self._reason(error), final=_is_final(error)) from None

        taken += [address for address in missing if address not in refusals]
        refused = "; ".join(f"{address}: {self._said(*answer)}" for address, answer in refusals.items())
        if not taken:
            raise DeliveryError(f"{self._name} takes mail for no recipient: {refused}")
        if any(code // 100 != 5 for code, _ in refusals.values()):
            raise DeliveryError(f"{self._name} takes it later for some: {refused}", receipt={"accepted": taken})
        told = [self._said(*said)] if said else []
        return Receipt("; ".join([*told, f"not sent to {refused}"] if refused else told))

    def forms(self, message: Message, sending: Sending) -> Mapping[str, bytes]:
        """The mail as it would be sent, its HTML for a browser, and its text."""
        return {
            "eml": self._letterhead.mail(message, self._renderer).as_bytes(),
            "html": page(message, self._renderer).encode(),
            "txt": f"{subject(message.title)}\n\n{self._renderer.text(message)}".encode(),
        }

    def reach(self) -> str:
        """Connects, encrypts and logs in."""
        try:
            with self._session() as session:
                code, said = session.noop()
        except (OSError, ValueError) as error:
            raise DeliveryError(self._reason(error)) from None
        if code // 100 != 2:
            raise DeliveryError(f"the server {self._name} answered {self._said(code, said)}")
        return f"{self._name} answers" + (" and takes the login" if self._password else "")

    @contextmanager
    def _session(self) -> Iterator[_Session]:
        """A session with the server, encrypted and logged in. Raises OSError (all of smtplib's and ssl's are), ValueError."""
        host, security = self._options.server.host, self._options.security
        session = _TlsSession(host, self._port, context=self._tls) if security == "tls" else _Session(host, self._port)
        try:
            session.ehlo_or_helo_if_needed()
            if security == "starttls":
                if not session.has_extn("starttls"):
                    raise smtplib.SMTPNotSupportedError("it offers no STARTTLS, and mail is not sent unencrypted")
                session.starttls(context=self._tls)
            if self._password:
                session.login(self._options.user, self._password)
            yield session
        finally:
            # Whatever it answers to the good-bye, what became of the mail is known.
            with suppress(OSError, ValueError):
                session.quit()
            session.close()

    def _reason(self, error: Exception) -> str:
        """What smtplib, ssl or the network raised, in one line without secrets."""
        server = f"the server {self._name}"
        match error:
            case ssl.SSLCertVerificationError():
                return f"{server} shows a certificate that is not valid: {error.verify_message}"
            case ssl.SSLError():
                return f"{server} cannot be spoken to by TLS ({error.reason}); do port and `security` go together?"
            case smtplib.SMTPAuthenticationError():
                return f"{server} does not take user and password: {self._said(error.smtp_code, error.smtp_error)}"
            case smtplib.SMTPResponseException(smtp_code=-1):
                return f"{server} does not answer as mail servers do"
            case smtplib.SMTPResponseException():
                return f"{server} answered {self._said(error.smtp_code, error.smtp_error)}"
            case smtplib.SMTPServerDisconnected():
                # smtplib makes one error of both; what happened is the one it stumbled over.
                late = isinstance(error.__context__, TimeoutError)
                return f"{server} did not answer in time" if late else f"{server} closed the connection"
            case smtplib.SMTPException():
                return f"{server} cannot be used: {without_secrets(str(error), *self._secrets)}"
            case TimeoutError():
                return f"{server} cannot be reached (timed out)"
            case OSError():
                return f"{server} cannot be reached ({error.strerror or type(error).__name__})"
            case _:
                return f"{server} cannot be spoken to ({type(error).__name__})"

    def _said(self, code: int, text: bytes | str) -> str:
        """An answer of the server in one line without secrets."""
        words = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return f"{code} {without_secrets(words, *self._secrets)[:200]}"


_Answer = tuple[int, bytes]


def _hand_over(
    session: _Session, sender: str, recipients: Sequence[str], mail: bytes
) -> tuple[_Answer | None, dict[str, _Answer]]:
    """Sends the mail to those whom the server takes it for: its answer to the mail (None: there was nobody) and to the others.

    Raises OSError: SMTPSenderRefused and SMTPDataError among them.
    """
    code, said = session.mail(sender, [f"SIZE={len(mail)}"] if session.has_extn("size") else [])
    if code // 100 != 2:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    answers = {address: session.rcpt(address) for address in recipients}
    refusals = {address: answer for address, answer in answers.items() if answer[0] // 100 != 2}
    if len(refusals) == len(answers):
        return None, refusals
    session.step = WHOLE
    code, said = session.data(mail)
    if code // 100 != 2:
        raise smtplib.SMTPDataError(code, said)
    return (code, said), refusals


def _is_final(error: Exception) -> bool:
    """Whether a server refused the message itself."""
    match error:
        case smtplib.SMTPDataError(smtp_code=554):
            return True
        case smtplib.SMTPDataError(smtp_code=552) | smtplib.SMTPSenderRefused(smtp_code=552):
            # It is said of full mailboxes, too: RFC 3463 tells the two apart.
            return "5.2.2" not in str(error.smtp_error)
        case _:
            return False


class _Session(smtplib.SMTP):
    """smtplib's session within STEP and WHOLE; `step` is the time for the next answer."""

    def __init__(self, host: str, port: int, **tls: Any) -> None:
        self.step, self.until = STEP, time.monotonic() + WHOLE
        super().__init__(host, port, timeout=STEP, **tls)

    def getreply(self) -> _Answer:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Answers(self, self.sock))
        return super().getreply()


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _Answers(io.RawIOBase):
    """What a server answers. A socket's own time limit begins anew with each byte that drips in; this one does not."""

    def __init__(self, session: _Session, sock: socket.socket) -> None:
        self._session, self._sock = session, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._session.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(min(self._session.step, left))
        return self._sock.recv_into(buffer)
