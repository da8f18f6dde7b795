"""On-call schedules as values: layers, rotations, restrictions, overrides, absences. Pure.

docs/on-call.md has the rules by which they say who is on call.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """The unit of the length of a turn.

    Days and weeks are counted by the wall clock of the layer, hours as time that passes.
    """

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """Hours of some weekdays (Monday is 0) to which a layer is limited.

    Hours that end at or before the time at which they start end on the next day.
    """

    weekdays: frozenset[int]
    starts: time
    ends: time

    @property
    def ends_next_day(self) -> bool:
        """True for hours that go on after midnight."""
        return self.ends <= self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One rotation of people; each turn is everybody who is on call together.

    Turns change at the time `hand_over` of the layer's own zone, or of the schedule's where
    `zone` is empty; weekly ones on `weekday`. The layer is in force from `starts_on` until
    `ends_on`, both at the time of hand-over. The rotation is counted from `counted_from`, or from
    `starts_on`, on which the first turn then begins.
    """

    name: str
    starts_on: date
    turns: tuple[tuple[str, ...], ...]
    unit: Unit = Unit.WEEKS
    length: int = 1
    hand_over: time = time(9)
    weekday: int | None = None
    counted_from: date | None = None
    ends_on: date | None = None
    zone: str = ""
    restrictions: tuple[Restriction, ...] = ()

    @property
    def first_day(self) -> date:
        """The day on which the first turn begins, by the count of the rotation."""
        day = self.counted_from or self.starts_on
        if self.unit is Unit.WEEKS and self.weekday is not None:
            return day - timedelta(days=(day.weekday() - self.weekday) % 7)
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule: layers in one time zone, the topmost first."""

    slug: str
    name: str
    zone: str
    layers: tuple[Layer, ...]

    @property
    def people(self) -> frozenset[str]:
        """Everybody in a turn of the schedule."""
        return frozenset(login for one in self.layers for turn in one.turns for login in turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """People who are on call for a while instead of one person, or instead of everybody."""

    id: int
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A time in which a person is away."""

    person: str
    starts_at: datetime
    ends_at: datetime
