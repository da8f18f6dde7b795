"""DingTalk's messages and presses over a connection that the gateway opens: Stream mode.

https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description. The address
and its ticket come from gateway/connections/open; each callback is acknowledged by its message id.
A reply to a message goes out as a message of the application, because an acknowledgement holds
none.
"""

from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

import msgspec

from gateway.channels.chat.contract import ChatEvent, ChatMessage, ChatReply, ChatSettings
from gateway.channels.chat.dingtalk.inbound import SLUG, press_answer, read_message, read_press
from gateway.channels.chat.dingtalk.section import DingTalkSection
from gateway.channels.chat.frames import (
    Beat,
    ChatFrame,
    ControlFrame,
    Frame,
    HeardFrame,
    read_safely,
)
from gateway.channels.opening import ChannelParts
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.ingest.reading import limits
from gateway.notify.message import Retry, Undeliverable

MESSAGES, PRESSES = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"
OPEN = "/v1.0/gateway/connections/open"


class FrameHeaders(msgspec.Struct, rename="camel"):
    """The headers of a frame; `time` is in milliseconds."""

    topic: str = ""
    message_id: str = ""
    time: str = ""


class DownFrame(msgspec.Struct):
    """A frame from DingTalk; `data` is JSON in a string."""

    type: str
    headers: FrameHeaders
    data: str = ""


@dataclass(frozen=True, slots=True)
class DingTalkStream:
    """The stream of one application of DingTalk."""

    call: JsonApiClient
    settings: DingTalkSection

    @property
    def allow_private(self) -> bool:
        """True if the addresses of connections may be private."""
        return self.call.guard.private

    async def open(self) -> str | Retry | Undeliverable:
        """Return the address of a new connection, or why there is none."""
        body = {
            "clientId": self.settings.app_key,
            "clientSecret": self.settings.app_secret,
            "subscriptions": [
                {"type": "CALLBACK", "topic": topic} for topic in (MESSAGES, PRESSES)
            ],
            "ua": "incident-gateway",
        }
        answer = await self.call("POST", OPEN, body)
        if not isinstance(answer, VendorResponse):
            return answer
        endpoint, ticket = answer.body.get("endpoint"), answer.body.get("ticket")
        if isinstance(endpoint, str) and isinstance(ticket, str):
            return f"{endpoint}?ticket={quote(ticket, safe='')}"
        said = str(answer.body.get("message") or answer.body.get("code") or answer.status)
        return Retry(f"DingTalk: {said[:200]}")

    def read(self, frame: Frame, chat: ChatSettings) -> ChatFrame:
        """Return what a frame says; raises Malformed for one that cannot be answered."""
        told = limits.decode(frame.encode() if isinstance(frame, str) else frame, DownFrame)
        if told.type == "SYSTEM":
            if told.headers.topic == "disconnect":
                return ControlFrame(ends=True)
            return ControlFrame(_answer(told, told.data))
        body = told.data.encode("utf-8", "replace")
        event = read_safely(partial(self._event, told, body, chat))
        return HeardFrame(event, body, partial(_acknowledged, told))

    def beat(self) -> Beat | None:
        """Return None: DingTalk asks whether the gateway is there."""
        return None

    def _event(self, told: DownFrame, body: bytes, chat: ChatSettings) -> ChatEvent:
        if told.headers.topic == PRESSES:
            return read_press(body, chat, told.headers.time)
        heard = read_message(body, chat, self.call.clock.now())
        if isinstance(heard, ChatMessage):
            return replace(heard, reply_to=f"{SLUG}:{heard.user}")
        return heard


def _acknowledged(told: DownFrame, reply: ChatReply | None) -> str:
    response = press_answer(reply) if told.headers.topic == PRESSES else None
    return _answer(told, msgspec.json.encode({"response": response}).decode())


def _answer(told: DownFrame, data: str) -> str:
    headers = {"contentType": "application/json", "messageId": told.headers.message_id}
    answer = {"code": 200, "headers": headers, "message": "OK", "data": data}
    return msgspec.json.encode(answer).decode()


def open_stream(parts: ChannelParts) -> DingTalkStream | None:
    """Return the stream, None without an application."""
    section = parts.section(DingTalkSection)
    if not section.app_key:
        return None
    call = parts.open_api(section.address, allow_private=section.allow_private)
    return DingTalkStream(call, section)
