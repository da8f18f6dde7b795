"""The card of a record in a chat: its text, its state, and its buttons. Pure."""

from dataclasses import dataclass
from typing import Literal

ButtonAction = Literal["acknowledge", "resolve", "accept", "decline"]
"""The action that a button requests, in the API's words."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button.

    `label` is in the reader's language, `token` is signed and comes back with the press.
    """

    action: ButtonAction
    label: str
    token: str


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A message to somebody in a chat, with the complete content in the lines of `text`.

    `number`, `title` and `state` (in the reader's language) are "" for a message about no
    record; then there are no buttons.
    """

    text: str
    number: str = ""
    title: str = ""
    state: str = ""
    buttons: tuple[Button, ...] = ()
