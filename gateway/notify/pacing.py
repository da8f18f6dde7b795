"""The decision whether a message to a person goes at once, bundled, later or not at all. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.directory.quiet_hours import Pauses, quiet_until
from gateway.directory.reach import PersonReach, Step, steps_of, without_calls
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.texts.templates import REPORTER, Template
from gateway.settings.pacing import PacingSettings

CALLS_TO_ACT = frozenset(
    {
        Template.OPENED,
        Template.ASSIGNED,
        Template.RAISED,
        Template.ESCALATED,
        Template.RETURNED,
        Template.DECLINED,
        Template.RELEASED,
        Template.UNACKNOWLEDGED,
        Template.FORGOTTEN,
        Template.UNSHELVED,
        Template.RESUMED,
        Template.REOPENED,
        Template.UNDELIVERED,
        Template.MAJOR,
    }
)
"""Occasions on which somebody has to act; of an urgent record they are never held back."""

FOLLOWED = CALLS_TO_ACT | {Template.SLA_BREACHED, Template.UNRESOLVED}
"""Occasions that are told by one method after the other until somebody accepts the record."""

BUNDLED = FOLLOWED | {
    Template.SLA_WARNING,
    Template.RESOLVED,
    Template.CLOSED,
    Template.REPLIED,
    Template.UPDATE_DUE,
}
"""Occasions that may be told in one message with others."""

ALWAYS_AT_ONCE = frozenset({Template.RAISED, Template.UNDELIVERED, Template.UNACKNOWLEDGED})

NO_CALL_TEMPLATES = frozenset({Template.RESOLVED, Template.CLOSED})
"""Occasions that require no action, for which nobody is called by telephone."""


UNBUNDLED_CHANNELS = frozenset({"webhook", "voice"})
"""Channels of machines, and of calls, which are about one record."""


class HeldFor(StrEnum):
    """The reason for which a message waits."""

    STEP = "step"
    MINUTE = "minute"
    RATE = "rate"
    QUIET_HOURS = "quiet_hours"
    DO_NOT_DISTURB = "do_not_disturb"


PAUSES = frozenset({HeldFor.QUIET_HOURS, HeldFor.DO_NOT_DISTURB})
"""The reasons of a person's own; what waited for them is told in one message afterwards."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a person that holds a message back."""

    until: datetime
    reason: HeldFor

    def __str__(self) -> str:
        """Return the reason in words, for the timeline."""
        words = "quiet hours" if self.reason is HeldFor.QUIET_HOURS else "do not disturb"
        return f"{words} until {self.until:%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, slots=True)
class Wait:
    """A message that waits."""

    row: OutboxRow
    until: datetime
    reason: HeldFor


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPace:
    """The record of what a person was told so far.

    `paced_at` is the begin of the minute in which further messages are bundled. `told` are the
    messages whose record this person heard of before, `over` further steps of records that
    nobody has to be told of any more.
    """

    now: datetime
    paced_at: datetime | None = None
    told: Collection[UUID] = ()
    over: Collection[UUID] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """The decision on the messages of one person that are due.

    Those `together` go as one message. `paced` says that a new minute begins.
    """

    sent: Sequence[OutboxRow] = ()
    together: Sequence[OutboxRow] = ()
    waits: Sequence[Wait] = ()
    given_up: Sequence[tuple[OutboxRow, str]] = ()
    cancelled: Sequence[OutboxRow] = ()
    paced: bool = False


@dataclass(slots=True)
class _Sorted:
    """The messages of a dispatch while they are sorted; `together` may be bundled."""

    sent: list[OutboxRow] = field(default_factory=list)
    together: list[OutboxRow] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    given_up: list[tuple[OutboxRow, str]] = field(default_factory=list)
    cancelled: list[OutboxRow] = field(default_factory=list)


def is_paced(row: OutboxRow) -> bool:
    """Return whether a message is about a record and for staff: others are what somebody awaits."""
    return row.incident_id is not None and row.role != REPORTER


def pause_of(pauses: Pauses, zone: str, urgency: int, now: datetime) -> Pause | None:
    """Return the pause that holds back a message of this urgency, None if none does."""
    disturb = pauses.disturb
    if (
        disturb is not None
        and disturb.until > now
        and (disturb.absolute or urgency > pauses.passes)
    ):
        return Pause(disturb.until, HeldFor.DO_NOT_DISTURB)
    if urgency <= pauses.passes:
        return None
    until = quiet_until(pauses.quiet, zone, now)
    return None if until is None else Pause(until, HeldFor.QUIET_HOURS)


def steps_now(
    row: OutboxRow, reach: PersonReach, settings: PacingSettings, now: datetime
) -> tuple[Step, ...]:
    """Return the steps by which a message is sent now; () if it has to wait, or nothing is known.

    What is not urgent goes to the silent methods of a person in their quiet hours.
    """
    urgent = row.urgency <= settings.urgent
    steps = steps_of(reach, urgent=urgent, step_after=settings.step_after)
    if row.template in NO_CALL_TEMPLATES or row.template == Template.BUNDLE:
        steps = without_calls(steps)
    pause = pause_of(reach.pauses, reach.zone, row.urgency, now) if is_paced(row) else None
    return steps if pause is None else steps_in_pause(reach, pause, urgent=urgent)


def steps_in_pause(reach: PersonReach, pause: Pause, *, urgent: bool) -> tuple[Step, ...]:
    """Return the steps that a message takes in spite of a pause: none, or the silent methods."""
    if urgent or pause.reason is not HeldFor.QUIET_HOURS:
        return ()
    every = steps_of(replace(reach, rules={}), urgent=False, step_after=None)
    return tuple(step for step in every if step.method_id in reach.pauses.silent_methods)


def decide_dispatch(
    rows: Sequence[OutboxRow], reach: PersonReach, pace: PersonPace, settings: PacingSettings
) -> Dispatch:
    """Return what becomes of the messages of one person that are due."""
    found = _Sorted()
    for row in rows:
        _sort(row, reach, pace, settings, found)
    free = pace.paced_at is None or pace.now - pace.paced_at >= settings.bundle_within
    waited = any(row.held_for in (HeldFor.MINUTE, HeldFor.RATE) for row in found.together)
    together = found.together
    if pace.paced_at is not None and not (free or waited):
        until = pace.paced_at + settings.bundle_within
        found.waits += [Wait(row, until, HeldFor.MINUTE) for row in together]
        together = []
    return Dispatch(
        sent=found.sent,
        together=together,
        waits=found.waits,
        given_up=found.given_up,
        cancelled=found.cancelled,
        paced=free and any(is_paced(row) for row in (*found.sent, *together)),
    )


def _sort(
    row: OutboxRow,
    reach: PersonReach,
    pace: PersonPace,
    settings: PacingSettings,
    found: _Sorted,
) -> None:
    """Add one message to what becomes of it."""
    pause = pause_of(reach.pauses, reach.zone, row.urgency, pace.now) if is_paced(row) else None
    steps = steps_now(row, reach, settings, pace.now)
    if row.id in pace.over or (pause is None and row.step > 0 and row.step >= len(steps)):
        found.cancelled.append(row)
    elif pause is not None and row.urgency <= settings.urgent:
        found.given_up.append((row, str(pause)))
    elif pause is not None and (row.step > 0 or not steps):
        found.waits.append(Wait(row, pause.until, pause.reason))
    elif _may_be_bundled(row, steps, pace, settings):
        found.together.append(row)
    else:
        found.sent.append(row)


def _may_be_bundled(
    row: OutboxRow, steps: Sequence[Step], pace: PersonPace, settings: PacingSettings
) -> bool:
    """Return whether a message may wait for others.

    One on its way may not, nor the first about an urgent record, nor what only some may read,
    nor what a machine reads.
    """
    urgent = row.urgency <= settings.urgent
    at_once = (row.template in ALWAYS_AT_ONCE and row.held_for not in PAUSES) or (
        urgent and (row.template in CALLS_TO_ACT or row.id not in pace.told)
    )
    begun = row.attempts > 1 or row.method != row.step or row.step > 0
    first = without_calls(steps)[:1]
    read = bool(first) and first[0].target.channel not in UNBUNDLED_CHANNELS
    known = read and row.template in BUNDLED and is_paced(row) and "number" in row.facts
    return bool(known and settings.bundle_within) and not (at_once or begun or row.security)


def put_off(dispatch: Dispatch, until: datetime, settings: PacingSettings) -> Dispatch:
    """Return the dispatch with what is not urgent put off: the address had as many as it may."""
    late = [row for row in dispatch.together if row.urgency > settings.urgent]
    urgent = [row for row in dispatch.together if row.urgency <= settings.urgent]
    return replace(
        dispatch,
        together=urgent,
        waits=[*dispatch.waits, *(Wait(row, until, HeldFor.RATE) for row in late)],
    )
