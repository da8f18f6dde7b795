"""A second implementation of on-call schedules, which looks at one minute at a time.

It is slow and plain, and was written from the rules in docs/on-call.md without looking at the code
of the gateway. All times are whole minutes; the clock of a zone is read at every minute.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from gateway.oncall.schedule import Absence, Layer, Override, Schedule, Unit

MINUTE = timedelta(minutes=1)
DAY = 1_440
AROUND = 2 * DAY
"""Minutes before and after a period in which the clock is read as well."""

ORIGIN = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)


def shown(day: date, at: time) -> int:
    """Return what a clock shows, as minutes after 1970-01-01 00:00 on that clock."""
    return (datetime.combine(day, at) - ORIGIN) // MINUTE


class ZoneClock:
    """The clock of a zone, read at every minute of a period."""

    def __init__(self, zone: str, since: datetime, minutes: int) -> None:
        tz = ZoneInfo(zone)
        first = since - AROUND * MINUTE
        instants = (first + n * MINUTE for n in range(minutes + 2 * AROUND))
        wall = [(one.astimezone(tz).replace(tzinfo=None) - ORIGIN) // MINUTE for one in instants]
        latest, earliest = list(wall), list(wall)
        for n in range(1, len(wall)):
            latest[n] = max(latest[n], latest[n - 1])
        for n in range(len(wall) - 2, -1, -1):
            earliest[n] = min(earliest[n], earliest[n + 1])
        here = slice(AROUND, AROUND + minutes)
        after = slice(AROUND + 1, AROUND + minutes + 1)
        self.begun = latest[here]
        """By minute: the latest time that was shown so far. What begins by then has begun."""
        self.over = [
            min(now, later - 1) for now, later in zip(wall[here], earliest[after], strict=True)
        ]
        """By minute: the latest time that is shown and not shown again. What ends by then is over.
        """


@lru_cache(maxsize=4_096)
def first_shown(zone: str, day: date, at: time) -> datetime:
    """Return the first minute at which the clock shows the time, or is past it."""
    tz, wanted = ZoneInfo(zone), datetime.combine(day, at)
    instant = datetime.combine(day, at, UTC) - 2 * DAY * MINUTE
    while instant.astimezone(tz).replace(tzinfo=None) < wanted:
        instant += MINUTE
    return instant


def brute_force(
    schedule: Schedule,
    overrides: Sequence[Override],
    absences: Sequence[Absence],
    clocks: dict[str, ZoneClock],
    since: datetime,
) -> list[frozenset[str]]:
    """Return who is on call at every minute of a period."""
    in_force = sorted(overrides, key=lambda one: one.id)
    minutes = len(next(iter(clocks.values())).begun)
    states: list[tuple[int, ...]] = [()] * minutes
    changing: list[Override | Absence] = [*in_force, *absences]
    for n, one in enumerate(changing):
        begin, end = (one.starts_at - since) // MINUTE, (one.ends_at - since) // MINUTE
        for minute in range(max(begin, 0), min(end, minutes)):
            states[minute] += (n,)
    zones = [layer.zone or schedule.zone for layer in schedule.layers]
    turns = [
        turns_of(layer, zone, clocks[zone], since)
        for layer, zone in zip(schedule.layers, zones, strict=True)
    ]

    @cache
    def decide(state: tuple[int, ...], *now: tuple[int, int] | None) -> frozenset[str]:
        changed = [in_force[n] for n in state if n < len(in_force)]
        away = {absences[n - len(in_force)].person for n in state if n >= len(in_force)}
        for place in range(len(changed) - 1, -1, -1):
            if changed[place].replaces is None:
                people = replaced(changed[place].people, changed[place + 1 :]) - away
                if people:
                    return frozenset(people)
        for layer, numbers in zip(schedule.layers, now, strict=True):
            if numbers is not None:
                people = people_of(layer, numbers, changed, away)
                if people:
                    return frozenset(people)
        return frozenset()

    return [decide(*one) for one in zip(states, *turns, strict=True)]


def people_of(
    layer: Layer, numbers: tuple[int, int], overrides: Sequence[Override], away: set[str]
) -> set[str]:
    people = set[str]()
    for number in range(numbers[0], numbers[1] + 1):
        for ahead in range(len(layer.turns)):
            turn = layer.turns[(number + ahead) % len(layer.turns)]
            present = replaced(turn, overrides) - away
            if present:
                people |= present
                break
    return people


def turns_of(
    layer: Layer, zone: str, clock: ZoneClock, since: datetime
) -> list[tuple[int, int] | None]:
    """Return by minute the numbers of the first and the last turn that are on, None if none."""
    day = layer.counted_from or layer.starts_on
    if layer.unit is Unit.WEEKS and layer.weekday is not None:
        while day.weekday() != layer.weekday:
            day -= timedelta(days=1)
    if layer.unit is Unit.HOURS:
        passed = (since - first_shown(zone, day, layer.hand_over)) // MINUTE
        numbers = [((passed + n) // (60 * layer.length),) * 2 for n in range(len(clock.begun))]
    else:
        first = shown(day, layer.hand_over)
        length = layer.length * DAY * (7 if layer.unit is Unit.WEEKS else 1)
        numbers = [
            ((over - first) // length, (begun - first) // length)
            for over, begun in zip(clock.over, clock.begun, strict=True)
        ]
    allowed = bytearray(0 if layer.restrictions else 1 for _ in numbers)
    for begin, end in windows_of(layer, clock):
        # Neither list ever falls: a window is on from its begin until the minute it is over.
        here = range(bisect_left(clock.begun, begin), bisect_left(clock.over, end))
        allowed[here.start : here.stop] = b"\1" * len(here)
    starts = shown(layer.starts_on, layer.hand_over)
    ends = clock.over[-1] + 1
    if layer.ends_on is not None:
        ends = shown(layer.ends_on, layer.hand_over)
    return [
        number if yes and begun >= starts and over < ends else None
        for number, yes, begun, over in zip(numbers, allowed, clock.begun, clock.over, strict=True)
    ]


def windows_of(layer: Layer, clock: ZoneClock) -> Iterator[tuple[int, int]]:
    for number in range(clock.begun[0] // DAY - 3, clock.begun[-1] // DAY + 3):
        day = ORIGIN.date() + timedelta(days=number)
        for one in layer.restrictions:
            if day.weekday() in one.weekdays:
                begin, end = shown(day, one.starts), shown(day, one.ends)
                yield begin, end if end > begin else end + DAY


def replaced(people: Sequence[str], overrides: Sequence[Override]) -> set[str]:
    """Return the people after the overrides of one person."""
    there = set(people)
    for one in overrides:
        if one.replaces in there:
            there = (there - {one.replaces}) | set(one.people)
    return there
