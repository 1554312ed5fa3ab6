"""A message as text, as HTML and as Slack's mrkdwn, by the templates in `templates/`. A user's folder may replace any of them.

What a template prints is escaped for its format, whatever it is: a cell of the source is never obeyed.
"""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
)
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from monitor.notifiers import BadChannel
from monitor.notifiers.messages import Message
from monitor.notifiers.samples import samples
from monitor.notifiers.wording import plain

log = logging.getLogger(__name__)

TEXT, HTML, MARKDOWN, SLACK = "text.j2", "mail.html.j2", "markdown.j2", "slack.j2"
NAMES = (TEXT, HTML, MARKDOWN, SLACK)


class Renderer:
    """Renders messages by the templates of `folder`, and by those of the package where the folder has none of the name."""

    def __init__(self, folder: Path | None = None) -> None:
        package = PackageLoader("monitor.notifiers")
        self._folder = folder
        self._builtin = _environments(package)
        self._chosen = self._builtin
        if folder is not None:
            # The package's own are also to be had as monitor/…, so that a user's may include the one it replaces.
            self._chosen = _environments(ChoiceLoader([FileSystemLoader(folder), package, PrefixLoader({"monitor": package})]))

    def text(self, message: Message) -> str:
        """The message without its title, as plain text."""
        return self._render(TEXT, message).strip() + "\n"

    def html(self, message: Message, image: str = "") -> str:
        """The message as an HTML document; `image` is the address (cid: or data:) of its chart."""
        return self._render(HTML, message, image).strip() + "\n"

    def markdown(self, message: Message) -> str:
        """The message without its title, as Markdown."""
        return self._render(MARKDOWN, message).strip() + "\n"

    def slack(self, message: Message) -> list[str]:
        """The message without its title in Slack's mrkdwn, paragraph by paragraph."""
        paragraphs = (paragraph.strip("\n") for paragraph in self._render(SLACK, message).split("\n\n"))
        return [paragraph for paragraph in paragraphs if paragraph.strip()]

    def check(self) -> None:
        """Renders a message of each sort with the user's templates. Raises BadChannel: which file, which line, what is wrong."""
        if self._folder is None:
            return
        found = [name for name in NAMES if (self._folder / name).is_file()]
        if not found:
            raise BadChannel((("templates",), f"{self._folder} is no folder that holds {', '.join(NAMES[:-1])} or {NAMES[-1]}"))
        mistakes = {_reason(error, self._folder / name) for name in found for error in self._errors(name)}
        if mistakes:
            raise BadChannel(*((("templates",), mistake) for mistake in sorted(mistakes)))

    def _errors(self, name: str) -> list[Exception]:
        errors = []
        for message in samples():
            try:
                self._chosen[name].get_template(name).render(message=message, image="cid:chart")
            except Exception as error:
                # Whatever a template's own code raises is a mistake in it.
                errors.append(error)
        return errors

    def _render(self, name: str, message: Message, image: str = "") -> str:
        try:
            return self._chosen[name].get_template(name).render(message=message, image=image)
        except Exception as error:
            if self._folder is None:
                raise
            # A message must not be lost because a template cannot say it.
            log.error("%s; the built-in template says it instead", _reason(error, self._folder / name))
            return self._builtin[name].get_template(name).render(message=message, image=image)


class Mrkdwn(str):
    """Text that is mrkdwn already and is not escaped again."""

    __slots__ = ()


def _html(value: object) -> object:
    return value if isinstance(value, Markup) else plain(value)


def escape(text: str) -> str:
    """`text` so that Slack shows it as it is: `<!channel>` in a cell mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(value: object) -> Mrkdwn:
    """A value as mrkdwn of one line that shows it as it is; a zero-width blank keeps *, _, ~ and ` from becoming formatting."""
    if isinstance(value, Mrkdwn):
        return value
    return Mrkdwn("".join(f"\u200b{c}" if c in "*_~`" else c for c in escape(plain(value))))


def address(url: str) -> str:
    """A link's address as it may stand in mrkdwn."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._", errors="replace").replace("&", "&amp;")


# Slack refuses a link of more than 3,000 characters and gives a section no more.
_LONGEST_TEXT, _LONGEST_ADDRESS = 600, 600


def _slack_text(value: object) -> object:
    text = mrkdwn(value)
    if isinstance(value, Mrkdwn) or len(text) <= _LONGEST_TEXT:
        return text
    return Mrkdwn(cut(text, _LONGEST_TEXT))


def slack_link(url: str | None, text: str) -> Mrkdwn:
    """A link, or nothing where there is no address or Slack would refuse it."""
    where = address(url or "")
    return Mrkdwn(f"<{where}|{mrkdwn(text)}>") if 0 < len(where) < _LONGEST_ADDRESS else Mrkdwn("")


def cut(text: str, limit: int) -> str:
    """`text` within `limit` characters; an escaped character is not cut in half."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    if "&" in short[-5:] and ";" not in short[short.rindex("&") :]:
        short = short[: short.rindex("&")]
    return short + "…"


def _environments(loader: BaseLoader) -> dict[str, SandboxedEnvironment]:
    common: dict[str, Any] = {
        "loader": loader,
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "keep_trailing_newline": True,
    }
    text = SandboxedEnvironment(**common, finalize=plain)
    html = SandboxedEnvironment(**common, autoescape=True, finalize=_html)
    markdown = SandboxedEnvironment(**common, finalize=_markdown)
    slack = SandboxedEnvironment(**common, finalize=_slack_text)
    slack.filters["link"] = slack_link
    return {TEXT: text, HTML: html, MARKDOWN: markdown, SLACK: slack}


def _markdown(value: object) -> object:
    """A value as Markdown that shows it as it is; an address stands as it came, with what would end it encoded."""
    text = plain(value)
    if re.fullmatch(r"https?://\S+", text):
        return quote(text, safe=":/?#[]@!$&'*+,;=%~-._", errors="replace")
    return re.sub(r"([\\`*_\[\]<>~|#]|&(?=#?\w+;))", r"\\\1", text)


def _reason(error: Exception, path: Path) -> str:
    """Which file and line of a user's folder, `path` or one that it includes, and what is wrong there."""
    file, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    if line is None:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == path.parent]
        file, line = (frames[-1].filename, frames[-1].lineno) if frames else (None, None)
    said = str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
    if isinstance(error, TemplateNotFound):
        said = f"there is no template {error.name}"
    return f"{file or path}{f':{line}' if line else ''}: {plain(said)[:200]}"
