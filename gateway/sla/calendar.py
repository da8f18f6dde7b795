"""Which time counts. A calendar is a seam: clocks only ever ask these two questions of it."""

from datetime import datetime, timedelta
from typing import Protocol


class Calendar(Protocol):
    """Counts working time. `add(a, between(a, b))` is never later than `b`, and `between(a, add(a, d)) == d`."""

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Time that counts from `since` to `until`; never negative for since <= until."""
        ...

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """The first instant by which `length` has counted since `start`."""
        ...


class RoundTheClock:
    """24x7: every microsecond counts, and daylight saving is nobody's business because instants are UTC."""

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Plain difference, exact to the microsecond."""
        return until - since

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """Plain sum, exact to the microsecond."""
        return start + length


CALENDARS: dict[str, Calendar] = {"24x7": RoundTheClock()}
"""Calendars by the name a policy calls them."""
