"""Models, signing dates and counties as ICE's typists print them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from monitor.core.sheet import Cell
from monitor.core.values import county_name, model_code, printed_date, read_date, signed_date

SEEN_ON = date(2025, 6, 2)

MODELS = {
    "JEM": [
        "Jail Enforcement Model",
        "Jail Enforcement",
        "Jail Enforcment Model ",
        "JAIL ENFORCEMENT MODEL",
        "Jial Enforcement",
        "JEM",
    ],
    "TFM": [
        "Task Force Model",
        "Task Force",
        "Task Force Officer",
        "Task\xa0Force Model",
        "Tsak Force Model",
        "TaskForce",
        "tfm",
    ],
    "WSO": [
        *("Warrant Service Officer", "Warrant Services Officer", "Warrant Service Office", "Warrant Service Officer "),
        *("Warrent Service Officer", "WSO"),
    ],
}


@pytest.mark.parametrize(("code", "printed"), [(code, form) for code, forms in MODELS.items() for form in forms])
def test_every_printed_form_of_a_model_is_read(code: str, printed: str) -> None:
    assert model_code(printed) == code


@pytest.mark.parametrize(
    "printed", ["", " ", "\xa0", "Cons", "link", "Enforcement Model", "Officer", "Jail and Task Force Models"]
)
def test_what_names_no_single_model_is_none(printed: str) -> None:
    assert model_code(printed) is None


DATES = {
    "2025-05-08": date(2025, 5, 8),
    "05/08/2025": date(2025, 5, 8),
    "5/8/2025": date(2025, 5, 8),
    "5/8/25": date(2025, 5, 8),
    " 5/8/2025\xa0": date(2025, 5, 8),
    "05-08-2025": date(2025, 5, 8),
    "5.8.2025": date(2025, 5, 8),
    "05/082025": date(2025, 5, 8),
    "7/72025": date(2025, 7, 7),
    "8/282025": date(2025, 8, 28),
    "12/312024": date(2024, 12, 31),
    "May 8, 2025": date(2025, 5, 8),
    "Feb 26, 2025": date(2025, 2, 26),
    "8 May 2025": date(2025, 5, 8),
    "45785": date(2025, 5, 8),
    "5025-07-07": date(5025, 7, 7),
}


@pytest.mark.parametrize("printed", DATES)
def test_a_printed_date_is_read_however_it_is_typed(printed: str) -> None:
    assert read_date(printed) == DATES[printed]


@pytest.mark.parametrize(
    "printed", ["", "\xa0", "Cons", "TBD", "13/13/2025", "2/30/2025", "111/2025", "5/20/20026", "2025-02-30"]
)
def test_what_is_no_date_is_none(printed: str) -> None:
    assert read_date(printed) is None


@pytest.mark.parametrize(
    ("printed", "signed"),
    [
        ("2002-07-02", date(2002, 7, 2)),  # the oldest agreement of all
        ("2016-01-12", date(2016, 1, 12)),  # may be wrong for 2026, and may be true
        ("2025-06-02", SEEN_ON),
        ("2025-08-01", date(2025, 8, 1)),  # 60 days on: a list may run ahead of a ceremony
        ("2025-08-02", None),
        ("5025-07-07", None),
        ("5/20/20026", None),
        ("1995-12-31", None),
        ("0205-05-20", None),
        ("", None),
    ],
)
def test_only_a_plausible_date_is_a_signing_date(printed: str, signed: date | None) -> None:
    assert signed_date(printed, SEEN_ON) == signed


@pytest.mark.parametrize(
    ("cell", "printed"),
    [
        (datetime(2025, 5, 8), "2025-05-08"),
        (datetime(2025, 5, 8, 13, 30), "2025-05-08"),
        (date(2025, 5, 8), "2025-05-08"),
        (45785.0, "45785"),
        (45785, "45785"),
        ("7/72025", "7/72025"),
        ("5/8/2025 ", "5/8/2025 "),
        (None, ""),
    ],
)
def test_a_signed_cell_is_kept_as_printed_and_a_real_date_as_iso(cell: Cell, printed: str) -> None:
    assert printed_date(cell) == printed


@pytest.mark.parametrize("printed", [None, "", " ", "\xa0", "#N/A", "#NA", "#REF!", "N/A", "n/a", "NA"])
def test_no_county_is_read_from_an_empty_or_erroneous_cell(printed: str | None) -> None:
    assert county_name(printed) is None


def test_a_county_is_tidied_and_otherwise_kept() -> None:
    assert county_name(" Calhoun  County\xa0") == "Calhoun County"
    assert county_name("Nassau") == "Nassau"
