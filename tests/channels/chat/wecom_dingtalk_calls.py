"""Calls of WeCom and DingTalk, in envelopes as the vendors make them, and matching settings."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.channels.chat.contract import ChatRequest, ChatSettings
from gateway.channels.chat.envelope import (
    DecryptedEnvelope,
    EncryptedEnvelope,
    EnvelopeKeys,
    decode_key,
    seal,
)
from tests.support.clock import NOON

CORP = "ww1234567890abcdef"
TOKEN, KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
OTHER_KEY = "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"
SECRET, CARD_SECRET = "this-is-a-robot-secret", "this-is-a-card-secret"

WECOM = ChatSettings(tenants=(CORP,), token=TOKEN, encoding_key=KEY)
DINGTALK = ChatSettings(
    tenants=(CORP,), token=TOKEN, encoding_key=KEY, secrets=(SECRET, CARD_SECRET)
)


def sealed(
    content: bytes, *, corp: str = CORP, token: str = TOKEN, key: str = KEY, stamp: str = ""
) -> EncryptedEnvelope:
    """Return an encrypted envelope of the content, made at the current time."""
    return seal(
        DecryptedEnvelope(content, corp, EnvelopeKeys(token, decode_key(key))),
        stamp or str(int(NOON.timestamp())),
        "nonce-1",
    )


def xml(**fields: object) -> bytes:
    """Return an XML document of the fields, as WeCom writes it."""
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inner}</xml>".encode()


def said(**more: object) -> dict[str, object]:
    """Return the fields of a text message of WeCom."""
    fields: dict[str, object] = {
        "ToUserName": CORP,
        "FromUserName": "zhangsan",
        "CreateTime": int(NOON.timestamp()),
        "MsgType": "text",
        "Content": "支付页面打不开",
        "MsgId": "4561255354251345929",
        "AgentID": 218,
    }
    return fields | more


def pressed(key: str = "acknowledge@r7-token", **more: object) -> dict[str, object]:
    """Return the fields of a press on a button of a WeCom template card."""
    fields: dict[str, object] = {
        "ToUserName": CORP,
        "FromUserName": "lisi",
        "CreateTime": int(NOON.timestamp()),
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": key,
        "TaskId": "task-1",
        "CardType": "button_interaction",
        "ResponseCode": "code-1",
        "AgentID": 218,
    }
    return fields | more


def wecom(content: bytes, received_at: datetime = NOON, **how: str) -> ChatRequest:
    """Return a callback of WeCom with `content` in its envelope."""
    envelope = sealed(content, **how)
    query = {
        "msg_signature": envelope.signature,
        "timestamp": envelope.timestamp,
        "nonce": envelope.nonce,
    }
    return ChatRequest(
        {"content-type": "text/xml"},
        query,
        xml(ToUserName=CORP, Encrypt=envelope.encrypted, AgentID=218),
        received_at,
    )


def event(
    content: dict[str, object] | bytes, received_at: datetime = NOON, **how: str
) -> ChatRequest:
    """Return an event of DingTalk with the content in its envelope."""
    inner = content if isinstance(content, bytes) else json.dumps(content).encode()
    stamp = how.pop("stamp", str(int(NOON.timestamp() * 1000)))
    envelope = sealed(inner, stamp=stamp, **how)
    query = {
        "msg_signature": envelope.signature,
        "timestamp": envelope.timestamp,
        "nonce": envelope.nonce,
    }
    return ChatRequest({}, query, json.dumps({"encrypt": envelope.encrypted}).encode(), received_at)


def robot(
    received_at: datetime = NOON, secret: str = SECRET, stamp: str = "", **more: Any
) -> ChatRequest:
    """Return a message of a user to a DingTalk robot."""
    body = {
        "conversationId": "cid1",
        "chatbotCorpId": CORP,
        "chatbotUserId": "$:LWCP_v1:$robot",
        "msgId": "msgAbC==",
        "senderNick": "张三",
        "isAdmin": False,
        "senderStaffId": "manager1",
        "createAt": int(NOON.timestamp() * 1000),
        "senderCorpId": CORP,
        "conversationType": "2",
        "senderId": "$:LWCP_v1:$sender",
        "isInAtList": True,
        "text": {"content": " 支付页面打不开"},
        "msgtype": "text",
    }
    stamp = stamp or str(int(NOON.timestamp() * 1000))
    sign = base64.b64encode(
        hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")
    ).decode()
    return ChatRequest(
        {"timestamp": stamp, "sign": sign}, {}, json.dumps(body | more).encode(), received_at
    )


def card(
    received_at: datetime = NOON,
    secret: str = CARD_SECRET,
    params: Any = None,
    stamp: str = "",
    **more: Any,
) -> ChatRequest:
    """Return the press of a user on a button of a DingTalk card."""
    params = {"action": "resolve", "token": "r7-token"} if params is None else params
    body = {
        "type": "actionCallback",
        "outTrackId": "track-1",
        "corpId": CORP,
        "userId": "manager1",
        "spaceId": "cid1",
        "content": json.dumps({"cardPrivateData": {"actionIds": ["1"], "params": params}}),
    }
    stamp = stamp or str(int(NOON.timestamp() * 1000))
    mark = base64.b64encode(hmac.digest(secret.encode(), stamp.encode(), "sha256")).decode()
    headers = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": mark}
    return ChatRequest(headers, {}, json.dumps(body | more).encode(), received_at)


def tampered(call: ChatRequest) -> ChatRequest:
    """Return the call with one character of its encrypted text changed."""
    at = call.body.index(b"/") if b"encrypt" in call.body else call.body.rindex(b"]]></Encrypt") - 8
    other = b"A" if call.body[at : at + 1] != b"A" else b"B"
    return replace(call, body=call.body[:at] + other + call.body[at + 1 :])
