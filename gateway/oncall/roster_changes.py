"""The changes that make a group's roster follow the shifts of a schedule. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from gateway.oncall.shift import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShift:
    """A shift of a roster, with its id."""

    id: int
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChanges:
    """The ids of shifts to delete, new ends of shifts by id, and shifts to add."""

    deleted: tuple[int, ...] = ()
    ended: tuple[tuple[int, datetime], ...] = ()
    added: tuple[Shift, ...] = ()


def roster_of(shifts: Sequence[Shift]) -> list[Shift]:
    """Return the shifts of a schedule, in order, as those of a roster, which never overlap.

    Where two overlap because clocks are set back, the first ends when the second begins: work is
    handed over at one instant.
    """
    return [
        Shift(
            starts_at=one.starts_at,
            ends_at=one.ends_at if end is None else min(one.ends_at, end),
            people=tuple(sorted(one.people)),
        )
        for one, end in zip_longest(shifts, (next_one.starts_at for next_one in shifts[1:]))
        if end is None or end > one.starts_at
    ]


def changes_of(
    planned: Sequence[PlannedShift], wanted: Sequence[Shift], now: datetime
) -> RosterChanges:
    """Return the changes of the shifts that are not over; what has passed stays as it was.

    A shift that has begun goes on while its people stay the same. If they change, it ends now and
    the others begin.
    """
    begun = next((one for one in planned if one.shift.starts_at < now), None)
    present = next((one for one in wanted if one.starts_at <= now < one.ends_at), None)
    ahead = [one for one in wanted if one.starts_at > now]
    ended: tuple[tuple[int, datetime], ...] = ()
    if begun is not None and present is not None and begun.shift.people == present.people:
        if begun.shift.ends_at != present.ends_at:
            ended = ((begun.id, present.ends_at),)
    else:
        ended = ((begun.id, now),) if begun is not None else ()
        ahead += [replace(present, starts_at=now)] if present is not None else []
    known = {one.shift: one.id for one in planned if one is not begun}
    return RosterChanges(
        deleted=tuple(number for shift, number in known.items() if shift not in ahead),
        ended=ended,
        added=tuple(shift for shift in sorted(ahead, key=_start) if shift not in known),
    )


def _start(one: Shift) -> datetime:
    return one.starts_at
