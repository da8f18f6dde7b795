"""The input and the results of a notification channel. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from gateway.incidents.labels import Locale


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered notification to one recipient.

    `id` is the same on every attempt, so receivers can drop repeats. `urgency` is the priority
    of its record, 5 for a message about no record. `link` opens the record for its reader, "" if
    there is no link. `locale` is the language that it is in.
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
    locale: Locale = "en"


REPLACE_MARK = "/="
"""The separator in the handle of a message between where it went and its name there."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message was accepted by the other side.

    `handle` names the message there, "" if the other side gives it no name. A channel that can
    change or take back messages does so by it. `parts` are the units that the other side counts,
    such as the parts of a long short message.
    """

    handle: str = ""
    parts: int = 1


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


@runtime_checkable
class NotificationChannel(Protocol):
    """A channel of notification, such as e-mail, SMS or a chat."""

    def endpoint(self, recipient: str) -> str:
        """Return the endpoint that the circuit breaker counts failures of."""
        ...

    async def send(self, message: Message) -> Result:
        """Try once; trouble with the other side is a result, not an exception."""
        ...


@runtime_checkable
class UpdatingChannel(NotificationChannel, Protocol):
    """A channel that can change a message that it has sent."""

    async def update(self, message: Message, handle: str) -> Result:
        """Put a message in the place of the one with this handle, once."""
        ...


@runtime_checkable
class CancellingChannel(NotificationChannel, Protocol):
    """A channel that can take back a message that it has sent."""

    async def cancel(self, handle: str) -> Result:
        """Take back the message with this handle, once."""
        ...
