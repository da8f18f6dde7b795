"""Which time counts. A calendar is a seam: clocks only ever ask these questions of it."""

from datetime import datetime, timedelta
from typing import Protocol


class Calendar(Protocol):
    """Counts working time. `add(a, between(a, b))` is never later than `b`, and `between(a, add(a, d)) == d`."""

    @property
    def version(self) -> str:
        """Changes whenever any of the calendar's answers may have changed."""
        ...

    @property
    def day(self) -> timedelta:
        """What one working day ("1wd") counts."""
        ...

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Time that counts from `since` to `until`; never negative for since <= until."""
        ...

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """The first instant by which `length` has counted since `start`."""
        ...

    def unpublished(self, since: datetime, until: datetime, /) -> tuple[int, ...]:
        """The years of that time whose public holidays are not all known yet."""
        ...


class RoundTheClock:
    """24x7: every microsecond counts, and daylight saving is nobody's business because instants are UTC."""

    version = "24x7"
    day = timedelta(days=1)

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Plain difference, exact to the microsecond."""
        return until - since

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """Plain sum, exact to the microsecond."""
        return start + length

    def unpublished(self, since: datetime, until: datetime, /) -> tuple[int, ...]:  # noqa: ARG002 - asks nothing
        """None: holidays count like any day."""
        return ()


ROUND_THE_CLOCK: Calendar = RoundTheClock()
"""The calendar that needs no configuration; policies call it "24x7"."""
