"""The connection to one chat, for as long as the replica runs.

An event is acknowledged once it is committed, and never before: one that is not acknowledged
comes again. Each replica has a connection of its own; vendors send each event to one of them.
"""

import asyncio
from dataclasses import dataclass, field

import structlog
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from gateway.channels.chat.contract import AddressChallenge, ChatReply, ChatSettings
from gateway.channels.chat.frames import ChatFrame, ChatStream, Frame, HeardFrame
from gateway.channels.chat.intake import ChatIntake
from gateway.channels.integration import find_integration
from gateway.db.pool import Pool, acquire
from gateway.egress.websocket_client import WebSocketClient
from gateway.errors import Malformed, Overloaded, Unavailable
from gateway.observe.notification_metrics import NotificationMetrics
from gateway.timing.clock import Clock

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
WITHIN_S = 2.5
"""Seconds within which an event is committed: vendors wait for three."""

AT_ONCE = 8
"""Events that are handled at the same time."""

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class ChatConnection:
    """The connection to the chat of one provider."""

    slug: str
    stream: ChatStream
    client: WebSocketClient
    intake: ChatIntake
    chat: ChatSettings
    pool: Pool
    clock: Clock
    _failures: int = 0
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self) -> None:
        """Keep the connection open until cancelled.

        Errors are logged and another one is opened, each time after a longer pause.
        """
        while True:
            await self.clock.sleep(await self._round())

    async def _round(self) -> float:
        """Listen over one connection until it ends; return the seconds to wait."""
        try:
            await self._listen()
        except Exception as error:  # noqa: BLE001 - whatever it is, the chat is listened to again, and the log says why it was not
            self._failures += 1
            self._metrics.chat_failures.labels(self.slug).inc()
            log.warning("chat_not_heard", chat=self.slug, error=_said(error))
            return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 20))
        finally:
            self._metrics.chat_connected.labels(self.slug).set(0)
        return FIRST_PAUSE

    @property
    def _metrics(self) -> NotificationMetrics:
        return self.intake.file.report_service.metrics.notifications

    async def _listen(self) -> None:
        async with acquire(self.pool) as conn:
            integration_id = await find_integration(conn, self.chat.integration or self.slug)
        address = await self.stream.open()
        if not isinstance(address, str):
            raise Unavailable(address.reason)
        async with self.client.connect(address) as socket:
            self._metrics.chat_connected.labels(self.slug).set(1)
            async with asyncio.TaskGroup() as group:
                beats = group.create_task(self._beat(socket))
                await self._receive(socket, group, integration_id)
                beats.cancel()

    async def _receive(
        self, socket: ClientWebSocketResponse, group: asyncio.TaskGroup, integration_id: int
    ) -> None:
        """Take frames until the vendor ends the connection."""
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                raise Unavailable(f"the connection broke: {message.type.name}")
            self._failures = 0
            frame = self._read(message.data)
            if isinstance(frame, HeardFrame):
                group.create_task(self._heard(socket, integration_id, frame))
            elif frame is not None and frame.ends:
                return
            elif frame is not None and frame.answer is not None:
                await _send(socket, frame.answer)

    def _read(self, data: Frame) -> ChatFrame | None:
        try:
            return self.stream.read(data, self.chat)
        except Malformed as error:
            log.warning("chat_frame_not_read", chat=self.slug, error=error.detail[:200])
            return None

    async def _heard(
        self, socket: ClientWebSocketResponse, integration_id: int, frame: HeardFrame
    ) -> None:
        """Commit an event and acknowledge it."""
        try:
            async with asyncio.timeout(WITHIN_S), self._turns:
                reply = await self._committed(integration_id, frame)
            await _send(socket, frame.answer(reply))
        except (Unavailable, Overloaded, TimeoutError, ClientError, OSError) as error:
            log.warning("chat_event_not_taken", chat=self.slug, error=_said(error))

    async def _committed(self, integration_id: int, frame: HeardFrame) -> ChatReply | None:
        event = frame.event
        if isinstance(event, Malformed):
            await self.intake.quarantine(self.slug, integration_id, frame.body, event)
            return None
        if isinstance(event, AddressChallenge):
            return None
        return await self.intake.take(self.slug, integration_id, event, frame.body, self.chat)

    async def _beat(self, socket: ClientWebSocketResponse) -> None:
        """Send the stream's beats, at the pace that it has at the time."""
        while (beat := self.stream.beat()) is not None:
            await _send(socket, beat.frame)
            await self.clock.sleep(beat.every_s)


async def _send(socket: ClientWebSocketResponse, frame: Frame) -> None:
    if isinstance(frame, str):
        await socket.send_str(frame)
    else:
        await socket.send_bytes(frame)


def _said(error: BaseException) -> str:
    """Return an error in words, without the address of a connection, which holds a secret."""
    if isinstance(error, BaseExceptionGroup):
        return _said(error.exceptions[0])
    if isinstance(error, Unavailable | Overloaded):
        return error.detail[:300]
    return type(error).__name__
