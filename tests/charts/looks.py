"""How a test sees a picture: its elements, what colour they have on which ground, and where its text stands."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from lxml import etree

from monitor.charts.drawing import text_width

NS = {"svg": "http://www.w3.org/2000/svg"}
DARK, NARROW = "@media (prefers-color-scheme:dark)", "@media (max-width:"


@dataclass(frozen=True)
class Box:
    """About what a piece of text covers, in the picture's units."""

    words: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def found(svg: str, xpath: str) -> list[etree._Element]:
    return parsed(svg).xpath(xpath, namespaces=NS)


def titles(svg: str) -> list[str]:
    """What a reader is told who points at the picture's parts; the title of the whole left out."""
    return [title.text for title in found(svg, "/svg:svg//*/svg:title")]


def colour(element: etree._Element, name: str, dark: bool = False) -> str:
    """#rrggbb of an element's `fill` or `stroke` by the style sheet of its picture."""
    style = element.getroottree().findtext("svg:style", namespaces=NS)
    light, rest = style.split(DARK)
    rules = rest.split(NARROW)[0] if dark else light
    (value,) = [
        value
        for kind in element.get("class").split()
        for declarations in re.findall(rf"\.chart \.{re.escape(kind)}\{{([^}}]*)\}}", rules)
        for value in re.findall(rf"\b{name}:(#[0-9a-f]{{6}})", declarations)
    ]
    return value


def light(value: str) -> list[float]:
    """#rrggbb as linear light, 0 to 1."""
    parts = [part / 255 for part in bytes.fromhex(value.removeprefix("#"))]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(value: str) -> float:
    red, green, blue = light(value)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def boxes(svg: str, narrow: bool = False) -> list[Box]:
    """The boxes of all text that shows; `narrow`: on a screen on which the type of wide pictures is larger."""
    narrow = narrow and "wide" in parsed(svg).get("class").split()
    sizes = re.search(r"\.wide text\{font-size:(\d+)px\}\.wide \.heading\{font-size:(\d+)px\}", svg) if narrow else None
    result = []
    for text in found(svg, "//svg:text"):
        kinds = text.get("class").split()
        if narrow and "tight" in kinds:
            continue
        size = int(text.get("font-size"))
        if sizes:
            size = int(sizes[2 if "heading" in kinds else 1])
        words = "".join(text.itertext())
        width = text_width(words, size) + sum(float(span.get("dx")) for span in text)
        x, y = float(text.get("x")), float(text.get("y"))
        for group in text.iterancestors():
            moved = re.fullmatch(r"translate\((\S+) (\S+)\)", group.get("transform", ""))
            x, y = (x + float(moved[1]), y + float(moved[2])) if moved else (x, y)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
        result.append(Box(words, left, y - 0.76 * size, left + width, y + 0.2 * size))
    return result


def first_pixel(picture: bytes) -> tuple[int, ...]:
    """Red, green, blue, opacity of a PNG's upper left corner, 0 to 255: whatever its row's filter, there it changes nothing."""
    assert picture[12:16] == b"IHDR"
    assert picture[24:26] == b"\x08\x06", "8 bits each of red, green, blue and opacity"
    at, data = 8, b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        data += picture[at + 8 : at + 8 + length] if picture[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    return tuple(zlib.decompress(data)[1:5])
