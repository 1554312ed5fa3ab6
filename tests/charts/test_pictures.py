"""What holds for every picture of the pages: sound, legible on light and dark ground, on phones, without colours, as a PNG."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from monitor.charts import STYLE, changes_svg, county_map_svg, growth_svg, inline, png, us_map_svg
from monitor.charts.drawing import COLOURS
from monitor.texts import languages
from tests.charts.gallery import COUNTS, pictures, somewhere, weekly
from tests.charts.looks import NS, boxes, colour, contrast, first_pixel, found, light, luminance, parsed

ENGLISH, *OTHERS = languages()
PICTURES = pictures(ENGLISH) | {f"{other.code}: {name}": svg for other in OTHERS for name, svg in pictures(other).items()}
FEW = [name for name in PICTURES if "counties " not in name or name[-2:] in ("TX", "AK", "PR")]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_what_it_is_and_fills_the_room_it_is_given(name: str) -> None:
    root = parsed(PICTURES[name])
    assert root.get("role") == ("group" if name.endswith("linked") else "img")
    assert [root[0].tag, root[1].tag] == [f"{{{NS['svg']}}}title", f"{{{NS['svg']}}}desc"]
    assert root[0].text
    assert root[1].text.endswith(".")
    assert root.get("viewBox").startswith("0 0 ")
    assert root.get("width") is root.get("height") is None


@pytest.mark.parametrize("name", PICTURES)
def test_all_text_stands_within_the_picture_and_no_two_pieces_meet(name: str) -> None:
    width, height = map(float, parsed(PICTURES[name]).get("viewBox").split()[2:])
    for narrow in (False, True):
        standing = boxes(PICTURES[name], narrow)
        assert standing
        assert [box for box in standing if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height] == []
        assert [(one.words, other.words) for one, other in combinations(standing, 2) if one.meets(other)] == []


@pytest.mark.parametrize("name", FEW)
def test_text_is_nine_pixels_high_on_a_phone_of_320(name: str) -> None:
    width = float(parsed(PICTURES[name]).get("viewBox").split()[2])
    sizes = {int(size) for size in re.findall(r'font-size="(\d+)"', PICTURES[name])}
    if 'class="chart wide"' in PICTURES[name]:
        sizes = {int(size) for size in re.findall(r"font-size:(\d+)px", PICTURES[name])}
    assert min(sizes) * 320 / width >= 9


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", FEW)
def test_text_can_be_read_on_what_it_stands_on(name: str, dark: bool) -> None:
    column = 1 if dark else 0
    for text in found(PICTURES[name], "//svg:text"):
        kind = text.get("class").split()[0].removeprefix("f-")
        grounds = [f"class{kind[-1]}"] if kind.startswith("on") else ["paper", "none"] if kind == "quiet" else ["paper"]
        for ground in grounds:
            assert contrast(colour(text, "fill", dark), COLOURS[ground][column]) >= 4.5, f"{kind} on {ground}"


# Machado, Oliveira & Fernandes 2009, severity 1: what linear light is to those who lack a kind of cone.
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no long": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no middle": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no short": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(value: str, sight: str) -> tuple[float, float, float]:
    """CIE L*a*b* of #rrggbb as someone sees it."""
    linear = [min(1, max(0, sum(a * b for a, b in zip(row, light(value), strict=True)))) for row in SIGHTS[sight]]
    rows = ((0.4339, 0.3762, 0.1899), (0.2126, 0.7152, 0.0722), (0.0178, 0.1095, 0.8727))
    x, y, z = (sum(a * b for a, b in zip(row, linear, strict=True)) for row in rows)
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("column", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_lines_and_classes_stay_apart_for_whoever_looks(sight: str, column: int) -> None:
    lines = [COLOURS[name][column] for name in ("first", "second", "third")]
    for one, other in combinations(lines, 2):
        assert sum((a - b) ** 2 for a, b in zip(seen(one, sight), seen(other, sight), strict=True)) ** 0.5 > 20
    lightness = [seen(COLOURS[name][column], sight)[0] for name in ("none", *(f"class{number}" for number in range(1, 6)))]
    assert lightness == sorted(lightness, reverse=column == 0)
    assert min(abs(one - other) for one, other in combinations(lightness, 2)) > 8


def test_the_ground_is_light_by_day_and_dark_by_night() -> None:
    (ground,) = found(PICTURES["pending"], "/svg:svg/svg:rect[1]")
    assert luminance(colour(ground, "fill")) > 0.9
    assert luminance(colour(ground, "fill", dark=True)) < 0.02


def test_every_picture_has_the_same_style_sheet_and_no_class_is_without_colours() -> None:
    sheets = {parsed(svg).findtext("svg:style", namespaces=NS) for svg in [*PICTURES.values(), growth_svg([("2026-01-02", 1)])]}
    (sheet,) = sheets
    used = {kind for svg in PICTURES.values() for classes in re.findall(r' class="([^"]+)"', svg) for kind in classes.split()}
    assert {kind for kind in used if f".{kind}{{" not in sheet} == {"chart", "wide"}, "what the others are below"


@pytest.mark.parametrize("name", FEW)
def test_within_a_page_a_picture_has_the_page_s_style_sheet_and_no_ids(name: str) -> None:
    svg = inline(PICTURES[name])
    assert found(svg, "//svg:style | //@id | //@style") == []
    with_style = svg.replace("</desc>", f"</desc><style>{STYLE}</style>", 1)
    assert with_style == PICTURES[name], "nothing else is missing"
    assert inline(svg) == svg


def test_the_same_figures_give_the_same_picture() -> None:
    assert us_map_svg(dict(reversed(COUNTS.items()))) == PICTURES["country"]
    assert county_map_svg("TX", somewhere("TX")) == PICTURES["counties TX"]
    assert changes_svg(weekly(72)) == PICTURES["changes"]


@pytest.mark.parametrize("name", FEW)
def test_as_a_png_it_is_the_light_picture_and_not_blank(name: str) -> None:
    svg = PICTURES[name]
    picture = png(svg, 0.5)
    assert min(first_pixel(picture)) > 240, "light ground, opaque"
    style = parsed(svg).findtext("svg:style", namespaces=NS)
    assert png(svg.replace(style, style.split("@media")[0]), 0.5) == picture, "what is for dark or narrow screens shows"
    root = parsed(svg)
    assert len(picture) > len(png(f'<svg xmlns="{NS["svg"]}" viewBox="{root.get("viewBox")}"/>', 0.5)) + 200
