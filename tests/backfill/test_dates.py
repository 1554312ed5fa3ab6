"""When a file was published, by its name."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from monitor.backfill.dates import dated

NAMES = {
    "participatingAgencies05292025am.xlsx": "2025-05-29 14:00 ice",
    "participatingAgencies09292025mid.xlsx": "2025-09-29 17:00 ice",
    "pendingAgencies11122025.xlsx": "2025-11-12 17:00 ice",
    "participatingAgencies07242025pm.xlsx": "2025-07-24 21:00 ice",
    "participatingAgencies07242025pm_b.xlsx": "2025-07-24 22:00 ice",
    "participatingAgencies10292025pmB.xlsx": "2025-10-29 22:00 ice",
    "participatingAgencies10292025pm2.xlsx": "2025-10-29 22:00 ice",
    "ParticipatingAgency091826am.xlsx": "2026-09-18 14:00 ice",
    "287gParticipatingAgencies091526pm.xlsx": "2026-09-15 21:00 ice",
    "participatingAgencies04212026am 12.15.07 AM.xlsx": "2026-04-21 14:00 ice",
    'participatingAgencies04212026am.xlsx"': "2026-04-21 14:00 ice",
    "participatingAgencies-20250221214937.xlsx": "2025-02-21 21:49 stamp",
    "20250530141500/participatingAgencies05292025am.xlsx": "2025-05-30 14:15 stamp",
    "web/20250530141500id_/www.ice.gov/209067": "2025-05-30 14:15 stamp",
    "2025-05-29T14-00-12Z page.html": "2025-05-29 14:00 stamp",
    "2025-05-29 14.30 page.html": "2025-05-29 14:30 stamp",
    "2025-05-29T1430Z.html": "2025-05-29 14:30 stamp",
    "2025-05-29/participating.xlsx": "2025-05-29 12:00 day",
    "20250529.xlsx": "2025-05-29 12:00 day",
    # What bears no date, or none that can be.
    "participatingAgencies090022025am.xlsx": "",
    "pendingAgencies10223025am.xlsx": "",
    "pendingAgencies11114025am.xlsx": "",
    "participatingAgencies02302025am.xlsx": "",
    "20251340250000.xlsx": "",
    "209067": "",
    "120520": "",
    "287g.html": "",
    "list.xlsx": "",
    "participatingAgencies05291925am.xlsx": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_moment_is_read_from_a_name_or_from_its_folders(name: str) -> None:
    found = dated(PurePath(name))
    assert (f"{found.at:%Y-%m-%d %H:%M} {found.by}" if found else "") == NAMES[name]


def test_a_moment_is_to_the_second_where_the_name_is() -> None:
    found = dated(PurePath("20250529140012/287g.html"))
    assert found is not None
    assert found.at.isoformat() == "2025-05-29T14:00:12+00:00"
