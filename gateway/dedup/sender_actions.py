"""Commands that record on an incident what a person did or wrote in the sender's tool. Pure."""

from gateway.dedup.steps import PersonSaid
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.vocabulary import AlertStatus, State

UNNAMED = "at the source"
"""The assignee of a record that somebody without a name acknowledged in the sender's tool."""

TAKEN = "acknowledged in the sender's tool"
TAKEN_BACK = "took the acknowledgement back"


def name_of(author: str, source: str) -> str:
    """Return the name of a person who acted in a sender's tool, such as "obrien (nagios)"."""
    return f"{author} ({source})" if author else UNNAMED


def command_of(incident: Incident, said: PersonSaid) -> commands.Command | None:
    """Return the command that records what a person did or wrote; None if the record has it.

    An acknowledgement is taken back only from a person who acknowledged in the same tool:
    somebody who accepted the record here keeps it, and gets a note.
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
        return commands.Note(
            note=_words(person, f"{TAKEN_BACK}. {alert.note}" if alert.note else TAKEN_BACK)
        )
    return commands.Note(note=_words(person, alert.note)) if alert.note else None


def _words(person: str, words: str) -> str:
    return f"{person}: {words}"
