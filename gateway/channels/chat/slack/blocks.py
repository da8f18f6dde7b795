"""Replies as Slack's Block Kit (https://docs.slack.dev/reference/block-kit/blocks). Pure."""

from typing import Any

from gateway.notify.card import ChatReply

TEXT, FALLBACK = 3_000, 3_800
"""The maximum number of characters of a text block, and of the text shown in notifications."""


def blocks(reply: ChatReply) -> list[dict[str, Any]]:
    """Return the text as plain text and a row of buttons.

    In plain text nothing that people wrote can mention a channel.
    """
    shown: list[dict[str, Any]] = [{"type": "section", "text": _plain(reply.text, TEXT)}]
    if reply.buttons:
        first = reply.buttons[0].action
        shown.append(
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": one.action,
                        "text": _plain(one.label, 75),
                        "value": one.token,
                    }
                    | ({"style": "primary"} if one.action == first else {})
                    for one in reply.buttons
                ],
            }
        )
    return shown


def content(reply: ChatReply) -> dict[str, Any]:
    """Return the part of the body that all methods of posting share."""
    return {"text": escaped(reply.text[:FALLBACK]), "blocks": blocks(reply)}


def escaped(text: str) -> str:
    """Return text in which Slack finds neither links nor mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": (text[:limit] or "-"), "emoji": False}
