"""Replies as Feishu cards. Pure.

https://open.feishu.cn/document/feishu-cards/card-json-structure
"""

from typing import Any

from gateway.notify.card import ChatReply

TITLE, TEXT = 120, 4_000
"""The maximum number of characters of a card's title and of its text."""


def card(reply: ChatReply) -> dict[str, Any]:
    """Return a card of plain text and a row of buttons; everybody sees its changes.

    In plain text nothing that people wrote can mention a group.
    """
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(reply.text, TEXT)}]
    if reply.buttons:
        first = reply.buttons[0].action
        elements.append(
            {
                "tag": "action",
                "actions": [
                    {
                        "tag": "button",
                        "text": _plain(one.label, 60),
                        "type": "primary" if one.action == first else "default",
                        "value": {"action": one.action, "token": one.token},
                    }
                    for one in reply.buttons
                ],
            }
        )
    shown: dict[str, Any] = {
        "config": {"wide_screen_mode": True, "update_multi": True},
        "elements": elements,
    }
    if reply.number:
        shown["header"] = {
            "title": _plain(f"{reply.number} {reply.state}".strip(), TITLE),
            "template": _colour(reply),
        }
    return shown


def _colour(reply: ChatReply) -> str:
    """Return red while it has no handler, orange in progress, green when nothing is to be done."""
    return {2: "red", 1: "orange"}.get(len(reply.buttons), "green")


def _plain(text: str, limit: int) -> dict[str, str]:
    return {"tag": "plain_text", "content": text[:limit] or "-"}
