"""The watch put together: what the process beside the serving one does."""

import asyncio
from dataclasses import dataclass, field

import aiohttp

from gateway.settings import ServerSettings, Settings
from gateway.timing.clock import Clock
from gateway.watch.auditor import Auditor
from gateway.watch.board import STARTS, Board
from gateway.watch.checks import Observation
from gateway.watch.observing import NotWritable, fetch_figures, probe
from gateway.watch.sending import WatchSender
from gateway.watch.troubles import recent_starts

STARTS_WITHIN = 10
"""The bound `watch.after`, times this, is the while within which starts are counted."""


@dataclass(slots=True)
class Observer:
    """An observer of the gateway that listens by these settings."""

    settings: Settings
    board: Board
    clock: Clock
    session: aiohttp.ClientSession
    _starts: dict[int, float] = field(default_factory=dict)

    async def observe(self) -> Observation:
        """Return what one look finds; never raises for what does not answer."""
        watching, starts = self.settings.watch, self._recent_starts()
        reading = asyncio.create_task(fetch_figures(self.settings.database.url, watching))
        answered = await probe(self.session, probe_address(self.settings.server))
        try:
            return Observation(answered, starts, await reading)
        except NotWritable as error:
            return Observation(answered, starts, None, str(error))

    def _recent_starts(self) -> int:
        now, count = self.clock.monotonic(), int(self.board.read(STARTS))
        self._starts.update(
            (number, now) for number in range(1, count + 1) if number not in self._starts
        )
        within = STARTS_WITHIN * self.settings.watch.after.total_seconds()
        return recent_starts(self._starts, count, now, within)


async def watch(settings: Settings, board: Board, clock: Clock) -> None:
    """Watch the gateway that listens by these settings, forever."""
    sender = WatchSender.open(settings.watch, clock)
    try:
        async with aiohttp.ClientSession(trust_env=False) as session:
            observer = Observer(settings, board, clock, session)
            auditor = Auditor(
                settings.watch,
                settings.notify.locale,
                board,
                clock,
                observer.observe,
                sender.send,
                sender.ping,
            )
            await auditor.run()
    finally:
        await sender.close()


def probe_address(server: ServerSettings) -> str:
    """Return the address of the readiness probe of a gateway that listens there."""
    everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing listens here
    host = everywhere.get(server.host, server.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}/readyz"
