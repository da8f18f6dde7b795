"""The staleness of an action: the record changed in between, as its history tells. Pure.

Somebody saw the record at the version that their page, message or button showed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.errors import Conflict
from gateway.incidents.record import Incident
from gateway.incidents.timeline import PastEvent

JUDGED_EVENTS = ("reopened", "raised", "changed", "declared_major", "accepted")
"""The events that can make what somebody saw out of date."""


class StaleReason(StrEnum):
    """The kind of change that makes a record another than the one somebody saw."""

    REOPENED = "reopened"
    RAISED = "raised"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Staleness:
    """The change since somebody saw a record: its kind, by whom, and when."""

    reason: StaleReason
    by: str
    at: datetime


class StaleAction(Conflict):
    """Somebody acts on a record that is another than the one they saw."""

    def __init__(self, number: str, stale: Staleness) -> None:
        super().__init__(
            f"{number} was {stale.reason} since you saw it: read it again, then decide",
            cause="stale",
        )
        self.stale = stale


def find_staleness(incident: Incident, later: Iterable[PastEvent], name: str) -> Staleness | None:
    """Return what makes the record another than the one that the person `name` saw, or None.

    It fired again or was reopened, it became more urgent, or somebody else took it and has it.
    What they did themselves is known to them.
    """
    found: dict[StaleReason, Staleness] = {}
    for one in later:
        reason = None if one.actor == name else _reason(incident, one, name)
        if reason is not None:
            by = str(one.facts.get("person", one.actor))
            found[reason] = Staleness(reason, by, one.at)
    return next((found[reason] for reason in StaleReason if reason in found), None)


def _reason(incident: Incident, later: PastEvent, name: str) -> StaleReason | None:
    match later.event:
        case "reopened":
            return StaleReason.REOPENED
        case "raised" | "declared_major":
            return StaleReason.RAISED
        case "changed":
            return StaleReason.RAISED if _raises(later.facts) else None
        case "accepted":
            return StaleReason.TAKEN if incident.handler not in ("", name) else None
        case _:
            return None


def _raises(facts: Mapping[str, Any]) -> bool:
    """Return whether a change of fields made the priority more urgent."""
    return any(
        one["field"] == "priority" and one["new"] < one["old"] for one in facts.get("changes", ())
    )
