"""The adapter of Feishu 飞书 and Lark: events of both schemas and card buttons. Pure.

https://open.feishu.cn/document/server-docs/im-v1/message/events/receive
https://open.feishu.cn/document/feishu-cards/card-callback-communication
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec

from gateway.channels.chat.contract import (
    AddressChallenge,
    ButtonAction,
    ButtonPress,
    ChatEvent,
    ChatMessage,
    ChatProvider,
    ChatReply,
    ChatRequest,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.feishu.cards import card
from gateway.channels.chat.feishu.events import (
    FeishuButton,
    FeishuButtonEvent,
    FeishuCallback,
    FeishuCardContext,
    FeishuMessage,
    FeishuMessageEvent,
    FeishuMessageV1,
    Header,
    Identity,
)
from gateway.channels.chat.feishu.verification import check_origin, require_tenant, verify_call
from gateway.ingest.reading import limits
from gateway.ingest.reading.conform import decode_repaired

SLUG = "feishu"
WRITTEN, PRESSED = "im.message.receive_v1", "card.action.trigger"
JSON = "application/json"
TOAST = 200
"""The maximum number of characters of the message shown briefly to whoever pressed."""


def read(call: ChatRequest, chat: ChatSettings) -> ChatEvent:
    """Return the message, press or event of a call; raises Unauthenticated and Malformed."""
    return _interpret(verify_call(call, chat), chat)


def read_event(body: bytes, chat: ChatSettings) -> ChatEvent:
    """Return the event of a body that is known to be Feishu's; raises Malformed.

    Raises Unauthenticated for another tenant or verification token.
    """
    told = decode_repaired(body, FeishuCallback, retyped=False)
    check_origin(told, chat)
    return _interpret(told, chat)


def _interpret(told: FeishuCallback, chat: ChatSettings) -> ChatEvent:
    if told.type == "url_verification":
        return AddressChallenge(msgspec.json.encode({"challenge": told.challenge}), JSON)
    if told.is_card:
        return _press(
            told,
            FeishuButtonEvent(
                Identity(told.open_id),
                told.action or FeishuButton(),
                FeishuCardContext("", told.open_chat_id),
            ),
            f"card/{told.token}",
            told.tenant_key,
            "",
        )
    if told.header is None:
        return _older(told, limits.decode_item(told.event, FeishuMessageV1), chat)
    if told.header.event_type == WRITTEN:
        return _talk(told.header, limits.decode_item(told.event, FeishuMessageEvent), chat)
    if told.header.event_type == PRESSED:
        pressed = limits.decode_item(told.event, FeishuButtonEvent)
        return _press(
            told,
            pressed,
            told.header.event_id,
            require_tenant(told.header.tenant_key, chat),
            told.header.create_time,
        )
    return IgnoredChatEvent(told.header.event_type[:100])


def _talk(header: Header, received: FeishuMessageEvent, chat: ChatSettings) -> ChatEvent:
    tenant, message, who = (
        require_tenant(header.tenant_key, chat),
        received.message,
        received.sender.sender_id.open_id,
    )
    if received.sender.sender_type != "user" or not who:
        return IgnoredChatEvent("a program wrote it")
    text = _text(message)
    if text is None:
        return IgnoredChatEvent(f"a message of kind {message.message_type[:40]}")
    mentions = message.mentions or []
    for mention in sorted(mentions, key=lambda one: -len(one.key)):
        text = text.replace(mention.key, "" if mention.is_bot else f"@{mention.name}")
    return ChatMessage(
        event_id=message.message_id,
        tenant=tenant,
        user=who,
        user_name="",
        conversation=message.chat_id,
        text=text.strip(),
        sent_at=_moment(message.create_time),
        addressed=message.chat_type == "p2p" or any(mention.is_bot for mention in mentions),
        message=message.message_id,
        thread=message.root_id or message.parent_id,
        reply_to=f"{SLUG}:{message.chat_id}/{message.message_id}",
    )


def _text(message: FeishuMessage) -> str | None:
    """Return the words of a plain or a rich text; None for pictures and the like."""
    if message.message_type not in ("text", "post"):
        return None
    content = decode_repaired(
        message.content.encode("utf-8", "replace"), dict[str, Any], retyped=False
    )
    if message.message_type == "text":
        return str(content.get("text", ""))
    lines = [
        content.get("title", ""),
        *("".join(_run(run) for run in line) for line in _lists(content.get("content"))),
    ]
    return "\n".join(str(line) for line in lines if line)


def _lists(value: Any) -> list[list[Any]]:
    return [line for line in value if isinstance(line, list)] if isinstance(value, list) else []


def _run(run: Any) -> str:
    """Return one piece of a rich text: words, or the name of a person."""
    if not isinstance(run, Mapping):
        return ""
    return str(run.get("user_id", "") if run.get("tag") == "at" else run.get("text", ""))


def _older(told: FeishuCallback, event: FeishuMessageV1, chat: ChatSettings) -> ChatEvent:
    tenant = require_tenant(event.tenant_key, chat)
    if told.type != "event_callback" or event.type != "message" or event.msg_type != "text":
        return IgnoredChatEvent(f"{event.type[:60]} {event.msg_type[:40]}".strip() or "nothing")
    if not (event.open_id and event.open_message_id):
        raise limits.build_malformed("/event", "a message has an open_id and an open_message_id")
    return ChatMessage(
        event_id=event.open_message_id,
        tenant=tenant,
        user=event.open_id,
        user_name="",
        conversation=event.open_chat_id,
        text=(event.text_without_at_bot or event.text).strip(),
        sent_at=_moment(told.ts),
        addressed=event.chat_type == "private" or event.is_mention,
        message=event.open_message_id,
        thread=event.root_id or event.parent_id,
        reply_to=f"{SLUG}:{event.open_chat_id}/{event.open_message_id}",
    )


def _press(
    told: FeishuCallback, pressed: FeishuButtonEvent, event_id: str, tenant: str, at: str
) -> ChatEvent:
    value = pressed.action.value
    carried = value if isinstance(value, Mapping) else {}
    action: ButtonAction | None = next(
        (one for one in get_args(ButtonAction) if one == carried.get("action")), None
    )
    if action is None or not pressed.operator.open_id:
        return IgnoredChatEvent("a button of somebody else's")
    if not event_id or event_id == "card/":
        raise limits.build_malformed(
            "/token" if told.is_card else "/header/event_id", "a press has a name"
        )
    return ButtonPress(
        event_id=event_id,
        tenant=tenant,
        user=pressed.operator.open_id,
        user_name="",
        conversation=pressed.context.open_chat_id,
        action=action,
        token=str(carried.get("token", "")),
        note="",
        sent_at=_moment(at),
    )


def _moment(text: str) -> datetime | None:
    """Return the time from milliseconds or microseconds since 1970, or seconds with a fraction."""
    whole = text.partition(".")[0]
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 16):
        return None
    return datetime.fromtimestamp(int(whole[:10]), UTC)


def answer(reply: ChatReply | None, call: ChatRequest, chat: ChatSettings) -> tuple[bytes, str]:
    """Return the answer to a call.

    A press is answered with a brief message and the card as it is after it; all else with an
    acknowledgement.
    """
    told = verify_call(call, chat) if reply is not None else None
    if (
        reply is None
        or told is None
        or not (told.is_card or (told.header and told.header.event_type == PRESSED))
    ):
        return b"{}", JSON
    said = press_answer(reply)
    return msgspec.json.encode(said.get("card", {}).get("data", {}) if told.is_card else said), JSON


def press_answer(reply: ChatReply) -> dict[str, Any]:
    """Return the answer to a press: a brief message, and the card as it is after it."""
    toast, _, standing = reply.text.partition("\n")
    said: dict[str, Any] = {"toast": {"type": "info", "content": toast[:TOAST]}}
    shown = card(replace(reply, text=standing)) if reply.state else None
    return said | ({"card": {"type": "raw", "data": shown}} if shown else {})


PROVIDER = ChatProvider(SLUG, read, answer)
