"""Commands on a record for what a person did or wrote in the sender's tool. Pure."""

from gateway.dedup.steps import PersonSaid
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.vocabulary import AlertStatus, State

UNNAMED = "at the source"
"""The handler of what somebody took on whose name the sender did not tell."""

TAKEN = "acknowledged in the sender's tool"
TAKEN_BACK = "took the acknowledgement back"


def name_of(author: str, source: str) -> str:
    """Return the name of somebody who acted in a sender's tool, such as "obrien (nagios)"."""
    return f"{author} ({source})" if author else UNNAMED


def command_of(incident: Incident, said: PersonSaid) -> commands.Command | None:
    """Return the command that keeps what a person did or said; None where the record has it already.

    An acknowledgement is taken back only from whoever took the record on in the same tool: somebody who accepted it here
    keeps it, and reads a note.
    """
    alert, person = said.alert, name_of(said.alert.author, said.source)
    if alert.status is AlertStatus.ACKNOWLEDGED:
        if incident.state in (State.LOGGED, State.ASSIGNED):
            return commands.Acknowledge(person=person, note=alert.note or TAKEN)
        known = incident.handler == person or not (alert.author or alert.note)
        return None if known else commands.Note(note=_words(person, alert.note or TAKEN))
    if alert.status is AlertStatus.UNACKNOWLEDGED:
        theirs = incident.handler == UNNAMED or incident.handler.endswith(f" ({said.source})")
        if incident.state is State.IN_PROGRESS and theirs:
            return commands.Unacknowledge(person=person, note=alert.note)
        return commands.Note(note=_words(person, f"{TAKEN_BACK}. {alert.note}" if alert.note else TAKEN_BACK))
    return commands.Note(note=_words(person, alert.note)) if alert.note else None


def _words(person: str, words: str) -> str:
    return f"{person}: {words}"
