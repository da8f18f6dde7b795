"""The layers of a schedule as the API reads and shows them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.api.setup.people import Login
from gateway.oncall.schedule import Layer, Restriction, Unit
from gateway.untrusted.bounds import Name, Request

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WallTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
"""A time of the day, such as 09:00."""

Turn = Annotated[list[Login], Meta(max_length=20)]
LayerName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\Z")]


class RestrictionBody(
    msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """Hours of some weekdays; hours that end at or before they begin end on the next day."""

    weekdays: Annotated[list[Weekday], Meta(max_length=7)]
    since: WallTime
    until: WallTime


class LayerBody(Request, kw_only=True):
    """A rotation of people, each turn of everybody who is on call together."""

    name: LayerName
    starts_on: date
    turns: Annotated[list[Turn], Meta(max_length=100)]
    unit: Unit = Unit.WEEKS
    length: Annotated[int, Meta(ge=1, le=10_000)] = 1
    hand_over: WallTime = "09:00"
    weekday: Weekday | None = None
    counted_from: date | None = None
    ends_on: date | None = None
    zone: Name | None = None
    restrictions: Annotated[list[RestrictionBody], Meta(max_length=14)] = msgspec.field(
        default_factory=list
    )


def read_layers(bodies: Sequence[LayerBody]) -> tuple[Layer, ...]:
    """Return the layers that bodies describe."""
    return tuple(_read(one) for one in bodies)


def _read(one: LayerBody) -> Layer:
    return Layer(
        name=one.name,
        starts_on=one.starts_on,
        turns=tuple(tuple(turn) for turn in one.turns),
        unit=one.unit,
        length=one.length,
        hand_over=time.fromisoformat(one.hand_over),
        weekday=None if one.weekday is None else WEEKDAYS.index(one.weekday),
        counted_from=one.counted_from,
        ends_on=one.ends_on,
        zone=one.zone or "",
        restrictions=tuple(
            Restriction(
                weekdays=frozenset(WEEKDAYS.index(day) for day in limit.weekdays),
                starts=time.fromisoformat(limit.since),
                ends=time.fromisoformat(limit.until),
            )
            for limit in one.restrictions
        ),
    )


def show_layers(layers: Sequence[Layer]) -> list[LayerBody]:
    """Return the bodies that describe layers."""
    return [_show(one) for one in layers]


def _show(one: Layer) -> LayerBody:
    return LayerBody(
        name=one.name,
        starts_on=one.starts_on,
        turns=[list(turn) for turn in one.turns],
        unit=one.unit,
        length=one.length,
        hand_over=f"{one.hand_over:%H:%M}",
        weekday=None if one.weekday is None else WEEKDAYS[one.weekday],
        counted_from=one.counted_from,
        ends_on=one.ends_on,
        zone=one.zone or None,
        restrictions=[
            RestrictionBody(
                weekdays=[WEEKDAYS[day] for day in sorted(limit.weekdays)],
                since=f"{limit.starts:%H:%M}",
                until=f"{limit.ends:%H:%M}",
            )
            for limit in one.restrictions
        ],
    )
