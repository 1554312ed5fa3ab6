"""The shapes of the states and of their counties, read from the files beside this one when first asked for; README says whence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

# The units of the plane of the states.
PLANE_WIDTH, PLANE_HEIGHT = 975, 610
# A label is about so many times wider than high.
STRETCH = 2.2


@dataclass(frozen=True, slots=True)
class StateShape:
    """A state in the plane of all; `path` is an SVG path's `d`, empty for a territory, which is not in the plane.

    `label` is (x, y, half the width of the room) of where a label fits best: in an ellipse STRETCH times wider than high.
    """

    name: str
    path: str = ""
    label: tuple[float, float, float] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class CountyShape:
    """A county in its state's frame: its name with its kind ("Travis County"), and the `d` of an SVG path."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class CountyShapes:
    """All counties of a state by FIPS code, and the units of its frame: north is up, the longer side has 1,000."""

    width: int
    height: int
    counties: Mapping[str, CountyShape]


@cache
def states() -> Mapping[str, StateShape]:
    """The states, DC and the five territories by USPS code, in the order of the codes."""
    found = json.loads(resources.files("monitor.charts.shapes").joinpath("states.json").read_text("utf-8"))
    return {code: StateShape(**{**shape, "label": tuple(shape.get("label", (0, 0, 0)))}) for code, shape in found.items()}


@cache
def counties(state: str) -> CountyShapes:
    """The counties of a state or territory by USPS code. Raises ValueError for a code of none."""
    if state not in states():
        raise ValueError(f"no state has the code {state!r}")
    found = json.loads(resources.files("monitor.charts.shapes").joinpath(f"counties/{state}.json").read_text("utf-8"))
    shapes = {fips: CountyShape(**shape) for fips, shape in found["counties"].items()}
    return CountyShapes(found["width"], found["height"], shapes)
