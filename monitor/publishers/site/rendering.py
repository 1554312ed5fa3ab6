"""Templates → HTML, in each language. Whatever came from the lists is escaped here, and nowhere else has to be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from monitor.core.events import Event, iso
from monitor.core.memory import Known
from monitor.core.places import STATE_NAMES
from monitor.core.values import MODEL_NAMES
from monitor.notifiers.wording import WORDS
from monitor.publishers.site.words import FIELDS, KIND_NAMES, LIST_NAMES, OUTCOMES, STATUS
from monitor.statedir import cache_directory
from monitor.texts import Language

# Marks that turn the direction of what follows, and characters that HTML forbids: no text of a list needs them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# So many items of events are kept in each language, about half a kilobyte each; and so many days and minutes.
ITEMS, MINUTES = 8_192, 1_024
# No name of an agency is as long; a page is to stay one.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path below its language's root (`states/tx.html`), the name of its template, and what that needs."""

    path: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


def render(language: Language, page: Page, site: object) -> bytes:
    """A page as UTF-8. Its links are relative, so that the site works below any address."""
    folder = "" if language.code == "en" else f"{language.code}/"
    base = "../" * page.path.count("/")
    root = base + ("../" if folder else "")
    template = _environment(language).get_template(f"site/{page.template}.html.j2")
    places = {"path": page.path, "address": folder + page.path, "base": base, "root": root}
    return template.render({"site": site, **places, **page.context}).encode()


def plain(value: object) -> str:
    """Text of a list as a page shows it: nothing unseen, and not without end."""
    text = str(value or "")
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"


class _Translated(FileSystemBytecodeCache):
    """Templates as they were translated. A disk that takes no more holds up no page."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.publishers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # To translate the templates takes as long as to build all that one publication changes.
        bytecode_cache=_Translated(str(folder), "%s.template") if (folder := cache_directory()) else None,
    )

    def rich(message: str, /, **values: object) -> Markup:
        """A text with markup of its own; what is put into it is escaped."""
        return Markup(language.text(message)).format(**values)

    # The same few days, minutes and names stand on thousands of pages. A daemon's every poll brings another minute.
    @lru_cache(MINUTES)
    def day_of(value: date, short: bool) -> Markup:
        said = language.short_day(value, with_year=True) if short else language.day(value)
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), said)

    def day(value: date | datetime, short: bool = False) -> Markup:
        return day_of(value.date() if isinstance(value, datetime) else value, short)

    @lru_cache(MINUTES)
    def minute(value: datetime, ago: bool = False) -> Markup:
        kind = Markup(' class="ago"') if ago else ""
        return Markup('<time{} datetime="{}">{}</time>').format(kind, iso(value), language.minute(value))

    @cache
    def state_name(code: str | None) -> str:
        return STATE_NAMES.get(code or "") or language.text("State not readable")

    @cache
    def model_name(code: str | None) -> str:
        return language.text(MODEL_NAMES[code]) if code in MODEL_NAMES else language.text("Model not readable")

    tables: dict[tuple[str, str | None], tuple[Sequence[Known], Markup]] = {}

    def rows_of(about: str, state: str | None, rows: Sequence[Known]) -> Markup:
        # Of the longest tables there are, most are the same from one publication to the next.
        key = (about, state)
        if key not in tables or tables[key][0] != rows:
            html = parts["rows"].render(about=about, rows=rows)
            tables[key] = (rows, Markup(html.strip()))
        return tables[key][1]

    items: dict[tuple[object, ...], Markup] = {}

    def event_item(event: Event, base: str, about: str) -> Markup:
        # An event stands on many pages, and on most of them still at the next publication.
        listing = event.listing
        key = (event.id, event.at, event.kind, event.publication, listing and (listing.agency, listing.model), base, about)
        if key not in items:
            if len(items) >= ITEMS:
                items.clear()
            items[key] = Markup(parts["event"].render(event=event, base=base, about=about).strip())
        return items[key]

    def marked(kind: str, number: int) -> str:
        """What stands after the number of events of a kind."""
        return language.plural(WORDS[kind].mark, WORDS[kind].mark, number).lower()

    environment.globals.update(
        rows_of=rows_of,
        event_item=event_item,
        lang=language,
        t=language.text,
        n=language.plural,
        h=rich,
        marked=marked,
        words={kind: language.plural(words.mark, words.mark, 1) for kind, words in WORDS.items()},
        kinds={kind: language.text(name) for kind, name in KIND_NAMES.items()},
        lists={name: language.text(said) for name, said in LIST_NAMES.items()},
        status={name: language.text(said) for name, said in STATUS.items()},
        outcomes={kind: language.text(said) for kind, said in OUTCOMES.items()},
        fields={name: language.text(said) for name, said in FIELDS.items()},
        models={code: language.text(name) for code, name in MODEL_NAMES.items()},
        state_name=state_name,
        model_name=model_name,
    )
    environment.filters.update(day=day, minute=minute, num=language.number, plain=plain, iso=iso)
    # A global, for to import it into each template takes as long as to render one.
    environment.globals["m"] = environment.get_template("site/macros.html.j2").module
    parts = {name: environment.get_template(f"site/{name}.html.j2") for name in ("rows", "event")}
    return environment
