"""Charts for messages and pages: figures in, an SVG out, and the PNG of an SVG for readers that show none.

A chart brings its own ground, for it is looked at in dark mail and on dark pages too. No clock, no network, no font of the machine's:
the same figures give the same bytes. A chart says its words in the `language` it is asked for; names it says as they are given.
"""

from __future__ import annotations

from importlib import resources

from monitor.charts.bars import changes_svg, states_bar_svg, waits_svg
from monitor.charts.cards import card_svg
from monitor.charts.drawing import STYLE
from monitor.charts.lines import growth_svg, models_svg, pending_svg
from monitor.charts.maps import county_map_svg, us_map_svg

__all__ = [
    "STYLE",
    "card_svg",
    "changes_svg",
    "county_map_svg",
    "growth_svg",
    "inline",
    "models_svg",
    "pending_svg",
    "png",
    "states_bar_svg",
    "us_map_svg",
    "waits_svg",
]


def inline(svg: str) -> str:
    """A chart's SVG for use inside an HTML page whose style sheet has STYLE: without a style sheet of its own.

    It names no ids, so a page may have several.
    """
    return svg.replace(f"<style>{STYLE}</style>", "", 1)


def png(svg: str, scale: float = 2.0) -> bytes:
    """A chart's SVG as a PNG with `scale` pixels to one of the SVG's, on light ground, whatever fonts the machine has.

    Only text in DejaVu Sans and in Latin letters shows: no other font is known here. Raises ValueError for what is no SVG and for
    a scale that is not positive.
    """
    import resvg_py  # here: only those who want a picture are to wait for it

    with resources.as_file(resources.files("monitor.charts").joinpath("fonts/DejaVuSans-Latin.ttf")) as font:
        return resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, skip_system_fonts=True, font_files=[str(font)])
