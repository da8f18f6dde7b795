"""Warnings about shifts to come: gaps, double bookings, people who are away. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from gateway.oncall.expansion import Plan, gaps
from gateway.oncall.schedule import Absence
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span, intersect, join

AHEAD = timedelta(days=30)
"""How far ahead warnings look."""

WEEK = timedelta(days=7)
KEPT = timedelta(days=8)
"""How long gaps that are over are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleBooking:
    """A time in which a person is on call in several schedules, given by their slugs."""

    person: str
    schedules: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentShift:
    """A time in which it is a person's turn, and they are away."""

    person: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The faults of schedules in a period: their gaps by slug, and double bookings."""

    gaps: Mapping[str, Sequence[Span]]
    double_bookings: Sequence[DoubleBooking]


def find_coverage(plans: Mapping[str, Plan], within: Span) -> Coverage:
    """Return what is wrong with these schedules in a period."""
    shifts = {slug: plan.shifts(*within) for slug, plan in plans.items()}
    return Coverage(
        gaps={slug: gaps(ones, *within) for slug, ones in shifts.items()},
        double_bookings=double_bookings(shifts, within),
    )


def double_bookings(shifts: Mapping[str, Iterable[Shift]], within: Span) -> list[DoubleBooking]:
    """Return the double bookings among the shifts of schedules, by person and time."""
    worked: dict[str, dict[str, list[Span]]] = {}
    for slug, ones in shifts.items():
        for one in ones:
            for login in one.people:
                spans = worked.setdefault(login, {}).setdefault(slug, [])
                spans += intersect((one.starts_at, one.ends_at), [within])
    return [
        DoubleBooking(person=login, schedules=slugs, starts_at=since, ends_at=until)
        for login, of_schedules in sorted(worked.items())
        if len(of_schedules) > 1
        for slugs, (since, until) in _together(of_schedules)
    ]


def _together(of_schedules: Mapping[str, Sequence[Span]]) -> Iterator[tuple[tuple[str, ...], Span]]:
    """Yield each longest time in which the same schedules, at least two, have a span."""
    joined = {slug: join(spans) for slug, spans in sorted(of_schedules.items())}
    # Joined spans never touch, so the schedules are others on both sides of each edge.
    edges = sorted({edge for spans in joined.values() for span in spans for edge in span})
    for span in pairwise(edges):
        slugs = tuple(slug for slug, own in joined.items() if any(intersect(span, own)))
        if len(slugs) > 1:
            yield slugs, span


def absent_shifts(
    planned: Iterable[Shift], absences: Iterable[Absence], within: Span
) -> list[AbsentShift]:
    """Return when people are away whose turn it is; `planned` are the shifts without absences."""
    away: dict[str, list[Span]] = {}
    for absence in absences:
        away.setdefault(absence.person, []).append((absence.starts_at, absence.ends_at))
    missed: dict[str, list[Span]] = {}
    for shift in planned:
        for login in shift.people:
            for span in intersect((shift.starts_at, shift.ends_at), [within]):
                missed.setdefault(login, []).extend(intersect(span, join(away.get(login, ()))))
    return [
        AbsentShift(person=login, starts_at=since, ends_at=until)
        for login, spans in sorted(missed.items())
        for since, until in join(spans)
    ]


def new_gaps(
    found: Sequence[Span], known: Sequence[Span], zone: str, until: datetime
) -> list[Span]:
    """Return the gaps that nobody was told of.

    `known` are those told of. One that overlaps them is no new one, nor is one that is like one
    of them a week later on the wall clock of `zone`: hours that are never covered come again
    each week. Gaps are looked for up to `until`, so one that ends there may last longer.
    """
    wall = ZoneInfo(zone)
    covered = join(known)
    weekly = {(_local(a, wall) + WEEK, _local(b, wall) + WEEK) for a, b in known}
    begins = {since for since, _ in weekly}
    return [
        (since, ends)
        for since, ends in found
        if not any(intersect((since, ends), covered))
        and (_local(since, wall), _local(ends, wall)) not in weekly
        and not (ends == until and _local(since, wall) in begins)
    ]


def remembered_gaps(found: Sequence[Span], known: Sequence[Span], now: datetime) -> list[Span]:
    """Return the gaps to be known the next time.

    They are those found, of which one that lasts now began when it was known to, and those known
    that ended within the last days: gaps of every week are told from them.
    """
    began = min((since for since, until in known if since < now < until), default=now)
    over = [(since, until) for since, until in known if now - KEPT < until <= now]
    return sorted({*over, *((began if since == now else since, until) for since, until in found)})


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
