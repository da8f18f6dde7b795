"""The command by which somebody gives back a record they took: undo it, or decline it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import Flaw, Unprocessable
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.vocabulary import State

UNDO_WITHIN = timedelta(minutes=1)
"""The time within which an acceptance can be undone."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The latest acceptance of a record.

    `state`, `handler` and `assignee` are those from before it. `alone` says that nothing was
    written to the record since.
    """

    at: datetime
    person: str
    state: State
    handler: str = ""
    assignee: str = ""
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances that decide about declining and releasing a record.

    `told` says that the person was told of it, `accepted` is its latest acceptance.
    """

    told: bool = False
    accepted: Acceptance | None = None


def release_command(
    incident: Incident, release: commands.Release, accepted: Acceptance | None, now: datetime
) -> commands.UndoAccept | commands.Decline:
    """Return the command that a release means: undo the acceptance, or decline the record.

    Raises Unprocessable for a record that can only be declined, where no reason is given.
    """
    if (
        accepted is not None
        and accepted.alone
        and accepted.person == incident.handler
        and now - accepted.at <= UNDO_WITHIN
    ):
        return commands.UndoAccept(
            state=accepted.state,
            handler=accepted.handler,
            assignee=accepted.assignee,
            reason=release.reason,
        )
    if not release.reason.strip():
        raise Unprocessable(
            "more than a minute has passed, or something has changed since it was taken: say why "
            "it is given back",
            flaws=(Flaw("/reason", "is needed: whoever gets the record reads it"),),
        )
    return commands.Decline(reason=release.reason)
