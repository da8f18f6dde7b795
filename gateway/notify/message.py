"""The input and the results of a notification channel. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered notification to one recipient.

    `id` is the same on every attempt, so receivers can drop repeats. `urgency` is the priority
    of its record, 5 for a message about no record. `link` opens the record for its reader, "" if
    there is no link.
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
    """The message was accepted by the other side."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The message could not be sent yet.

    `after` is the wait that the other side requested, `at_most` the number of attempts worth
    making (None: the whole schedule). `down` says that the endpoint as a whole is failing, not
    only this message.
    """

    reason: str
    after: timedelta | None = None
    at_most: int | None = None
    down: bool = False


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The message can never be sent: trying again cannot help."""

    reason: str


Result = Delivered | Retry | Undeliverable


class NotificationChannel(Protocol):
    """A channel of notification, such as e-mail, SMS or a chat."""

    def endpoint(self, recipient: str) -> str:
        """Return the endpoint that the circuit breaker counts failures of."""
        ...

    async def send(self, message: Message) -> Result:
        """Try once; trouble with the other side is a result, not an exception."""
        ...
