"""A working week, read from "HH:MM-HH:MM" per weekday. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from gateway.errors import Flaw

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
SATURDAY = 5
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)

Span = tuple[int, int]
"""A span: from and until in wall clock minutes after midnight; over 1,440 is the next day."""


@dataclass(frozen=True, slots=True)
class Week:
    """Hours by weekday, Monday first; a span over midnight belongs to the day it begins on."""

    days: tuple[tuple[Span, ...], ...]

    def of(self, weekday: int) -> tuple[Span, ...]:
        """Return the hours of an ordinary day; Monday is 0."""
        return self.days[weekday]

    def worked(self, weekday: int) -> tuple[Span, ...]:
        """Return the hours of a make-up working day.

        They are its own, or the usual ones on a weekend or where it has none.
        """
        own = self.days[weekday] if weekday < SATURDAY else ()
        return own or self.usual

    @property
    def usual(self) -> tuple[Span, ...]:
        """Return Monday's hours, or those of the first day that has any."""
        return next((spans for spans in self.days if spans), ())

    @property
    def day(self) -> timedelta:
        """Return the length of a usual working day."""
        return timedelta(minutes=sum(until - since for since, until in self.usual))


def read_week(hours: Mapping[Any, Sequence[str]], pointer: str) -> tuple[Week, list[Flaw]]:
    """Return the week and every flaw in it.

    `pointer` is the place of the hours in the configuration.
    """
    flaws: list[Flaw] = []
    days = [_day(hours.get(name, ()), f"{pointer}/{name}", flaws) for name in WEEKDAYS]
    week = Week(tuple(tuple(sorted(spans)) for spans in days))
    if not flaws and not week.usual:
        flaws.append(Flaw(pointer, "a calendar has working hours on at least one weekday"))
    return week, flaws or _overlaps(week, pointer)


def _day(texts: Sequence[str], pointer: str, flaws: list[Flaw]) -> list[Span]:
    spans = []
    for index, text in enumerate(texts):
        if (span := read_span(text)) is None:
            detail = (
                f'"{text}" is no span of hours: '
                'write it like "09:00-12:00" or, over midnight, "22:00-06:00"'
            )
            flaws.append(Flaw(f"{pointer}/{index}", detail))
        else:
            spans.append(span)
    return spans


def read_span(text: str) -> Span | None:
    """Return a span in minutes; an end before the beginning is on the next day.

    None for text that is no span.
    """
    found = SPAN.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found.groups() if part is not None]
    since, until = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if since == until:
        return None
    return since, until if until > since else until + DAY


def _overlaps(week: Week, pointer: str) -> list[Flaw]:
    """Return a flaw for spans that overlap, Sunday's end over Monday's beginning included."""
    line = [
        (day * DAY + since, day * DAY + until, day)
        for day, spans in enumerate(week.days)
        for since, until in spans
    ]
    again = (line[0][0] + 7 * DAY, line[0][1] + 7 * DAY, line[0][2])
    return [
        Flaw(
            f"{pointer}/{WEEKDAYS[after[2]]}",
            f"{_clock(after)} begins before {WEEKDAYS[before[2]]} {_clock(before)} is over",
        )
        for before, after in pairwise([*line, again])
        if after[0] < before[1]
    ]


def _clock(span: tuple[int, int, int]) -> str:
    since, until = ((minute - span[2] * DAY) % (7 * DAY) for minute in span[:2])
    return f"{since // 60 % 24:02}:{since % 60:02}-{_hour(until)}:{until % 60:02}"


def _hour(until: int) -> str:
    return "24" if until == DAY else f"{until // 60 % 24:02}"
