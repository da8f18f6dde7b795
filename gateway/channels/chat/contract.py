"""The interface of a chat provider: a parser of calls and a writer of answers. Pure.

`ChatProvider.read` first verifies the signature and decrypts. It raises Unauthenticated for a
signature that is wrong or stale and for a tenant that is not allowed, and Malformed for a
verified body that it cannot understand. `ChatProvider.answer` makes the body that goes back with
200, encrypted where the vendor demands it; without a ChatReply it makes the one that only
acknowledges the call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from gateway.ingest.reading import limits
from gateway.notify.card import Button, ButtonAction, ChatReply
from gateway.settings import ChatSettings
from gateway.tokens.key_texts import redact_keys

__all__ = [
    "AddressChallenge",
    "Button",
    "ButtonAction",
    "ButtonPress",
    "ChatEvent",
    "ChatMessage",
    "ChatProvider",
    "ChatReply",
    "ChatRequest",
    "ChatSettings",
    "IgnoredChatEvent",
]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One HTTP request of a vendor; names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message that a person wrote.

    `text` is without the mention of the bot. `event_id` is the same when the vendor sends it
    again. `addressed` is false where people talk among themselves: such a message reports
    nothing, in a record's thread it is a note. `message` is the vendor's id of the message,
    `thread` that of the message it answers, both "" where the vendor has none. `reply_to` is the
    target of the outbox that an answer is posted to ("slack:C1/171.2") where people do not see
    the body of the HTTP response, "" where they do.
    """

    event_id: str
    tenant: str
    user: str
    user_name: str
    conversation: str
    text: str
    sent_at: datetime | None
    addressed: bool = True
    message: str = ""
    thread: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button that a person pressed; `token` is the Button's, `reply_to` is as in ChatMessage."""

    event_id: str
    tenant: str
    user: str
    user_name: str
    conversation: str
    action: ButtonAction
    token: str
    note: str
    sent_at: datetime | None
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class AddressChallenge:
    """The vendor's check of the address; `answer` is the body that satisfies it."""

    answer: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class IgnoredChatEvent:
    """A call that is understood and needs no action."""

    reason: str


ChatEvent = ChatMessage | ButtonPress | AddressChallenge | IgnoredChatEvent


def sanitise(heard: ChatEvent) -> ChatEvent:
    """Return the message or press without NUL characters and without keys of the gateway.

    Raises Malformed for an identifier too long to be looked up.
    """
    if not isinstance(heard, ChatMessage | ButtonPress):
        return heard
    texts = {
        one.name: value
        for one in fields(heard)
        if isinstance(value := getattr(heard, one.name), str)
    }
    for name in LOOKUP_FIELDS & texts.keys():
        limits.key(texts[name], "")
    clean = {name: text.replace("\0", "\ufffd") for name, text in texts.items() if "\0" in text}
    clean |= {
        name: redact_keys(clean.get(name, texts[name]))
        for name in ("text", "note")
        if name in texts
    }
    more: dict[str, Any] = {name: text for name, text in clean.items() if text != texts[name]}
    return replace(heard, **more) if more else heard


LOOKUP_FIELDS = frozenset(
    {"event_id", "tenant", "user", "conversation", "message", "thread", "reply_to", "token"}
)
"""The fields that are used for look-ups."""


@dataclass(frozen=True, slots=True)
class ChatProvider:
    """The adapter of one vendor's chat; `answer` returns the body and its content type."""

    slug: str
    read: Callable[[ChatRequest, ChatSettings], ChatEvent]
    answer: Callable[[ChatReply | None, ChatRequest, ChatSettings], tuple[bytes, str]]
