"""The clocks in working time, in every time zone, against a simulator.

The simulator looks at the wall clock every quarter of an hour.

`GATEWAY_FAULTS=full` simulates a hundred thousand histories.
"""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import holidays
import pytest

from gateway.sla.clocks import read_clocks
from gateway.sla.policy import Policy
from tests.sla.brute_force import Counts, Happening, Shown, live_through
from tests.sla.offices import OFFICE_HOURS, ZONES, Counter, a_calendar
from tests.sla.stories import MOVES, entry, policy_of
from tests.support.process import choose_size

QUARTER = timedelta(minutes=15)
"""The step of the simulator.

Every offset since 1990 is a multiple of it, and so are the hours of the offices below.
"""

STEPS = {
    1: {"response": 6, "desk": 10, "tier2": 20, "escalated": 24, "overall": 60},
    2: {"desk": 16, "tier2": 40, "escalated": 30, "overall": 90},
    3: {"response": 30, "tier2": 12, "overall": 130},
}
"""Targets in quarters of an hour; an office day has about thirty."""

PER_ZONE = 4
"""The number of histories that begin at the same moment of a zone and share its wall clock."""

DESK_HOURS = [(540, 720), (810, 1080)]
SHIFTS = {
    "mon": ["06:00-14:00"],
    "tue": ["22:00-06:00"],
    "fri": ["00:00-24:00"],
    "sat": ["23:30-03:00"],
    "sun": ["12:00-20:00"],
}
SHIFT_MINUTES = {
    0: [(360, 840)],
    1: [(1320, 1800)],
    4: [(0, 1440)],
    5: [(1410, 1620)],
    6: [(720, 1200)],
}


@cache
def _public(country: str, year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(country, years=year)


class Wall(Counter):
    """A counter by the wall clock and public holidays; without a country, by a week of shifts."""

    def __init__(self, country: str, zone: str) -> None:
        super().__init__(zone, SHIFT_MINUTES)
        self.country = country

    def _on(self, day: date, minute: int) -> bool:
        if not self.country:
            return super()._on(day, minute)
        known = _public(self.country, day.year)
        worked = day in known.weekend_workdays or (day.weekday() < 5 and day not in known)
        return worked and any(a <= minute < b for a, b in DESK_HOURS)

    def from_(self, begin: datetime) -> Counts:
        return cache(lambda step: self.counts(begin + step * QUARTER))


def random_story(dice: random.Random) -> tuple[list[Happening], int]:
    span = dice.randrange(8, 900)
    times = sorted(dice.randrange(0, span) for _ in range(dice.randrange(0, 12)))
    story: list[Happening] = [(0, "record", dice.randrange(1, 4))]
    return story + [(at, *dice.choice(MOVES)) for at in times], dice.choice(
        (span, dice.randrange(0, span))
    )


def random_start(dice: random.Random, country: str) -> datetime:
    """Return any moment.

    With a country, it is often shortly before a holiday with make-up days around it.
    """
    if country and dice.random() < 0.5:
        year, month, day = (
            dice.randrange(2020, 2027),
            *dice.choice([(1, 18), (2, 8), (4, 1), (4, 28), (9, 24), (12, 28)]),
        )
        return datetime(year, month, day, tzinfo=UTC) + dice.randrange(0, 400) * QUARTER
    return datetime(1990, 1, 2, tzinfo=UTC) + dice.randrange(0, 36 * 365 * 96) * QUARTER


def read_in_steps(policy: Policy, begin: datetime, story: list[Happening], at: int) -> Shown:
    ledger = tuple(
        replace(entry(0, name, detail), at=begin + step * QUARTER) for step, name, detail in story
    )
    shown: Shown = {}
    for clock in read_clocks(policy, ledger, begin + at * QUARTER):
        breached, due = (
            None if t is None else (t - begin) / QUARTER for t in (clock.breached_at, clock.due_at)
        )
        shown[clock.name] = (clock.elapsed / QUARTER, clock.state, breached, due)  # type: ignore[assignment]
    return shown


COUNTRIES = ["US", "CN", ""]


def zones_of(office: int, count: int) -> list[str]:
    """Return this many zones in rotation; the three offices together cover every zone."""
    return [ZONES[(3 * place + office) % len(ZONES)] for place in range(count)]


@pytest.mark.exhaustive
@pytest.mark.timeout(900)
@pytest.mark.parametrize("country", COUNTRIES, ids=["us_office", "cn_office", "shifts"])
def test_random_working_time_histories_match_wall_clock_simulation(country: str) -> None:
    dice = random.Random(f"{country} 20260302")
    targets = {p: {c: steps * 900 for c, steps in row.items()} for p, row in STEPS.items()}
    different = []
    for zone in zones_of(COUNTRIES.index(country), choose_size(1_500, 100_000) // 3 // PER_ZONE):
        calendar, begin = (
            a_calendar(zone, OFFICE_HOURS if country else SHIFTS, holidays=country),
            random_start(dice, country),
        )
        policy, counts = (
            replace(policy_of(targets), calendar=calendar),
            Wall(country, zone).from_(begin),
        )
        for _ in range(PER_ZONE):
            story, at = random_story(dice)
            counted, shown = (
                live_through(STEPS, story, at, counts),
                read_in_steps(policy, begin, story, at),
            )
            if counted != shown:
                different.append((country, zone, begin, story, at, counted, shown))
    assert different[:1] == []
