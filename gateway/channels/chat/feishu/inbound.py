"""The adapter of Feishu 飞书 and Lark: events of both schemas and card buttons. Pure.

They are encrypted and signed.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/encrypt-key-encryption-configuration-case
https://open.feishu.cn/document/server-docs/im-v1/message/events/receive
https://open.feishu.cn/document/feishu-cards/card-callback-communication
"""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import Any, get_args

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

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
    FeishuEncryptedBody,
    FeishuMessage,
    FeishuMessageEvent,
    FeishuMessageV1,
    Header,
    Identity,
)
from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.conform import decode_repaired

SLUG = "feishu"
WRITTEN, PRESSED = "im.message.receive_v1", "card.action.trigger"
JSON = "application/json"
LONGEST = timedelta(hours=8)
"""The maximum age of an event.

Feishu sends an unanswered event again until seven hours later; duplicates are counted once.
"""

BLOCK = 16
WRONG = "the signature is not by an encrypt key of chat.feishu.secrets"
TOAST = 200
"""The maximum number of characters of the message shown briefly to whoever pressed."""


def read(call: ChatRequest, chat: ChatSettings) -> ChatEvent:
    """Return the message, press or event of a call; raises Unauthenticated and Malformed."""
    return _interpret(_proved(call, chat), chat)


def read_event(body: bytes, chat: ChatSettings) -> ChatEvent:
    """Return the event of a body that is known to be Feishu's; raises Malformed.

    Raises Unauthenticated for another tenant or verification token.
    """
    told = decode_repaired(body, FeishuCallback, retyped=False)
    _known(told, chat)
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
            _tenant(told.header.tenant_key, chat),
            told.header.create_time,
        )
    return IgnoredChatEvent(told.header.event_type[:100])


def _proved(call: ChatRequest, chat: ChatSettings) -> FeishuCallback:
    """Verify and decrypt a call; raises Unauthenticated and Malformed."""
    is_signed = any([hmac.compare_digest(_sum(call, key), _given(call)) for key in chat.secrets])  # noqa: C419 - compare them all
    try:
        sealed = limits.decode(call.body, FeishuEncryptedBody).encrypt
        told = decode_repaired(
            decrypt_with_any(sealed, chat.secrets) if sealed else call.body,
            FeishuCallback,
            retyped=False,
        )
    except Malformed as error:
        if is_signed:
            raise
        raise Unauthenticated(WRONG) from error
    if told.type == "url_verification":
        # It is not signed:
        # to have it encrypted, or the token, is to know what only Feishu was told.
        if not (sealed or is_signed or chat.token):
            raise Unauthenticated(WRONG)
    elif told.is_card and not is_signed:
        _card_proved(call, chat)
    elif not is_signed:
        raise Unauthenticated(WRONG)
    _known(told, chat)
    if told.type != "url_verification":
        signatures.require_fresh(
            _sent(call), call.received_at, signatures.TOLERANCE if told.is_card else LONGEST
        )
    return told


def _sum(call: ChatRequest, key: str) -> bytes:
    stamp, nonce = (
        call.headers.get("x-lark-request-timestamp", ""),
        call.headers.get("x-lark-request-nonce", ""),
    )
    return sha256(f"{stamp}{nonce}{key}".encode() + call.body).hexdigest().encode()


def _given(call: ChatRequest) -> bytes:
    return call.headers.get("x-lark-signature", "").encode("utf-8", "replace")


def _card_proved(call: ChatRequest, chat: ChatSettings) -> None:
    """Verify a button of the older form, signed with the verification token by SHA-1.

    Raises Unauthenticated.
    """
    stamp, nonce = (
        call.headers.get("x-lark-request-timestamp", ""),
        call.headers.get("x-lark-request-nonce", ""),
    )
    wanted = (
        sha1(f"{stamp}{nonce}{chat.token}".encode() + call.body, usedforsecurity=False)
        .hexdigest()
        .encode()
    )
    if not hmac.compare_digest(wanted, _given(call)) or not chat.token:
        raise Unauthenticated("the signature is not by chat.feishu.token")


def _known(told: FeishuCallback, chat: ChatSettings) -> None:
    """Raise Unauthenticated unless verification token and tenant are those configured.

    The token of a card is something else and not compared.
    """
    token = told.header.token if told.header is not None else told.token
    if (
        chat.token
        and not told.is_card
        and not hmac.compare_digest(token.encode("utf-8", "replace"), chat.token.encode())
    ):
        raise Unauthenticated("the verification token is not chat.feishu.token")
    if told.is_card:
        _tenant(told.tenant_key, chat)


def _tenant(tenant: str, chat: ChatSettings) -> str:
    if chat.tenants and tenant not in chat.tenants:
        raise Unauthenticated("this tenant is not among chat.feishu.tenants")
    return tenant


def _sent(call: ChatRequest) -> datetime:
    stamp = call.headers.get("x-lark-request-timestamp", "")
    return signatures.parse_seconds(stamp[:-3] if len(stamp) == 13 else stamp)


def decrypt_with_any(text: str, keys: tuple[str, ...]) -> bytes:
    """Return the JSON that was encrypted with one of the keys; raises Unauthenticated."""
    for key in keys:
        try:
            plain = decrypt(text, key)
        except ValueError:
            continue  # it may be encrypted with another one: while keys are changed there are two
        if plain.lstrip().startswith(b"{"):
            return plain
    raise Unauthenticated("it is not encrypted with an encrypt key of chat.feishu.secrets")


def decrypt(text: str, key: str) -> bytes:
    """Decrypt base64 of AES-256-CBC under the key's SHA-256; raises ValueError.

    The first block is the initialization vector.
    """
    sealed = b64decode(text, validate=True)
    cipher = Cipher(
        algorithms.AES256(sha256(key.encode()).digest()), modes.CBC(sealed[:BLOCK])
    ).decryptor()
    padded = cipher.update(sealed[BLOCK:]) + cipher.finalize()
    padding = PKCS7(8 * BLOCK).unpadder()
    return padding.update(padded) + padding.finalize()


def _talk(header: Header, received: FeishuMessageEvent, chat: ChatSettings) -> ChatEvent:
    tenant, message, who = (
        _tenant(header.tenant_key, chat),
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
    tenant = _tenant(event.tenant_key, chat)
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
    told = _proved(call, chat) if reply is not None else None
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
