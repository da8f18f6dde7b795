"""What one alert means for what is open. Pure: (alert, what is known of its key, now, rules) to a named decision.

    sender says    no record, or one     resolved within       live record
                   closed or resolved    `reopen_within`
                   earlier
    firing         Opened                Reopened              Repeated
    resolved       Ignored               Ignored               Cleared
    acknowledged   Ignored               Ignored               Acknowledged
    unacknowledged Ignored               Ignored               Unacknowledged
    commented      Ignored               Ignored               Commented

Before that table comes order: an event older, by the sender's own clock, than what the sender said last of the same
key is Stale and changes nothing. Times are compared only where the sender stamped both. Events of the same instant go by
order of arrival, as many senders stamp whole seconds, or a recovery with the time of its firing. One pair is read the
other way round: a firing no newer than a recovery that found nothing firing was overtaken by it on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.incidents.alert import Alert
from gateway.vocabulary import AlertStatus, Outcome, State


@dataclass(frozen=True, slots=True)
class Rules:
    """The part of the configuration that decides about one key."""

    reopen_within: timedelta
    flap_limit: int
    flap_within: timedelta


@dataclass(frozen=True, slots=True)
class Opened:
    """A record of its own is due; `follows` is the earlier record of the same key."""

    reason: str
    follows: IncidentRef | None = None
    outcome = Outcome.OPENED


@dataclass(frozen=True, slots=True)
class Repeated:
    """The live record is told once more."""

    reason: str
    flapped: bool = False
    outcome = Outcome.REPEATED


@dataclass(frozen=True, slots=True)
class Reopened:
    """The trouble came back soon after it went."""

    reason: str
    outcome = Outcome.REOPENED


@dataclass(frozen=True, slots=True)
class Cleared:
    """The trouble is gone; with `resolves` the record is resolved too, with `settling` only once it stays quiet."""

    reason: str
    resolves: bool
    settling: bool = False
    outcome = Outcome.CLEARED


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody took it on in the sender's tool."""

    reason: str
    outcome = Outcome.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """Somebody took their acknowledgement back in the sender's tool."""

    reason: str
    outcome = Outcome.UNACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Commented:
    """Somebody wrote a note in the sender's tool."""

    reason: str
    outcome = Outcome.ADDED


@dataclass(frozen=True, slots=True)
class Stale:
    """Overtaken by something the sender said later."""

    reason: str
    outcome = Outcome.STALE


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, recorded, and nothing to do."""

    reason: str
    outcome = Outcome.IGNORED


Decision = Opened | Repeated | Reopened | Cleared | Acknowledged | Unacknowledged | Commented | Stale | Ignored

OPEN = Repeated("open")
SETTLED = Ignored("nothing_open")

BY_PEOPLE: Mapping[AlertStatus, Decision] = {
    AlertStatus.ACKNOWLEDGED: Acknowledged("acknowledged_at_source"),
    AlertStatus.UNACKNOWLEDGED: Unacknowledged("unacknowledged_at_source"),
    AlertStatus.COMMENTED: Commented("commented_at_source"),
}
"""The decisions that follow from the acts of people in the sender's tool while a record is open."""


def decide(alert: Alert, known: AlertState, now: datetime, rules: Rules) -> Decision:
    """The decision for one item, given everything decided before it."""
    if alert.test:
        return Ignored("test_message")
    if stale := _overtaken(alert, known, now):
        return stale
    if alert.status is AlertStatus.FIRING:
        return _fired(known, now, rules)
    if known.holder is None or not known.holder.live:
        return SETTLED
    if (said := BY_PEOPLE.get(alert.status)) is not None:
        return said
    return _recovered(known, known.holder, now, rules)


def _overtaken(alert: Alert, known: AlertState, now: datetime) -> Stale | None:
    stamped = alert.order_time(now)
    if stamped is None:
        return None
    if alert.status is AlertStatus.FIRING:
        return _late_firing(alert, stamped, known)
    late = known.fired_at is not None and stamped < known.fired_at and alert.status is AlertStatus.RESOLVED
    return Stale("older_than_firing") if late else None


def _late_firing(alert: Alert, stamped: datetime, known: AlertState) -> Stale | None:
    if known.unmatched_at is not None and stamped <= known.unmatched_at:
        return Stale("overtaken")
    if known.cleared_at is None or stamped > known.cleared_at:
        return None
    copy = bool(alert.occurrence) and alert.occurrence == known.occurrence and not known.firing
    return Stale("older_than_recovery") if stamped < known.cleared_at or copy else None


def _fired(known: AlertState, now: datetime, rules: Rules) -> Decision:
    holder = known.holder
    if holder is None:
        return Opened("new_key")
    if holder.live:
        return OPEN if known.firing else Repeated("fired_again_while_open", flapped=True)
    if holder.state is not State.RESOLVED:
        return Opened(f"previous_{holder.state}", holder)
    if holder.resolved_at is not None and now - holder.resolved_at > rules.reopen_within:
        return Opened("previous_resolved_earlier", holder)
    return Reopened("fired_again_within_window")


def _recovered(known: AlertState, holder: IncidentRef, now: datetime, rules: Rules) -> Decision:
    if not known.firing:
        return Ignored("already_cleared")
    if holder.storm and holder.firing > 1:
        return Cleared("others_still_firing", resolves=False)
    if flapping(known, now, rules):
        return Cleared("flapping", resolves=False, settling=True)
    return Cleared("cleared_at_source", resolves=True)


def flapping(known: AlertState, now: datetime, rules: Rules) -> bool:
    """Whether the key came back so often, so lately, that its record is held open until it stays quiet."""
    since = known.flapping_since
    return known.flaps >= rules.flap_limit and since is not None and now - since <= rules.flap_within
