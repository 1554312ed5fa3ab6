"""A message as Slack's blocks: within every limit that Slack documents, whatever it says and however long it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.notifiers.blocks import payload, readable
from monitor.notifiers.messages import Line, Message, Section, Source
from monitor.notifiers.rendering import Renderer, cut
from monitor.notifiers.samples import samples
from tests.support.slack import links, refusals, texts
from tests.support.told import HOSTILE

URL, PAGE = "https://m.example/#publication-7", "https://www.ice.gov/identify-and-arrest/287g"
SOURCE = Source("participatingAgencies.xlsx", "ab" * 32, "May 30, 2025, 14:05 UTC", URL)


def message(*sections: Section, **values: Any) -> Message:
    plain = {
        "id": "alert-7",
        "severity": "news",
        "title": "2 new 287(g) agreements",
        "summary": "Now 4.",
        "at": "2025",
        "url": URL,
        "page": PAGE,
    }
    return Message(**{**plain, **values}, sections=sections)


def blocks(*sections: Section, **values: Any) -> dict[str, Any]:
    """The body of a message; fails the test where Slack would not take it or not show all of it."""
    body = payload(message(*sections, **values), Renderer())
    assert refusals(body) == []
    return body


def some(
    number: int, text: str = "County Sheriff's Office: Task Force Model, signed May 20, 2025", note: str = ""
) -> tuple[Line, ...]:
    return tuple(Line("New", f"{n} {text}", f"https://www.ice.gov/doclib/{n}.pdf", note) for n in range(number))


# -- what is shown ---------------------------------------------------------------------------------------------------------------


def test_a_message_is_a_header_a_summary_a_section_for_each_state_and_where_it_is_from() -> None:
    body = blocks(
        Section("Ohio", (Line("New", "Butler County: Task Force Model", "https://www.ice.gov/b.pdf", "was pending"),)),
        Section("Texas", (Line("New", "Travis County"), Line("Ended", "Smith County"))),
        notes=("First agreement in Ohio on record",),
        sources=(SOURCE,),
    )
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "section", "section", "context"]
    assert texts(body) == [
        "2 new 287(g) agreements",
        "Now 4.\n:star: First agreement in Ohio on record",
        "*Ohio*\n• *New*: Butler County: Task Force Model _(was pending)_ <https://www.ice.gov/b.pdf|agreement>",
        "*Texas*\n• *New*: Travis County\n• *Ended*: Smith County",
        "Read from participatingAgencies.xlsx, seen May 30, 2025, 14:05 UTC, SHA-256 abababababababab…",
        f"<{URL}|More> · <{PAGE}|ICE's page>",
    ]
    assert body["text"] == "2 new 287(g) agreements. Now 4."
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("one", samples(), ids=lambda one: one.id)
def test_every_sort_of_message_is_one_that_slack_takes(one: Message) -> None:
    assert refusals(payload(one, Renderer())) == []


def test_a_message_that_is_nothing_but_its_title_is_taken() -> None:
    body = payload(Message("e", "news", "Nothing else", "", "2025"), Renderer())
    assert refusals(body) == []
    assert texts(body) == ["Nothing else"]


def test_a_message_without_a_title_still_has_a_header() -> None:
    assert texts(blocks(title=" \n "))[0] == "287(g) monitor"


def test_a_title_in_several_lines_is_one() -> None:
    assert texts(blocks(title="two\nlines "))[0] == "two lines"


def test_without_a_public_address_there_is_no_empty_link() -> None:
    body = blocks(Section("Texas", some(2_000)), url="", page="")
    assert not any("<|" in text for text in texts(body))
    assert body["blocks"][-1]["type"] == "section"


def test_a_terminal_shows_the_text_of_the_blocks() -> None:
    shown = readable(blocks(Section("Texas", (Line("New", "A <b> & *c*", "https://x.example/"),))))
    assert "• *New*: A <b> & *c* <https://x.example/|agreement>" in shown
    assert shown.startswith("2 new 287(g) agreements\n\nNow 4.\n\n*Texas*")


# -- what does not fit -----------------------------------------------------------------------------------------------------------


def counts(body: dict[str, Any]) -> tuple[int, int]:
    """(lines that are shown, lines that are said to be left out)"""
    shown = sum(text.count("\n• ") for text in texts(body))
    more = [text for text in texts(body) if text.startswith("… and ")]
    assert all(text.endswith(f"<{URL}|the whole list>") for text in more)
    return shown, int(more[0].split()[2].replace(",", "")) if more else 0


@pytest.mark.parametrize("number", [1, 20, 200, 2_000])
@pytest.mark.parametrize("note", ["", "possibly one and the same as another row told here"])
def test_any_number_of_lines_is_within_the_limits_and_every_line_is_counted(number: int, note: str) -> None:
    shown, left_out = counts(blocks(Section("Texas", some(number, note=note))))
    assert shown + left_out == number
    assert shown >= min(number, 40)


@pytest.mark.parametrize("states", [1, 46, 47, 48, 49, 50, 120])
@pytest.mark.parametrize("sources", [(), (SOURCE,)])
def test_many_states_do_not_make_more_than_fifty_blocks(states: int, sources: tuple[Source, ...]) -> None:
    body = blocks(*(Section(f"State {n}", some(1, "x")) for n in range(states)), sources=sources)
    assert sum(counts(body)) == states
    assert body["blocks"][-1]["type"] == "context"


def test_a_section_that_goes_on_says_so() -> None:
    assert texts(blocks(Section("Texas", some(60))))[3].startswith("*Texas* (continued)\n• ")


def test_a_digest_of_many_publications_names_the_latest() -> None:
    sources = tuple(Source(f"{n}.xlsx", f"{n:064x}", "May 30", URL) for n in range(30))
    footer = blocks(sources=sources)["blocks"][-1]["elements"]
    assert len(footer) == 9
    assert footer[-2]["text"].startswith("Read from 29.xlsx")


@pytest.mark.parametrize("length", [149, 150, 151, 4_000])
def test_a_title_and_a_summary_of_any_length_fit(length: int) -> None:
    body = blocks(Section("Texas", some(1)), title="T" * length, summary="S" * length)
    assert len(texts(body)[0]) == min(length, 150)


@pytest.mark.parametrize("length", [590, 3_000, 100_000])
@pytest.mark.parametrize("character", ["x", "&", "é", "😀", "*"])
def test_a_line_of_any_length_is_told(length: int, character: str) -> None:
    long = character * length
    body = blocks(
        Section(long, (Line(long, long, f"https://a.example/{long}", long), *some(3))),
        notes=(long,),
        sources=(Source(long, "ab" * 32, long, long),),
    )
    assert counts(body) == (4, 0)


def test_an_address_that_is_too_long_for_a_link_is_left_out() -> None:
    body = blocks(Section("Texas", (Line("New", "Smith", "https://a.example/" + "x" * 5_000),)))
    assert texts(body)[2].rstrip() == "*Texas*\n• *New*: Smith"


@pytest.mark.parametrize("length", [100, 300])
def test_a_long_public_address_is_not_cut_in_its_midst(length: int) -> None:
    """The monitor's own address or the page's: it is in the settings."""
    long = "https://a.example/" + "x" * length
    blocks(Section("Texas", some(3)), url=long, page=long)


# -- what a cell could try -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_cell_makes_no_link_no_mention_and_no_line(text: str) -> None:
    body = blocks(
        Section(text, (Line(text, text, note=text), *some(3))),
        title=text,
        summary=f"Now 4. Read from {text}.",
        notes=(text,),
        sources=(Source(text, "ab" * 32, text, URL),),
    )
    assert counts(body) == (4, 0)
    words = [word for text in texts(body)[1:] for _, word in links(text)]  # the header is plain text
    assert words == ["agreement"] * 3 + ["More", "ICE's page"]


def test_nobody_is_mentioned_and_nothing_is_formatted_by_a_cell() -> None:
    line = texts(blocks(Section("Texas", (Line("New", "<!channel> *now* `rm`_x_ ~y~ & Sons"),))))[2].split("\n")[1]
    assert line.replace("\u200b", "") == "• *New*: &lt;!channel&gt; *now* `rm`_x_ ~y~ &amp; Sons"
    assert "\u200b*now\u200b*" in line


@pytest.mark.parametrize(
    "address", ["https://a.example/x|y>", "https://a.example/<!channel>", 'https://a.example/"', "https://a.example/a b\nc"]
)
def test_an_address_cannot_break_out_of_its_link(address: str) -> None:
    (found,) = links(texts(blocks(Section("Texas", (Line("New", "Smith", address),))))[2])
    assert found[1] == "agreement"


@pytest.mark.parametrize("control", ["\u202e", "\x00", "\x1b[31m"])
def test_what_turns_the_writing_around_or_controls_a_terminal_is_not_passed_on(control: str) -> None:
    """The text form leaves it out, too."""
    body = blocks(Section(control, (Line("New", f"Smith{control}", note=control),)), title=f"A{control}b", notes=(control,))
    assert not any(control[0] in text for text in (*texts(body), body["text"], readable(body)))


@pytest.mark.parametrize("half", ["\ud800", "\udfff"])
def test_half_a_surrogate_pair_is_no_text_and_does_not_reach_slack(half: str) -> None:
    """JSON with one in it is none to many parsers, and cannot be encoded."""
    blocks(
        Section(half, (Line(half, f"Smith{half}", note=half),)),
        title=f"New{half}",
        summary=half,
        sources=(Source(half, "ab" * 32, half, URL),),
    )


def test_half_a_surrogate_pair_in_an_address_does_not_fail_the_message() -> None:
    blocks(Section("Texas", (Line("New", "Smith", "https://a.example/\ud800"),)))


TEXTS = st.one_of(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(HOSTILE))
LINES = st.builds(Line, TEXTS, TEXTS, st.one_of(st.none(), TEXTS.map("https://a.example/{}".format)), TEXTS)


@given(
    st.builds(
        Message,
        id=st.text(st.characters(codec="utf-8"), max_size=100),
        severity=st.just("news"),
        title=TEXTS,
        summary=TEXTS,
        at=st.just("2025"),
        sections=st.lists(st.builds(Section, TEXTS, st.lists(LINES, max_size=8).map(tuple)), max_size=60).map(tuple),
        notes=st.lists(TEXTS, max_size=4).map(tuple),
        sources=st.lists(st.builds(Source, TEXTS, st.just("ab" * 32), TEXTS, st.just(URL)), max_size=12).map(tuple),
        url=st.sampled_from(["", URL]),
        page=st.sampled_from(["", PAGE]),
    )
)
@settings(max_examples=100, deadline=None)
def test_whatever_a_message_says_slack_takes_it(one: Message) -> None:
    body = payload(one, Renderer())
    assert refusals(body) == []
    assert json.loads(json.dumps(body)) == body


@given(st.text("ab&<>", max_size=60), st.integers(1, 60))
def test_what_is_cut_is_short_enough_and_cuts_no_escaped_character(text: str, limit: int) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    short = cut(escaped, limit)
    assert len(short) <= limit
    assert short == escaped or (short.endswith("…") and escaped.startswith(short[:-1]))
    assert "&" not in short.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
