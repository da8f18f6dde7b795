"""A calendar of working hours, exact to the microsecond. Pure.

One rule defines it: an instant counts if the wall clock of the zone then shows a working hour.
So an hour that the wall clock skips counts nothing, one it shows twice counts twice, and a day
that never was (Apia, 2011-12-30) is no day.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.incidents.ledger import EPOCH, microseconds
from gateway.sla.public_days import is_published, public_days
from gateway.sla.week import Span, Week

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
FIRST_YEAR, LAST_YEAR = 1970, 2199


@dataclass(frozen=True, slots=True)
class DayHours:
    """The working hours of dates.

    `closed` and `open` take precedence over the country's days, and those over the weekday.
    """

    week: Week
    country: str = ""
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    def hours(self, day: date) -> tuple[Span, ...]:
        """Return the spans that begin on `day`."""
        if day in self.closed:
            return ()
        public = public_days(self.country, day.year)
        if day in self.open or day in public.worked:
            return self.week.worked(day.weekday())
        return () if day in public.off else self.week.of(day.weekday())


@dataclass(frozen=True, slots=True)
class YearHours:
    """The working time of one year of UTC, in microseconds since 1970.

    It has the spans in order, and the working time before each.
    """

    since: list[int]
    until: list[int]
    before: list[int]
    total: int

    def counted(self, at: int) -> int:
        """Return how much counts from the beginning of the year to `at`."""
        index = bisect_right(self.since, at) - 1
        return (
            self.before[index] + min(at, self.until[index]) - self.since[index] if index >= 0 else 0
        )

    def reaches(self, amount: int) -> int:
        """Return the first instant by which `amount` has counted.

        It is more than nothing and at most `total`.
        """
        index = bisect_left(self.before, amount) - 1
        return self.since[index] + amount - self.before[index]


class WorkingHours:
    """The working hours of one time zone. Each year is computed when first needed, and kept.

    Counts from 1970 to 2199; both methods raise OverflowError beyond, as sums of datetimes do.
    """

    def __init__(self, zone: str, days: DayHours, version: str) -> None:
        """Take a `zone` of the IANA list and a `version` that names the content."""
        self.version = version
        self.day = days.week.day
        self._zone, self._days = ZoneInfo(zone), days
        self._years: dict[int, YearHours] = {}

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Return the working time between two instants, as the protocol describes."""
        begin, end = microseconds(since), microseconds(until)
        first, last = _year_of(since), _year_of(until)
        whole = sum(self._year(year).total for year in range(first, last))
        return timedelta(
            microseconds=whole + self._year(last).counted(end) - self._year(first).counted(begin)
        )

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """Return the instant as the protocol describes; `start` itself for a length of nothing."""
        if length <= timedelta():
            return start
        number = _year_of(start)
        year = self._year(number)
        amount = year.counted(microseconds(start)) + length // timedelta(microseconds=1)
        while amount > year.total:
            amount -= year.total
            number += 1
            year = self._year(number)
        return EPOCH + timedelta(microseconds=year.reaches(amount))

    def unpublished(self, since: datetime, until: datetime, /) -> tuple[int, ...]:
        """Return the years as the protocol describes.

        Make-up days are announced a few weeks before their year.
        """
        return tuple(
            y
            for y in range(_year_of(since), _year_of(until) + 1)
            if not is_published(self._days.country, y)
        )

    def _year(self, number: int) -> YearHours:
        known = self._years.get(number)
        if known is None:
            if not FIRST_YEAR <= number <= LAST_YEAR:
                raise OverflowError(f"working hours are counted from {FIRST_YEAR} to {LAST_YEAR}")
            known = self._years[number] = _worked_out(number, self._zone, self._days.hours)
        return known


def _worked_out(
    number: int, zone: ZoneInfo, hours: Callable[[date], tuple[Span, ...]]
) -> YearHours:
    begin, end = (microseconds(datetime(year, 1, 1, tzinfo=UTC)) for year in (number, number + 1))
    # The wall clock may be a day ahead or behind, and a span may have begun the day before.
    dates = range(date(number, 1, 1).toordinal() - 2, date(number + 1, 1, 1).toordinal() + 2)
    wall = [
        (
            (ordinal - UNIX_EPOCH) * DAY + since * MINUTE,
            (ordinal - UNIX_EPOCH) * DAY + until * MINUTE,
        )
        for ordinal in dates
        for since, until in hours(date.fromordinal(ordinal))
    ]
    pieces = [
        (max(since - offset, first), min(until - offset, last))
        for first, last, offset in _offsets(zone, begin, end)
        for since, until in wall
        if since - offset < last and until - offset > first
    ]
    return _joined(sorted(pieces))


UNIX_EPOCH = date(1970, 1, 1).toordinal()


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the offsets of UTC between two instants: from, until, microseconds.

    No zone ever changed twice within a day.
    """
    since, offset = begin, _offset(zone, begin)
    for probe in range(begin + DAY, end + 1, DAY):
        now = _offset(zone, probe)
        if now != offset:
            seconds = range((probe - DAY) // SECOND, probe // SECOND + 1)
            turn = (
                seconds[
                    bisect_left(
                        seconds, 1, key=lambda second: int(_offset(zone, second * SECOND) == now)
                    )
                ]
                * SECOND
            )
            yield since, turn, offset
            since, offset = turn, now
    yield since, end, offset


def _offset(zone: ZoneInfo, at: int) -> int:
    shown = (EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return (shown.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _joined(pieces: Iterable[tuple[int, int]]) -> YearHours:
    """Return pieces in order as a year; those that touch or overlap become one."""
    year = YearHours([], [], [], 0)
    total = 0
    for since, until in pieces:
        if year.until and since <= year.until[-1]:
            total += max(until - year.until[-1], 0)
            year.until[-1] = max(until, year.until[-1])
        else:
            year.since.append(since)
            year.until.append(until)
            year.before.append(total)
            total += until - since
    return YearHours(year.since, year.until, year.before, total)


def _year_of(at: datetime) -> int:
    return at.astimezone(UTC).year
