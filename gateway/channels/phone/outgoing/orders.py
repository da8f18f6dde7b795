"""Orders of text messages and calls, and the carriers that take them. Pure."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gateway.notify.call_tokens import CallSubject
from gateway.notify.message import Result


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """The values of a message for carriers that send approved templates only."""

    number: str
    priority: str
    title: str


@dataclass(frozen=True, slots=True)
class TextOrder:
    """One text message to a number in E.164; `id` is the same on every attempt."""

    id: UUID
    number: str
    text: str
    values: TemplateValues


@dataclass(frozen=True, slots=True)
class CallOrder:
    """One call about a record to a number in E.164; `id` is the same on every attempt."""

    id: UUID
    number: str
    subject: CallSubject
    values: TemplateValues


class TextCarrier(Protocol):
    """A carrier of text messages."""

    async def send_text(self, order: TextOrder) -> Result:
        """Send the message once; trouble with the carrier is a result, not an exception."""
        ...


class CallCarrier(Protocol):
    """A carrier of calls."""

    async def call(self, order: CallOrder) -> Result:
        """Request the call once; trouble with the carrier is a result, not an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Carriers:
    """The carriers of one vendor, None for those that its settings leave off.

    Nobody is called, or written to, more than `per_hour` times an hour. A vendor with a `home`
    serves numbers of that prefix, unless a route says otherwise.
    """

    texts: TextCarrier | None
    calls: CallCarrier | None
    per_hour: int
    home: str = ""
