"""Notices, messages and a scripted notification channel."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from gateway.incidents.record import Notice
from gateway.notify.message import Delivered, Message, Result
from tests.support.clock import NOON

FACTS = {
    "number": "INC-20260302-0001",
    "priority": 1,
    "title": "disk full",
    "service": "billing",
    "due_at": "2026-03-02T12:30:00Z",
}


def notice(
    cause: str = "opened",
    target: str = "webhook:https://hooks.example.com/a",
    template: str = "opened",
) -> Notice:
    """Return a notice about FACTS."""
    return Notice(
        cause=cause, target=target, role="incident_manager", template=template, facts=FACTS
    )


def message(
    recipient: str, subject: str = "[INC-1] P1 opened: disk full", text: str = "Priority: 1\n"
) -> Message:
    """Return a rendered message to one recipient."""
    return Message(
        id=uuid4(),
        incident_id=7,
        recipient=recipient,
        template="opened",
        role="leader",
        subject=subject,
        text=text,
        facts=FACTS,
        created_at=NOON,
    )


@dataclass
class ScriptedChannel:
    """A channel that returns the result of `answer` and records the messages."""

    answer: Callable[[Message], Result] = lambda _: Delivered()
    sent: list[Message] = field(default_factory=list)
    held: asyncio.Event | None = None
    running: int = 0
    most_at_once: int = 0

    def endpoint(self, recipient: str) -> str:
        return recipient

    async def send(self, message: Message) -> Result:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            if self.held is not None:
                await self.held.wait()
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
            self.sent.append(message)
            return self.answer(message)
        finally:
            self.running -= 1
