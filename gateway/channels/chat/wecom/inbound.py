"""The adapter of WeCom 企业微信: callbacks of an application. Pure.

Calls and answers are XML in an encrypted envelope.

https://developer.work.weixin.qq.com/document/path/90238 (how calls are made and answered)
https://developer.work.weixin.qq.com/document/path/90239 (messages)
https://developer.work.weixin.qq.com/document/path/90240 (events)
https://developer.work.weixin.qq.com/document/path/90241 (answers)
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from gateway.channels.chat import flat_xml
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
from gateway.channels.chat.envelope import (
    DecryptedEnvelope,
    EncryptedEnvelope,
    decrypt_envelope,
    seal,
)
from gateway.channels.chat.wecom import cards
from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits

SLUG = "wecom"


def read(call: ChatRequest, settings: ChatSettings) -> ChatEvent:
    """Return the message or press of a call; raises Unauthenticated and Malformed."""
    opened = _open(call, settings)
    if "echostr" in call.query:
        return AddressChallenge(opened.content, "text/plain")
    said = flat_xml.read(opened.content)
    if not limits.key(said.get("FromUserName", ""), "/FromUserName"):
        raise limits.build_malformed("/FromUserName", "somebody says it")
    if said.get("MsgType") == "text":
        return _talk(said, opened, call)
    if said.get("Event") == "template_card_event":
        return _press(said, opened, call)
    return IgnoredChatEvent(
        f"{said.get('MsgType', '')[:40]} {said.get('Event', '')[:40]}".strip() or "no message"
    )


def answer(reply: ChatReply | None, call: ChatRequest, settings: ChatSettings) -> tuple[bytes, str]:
    """Return the encrypted answer, or an empty one, which WeCom takes as acknowledgement."""
    if reply is None:
        return b"", "text/plain"
    opened = _open(call, settings)
    said = flat_xml.read(opened.content)
    fields = {
        "ToUserName": said.get("FromUserName", ""),
        "FromUserName": said.get("ToUserName", ""),
        "CreateTime": int(call.received_at.timestamp()),
        **(_card(reply) if said.get("Event") == "template_card_event" else _text(reply)),
    }
    plain = DecryptedEnvelope(flat_xml.write(fields).encode(), opened.receiver, opened.seal)
    sealed = seal(plain, str(fields["CreateTime"]), call.query.get("nonce", ""))
    body = {
        "Encrypt": sealed.encrypted,
        "MsgSignature": sealed.signature,
        "TimeStamp": sealed.timestamp,
        "Nonce": sealed.nonce,
    }
    return flat_xml.write(body).encode(), "application/xml"


PROVIDER = ChatProvider(SLUG, read, answer)


def _open(call: ChatRequest, settings: ChatSettings) -> DecryptedEnvelope:
    """Verify and decrypt a call; raises Unauthenticated."""
    query = call.query
    try:
        # A plus that was not URL-encoded arrives as a space, and there are no spaces in base64.
        echo = query["echostr"].replace(" ", "+") if "echostr" in query else None
        encrypted = flat_xml.read(call.body).get("Encrypt", "") if echo is None else echo
    except Malformed as error:
        raise Unauthenticated("this is no envelope of WeCom's") from error
    sealed = EncryptedEnvelope(
        query.get("timestamp", ""),
        query.get("nonce", ""),
        encrypted,
        query.get("msg_signature", ""),
    )
    return decrypt_envelope(settings, sealed, call.received_at)


def _talk(said: Mapping[str, str], opened: DecryptedEnvelope, call: ChatRequest) -> ChatMessage:
    if not said.get("MsgId"):
        raise limits.build_malformed("/MsgId", "a message has an id")
    return ChatMessage(
        event_id=said["MsgId"][: limits.KEY],
        tenant=opened.receiver,
        user=said["FromUserName"],
        user_name="",
        conversation=_conversation(said),
        text=said.get("Content", ""),
        sent_at=_sent(said, call),
        message=said["MsgId"][: limits.KEY],
    )


def _press(said: Mapping[str, str], opened: DecryptedEnvelope, call: ChatRequest) -> ChatEvent:
    pressed = cards.read_key(said.get("EventKey", ""))
    if pressed is None:
        return IgnoredChatEvent("a button that is none of ours")
    action, token = pressed
    return ButtonPress(
        event_id=_event_id(said),
        tenant=opened.receiver,
        user=said["FromUserName"],
        user_name="",
        conversation=_conversation(said),
        action=action,
        token=token,
        note="",
        sent_at=_sent(said, call),
    )


def _event_id(said: Mapping[str, str]) -> str:
    """Return an id of an event, which has none of its own.

    WeCom recommends sender and time; card and button tell apart two presses in one second.
    """
    named = ("FromUserName", "CreateTime", "TaskId", "EventKey")
    return sha256("\0".join(said.get(name, "") for name in named).encode()).hexdigest()


def _conversation(said: Mapping[str, str]) -> str:
    return f"{said.get('AgentID', '')}:{said['FromUserName']}"


def _sent(said: Mapping[str, str], call: ChatRequest) -> datetime | None:
    return limits.parse_event_time_if_any(said.get("CreateTime"), call.received_at)


def _text(reply: ChatReply) -> dict[str, object]:
    return {"MsgType": "text", "Content": cards.text(reply.text)}


def _card(reply: ChatReply) -> dict[str, object]:
    """Return the pressed card with the buttons left, or a button that shows the record's state."""
    if not reply.buttons:
        name = cards.cut(reply.state or reply.text, cards.MAX_NAME)
        return {"MsgType": "update_button", "Button": {"ReplaceName": name}}
    title, about = cards.titles(reply)
    card = {
        "CardType": "button_interaction",
        "MainTitle": {"Title": title, "Desc": about},
        "SubTitleText": cards.cut(reply.text, cards.MAX_SUBTITLE),
        "ButtonList": [
            {"Text": one.label, "Style": 1, "Key": cards.key_of(one)} for one in reply.buttons
        ],
    }
    return {"MsgType": "update_template_card", "TemplateCard": card}
