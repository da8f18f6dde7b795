"""Commands that contradict what is recorded, beside the table of states. Pure."""

from gateway.access.principal import Principal
from gateway.errors import Conflict
from gateway.incidents import commands, lifecycle
from gateway.incidents.claims import awaits_grading
from gateway.incidents.record import Incident
from gateway.vocabulary import Kind


def check_kind(incident: Incident, command: commands.Command) -> None:
    """Raise Conflict for a service request that is declared a major incident."""
    if isinstance(command, commands.DeclareMajor) and incident.kind != Kind.INCIDENT:
        raise Conflict(
            f"{incident.number} is a service request: convert it to an incident first",
            cause="service_request",
        )


def check_not_taken(incident: Incident, command: commands.Command, who: Principal) -> None:
    """Raise Conflict for a record that somebody else has, or one without a claim to be graded.

    Nothing is raised in a state that does not allow the command at all: the lifecycle refuses it.
    """
    if incident.state not in lifecycle.TRANSITIONS[type(command)]:
        return
    if (
        isinstance(command, commands.Acknowledge)
        and not lifecycle.is_acknowledgeable(incident)
        and incident.handler != (command.person or who.name)
    ):
        raise Conflict(
            f"{incident.handler} has {incident.number} already: assign it to take it over",
            already_acked_by=incident.handler,
            state=incident.state,
            cause="taken",
        )
    if isinstance(command, commands.Unshelve) and not incident.is_shelved:
        raise Conflict(
            f"{incident.number} is not shelved: there is nothing to return", cause="not_shelved"
        )
    if isinstance(command, commands.Grade) and not awaits_grading(incident):
        raise Conflict(
            f"{incident.number} claims no urgency that is still to be judged: its priority is "
            f"{incident.priority}",
            cause="no_claim",
        )
