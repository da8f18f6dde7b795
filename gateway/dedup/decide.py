"""The decision about one alert. Pure.

A named decision follows from the alert, the state of its dedup key, the time and the rules.

    sender says    no record, or one     resolved within       live record
                   closed or resolved    `reopen_within`
                   earlier
    firing         Opened                Reopened              Repeated
    resolved       Ignored               Ignored               Cleared
    acknowledged   Ignored               Ignored               Acknowledged
    unacknowledged Ignored               Ignored               Unacknowledged
    commented      Ignored               Ignored               Commented

Order is checked before that table: an event that is older, by the sender's clock, than the
sender's last event of the same key is Stale and changes nothing. Times are compared only if the
sender stamped both events. Events of the same instant are taken in order of arrival, as many
senders stamp whole seconds, or stamp a recovery with the time of its firing. There is one
exception: a firing no newer than a recovery that found nothing firing was overtaken by it in
transit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.incidents.alert import Alert
from gateway.vocabulary import AlertStatus, Outcome, State


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """The settings that decide about one key."""

    reopen_within: timedelta
    flap_limit: int
    flap_within: timedelta


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """The decision to open a new record; `follows` is the earlier record of the same key."""

    reason: str
    follows: IncidentRef | None = None
    outcome = Outcome.OPENED


@dataclass(frozen=True, slots=True)
class RepeatDecision:
    """The decision to count a repeat on the live record."""

    reason: str
    flapped: bool = False
    outcome = Outcome.REPEATED


@dataclass(frozen=True, slots=True)
class ReopenDecision:
    """The decision to reopen a record, because the alert fired again soon after it was resolved."""

    reason: str
    outcome = Outcome.REOPENED


@dataclass(frozen=True, slots=True)
class ClearDecision:
    """The decision that the alert no longer fires.

    `resolves` resolves the record too, `settling` resolves it only once it stays quiet.
    """

    reason: str
    resolves: bool
    settling: bool = False
    outcome = Outcome.CLEARED


@dataclass(frozen=True, slots=True)
class AcknowledgeDecision:
    """The decision that somebody acknowledged the alert in the sender's tool."""

    reason: str
    outcome = Outcome.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class UnacknowledgeDecision:
    """The decision that somebody took back an acknowledgement in the sender's tool."""

    reason: str
    outcome = Outcome.UNACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class CommentDecision:
    """The decision that somebody wrote a note in the sender's tool."""

    reason: str
    outcome = Outcome.ADDED


@dataclass(frozen=True, slots=True)
class StaleDecision:
    """The decision to change nothing, because a later event of the sender arrived earlier."""

    reason: str
    outcome = Outcome.STALE


@dataclass(frozen=True, slots=True)
class IgnoreDecision:
    """The decision to do nothing but to record the item."""

    reason: str
    outcome = Outcome.IGNORED


Decision = (
    OpenDecision
    | RepeatDecision
    | ReopenDecision
    | ClearDecision
    | AcknowledgeDecision
    | UnacknowledgeDecision
    | CommentDecision
    | StaleDecision
    | IgnoreDecision
)

OPEN = RepeatDecision("open")
NOTHING_OPEN = IgnoreDecision("nothing_open")

DECISIONS_BY_PEOPLE: Mapping[AlertStatus, Decision] = {
    AlertStatus.ACKNOWLEDGED: AcknowledgeDecision("acknowledged_at_source"),
    AlertStatus.UNACKNOWLEDGED: UnacknowledgeDecision("unacknowledged_at_source"),
    AlertStatus.COMMENTED: CommentDecision("commented_at_source"),
}
"""The decisions for acts of people in the sender's tool while a record is open."""


def decide(alert: Alert, known: AlertState, now: datetime, rules: DecisionRules) -> Decision:
    """Return the decision for one item, given everything decided before it."""
    if alert.test:
        return IgnoreDecision("test_message")
    if stale := _overtaken(alert, known, now):
        return stale
    if alert.status is AlertStatus.FIRING:
        return _fired(known, now, rules)
    if known.holder is None or not known.holder.live:
        return NOTHING_OPEN
    if (said := DECISIONS_BY_PEOPLE.get(alert.status)) is not None:
        return said
    return _recovered(known, known.holder, now, rules)


def _overtaken(alert: Alert, known: AlertState, now: datetime) -> StaleDecision | None:
    stamped = alert.order_time(now)
    if stamped is None:
        return None
    if alert.status is AlertStatus.FIRING:
        return _late_firing(alert, stamped, known)
    late = (
        known.fired_at is not None
        and stamped < known.fired_at
        and alert.status is AlertStatus.RESOLVED
    )
    return StaleDecision("older_than_firing") if late else None


def _late_firing(alert: Alert, stamped: datetime, known: AlertState) -> StaleDecision | None:
    if known.unmatched_at is not None and stamped <= known.unmatched_at:
        return StaleDecision("overtaken")
    if known.cleared_at is None or stamped > known.cleared_at:
        return None
    copy = bool(alert.occurrence) and alert.occurrence == known.occurrence and not known.firing
    return StaleDecision("older_than_recovery") if stamped < known.cleared_at or copy else None


def _fired(known: AlertState, now: datetime, rules: DecisionRules) -> Decision:
    holder = known.holder
    if holder is None:
        return OpenDecision("new_key")
    if holder.live:
        return OPEN if known.firing else RepeatDecision("fired_again_while_open", flapped=True)
    if holder.state is not State.RESOLVED:
        return OpenDecision(f"previous_{holder.state}", holder)
    if holder.resolved_at is not None and now - holder.resolved_at > rules.reopen_within:
        return OpenDecision("previous_resolved_earlier", holder)
    return ReopenDecision("fired_again_within_window")


def _recovered(
    known: AlertState, holder: IncidentRef, now: datetime, rules: DecisionRules
) -> Decision:
    if not known.firing:
        return IgnoreDecision("already_cleared")
    if holder.storm and holder.firing > 1:
        return ClearDecision("others_still_firing", resolves=False)
    if flapping(known, now, rules):
        return ClearDecision("flapping", resolves=False, settling=True)
    return ClearDecision("cleared_at_source", resolves=True)


def flapping(known: AlertState, now: datetime, rules: DecisionRules) -> bool:
    """Return whether the key flaps, so that its record is resolved only once it stays quiet."""
    since = known.flapping_since
    return (
        known.flaps >= rules.flap_limit and since is not None and now - since <= rules.flap_within
    )
