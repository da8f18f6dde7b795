"""A preview of the deadlines that other policies and calendars would move. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from gateway import settings
from gateway.errors import Flaw, Misconfigured, Unprocessable
from gateway.escalation.due_times import explain
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.record import Incident
from gateway.settings import Settings
from gateway.sla.clocks import ClockReading
from gateway.timing.durations import decode_duration, format_duration

PARTS = ("policies", "calendars", "services")
"""The parts of `sla` that can be tried."""


@dataclass(frozen=True, slots=True)
class DeadlineMove:
    """A clock that would be due at another instant; None means never."""

    number: str
    clock: str
    due_before: datetime | None
    due_after: datetime | None


def edited_rules(rules: SlaRules, edit: Mapping[str, Mapping[str, Any]]) -> SlaRules:
    """Return the rules as they would be with `edit`; raise Unprocessable with every flaw of it."""
    if rules.settings is None:
        raise AssertionError("only rules that were read from settings can be edited")
    try:
        return SlaRules.from_settings(edited_settings(rules.settings, edit))
    except Misconfigured as error:
        raise Unprocessable(error.detail, flaws=error.flaws) from error


def edited_settings(configured: Settings, edit: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Return the settings with `edit` laid over the parts of `sla` it names.

    Raises Misconfigured.

    They are merged key by key, as a configuration file is.
    """
    tree = msgspec.to_builtins(configured.sla, str_keys=True, enc_hook=format_duration)
    settings.overlay(tree, {part: edit[part] for part in PARTS if part in edit})
    try:
        sla = msgspec.convert(tree, settings.SlaSettings, strict=False, dec_hook=decode_duration)
    except msgspec.ValidationError as error:
        raise Misconfigured(
            "the edit is no configuration", flaws=(Flaw("/sla", str(error)),)
        ) from error
    changed = msgspec.structs.replace(configured, sla=sla)
    if flaws := settings.find_contradictions(changed):
        raise Misconfigured("the edit contradicts itself", flaws=tuple(flaws))
    return changed


def moved_deadlines(
    before: SlaRules, after: SlaRules, incidents: Sequence[Incident], now: datetime
) -> Iterator[DeadlineMove]:
    """Yield every clock of these records that would be due at another instant, record by record."""
    for incident in incidents:
        readings = zip(explain(incident, before, now), explain(incident, after, now), strict=True)
        yield from (
            _move(incident, one, other) for one, other in readings if one.due_at != other.due_at
        )


def _move(incident: Incident, one: ClockReading, other: ClockReading) -> DeadlineMove:
    return DeadlineMove(incident.number, one.name, one.due_at, other.due_at)
