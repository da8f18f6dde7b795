"""Messages as Adaptive Cards of version 1.4. Pure.

https://adaptivecards.io/explorer. Text is in runs of a RichTextBlock, in which nothing is read as
Markdown; a run has no line breaks, so each line is a block.
"""

from typing import Any

from gateway.channels.cut_text import cut_to_bytes
from gateway.notify.message import Message

MAX_TEXT = 8_000
"""The most bytes of text: a message has 28 KB at most, and each quote counts twice."""

MAX_LINES = 100

OPEN = {"en": "Open", "zh-CN": "打开"}
"""The label of the button that opens the record."""

PRESSING = 2
"""The lowest priority whose messages are shown in the colour of attention."""


def envelope(message: Message) -> dict[str, Any]:
    """Return the body of a call: a message with one card."""
    colour = {"color": "attention"} if message.urgency <= PRESSING else {}
    head = {"type": "TextRun", "text": message.subject[:500] or "-", "weight": "bolder"}
    lines = cut_to_bytes(message.text.strip(), MAX_TEXT).splitlines()[:MAX_LINES]
    body = [_block(head | {"size": "medium"} | colour)]
    body += [_block({"type": "TextRun", "text": line}) for line in lines if line.strip()]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    if message.link:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": OPEN[message.locale], "url": message.link}
        ]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _block(run: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [run]}
