"""What people are shown of a record in a chat: its words, how it stands, and what they can press. Pure values."""

from dataclasses import dataclass
from typing import Literal

Pressed = Literal["acknowledge", "resolve", "accept"]
"""What a button asks for, in the API's words."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press; `label` is in the reader's language, `token` is signed and comes back with the press."""

    action: Pressed
    label: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody is told, whole in the lines of `text`.

    `number`, `title` and `state` (in the reader's language) are "" where it is about no record; then nothing can be pressed.
    """

    text: str
    number: str = ""
    title: str = ""
    state: str = ""
    buttons: tuple[Button, ...] = ()
