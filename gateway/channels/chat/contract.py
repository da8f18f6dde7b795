"""What a chat provider is: a pure reading of its calls, and a pure writing of the answer it wants at once. Nothing here listens.

`Provider.read` first proves the signature and decrypts: it raises Unauthenticated for one that is bad, stale or of a tenant that
is not allowed, and Malformed for what it proves and cannot understand. `Provider.answer` makes the body that goes back with 200,
encrypted where the vendor demands it; with no Reply it makes the one that says no more than that the call arrived.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from gateway.ingest.reading import limits
from gateway.key_texts import without_keys
from gateway.notify.card import Button, Pressed, Reply
from gateway.settings import Chat as ChatSettings

__all__ = ["Button", "Call", "Challenge", "ChatSettings", "Heard", "Nothing", "Press", "Pressed", "Provider", "Reply", "Talk"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Talk:
    """A person wrote something.

    `text` is without the mention of the bot. `event_id` is the same when the vendor tells it again. `addressed` is false where
    people talk among themselves: such words report nothing, in a record's thread they are a note. `message` is the vendor's name
    of what was written, `thread` of what it answers to, both "" where the vendor has none. `reply_to` is where an answer has to
    be posted ("slack:C1/171.2", a target of the outbox) that the body of ours does not show to people, "" where it does.
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
class Press:
    """A person pressed a button; `token` is the Button's, `reply_to` is as in Talk."""

    event_id: str
    tenant: str
    user: str
    user_name: str
    conversation: str
    action: Pressed
    token: str
    note: str
    sent_at: datetime | None
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The vendor checks the address: `answer` is the body that satisfies it."""

    answer: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is understood, and there is nothing to do."""

    reason: str


Heard = Talk | Press | Challenge | Nothing


def bounded(heard: Heard) -> Heard:
    """Return it without NUL and keys of the gateway; raises Malformed for a name too long to be looked up."""
    if not isinstance(heard, Talk | Press):
        return heard
    texts = {one.name: value for one in fields(heard) if isinstance(value := getattr(heard, one.name), str)}
    for name in NAMES & texts.keys():
        limits.key(texts[name], "")
    clean = {name: text.replace("\0", "\ufffd") for name, text in texts.items() if "\0" in text}
    clean |= {name: without_keys(clean.get(name, texts[name])) for name in ("text", "note") if name in texts}
    more: dict[str, Any] = {name: text for name, text in clean.items() if text != texts[name]}
    return replace(heard, **more) if more else heard


NAMES = frozenset({"event_id", "tenant", "user", "conversation", "message", "thread", "reply_to", "token"})
"""What is looked up by."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One vendor's chat. `answer` gives the body and its content type."""

    slug: str
    read: Callable[[Call, ChatSettings], Heard]
    answer: Callable[[Reply | None, Call, ChatSettings], tuple[bytes, str]]
