"""On-call shifts as values, and the check of a roster. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from gateway.errors import Flaw

LONGEST = timedelta(hours=36)
"""The longest shift allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The people (logins) who are on shift from one instant until another.

    Of a schedule, `layer` is the name of the layer that they are of, empty where an override put
    them there; `overrides` are the ids of those that did, and `stand_in` says that everybody
    whose turn it is is away.
    """

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    layer: str = ""
    overrides: tuple[int, ...] = ()
    stand_in: bool = False


def flaws(shifts: Sequence[Shift]) -> tuple[Flaw, ...]:
    """Return every flaw of a roster, each with the place of the shift at fault."""
    return (*_each(shifts), *_together(shifts))


def _each(shifts: Iterable[Shift]) -> Iterator[Flaw]:
    for place, shift in enumerate(shifts):
        if not timedelta() < shift.ends_at - shift.starts_at <= LONGEST:
            yield Flaw(f"/shifts/{place}/to", "a shift ends after it begins, 36 h later at most")
        if not shift.people:
            yield Flaw(f"/shifts/{place}/people", "somebody works it")


def _together(shifts: Sequence[Shift]) -> Iterator[Flaw]:
    placed = sorted(enumerate(shifts), key=lambda one: one[1].starts_at)
    for (_, before), (place, after) in pairwise(placed):
        if after.starts_at < before.ends_at:
            yield Flaw(f"/shifts/{place}/from", "another shift of the group is not over by then")
