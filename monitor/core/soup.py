"""Beautiful Soup as the page's reader uses it: on Python's own parser, with the ends that HTML leaves out, and not without limits."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """A module that is executed when something of it is first asked for.

    The standard library's LazyLoader, before Python 3.12, does so already when it is imported a second time.
    """

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        assert self.__spec__ and self.__spec__.loader
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def _import_later(name: str) -> None:
    spec = importlib.util.find_spec(name) if name not in sys.modules else None
    if spec:
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        module.__class__ = _Later


# Beautiful Soup imports what it may need, and that takes longer than to read a page.
for _name in ("soupsieve", "chardet", "charset_normalizer"):
    _import_later(_name)

from bs4 import BeautifulSoup, Tag  # noqa: E402
from bs4.element import Comment, NavigableString  # noqa: E402

__all__ = ["CELLS", "HEADINGS", "Comment", "NavigableString", "Soup", "Tag"]

# Elements within elements. A real page has some 30; each level may be looked through once for every one above it.
_DEPTH = 512
HEADINGS = frozenset(("h1", "h2", "h3"))
CELLS = frozenset(("td", "th"))
# What ends at a start tag, where it stands within the same (here only: what the reader looks at, and what may go on for long).
_ENDED_BY: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "a": (frozenset(("a",)), frozenset(("table",))),
    "li": (frozenset(("li",)), frozenset(("ul", "ol", "menu", "table"))),
    "p": (frozenset(("p",)), frozenset(("div", "section", "article", "main", "li", "td", "th", "blockquote", "table"))),
    "tr": (frozenset(("tr",)), frozenset(("table",))),
    **dict.fromkeys(CELLS, (CELLS, frozenset(("tr", "table")))),
    **dict.fromkeys(HEADINGS, (HEADINGS, frozenset())),
}


class Soup(BeautifulSoup):
    """A page's elements, nested no deeper than `_DEPTH`, those whose end tag is left out ended where HTML ends them. Raises ValueError."""

    def handle_starttag(self, name: str, *others: Any, **more: Any) -> Tag | None:
        ended, within = _ENDED_BY.get(name, (frozenset(), frozenset()))
        for opened in reversed(self.tagStack if ended else ()):
            if opened.name in within:
                break
            if opened.name in ended:
                self.handle_endtag(opened.name)
                break
        if len(self.tagStack) > _DEPTH:
            raise ValueError(f"it has more than {_DEPTH} elements within each other")
        return super().handle_starttag(name, *others, **more)
