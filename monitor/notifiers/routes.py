"""Routes: which events a channel is told, and when. A route is a channel's filter, rhythm and severities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from monitor.config import Channel, Key, clock_time
from monitor.core.calendar import DAYS, EVERY_DAY, after, next_time
from monitor.core.events import CORRECTIONS, KINDS, NEWS, Event
from monitor.core.kinds import KINDS as AGENCY_KINDS
from monitor.core.places import county_key, is_county, is_known_place, state_code
from monitor.core.roster import Listing
from monitor.core.values import MODEL_NAMES
from monitor.notifiers import BadChannel

AT_ONCE, HOURLY, DAILY, WEEKLY = "at once", "hourly", "daily", "weekly"


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter in canonical form: USPS codes, model codes, kinds of event and of agency, (state or None, county), a pattern."""

    states: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    counties: frozenset[tuple[str | None, str]] = frozenset()
    pattern: re.Pattern[str] | None = None

    def takes(self, listing: Listing) -> bool:
        """Whether an agreement or application is in scope. What cannot be read (a state, a model) is out of no scope."""
        if self.states and listing.state and listing.state not in self.states:
            return False
        if self.models and listing.model and listing.model not in self.models:
            return False
        if self.agencies and listing.agency_kind not in self.agencies:
            return False
        if self.counties:
            county = county_key(listing.county or "")
            if not any(
                name == county and (not code or not listing.state or code == listing.state) for code, name in self.counties
            ):
                return False
        return not self.pattern or any(self.pattern.search(text) for text in (listing.agency, listing.county or ""))


@dataclass(frozen=True, slots=True)
class Route:
    """One channel's route. `grouped` off: a message for each agreement; `quiet` the hours (start, end) without messages."""

    channel: str
    tell: frozenset[str]
    selection: Selection
    rhythm: str
    zone: ZoneInfo
    quiet: tuple[time, time] | None
    grouped: bool

    @classmethod
    def of(cls, channel: Channel, zone: str = "UTC") -> Self:
        """The route of a configured channel; `zone` is the time zone where the channel names none. Raises BadChannel."""
        selection = _selection(channel)
        quiet = tuple(map(clock_time, channel.quiet.split("-"))) if channel.quiet else None
        return cls(
            channel=channel.name,
            tell=frozenset(channel.tell),
            selection=selection,
            rhythm=channel.rhythm,
            zone=ZoneInfo(channel.timezone or zone),
            quiet=(quiet[0], quiet[1]) if quiet else None,
            grouped=channel.grouped,
        )

    @property
    def every(self) -> str:
        """The rhythm without its time: at once, hourly, daily, weekly."""
        return self.rhythm if self.rhythm == AT_ONCE else self.rhythm.split()[0]

    def takes(self, event: Event) -> bool:
        """Whether the route tells the event: its kind is asked for, and what it is about is in scope."""
        chosen = self.selection
        wanted = (NEWS if "news" in self.tell else frozenset()) | (CORRECTIONS if "corrections" in self.tell else frozenset())
        if event.listing is None:
            # A list that left the page concerns everyone who is told of its rows.
            return event.kind in wanted and (not chosen.kinds or event.kind in chosen.kinds)
        noun, _, what = event.kind.partition(".")
        if what == "corrected" and "news" in self.tell and event.before and not chosen.takes(event.before):
            # A correction that moves an agreement into scope (a wrong state mended) is the first that this route hears of it.
            new = not chosen.kinds or bool({event.kind, f"{noun}.added"} & chosen.kinds)
            return new and chosen.takes(event.listing)
        return event.kind in wanted and (not chosen.kinds or event.kind in chosen.kinds) and chosen.takes(event.listing)

    def due(self, at: datetime, wait: timedelta) -> datetime:
        """When an event learnt at `at` is told (UTC): after the group wait, or with the next digest; after the quiet hours."""
        if self.every == AT_ONCE:
            moment = at + wait
        elif self.every == HOURLY:
            moment = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        else:
            *day, clock = self.rhythm.split()[1:]
            moment = next_time(at, self.zone, clock_time(clock), {DAYS.index(day[0])} if day else EVERY_DAY)
        return self.awake(moment)

    def awake(self, moment: datetime) -> datetime:
        """`moment`, or the end of the quiet hours that it falls into (UTC)."""
        return after(moment, self.zone, *self.quiet) if self.quiet else moment

    def is_quiet(self, moment: datetime) -> bool:
        """Whether `moment` falls into the quiet hours."""
        return self.awake(moment) > moment


def routes(channels: Iterable[Channel], zone: str) -> list[Route]:
    """The routes of all channels. Raises BadChannel."""
    return [Route.of(channel, zone) for channel in channels]


def _selection(channel: Channel) -> Selection:
    given = channel.filter
    mistakes: list[tuple[Key, str]] = []

    def check(name: str, number: int, message: str) -> None:
        mistakes.append((("filter", name, number), message))

    states: set[str] = set()
    kinds: set[str] = set()
    counties: set[tuple[str | None, str]] = set()
    for number, text in enumerate(given.states):
        if code := state_code(text):
            states.add(code)
        else:
            check("states", number, f"{text!r} is no state; expected a code such as TX or a name")
    models = frozenset(text.upper() for text in given.models)
    for number, text in enumerate(given.models):
        if text.upper() not in MODEL_NAMES:
            check("models", number, f"{text!r} is no model; expected {', '.join(MODEL_NAMES)}")
    for number, text in enumerate(given.kinds):
        named = {kind for kind in NEWS | CORRECTIONS if kind == text or kind.startswith(f"{text}.")}
        kinds |= named
        if not named:
            there_are = ", ".join(kind for kind in KINDS if kind in NEWS | CORRECTIONS)
            check("kinds", number, f"no kind of event is called {text!r}; there are {there_are}")
        elif not (named & NEWS and "news" in channel.tell) and not (named & CORRECTIONS and "corrections" in channel.tell):
            severity = "news" if named & NEWS else "corrections"
            check("kinds", number, f"{text} belongs to `{severity}`, which `tell` leaves out; add it there")
    for number, text in enumerate(given.agencies):
        if text not in AGENCY_KINDS:
            check("agencies", number, f"no kind of agency is called {text!r}; there are {', '.join(AGENCY_KINDS)}")
    for number, text in enumerate(given.counties):
        name, _, state = text.partition(",")
        code = state_code(state) if state else None
        if (state and code is None) or not (is_county(code, name) if code else is_known_place(name)):
            check("counties", number, f"{text!r} is no county; expected a name such as Travis County, or Travis County, TX")
        counties.add((code, county_key(name)))
    try:
        pattern = re.compile(given.matches, re.IGNORECASE) if given.matches else None
    except re.error as error:
        mistakes.append((("filter", "matches"), f"not a regular expression: {error}"))
        pattern = None
    if mistakes:
        raise BadChannel(*mistakes)
    return Selection(frozenset(states), models, frozenset(kinds), frozenset(given.agencies), frozenset(counties), pattern)
