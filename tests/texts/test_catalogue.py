"""Every catalogue against what the code says: nothing missing, nothing left over, nothing lost on the way."""

from __future__ import annotations

import ast
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import polib
import pytest
from jinja2 import Environment, nodes

import monitor
from monitor import texts
from monitor.charts import maps
from monitor.core.values import MODEL_NAMES
from monitor.notifiers.wording import WORDS
from monitor.publishers import status
from monitor.publishers.feeds.sequence import FEEDS
from monitor.publishers.site import national, standing, words

ROOT = Path(monitor.__file__).parent
ROOMS = ("publishers", "charts", "texts")


class Message(NamedTuple):
    """What a catalogue is asked for: `many` is "" where there is one form, `context` where there is none."""

    one: str
    many: str = ""
    context: str = ""


class Sought(NamedTuple):
    """A call that asks for a text: the messages that stand in it; none where it looks one up in a table. `of` says which call."""

    messages: tuple[Message, ...]
    of: str


# Texts that are looked up by a code, and the calls that do it. A text from a new table must be added here, and its call.
TABLES = (
    *map(Message, words.KIND_NAMES.values()),
    *map(Message, words.FIELDS.values()),
    *map(Message, words.STATUS.values()),
    *map(Message, words.LIST_NAMES.values()),
    *map(Message, words.OUTCOMES.values()),
    *map(Message, MODEL_NAMES.values()),
    *(Message(name) for _, name in standing.COLUMNS),
    *map(Message, status._WORDS.values()),
    *(Message(title) for _, title in national.PICTURES),
    *(Message(feed.group) for feed in FEEDS),
    # States keep their names.
    *(Message(feed.name) for feed in FEEDS if feed.group != "States"),
    *map(Message, maps.KINDS.values()),
    *(Message(of.mark, of.mark) for of in WORDS.values()),
    *map(Message, texts._MONTHS),
    *(Message(month, context="shortened") for month in texts._SHORT_MONTHS),
)
LOOKED_UP = {
    "publishers/site/national.py: language.text(feed.group)",
    "publishers/site/national.py: language.text(feed.name)",
    "publishers/site/rendering.py: language.plural(WORDS[kind].mark, WORDS[kind].mark, number)",
    "publishers/site/rendering.py: language.plural(words.mark, words.mark, 1)",
    "publishers/site/rendering.py: language.text(MODEL_NAMES[code])",
    "publishers/site/rendering.py: language.text(name)",
    "publishers/site/rendering.py: language.text(said)",
    "publishers/site/rendering.py: language.text(message)",  # what h() is given in a template
    "publishers/site/standing.py: language.text(one)",  # what counted() is given
    "publishers/site/standing.py: language.text(many)",
    "publishers/status.py: language.text(_WORDS[word])",
    "publishers/templates/site/agreements.html.j2: t(name)",
    "publishers/templates/site/data.html.j2: t(title)",
    "texts/__init__.py: self.text(_MONTHS[day.month - 1])",
    "texts/__init__.py: self._catalogue.pgettext('shortened', _SHORT_MONTHS[day.month - 1])",
}


def in_template(source: str, name: str) -> Iterator[Sought]:
    """What a template asks for with t(), h() and n()."""
    for call in Environment().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("t", "h", "n"):
            forms = call.args[: 2 if call.node.name == "n" else 1]
            written = [form.value if isinstance(form, nodes.Const) else getattr(form, "name", "…") for form in forms]
            literal = all(isinstance(form, nodes.Const) for form in forms)
            yield Sought((Message(*written),) if literal else (), f"{name}: {call.node.name}({', '.join(written)})")


def in_code(source: str, name: str) -> Iterator[Sought]:
    """What a file of code asks for with .text(), .plural(), .pgettext() and counted()."""
    tree = ast.parse(source, name)
    chosen: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            chosen.setdefault(node.targets[0].id, []).extend(literals(node.value))
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        of = f"{name}: {ast.unparse(call)}"
        first = call.args[0]
        match call.func:
            case ast.Attribute(attr="text"):
                found = literals(first) or (chosen.get(first.id, []) if isinstance(first, ast.Name) else [])
                yield Sought(tuple(map(Message, found)), of)
            case ast.Attribute(attr="plural"):
                found = [*literals(first), *literals(call.args[1])]
                yield Sought((Message(*found),) if found else (), of)
            case ast.Attribute(attr="pgettext"):
                forms = call.args[1]
                found = literals(forms) or (chosen.get(forms.id, []) if isinstance(forms, ast.Name) else [])
                yield Sought(tuple(Message(one, context=literals(first)[0]) for one in found), of)
            case ast.Name(id="counted"):
                yield Sought(tuple(Message(literals(form)[0]) for form in call.args), of)


def literals(node: ast.expr) -> list[str]:
    """The texts that stand in an expression: one, or those that a condition chooses from."""
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def everything() -> Iterator[Sought]:
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*"))):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".j2":
            yield from in_template(path.read_text("utf-8"), name)
        elif path.suffix == ".py":
            yield from in_code(path.read_text("utf-8"), name)


SOUGHT = [*everything()]
USED = {*TABLES, *(message for one in SOUGHT for message in one.messages)}
CATALOGUES = {
    language.code: polib.pofile(str(ROOT / f"texts/{language.code}.po"), check_for_duplicates=True)
    for language in texts.languages()
    if language is not texts.ENGLISH
}
every_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES.values(), ids=CATALOGUES)


def entries(catalogue: polib.POFile) -> dict[Message, polib.POEntry]:
    return {Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or ""): entry for entry in catalogue}


def pairs(catalogue: polib.POFile) -> Iterator[tuple[str, str]]:
    """(English, translation) of each form of each entry."""
    for message, entry in entries(catalogue).items():
        if message.many:
            yield message.one, entry.msgstr_plural.get(0, "")
            yield message.many, entry.msgstr_plural.get(1, "")
        else:
            yield message.one, entry.msgstr


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


class Markup(HTMLParser):
    """The tags of a text, each with its attributes, however ordered."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[object] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag, frozenset(attrs)] += 1

    def handle_endtag(self, tag: str) -> None:
        self.tags[f"/{tag}"] += 1


def differing(catalogue: polib.POFile, what: str) -> list[str]:
    """The pairs of which one has other placeholders, or other tags, than the other."""
    if what == "placeholders":
        return [f"{said!r} for {one!r}" for one, said in pairs(catalogue) if placeholders(one) != placeholders(said)]
    return [f"{said!r} for {one!r}" for one, said in pairs(catalogue) if Markup(one).tags != Markup(said).tags]


def listed(messages: Iterable[Message]) -> list[str]:
    return sorted(" / ".join(part for part in message if part) for message in messages)


def test_texts_are_found_wherever_they_stand() -> None:
    assert Message("There is no such page here.") in USED, "t() of a template"
    assert Message("Days are counted to {day}.") in USED, "h() of a template"
    assert Message("in {number} state", "in {number} states") in USED, "n() of a template"
    assert Message("Nothing to show yet.") in USED, ".text() of a chart"
    assert Message("{number} place", "{number} places") in USED, ".plural() of a chart"
    assert Message("{first} or more days") in USED, "one of several texts that a name stands for"
    assert Message("{n} agreement found, of {all}") in USED, "counted() of the table's labels"
    assert Message("{month} {day}", context="shortened") in USED, "a form with a context"


def test_each_table_of_texts_is_known() -> None:
    looked_up = {one.of for one in SOUGHT if not one.messages}
    assert looked_up - LOOKED_UP == set(), (
        "these calls look a text up in a table: name the table in TABLES and the call in LOOKED_UP"
    )
    assert looked_up >= LOOKED_UP, f"no such call is left: {sorted(LOOKED_UP - looked_up)}"


@every_catalogue
def test_nothing_is_missing(catalogue: polib.POFile) -> None:
    assert listed(USED - entries(catalogue).keys()) == [], "these texts have no translation"


@every_catalogue
def test_nothing_is_obsolete(catalogue: polib.POFile) -> None:
    assert listed(entries(catalogue).keys() - USED) == [], "nobody asks for these texts"
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


@every_catalogue
def test_nothing_is_fuzzy_or_empty(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []
    assert [one for one, said in pairs(catalogue) if not said.strip()] == []


@every_catalogue
def test_each_counted_text_has_every_form(catalogue: polib.POFile) -> None:
    assert catalogue.metadata["Plural-Forms"].startswith("nplurals=2;")
    assert [entry.msgid for entry in catalogue if entry.msgid_plural and {*entry.msgstr_plural} != {0, 1}] == []


@every_catalogue
def test_each_translation_takes_the_same_values(catalogue: polib.POFile) -> None:
    assert differing(catalogue, "placeholders") == []


@every_catalogue
def test_each_translation_has_the_same_markup(catalogue: polib.POFile) -> None:
    assert differing(catalogue, "markup") == []
