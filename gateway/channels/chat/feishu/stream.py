"""Feishu's and Lark's events over a connection that the gateway opens: long connection.

https://open.feishu.cn/document/server-docs/event-subscription-guide/event-subscription-configure-/request-url-configuration-case
says what it is for; its frames are those of the vendor's published clients
(github.com/larksuite/oapi-sdk-go, package ws). A frame may hold one part of a long event. An
acknowledgement is the same frame with a code as its payload, and the answer to a press in base64.
"""

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from gateway.channels.chat.contract import ButtonPress, ChatEvent, ChatReply, ChatSettings
from gateway.channels.chat.feishu.inbound import press_answer, read_event
from gateway.channels.chat.feishu.protobuf import (
    CONTROL,
    DATA,
    METHOD,
    SERVICE,
    LarkFrame,
    decode_frame,
    encode_frame,
)
from gateway.channels.chat.feishu.section import FeishuSection
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
from gateway.errors import Malformed
from gateway.ingest.reading import limits
from gateway.notify.message import Retry, Undeliverable

OPEN = "/callback/ws/endpoint"
BEAT_S = 120.0
SHORTEST_BEAT_S = 5.0
MOST_PARTS, MOST_UNFINISHED = 64, 32
"""The most parts of an event, and the most events whose parts are kept."""


class ClientConfig(msgspec.Struct):
    """The configuration of a connection: the seconds from one ping to the next."""

    ping: float = msgspec.field(name="PingInterval", default=BEAT_S)


class Endpoint(msgspec.Struct):
    """The address of a connection."""

    url: str = msgspec.field(name="URL", default="")
    config: ClientConfig | None = msgspec.field(name="ClientConfig", default=None)


@dataclass(slots=True)
class FeishuStream:
    """The stream of one application of Feishu or Lark."""

    call: JsonApiClient
    settings: FeishuSection
    _service: int = 0
    _beat_s: float = BEAT_S
    _parts: OrderedDict[str, list[bytes | None]] = field(default_factory=OrderedDict)

    @property
    def allow_private(self) -> bool:
        """True if the addresses of connections may be private."""
        return self.call.guard.private

    async def open(self) -> str | Retry | Undeliverable:
        """Return the address of a new connection, or why there is none."""
        body = {"AppID": self.settings.app_id, "AppSecret": self.settings.app_secret}
        answer = await self.call("POST", OPEN, body, headers={"locale": "zh"})
        if not isinstance(answer, VendorResponse):
            return answer
        try:
            endpoint = msgspec.convert(answer.body.get("data") or {}, Endpoint)
        except msgspec.ValidationError:
            endpoint = Endpoint()
        if answer.body.get("code") != 0 or not endpoint.url:
            said = f"{answer.body.get('code')} {answer.body.get('msg') or ''}"
            return Retry(f"Feishu: {said[:200]}")
        self._parts.clear()
        self._configure(endpoint.config)
        service = parse_qs(urlsplit(endpoint.url).query).get("service_id", ["0"])[0]
        self._service = int(service) if service.isascii() and service.isdigit() else 0
        return endpoint.url

    def read(self, frame: Frame, chat: ChatSettings) -> ChatFrame:
        """Return what a frame says; raises Malformed for one that cannot be answered."""
        told = decode_frame(frame.encode() if isinstance(frame, str) else frame)
        if told.number(METHOD) != DATA:
            self._heard_control(told)
            return ControlFrame()
        payload = self._whole(told)
        if payload is None:
            return ControlFrame()
        event = read_safely(partial(read_event, payload, chat))
        return HeardFrame(event, payload, partial(_acknowledged, told, event))

    def beat(self) -> Beat | None:
        """Return the ping that keeps the connection open."""
        numbers = ((1, 0), (2, 0), (SERVICE, self._service), (METHOD, CONTROL))
        return Beat(encode_frame(LarkFrame({"type": "ping"}, fields=numbers)), self._beat_s)

    def _heard_control(self, told: LarkFrame) -> None:
        """Take the pace from a pong that names one."""
        if told.headers.get("type") == "pong" and told.payload:
            self._configure(limits.decode(told.payload, ClientConfig))

    def _configure(self, config: ClientConfig | None) -> None:
        if config is not None:
            self._beat_s = max(SHORTEST_BEAT_S, config.ping)

    def _whole(self, told: LarkFrame) -> bytes | None:
        """Return the payload of an event, None while parts of it are missing."""
        count, place = _number(told.headers, "sum", 1), _number(told.headers, "seq", 0)
        if count <= 1:
            return told.payload
        if count > MOST_PARTS or place >= count:
            raise limits.build_malformed("", "an event has too many parts")
        name = told.headers.get("message_id", "")
        parts = self._parts.setdefault(name, [None] * count)
        if len(parts) != count:
            raise limits.build_malformed("", "parts of an event do not fit each other")
        parts[place] = told.payload
        whole = [one for one in parts if one is not None]
        if len(whole) == count:
            del self._parts[name]
            return b"".join(whole)
        if len(self._parts) > MOST_UNFINISHED:
            self._parts.popitem(last=False)
        return None


def _number(headers: Mapping[str, str], name: str, without: int) -> int:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else without


def _acknowledged(told: LarkFrame, event: ChatEvent | Malformed, reply: ChatReply | None) -> bytes:
    answer: dict[str, Any] = {"code": 200}
    if isinstance(event, ButtonPress) and reply is not None:
        answer["data"] = b64encode(msgspec.json.encode(press_answer(reply))).decode()
    return encode_frame(replace(told, payload=msgspec.json.encode(answer)))


def open_stream(parts: ChannelParts) -> FeishuStream | None:
    """Return the stream, None without an application."""
    section = parts.section(FeishuSection)
    if not section.app_id:
        return None
    call = parts.open_api(section.api, allow_private=section.allow_private)
    return FeishuStream(call, section)
