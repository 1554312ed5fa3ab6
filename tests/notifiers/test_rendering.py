"""A message as text, HTML, Markdown and Slack's mrkdwn: it reads well, and a cell of the source is shown and never obeyed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from monitor.notifiers.messages import Line, Message, Section, Source
from monitor.notifiers.rendering import Renderer
from monitor.notifiers.samples import samples
from tests.support.slack import links
from tests.support.told import HOSTILE

URL, PAGE = "https://m.example/#publication-7", "https://www.ice.gov/identify-and-arrest/287g"
PDF = "https://www.ice.gov/doclib/287gMOA/smith.pdf"
MESSAGE = Message(
    *(
        "alert-7",
        "news",
        "1 new 287(g) agreement, 1 ended",
        "1 new 287(g) agreement, 1 ended: now 4 agreements in 2 states.",
        "2025",
    ),
    sections=(
        Section("Ohio", (Line("Ended", "Butler County Sheriff's Office: Jail Enforcement Model"),)),
        Section("Texas", (Line("New", "Smith County Sheriff's Office: Task Force Model", PDF, "was pending"),)),
    ),
    notes=("First agreement in Texas on record",),
    sources=(
        Source("a.xlsx", "ab" * 32, "May 30, 2025, 14:05 UTC", URL),
        Source("b.xlsx", "cd" * 32, "May 30, 2025, 14:08 UTC", f"{URL}b"),
    ),
    url=URL,
    page=PAGE,
)
RENDERER = Renderer()


def hostile(text: str, url: str = PDF) -> Message:
    """A message that says `text` wherever something of ICE's is said."""
    return Message(
        *("alert-7", "news", text, f"Now 4. {text}", "2025"),
        sections=(Section(text, (Line(text, f"{text}: Task Force Model", url, text), Line("Ended", "Bay"))),),
        notes=(text,),
        sources=(Source(text, "ab" * 32, text, URL),),
        url=URL,
        page=PAGE,
    )


def shown(text: str) -> str:
    """A cell in one line, as every format shows it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# -- text ------------------------------------------------------------------------------------------------------------------------


def test_as_text_a_message_reads_like_a_notice() -> None:
    assert RENDERER.text(MESSAGE) == (
        "1 new 287(g) agreement, 1 ended: now 4 agreements in 2 states.\n"
        "* First agreement in Texas on record\n"
        "\n"
        "Ohio\n"
        "- Ended: Butler County Sheriff's Office: Jail Enforcement Model\n"
        "\n"
        "Texas\n"
        "- New: Smith County Sheriff's Office: Task Force Model (was pending)\n"
        f"  {PDF}\n"
        "\n"
        f"Read from a.xlsx, seen May 30, 2025, 14:05 UTC, SHA-256 {'ab' * 32}\n"
        f"Read from b.xlsx, seen May 30, 2025, 14:08 UTC, SHA-256 {'cd' * 32}\n"
        f"  {URL}b\n"
        f"More: {URL}\n"
        f"ICE's page: {PAGE}\n"
    )


def test_a_digest_says_its_curve_in_words() -> None:
    digest = Message("b", "news", "t", "s", "2025", growth=(("2025-05-01", 900), ("2025-05-30", 903)))
    assert "Agreements: 900 on 2025-05-01, 903 on 2025-05-30" in RENDERER.text(digest)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_in_a_text_a_cell_makes_no_line_of_its_own(text: str) -> None:
    found, harmless = RENDERER.text(hostile(text)), RENDERER.text(hostile("Smith"))
    assert len(found.splitlines()) == len(harmless.splitlines())
    assert f": {shown(f'{text}: Task Force Model')}" in found
    assert all(line.isprintable() for line in found.split("\n"))


# -- HTML ------------------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """An HTML document as a mail reader finds it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_as_html_a_message_says_all_that_the_text_says() -> None:
    page = Page(RENDERER.html(MESSAGE))
    for words in (
        "1 new 287(g) agreement, 1 ended",
        "Ohio",
        "Jail Enforcement Model",
        "(was pending)",
        "First agreement in Texas on record",
    ):
        assert words in page.text
    assert page.text.count("Read from") == 2
    assert {PDF, URL, f"{URL}b", PAGE} == {*page.links}


def test_a_chart_is_in_the_html_where_there_is_one() -> None:
    digest = Message("b", "news", "t", "s", "2025", growth=(("2025-05-01", 900), ("2025-05-30", 903)))
    html = RENDERER.html(digest, "cid:chart")
    assert 'src="cid:chart"' in html
    assert re.search(r'alt="[^"]*900 on 2025-05-01, 903 on 2025-05-30"', html)
    assert "<img" not in RENDERER.html(digest)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_in_html_a_cell_is_text(text: str) -> None:
    found, harmless = Page(RENDERER.html(hostile(text))), Page(RENDERER.html(hostile("Smith")))
    assert found.links == harmless.links
    assert found.attributes == harmless.attributes
    assert found.tags == harmless.tags or not text
    assert shown(text) in shown(found.text)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt://x", "//evil.example", " javascript:x", ""]
)
def test_an_address_that_is_not_of_the_web_is_not_linked(url: str) -> None:
    page = Page(RENDERER.html(hostile("Smith", url)))
    assert all(link.startswith("https://") for link in page.links)
    assert url.strip() in page.text


def test_an_address_cannot_leave_its_attribute() -> None:
    page = Page(RENDERER.html(hostile("Smith", 'https://x.example/"><b onclick="x">')))
    assert 'https://x.example/"><b onclick="x">' in page.links
    assert "onclick" not in page.attributes


# -- Markdown --------------------------------------------------------------------------------------------------------------------


def markdown(text: str) -> Page:
    """Markdown as a reader with all the usual extensions shows it."""
    return Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


def test_as_markdown_a_message_is_a_list_with_links() -> None:
    page = markdown(RENDERER.markdown(MESSAGE))
    assert page.links == [PDF, URL, PAGE]
    assert {*page.tags} == {"p", "ul", "li", "strong", "a"}
    assert "New : Smith County Sheriff's Office: Task Force Model (was pending) agreement" in page.text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_in_markdown_a_cell_is_text(text: str) -> None:
    found, harmless = markdown(RENDERER.markdown(hostile(text))), markdown(RENDERER.markdown(hostile("Smith")))
    assert found.links == harmless.links
    assert found.tags == harmless.tags or not shown(text)
    assert f": {shown(f'{text}: Task Force Model')}" in found.text


@pytest.mark.parametrize(
    "url", ["https://x.example/a)b](c", "https://x.example/<b>", "https://x.example/*a*_b_", "https://x.example/a\\b"]
)
def test_in_markdown_an_address_stays_one(url: str) -> None:
    page = markdown(RENDERER.markdown(hostile("Smith", url)))
    assert len(page.links) == 3
    assert page.links[0].startswith("https://x.example/")
    assert "(" not in page.text.replace("(Smith)", "")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "x y", "https://x.example/a b"])
def test_in_markdown_what_is_no_address_is_no_link_to_a_program(url: str) -> None:
    page = markdown(RENDERER.markdown(hostile("Smith", url)))
    assert all(link.startswith("https://") for link in page.links)


# -- Slack -----------------------------------------------------------------------------------------------------------------------


def test_for_slack_a_message_is_paragraphs() -> None:
    assert RENDERER.slack(MESSAGE) == [
        "1 new 287(g) agreement, 1 ended: now 4 agreements in 2 states.\n:star: First agreement in Texas on record",
        "*Ohio*\n• *Ended*: Butler County Sheriff's Office: Jail Enforcement Model",
        f"*Texas*\n• *New*: Smith County Sheriff's Office: Task Force Model _(was pending)_ <{PDF}|agreement>",
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_for_slack_a_cell_makes_no_paragraph_no_link_and_no_mention(text: str) -> None:
    found, harmless = RENDERER.slack(hostile(text)), RENDERER.slack(hostile("Smith"))
    assert [paragraph.count("\n") for paragraph in found] == [paragraph.count("\n") for paragraph in harmless]
    assert [link for paragraph in found for link in links(paragraph)] == [(PDF, "agreement")]
    bare = re.sub(r"<[^<>]*\|agreement>", "", "\n".join(found))
    assert "<" not in bare
    assert ">" not in bare


# -- every format ----------------------------------------------------------------------------------------------------------------


def formats(message: Message) -> dict[str, str]:
    return {
        "text": RENDERER.text(message),
        "html": RENDERER.html(message),
        "markdown": RENDERER.markdown(message),
        "slack": "\n\n".join(RENDERER.slack(message)),
    }


@pytest.mark.parametrize("name", ["text", "html", "markdown", "slack"])
@pytest.mark.parametrize("one", samples(), ids=lambda one: one.id)
def test_every_sort_of_message_can_be_said_without_gaps(one: Message, name: str) -> None:
    found = formats(one)[name]
    assert "None" not in found
    assert not any(line.endswith(" ") for line in found.split("\n"))
    if name in ("text", "slack"):
        assert "\n\n\n" not in found


@pytest.mark.parametrize("name", ["text", "html", "markdown", "slack"])
@pytest.mark.parametrize("character", ["\ud800", "\u202e", "\u2066", "\x00", "\x1b"])
def test_what_is_no_text_or_turns_it_around_is_left_out(name: str, character: str) -> None:
    found = formats(hostile(f"A{character}b"))[name]
    assert character not in found
    found.encode("utf-8", "strict")


def test_lines_stand_in_the_order_of_the_message() -> None:
    for found in formats(MESSAGE).values():
        places = [found.index(word) for word in ("First agreement", "Ohio", "Butler", "Smith")]
        assert all(one < other for one, other in pairwise(places))
