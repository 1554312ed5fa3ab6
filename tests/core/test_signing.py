"""The day on which an agreement was signed, by its own text."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.core.signing import signed_in

SEEN = date(2025, 6, 2)
TEXTS = {
    "Signature: ____ Date: 05/20/2025": "2025-05-20",
    "Date: 5/7/25": "2025-05-07",
    "Date: 5-20-25": "2025-05-20",
    "Dated 05.20.2025": "2025-05-20",
    "Date: May 20, 2025": "2025-05-20",
    "Date: MAY 20 2025": "2025-05-20",
    "Date: Sept. 3, 2024": "2024-09-03",
    "Date: 20 May 2025": "2025-05-20",
    "Signed this 20th day of May, 2025": "2025-05-20",
    "Digitally signed by X\nDate: 2025.05.20 14:02:11 -04'00'": "2025-05-20",
    "Date: 2025-05-20": "2025-05-20",
    # The latest signature makes it an agreement; what lies after the day on which it was seen is a slip.
    "For the agency: Date: 05/01/2025\nFor ICE: Date: 05/20/2025": "2025-05-20",
    "For ICE: Date: 05/20/2025\nFor the agency: Date: 05/01/2025": "2025-05-20",
    "Date: 05/20/2025\nDate: 05/20/2052": "2025-05-20",
    # What is no date, or none of a signature.
    "Revised 01/15/2025. This agreement supersedes that of June 8, 2020": None,
    "Date: 13/45/2025": None,
    "Date: 02/30/2025": None,
    "Section 287(g), 8 U.S.C. 1357(g); form 05/20": None,
    "Date: ________": None,
    "Date: 05/20/1925": None,
    "": None,
}


@pytest.mark.parametrize("text", TEXTS)
def test_the_last_date_beside_a_signature_is_the_day(text: str) -> None:
    found = signed_in(text, SEEN)
    assert (found.isoformat() if found else None) == TEXTS[text]


def test_a_date_far_from_any_signature_is_none() -> None:
    assert signed_in("Date: " + "x" * 200 + " 05/20/2025", SEEN) is None


def test_a_text_of_digits_without_end_takes_no_time_to_speak_of() -> None:
    assert signed_in("Date: " + "1/" * 200_000 + "Date: 05/20/2025", SEEN) == date(2025, 5, 20)
