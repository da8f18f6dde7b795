"""Replies as messages of Telegram with buttons. Pure.

https://core.telegram.org/bots/api#sendmessage. Messages have no parse mode, so that nothing in
them is markup; what Telegram would still read as a mention is written with another sign.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from gateway.channels.cut_text import cut_to_bytes
from gateway.notify.card import ButtonAction, ChatReply

MAX_TEXT = 4_096
"""The maximum length of a text in units of UTF-16."""

MAX_DATA = 64
"""The maximum number of bytes that a button brings back."""

MENTION = re.compile(r"(?<![\w.])@(?=\w)")

KEYS: Mapping[str, ButtonAction] = {action[:3]: action for action in get_args(ButtonAction)}
"""The actions by their beginning, which leaves room for the token."""


def content(reply: ChatReply) -> dict[str, Any]:
    """Return text and buttons; a message without buttons has an empty row, which removes them."""
    rows = [
        [{"text": one.label, "callback_data": f"{one.action[:3]}:{one.token}"}]
        for one in reply.buttons
    ]
    fitting = all(len(row[0]["callback_data"]) <= MAX_DATA for row in rows)
    return {
        "text": plain(reply.text),
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": rows if fitting else []},
    }


def plain(text: str) -> str:
    """Return text that mentions nobody, within the limit."""
    return cut_to_bytes(MENTION.sub("＠", text) or "-", MAX_TEXT * 2, "utf-16-le")


def read_data(data: str) -> tuple[ButtonAction, str] | None:
    """Return action and token of a button of the gateway, None for others."""
    key, _, token = data.partition(":")
    action = KEYS.get(key)
    return None if action is None or not token else (action, token)
