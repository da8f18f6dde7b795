"""One attempt to deliver a message, by its channel or its recipient's contact methods.

An attempt sends once at most. If a contact method fails and there is another, that one is next
at once; the schedule of retries begins when the last has failed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

import structlog

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.directory.contact_methods import PersonAddresses, addresses_of
from gateway.errors import Unavailable
from gateway.incidents.facts import WITHHELD
from gateway.incidents.labels import LOCALES, Locale
from gateway.notify import privacy
from gateway.notify.endpoint_breakers import EndpointBreakers
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)
from gateway.notify.outbox import OutboxRow
from gateway.notify.phrases import MessageReader
from gateway.notify.retries import Settlement, defer, is_endpoint_failure, next_method, settle
from gateway.notify.templates import render
from gateway.observe.metric_labels import SendOutcome
from gateway.observe.metrics import Metrics
from gateway.settings.notify import NOTIFICATION_CHANNELS
from gateway.settings.recipients import RecipientAddress
from gateway.timing.clock import Clock

log = structlog.get_logger()

PERSON = "person"
"""The channel of messages to a person, delivered by that person's contact methods."""

NO_CALL_TEMPLATES = frozenset({"resolved", "closed"})
"""Templates that require no action, for which nobody is called by telephone."""

SEND_TIMEOUT_S = 10.0

LinkBuilder = Callable[[OutboxRow, str], str]
"""A function from a message and its channel to the URL of its record, "" if there is none."""


def no_link(_owed: OutboxRow, _channel: str) -> str:
    """Return no address."""
    return ""


class AttemptOutcome(NamedTuple):
    """The result of an attempt: the row's next state, how it ended, and by which channel."""

    settlement: Settlement
    outcome: SendOutcome
    channel: str


@dataclass(slots=True, kw_only=True)
class MessageDelivery:
    """The maker of attempts; `locale` and `zone` are for messages that do not name their own.

    `privy` are addresses that may be notified of security incidents.
    """

    pool: Pool
    channels: Mapping[str, NotificationChannel]
    metrics: Metrics
    clock: Clock
    locale: Locale = "en"
    zone: str = "UTC"
    opens: LinkBuilder = no_link
    privy: frozenset[str] = frozenset()
    send_timeout_s: float = SEND_TIMEOUT_S
    breakers: EndpointBreakers = field(default_factory=EndpointBreakers)

    async def attempt(self, row: OutboxRow) -> AttemptOutcome:
        """Try once; any fault of the row or a channel gives an outcome, never an exception."""
        try:
            kept, ways = await self._looked_up(row)
            return (
                await self._by(kept, ways)
                if isinstance(ways, PersonAddresses)
                else _ended(row, ways, row.channel)
            )
        except Exception as error:
            log.exception("notify_unreadable", id=str(row.id))
            return _ended(row, Undeliverable(f"it cannot be read: {error!r}"), row.channel)

    async def _looked_up(self, row: OutboxRow) -> tuple[OutboxRow, PersonAddresses | Result]:
        """Return the message as its recipient may read it, and how that recipient is reached."""
        try:
            kept = await privacy.redact_message(self.pool, row, self.privy)
            return kept, await self._ways(kept)
        except (Unavailable, *LOST_RACE) as error:
            return row, Retry(f"who that is could not be looked up: {error!r}")

    async def _ways(self, row: OutboxRow) -> PersonAddresses | Result:
        if row.channel != PERSON:
            return PersonAddresses("", (RecipientAddress(row.channel, row.recipient),))
        async with acquire(self.pool) as conn:
            ways = await addresses_of(conn, row.recipient)
        if ways is None:
            return Undeliverable("nobody has this login")
        if not ways.targets:
            return Undeliverable("has no e-mail address and no other contact method")
        return _without_calls(ways) if row.template in NO_CALL_TEMPLATES else ways

    async def _by(self, row: OutboxRow, ways: PersonAddresses) -> AttemptOutcome:
        """Try the next contact method whose endpoint is not left alone, and send at most once."""
        first = row.method if row.method < len(ways.targets) else 0
        may_recover = row.may_recover and first > 0
        waits: list[float] = []
        for place in range(first, len(ways.targets)):
            target = ways.targets[place]
            result = await self._send(row, target, ways)
            if isinstance(result, float):
                waits.append(result)
                may_recover = True
                continue
            if isinstance(result, Delivered):
                settled, outcome, channel = _ended(row, result, target.channel)
                return AttemptOutcome(replace(settled, reached=str(target)), outcome, channel)
            if place + 1 < len(ways.targets):
                recovers = may_recover or isinstance(result, Retry)
                failed = Settlement(
                    row.id, row.attempts, "pending", error=f"{target.channel}: {result.reason}"
                )
                return AttemptOutcome(
                    next_method(failed, place, may_recover=recovers),
                    SendOutcome.RETRY,
                    target.channel,
                )
            return _ended(
                row,
                Retry(result.reason)
                if may_recover and isinstance(result, Undeliverable)
                else result,
                target.channel,
            )
        wait = timedelta(seconds=min(waits))
        if first > 0:
            return _ended(
                row, Retry("every other endpoint is left alone for now", after=wait), row.channel
            )
        put_back = defer(row.id, row.attempts, row.created_at, row.claimed_at, wait)
        outcome = SendOutcome.DEFERRED if put_back.state == "pending" else SendOutcome.DEAD
        return AttemptOutcome(put_back, outcome, row.channel)

    async def _send(
        self, row: OutboxRow, target: RecipientAddress, ways: PersonAddresses
    ) -> Result | float:
        """Send the message once, or return the seconds for which the endpoint is left alone."""
        channel = self.channels.get(target.channel)
        if channel is None:
            return Undeliverable(_no_channel(target))
        message = self._message(row, target, ways)
        endpoint = channel.endpoint(target.address)
        if wait := self.breakers.wait(endpoint, self.clock.monotonic()):
            return float(wait)
        result = await self._timed(channel, message, target.channel)
        self.breakers.report(endpoint, self.clock.monotonic(), failed=is_endpoint_failure(result))
        return result

    def _message(self, row: OutboxRow, target: RecipientAddress, ways: PersonAddresses) -> Message:
        asked = row.facts.get("locale", ways.locale)
        locale = next((known for known in LOCALES if known == asked), self.locale)
        link = "" if row.facts.get(WITHHELD) else self.opens(row, target.channel)
        words = render(
            row.template,
            row.facts,
            MessageReader(locale, ways.zone or self.zone, link),
            row.role,
        )
        return Message(
            id=row.id,
            incident_id=privacy.shown_incident_id(row, target.channel),
            recipient=target.address,
            template=row.template,
            role=row.role,
            subject=words.subject,
            text=words.text,
            facts=row.facts,
            created_at=row.created_at,
            urgency=row.urgency,
            link=link,
            locale=locale,
        )

    async def _timed(self, channel: NotificationChannel, message: Message, name: str) -> Result:
        started = self.clock.monotonic()
        try:
            async with asyncio.timeout(self.send_timeout_s):
                return await channel.send(message)
        except TimeoutError:
            return Retry(f"no answer within {self.send_timeout_s:g} s", down=True)
        except Exception as error:
            log.exception("notify_channel_failed", id=str(message.id))
            return Retry(f"internal: {type(error).__name__}")
        finally:
            self.metrics.notifications.send_seconds.labels(
                self.metrics.notifications.channel(name)
            ).observe(self.clock.monotonic() - started)


def _no_channel(target: RecipientAddress) -> str:
    """Return the reason why a target has no channel, and the setting that switches it on."""
    known = NOTIFICATION_CHANNELS.get(target.channel)
    if known and known.switches:
        return f"the channel {target.channel!r} is off: set {known.how_to_switch_on}"
    return (
        f"there is no channel {target.channel!r}"
        if target.channel
        else f"{target.address!r} names no channel"
    )


def _without_calls(ways: PersonAddresses) -> PersonAddresses:
    """Return the contact methods without telephone calls, unless there is no other."""
    silent = tuple(one for one in ways.targets if one.channel != "voice")
    return replace(ways, targets=silent or ways.targets)


def _ended(row: OutboxRow, result: Result, channel: str) -> AttemptOutcome:
    verdict = settle(row.id, row.attempts, row.claimed_at - row.created_at, result)
    outcome = {"sent": SendOutcome.SENT, "dead": SendOutcome.DEAD}.get(
        verdict.state, SendOutcome.RETRY
    )
    return AttemptOutcome(verdict, outcome, channel)
