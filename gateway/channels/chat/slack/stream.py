"""Slack's events over a connection that the gateway opens: Socket Mode.

https://docs.slack.dev/apis/events-api/using-socket-mode: the address comes from
apps.connections.open, by a token of the application; each envelope is acknowledged by its id
within three seconds. Slack ends a connection every few hours and says so before.
"""

from dataclasses import dataclass
from functools import partial

import msgspec

from gateway.channels.chat.contract import ChatEvent, ChatReply, ChatSettings
from gateway.channels.chat.frames import (
    Beat,
    ChatFrame,
    ControlFrame,
    Frame,
    HeardFrame,
    read_safely,
)
from gateway.channels.chat.slack.inbound import (
    command_answer,
    read_command,
    read_event,
    read_interaction,
)
from gateway.channels.chat.slack.section import SlackSection
from gateway.channels.opening import ChannelParts
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.ingest.reading import limits
from gateway.notify.message import Retry, Undeliverable

COMMAND = "slash_commands"


class Envelope(msgspec.Struct):
    """An envelope of Socket Mode, or a frame about the connection."""

    type: str
    envelope_id: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class SlackStream:
    """The stream of one application of Slack."""

    call: JsonApiClient
    app_token: str

    @property
    def allow_private(self) -> bool:
        """True if the addresses of connections may be private."""
        return self.call.guard.private

    async def open(self) -> str | Retry | Undeliverable:
        """Return the address of a new connection, or why there is none."""
        answer = await self.call("POST", "/apps.connections.open", {}, self.app_token)
        if not isinstance(answer, VendorResponse):
            return answer
        address = answer.body.get("url")
        if answer.body.get("ok") is True and isinstance(address, str):
            return address
        return Retry(f"Slack: {str(answer.body.get('error') or answer.status)[:200]}")

    def read(self, frame: Frame, chat: ChatSettings) -> ChatFrame:
        """Return what a frame says; raises Malformed for one that cannot be answered."""
        body = frame.encode() if isinstance(frame, str) else frame
        told = limits.decode(body, Envelope)
        if not told.envelope_id:
            return ControlFrame(ends=told.type == "disconnect")
        event = read_safely(partial(_event, told, chat))
        return HeardFrame(event, bytes(told.payload), partial(_acknowledged, told))

    def beat(self) -> Beat | None:
        """Return None: Slack asks whether the gateway is there."""
        return None


def _event(told: Envelope, chat: ChatSettings) -> ChatEvent:
    payload = bytes(told.payload)
    if told.type == "interactive":
        return read_interaction(payload, chat)
    if told.type == COMMAND:
        return read_command(limits.decode(payload, dict[str, str]), chat)
    return read_event(payload, chat)


def _acknowledged(told: Envelope, reply: ChatReply | None) -> str:
    answer: dict[str, object] = {"envelope_id": told.envelope_id}
    if told.type == COMMAND and reply is not None:
        answer["payload"] = command_answer(reply)
    return msgspec.json.encode(answer).decode()


def open_stream(parts: ChannelParts) -> SlackStream | None:
    """Return the stream, None without the token of an application."""
    section = parts.section(SlackSection)
    if not section.app_token:
        return None
    call = parts.open_api(section.api, allow_private=section.allow_private)
    return SlackStream(call, section.app_token)
