"""What a channel is handed and what it answers. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered notification to one recipient; `id` is the same on every attempt, so receivers can drop repeats.

    `urgency` is the priority it tells of, 5 where it tells of none. `link` opens the record for whoever reads it, "" where
    nothing does.
    """

    id: UUID
    incident_id: int | None
    recipient: str
    template: str
    role: str
    subject: str
    text: str
    facts: Mapping[str, Any]
    created_at: datetime
    urgency: int = 5
    link: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side took it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. `after` is the wait the other side asked for, `at_most` the attempts worth making (None: the whole schedule).

    `down` says that the endpoint as a whole is failing, not only this message.
    """

    reason: str
    after: timedelta | None = None
    at_most: int | None = None
    down: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: trying again cannot help."""

    reason: str


Result = Delivered | Retry | Dead


class Channel(Protocol):
    """One way to reach people."""

    def endpoint(self, recipient: str) -> str:
        """The thing that fails as one: what the circuit breaker counts by."""
        ...

    async def send(self, message: Message) -> Result:
        """Try once. Trouble with the other side is an answer, not an exception."""
        ...
