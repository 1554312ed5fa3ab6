"""The pictures of the pages in one language, each drawn once for all that show it. A map on a page has links; as a file it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from markupsafe import Markup

from monitor import charts
from monitor.core.memory import Known
from monitor.core.places import STATE_NAMES, county_fips
from monitor.core.roster import PARTICIPATING
from monitor.publishers.record import Record
from monitor.report import changes_by_week, models_by_day, standing_by_day
from monitor.texts import Language


class Pictures:
    """The charts of a record, as SVG."""

    def __init__(self, record: Record, language: Language) -> None:
        self.record = record
        self.language = language

    @cached_property
    def linked_map(self) -> Markup:
        """The map of the states for a page at a language's root, each state linked to its own page."""
        linked = {code: f"states/{code.lower()}.html" for code in self.record.states}
        return on_page(charts.us_map_svg(by_state(self.record), linked.get, language=self.language))

    @cached_property
    def map(self) -> str:
        """The same map without links."""
        return charts.us_map_svg(by_state(self.record), language=self.language)

    @cached_property
    def models(self) -> str:
        """Agreements over time by model, under the models' codes: their names are too long to stand beside the lines."""
        return charts.models_svg(models_by_day(self.record.agreements), language=self.language)

    @cached_property
    def weeks(self) -> str:
        """Agreements begun and ended by week, since the list was first read."""
        since = self.record.first_read(PARTICIPATING)
        return charts.changes_svg(changes_by_week(self.record.agreements, since) if since else [], language=self.language)

    @cached_property
    def pending(self) -> str:
        """Pending applications over time."""
        return charts.pending_svg(standing_by_day(self.record.applications), language=self.language)

    @cached_property
    def waits(self) -> str:
        """Days from application to signature."""
        return charts.waits_svg(self.record.waits, language=self.language)

    @cached_property
    def states(self) -> str:
        """The states with most agreements."""
        counts = [(STATE_NAMES[code], number) for code, number in by_state(self.record).items()]
        return charts.states_bar_svg(counts, language=self.language)

    def counties(self, state: str, standing: Iterable[Known]) -> Markup | str:
        """The map of a state's counties for a page; "" where none of its rows names a county."""
        found = Counter(fips for one in standing if (fips := county_fips(state, one.listing.county)))
        return on_page(charts.county_map_svg(state, found, language=self.language)) if found else ""


def on_page(svg: str) -> Markup:
    """A picture for the inside of a page, whose style sheet has the picture's."""
    return Markup(charts.inline(svg))


def by_state(record: Record) -> Counter[str]:
    """Agreements in force by USPS code."""
    return Counter(one.listing.state for one in record.standing if one.listing.state)
