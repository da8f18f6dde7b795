"""Telegram's updates, fetched by the gateway, for desks that Telegram cannot reach.

https://core.telegram.org/bots/api#getupdates. Telegram keeps updates for a day, until a later one
is asked for: that is done once all are committed, so that none is lost, and what comes again
counts once. One replica fetches at a time, because Telegram ends the earlier of two requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from gateway.channels.chat.contract import AddressChallenge, ChatSettings
from gateway.channels.chat.frames import read_safely
from gateway.channels.chat.intake import ChatIntake
from gateway.channels.chat.telegram.api import TelegramApi
from gateway.channels.chat.telegram.inbound import SLUG, call_in_answer, read_update
from gateway.channels.email.imap.books import MailboxState
from gateway.channels.opening import ChannelParts
from gateway.egress.api_client import VendorResponse
from gateway.errors import GatewayError, Malformed, Unavailable
from gateway.observe.notification_metrics import NotificationMetrics
from gateway.timing.clock import Clock

HELD_S = 5
"""Seconds for which Telegram holds a request while there is no update."""

PAUSE, FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0, 60.0
"""Seconds between two requests without updates, and after failures."""

OTHERS_TURN = 10.0
"""Seconds after which it is asked again whether another replica still fetches."""

LEASE = timedelta(seconds=30)
BATCH = 4
"""The most updates of one answer, which is read up to a limit; after a failure one alone."""

UPDATES = ["message", "callback_query"]

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class TelegramPolling:
    """The fetching of one bot's updates for as long as the replica runs."""

    api: TelegramApi
    intake: ChatIntake
    chat: ChatSettings
    lease: MailboxState
    clock: Clock
    _next: int = 0
    _failures: int = 0

    async def run(self) -> None:
        """Fetch until cancelled; errors are logged, each followed by a longer pause."""
        while True:
            await self.clock.sleep(await self._round())

    @property
    def _metrics(self) -> NotificationMetrics:
        return self.intake.file.report_service.metrics.notifications

    async def _round(self) -> float:
        """Fetch while the lease is this replica's; return the seconds to wait."""
        try:
            integration_id = await self.lease.integration(self.chat.integration or SLUG)
            while (await self.lease.hold())[0]:
                if not await self.fetch(integration_id):
                    return PAUSE
        except Exception as error:  # noqa: BLE001 - whatever it is, updates are fetched again, and the log says why they were not
            self._failures += 1
            self._metrics.chat_failures.labels(SLUG).inc()
            self._metrics.chat_connected.labels(SLUG).set(0)
            said = error.detail if isinstance(error, GatewayError) else type(error).__name__
            log.warning("chat_not_heard", chat=SLUG, error=said[:300])
            return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 20))
        return OTHERS_TURN

    async def fetch(self, integration_id: int) -> int:
        """Take in the updates there are, and return how many; raises Unavailable."""
        limit = 1 if self._failures else BATCH
        body: dict[str, Any] = {"timeout": HELD_S, "limit": limit, "allowed_updates": UPDATES}
        if self._next:
            body["offset"] = self._next
        told = await self.api.ask("getUpdates", body)
        if not isinstance(told, VendorResponse):
            raise Unavailable(told.reason)
        self._failures = 0
        self._metrics.chat_connected.labels(SLUG).set(1)
        found = told.body.get("result")
        updates = [one for one in found if _is_update(one)] if isinstance(found, list) else []
        for update in updates:
            await self._take(integration_id, msgspec.json.encode(update))
            self._next = max(self._next, update["update_id"] + 1)
        return len(updates)

    async def _take(self, integration_id: int, body: bytes) -> None:
        """Commit one update, and answer it if it is a press."""
        event = read_safely(partial(read_update, body, self.chat))
        reply = None
        if isinstance(event, Malformed):
            await self.intake.quarantine(SLUG, integration_id, body, event)
        elif not isinstance(event, AddressChallenge):
            reply = await self.intake.take(SLUG, integration_id, event, body, self.chat)
        answer = call_in_answer(reply, body)
        if answer is not None:
            method, fields = answer["method"], {**answer}
            del fields["method"]
            # What fails here leaves a button turning: the press is committed all the same.
            await self.api.ask(method, fields)


def _is_update(one: object) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("update_id"), int)


def open_polling(
    parts: ChannelParts, intake: ChatIntake, chat: ChatSettings
) -> TelegramPolling | None:
    """Return the fetching of updates, None without a bot."""
    api = TelegramApi.open(parts)
    if api is None:
        return None
    # The queue of a bot is read like a mailbox: by one replica, which holds the lease.
    lease = MailboxState(parts.pool, parts.clock, f"chat {SLUG}", uuid4(), LEASE)
    return TelegramPolling(api=api, intake=intake, chat=chat, lease=lease, clock=parts.clock)
