"""Frames of a connection that the gateway opened to a chat, and the stream of them. Pure.

A vendor that is asked so needs no address of the gateway: the connection itself proves who sends,
because only the vendor's own server was called, with the application's secret.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.channels.chat.contract import (
    ChatEvent,
    ChatReply,
    ChatSettings,
    IgnoredChatEvent,
    sanitise,
)
from gateway.errors import Malformed, Unauthenticated
from gateway.notify.message import Retry, Undeliverable

Frame = str | bytes
"""A message of a WebSocket, a text or binary."""


@dataclass(frozen=True, slots=True)
class HeardFrame:
    """An event, or why it cannot be understood, with its body.

    `answer` makes the frame that acknowledges it, with the reply if the vendor shows one.
    """

    event: ChatEvent | Malformed
    body: bytes
    answer: Callable[[ChatReply | None], Frame]


@dataclass(frozen=True, slots=True)
class ControlFrame:
    """A frame about the connection: what to answer, and whether to open another one."""

    answer: Frame | None = None
    ends: bool = False


ChatFrame = HeardFrame | ControlFrame


@dataclass(frozen=True, slots=True)
class Beat:
    """A frame that is sent every so many seconds to keep a connection open."""

    frame: Frame
    every_s: float


def read_safely(read: Callable[[], ChatEvent]) -> ChatEvent | Malformed:
    """Return the event, or why it cannot be understood; another tenant's is ignored."""
    try:
        return sanitise(read())
    except Malformed as error:
        return error
    except Unauthenticated as error:
        return IgnoredChatEvent(error.detail)


class ChatStream(Protocol):
    """The stream of events of one vendor's chat.

    One belongs to one connection at a time.
    """

    @property
    def allow_private(self) -> bool:
        """True if the addresses of connections may be private."""
        ...

    async def open(self) -> str | Retry | Undeliverable:
        """Return the address of a new connection, or why there is none."""
        ...

    def read(self, frame: Frame, chat: ChatSettings) -> ChatFrame:
        """Return what a frame says; raises Malformed for one that cannot be answered."""
        ...

    def beat(self) -> Beat | None:
        """Return the beat of the connection that was opened last, None without one."""
        ...
