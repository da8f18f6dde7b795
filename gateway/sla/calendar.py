"""The calendar protocol: which time counts for a clock. Pure."""

from datetime import datetime, timedelta
from typing import Protocol


class Calendar(Protocol):
    """A calendar of working time.

    `add(a, between(a, b))` is never later than `b`, and `between(a, add(a, d)) == d`.
    """

    @property
    def version(self) -> str:
        """The version of the content.

        It changes whenever any result of the calendar may have changed.
        """
        ...

    @property
    def day(self) -> timedelta:
        """The length of one working day ("1wd")."""
        ...

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Return the time that counts from `since` to `until`.

        Never negative for since <= until.
        """
        ...

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """Return the first instant by which `length` has counted since `start`."""
        ...

    def unpublished(self, since: datetime, until: datetime, /) -> tuple[int, ...]:
        """Return the years of that time whose public holidays are not all known yet."""
        ...


class RoundTheClock:
    """The 24x7 calendar: every microsecond counts.

    Instants are UTC, so daylight saving does not matter.
    """

    version = "24x7"
    day = timedelta(days=1)

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        """Return the plain difference, exact to the microsecond."""
        return until - since

    def add(self, start: datetime, length: timedelta, /) -> datetime:
        """Return the plain sum, exact to the microsecond."""
        return start + length

    def unpublished(self, since: datetime, until: datetime, /) -> tuple[int, ...]:  # noqa: ARG002 - needs no dates
        """Return no years: holidays count like any day."""
        return ()


ROUND_THE_CLOCK: Calendar = RoundTheClock()
"""The calendar that needs no configuration; policies call it "24x7"."""
