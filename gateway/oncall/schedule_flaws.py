"""The check of a schedule: every flaw, with its place and what to do. Pure."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.errors import Flaw
from gateway.oncall.rotation import allowed_spans
from gateway.oncall.schedule import Layer, Schedule, Unit
from gateway.oncall.wall_clock import instants_of
from gateway.timing.instants import EARLIEST, LATEST

LONGEST = {Unit.HOURS: 2_016, Unit.DAYS: 84, Unit.WEEKS: 12}
"""The longest turn in each unit: twelve weeks."""

SEARCHED = timedelta(days=60)
"""The part of the term of a layer that is searched for time that its restrictions leave."""


def flaws(schedule: Schedule, known: Collection[str], zones: Collection[str]) -> tuple[Flaw, ...]:
    """Return every flaw; `known` are the logins of active people, `zones` the names of zones."""
    return tuple(_flaws(schedule, known, zones))


def _flaws(schedule: Schedule, known: Collection[str], zones: Collection[str]) -> Iterator[Flaw]:
    if schedule.zone not in zones:
        yield Flaw("/zone", f'"{schedule.zone}" is no IANA time zone, such as Europe/Berlin')
    seen: set[str] = set()
    for place, layer in enumerate(schedule.layers):
        at = f"/layers/{place}"
        if layer.name in seen:
            yield Flaw(f"{at}/name", f'another layer is named "{layer.name}": choose another name')
        seen.add(layer.name)
        if layer.zone and layer.zone not in zones:
            yield Flaw(
                f"{at}/zone", f'"{layer.zone}" is no IANA time zone: correct or leave it out'
            )
        yield from _of_turns(layer, at, known)
        yield from _of_rotation(layer, at)
        if {schedule.zone, layer.zone or schedule.zone} <= set(zones):
            yield from _of_restrictions(layer, schedule.zone, at)


def _of_turns(layer: Layer, at: str, known: Collection[str]) -> Iterator[Flaw]:
    if not layer.turns:
        yield Flaw(f"{at}/turns", "nobody has a turn: name at least one")
    for place, turn in enumerate(layer.turns):
        if not turn:
            yield Flaw(
                f"{at}/turns/{place}", "nobody has this turn: name somebody, or leave it out"
            )
        for index, login in enumerate(turn):
            if login not in known:
                yield Flaw(f"{at}/turns/{place}/{index}", f"nobody active has the login {login}")
            if login in turn[:index]:
                yield Flaw(f"{at}/turns/{place}/{index}", f"{login} is in this turn already")


def _of_rotation(layer: Layer, at: str) -> Iterator[Flaw]:
    if not 1 <= layer.length <= LONGEST[layer.unit]:
        yield Flaw(f"{at}/length", f"a turn has 1 to {LONGEST[layer.unit]} {layer.unit}")
    if layer.weekday is not None and layer.unit is not Unit.WEEKS:
        yield Flaw(f"{at}/weekday", "only weekly turns change on a weekday: leave it out")
    for name in ("starts_on", "counted_from", "ends_on"):
        day: date | None = getattr(layer, name)
        if day is not None and not EARLIEST.date() < day < LATEST.date():
            yield Flaw(
                f"{at}/{name}", f"lies after {EARLIEST:%Y-%m-%d} and before {LATEST:%Y-%m-%d}"
            )
    if layer.ends_on is not None and layer.ends_on <= layer.starts_on:
        yield Flaw(f"{at}/ends_on", "lies after starts_on")


def _of_restrictions(layer: Layer, zone: str, at: str) -> Iterator[Flaw]:
    empty = [place for place, one in enumerate(layer.restrictions) if not one.weekdays]
    for place in empty:
        yield Flaw(f"{at}/restrictions/{place}/weekdays", "names no day: name one, or leave it out")
    ends_on = layer.ends_on or date.max
    if layer.restrictions and not empty and EARLIEST.date() < layer.starts_on < ends_on:
        since, until = _term(layer, ZoneInfo(layer.zone or zone))
        if not allowed_spans(layer, zone, since, until):
            yield Flaw(f"{at}/restrictions", "leave no time in which the layer is in force")


def _term(layer: Layer, zone: ZoneInfo) -> tuple[datetime, datetime]:
    since, _ = instants_of(layer.starts_on, layer.hand_over, zone)
    if layer.ends_on is None or layer.ends_on - layer.starts_on > SEARCHED:
        return since, since + SEARCHED
    return since, instants_of(layer.ends_on, layer.hand_over, zone)[1]
