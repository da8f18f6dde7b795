"""A reply as DingTalk shows it: what the template of an interactive card is filled with. Pure.

https://open.dingtalk.com/document/development/instructions-for-filling-in-api-card-data
"""

from collections.abc import Mapping
from typing import get_args

from gateway.notify.card import Pressed, Reply

PRESSED: Mapping[str, Pressed] = {action: action for action in get_args(Pressed)}


def variables(reply: Reply) -> dict[str, str]:
    """Every variable of the template, each a text; what cannot be pressed has no token, by which the template hides it."""
    pressable = {one.action: one for one in reply.buttons}
    buttons = {
        f"{action}_{part}": getattr(pressable[action], part) if action in pressable else ""
        for action in PRESSED
        for part in ("label", "token")
    }
    return {"number": reply.number, "title": reply.title, "state": reply.state, "text": reply.text} | buttons
