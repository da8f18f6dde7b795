"""Replies as WeCom messages: a text, or a template card with buttons. Pure.

https://developer.work.weixin.qq.com/document/path/90236
"""

from collections.abc import Mapping
from typing import Any, get_args

from gateway.notify.card import Button, ButtonAction, ChatReply

MAX_TEXT = 2_048
"""The maximum number of bytes of UTF-8 in a text; WeCom cuts off what is longer."""

MAX_TITLE, MAX_SUBTITLE, MAX_NAME = 36, 160, 20
"""The maximum number of characters of a card's title, its text and a button's label."""

MARK = "@"
"""The separator of action and token in a button's key.

Keys hold letters, digits, _, - and @.
"""

PRESSED: Mapping[str, ButtonAction] = {action: action for action in get_args(ButtonAction)}


def key_of(button: Button) -> str:
    """Return the key that WeCom sends when the button is pressed."""
    return f"{button.action}{MARK}{button.token}"


def read_key(key: str) -> tuple[ButtonAction, str] | None:
    """Return action and token of a button of the gateway; None for others."""
    named, _, token = key.partition(MARK)
    action = PRESSED.get(named)
    return None if action is None or not token else (action, token)


def text(words: str) -> str:
    """Return the words cut to size, without mentions: WeCom reads <@name> as one."""
    return (
        words.replace("<@", "＜@").encode("utf-8", "replace")[:MAX_TEXT].decode("utf-8", "ignore")
    )


def cut(words: str, limit: int) -> str:
    """Return the words, or their beginning and an ellipsis."""
    return words if len(words) <= limit else words[: limit - 1] + "…"


def titles(reply: ChatReply) -> tuple[str, str]:
    """Return both lines of a card's head: number and state, and title."""
    return cut(f"{reply.number} {reply.state}".strip(), MAX_TITLE), cut(reply.title, MAX_TITLE)


def content(reply: ChatReply, task: str) -> dict[str, Any]:
    """Return the content of an application's message.

    `task` names the card and is the same when it is sent again.
    """
    if not reply.buttons:
        return {"msgtype": "text", "text": {"content": text(reply.text)}}
    return {"msgtype": "template_card", "template_card": {**_card(reply), "task_id": task}}


def change(reply: ChatReply) -> dict[str, Any]:
    """Return the change of a card.

    It shows the record anew, or where nothing can be pressed, a grey button with the record's
    state.
    """
    if not reply.buttons:
        return {"button": {"replace_name": cut(reply.state or reply.text, MAX_NAME)}}
    return {"template_card": _card(reply)}


def _card(reply: ChatReply) -> dict[str, Any]:
    title, about = titles(reply)
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title, "desc": about},
        "sub_title_text": cut(reply.text, MAX_SUBTITLE),
        "button_list": [
            {"text": cut(one.label, MAX_NAME), "style": 1, "key": key_of(one)}
            for one in reply.buttons
        ],
    }
