"""The reachability of a person now: by which addresses, and what is in the way. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.directory.reach import PersonReach, steps_of
from gateway.notify.pacing import Pause, pause_of, steps_in_pause
from gateway.settings.pacing import PacingSettings
from gateway.settings.recipients import RecipientAddress


class Obstacle(StrEnum):
    """The reason for which a person is not reached, or not as they chose."""

    NO_VERIFIED_METHOD = "no_verified_method"
    NO_ADDRESS = "no_address"
    CHANNEL_OFF = "channel_off"
    QUIET_HOURS = "quiet_hours"
    DO_NOT_DISTURB = "do_not_disturb"


@dataclass(frozen=True, slots=True)
class FoundObstacle:
    """An obstacle with the sentence for people: what it is, and what to do."""

    code: Obstacle
    detail: str


@dataclass(frozen=True, slots=True)
class Reachability:
    """The reachability of a person for messages of one urgency.

    `by` are the addresses that are tried, in order, `obstacles` are in the way of others. `until`
    is the end of a pause that holds such messages back.
    """

    reached: bool
    by: tuple[RecipientAddress, ...] = ()
    obstacles: list[FoundObstacle] = field(default_factory=list)
    until: datetime | None = None


def reachability_of(
    reach: PersonReach,
    settings: PacingSettings,
    now: datetime,
    *,
    urgency: int,
    is_on: Callable[[str], bool],
) -> Reachability:
    """Return whether a person is reached at `now` by a message of this urgency."""
    found: list[FoundObstacle] = []
    urgent = urgency <= settings.urgent
    steps = steps_of(reach, urgent=urgent, step_after=settings.step_after)
    pause = pause_of(reach.pauses, reach.zone, urgency, now)
    if pause is not None:
        found.append(_paused(pause, urgent=urgent))
        steps = steps_in_pause(reach, pause, urgent=urgent)
    elif not steps:
        detail = "the person has no e-mail address and no verified contact method: add one"
        found.append(FoundObstacle(Obstacle.NO_ADDRESS, detail))
    if reach.methods and not any(one.verified_at for one in reach.methods):
        detail = "no contact method of the person is verified: send a code and verify it"
        found.append(FoundObstacle(Obstacle.NO_VERIFIED_METHOD, detail))
    by = []
    for step in steps:
        if is_on(step.target.channel):
            by.append(step.target)
        else:
            detail = f"the channel {step.target.channel} is off: switch it on in the settings"
            found.append(FoundObstacle(Obstacle.CHANNEL_OFF, detail))
    return Reachability(bool(by), tuple(by), found, pause.until if pause else None)


def _paused(pause: Pause, *, urgent: bool) -> FoundObstacle:
    goes_on = "the next who must be told is told" if urgent else "messages wait"
    return FoundObstacle(Obstacle(pause.reason.value), f"{pause}: {goes_on}")
