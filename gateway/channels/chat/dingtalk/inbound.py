"""The adapter of DingTalk 钉钉: messages, presses on cards, application events. Pure.

The messages are those to a robot. All of them arrive at one address.

https://open.dingtalk.com/document/orgapp/receive-message (messages and their signature)
https://open.dingtalk.com/document/development/event-callback-card (cards and their signature)
https://open.dingtalk.com/document/orgapp/configure-event-subcription (events in their envelope)
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from gateway.channels.chat.contract import (
    AddressChallenge,
    ButtonPress,
    ChatEvent,
    ChatMessage,
    ChatProvider,
    ChatReply,
    ChatRequest,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.dingtalk.cards import PRESSED, variables
from gateway.channels.chat.envelope import (
    DecryptedEnvelope,
    EncryptedEnvelope,
    decrypt_envelope,
    seal,
)
from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.conform import decode_repaired

SLUG = "dingtalk"

WINDOW = timedelta(hours=1)
"""The validity of a robot's signature, as DingTalk documents it."""

JSON = "application/json"
CARD_SIGNATURE = "x-ddpaas-signature"

EMPTY_ANSWER = {"msgtype": "empty"}
"""The answer of a robot that has nothing to say."""


class DingTalkText(msgspec.Struct, rename="camel"):
    """The text of a message, and the message it answers."""

    content: str = ""
    replied_msg: dict[str, Any] = {}


class DingTalkMessage(msgspec.Struct, rename="camel"):
    """A message to a robot.

    A person from outside the company has no staff id; `content` is that of messages that are
    more than text.
    """

    msgtype: str
    msg_id: str
    conversation_id: str = ""
    conversation_type: str = ""
    chatbot_corp_id: str = ""
    sender_corp_id: str = ""
    sender_staff_id: str = ""
    sender_id: str = ""
    sender_nick: str = ""
    create_at: int = 0
    is_in_at_list: bool = True
    text: DingTalkText = msgspec.field(default_factory=DingTalkText)
    content: dict[str, Any] = {}


class DingTalkCardPress(msgspec.Struct, rename="camel"):
    """A press on a card; `content` or `value` is JSON in a string."""

    out_track_id: str
    user_id: str
    corp_id: str = ""
    space_id: str = ""
    content: str = ""
    value: str = ""


class DingTalkButton(msgspec.Struct, rename="camel"):
    """The pressed button, with the parameters that its template gives it."""

    action_ids: list[str] = []
    params: dict[str, Any] = {}


class Content(msgspec.Struct, rename="camel"):
    """The content of a press."""

    card_private_data: DingTalkButton = msgspec.field(default_factory=DingTalkButton)


class DingTalkEvent(msgspec.Struct):
    """An event of an application."""

    kind: str = msgspec.field(name="EventType", default="")


class DingTalkEncryptedBody(msgspec.Struct):
    """The body of an event."""

    encrypt: str


def read(call: ChatRequest, settings: ChatSettings) -> ChatEvent:
    """Return the message, press or event of a call; raises Unauthenticated and Malformed."""
    if _is_event(call):
        opened = _open(call, settings)
        event = decode_repaired(opened.content, DingTalkEvent, retyped=False)
        if event.kind == "check_url":
            return AddressChallenge(*_success(opened, call))
        return IgnoredChatEvent(f"event {event.kind[:40]}")
    if CARD_SIGNATURE in call.headers:
        return _press(call, settings)
    return _talk(call, settings)


def answer(reply: ChatReply | None, call: ChatRequest, settings: ChatSettings) -> tuple[bytes, str]:
    """Return the answer to a call.

    An event is answered with an encrypted "success", a press with the card as it is after it, a
    message with the reply.
    """
    if _is_event(call):
        return _success(_open(call, settings), call)
    if CARD_SIGNATURE in call.headers:
        return msgspec.json.encode(press_answer(reply)), JSON
    said = EMPTY_ANSWER if reply is None else {"msgtype": "text", "text": {"content": reply.text}}
    return msgspec.json.encode(said), JSON


def press_answer(reply: ChatReply | None) -> dict[str, Any]:
    """Return the answer to a press: the card as it is after it."""
    shown = variables(reply) if reply is not None else {}
    return {
        "cardUpdateOptions": {"updateCardDataByKey": True},
        "cardData": {"cardParamMap": shown},
    }


PROVIDER = ChatProvider(SLUG, read, answer)


def _is_event(call: ChatRequest) -> bool:
    return "msg_signature" in call.query or "signature" in call.query


def _open(call: ChatRequest, settings: ChatSettings) -> DecryptedEnvelope:
    query = call.query
    try:
        encrypted = limits.decode(call.body, DingTalkEncryptedBody).encrypt
    except Malformed as error:
        raise Unauthenticated("this is no envelope of DingTalk's") from error
    signature = query.get("msg_signature") or query.get("signature", "")
    timestamp = query.get("timestamp") or query.get("timeStamp", "")
    return decrypt_envelope(
        settings,
        EncryptedEnvelope(timestamp, query.get("nonce", ""), encrypted, signature),
        call.received_at,
    )


def _success(opened: DecryptedEnvelope, call: ChatRequest) -> tuple[bytes, str]:
    stamp = str(int(call.received_at.timestamp() * 1000))
    sealed = seal(
        DecryptedEnvelope(b"success", opened.receiver, opened.seal),
        stamp,
        call.query.get("nonce", ""),
    )
    told = {
        "msg_signature": sealed.signature,
        "timeStamp": sealed.timestamp,
        "nonce": sealed.nonce,
        "encrypt": sealed.encrypted,
    }
    return msgspec.json.encode(told), JSON


def _talk(call: ChatRequest, settings: ChatSettings) -> ChatEvent:
    """Return the message to a robot, whose signature is at most one hour old.

    Only the time is signed, so each message id is accepted once.
    """
    stamp = call.headers.get("timestamp", "")
    _proved(call, settings, stamp, call.headers.get("sign", ""), robot=True)
    return read_message(call.body, settings, call.received_at)


def read_message(body: bytes, settings: ChatSettings, received_at: datetime) -> ChatEvent:
    """Return the message of a body that is known to be DingTalk's; raises Malformed."""
    said = decode_repaired(body, DingTalkMessage, retyped=False)
    _allowed(settings, said.chatbot_corp_id or said.sender_corp_id)
    if not said.msg_id or not (said.sender_staff_id or said.sender_id):
        raise limits.build_malformed("/msgId", "a message has an id and somebody who says it")
    text = _words(said)
    if text is None:
        return IgnoredChatEvent(f"message of the type {said.msgtype[:40]}")
    return ChatMessage(
        event_id=limits.key(said.msg_id, "/msgId"),
        tenant=said.chatbot_corp_id or said.sender_corp_id,
        user=limits.key(said.sender_staff_id or said.sender_id, "/senderStaffId"),
        user_name=limits.cut(said.sender_nick, limits.KEY),
        conversation=limits.key(said.conversation_id, "/conversationId"),
        text=text.strip(),
        sent_at=limits.parse_event_time_if_any(said.create_at or None, received_at),
        addressed=said.conversation_type == "1" or said.is_in_at_list,
        message=said.msg_id,
        thread=limits.cut(str(said.text.replied_msg.get("msgId") or ""), limits.KEY),
    )


def _words(said: DingTalkMessage) -> str | None:
    """Return the written or transcribed words; None for pictures and files."""
    if said.msgtype == "text":
        return said.text.content
    if said.msgtype == "audio":
        heard = said.content.get("recognition")
        return heard if isinstance(heard, str) else None
    pieces = said.content.get("richText")
    if said.msgtype != "richText" or not isinstance(pieces, list):
        return None
    return "".join(str(piece.get("text", "")) for piece in pieces if isinstance(piece, dict))


def _press(call: ChatRequest, settings: ChatSettings) -> ChatEvent:
    stamp = call.headers.get(f"{CARD_SIGNATURE}-timestamp", "")
    _proved(call, settings, stamp, call.headers[CARD_SIGNATURE], robot=False)
    return read_press(call.body, settings, stamp)


def read_press(body: bytes, settings: ChatSettings, stamp: str) -> ChatEvent:
    """Return the press of a body that is known to be DingTalk's; raises Malformed.

    `stamp` is its time in milliseconds.
    """
    said = limits.decode(body, DingTalkCardPress)
    _allowed(settings, said.corp_id)
    params = limits.decode(
        (said.content or said.value or "{}").encode(), Content
    ).card_private_data.params
    action, token = PRESSED.get(str(params.get("action"))), params.get("token")
    if action is None or not isinstance(token, str) or not said.user_id:
        return IgnoredChatEvent("a button that is none of ours")
    note = params.get("note")
    return ButtonPress(
        event_id=_event_id(said, action, token, stamp),
        tenant=said.corp_id,
        user=limits.key(said.user_id, "/userId"),
        user_name="",
        conversation=limits.key(said.space_id, "/spaceId"),
        action=action,
        token=token,
        note=note if isinstance(note, str) else "",
        sent_at=_moment(stamp),
    )


def _event_id(said: DingTalkCardPress, *told: str) -> str:
    """Return an id of a press, which has none of its own.

    It is made of card, person, button and the signed time.
    """
    return sha256("\0".join((said.out_track_id, said.user_id, *told)).encode()).hexdigest()


def _proved(
    call: ChatRequest, settings: ChatSettings, stamp: str, given: str, *, robot: bool
) -> None:
    """Raise Unauthenticated unless one of the secrets signed a recent time in milliseconds."""
    sent = _moment(stamp)
    marks = [signatures.from_base64(given)]
    for secret in signatures.encode_secrets(settings.secrets):
        content = b"\n".join((stamp.encode(), secret)) if robot else stamp.encode()
        if signatures.matches_any([secret], content, marks):
            signatures.require_fresh(
                sent, call.received_at, WINDOW if robot else signatures.TOLERANCE
            )
            return
    raise Unauthenticated(signatures.WRONG_SIGNATURE)


def _moment(stamp: str) -> datetime:
    """Return a time in milliseconds, to the second; raises Unauthenticated."""
    return signatures.parse_seconds(stamp[:-3] if stamp[-3:].isascii() else "")


def _allowed(settings: ChatSettings, company: str) -> None:
    if settings.tenants and company not in settings.tenants:
        raise Unauthenticated("this is said in another company than those that are allowed")
