"""Templates of a user's own: they replace the built-in ones, their mistakes are told with file and line, and none loses a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.notifiers import BadChannel
from monitor.notifiers.blocks import payload
from monitor.notifiers.messages import Line, Message, Section
from monitor.notifiers.rendering import NAMES, Renderer
from tests.support.slack import refusals

MESSAGE = Message(
    "a",
    "news",
    "2 new",
    "Now 4.",
    "2025",
    sections=(Section("Texas", (Line("New", "Smith <b> & *Sons*"), Line("Ended", "Bay"))),),
)


def mistakes(folder: Path, **templates: str) -> list[str]:
    """What is said against templates; in `name` of `name.j2` a double underscore is a dot."""
    write(folder, **templates)
    with pytest.raises(BadChannel) as caught:
        Renderer(folder).check()
    assert {key for key, _ in caught.value.mistakes} == {("templates",)}
    return [message for _, message in caught.value.mistakes]


def write(folder: Path, **templates: str) -> None:
    for name, text in templates.items():
        (folder / f"{name.replace('__', '.')}.j2").write_text(text, "utf-8")


# -- replacing -------------------------------------------------------------------------------------------------------------------


def test_a_template_replaces_the_built_in_one_of_its_name_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, text="Dear readers: {{ message.title }}!")
    renderer = Renderer(tmp_path)
    renderer.check()
    assert renderer.text(MESSAGE) == "Dear readers: 2 new!\n"
    for name in ("html", "markdown", "slack"):
        assert getattr(renderer, name)(MESSAGE) == getattr(Renderer(), name)(MESSAGE)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("text", "Smith <b> & *Sons*"),
        ("mail__html", "Smith &lt;b&gt; &amp; *Sons*"),
        ("markdown", "Smith \\<b\\> & \\*Sons\\*"),
        ("slack", "Smith &lt;b&gt; &amp; \u200b*Sons\u200b*"),
    ],
)
def test_what_a_users_template_prints_is_escaped_for_its_format(tmp_path: Path, name: str, printed: str) -> None:
    write(tmp_path, **{name: "{{ message.sections[0].lines[0].text }}"})
    renderer = Renderer(tmp_path)
    found = {
        "text": lambda: renderer.text(MESSAGE),
        "mail__html": lambda: renderer.html(MESSAGE),
        "markdown": lambda: renderer.markdown(MESSAGE),
        "slack": lambda: "".join(renderer.slack(MESSAGE)),
    }
    assert found[name]().strip() == printed


def test_a_template_may_extend_or_include_the_one_it_replaces(tmp_path: Path) -> None:
    write(tmp_path, text='Hello.\n{% include "monitor/text.j2" %}', mail__html='{% extends "monitor/mail.html.j2" %}')
    renderer = Renderer(tmp_path)
    renderer.check()
    assert renderer.text(MESSAGE) == "Hello.\n" + Renderer().text(MESSAGE)
    assert renderer.html(MESSAGE) == Renderer().html(MESSAGE)


def test_a_template_may_use_others_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, text='{% include "signature.j2" %}', signature="The data desk")
    Renderer(tmp_path).check()
    assert Renderer(tmp_path).text(MESSAGE) == "The data desk\n"


def test_a_slack_template_of_any_length_stays_within_slacks_limits(tmp_path: Path) -> None:
    write(tmp_path, slack="{% for n in range(120) %}paragraph {{ n }} {{ message.title * 2000 }}\n{{ n }}\n\n{% endfor %}")
    Renderer(tmp_path).check()
    assert refusals(payload(MESSAGE, Renderer(tmp_path))) == []


def test_a_slack_template_that_says_nothing_leaves_the_title(tmp_path: Path) -> None:
    write(tmp_path, slack="")
    assert refusals(payload(MESSAGE, Renderer(tmp_path))) == []


# -- mistakes --------------------------------------------------------------------------------------------------------------------


def test_no_folder_means_the_built_in_ones() -> None:
    Renderer().check()


def test_a_folder_without_templates_is_a_mistake(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "gone"):
        assert mistakes(folder) == [f"{folder} is no folder that holds text.j2, mail.html.j2, markdown.j2 or slack.j2"]


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("one\n{% if message %}\nthree", 3, "Unexpected end of template"),
        ("one\n{% endfor %}", 2, "unknown tag 'endfor'"),
        ("{{ message.title", 1, "unexpected end of template"),
        ("one\n\n{{ message.titel }}", 3, "has no attribute 'titel'"),
        ("one\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("{% for line in message.sections[7].lines %}{% endfor %}", 1, "has no element 7"),
        ("one\n{{ message.title / 2 }}", 2, "unsupported operand"),
        ("one\ntwo\n{{ 1 / 0 }}", 3, "division by zero"),
        ("{{ message.title | shout }}", 1, "No filter named 'shout'"),
        ("one\n{{ message.__class__ }}", 2, "unsafe"),
        ("one\n{% include 'gone.j2' %}", 2, "gone.j2"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_told_with_its_file_and_line(tmp_path: Path, name: str, template: str, line: int, words: str) -> None:
    (message,) = mistakes(tmp_path, **{name.removesuffix(".j2").replace(".", "__"): template})
    assert message.startswith(f"{tmp_path / name}:{line}: ")
    assert words in message


def test_a_template_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """Its name alone says nothing."""
    (message,) = mistakes(tmp_path, text="{% include 'gone.j2' %}")
    assert message != f"{tmp_path / 'text.j2'}:1: gone.j2"


def test_a_mistake_in_a_file_that_is_included_is_told_with_that_file(tmp_path: Path) -> None:
    (message,) = mistakes(tmp_path, text="{% include 'signature.j2' %}", signature="one\ntwo\n{% if %}")
    assert message.startswith(f"{tmp_path / 'signature.j2'}:3: ")


def test_a_mistake_that_shows_with_one_sort_of_message_only_is_found(tmp_path: Path) -> None:
    """A digest has its curve; an operator's message has no sections."""
    (message,) = mistakes(tmp_path, text="{% if message.growth %}\n{{ message.growth[0].day }}{% endif %}")
    assert message.startswith(f"{tmp_path / 'text.j2'}:2: ")
    (message,) = mistakes(tmp_path, text="{{ message.sections[0].title }}")
    assert message.startswith(f"{tmp_path / 'text.j2'}:1: ")


def test_all_files_with_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, text="{{ a }}", slack="{{ b }}", markdown="fine")
    assert [message.split(":")[0] for message in found] == [str(tmp_path / name) for name in ("slack.j2", "text.j2")]


def test_a_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "text.j2").write_bytes(b"\xff\xfe")
    (message,) = mistakes(tmp_path)
    assert message.startswith(str(tmp_path / "text.j2"))


# -- at work ---------------------------------------------------------------------------------------------------------------------

BREAKS = "mine{% if message.title == '2 new' %}\n{{ 1 / 0 }}{% endif %}"


@pytest.mark.parametrize("name", NAMES)
def test_a_template_that_fails_at_work_is_replaced_by_the_built_in_one_and_the_log_says_why(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / name).write_text(BREAKS, "utf-8")
    renderer, method = Renderer(tmp_path), {"mail.html.j2": "html"}.get(name, name.removesuffix(".j2"))
    assert getattr(renderer, method)(MESSAGE) == getattr(Renderer(), method)(MESSAGE)
    assert f"{tmp_path / name}:2: ZeroDivisionError: division by zero; the built-in template says it instead" in caplog.text


def test_a_template_that_becomes_unreadable_at_work_does_not_lose_a_message(tmp_path: Path) -> None:
    write(tmp_path, text="mine")
    renderer = Renderer(tmp_path)
    assert renderer.text(MESSAGE) == "mine\n"
    write(tmp_path, text="{% broken")
    assert renderer.text(MESSAGE) in ("mine\n", Renderer().text(MESSAGE))
