"""Implausible publications are held with a reason in words; true news passes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from monitor.core import guard
from monitor.core.guard import ACCEPT, HOLD, Held, Verdict
from monitor.core.hasher import roster_digest
from monitor.core.roster import PARTICIPATING, PENDING
from tests.core.history import MOA, Log, Row, roster_of
from tests.support.sheets import JEM, TFM, row
from tests.support.sheets import PARTICIPATING as COLUMNS
from tests.support.sheets import PENDING as PENDING_COLUMNS

HALF_A_DAY = timedelta(hours=12)
# Counties of three real states; the agencies are invented.
PLACES = {
    "TEXAS": ["Bee", "Cass", "Clay", "Coke", "Dallas", "Ellis", "Gray", "Hale", "Hill", "Hunt", "Jack", "Kerr", "Lamb", "Lee"],
    "FLORIDA": ["Baker", "Bay", "Clay", "Dixie", "Duval", "Gulf", "Hardee", "Hendry", "Holmes", "Lake", "Lee", "Leon", "Levy"],
    "OHIO": ["Adams", "Allen", "Athens", "Brown", "Clark", "Darke", "Erie", "Fulton", "Gallia", "Geauga", "Greene", "Hardin"],
}


def counties(state: str, model: str = TFM) -> list[Row]:
    return [
        row(state, f"{name} County Sheriff's Office", model, date(2025, 3, 3), f"{MOA}{state}_{name}.pdf")
        for name in PLACES[state]
    ]


def nation(models: Sequence[str] = (TFM, JEM)) -> list[Row]:
    """78 agreements in three states, two for each of 39 counties."""
    return [{**one, "SUPPORT TYPE": model} for model in models for state in PLACES for one in counties(state)]


class Gate:
    """A log whose publications pass the guard first, as in the line."""

    def __init__(self, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
        self.log = Log()
        self.list = PARTICIPATING if columns == COLUMNS else PENDING
        self.columns = columns
        self.held: list[Held] = []
        self.verdict = Verdict(ACCEPT)
        self.see(rows)

    def see(self, rows: Sequence[Row], *, after: timedelta = HALF_A_DAY, seen_before: datetime | None = None) -> Verdict:
        """The verdict on a publication of `rows`; what is held changes nothing, what is accepted does."""
        found = roster_of(rows, self.columns)
        before = {name: dict(entries) for name, entries in self.log.known.items()}
        stood, events = self.log.memory(self.list).standing, len(self.log.events)
        self.log.read(found, after=after)
        digest, ended = roster_digest(found.list, found.listings), guard.ended_ids(self.log.changes)
        self.verdict = guard.judge(
            *(found, self.log.changes, stood),
            at=self.log.now,
            seen_before=seen_before,
            roster_digest=digest,
            held=self.held,
        )
        if self.verdict.action == HOLD:
            self.log.known = before
            del self.log.events[events:]
            self.held.append(Held(self.log.publications, self.log.now, digest, ended))
        else:
            self.held = []
        return self.verdict


def words(verdict: Verdict) -> str:
    return "; ".join(verdict.reasons)


# -- what passes ---------------------------------------------------------------------------------------------------------------


def test_the_first_publication_passes_whatever_its_size() -> None:
    gate = Gate(nation())
    assert gate.verdict.action == ACCEPT
    assert gate.verdict.figures["rows"] == 78


@pytest.mark.parametrize("lost", [1, 3, 10])
def test_a_few_true_removals_pass(lost: int) -> None:
    verdict = Gate(nation()).see(nation()[lost:])
    assert (verdict.action, verdict.reasons) == (ACCEPT, ())
    assert verdict.figures["ended"] == lost


def test_a_wave_of_new_agreements_passes() -> None:
    verdict = Gate(nation((TFM,))).see(nation())
    assert verdict.action == ACCEPT
    assert verdict.figures["added"] == 39


def test_a_state_mistyped_in_every_row_passes_as_corrections() -> None:
    rows = nation()
    typo = [{**one, "STATE": "TEXSA"} if one["STATE"] == "TEXAS" else one for one in rows]
    verdict = Gate(rows).see(typo)
    assert verdict.action == ACCEPT
    assert verdict.figures["corrected"] == 28


def test_renewals_in_great_number_pass() -> None:
    renewed = [{**one, "SIGNED": date(2025, 5, 20), "MOA": ("link", f"{MOA}new_{i}.pdf")} for i, one in enumerate(nation())]
    assert Gate(nation()).see(renewed).action == ACCEPT


def test_the_last_four_agreements_of_a_state_may_end() -> None:
    rows = [*nation(), *counties("OHIO")]
    small = [{**one, "STATE": "IOWA"} for one in counties("OHIO")[:4]]
    assert Gate([*rows, *small]).see(rows).action == ACCEPT


def test_dozens_of_applications_may_leave_when_a_batch_is_signed() -> None:
    pending = counties("TEXAS") + counties("FLORIDA") + counties("OHIO")
    assert Gate(pending, PENDING_COLUMNS).see(pending[30:]).action == ACCEPT


# -- what is held ----------------------------------------------------------------------------------------------------------------


def test_many_ends_at_once_are_held_with_their_number() -> None:
    verdict = Gate(nation()).see(nation()[11:])
    assert verdict.action == HOLD
    assert words(verdict) == "11 of 78 rows would end at once"


def test_the_roster_of_weeks_ago_is_held_as_an_old_template() -> None:
    seen = datetime.fromisoformat("2025-03-10T14:00:00+00:00")
    verdict = Gate(nation()).see(nation()[4:], seen_before=seen)
    assert verdict.action == HOLD
    assert words(verdict) == "the roster of 2025-03-10 again: 4 of 78 rows would end, 0 come back"


def test_an_old_roster_that_would_end_two_agreements_may_be_true() -> None:
    seen = datetime.fromisoformat("2025-03-10T14:00:00+00:00")
    assert Gate(nation()).see(nation()[2:], seen_before=seen).action == ACCEPT


def test_an_old_roster_that_brings_rows_back_is_held_too() -> None:
    seen = datetime.fromisoformat("2025-03-10T14:00:00+00:00")
    verdict = Gate(nation()[3:]).see(nation(), seen_before=seen)
    assert words(verdict) == "the roster of 2025-03-10 again: 0 of 75 rows would end, 3 come back"


def test_an_old_template_never_seen_here_is_held_because_it_lacks_all_that_came_last() -> None:
    gate = Gate(nation((TFM,)))
    gate.see([*nation((TFM,)), *counties("OHIO", JEM)[:6]])
    verdict = gate.see(nation((TFM,)))
    assert verdict.action == HOLD
    assert words(verdict) == "an old roster again: the 6 rows that would end are those that came last"


def test_six_ends_among_old_and_new_rows_alike_pass() -> None:
    gate = Gate(nation((TFM,)))
    newcomers = counties("OHIO", JEM)[:6]
    gate.see([*nation((TFM,)), *newcomers])
    assert gate.see([*nation((TFM,))[3:], *newcomers[3:]]).action == ACCEPT


def test_nearly_all_agreements_of_one_state_ending_is_held() -> None:
    iowa = [{**one, "STATE": "IOWA"} for one in counties("OHIO")[:10]]
    assert words(Gate([*nation(), *iowa]).see([*nation(), iowa[0]])) == "9 of 10 agreements of IA would end at once"
    assert Gate([*nation(), *iowa]).see([*nation(), *iowa[:2]]).action == ACCEPT


def test_all_agreements_of_one_state_ending_is_held_though_they_be_few() -> None:
    many = nation()
    rows = [*many, *({**one, "STATE": "IOWA"} for one in counties("OHIO")[:5])]
    verdict = Gate(rows).see(many)
    assert verdict.action == HOLD
    assert words(verdict) == "5 of 5 agreements of IA would end at once"


def test_a_roster_that_doubles_and_more_is_held() -> None:
    extra = [row("GEORGIA", f"Alder{chr(97 + i // 26)}{chr(97 + i % 26)} Police Department") for i in range(160)]
    verdict = Gate(nation()).see([*nation(), *extra])
    assert verdict.action == HOLD
    assert "would be new where 78 stood" in words(verdict)


def test_a_column_that_shifted_is_held() -> None:
    shifted = [{**one, "SIGNED": date(2025, 3, 4)} for one in nation()]
    verdict = Gate(nation()).see(shifted)
    assert verdict.action == HOLD
    assert "would have their state, agency, model or date corrected at once" in words(verdict)


def test_a_list_with_many_unreadable_rows_is_held_even_at_first() -> None:
    spoilt = [{**one, "SUPPORT TYPE": "Cons"} if i < 6 else one for i, one in enumerate(nation())]
    verdict = Gate(spoilt).verdict
    assert verdict.action == HOLD
    assert words(verdict) == "6 of 78 rows cannot be read"


def test_most_of_the_pending_list_leaving_is_held() -> None:
    pending = counties("TEXAS") + counties("FLORIDA") + counties("OHIO")
    assert Gate(pending, PENDING_COLUMNS).see(pending[31:]).action == HOLD


def test_what_is_held_gives_its_figures() -> None:
    figures = Gate(nation()).see(nation()[20:]).figures
    assert (figures["rows"], figures["standing"], figures["ended"], figures["added"]) == (58, 78, 20, 0)


# -- held, then confirmed or not -----------------------------------------------------------------------------------------------


def test_a_law_that_ends_all_agreements_of_a_state_is_held_and_believed_when_a_second_publication_says_so() -> None:
    without_ohio = [one for one in nation() if one["STATE"] != "OHIO"]
    gate = Gate(nation())
    assert gate.see(without_ohio).action == HOLD
    (held,) = gate.held
    assert len(gate.log.standing()) == 78, "what is held has changed what stands"
    verdict = gate.see([*without_ohio, row("UTAH", "Provo Police Department")])
    assert (verdict.action, verdict.confirms) == (ACCEPT, held.publication)
    assert str(held.seen_at.date()) in words(verdict)
    assert len(gate.log.standing()) == 55


def test_of_several_held_publications_any_may_be_confirmed() -> None:
    held = [one for one in nation() if one["STATE"] != "OHIO"]
    gate = Gate(nation())
    gate.see(nation()[40:])
    gate.see(held)
    second = gate.held[1].publication
    verdict = gate.see(held)
    assert (verdict.action, verdict.confirms) == (ACCEPT, second)


def test_a_second_publication_within_hours_confirms_nothing_yet() -> None:
    without_ohio = [one for one in nation() if one["STATE"] != "OHIO"]
    gate = Gate(nation())
    gate.see(without_ohio)
    again = [*without_ohio, row("UTAH", "Provo Police Department")]
    assert gate.see(again, after=timedelta(hours=11)).action == HOLD
    assert gate.see(again, after=timedelta(hours=1)).action == ACCEPT


def test_a_second_publication_that_ends_others_confirms_nothing() -> None:
    gate = Gate(nation())
    gate.see([one for one in nation() if one["STATE"] != "OHIO"])
    verdict = gate.see([one for one in nation() if one["STATE"] != "TEXAS"])
    assert (verdict.action, verdict.confirms) == (HOLD, None)


def test_a_second_publication_that_ends_half_of_it_or_much_more_confirms_nothing() -> None:
    ohio = [one for one in nation() if one["STATE"] == "OHIO"]
    held = [one for one in nation() if one["STATE"] != "OHIO"]
    for again in ([*held, *ohio[12:]], held[5:]):
        gate = Gate(nation())
        assert gate.see(held).action == HOLD
        assert gate.see(again).action == HOLD


def test_a_second_publication_that_ends_nearly_the_same_confirms_the_first() -> None:
    ohio = [one for one in nation() if one["STATE"] == "OHIO"]
    held = [one for one in nation() if one["STATE"] != "OHIO"]
    gate = Gate(nation())
    gate.see(held)
    assert gate.see([*held[1:], ohio[0]]).action == ACCEPT


def test_a_plausible_publication_after_a_held_one_passes_on_its_own() -> None:
    gate = Gate(nation())
    gate.see(nation()[30:])
    verdict = gate.see([*nation(), row("UTAH", "Provo Police Department")])
    assert (verdict.action, verdict.confirms) == (ACCEPT, None)
