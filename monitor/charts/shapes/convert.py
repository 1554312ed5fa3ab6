"""Makes states.json and counties/*.json of the npm package us-atlas; README says how. The program itself never imports this.

Arcs are simplified, not polygons: a border that two neighbours share stays one line.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from monitor.charts.shapes import STRETCH

Point = tuple[float, float]
Ring = list[Point]
Geometry = dict[str, Any]
Move = Callable[[Point], Point]

# The states lie in the plane of us-atlas, 975 x 610 units, in which d3.geoAlbersUsa().scale(1300).translate([487.5, 305]) draws.
# A state's own map has so many units on its longer side:
SIDE = 1000
# A corner whose triangle is smaller (square units) is left out, and so is an island.
STATES_CORNER, STATES_ISLAND = 1.2, 3.0
COUNTIES_CORNER, COUNTIES_ISLAND = 4.0, 10.0
# How many corners' worth is little: what encloses less is drawn ten times as finely.
LITTLE = 100
SPECK = 3
USPS = (
    "01AL 02AK 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 15HI 16ID 17IL 18IN 19IA 20KS 21KY 22LA 23ME 24MD 25MA 26MI 27MN 28MS "
    "29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH 40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI "
    "56WY 60AS 66GU 69MP 72PR 78VI"
)
CODES = {pair[:2]: pair[2:] for pair in USPS.split()}
# The plane of us-atlas has no room for them.
TERRITORIES = {
    "AS": "American Samoa",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "PR": "Puerto Rico",
    "VI": "U.S. Virgin Islands",
}
ALASKA = {
    "City and Borough": {"Juneau", "Sitka", "Wrangell", "Yakutat"},
    "Municipality": {"Anchorage", "Skagway"},
    "Census Area": {
        *("Aleutians West", "Bethel", "Dillingham", "Hoonah-Angoon", "Kusilvak", "Nome", "Prince of Wales-Hyder"),
        *("Southeast Fairbanks", "Valdez-Cordova", "Yukon-Koyukuk"),
    },
}


class Topology:
    """A TopoJSON file with the arcs that were asked for, moved to another plane and simplified there."""

    def __init__(self, path: Path) -> None:
        self.file: dict[str, Any] = json.loads(path.read_text("utf-8"))
        (self.x_scale, self.y_scale), (self.x, self.y) = self.file["transform"]["scale"], self.file["transform"]["translate"]

    def geometries(self, name: str) -> list[Geometry]:
        found: list[Geometry] = self.file["objects"][name]["geometries"]
        return found

    def arc(self, number: int) -> list[Point]:
        """An arc's corners in the file's plane."""
        column, row, corners = 0, 0, []
        for right, down in self.file["arcs"][number]:
            column, row = column + right, row + down
            corners.append((column * self.x_scale + self.x, row * self.y_scale + self.y))
        return corners

    def points(self, geometries: Iterable[Geometry]) -> list[Point]:
        return [point for geometry in geometries for ring in rings(geometry) for arc in ring for point in self.arc(at(arc))]

    def drawn(self, geometries: Sequence[Geometry], move: Move, corner: float, island: float) -> list[list[Ring]]:
        """The closed rings of each geometry in whole units, the largest first; islands smaller than `island` are left out."""
        arcs = {
            number: self.whole(number, move) for geometry in geometries for ring in rings(geometry) for number in map(at, ring)
        }
        # What encloses little keeps its corners, on either side: it would be left with none.
        little = {
            number
            for geometry in geometries
            for ring in rings(geometry)
            if area(joined(ring, arcs)) < LITTLE * corner
            for number in map(at, ring)
        }
        drawn = {number: simplified(arc, corner / 10 if number in little else corner) for number, arc in arcs.items()}
        shapes = [sorted((joined(ring, drawn) for ring in rings(geometry)), key=area, reverse=True) for geometry in geometries]
        large = [[ring for place, ring in enumerate(shape) if place == 0 or area(ring) >= island] for shape in shapes]
        return [shape if area(shape[0]) else [speck(shape[0])] for shape in large]

    def whole(self, number: int, move: Move) -> list[Point]:
        """An arc's corners in whole units of another plane, none twice in a row."""
        corners = [(float(round(x)), float(round(y))) for x, y in map(move, self.arc(number))]
        return [corners[0], *(point for before, point in pairwise(corners) if point != before)]


def speck(ring: Ring) -> Ring:
    """A little square on its corner, for what the package itself draws as a line (Falls Church, Virginia)."""
    x, y = map(round, middle(ring))
    return [(x, y - SPECK), (x + SPECK, y), (x, y + SPECK), (x - SPECK, y), (x, y - SPECK)]


def at(number: int) -> int:
    """An arc's place in the file; ~place is the arc gone through backwards."""
    return max(number, ~number)


def joined(ring: Iterable[int], arcs: Mapping[int, Ring]) -> Ring:
    """A ring's corners, the last again the first."""
    corners = [point for number in ring for point in (arcs[number] if number >= 0 else arcs[at(number)][::-1])]
    return [corners[0], *(point for before, point in pairwise(corners) if point != before)]


def rings(geometry: Geometry) -> list[list[int]]:
    """A geometry's rings, each as the numbers of its arcs."""
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    return [ring for polygon in polygons for ring in polygon]


def triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def area(ring: Sequence[Point]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def simplified(arc: list[Point], corner: float) -> list[Point]:
    """An arc without its lesser corners (Visvalingam & Whyatt 1993); both ends stay, and of a ring two corners more."""
    fewest = min(len(arc), 4) if arc[0] == arc[-1] else 2
    kept = list(arc)
    while len(kept) > fewest:
        sizes = [triangle(*kept[number - 1 : number + 2]) for number in range(1, len(kept) - 1)]
        least = min(sizes)
        if least >= corner:
            break
        del kept[sizes.index(least) + 1]
    return kept


def path(found: Iterable[Sequence[Point]]) -> str:
    """The `d` of an SVG path: an absolute beginning and relative steps, all whole."""
    pieces = []
    for ring in found:
        x, y = ring[0]
        words = f"M{x:.0f} {y:.0f}l"
        for right, down in ((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring[:-1])):
            words += f"{'' if right < 0 or words.endswith('l') else ' '}{right:.0f}{'' if down < 0 else ' '}{down:.0f}"
        pieces.append(words + "z")
    return "".join(pieces)


def roomiest(ring: Sequence[Point]) -> tuple[float, float, float]:
    """(x, y, half the width) of where in a ring a label has most room: in a plane stretched as much as a label is wide."""
    corners = [(x, y * STRETCH) for x, y in ring]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    x, y, reach = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2
    best = (room((x, y), corners), x, y)
    for _ in range(5):
        steps = [step / 15 * reach for step in range(-15, 16)]
        best = max([best, *((room((x + dx, y + dy), corners), x + dx, y + dy) for dx in steps for dy in steps)])
        (_, x, y), reach = best, reach / 6
    return round(x, 1), round(y / STRETCH, 1), round(best[0], 1)


def room(point: Point, ring: Sequence[Point]) -> float:
    """How far a point in a ring is from its border; less than 0 outside."""
    (x, y), inside, nearest = point, False, math.inf
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
        length = (bx - ax) ** 2 + (by - ay) ** 2
        share = min(1.0, max(0.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) if length else 0.0
        nearest = min(nearest, math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay)))
    return nearest if inside else -nearest


def upright(points: Sequence[Point]) -> Move:
    """Turns the plane of the lower 48 so that north is up at the middle of `points`: all meridians meet in one point of it."""
    n = (math.sin(math.radians(29.5)) + math.sin(math.radians(45.5))) / 2
    c = 1 + math.sin(math.radians(29.5)) * (2 * n - math.sin(math.radians(29.5)))
    centre = math.sqrt(c - 2 * n * math.sin(math.radians(38.7))) / n
    pole_x = 487.5 + 1300 * centre * math.sin(n * math.radians(0.6))
    pole_y = 305 - 1300 * centre * math.cos(n * math.radians(0.6))
    x, y = middle(points)
    turn = math.atan2(x - pole_x, y - pole_y)
    return lambda point: (
        point[0] * math.cos(turn) - point[1] * math.sin(turn),
        point[0] * math.sin(turn) + point[1] * math.cos(turn),
    )


def plain(points: Sequence[Point]) -> Move:
    """Longitude and latitude as equal distances, true in the middle of `points`."""
    shrink = math.cos(math.radians(middle(points)[1]))
    return lambda point: (point[0] * shrink, -point[1])


def middle(points: Sequence[Point]) -> Point:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def fitted(points: Sequence[Point], turn: Move) -> tuple[Move, int, int]:
    """(move, width, height): turns and puts `points` into a frame of whole units, SIDE on its longer side."""
    moved = [turn(point) for point in points]
    left, top = min(x for x, _ in moved), min(y for _, y in moved)
    width, height = max(x for x, _ in moved) - left, max(y for _, y in moved) - top
    scale = SIDE / max(width, height)

    def move(point: Point) -> Point:
        x, y = turn(point)
        return (x - left) * scale, (y - top) * scale

    return move, round(width * scale), round(height * scale)


def county_name(fips: str, name: str) -> str:
    """A county's name with its kind, as the Census Bureau writes it; independent cities have the numbers from 510."""
    state = CODES[fips[:2]]
    if state in {"DC", *TERRITORIES} - {"PR"} or name == "Carson City":
        return name
    if state == "AK":
        return f"{name} {next((kind for kind, names in ALASKA.items() if name in names), 'Borough')}"
    if fips[2:] >= "510":
        return f"{name} city"
    return f"{name} { {'LA': 'Parish', 'PR': 'Municipio'}.get(state, 'County') }"


def listed(lines: dict[str, str]) -> str:
    """A JSON object of keys and JSON values, in the order of the keys, a line each: a new edition is to show its differences."""
    return "{\n" + ",\n".join(f'"{key}": {value}' for key, value in sorted(lines.items())) + "\n}\n"


def convert(package: Path, target: Path) -> None:
    """Reads the files of an unpacked us-atlas and writes the shapes beside this script."""
    states = Topology(package / "states-albers-10m.json")
    lines = {code: json.dumps({"name": name}) for code, name in TERRITORIES.items()}
    geometries = states.geometries("states")
    drawn = states.drawn(geometries, lambda point: point, STATES_CORNER, STATES_ISLAND)
    for geometry, found in zip(geometries, drawn, strict=True):
        shape = {"name": geometry["properties"]["name"], "label": roomiest(found[0]), "path": path(found)}
        lines[CODES[geometry["id"]]] = json.dumps(shape)
    target.joinpath("states.json").write_text(listed(lines), "utf-8")

    albers, degrees = Topology(package / "counties-albers-10m.json"), Topology(package / "counties-10m.json")
    target.joinpath("counties").mkdir(exist_ok=True)
    for number, state in CODES.items():
        topology = albers if any(geometry["id"] == number for geometry in albers.geometries("states")) else degrees
        counties = [geometry for geometry in topology.geometries("counties") if geometry["id"].startswith(number)]
        points = topology.points(counties)
        turn: Move = (lambda point: point) if state in ("AK", "HI") else upright(points) if topology is albers else plain(points)
        move, width, height = fitted(points, turn)
        shapes = {}
        for geometry, found in zip(counties, topology.drawn(counties, move, COUNTIES_CORNER, COUNTIES_ISLAND), strict=True):
            shape = {"name": county_name(geometry["id"], geometry["properties"]["name"]), "path": path(found)}
            shapes[geometry["id"]] = json.dumps(shape, ensure_ascii=False)
        whole = {"width": str(width), "height": str(height), "counties": listed(shapes).strip()}
        target.joinpath(f"counties/{state}.json").write_text(listed(whole), "utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(__file__).parent)
