"""The auditor: looks at the gateway round by round, pings the outside, and tells of troubles."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid5

import structlog

from gateway.settings.recipients import RecipientAddress, parse_recipient
from gateway.settings.watch import WatchSettings
from gateway.timing.clock import Clock
from gateway.watch import board as shared
from gateway.watch.board import Board
from gateway.watch.checks import DatabaseFigures, Observation, Verdict, judge
from gateway.watch.troubles import (
    Report,
    Told,
    Troubles,
    delivered,
    report_owed,
)
from gateway.watch.words import WatchMessage, compose

NAMESPACE = UUID("4b1d0f0e-6f3c-4a57-9a5e-6a1f0a9c2f11")
"""The namespace of the ids of messages."""

log = structlog.get_logger()

Observe = Callable[[], Awaitable[Observation]]
Send = Callable[[RecipientAddress, UUID, WatchMessage], Awaitable[bool]]
Ping = Callable[[str], Awaitable[bool]]


@dataclass(slots=True)
class Auditor:
    """The state of the watch between two rounds."""

    settings: WatchSettings
    locale: str
    board: Board
    clock: Clock
    observe: Observe
    send: Send
    ping: Ping
    troubles: Troubles = field(default_factory=Troubles)
    last_known: DatabaseFigures | None = None
    host: str = field(default_factory=socket.gethostname)
    _told: dict[RecipientAddress, Told] = field(default_factory=dict)
    _pinged: float | None = None

    async def run(self) -> None:
        """Look again and again, forever."""
        if self.settings.ping_url:
            self.board.write(shared.PING, self.clock.now().timestamp())
        while True:
            try:
                await self.round()
            except Exception as error:
                log.exception("watch_round_failed", error=repr(error))
            await self.clock.sleep(self.settings.every.total_seconds())

    async def round(self) -> None:
        """Look once, and send what is owed then."""
        seen = await self.observe()
        verdict = judge(seen, self.settings.outbox_late)
        if seen.figures is not None:
            self.last_known = seen.figures
        now = self.clock.monotonic()
        self.troubles = self.troubles.after(verdict, now, self.settings.after.total_seconds())
        for check, place in shared.CHECKS.items():
            self.board.write(place, check in verdict.failing)
        await asyncio.gather(self._ping(verdict, now), self._tell_all(now))
        self.board.write(shared.ROUND, self.clock.now().timestamp())

    async def _ping(self, verdict: Verdict, now: float) -> None:
        every = self.settings.ping_every.total_seconds()
        if not self.settings.ping_url or (self._pinged is not None and now - self._pinged < every):
            return
        accepted = await self.ping(", ".join(verdict.failing))
        if accepted:
            self._pinged = now
        if accepted and not verdict.failing:
            self.board.write(shared.PING, self.clock.now().timestamp())

    async def _tell_all(self, now: float) -> None:
        targets = [parse_recipient(text) for text in self.settings.fallback]
        heard = await asyncio.gather(*(self._tell(target, now) for target in targets))
        self.board.write(shared.OWED, heard.count(False))

    async def _tell(self, target: RecipientAddress, now: float) -> bool:
        """Send what the target is owed and return whether it is owed nothing any more."""
        told = self._told.get(target, Told())
        report = report_owed(told, self.troubles, now, self.settings.repeat.total_seconds())
        if report is None:
            return True
        message = compose(self.host, report, self.troubles.confirmed, self.last_known, self.locale)
        if not await self.send(target, self._identity(report, told), message):
            return False
        log.warning("watch_told", subject=message.subject)
        self._told[target] = delivered(told, report, now)
        return True

    def _identity(self, report: Report, told: Told) -> UUID:
        """Return the id of the message, which is the same on every attempt."""
        return uuid5(NAMESPACE, f"{self.host}\x1f{told.at}\x1f{sorted(told.checks)}\x1f{report}")
