"""Fairness figures: the hours, nights, weekends and public holidays of each person. Pure.

docs/on-call-calendars.md says how they count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span, intersect, join
from gateway.oncall.wall_clock import instants_of

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
COUNTS = timedelta(hours=4)
"""How much of a night, or of a day off, somebody is on call if it counts as theirs."""

SATURDAY = 5
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOff:
    """The days that are not like other days of their week.

    `off` are public holidays, `worked` days of a weekend that are working days instead.
    """

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_weekend(self, day: date) -> bool:
        """Return whether a day is one of a weekend, and no working day."""
        return day.weekday() >= SATURDAY and day not in self.worked


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """The time that a person is on call: in all, and how much of it others would be free.

    A public holiday at a weekend is a holiday and no weekend day.
    """

    time: timedelta = timedelta(0)
    nights: int = 0
    weekend_days: int = 0
    holidays: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """The time of which figures are asked, and its days off."""

    since: datetime
    until: datetime
    days: DaysOff = field(default_factory=DaysOff)


def duties(shifts: Sequence[Shift], zones: Mapping[str, str], period: Period) -> Mapping[str, Duty]:
    """Return the duty of everybody in `zones`, which has the time zone of each by login."""
    return {
        login: _duty(
            [(one.starts_at, one.ends_at) for one in shifts if login in one.people],
            ZoneInfo(zone),
            period,
        )
        for login, zone in sorted(zones.items())
    }


def _duty(worked: Sequence[Span], zone: ZoneInfo, period: Period) -> Duty:
    within = [(period.since, period.until)]
    spans = join(part for span in worked for part in intersect(span, within))
    days = list(_days(spans, zone))
    off = [day for day in days if _overlap(_whole(day, zone), spans) >= COUNTS]
    return Duty(
        time=sum((until - since for since, until in spans), timedelta()),
        nights=sum(_overlap(_night(day, zone), spans) >= COUNTS for day in days),
        weekend_days=sum(period.days.is_weekend(day) for day in off if day not in period.days.off),
        holidays=sum(day in period.days.off for day in off),
    )


def _days(spans: Sequence[Span], zone: ZoneInfo) -> Iterator[date]:
    """Yield every day on which somebody is on call, and the day before, whose night goes on."""
    following = date.min
    for since, until in spans:
        day = max(following, since.astimezone(zone).date() - DAY)
        last = until.astimezone(zone).date()
        while day <= last:
            yield day
            day += DAY
        following = day


def _whole(day: date, zone: ZoneInfo) -> Span:
    return instants_of(day, time(), zone)[0], instants_of(day + DAY, time(), zone)[0]


def _night(day: date, zone: ZoneInfo) -> Span:
    """Return the night that begins on a day."""
    return instants_of(day, NIGHT_BEGINS, zone)[0], instants_of(day + DAY, NIGHT_ENDS, zone)[0]


def _overlap(span: Span, spans: Sequence[Span]) -> timedelta:
    return sum((until - since for since, until in intersect(span, spans)), timedelta())
