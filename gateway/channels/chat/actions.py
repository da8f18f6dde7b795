"""Actions that people take on records from a chat, by a button or a command.

The permissions are those of everywhere else; a refusal is answered with its reason.
"""

from collections.abc import Callable

from gateway.access.permissions import sight
from gateway.channels.chat.contract import Press, Pressed
from gateway.channels.chat.replies import Answered, ignored
from gateway.channels.chat.speakers import Speaker
from gateway.channels.chat.words import say
from gateway.errors import Forbidden, IllegalTransition, NotFound, Unprocessable
from gateway.incidents import commands, store
from gateway.incidents.labels import state_label
from gateway.incidents.record import Incident
from gateway.ingest.reading.limits import DESCRIPTION, cut
from gateway.notify.press_tokens import PressTokens
from gateway.operations.act import applied
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome, State

COMMANDS: dict[Pressed, Callable[[str], commands.Command]] = {
    "acknowledge": lambda note: commands.Acknowledge(note=note),
    "accept": lambda note: commands.Acknowledge(note=note),
    "resolve": lambda note: commands.Resolve(solution=note),
}


async def pressed(tx: Transaction, tokens: PressTokens, press: Press, speaker: Speaker) -> Answered:
    """Do what a pressed button stands for, or refuse it.

    Nothing is done to a record that was reopened or recurred since the button was shown, nor for
    somebody unknown to the directory.
    """
    if not speaker.known:
        return ignored("a stranger may not act", "stranger", speaker.locale)
    button = tokens.read(press.token)
    found = await tx.locked([button.incident_id]) if button is not None else []
    if button is None or not found:
        return ignored("no such button", "no_button", speaker.locale)
    incident = found[0]
    if not sight(speaker.who).sees(incident):
        return ignored("no such record", "no_record", speaker.locale)
    if button.is_stale(incident):
        words = say("stale", speaker.locale, number=incident.number)
        return Answered(Outcome.STALE, "reopened since it was shown", words, incident, card=True)
    return await acted(tx, incident, press.action, press.note, speaker)


async def by_number(tx: Transaction, number: str, action: Pressed, note: str, speaker: Speaker) -> Answered:
    """Do what a command names on the record with this number, or refuse it."""
    if not speaker.known:
        return ignored("a stranger may not act", "stranger", speaker.locale)
    incident = await seen(tx, number, speaker)
    if incident is None:
        return ignored("no such record", "no_record", speaker.locale)
    return await acted(tx, incident, action, note, speaker)


async def seen(tx: Transaction, number: str, speaker: Speaker) -> Incident | None:
    """Return the record with this number, locked, None if the speaker may not see it."""
    return await store.by_number(tx.conn, number, sight(speaker.who), lock=True)


async def acted(tx: Transaction, incident: Incident, action: Pressed, note: str, speaker: Speaker) -> Answered:
    """Apply the action and return the record after it, or as it is with the reason of the refusal.

    Nothing of a refused action is written.
    """
    locale, number = speaker.locale, incident.number
    try:
        after = await applied(tx, number, COMMANDS[action](cut(note, DESCRIPTION)), speaker.who)
    except IllegalTransition:
        state = state_label(incident.state, incident.kind, locale)
        words = say("impossible", locale, number=number, state=state)
        return Answered(Outcome.IGNORED, "not possible in this state", words, incident, card=True)
    except Unprocessable as error:
        asked = "how_solved" if action == "resolve" and not note.strip() else "incomplete"
        return Answered(Outcome.IGNORED, cut(error.detail, 200), say(asked, locale, number=number), incident)
    except (Forbidden, NotFound) as error:
        return Answered(Outcome.IGNORED, cut(error.detail, 200), say("forbidden", locale, number=number), incident)
    if after.state is State.RESOLVED:
        return Answered(Outcome.ADDED, "resolved", say("resolved", locale, number=number), after, card=True)
    mine = after.handler == speaker.who.name
    words = say("acknowledged", locale, number=number) if mine else say("taken", locale, number=number, handler=after.handler)
    return Answered(Outcome.ACKNOWLEDGED, "acknowledged" if mine else "taken before", words, after, card=True)
