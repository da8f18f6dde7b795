"""The presentation of a record in a chat, in the reader's language. Pure."""

from gateway.incidents.labels import LOCALES, Locale, state_label
from gateway.incidents.record import Incident
from gateway.notify.card import Button, ButtonAction, ChatReply
from gateway.notify.press_tokens import PressTokens
from gateway.notify.texts.phrases import one_line
from gateway.vocabulary import LIVE, State

BUTTONS: dict[ButtonAction, tuple[str, str]] = {
    "acknowledge": ("Acknowledge", "受理"),
    "decline": ("I cannot", "接不了"),
    "resolve": ("Resolve", "解决"),
}
"""The labels of the buttons."""

UNTAKEN: tuple[ButtonAction, ...] = ("acknowledge", "decline", "resolve")
TAKEN: tuple[ButtonAction, ...] = ("resolve",)
"""The buttons of a record that nobody has, and of one that somebody has."""

PRIORITY, STATE, HANDLER = (
    ("Priority {}", "优先级 {}"),
    ("State: {}", "状态：{}"),
    ("Handled by: {}", "处理人：{}"),
)


def render_card(
    incident: Incident, tokens: PressTokens, locale: Locale, text: str = "", *, named: bool = False
) -> ChatReply:
    """Return the record's present state as a chat message, below `text` if there is any.

    If `named`, the text names the record already, and only its state is added.
    """
    standing = describe_state(incident, locale) if named else describe_record(incident, locale)
    whole = f"{text}\n{standing}" if text else standing
    state = state_label(incident.state, incident.kind, locale)
    return ChatReply(
        whole, incident.number, one_line(incident.title), state, buttons(incident, tokens, locale)
    )


def describe_record(incident: Incident, locale: Locale) -> str:
    """Return number, priority, title, state and handler of the record, on two lines."""
    priority = PRIORITY[LOCALES.index(locale)].format(incident.priority)
    return (
        f"[{incident.number}] {priority} · {one_line(incident.title)}\n"
        f"{describe_state(incident, locale)}"
    )


def describe_state(incident: Incident, locale: Locale) -> str:
    """Return the record's state, and its handler if there is one."""
    language = LOCALES.index(locale)
    said = [STATE[language].format(state_label(incident.state, incident.kind, locale))]
    if incident.handler:
        said.append(HANDLER[language].format(one_line(incident.handler)))
    return " · ".join(said)


def buttons(incident: Incident, tokens: PressTokens, locale: Locale) -> tuple[Button, ...]:
    """Return the buttons of the record: none unless work on it is still owed."""
    if incident.state not in LIVE:
        return ()
    untaken = incident.state in (State.LOGGED, State.ASSIGNED)
    offered = UNTAKEN if untaken else TAKEN
    token, language = tokens.make(incident), LOCALES.index(locale)
    return tuple(Button(action, BUTTONS[action][language], token) for action in offered)


def card_fingerprint(incident: Incident) -> str:
    """Return a mark that differs whenever a card of the record would look different.

    Matches CHANGED of `operations/rounds/chat_changes.py`.
    """
    restricted = "/restricted" if incident.security else ""
    return (
        f"{incident.state}/{incident.priority}/{incident.reopened}/{incident.handler}{restricted}"
    )
