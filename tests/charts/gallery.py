"""Every picture of the pages in some of its forms, many figures and none, in any language."""

from __future__ import annotations

from datetime import date, timedelta

from monitor.charts import (
    changes_svg,
    county_map_svg,
    models_svg,
    pending_svg,
    states_bar_svg,
    us_map_svg,
    waits_svg,
)
from monitor.charts.shapes import counties, states
from monitor.texts import Language


def daily(number: int, first: int, step: float) -> list[tuple[str, int]]:
    """A point a day from 21 February 2025 on."""
    return [((date(2025, 2, 21) + timedelta(day)).isoformat(), first + round(day * step)) for day in range(number)]


def weekly(number: int) -> list[tuple[str, int, int]]:
    first = date(2025, 2, 24)
    return [((first + timedelta(7 * week)).isoformat(), week * 7 % 53, week * 3 % 5) for week in range(number)]


def somewhere(state: str) -> dict[str, int]:
    return {fips: number * 7 % 6 for number, fips in enumerate(counties(state).counties)}


COUNTS = {code: (number * number) % 347 for number, code in enumerate(states())}


def pictures(language: Language) -> dict[str, str]:
    return {
        "models": models_svg(
            {"JEM": daily(500, 68, 0.2), "TFM": daily(500, 20, 2.2), "WSO": daily(500, 51, 0.9)}, language=language
        ),
        "models of one": models_svg({"TFM": [("2026-01-02", 1)]}, language=language),
        "models that are one": models_svg(
            {"JEM": daily(30, 5, 1), "TFM": daily(30, 5, 1), "WSO": daily(30, 5, 1)}, language=language
        ),
        "models at zero": models_svg({"JEM": [("2026-01-02", 0)], "TFM": [("2026-01-02", 0)], "WSO": []}, language=language),
        "models of decades": models_svg({"JEM": daily(9000, 0, 1), "TFM": daily(9000, 0, 111)}, language=language),
        "no models": models_svg({}, language=language),
        "changes": changes_svg(weekly(72), language=language),
        "changes of one": changes_svg([("2026-01-05", 0, 3)], language=language),
        "changes of none": changes_svg([("2026-01-05", 0, 0)], language=language),
        "changes of decades": changes_svg(weekly(3000), language=language),
        "no changes": changes_svg([], language=language),
        "pending": pending_svg(daily(500, 0, 0.3), language=language),
        "pending of one": pending_svg([("2026-01-02", 12)], language=language),
        "pending of decades": pending_svg(daily(9000, 0, 12), language=language),
        "no pending": pending_svg([], language=language),
        "waits": waits_svg([number * number % 97 for number in range(1800)] + [400, 700], language=language),
        "waits of one": waits_svg([12], language=language),
        "waits of none": waits_svg([0, 0, 0], language=language),
        "waits below 0": waits_svg([-40, 0, 3, 5, 60], language=language),
        "waits of decades": waits_svg([*range(9000)], language=language),
        "no waits": waits_svg([], language=language),
        "states": states_bar_svg([(shape.name, COUNTS[code]) for code, shape in states().items()], language=language),
        "states of one": states_bar_svg([("Texas", 1)], language=language),
        "states of thousands": states_bar_svg(
            [(f"Nowhere {number}", 10**6 * number) for number in range(3000)], language=language
        ),
        "no states": states_bar_svg([], language=language),
        "country": us_map_svg(COUNTS, language=language),
        "country linked": us_map_svg(COUNTS, link=lambda code: f"/states/{code}", language=language),
        "country of one": us_map_svg({"TX": 1}, language=language),
        "country of thousands": us_map_svg(dict.fromkeys(states(), 45_678), language=language),
        "no country": us_map_svg({}, language=language),
        "no counties": county_map_svg("DC", {}, language=language),
        **{f"counties {state}": county_map_svg(state, somewhere(state), language=language) for state in states()},
    }
