"""The turns of a layer as spans of time, within its restrictions. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.oncall.schedule import Layer, Unit
from gateway.oncall.spans import Span, join
from gateway.oncall.wall_clock import instants_of

DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}
MARGIN = timedelta(days=3)
"""More than the clock of any zone differs from UTC, or skips."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a layer; `number` counts from the first, which is 0."""

    starts_at: datetime
    ends_at: datetime
    number: int


def longest_turn(layer: Layer) -> timedelta:
    """Return a time that no turn of the layer exceeds."""
    if layer.unit is Unit.HOURS:
        return timedelta(hours=layer.length)
    return timedelta(days=layer.length * DAYS[layer.unit]) + MARGIN


def turns_between(layer: Layer, zone_name: str, since: datetime, until: datetime) -> list[Turn]:
    """Return the turns that overlap [since, until), clipped to it, in order.

    `zone_name` is the zone of the schedule. Where clocks are set back during a hand-over two
    turns overlap.
    """
    zone = ZoneInfo(layer.zone or zone_name)
    since = max(since, instants_of(layer.starts_on, layer.hand_over, zone)[0])
    if layer.ends_on is not None:
        until = min(until, instants_of(layer.ends_on, layer.hand_over, zone)[1])
    if since >= until:
        return []
    turns = _hours if layer.unit is Unit.HOURS else _days
    return [
        Turn(max(one.starts_at, since), min(one.ends_at, until), one.number)
        for one in turns(layer, zone, since, until)
        if one.ends_at > since
    ]


def _hours(layer: Layer, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Turn]:
    first, _ = instants_of(layer.first_day, layer.hand_over, zone)
    length = timedelta(hours=layer.length)
    number = (since - first) // length
    while (starts_at := first + number * length) < until:
        yield Turn(starts_at, starts_at + length, number)
        number += 1


def _days(layer: Layer, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Turn]:
    length = layer.length * DAYS[layer.unit]
    first = layer.first_day
    number = (since.date() - first - MARGIN).days // length
    starts_at, _ = instants_of(_day(first, number * length), layer.hand_over, zone)
    while starts_at < until:
        next_day = _day(first, (number + 1) * length)
        next_starts_at, ends_at = instants_of(next_day, layer.hand_over, zone)
        yield Turn(starts_at, ends_at, number)
        starts_at, number = next_starts_at, number + 1


def _day(first: date, days: int) -> date:
    return first + timedelta(days=days)


def allowed_spans(layer: Layer, zone_name: str, since: datetime, until: datetime) -> list[Span]:
    """Return the time within [since, until) that the restrictions of the layer leave."""
    if not layer.restrictions:
        return [(since, until)]
    zone = ZoneInfo(layer.zone or zone_name)
    return join(
        (max(first, since), min(last, until))
        for first, last in _restricted(layer, zone, since, until)
    )


def _restricted(layer: Layer, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Span]:
    first = (since - MARGIN).astimezone(UTC).date()
    for ahead in range((until - since + 2 * MARGIN).days + 2):
        day = _day(first, ahead)
        for one in layer.restrictions:
            if day.weekday() in one.weekdays:
                starts_at, _ = instants_of(day, one.starts, zone)
                last_day = _day(day, int(one.ends_next_day))
                yield starts_at, instants_of(last_day, one.ends, zone)[1]
