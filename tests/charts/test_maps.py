"""Maps: every state and county in its place, named with its number, a link that the keyboard reaches; shapes that fit together."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.charts import county_map_svg, shapes, us_map_svg
from monitor.charts.maps import CLASSES, class_starts
from monitor.core.places import STATE_NAMES
from tests.charts.looks import NS, boxes, found, parsed, titles

TERRITORIES = {"AS", "GU", "MP", "PR", "VI"}
COUNTS = {"TX": 320, "FL": 345, "GA": 52, "DE": 1, "GU": 1}


def corners(path: str) -> list[list[tuple[int, int]]]:
    """The rings of a path of `M x y l dx dy … z`."""
    rings = []
    for ring in path.removesuffix("z").split("z"):
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        points = [(x, y)]
        for right, down in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + right, y + down
            points.append((x, y))
        rings.append(points)
    return rings


def sides(path: str) -> Counter[frozenset[tuple[int, int]]]:
    """The sides of a path's rings, whichever way round."""
    return Counter(frozenset(side) for ring in corners(path) for side in pairwise([*ring, ring[0]]))


# -- the country ---------------------------------------------------------------------------------------------------------------


def test_every_state_and_territory_is_there_by_the_name_the_monitor_calls_it() -> None:
    assert {code: shape.name for code, shape in shapes.states().items()} == dict(sorted(STATE_NAMES.items()))
    expected = {f"{name}: no agreements" for code, name in STATE_NAMES.items() if code not in COUNTS}
    expected |= {"Texas: 320 agreements", "Florida: 345 agreements", "Georgia: 52 agreements"}
    expected |= {"Delaware: 1 agreement", "Guam: 1 agreement"}
    assert sorted(titles(us_map_svg(COUNTS))) == sorted(expected)


def test_a_territory_is_a_labelled_square_and_so_is_what_is_too_small_to_be_pointed_at() -> None:
    squares = found(us_map_svg({}), "//svg:g[svg:title]/svg:text/text()")
    assert {*squares} == TERRITORIES | {"DC"}
    assert len(found(us_map_svg({}), "//svg:g[svg:title]/svg:path")) == 51


def test_every_state_is_a_link_with_its_name_and_number() -> None:
    svg = us_map_svg(COUNTS, link=lambda code: f"states/{code.lower()}.html")
    links = {link.get("href"): link.findtext("svg:title", namespaces=NS) for link in found(svg, "//svg:a")}
    assert len(links) == 56
    assert links["states/tx.html"] == "Texas: 320 agreements"
    assert all(len(link) > 1 for link in found(svg, "//svg:a")), "a shape or a square to point at"
    assert ".chart a:focus-visible" in svg, "who comes by keyboard sees where"


def test_addresses_are_escaped_and_a_state_without_one_is_no_link() -> None:
    svg = us_map_svg(COUNTS, link=lambda code: f'?a="><script>&s={code}' if code == "TX" else None)
    assert [link.get("href") for link in found(svg, "//svg:a")] == ['?a="><script>&s=TX']
    assert "<script" not in svg
    assert len(titles(svg)) == 56


def test_more_agreements_have_a_stronger_colour_and_the_legend_says_which() -> None:
    svg = us_map_svg(COUNTS)

    def shade(state: str) -> str:
        (shape,) = found(svg, f"//svg:g[svg:title[starts-with(., '{state}:')]]/svg:path")
        return shape.get("class").split()[0]

    assert [shade(state) for state in ("Maine", "Delaware", "Georgia", "Texas")] == ["f-none", "f-class1", "f-class4", "f-class5"]
    assert [box.words for box in boxes(svg)][-6:] == ["none", "1", "2–9", "10–49", "50–199", "200+"]


def test_numbers_stand_in_the_states_that_have_room() -> None:
    assert {"320", "345", "52"} <= {box.words for box in boxes(us_map_svg(COUNTS))}
    assert "1" not in [box.words for box in boxes(us_map_svg(COUNTS))][:-6], "Delaware has none"


def test_the_picture_is_told_in_words() -> None:
    told = parsed(us_map_svg(COUNTS)).findtext("svg:desc", namespaces=NS)
    assert told == "719 agreements in 5 places. Most: Florida 345, Texas 320, Georgia 52."
    assert parsed(us_map_svg({})).findtext("svg:desc", namespaces=NS) == "no agreements."


def test_a_map_is_light_enough_for_a_phone() -> None:
    linked = us_map_svg(dict.fromkeys(STATE_NAMES, 1234), link=lambda code: f"https://example.org/287g/states/{code}/")
    assert len(linked.encode()) < 60_000
    assert max(len(county_map_svg(state, {}).encode()) for state in STATE_NAMES) < 60_000


@pytest.mark.parametrize(("counts", "reason"), [({"XX": 1}, "XX"), ({"": 1}, "code"), ({"TX": -1}, "below 0")])
def test_a_code_of_no_state_and_a_number_below_0_are_refused(counts: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        us_map_svg(counts)


# -- the counties --------------------------------------------------------------------------------------------------------------


def test_a_county_is_named_with_its_kind_and_its_number() -> None:
    texas = titles(county_map_svg("TX", {"48453": 2, "48201": 1}))
    assert len(texas) == 254
    assert {"Travis County: 2 agreements", "Harris County: 1 agreement", "Dallas County: no agreements"} <= {*texas}
    kinds = {name for state in ("LA", "AK", "VA", "MD", "NV", "PR") for name in titles(county_map_svg(state, {}))}
    assert {
        "Bossier Parish: no agreements",
        "Nome Census Area: no agreements",
        "Anchorage Municipality: no agreements",
        "Kenai Peninsula Borough: no agreements",
        "Alexandria city: no agreements",
        "James City County: no agreements",
        "Baltimore city: no agreements",
        "Carson City: no agreements",
        "Ponce Municipio: no agreements",
    } <= kinds


def test_the_counties_are_those_the_monitor_knows() -> None:
    rows = resources.files("monitor.core").joinpath("data/counties.csv").read_text("utf-8").splitlines()[1:]
    known = {(state, fips) for fips, state, _ in (row.split(",") for row in rows)}
    assert {(state, fips) for state in STATE_NAMES for fips in shapes.counties(state).counties} == known


def test_a_county_map_says_how_many_counties_take_part() -> None:
    title = parsed(county_map_svg("LA", {"22015": 2, "22017": 0})).findtext("svg:title", namespaces=NS)
    assert title == "Louisiana, 2 agreements in 1 of 64 parishes"


@pytest.mark.parametrize(
    ("state", "counts", "reason"), [("XX", {}, "XX"), ("TX", {"22015": 1}, "22015"), ("TX", {"48453": -2}, "below 0")]
)
def test_what_is_not_of_the_state_is_refused(state: str, counts: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        county_map_svg(state, counts)


# -- the shapes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(STATE_NAMES))
def test_every_county_has_a_shape_within_its_state_s_frame(state: str) -> None:
    frame = shapes.counties(state)
    assert max(frame.width, frame.height) == 1000
    for county in frame.counties.values():
        rings = corners(county.path)
        assert all(len(ring) >= 3 for ring in rings), county.name
        assert all(0 <= x <= frame.width and 0 <= y <= frame.height for ring in rings for x, y in ring), county.name


def test_neighbours_share_their_border_to_the_last_corner() -> None:
    colorado, *others = (sides(shapes.states()[code].path) for code in ("CO", "WY", "NE", "KS", "OK", "NM", "UT"))
    assert not colorado - sum(others, Counter())
    all_of_texas = Counter[frozenset[tuple[int, int]]]()
    for county in shapes.counties("TX").counties.values():
        all_of_texas += sides(county.path)
    inland = sides(shapes.counties("TX").counties["48453"].path)
    assert {all_of_texas[side] for side in inland} == {2}


def test_the_shapes_are_small_and_come_with_their_licence() -> None:
    folder = resources.files("monitor.charts.shapes")
    files = [folder.joinpath("states.json"), *folder.joinpath("counties").iterdir()]
    assert len(files) == 57
    assert sum(len(file.read_bytes()) for file in files) < 700_000
    assert "Michael Bostock" in folder.joinpath("LICENSE").read_text("utf-8")


# -- the classes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "starts"),
    [(0, []), (1, [1]), (3, [1, 2, 3]), (19, [1, 2, 3, 4, 5]), (60, [1, 2, 5, 10, 50]), (345, [1, 2, 10, 50, 200])],
)
def test_classes_begin_at_round_numbers(most: int, starts: list[int]) -> None:
    assert class_starts(most) == starts


@given(st.integers(1, 10**7))
def test_classes_ascend_from_one_to_the_most(most: int) -> None:
    starts = class_starts(most)
    assert starts == sorted({*starts})
    assert starts[0] == 1
    assert starts[-1] <= most
    assert len(starts) == min(most, CLASSES)
