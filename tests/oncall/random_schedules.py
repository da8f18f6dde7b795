"""Random schedules in random time zones, most of them near a change of the clocks."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.oncall.expansion import shifts
from gateway.oncall.schedule import Absence, Layer, Override, Restriction, Schedule, Unit
from gateway.oncall.shift import Shift
from gateway.timing.zones import time_zone_names
from tests.oncall.brute_force import MINUTE, ZoneClock, brute_force

ZONES = sorted(time_zone_names())
PEOPLE = tuple("abcdefgh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period of some days in a few time zones."""

    since: datetime
    minutes: int
    zones: tuple[str, ...]
    clocks: dict[str, ZoneClock]
    turning: int
    """The minute of the day at which the first zone's clock is changed."""

    @property
    def until(self) -> datetime:
        return self.since + self.minutes * MINUTE


def random_period(dice: random.Random, days: int) -> Period:
    """Return that many days around a change of the first zone's clocks, if it has any."""
    zones = tuple(dice.sample(ZONES, 3))
    year = dice.randrange(1975, 2037)
    changes = _changes(ZoneInfo(zones[0]), year)
    day = dice.choice(changes) if changes else datetime(year, dice.randrange(1, 13), 9, tzinfo=UTC)
    since, minutes = day - timedelta(days=days // 2, minutes=dice.randrange(1_440)), days * 1_440
    clocks = {zone: ZoneClock(zone, since, minutes) for zone in zones}
    begun = clocks[zones[0]].begun
    jumps = (n for n in range(1, minutes) if begun[n] - begun[n - 1] != 1)
    turning = begun[next(jumps, 0)] % 1_440
    return Period(since=since, minutes=minutes, zones=zones, clocks=clocks, turning=turning)


def _changes(zone: ZoneInfo, year: int) -> list[datetime]:
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [days[n] for n in range(1, len(days)) if offsets[n] != offsets[n - 1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A random schedule with overrides and absences, in a period."""

    period: Period
    schedule: Schedule
    overrides: tuple[Override, ...]
    absences: tuple[Absence, ...]

    def brute_force(self) -> list[frozenset[str]]:
        """Return who is on call at every minute, by the second implementation."""
        period = self.period
        return brute_force(
            self.schedule, self.overrides, self.absences, period.clocks, period.since
        )

    def shifts(self) -> list[Shift]:
        """Return the shifts of the period."""
        period = self.period
        return shifts(self.schedule, self.overrides, self.absences, period.since, period.until)

    def by_minute(self) -> list[frozenset[str]]:
        """Return who is on call at every minute, by the shifts of the period."""
        found = [frozenset[str]()] * self.period.minutes
        for one in self.shifts():
            first = max((one.starts_at - self.period.since) // MINUTE, 0)
            last = min((one.ends_at - self.period.since) // MINUTE, self.period.minutes)
            people = frozenset(one.people)
            found[first:last] = [
                before | people if before else people for before in found[first:last]
            ]
        return found


def random_case(dice: random.Random, period: Period, *, covered: bool = False) -> Case:
    """Return a random case; with `covered` its last layer leaves no gap."""
    layers = [_layer(dice, period, n) for n in range(dice.randrange(0 if covered else 1, 4))]
    if covered:
        layers.append(_covering(dice, period))
    schedule = Schedule(
        slug="s", name="S", zone=dice.choice((period.zones[0], *period.zones)), layers=tuple(layers)
    )
    overrides = tuple(_override(dice, period, n) for n in range(dice.randrange(6)))
    away = PEOPLE[: 5 if covered else 8]
    absences = tuple(_absence(dice, period, away) for _ in range(dice.randrange(4)))
    return Case(period=period, schedule=schedule, overrides=overrides, absences=absences)


def _layer(dice: random.Random, period: Period, number: int) -> Layer:
    unit = dice.choice(list(Unit))
    starts_on = _day(dice, period, dice.choice((20, 400)))
    limited = dice.random() < 0.4
    return Layer(
        name=f"layer {number}",
        starts_on=starts_on,
        turns=tuple(_people(dice) for _ in range(dice.randrange(1, 5))),
        unit=unit,
        length=dice.choice((1, 2, 3, 12, 24, 100) if unit is Unit.HOURS else (1, 1, 2, 3)),
        hand_over=_time(dice, period),
        weekday=dice.choice((None, *range(7))),
        counted_from=dice.choice((None, _day(dice, period, 100))),
        ends_on=dice.choice((None, None, _day(dice, period, 10))),
        zone=dice.choice(("", period.zones[0], *period.zones)),
        restrictions=tuple(
            _restriction(dice, period) for _ in range(dice.randrange(1, 4) * limited)
        ),
    )


def _covering(dice: random.Random, period: Period) -> Layer:
    """Return a layer that is always in force, one of whose people is never away."""
    return Layer(
        name="always",
        starts_on=period.since.date() - timedelta(days=30),
        turns=(_people(dice), ("h", *_people(dice)), _people(dice)),
        unit=dice.choice(list(Unit)),
        hand_over=_time(dice, period),
        zone=dice.choice(("", period.zones[0], *period.zones)),
    )


def _people(dice: random.Random) -> tuple[str, ...]:
    return tuple(dice.sample(PEOPLE[:5], dice.choice((1, 1, 1, 2, 3))))


def _day(dice: random.Random, period: Period, before: int) -> date:
    return period.since.date() + timedelta(days=dice.randrange(-before, 10))


def _time(dice: random.Random, period: Period) -> time:
    """Return a time, most often one at which the first zone's clock is changed."""
    near = period.turning + dice.randrange(-75, 76)
    at = dice.choice((near, near, dice.randrange(1_440)))
    return time(*divmod(dice.choice((at, at // 30 * 30)) % 1_440, 60))


def _restriction(dice: random.Random, period: Period) -> Restriction:
    return Restriction(
        weekdays=frozenset(dice.sample(range(7), dice.randrange(1, 8))),
        starts=_time(dice, period),
        ends=_time(dice, period),
    )


def _span(dice: random.Random, period: Period) -> tuple[datetime, datetime]:
    begin = period.since + dice.randrange(-2_000, period.minutes) * MINUTE
    return begin, begin + dice.choice((dice.randrange(1, 300), dice.randrange(1, 8_000))) * MINUTE


def _override(dice: random.Random, period: Period, number: int) -> Override:
    begin, end = _span(dice, period)
    return Override(
        id=number,
        starts_at=begin,
        ends_at=end,
        people=tuple(dice.sample(PEOPLE[:7], dice.randrange(1, 3))),
        replaces=dice.choice((None, None, None, *PEOPLE[:5])),
    )


def _absence(dice: random.Random, period: Period, people: Sequence[str]) -> Absence:
    begin, end = _span(dice, period)
    return Absence(person=dice.choice(people), starts_at=begin, ends_at=end)
