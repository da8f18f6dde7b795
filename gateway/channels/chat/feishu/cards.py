"""A reply as a card of Feishu's (https://open.feishu.cn/document/feishu-cards/card-json-structure). Pure."""

from typing import Any

from gateway.notify.card import Reply

TITLE, TEXT = 120, 4_000
"""Characters of a card's head and of its text."""


def card(reply: Reply) -> dict[str, Any]:
    """Plain text, in which nothing that people wrote can call a group, and a row of buttons; everybody sees it change."""
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(reply.text, TEXT)}]
    if reply.buttons:
        first = reply.buttons[0].action
        elements.append({"tag": "action", "actions": [
            {"tag": "button", "text": _plain(one.label, 60), "type": "primary" if one.action == first else "default",
             "value": {"action": one.action, "token": one.token}}
            for one in reply.buttons
        ]})  # fmt: skip
    shown: dict[str, Any] = {"config": {"wide_screen_mode": True, "update_multi": True}, "elements": elements}
    if reply.number:
        shown["header"] = {"title": _plain(f"{reply.number} {reply.state}".strip(), TITLE), "template": _colour(reply)}
    return shown


def _colour(reply: Reply) -> str:
    """Red while nobody has it, orange while somebody works, green when nothing is to be done."""
    return {2: "red", 1: "orange"}.get(len(reply.buttons), "green")


def _plain(text: str, limit: int) -> dict[str, str]:
    return {"tag": "plain_text", "content": text[:limit] or "-"}
