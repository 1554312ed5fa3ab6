"""A message as plain text and as HTML; what every channel but Slack needs."""

from __future__ import annotations

from markupsafe import Markup, escape

from monitor.notifiers.messages import Line, Message


def as_text(message: Message) -> str:
    """The message without its title, as plain text."""
    blocks = [message.summary]
    for section in message.sections:
        blocks.append("\n".join((section.title, *(_text_line(line) for line in section.lines))))
    footer = [f"More: {message.url}" if message.url else "", f"Source: {message.source}" if message.source else ""]
    blocks.append("\n".join(line for line in footer if line))
    return "\n\n".join(block for block in blocks if block)


def as_html(message: Message) -> str:
    """The message without its title, as an HTML fragment; everything in it is escaped."""
    parts = [Markup("<p>{}</p>").format(message.summary)]
    for section in message.sections:
        lines = Markup("").join(Markup("<li>{}</li>").format(_html_line(line)) for line in section.lines)
        parts.append(Markup("<h3>{}</h3><ul>{}</ul>").format(section.title, lines))
    links = [(message.url, "More"), (message.source, "ICE's page")]
    anchors = [Markup('<a href="{}">{}</a>').format(url, text) for url, text in links if url]
    if anchors:
        parts.append(Markup("<p>{}</p>").format(Markup(" · ").join(anchors)))
    return str(Markup("\n").join(parts))


def _text_line(line: Line) -> str:
    return f"- {line.mark}: {line.text}" + (f"\n  {line.url}" if line.url else "")


def _html_line(line: Line) -> Markup:
    text = Markup("<strong>{}:</strong> {}").format(line.mark, line.text)
    return text + (Markup(' (<a href="{}">agreement</a>)').format(line.url) if line.url else escape(""))
