"""What mail servers are handed and mail readers show: through a real server, on loopback, with real certificates."""

from __future__ import annotations

import email.policy
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import Channel
from monitor.notifiers import BadChannel, DeliveryError, Sending
from monitor.notifiers import email as channel_module
from monitor.notifiers.email import EmailChannel
from monitor.notifiers.mail import mail_address
from monitor.notifiers.messages import Line, Message, Section, Source
from monitor.notifiers.samples import samples
from tests.support.smtp import QUEUED, Authority, scripted, smtp

PASSWORD = "correct-horse-battery"
LOGIN = ("robot-7f3a", PASSWORD)
ICE = "https://www.ice.gov/doclib/287gMOA"
URL = "https://monitor.example.org/#publication-7"
SOURCES = tuple(
    Source(f"{name}Agencies05302025am.xlsx", digit * 64, "May 30, 2025, 14:05 UTC", f"{URL[:-1]}{number}")
    for name, digit, number in (("participating", "a", 7), ("pending", "b", 8))
)
MESSAGE = Message(
    id="alert-7-0a1b2c",
    severity="news",
    title="1 new 287(g) agreement, 1 renewed, 1 ended",
    summary="1 new 287(g) agreement, 1 renewed, 1 ended: now 1,000 agreements in 40 states, a new high.",
    at="2025-05-30T14:05:59Z",
    sections=(
        Section("Florida", (Line("Ended", "Bay County Sheriff’s Office: Task Force Model", None, "stood for 196 days"),)),
        Section(
            "Ohio",
            (
                Line("New", "Butler & Sons <County> Sheriff: Task Force Model, signed May 20, 2025", f"{ICE}/butler.pdf"),
                Line("Renewed", "Ross County Sheriff: Warrant Service Officer", f"{ICE}/r.pdf?a=1&b=2", "signed June 1, 2020"),
            ),
        ),
    ),
    notes=("The 1,000th agreement on the list", "First agreement of a “university” in Ohio"),
    sources=SOURCES,
    events=(1, 2, 3),
    url=URL,
    page="https://www.ice.gov/identify-and-arrest/287g",
)
DIGEST = replace(MESSAGE, id="weekly-3", growth=(("2025-05-23", 990), ("2025-05-27", 995), ("2025-05-30", 1_000)))
DESK, EDITOR, TIPS = "desk@example.org", "editor@example.org", "tips@example.org"
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "Auto-Submitted"),
    *("MIME-Version", "Content-Type"),
}
SENDING = Sending(datetime(2025, 5, 30, 14, 6, tzinfo=UTC))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def channel(server: Any = "smtp.example.org", **options: Any) -> EmailChannel:
    """A channel to `server`, unencrypted where that is this machine; `sender` is the key `from`."""
    security = {"security": "none"} if str(server).startswith("127.") else {}
    settings = {"server": server, "from": options.pop("sender", "monitor@example.org"), "to": DESK, **security, **options}
    return EmailChannel(Channel.model_validate({"type": "email", "name": "desk", **settings}))


def send(one: EmailChannel, message: Message = MESSAGE, accepted: tuple[str, ...] = ()) -> str:
    """What the receipt says of a sending after which `accepted` had the mail already."""
    return one.send(message, replace(SENDING, receipt={"accepted": [*accepted]} if accepted else {})).said


def failure(one: EmailChannel, message: Message = MESSAGE, accepted: tuple[str, ...] = ()) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        send(one, message, accepted)
    return raised.value


def parsed(message: Message, **options: Any) -> EmailMessage:
    """A message as a strict reader parses the mail that says it."""
    mail = message_from_bytes(channel(**options).forms(message, SENDING)["eml"], policy=email.policy.strict)
    assert isinstance(mail, EmailMessage)
    return mail


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None, f"the mail has no {kind} part"
    return str(part.get_content())


class Document(HTMLParser):
    """An HTML document as a reader takes it: its words, its elements with their attributes, the addresses it links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._words: list[str] = []
        self._silent = False
        self.feed(text)
        self.close()
        self.words = shown("".join(self._words))
        self.links = [attributes["href"] for name, attributes in self.elements if "href" in attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._silent = tag in ("style", "title", "script")
        # An inline element does not part words.
        self._words.append("" if tag in ("b", "span", "a") else " ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)


def shown(text: str) -> str:
    """A text as it may be shown: in one line, without control characters, direction marks and halves of characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def html_of(message: Message) -> Document:
    return Document(content(parsed(message), "html"))


# What arrives


def test_a_mail_arrives_over_starttls_after_login_with_the_server_s_answer_kept(authority: Authority) -> None:
    with smtp(starttls=authority.server_context("127.0.0.1"), login=LOGIN) as server:
        one = channel(server.address, security="starttls", user=LOGIN[0], password=PASSWORD, ca_file=str(authority.file))
        assert send(one) == QUEUED
    (delivered,) = server.inbox
    assert (delivered.encrypted, delivered.user) == (True, LOGIN[0])
    assert (delivered.sender, delivered.recipients) == ("monitor@example.org", (DESK,))
    assert delivered.mail["Subject"] == MESSAGE.title


def test_a_mail_arrives_over_tls_from_the_first_byte_on(authority: Authority) -> None:
    with smtp(tls=authority.server_context("127.0.0.1"), login=LOGIN) as server:
        one = channel(server.address, security="tls", user=LOGIN[0], password=PASSWORD, ca_file=str(authority.file))
        assert send(one) == QUEUED
    assert [(mail.encrypted, mail.user) for mail in server.inbox] == [(True, LOGIN[0])]


def test_a_server_on_this_machine_gets_mail_without_tls_and_login() -> None:
    with smtp() as server:
        assert send(channel(server.address)) == QUEUED
    assert [mail.encrypted for mail in server.inbox] == [False]


def test_a_reader_finds_who_wrote_when_and_how_to_be_left_alone() -> None:
    mail = parsed(MESSAGE, sender="287(g) Monitor <monitor@example.org>", to=[DESK, EDITOR])
    assert {*mail.keys()} == HEADERS
    assert str(mail["From"].addresses[0]) == '"287(g) Monitor" <monitor@example.org>'
    assert mail["To"] == f"{DESK}, {EDITOR}"
    assert mail["Date"].datetime == datetime(2025, 5, 30, 14, 5, 59, tzinfo=UTC)
    assert mail["List-Id"] == "<287g-desk.example.org>"
    assert mail["List-Unsubscribe"] == "<mailto:monitor@example.org?subject=unsubscribe>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_one_click_unsubscribes_where_a_web_address_takes_it() -> None:
    # Longer than a line, and nothing in it is to be encoded: no mail program would decode it.
    leave = "https://monitor.example.org/leave?" + "token=0123456789&" * 20 + "x"
    mail = parsed(MESSAGE, unsubscribe=leave)
    assert mail["List-Unsubscribe"] == f"<{leave}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed(MESSAGE, unsubscribe="mailto:leave@example.org")["List-Unsubscribe-Post"] is None
    assert f"List-Unsubscribe: <{leave}>\r\n".encode() in channel(unsubscribe=leave).forms(MESSAGE, SENDING)["eml"]


def test_a_channel_with_a_name_in_other_letters_is_a_list_of_its_own() -> None:
    ids = []
    for name in ("newsroom", "Редакция", "новости", "News Room.2"):
        settings = {"type": "email", "name": name, "server": "smtp.example.org", "from": "a@example.org", "to": DESK}
        eml = EmailChannel(Channel.model_validate(settings)).forms(MESSAGE, SENDING)["eml"]
        ids.append(message_from_bytes(eml, policy=email.policy.strict)["List-Id"])
    assert len({*ids}) == 4
    assert all(re.fullmatch(r"<287g-[a-z0-9-]+\.example\.org>", one) for one in ids)


def test_a_mail_sent_twice_is_one_to_who_looks_at_its_id() -> None:
    with smtp() as server:
        for _ in range(2):
            send(channel(server.address))
        send(channel(server.address), replace(MESSAGE, id="another"))
    first, again, other = (delivered.mail["Message-ID"] for delivered in server.inbox)
    assert first == again != other
    assert re.fullmatch(r"<[0-9a-f]+@example\.org>", first)


def test_each_channel_s_mail_has_an_id_of_its_own() -> None:
    settings = {"type": "email", "server": "smtp.example.org", "from": "monitor@example.org", "to": DESK}
    mails = [
        EmailChannel(Channel.model_validate({**settings, "name": name})).forms(MESSAGE, SENDING)["eml"] for name in ("a", "b")
    ]
    assert len({message_from_bytes(mail)["Message-ID"] for mail in mails}) == 2


@pytest.mark.parametrize("key", ["alert-7", "a b\r\nBcc: x@example.org", "<>@", "ключ", "\ud800\x00", "k" * 2_000])
def test_a_correction_stands_below_what_it_corrects(key: str) -> None:
    domain = ".".join(["mail"] * 20) + ".example.org"
    first = parsed(replace(MESSAGE, id=key), sender=f"monitor@{domain}")
    correction = parsed(replace(MESSAGE, id="correction-8", thread=key), sender=f"monitor@{domain}")
    assert first["Message-ID"] == correction["In-Reply-To"] == correction["References"]
    assert first["Message-ID"].endswith(f"@{domain}>")
    assert {*correction.keys()} == HEADERS | {"In-Reply-To", "References"}
    assert first["In-Reply-To"] is first["References"] is None


# What readers show


@pytest.mark.parametrize("message", [MESSAGE, DIGEST, *samples()], ids=lambda message: str(message.id))
def test_the_html_says_what_the_text_says(message: Message) -> None:
    mail = parsed(message)
    text, html = shown(content(mail, "plain")), Document(content(mail, "html"))
    assert mail["Subject"] == message.title
    assert message.title in html.words
    lines = [line for section in message.sections for line in section.lines]
    said = [message.summary, *message.notes, *(section.title for section in message.sections)]
    said += [part for line in lines for part in (line.mark, line.text, f"({line.note})" if line.note else "")]
    said += [part for source in message.sources for part in (source.name, source.seen, source.sha256)]
    linked = [line.url for line in lines if line.url] + [source.url for source in message.sources]
    linked += [url for url in (message.url, message.page) if url]
    assert [part for part in said if part not in text] == []
    assert [part for part in said if part not in html.words] == []
    assert [url for url in linked if url not in text] == []
    assert [url for url in linked if url not in html.links] == []
    words = re.sub(r"https?://\S+|Agreements: .*?\d on \S+, \d+ on \S+", "", text).split()
    assert [word for word in words if word.strip(":-*,") not in html.words] == [], "the text says more than the HTML"


def test_a_digest_shows_its_curve_and_says_it_in_words() -> None:
    mail = parsed(DIGEST)
    (image,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    html = Document(content(mail, "html"))
    (shown_image,) = (attributes for tag, attributes in html.elements if tag == "img")
    assert shown_image["src"] == f"cid:{image['Content-ID'].strip('<>')}"
    assert shown_image["alt"] == "Agreements: 990 on 2025-05-23, 1000 on 2025-05-30"
    assert shown_image["alt"] in content(mail, "plain")
    assert image.get_content().startswith(b"\x89PNG\r\n")
    assert image["Content-Disposition"].content_disposition == "inline"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]


def test_a_preview_shows_the_curve_in_a_browser() -> None:
    forms = channel().forms(DIGEST, SENDING)
    (image,) = (attributes for tag, attributes in Document(forms["html"].decode()).elements if tag == "img")
    assert image["src"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert forms["txt"].decode().startswith(f"{DIGEST.title}\n\n{DIGEST.summary}\n")


def test_a_curve_that_cannot_be_drawn_holds_back_no_mail(caplog: pytest.LogCaptureFixture) -> None:
    mail = parsed(replace(DIGEST, growth=DIGEST.growth[::-1]))
    assert "img" not in [tag for tag, _ in Document(content(mail, "html")).elements]
    assert "Agreements: 1000 on 2025-05-30" in content(mail, "plain")
    assert "weekly-3 cannot be drawn" in caplog.text


def test_a_mail_fetches_nothing_and_follows_nobody() -> None:
    html = html_of(DIGEST)
    fetched = [attributes["src"] for _, attributes in html.elements if "src" in attributes]
    assert [url for url in fetched if not url.startswith("cid:")] == []
    assert not {tag for tag, _ in html.elements} & {"script", "link", "iframe", "form", "object", "video", "base"}
    assert "url(" not in content(parsed(DIGEST), "html")
    assert "@import" not in content(parsed(DIGEST), "html")


def test_a_screen_reader_is_not_told_of_tables_and_the_title_is_the_heading() -> None:
    html = html_of(MESSAGE)
    assert {attributes.get("role") for tag, attributes in html.elements if tag == "table"} == {"presentation"}
    headings = [tag for tag, _ in html.elements if tag in ("h1", "h2")]
    assert headings == ["h1", "h2", "h2"]


def test_the_list_of_mails_shows_the_summary_beside_the_title() -> None:
    # Mail programs show the first words of a mail there.
    assert html_of(MESSAGE).words.startswith(MESSAGE.summary)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The WCAG's contrast ratio of two colours."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def colours_of(declarations: str) -> dict[str, str]:
    return dict(re.findall(r"(?:^|[;{\s])(background|color):\s*(#[0-9a-f]{6})", declarations))


def test_all_text_can_be_read_on_light_and_on_dark_screens() -> None:
    source = content(parsed(MESSAGE), "html")
    rules = re.findall(r"\.(\w+) \{([^}]*)\}", source[source.index("prefers-color-scheme: dark") :])
    dark = {name: colours_of(rule) for name, rule in rules}
    coloured = [attributes for _, attributes in Document(source).elements if "color" in colours_of(attributes.get("style", ""))]
    (card,) = (colours_of(attributes["style"])["background"] for attributes in coloured if attributes["class"] == "card")
    for attributes in coloured:
        colours = colours_of(attributes["style"])
        assert contrast(colours["color"], colours.get("background", card)) >= 4.5, f"on light screens: {attributes}"
        (turned,) = (dark[name] for name in attributes["class"].split() if dark.get(name))
        assert contrast(turned["color"], turned.get("background", dark["card"]["background"])) >= 4.5, (
            f"on dark ones: {attributes}"
        )
        assert colours.keys() == turned.keys(), "a dark screen turns the text and not what is behind it"
    assert len(coloured) > 12


# What may stand in a cell

HOSTILE = {
    "a line break": "Subject\r\nBcc: everyone@example.org\r\n\r\nYou won",
    "an encoded line break": "=?utf-8?q?a=0D=0ABcc=3A_everyone=40example.org?= =?utf-8?b?Ynll?= ü",
    "markup": "</td></table><script>alert(1)</script><img src=https://evil.example/x>{{ 7*7 }}",
    "an attribute": '"\' onmouseover=alert(1) x="',
    "10,000 characters": "N" * 10_000,
    "10,000 words": "Nine " * 10_000,
    "emoji": "👮‍♀️🚔" * 300,
    "right to left": "\u202emoc.live\u202c \u200fשריף\u2066",
    "half a character": "a\ud800b\udfff",
    "NUL": "a\x00b\x1b[31m\x7f\x85",
    "other line ends": "a\x0bb\x0cc\u2028d\u2029e",
    "a dot alone": "\n.\nQUIT\n..",
    "a boundary": "--===============0==--\n\n--",
    "nothing": "",
}


def made_of(text: str) -> Message:
    """A message that holds `text` wherever a message can."""
    lines = (Line(text, text, text, text), Line("New", f"{text}: x", f"https://www.ice.gov/{text}"))
    return Message(
        *(text, "news", text, text, "2025-05-30T14:05:59Z"),
        sections=(Section(text, lines),),
        notes=(text,),
        sources=(Source(text, text, text, text),),
        url=text,
        page=text,
        thread=text,
        growth=((text, 1),),
    )


def assert_sound(eml: bytes) -> EmailMessage:
    """Fails where a server or a reader would stumble over a mail; the mail."""
    assert b"\n" not in eml.replace(b"\r\n", b""), "a lone LF"
    assert b"\r" not in eml.replace(b"\r\n", b""), "a lone CR"
    assert eml.isascii()
    assert max(map(len, eml.split(b"\r\n"))) <= 998
    mail = message_from_bytes(eml, policy=email.policy.strict)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert part.defects == []
        assert [header for header in part.values() if header.defects] == []
    return mail


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_stands_in_a_cell_is_read_and_never_obeyed(text: str) -> None:
    with smtp() as server:
        assert send(channel(server.address), made_of(text)) == QUEUED
    mail = assert_sound(server.inbox[0].content)
    assert {*mail.keys()} <= HEADERS | {"In-Reply-To", "References"}
    assert "\n" not in mail["Subject"]
    assert len(mail["Subject"]) <= 200
    assert mail["To"] == DESK
    html = Document(content(mail, "html"))
    assert {tag for tag, _ in html.elements}.isdisjoint(("script", "img"))
    assert not any(name.startswith("on") for _, attributes in html.elements for name in attributes)
    assert [url for url in html.links if not url.startswith(("https://", "http://"))] == []
    assert html.words.count(shown(text)) >= 7
    assert shown(text) in shown(content(mail, "plain"))


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_whatever_a_cell_holds_the_mail_is_one_that_strict_readers_take(text: str) -> None:
    mail = assert_sound(channel().forms(made_of(text), SENDING)["eml"])
    assert shown(text) in Document(content(mail, "html")).words


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://ice.gov/x", "//evil.example", " https://x.example"]
)
def test_only_web_addresses_are_links_and_others_are_shown(url: str) -> None:
    line = Line("New", "Smith", url)
    html = html_of(replace(MESSAGE, sections=(Section("Ohio", (line,)),), url=url, page=url, sources=()))
    assert html.links == []
    assert html.words.count(shown(url)) == 3


# Refusals


def test_one_address_that_is_wrong_keeps_the_mail_from_nobody_and_is_named() -> None:
    with smtp() as server:
        server.recipients[EDITOR] = "550 5.1.1 No such user"
        said = send(channel(server.address, to=[DESK, EDITOR, TIPS]))
    assert [delivered.recipients for delivered in server.inbox] == [(DESK, TIPS)]
    assert said == f"{QUEUED}; not sent to {EDITOR}: 550 5.1.1 No such user"


def test_who_is_told_to_come_later_is_asked_again_alone() -> None:
    with smtp() as server:
        one = channel(server.address, to=[DESK, EDITOR, TIPS])
        server.recipients = {EDITOR: "450 4.2.0 Greylisted", TIPS: "550 5.1.1 No such user"}
        error = failure(one)
        assert error.receipt == {"accepted": [DESK]}
        assert not error.final
        assert f"{EDITOR}: 450 4.2.0 Greylisted" in str(error)
        assert server.inbox[0].recipients == (DESK,)

        error = failure(one, accepted=(DESK,))
        assert len(server.inbox) == 1, "a mail that has nobody to go to was sent"
        assert error.receipt == {"accepted": [DESK]}

        server.recipients[EDITOR] = "250 2.1.5 Ok"
        assert send(one, accepted=(DESK,)) == f"{QUEUED}; not sent to {TIPS}: 550 5.1.1 No such user"
        assert [delivered.recipients for delivered in server.inbox] == [(DESK,), (EDITOR,)]


def test_the_last_one_refused_after_the_others_got_it_ends_the_matter() -> None:
    with smtp() as server:
        server.recipients[EDITOR] = "550 5.1.1 No such user"
        said = send(channel(server.address, to=[DESK, EDITOR]), accepted=(DESK,))
    assert said == f"not sent to {EDITOR}: 550 5.1.1 No such user"
    assert server.inbox == []


def test_nobody_is_sent_a_mail_that_all_have() -> None:
    with smtp() as server:
        assert send(channel(server.address), accepted=(DESK,)) == "every recipient has it already"
    assert server.asked == server.inbox == []


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user", "450 4.2.0 Greylisted"])
def test_a_mail_that_is_refused_for_everyone_waits_until_someone_mends_the_addresses(answer: str) -> None:
    with smtp() as server:
        server.recipients = {DESK: answer, EDITOR: answer}
        error = failure(channel(server.address, to=[DESK, EDITOR]))
    assert (error.final, error.receipt) == (False, None)
    assert str(error) == f"{server.address} takes mail for no recipient: {DESK}: {answer}; {EDITOR}: {answer}"


FINAL = {
    "554 5.7.1 Message rejected as spam": True,
    "552 5.3.4 Message too big for system": True,
    "552 5.2.2 Mailbox full": False,
    "550 5.7.26 This mail is unauthenticated": False,
    "451 4.3.0 Try again later": False,
    "421 4.3.2 Shutting down": False,
}


@pytest.mark.parametrize("answer", FINAL)
def test_only_a_mail_that_is_refused_for_what_it_is_is_given_up(answer: str) -> None:
    with smtp() as server:
        server.data = answer
        error = failure(channel(server.address))
    assert error.final == FINAL[answer]
    assert str(error) == f"the server {server.address} answered {answer}"


def test_a_mail_too_large_for_its_server_is_given_up_before_it_is_sent() -> None:
    with smtp(largest=1_000) as server:
        error = failure(channel(server.address))
    assert error.final
    assert "answered 552 Error: message size exceeds" in str(error)
    assert server.asked == []


def test_a_sender_that_is_refused_is_the_operator_s_to_mend() -> None:
    with scripted({"": ["220 mx"], "EHLO": ["250 mx"], "MAIL": ["554 5.7.1 Sender refused"], "QUIT": ["221 Bye"]}) as script:
        error = failure(channel(script.address))
    assert not error.final
    assert str(error) == f"the server {script.address} answered 554 5.7.1 Sender refused"


# Servers that are not as they should be


def test_a_wrong_password_is_said_without_the_password(authority: Authority) -> None:
    with smtp(starttls=authority.server_context("127.0.0.1"), login=LOGIN) as server:
        one = channel(server.address, security="starttls", user=LOGIN[0], password="wrong-horse", ca_file=str(authority.file))
        error = failure(one)
    assert str(error).startswith(f"the server {server.address} does not take user and password: 535 5.7.8")
    assert not error.final
    assert server.inbox == []


@pytest.mark.parametrize("answer", ["501 Bad: {line}", f"535 No {PASSWORD} of {LOGIN[0]}"])
def test_a_server_that_repeats_the_login_is_not_quoted_on_it(answer: str) -> None:
    with scripted({"": ["220 mx"], "EHLO": ["250-mx\r\n250 AUTH PLAIN"], "AUTH": [answer], "QUIT": ["221"]}) as script:
        error = failure(channel(script.address, user=LOGIN[0], password=PASSWORD))
    (sent,) = (line.split()[-1].decode() for line in script.heard if line.startswith(b"AUTH"))
    assert str(error).startswith(f"the server {script.address} does not take user and password: 5")
    assert [secret for secret in (sent, *LOGIN) if secret in str(error)] == []


def test_a_server_without_login_is_said_to_have_none() -> None:
    with scripted({"": ["220 mx"], "EHLO": ["250 mx"], "QUIT": ["221 Bye"]}) as script:
        error = failure(channel(script.address, user=LOGIN[0], password=PASSWORD))
    assert str(error) == f"the server {script.address} cannot be used: SMTP AUTH extension not supported by server."


def test_no_mail_goes_unencrypted_where_a_server_offers_no_starttls(authority: Authority) -> None:
    with smtp() as server:
        error = failure(channel(server.address, security="starttls", ca_file=str(authority.file)))
    assert str(error).startswith(f"the server {server.address} cannot be used: it offers no STARTTLS")
    assert not error.final
    assert server.asked == server.inbox == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("name", "known"), [("127.0.0.1", False), ("mail.elsewhere.example", True)])
def test_no_mail_goes_to_a_server_whose_certificate_is_another_s_or_nobody_s(
    authority: Authority, tmp_path: Path, security: str, name: str, known: bool
) -> None:
    trusted = authority if known else Authority(tmp_path)
    context = authority.server_context(name)
    with smtp(starttls=context) if security == "starttls" else smtp(tls=context) as server:
        error = failure(channel(server.address, security=security, ca_file=str(trusted.file)))
    reason = "IP address mismatch" if known else "unable to get local issuer certificate"
    assert f"the server {server.address} shows a certificate that is not valid: {reason}" in str(error)
    assert not error.final
    assert server.asked == server.inbox == []


def test_tls_to_a_port_without_it_is_said_to_be_that(authority: Authority) -> None:
    with smtp() as server:
        error = failure(channel(server.address, security="tls", ca_file=str(authority.file)))
    assert str(error).startswith(f"the server {server.address} cannot be spoken to by TLS (")
    assert str(error).endswith("do port and `security` go together?")


GREETED = {"": ["220 mx"], "EHLO": ["250 mx"], "MAIL": ["250 Ok"], "RCPT": ["250 Ok"], "DATA": ["354 Go on"]}


@pytest.mark.parametrize("steps", range(len(GREETED) + 1))
def test_a_server_that_closes_the_connection_is_asked_again_later(steps: int) -> None:
    with scripted(dict([*GREETED.items()][:steps])) as script:
        error = failure(channel(script.address))
    assert str(error) == f"the server {script.address} closed the connection"
    assert (error.final, error.receipt) == (False, None)


@pytest.mark.parametrize("steps", range(len(GREETED) + 1))
def test_a_server_that_says_nothing_holds_up_the_channel_for_a_while_only(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "STEP", 0.1)
    monkeypatch.setattr(channel_module, "WHOLE", 0.4)
    with scripted(dict([*GREETED.items()][:steps]), then_silent=True) as script:
        error = failure(channel(script.address))
    assert str(error) == f"the server {script.address} did not answer in time"
    assert not error.final


def test_a_server_that_is_silent_about_tls_holds_up_the_channel_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "STEP", 0.1)
    with scripted({}, then_silent=True) as script:
        error = failure(channel(script.address, security="tls"))
    assert str(error) == f"the server {script.address} cannot be reached (timed out)"


def test_a_server_that_drips_its_answer_is_not_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "WHOLE", 0.2)
    with scripted({"": ["2…"]}) as script:
        error = failure(channel(script.address))
    assert str(error) == f"the server {script.address} did not answer in time"


def test_a_server_that_looks_long_at_a_mail_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # An answer that is not waited for is a mail sent twice.
    monkeypatch.setattr(channel_module, "STEP", 0.5)
    heard = {**GREETED, ".": ["250 2.0.0 Ok: queued"], "QUIT": ["221 Bye"]}
    with scripted(heard, thinks=0.8) as script:
        assert send(channel(script.address)) == "250 2.0.0 Ok: queued"


@pytest.mark.parametrize("silent", [True, False])
def test_a_mail_that_was_taken_is_sent_however_the_server_takes_leave(silent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "STEP", 0.5)
    monkeypatch.setattr(channel_module, "WHOLE", 1.0)
    with scripted({**GREETED, ".": ["250 2.0.0 Ok: queued"]}, then_silent=silent) as script:
        assert send(channel(script.address)) == "250 2.0.0 Ok: queued"


ODD = {
    "554 5.3.2 No service here": "answered 554 5.3.2 No service here",
    "421 4.3.2 Too many connections": "answered 421 4.3.2 Too many connections",
    "HTTP/1.1 400 Bad Request": "does not answer as mail servers do",
    "220 " + "x" * 10_000: "answered 500 Line too long.",
}


@pytest.mark.parametrize("greeting", ODD, ids=["554", "421", "a web server", "an endless line"])
def test_what_is_no_mail_server_today_is_quoted(greeting: str) -> None:
    with scripted({"": [greeting]}) as script:
        error = failure(channel(script.address))
    assert str(error) == f"the server {script.address} {ODD[greeting]}"
    assert not error.final


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert str(failure(channel(f"127.0.0.1:{port}"))) == f"the server 127.0.0.1:{port} cannot be reached (Connection refused)"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError("timed out"), "timed out"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_a_network_that_fails_is_said_in_words(error: OSError, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **more: Any) -> socket.socket:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    assert str(failure(channel("smtp.example.org:2525"))) == f"the server smtp.example.org:2525 cannot be reached ({reason})"


# Settings


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, ("smtp.example.org", 587)),
        ({"security": "tls"}, ("smtp.example.org", 465)),
        ({"server": "localhost", "security": "none"}, ("localhost", 25)),
        ({"server": "[::1]", "security": "none"}, ("::1", 25)),
        ({"server": "[2001:db8::1]:2525"}, ("2001:db8::1", 2525)),
        ({"server": "smtp.example.org:465", "security": "tls"}, ("smtp.example.org", 465)),
    ],
)
def test_a_server_is_asked_at_the_port_of_its_security_where_none_is_given(
    options: dict[str, str], place: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(address: tuple[str, int], timeout: float, *more: Any) -> socket.socket:
        asked.append((address, timeout))
        raise OSError("enough")

    monkeypatch.setattr(socket, "create_connection", note)
    failure(channel(**options))
    assert asked == [(place, 30.0)]


NO_ADDRESS = "expected a mail address such as desk@example.org (a domain with other letters in its xn-- form)"
NO_SERVER = "expected a mail server such as smtp.example.org or smtp.example.org:587"
NO_LEAVING = "expected mailto:desk@example.org?subject=unsubscribe or an address that begins with https://"
TOGETHER = "user and password come together; give both or neither"
MISTAKES: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    *(({"server": bad}, ("server",), NO_SERVER) for bad in ("", "smtp://a.example", "a b", "::1", "a:0", "a:65536", "a:b", 25)),
    *(({"sender": bad}, ("from",), NO_ADDRESS) for bad in ("", "desk", "a@b@c", "Desk desk@example.org", "a@-b", "a@b..c", 7)),
    *(({"sender": bad}, ("from",), NO_ADDRESS) for bad in ("a@example.org\nBcc: x@y.z", "Desk\n <a@b.c>", "ä@b.c", "a@ä.org")),
    ({"sender": "=?utf-8?q?a=0Ab?= <a@b.c>"}, ("from",), "expected a name of at most 100 characters, without =? in it"),
    ({"to": "a@b.c, d@e.f"}, ("to", 0), NO_ADDRESS),
    ({"to": [DESK, "=?utf-8?q?a=0Ab?=@b.c"]}, ("to", 1), NO_ADDRESS),
    ({"to": [DESK, f"{'a' * 65}@b.c"]}, ("to", 1), NO_ADDRESS),
    ({"to": [DESK, f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}"]}, ("to", 1), NO_ADDRESS),
    ({"to": []}, ("to",), "expected a mail address or a list of them"),
    ({"to": ""}, ("to",), "expected a mail address or a list of them"),
    ({"to": 7}, ("to",), "expected a list"),
    ({"security": "ssl"}, ("security",), "expected 'starttls', 'tls' or 'none'"),
    ({"security": "none"}, ("security",), "only a server on this very machine is sent mail unencrypted; use starttls or tls"),
    ({"user": "robot"}, ("password",), TOGETHER),
    ({"password": PASSWORD}, ("user",), TOGETHER),
    ({"user": "robot", "password": "päss"}, ("password",), "expected one line of letters, digits and signs of ASCII"),
    ({"user": "ro\nbot", "password": PASSWORD}, ("user",), "expected one line of letters, digits and signs of ASCII"),
    *(({"unsubscribe": bad}, ("unsubscribe",), NO_LEAVING) for bad in ("leave@a.b", "http://a.b", "mailto:x", "https://a b")),
    *(({"unsubscribe": f"https://a.b/{bad}"}, ("unsubscribe",), NO_LEAVING) for bad in ("\r\nBcc: x", ">", "=?utf-8?q?=0A?=")),
    ({"ca_file": "ca.pem"}, ("ca_file",), "expected the whole path of a file, from / on"),
    ({"ca_file": "/nowhere/ca.pem"}, ("ca_file",), "/nowhere/ca.pem cannot be used: No such file or directory"),
    ({"ca_file": __file__}, ("ca_file",), f"{__file__} cannot be used: it holds no certificates in PEM form"),
    ({"url": "https://x.example"}, ("url",), "unknown key; see config.yaml of the project for those there are"),
]


@pytest.mark.parametrize(("options", "key", "words"), MISTAKES, ids=[f"{options}"[:60] for options, _, _ in MISTAKES])
def test_a_mistake_in_the_settings_is_named_by_its_key(options: dict[str, Any], key: tuple[str | int, ...], words: str) -> None:
    with pytest.raises(BadChannel) as raised:
        channel(**options)
    assert raised.value.mistakes == ((key, words),)
    assert PASSWORD not in str(raised.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(BadChannel) as raised:
        EmailChannel(Channel.model_validate({"type": "email"}))
    assert [key for key, _ in raised.value.mistakes] == [("server",), ("from",), ("to",)]
    with pytest.raises(BadChannel) as raised:
        channel(security="none", user="robot", ca_file="/nowhere/ca.pem")
    assert [key for key, _ in raised.value.mistakes] == [("security",), ("password",), ("ca_file",)]


@pytest.mark.parametrize("address", [DESK, "a.b+c@localhost", "o'hara_7@xn--bcher-kva.example", f"{'a' * 64}@b.c"])
def test_addresses_in_use_are_taken(address: str) -> None:
    assert mail_address(address) == address


def test_an_address_given_twice_gets_one_mail() -> None:
    with smtp() as server:
        send(channel(server.address, to=[DESK, EDITOR, DESK]))
    assert server.asked == [DESK, EDITOR]
    assert server.inbox[0].mail["To"] == f"{DESK}, {EDITOR}"


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("monitor@example.org", ""),
        ("Desk, the <monitor@example.org>", "Desk, the"),
        ('"287(g) Monitor" <monitor@example.org>', "287(g) Monitor"),
        ("Überwachung, ключ 👀 " * 5 + "<monitor@example.org>", shown("Überwachung, ключ 👀 " * 5)),
    ],
)
def test_a_sender_s_name_is_shown_as_it_was_written(sender: str, name: str) -> None:
    eml = channel(sender=sender).forms(MESSAGE, SENDING)["eml"]
    assert_sound(eml)
    # The newer parser of the standard library reads blanks between encoded words that follow each other.
    written, address = parseaddr(message_from_bytes(eml, policy=email.policy.compat32)["From"])
    assert (str(make_header(decode_header(written))), address) == (name, "monitor@example.org")


def test_two_hundred_recipients_are_all_read() -> None:
    addresses = [f"reader-{number}@example.org" for number in range(200)]
    mail = assert_sound(channel(to=addresses).forms(MESSAGE, SENDING)["eml"])
    assert [one.addr_spec for one in mail["To"].addresses] == addresses


def test_templates_of_one_s_own_say_the_mail(tmp_path: Path) -> None:
    (tmp_path / "mail.html.j2").write_text("<p>{{ message.title }}, said our way</p>")
    mail = parsed(MESSAGE, templates=str(tmp_path))
    assert content(mail, "html").strip() == f"<p>{MESSAGE.title}, said our way</p>"
    assert MESSAGE.summary in content(mail, "plain")
