"""Rosters by chance, for laws: real counties, cells as ICE prints them, and slips as its typists make them."""

from __future__ import annotations

import csv
from datetime import date
from importlib import resources
from typing import Any

from hypothesis import strategies as st

from monitor.core.places import STATE_NAMES
from tests.core.history import MOA, Row
from tests.support.sheets import JEM, TFM, WSO, row

DATES = [date(2020, 6, 1), date(2025, 5, 7), date(2025, 5, 8), date(2025, 5, 20), date(2025, 6, 1)]


def _counties() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    source = resources.files("monitor.core").joinpath("data/counties.csv").read_text("utf-8")
    for line in csv.DictReader(source.splitlines()):
        found.setdefault(line["state"], []).append(line["name"])
    return found


# Names of real counties by USPS code, for states with several.
COUNTIES = {code: names for code, names in _counties().items() if len(names) > 3 and code in STATE_NAMES}


def agency_of(county: str, body: str = "Sheriff's Office") -> str:
    return f"{county} County {body}"


# -- rows as printed, well or badly ------------------------------------------------------------------------------------------

_STATES = st.sampled_from(["TEXAS", "TEXAS ", "Texas", "TEXSA", "KANSAS", "FLORIDA", "Cons", ""])
_AGENCIES = st.sampled_from(
    [
        *("Smith County Sheriff's Office", "Smith County Sheriff’s Office", "Smith County SO", "Smith Couny Sheriff's Office"),
        *("Smith County Constable Pct. 1", "Smith County Jail", "Clay County Sheriff's Office", "Lake County Sheriff's Office"),
        *(
            "Alder Police Department",
            "City of Alder PD",
            "Alder Beach Police Department",
            "Texas DPS",
            "Department of Public Safety",
        ),
    ]
)
_MODELS = st.sampled_from([TFM, JEM, WSO, "Task Force Officer", "Task Force Model ", "Cons", ""])
_SIGNED = st.sampled_from([*DATES, "7/72025", "05/082025", date(5025, 5, 8), "", "TBD"])
_LINKS = st.sampled_from(["", "", f"{MOA}one.pdf", f"{MOA}ONE.pdf", f"{MOA}two.pdf", f"{MOA}three.pdf"])
_TEXTS = st.sampled_from(["link", "Link", "link pending", "\xa0", ""])


@st.composite
def messy_rows(draw: st.DrawFn) -> Row:
    """One row, any of whose cells may be wrong; agencies come from a small pool, so that rows resemble each other."""
    link = draw(_LINKS)
    return row(
        draw(_STATES),
        draw(_AGENCIES),
        draw(_MODELS),
        draw(_SIGNED),
        link,
        county=draw(st.sampled_from(["", "Smith County", "#N/A"])),
        type=draw(st.sampled_from(["County", "State Agency", "#NA", ""])),
        moa_text=draw(_TEXTS),
        addendum=draw(st.sampled_from(["", "", f"{MOA}addendum.pdf"])),
    )


messy_rosters = st.lists(messy_rows(), min_size=1, max_size=7)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Row]]:
    """Publications of one list, each the one before with rows gone, doubled, come and changed in a cell."""
    rows = draw(messy_rosters)
    history = [rows]
    for _ in range(draw(st.integers(1, 5))):
        following: list[Row] = []
        for one in rows:
            fate = draw(st.sampled_from(["stays", "stays", "stays", "goes", "doubles", "changes"]))
            if fate == "changes":
                other = draw(messy_rows())
                cell = draw(st.sampled_from(sorted(one)))
                following.append({**one, cell: other[cell]})
            elif fate != "goes":
                following += [one] * (2 if fate == "doubles" else 1)
        following += draw(st.lists(st.one_of(messy_rows(), st.sampled_from(history[0])), max_size=2))
        rows = following or draw(st.lists(messy_rows(), min_size=1, max_size=2))
        history.append(rows)
    return history


# -- slips -----------------------------------------------------------------------------------------------------------------------


@st.composite
def slips(draw: st.DrawFn, text: str) -> str:
    """`text` with one slip of a typist: a letter dropped, doubled or transposed with the next, case, blanks, a curly apostrophe."""
    kind = draw(st.sampled_from(["drop", "double", "swap", "upper", "title", "blank", "end", "nbsp", "curly"]))
    if kind in ("drop", "double", "swap"):
        parts = text.split(" ")
        able = [number for number, part in enumerate(parts) if len(part) > 2 and part.isalpha()]
        if not able:
            return text
        number = draw(st.sampled_from(able))
        word = parts[number]
        at = draw(st.integers(0, len(word) - (2 if kind == "swap" else 1)))
        slipped = {
            "drop": word[:at] + word[at + 1 :],
            "double": word[:at] + word[at] + word[at:],
            "swap": word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        }
        return " ".join([*parts[:number], slipped[kind], *parts[number + 1 :]])
    return {
        "upper": text.upper(),
        "title": text.title(),
        "blank": text.replace(" ", "  ", 1),
        "end": f"{text} ",
        "nbsp": text.replace(" ", "\xa0"),
        "curly": text.replace("'", "’"),
    }[kind]


@st.composite
def well_typed_rosters(draw: st.DrawFn) -> list[Row]:
    """Sheriffs of distinct counties in several states, well typed, dates and models few: the hardest case for telling them apart."""
    chosen = draw(
        st.lists(
            st.sampled_from(sorted(COUNTIES)).flatmap(lambda code: st.tuples(st.just(code), st.sampled_from(COUNTIES[code]))),
            min_size=2,
            max_size=8,
            unique=True,
        )
    )
    rows: list[Row] = []
    for number, (code, county) in enumerate(chosen):
        values: dict[str, Any] = {"moa": f"{MOA}{code}_{number}.pdf"} if draw(st.booleans()) else {}
        model, signed = draw(st.sampled_from([TFM, JEM])), draw(st.sampled_from(DATES[2:4]))
        rows.append(row(STATE_NAMES[code].upper(), agency_of(county), model, signed, **values))
    return rows
