"""Actions that people take on records from a chat, by a button or a command.

The permissions are those of everywhere else; a refusal is answered with its reason.
"""

from collections.abc import Callable

from gateway.access.permissions import visibility_of
from gateway.channels.chat.contract import ButtonAction, ButtonPress
from gateway.channels.chat.replies import ChatResult, ignored
from gateway.channels.chat.speakers import ChatSpeaker
from gateway.channels.chat.words import say
from gateway.errors import Conflict, Forbidden, IllegalTransition, NotFound, Unprocessable
from gateway.incidents import commands, store
from gateway.incidents.labels import state_label
from gateway.incidents.record import Incident
from gateway.ingest.reading.limits import DESCRIPTION, cut
from gateway.notify.press_tokens import PressTokens
from gateway.operations.actions.act import execute_command
from gateway.operations.actions.origin import ActionOrigin, fetch_staleness
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome, State

COMMANDS: dict[ButtonAction, Callable[[str], commands.Command]] = {
    "acknowledge": lambda note: commands.Acknowledge(note=note),
    "accept": lambda note: commands.Acknowledge(note=note),
    "decline": lambda note: commands.Decline(reason=note),
    "resolve": lambda note: commands.Resolve(solution=note),
}


async def handle_press(
    tx: Transaction, tokens: PressTokens, press: ButtonPress, speaker: ChatSpeaker
) -> ChatResult:
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
    if not visibility_of(speaker.who).sees(incident):
        return ignored("no such record", "no_record", speaker.locale)
    if button.is_stale(incident):
        words = say("stale", speaker.locale, number=incident.number)
        return ChatResult(Outcome.STALE, "reopened since it was shown", words, incident, card=True)
    shown = ActionOrigin(seen=button.version)
    stale = await fetch_staleness(tx.conn, incident, shown, speaker.who)
    if stale is not None:
        words = say(f"stale_{stale.reason}", speaker.locale, number=incident.number, by=stale.by)
        reason = f"{stale.reason} since it was shown"
        return ChatResult(Outcome.STALE, reason, words, incident, card=True)
    return await apply_action(tx, incident, press.action, press.note, speaker)


async def act_by_number(
    tx: Transaction, number: str, action: ButtonAction, note: str, speaker: ChatSpeaker
) -> ChatResult:
    """Do what a command names on the record with this number, or refuse it."""
    if not speaker.known:
        return ignored("a stranger may not act", "stranger", speaker.locale)
    incident = await find_visible(tx, number, speaker)
    if incident is None:
        return ignored("no such record", "no_record", speaker.locale)
    return await apply_action(tx, incident, action, note, speaker)


async def find_visible(tx: Transaction, number: str, speaker: ChatSpeaker) -> Incident | None:
    """Return the record with this number, locked, None if the speaker may not see it."""
    return await store.by_number(tx.conn, number, visibility_of(speaker.who), lock=True)


async def apply_action(
    tx: Transaction, incident: Incident, action: ButtonAction, note: str, speaker: ChatSpeaker
) -> ChatResult:
    """Apply the action and return the record after it, or as it is with the reason of the refusal.

    Nothing of a refused action is written.
    """
    locale, number = speaker.locale, incident.number
    try:
        after = await execute_command(
            tx, number, COMMANDS[action](cut(note, DESCRIPTION)), speaker.who
        )
    except Conflict:
        words = say("taken", locale, number=number, handler=incident.handler)
        return ChatResult(Outcome.IGNORED, "taken before", words, incident, card=True)
    except IllegalTransition:
        state = state_label(incident.state, incident.kind, locale)
        words = say("impossible", locale, number=number, state=state)
        return ChatResult(Outcome.IGNORED, "not possible in this state", words, incident, card=True)
    except Unprocessable as error:
        asked = "how_solved" if action == "resolve" and not note.strip() else "incomplete"
        return ChatResult(
            Outcome.IGNORED, cut(error.detail, 200), say(asked, locale, number=number), incident
        )
    except (Forbidden, NotFound) as error:
        refused = "not_called" if action == "decline" else "forbidden"
        words = say(refused, locale, number=number)
        return ChatResult(Outcome.IGNORED, cut(error.detail, 200), words, incident)
    return _done(after, action, speaker)


def _done(after: Incident, action: ButtonAction, speaker: ChatSpeaker) -> ChatResult:
    """Return the answer to an action that was applied."""
    locale, number = speaker.locale, after.number
    done = "resolved" if after.state is State.RESOLVED else "declined"
    if done == "resolved" or action == "decline":
        return ChatResult(Outcome.ADDED, done, say(done, locale, number=number), after, card=True)
    mine = after.handler == speaker.who.name
    words = (
        say("acknowledged", locale, number=number)
        if mine
        else say("taken", locale, number=number, handler=after.handler)
    )
    return ChatResult(
        Outcome.ACKNOWLEDGED, "acknowledged" if mine else "taken before", words, after, card=True
    )
