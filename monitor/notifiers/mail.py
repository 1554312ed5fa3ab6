"""A message as a mail: its headers, its text, its HTML with the chart. Sends nothing.

The standard library reads encoded words (`=?utf-8?q?…?=`) in a header it is given, and writes what they hold: a line break in one
would begin a header of its own. No header here is given one.
"""

from __future__ import annotations

import hashlib
import logging
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Self
from urllib.parse import quote

from monitor.core.events import moment
from monitor.notifiers.messages import Message
from monitor.notifiers.rendering import Renderer
from monitor.notifiers.wording import plain

log = logging.getLogger(__name__)

# Longer subjects are shown by no program, and cut by some.
LONGEST_SUBJECT = 200
# RFC 5321, 4.5.3.1: 64 octets before the @, 255 after it, 254 in all.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@)(?=.{{3,254}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r'"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]*)>')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mail address, with the name of who it belongs to ("": none)."""

    name: str
    address: str

    @classmethod
    def of(cls, text: object) -> Self:
        """Reads `desk@example.org` or `News Desk <desk@example.org>`. Raises ValueError."""
        named = _NAMED.fullmatch(text.strip()) if isinstance(text, str) and text.isprintable() else None
        name, address = (named["name"].strip(), named["address"]) if named else ("", text)
        if "=?" in name or len(name) > 100:
            raise ValueError("expected a name of at most 100 characters, without =? in it")
        return cls(name, mail_address(address))

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


def mail_address(text: object) -> str:
    """`text` if it is a plain mail address in ASCII. Raises ValueError."""
    if not isinstance(text, str) or "=?" in text or not _ADDRESS.fullmatch(text):
        raise ValueError("expected a mail address such as desk@example.org (a domain with other letters in its xn-- form)")
    return text


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails of a channel have in common; `unsubscribe` is a mailto: or https: address ("": a mail to the sender)."""

    channel: str
    sender: Mailbox
    to: Sequence[str]
    unsubscribe: str = ""

    def mail(self, message: Message, renderer: Renderer) -> EmailMessage:
        """The mail that says `message`: the same headers however often it is asked for."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(self.sender.name, addr_spec=self.sender.address)
        mail["To"] = [Address(addr_spec=address) for address in self.to]
        mail["Subject"] = subject(message.title)
        mail["Date"] = moment(message.at)
        mail["Message-ID"] = self.message_id(message.id)
        if message.thread:
            mail["In-Reply-To"] = mail["References"] = self.message_id(message.thread)
        # All of a channel's mails are one list's, the operator's among them: who unsubscribes is rid of both (RFC 2369, 2919).
        mail["List-Id"] = self.list_id
        sender = f"mailto:{quote(self.sender.address, safe='@')}?subject=unsubscribe"
        mail["List-Unsubscribe"] = f"<{self.unsubscribe or sender}>"
        if self.unsubscribe.startswith("https:"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is told to us

        chart = _chart(message)
        cid = self.message_id(f"chart of {message.id}")
        mail.set_content(renderer.text(message), cte="quoted-printable")
        document = printable(renderer.html(message, f"cid:{cid[1:-1]}" if chart else ""))
        mail.add_alternative(document, subtype="html", cte="quoted-printable")
        if chart:
            *_, html = mail.iter_parts()
            assert isinstance(html, EmailMessage)
            html.add_related(chart, "image", "png", cid=cid, filename="agreements.png", disposition="inline")
            html.set_param("type", "text/html")  # RFC 2387 asks for it
        return mail

    def message_id(self, key: str) -> str:
        """The Message-ID of the message whose id is `key`; ids may hold any character, so that a digest stands for them."""
        digest = hashlib.sha256(f"{self.channel}\n{key}".encode(errors="surrogatepass")).hexdigest()
        return f"<{digest[:32]}@{self.sender.domain}>"

    @property
    def list_id(self) -> str:
        """The channel as a mailing list, for people's filters: `<287g-desk.example.org>`."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.channel.lower()).strip("-")
        return f"<287g-{plain or hashlib.sha256(self.channel.encode()).hexdigest()[:12]}.{self.sender.domain}>"


def page(message: Message, renderer: Renderer) -> str:
    """The mail's HTML with its chart inside, for a browser."""
    chart = _chart(message)
    return printable(renderer.html(message, f"data:image/png;base64,{b64encode(chart).decode()}" if chart else ""))


def subject(title: str) -> str:
    """A title as the text of a header: one line of printable characters, of a sane length, without an encoded word in it."""
    line = plain(title).replace("=?", "= ?")
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def printable(text: str) -> str:
    """`text` with a blank for every control character, direction mark and lone surrogate; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _chart(message: Message) -> bytes | None:
    """The curve of a message as a PNG, None where it has none."""
    if not message.growth:
        return None
    from monitor import charts  # here: the alerts of every day have no chart

    try:
        return charts.png(charts.growth_svg(message.growth))
    except (ImportError, ValueError) as error:
        # The text and the HTML say the figures too: a message must not be lost because its chart cannot be drawn.
        log.error("the chart of message %s cannot be drawn (%s); it is sent without", message.id, error)
        return None


class _Policy(EmailPolicy):
    """Writes ids and web addresses as they are: the library makes encoded words of those longer than a line, which nobody decodes."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name in ("Message-ID", "In-Reply-To", "References", "List-Id", "List-Unsubscribe"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


# RFC 2045, 6.7: no line of quoted-printable has more than 76 characters.
_POLICY = _Policy(linesep="\r\n", max_line_length=76)
