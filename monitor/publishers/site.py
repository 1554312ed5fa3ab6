"""The public page: what stands, what changed last, where to subscribe. Plain HTML that works without JavaScript."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.config import Settings
from monitor.core.roster import PARTICIPATING, PENDING
from monitor.core.values import MODEL_NAMES
from monitor.notifiers.messages import Message
from monitor.publishers.items import items
from monitor.report import figures
from monitor.store import Store

# As many as the feed holds: every item of it has its place on the page.
SHOWN = 100


def home(store: Store, settings: Settings) -> bytes:
    """The front page. It changes when the log does, not with the clock."""
    page = _environment().get_template("index.html.j2")
    return page.render(
        agreements=figures(store.standing(PARTICIPATING)),
        pending=figures(store.standing(PENDING)),
        models=MODEL_NAMES,
        items=items(store, settings, SHOWN),
        watched=settings.page,
    ).encode()


def fragment(message: Message) -> str:
    """A message as an HTML fragment, for feeds; everything in it is escaped."""
    return _environment().get_template("item.html.j2").render(message=message)


def style() -> bytes:
    """The page's style sheet."""
    return resources.files("monitor.publishers").joinpath("static/style.css").read_bytes()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("monitor.publishers"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
