"""Requests as Feishu makes them."""

import json
from base64 import b64encode
from datetime import datetime
from hashlib import sha1, sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.channels.chat.contract import ChatRequest

KEY, TOKEN, TENANT = "kudryavka", "v-token", "736588c9260f175e"
USER, CHAT, MESSAGE = (
    "ou_84aad35d084aa403a838cf73ee18467",
    "oc_5ce6d572455d361153b7xx51da133945",
    "om_5ce6d572455d361153b7cb51da133945",
)


def sealed(body: bytes, key: str = KEY) -> bytes:
    """Return the body as Feishu sends it if an encrypt key is set."""
    pad = 16 - len(body) % 16
    vector = b"0123456789abcdef"
    cipher = Cipher(algorithms.AES256(sha256(key.encode()).digest()), modes.CBC(vector)).encryptor()
    return json.dumps(
        {
            "encrypt": b64encode(
                vector + cipher.update(body + bytes([pad]) * pad) + cipher.finalize()
            ).decode()
        }
    ).encode()


def signed(body: bytes, at: datetime, key: str = KEY) -> dict[str, str]:
    stamp, nonce = str(int(at.timestamp())), "nonce"
    mark = sha256(stamp.encode() + nonce.encode() + key.encode() + body).hexdigest()
    return {
        "x-lark-request-timestamp": stamp,
        "x-lark-request-nonce": nonce,
        "x-lark-signature": mark,
    }


def signed_as_before(body: bytes, at: datetime, token: str = TOKEN) -> dict[str, str]:
    """Return the headers of a button press as Feishu signed it before presses were events."""
    stamp = str(int(at.timestamp()))
    mark = sha1(f"{stamp}nonce{token}".encode() + body).hexdigest()  # noqa: S324 - Feishu's own choice
    return {
        "x-lark-request-timestamp": stamp,
        "x-lark-request-nonce": "nonce",
        "x-lark-signature": mark,
    }


def a_call(body: bytes, at: datetime, headers: dict[str, str] | None = None) -> ChatRequest:
    return ChatRequest(signed(body, at) if headers is None else headers, {}, body, at)


def _event(kind: str, event: dict[str, Any], **header: str) -> bytes:
    head = {
        "event_id": "5e3702a84e847582be8db7fb73283c02",
        "event_type": kind,
        "create_time": "1608725989000",
        "token": TOKEN,
        "app_id": "cli_9f5343c580712544",
        "tenant_key": TENANT,
    }
    return json.dumps({"schema": "2.0", "header": head | header, "event": event}).encode()


def a_message(
    text: str, header: dict[str, str] | None = None, sender: str = "user", **more: Any
) -> bytes:
    """Return a message event, sent to the bot in a direct chat unless `more` says otherwise."""
    identity = {
        "union_id": "on_8ed6aa67826108097d9ee143816345",
        "user_id": "e33ggbyz",
        "open_id": USER,
    }
    message = {
        "message_id": MESSAGE,
        "create_time": "1609073151345",
        "chat_id": CHAT,
        "chat_type": "p2p",
        "message_type": "text",
        "content": json.dumps({"text": text}),
    }
    told = {
        "sender": {"sender_id": identity, "sender_type": sender, "tenant_key": TENANT},
        "message": message | more,
    }
    return _event("im.message.receive_v1", told, **header or {})


def a_mention(key: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "id": {"union_id": "on_8ed6", "user_id": "", "open_id": "ou_84aa"},
        "name": name,
        "tenant_key": TENANT,
    } | more


def a_press(
    action: str, token: str, event_id: str = "f7984f25108f8137722bb63cee927e66", **header: str
) -> bytes:
    event = {
        "operator": {
            "tenant_key": TENANT,
            "user_id": "867bdx",
            "open_id": USER,
            "union_id": "on_cad4",
        },
        "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d",
        "action": {
            "value": {"action": action, "token": token},
            "tag": "button",
            "timezone": "Asia/Shanghai",
        },
        "host": "im_message",
        "context": {"open_message_id": MESSAGE, "open_chat_id": CHAT},
    }
    return _event("card.action.trigger", event, event_id=event_id, **header)


def a_press_as_before(action: str, token: str) -> bytes:
    return json.dumps(
        {
            "open_id": USER,
            "user_id": "867bdx",
            "open_message_id": MESSAGE,
            "open_chat_id": CHAT,
            "tenant_key": TENANT,
            "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d",
            "action": {"value": {"action": action, "token": token}, "tag": "button"},
        }
    ).encode()


def an_older_message(text: str, **more: Any) -> bytes:
    event = {
        "type": "message",
        "app_id": "cli_xxx",
        "tenant_key": TENANT,
        "root_id": "",
        "parent_id": "",
        "open_chat_id": CHAT,
        "chat_type": "private",
        "msg_type": "text",
        "open_id": USER,
        "employee_id": "xxx",
        "union_id": "xxx",
        "open_message_id": MESSAGE,
        "is_mention": False,
        "text": text,
        "text_without_at_bot": text,
    }
    return json.dumps(
        {
            "ts": "1550038209.428520",
            "uuid": "b8a04fef2e6cc6a4d51c3b5a6bbb1b91",
            "token": TOKEN,
            "type": "event_callback",
            "event": event | more,
        }
    ).encode()
