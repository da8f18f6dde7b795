"""The expansion of a schedule: who is on call at a time, and when nobody is. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial

from gateway.oncall.rotation import MARGIN, allowed_spans, longest_turn, turns_between
from gateway.oncall.schedule import Absence, Layer, Override, Schedule
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span, intersect, join, subtract

INSTANT = timedelta(microseconds=1)


def shifts(
    schedule: Schedule,
    overrides: Sequence[Override],
    absences: Sequence[Absence],
    since: datetime,
    until: datetime,
) -> list[Shift]:
    """Return every shift that overlaps [since, until), whole, in the order of their starts.

    Of two overrides the one with the higher id, made later, wins. Each instant has the people of
    every shift that covers it; two do where clocks are set back during a hand-over.
    """
    longest = max((longest_turn(one) for one in schedule.layers), default=MARGIN)
    near = [one for one in overrides if one.ends_at > since and one.starts_at < until]
    first = min((since - longest, *(one.starts_at for one in near)))
    last = max((until + longest, *(one.ends_at for one in near)))
    found = _expand(schedule, overrides, absences, first, last)
    return [one for one in found if one.ends_at > since and one.starts_at < until]


def on_call(
    schedule: Schedule,
    overrides: Sequence[Override],
    absences: Sequence[Absence],
    at: datetime,
) -> tuple[str, ...]:
    """Return the logins of those who are on call at an instant, nobody twice."""
    found = _expand(schedule, overrides, absences, at, at + INSTANT)
    return tuple(dict.fromkeys(login for one in found for login in one.people))


def gaps(shifts: Iterable[Shift], since: datetime, until: datetime) -> list[Span]:
    """Return the times within [since, until) that no shift covers."""
    covered = join((one.starts_at, one.ends_at) for one in shifts)
    return subtract([(since, until)], covered)


def _expand(
    schedule: Schedule,
    overrides: Sequence[Override],
    absences: Sequence[Absence],
    since: datetime,
    until: datetime,
) -> list[Shift]:
    """Return the shifts that overlap [since, until), clipped to it.

    Overrides of everybody, the last made first, and then the layers, the topmost first, each
    take what those before them left open.
    """
    near = [
        one
        for one in sorted(overrides, key=lambda one: one.id)
        if one.ends_at > since and one.starts_at < until
    ]
    periods = _Periods([one for one in near if one.replaces is not None], absences)
    rows = [partial(_of_override, one) for one in reversed(near) if one.replaces is None]
    rows += [partial(_of_layer, one, schedule.zone) for one in schedule.layers]
    left: list[Span] = [(since, until)]
    found: list[Shift] = []
    for row in rows:
        if left:
            taken = list(row(periods, left))
            found += taken
            left = subtract(left, join((one.starts_at, one.ends_at) for one in taken))
    return sorted(found, key=lambda one: (one.starts_at, one.ends_at))


def _of_override(one: Override, periods: "_Periods", left: Sequence[Span]) -> Iterator[Shift]:
    def people_in(period: _Period) -> _OnCall:
        people, applied = period.present(one.people, made_after=one.id)
        return _OnCall(people, overrides=(one.id, *applied))

    for span in intersect((one.starts_at, one.ends_at), left):
        yield from periods.shifts_in(span, "", people_in)


def _of_layer(
    layer: Layer, zone: str, periods: "_Periods", left: Sequence[Span]
) -> Iterator[Shift]:
    since, until = left[0][0], left[-1][1]
    allowed = allowed_spans(layer, zone, since, until)
    spans = [part for span in allowed for part in intersect(span, left)]
    known = [lru_cache(partial(_people_of_turn, layer, n)) for n in range(len(layer.turns))]
    for turn in turns_between(layer, zone, since, until):
        people_in = known[turn.number % len(known)]
        for part in intersect((turn.starts_at, turn.ends_at), spans):
            yield from periods.shifts_in(part, layer.name, people_in)


@dataclass(frozen=True, slots=True)
class _OnCall:
    """The people on call in a period, none if all are away, and how they came to be."""

    people: tuple[str, ...]
    overrides: tuple[int, ...] = ()
    stand_in: bool = False


def _people_of_turn(layer: Layer, number: int, period: "_Period") -> _OnCall:
    """Return the people of a turn, or of the first turn after it in which somebody is present."""
    for ahead in range(len(layer.turns)):
        turn = layer.turns[(number + ahead) % len(layer.turns)]
        people, applied = period.present(turn)
        if people:
            return _OnCall(people, applied, stand_in=ahead > 0)
    return _OnCall(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A schedule with the overrides and absences in force."""

    schedule: Schedule
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()

    @property
    def people(self) -> frozenset[str]:
        """Everybody in a turn of the schedule or in an override."""
        return self.schedule.people.union(*(one.people for one in self.overrides))

    def shifts(self, since: datetime, until: datetime) -> list[Shift]:
        """Return every shift that overlaps [since, until), whole."""
        return shifts(self.schedule, self.overrides, self.absences, since, until)

    def on_call(self, at: datetime) -> tuple[str, ...]:
        """Return the logins of those who are on call at an instant."""
        return on_call(self.schedule, self.overrides, self.absences, at)


@dataclass(frozen=True, slots=True)
class _Period:
    """The overrides of one person in force for a while, and the people who are away."""

    substitutions: tuple[Override, ...]
    away: frozenset[str]

    def present(
        self, people: tuple[str, ...], made_after: int = -1
    ) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return who is not away after the overrides made later, and the ids of those applied."""
        applied = []
        for one in self.substitutions:
            if one.id > made_after and one.replaces in people:
                place = people.index(one.replaces)
                people = tuple(dict.fromkeys((*people[:place], *one.people, *people[place + 1 :])))
                applied.append(one.id)
        return tuple(login for login in people if login not in self.away), tuple(applied)


class _Periods:
    """The periods between the instants at which an override of one person or absence changes."""

    def __init__(self, substitutions: Sequence[Override], absences: Sequence[Absence]) -> None:
        """Take the overrides of one person, in the order in which they were made."""
        self._substitutions, self._absences = substitutions, absences
        changing: list[Override | Absence] = [*substitutions, *absences]
        self._edges = sorted({at for one in changing for at in (one.starts_at, one.ends_at)})
        self._known: dict[int, _Period] = {}

    def shifts_in(
        self, span: Span, layer: str, people_in: Callable[[_Period], _OnCall]
    ) -> Iterator[Shift]:
        """Yield the shifts of a span, one for each time with the same people and reasons."""
        since, until = span
        place = bisect_right(self._edges, since)
        present = people_in(self._period(place, since))
        for index in range(place, bisect_left(self._edges, until)):
            edge = self._edges[index]
            following = people_in(self._period(index + 1, edge))
            if following != present:
                yield from _shift(since, edge, layer, present)
                since, present = edge, following
        yield from _shift(since, until, layer, present)

    def _period(self, place: int, at: datetime) -> _Period:
        """Return the period that begins with the edge before `place`; `at` lies in it."""
        period = self._known.get(place)
        if period is None:
            period = self._known[place] = _Period(
                tuple(one for one in self._substitutions if one.starts_at <= at < one.ends_at),
                frozenset(
                    one.person for one in self._absences if one.starts_at <= at < one.ends_at
                ),
            )
        return period


def _shift(since: datetime, until: datetime, layer: str, present: _OnCall) -> Iterator[Shift]:
    if present.people:
        yield Shift(
            starts_at=since,
            ends_at=until,
            people=present.people,
            layer=layer,
            overrides=present.overrides,
            stand_in=present.stand_in,
        )
