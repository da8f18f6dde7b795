"""One attempt to deliver a message, by its channel or its recipient's contact methods.

An attempt sends once at most. If a contact method fails and there is another, that one is next
at once; the schedule of retries begins when the last has failed.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.directory.reach import Step, steps_of
from gateway.directory.reaches import reach_of
from gateway.errors import Unavailable
from gateway.incidents.facts import WITHHELD
from gateway.incidents.labels import LOCALES, Locale
from gateway.notify import bundles, privacy
from gateway.notify.attempt_log import AttemptRecord, record_of
from gateway.notify.contact_codes import ContactCodes
from gateway.notify.endpoint_breakers import EndpointBreakers
from gateway.notify.endpoint_slots import EndpointBusy, EndpointSlots
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.pacing import FOLLOWED, is_paced, steps_now
from gateway.notify.retries import (
    FollowUp,
    Settlement,
    defer,
    is_endpoint_failure,
    next_method,
    settle,
)
from gateway.notify.texts import template_store
from gateway.notify.texts.custom_templates import CustomTemplate, TemplateFailed, render_custom
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.template_store import EventTemplates
from gateway.notify.texts.templates import RenderedMessage, Template, render
from gateway.observe.metric_labels import SendOutcome
from gateway.observe.metrics import Metrics
from gateway.settings.notify import NOTIFICATION_CHANNELS
from gateway.settings.pacing import PacingSettings
from gateway.settings.recipients import RecipientAddress
from gateway.timing.clock import Clock
from gateway.timing.durations import Duration

log = structlog.get_logger()

PERSON = "person"
"""The channel of messages to a person, delivered by that person's contact methods."""

FIXED = frozenset({Template.CONTACT_CODE, Template.BUNDLE, Template.CHAT})
"""Messages whose words are not an administrator's: codes, lists of messages, answers in chats."""

SEND_TIMEOUT_S = 10.0
CONCURRENCY = 16
"""The most connections to the database that the notifier uses at once."""
SLOT_WITHIN_S = 5.0
"""The longest wait for a slot of an endpoint; then the message is put back."""
BUSY_WAIT_S = 2.0
"""The wait of a message that was put back because its endpoint is busy."""
NOT_NOW = timedelta(minutes=1)
"""The wait of a message whose recipient began a pause just now."""

LinkBuilder = Callable[[OutboxRow, str], str]
"""A function from a message and its channel to the URL of its record, "" if there is none."""


def no_link(_owed: OutboxRow, _channel: str) -> str:
    """Return no address."""
    return ""


SHIPPED_PACE = PacingSettings(
    urgent=2, step_after=Duration(minutes=2), bundle_within=Duration(minutes=1), per_hour={}
)


@dataclass(frozen=True, slots=True)
class Ways:
    """The steps by which a recipient is reached, with their language and time zone.

    `templates` are those of administrators for the message.
    """

    locale: str
    steps: tuple[Step, ...]
    zone: str = ""
    templates: EventTemplates = field(default_factory=dict)


class AttemptOutcome(NamedTuple):
    """The result of an attempt: the row's next state, how it ended, and by which channel.

    `made` is what the log keeps of it, None where nothing was sent.
    """

    settlement: Settlement
    outcome: SendOutcome
    channel: str
    made: AttemptRecord | None = None


@dataclass(slots=True, kw_only=True)
class MessageDelivery:
    """The maker of attempts; `locale` and `zone` are for messages that do not name their own.

    `privy` returns the addresses that may be notified of security incidents now.
    """

    pool: Pool
    channels: Mapping[str, NotificationChannel]
    metrics: Metrics
    clock: Clock
    locale: Locale = "en"
    zone: str = "UTC"
    opens: LinkBuilder = no_link
    privy: Callable[[], frozenset[str]] = frozenset
    send_timeout_s: float = SEND_TIMEOUT_S
    breakers: EndpointBreakers = field(default_factory=EndpointBreakers)
    lookups: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))
    pacing: PacingSettings = SHIPPED_PACE
    slots: EndpointSlots = field(default_factory=lambda: EndpointSlots(SLOT_WITHIN_S))
    codes: ContactCodes = field(default_factory=lambda: ContactCodes((token_bytes(32),)))

    async def attempt(self, row: OutboxRow) -> AttemptOutcome:
        """Try once; any fault of the row or a channel gives an outcome, never an exception."""
        try:
            async with self.lookups:
                kept, ways = await self._looked_up(row)
            return (
                await self._by(kept, ways)
                if isinstance(ways, Ways)
                else _ended(row, ways, row.channel)
            )
        except Exception as error:
            log.exception("notify_unreadable", id=str(row.id))
            return _ended(row, Undeliverable(f"it cannot be read: {error!r}"), row.channel)

    async def _looked_up(self, row: OutboxRow) -> tuple[OutboxRow, Ways | Result]:
        """Return the message as its recipient may read it, and how that recipient is reached."""
        try:
            kept = await privacy.redact_message(self.pool, row, self.privy())
            return kept, await self._ways(kept)
        except (Unavailable, *LOST_RACE) as error:
            return row, Retry(f"who that is could not be looked up: {error!r}")

    async def _ways(self, row: OutboxRow) -> Ways | Result:
        if row.template == Template.CONTACT_CODE and _is_expired(row):
            return Undeliverable("the code has expired")
        async with acquire(self.pool) as conn:
            templates = await template_store.of_event(conn, row.template)
            if row.channel != PERSON:
                step = Step(0, RecipientAddress(row.channel, row.recipient))
                return Ways("", (step,), templates=templates)
            reach = await reach_of(conn, row.recipient)
        if reach is None:
            return Undeliverable("nobody has this login")
        if steps := steps_now(row, reach, self.pacing, row.claimed_at):
            return Ways(reach.locale, steps, reach.zone, templates)
        if is_paced(row) and steps_of(reach, urgent=False, step_after=None):
            return Retry("is not to be disturbed now", after=NOT_NOW)
        return Undeliverable("has no e-mail address and no other contact method")

    async def _by(self, row: OutboxRow, ways: Ways) -> AttemptOutcome:
        """Try the next contact method whose endpoint is not left alone, and send at most once."""
        base = row.step if row.step < len(ways.steps) else 0
        first = row.method if base <= row.method < len(ways.steps) else base
        may_recover = row.may_recover and first > base
        waits: list[float] = []
        for place in range(first, len(ways.steps)):
            target, began = ways.steps[place].target, self.clock.monotonic()
            result = await self._send(row, target, ways)
            if isinstance(result, float):
                waits.append(result)
                may_recover = True
                continue
            made = record_of(row.id, target, result, self.clock.monotonic() - began)
            if isinstance(result, Delivered):
                return _reached(row, ways, place)._replace(made=made)
            if place + 1 < len(ways.steps):
                recovers = may_recover or isinstance(result, Retry)
                failed = Settlement(
                    row.id, row.attempts, "pending", error=f"{target.channel}: {result.reason}"
                )
                return AttemptOutcome(
                    next_method(failed, place, may_recover=recovers),
                    SendOutcome.RETRY,
                    target.channel,
                    made,
                )
            final = (
                Retry(result.reason)
                if may_recover and isinstance(result, Undeliverable)
                else result
            )
            return _ended(row, final, target.channel)._replace(made=made)
        wait = timedelta(seconds=min(waits))
        if first > base:
            return _ended(
                row, Retry("every other endpoint is left alone for now", after=wait), row.channel
            )
        put_back = defer(row.id, row.attempts, row.due_since, row.claimed_at, wait)
        outcome = SendOutcome.DEFERRED if put_back.state == "pending" else SendOutcome.DEAD
        return AttemptOutcome(replace(put_back, method=base), outcome, row.channel)

    async def _send(self, row: OutboxRow, target: RecipientAddress, ways: Ways) -> Result | float:
        """Send the message once, or return the seconds for which the endpoint cannot be used."""
        channel = self.channels.get(target.channel)
        if channel is None:
            return Undeliverable(_no_channel(target))
        message = self._message(row, target, ways)
        endpoint = channel.endpoint(target.address)
        if wait := self.breakers.wait(endpoint, self.clock.monotonic()):
            return float(wait)
        try:
            async with self.slots.taken(endpoint):
                result = await self._timed(channel, message, target.channel)
        except EndpointBusy:
            return BUSY_WAIT_S
        self.breakers.report(endpoint, self.clock.monotonic(), failed=is_endpoint_failure(result))
        return result

    def _message(self, row: OutboxRow, target: RecipientAddress, ways: Ways) -> Message:
        asked = row.facts.get("locale", ways.locale)
        locale = next((known for known in LOCALES if known == asked), self.locale)
        link = "" if row.facts.get(WITHHELD) else self.opens(row, target.channel)
        facts = self._disclosed(row, target.channel)
        reader = MessageReader(locale, ways.zone or self.zone, link, self.clock.now())
        words = render(row.template, facts, reader, row.role)
        own = template_store.fitting(ways.templates, target.channel, locale)
        if own is not None and not facts.get(WITHHELD) and row.template not in FIXED:
            words = _custom(own, words, row, reader)
        return Message(
            id=row.id,
            incident_id=privacy.shown_incident_id(row, target.channel),
            recipient=target.address,
            template=row.template,
            role=row.role,
            subject=words.subject,
            text=words.text,
            facts=facts,
            created_at=row.created_at,
            urgency=row.urgency,
            link=link,
            locale=locale,
        )

    def _disclosed(self, row: OutboxRow, channel: str) -> Mapping[str, Any]:
        """Return the facts with what is not kept in the outbox: codes, and links of a bundle."""
        if row.template == Template.CONTACT_CODE:
            return {**row.facts, "code": self.codes.code(str(row.facts.get("code_id", "")))}
        if row.template != Template.BUNDLE:
            return row.facts
        listed = [one | {"link": self._link(row, one, channel)} for one in row.facts["listed"]]
        return {**row.facts, "listed": listed}

    def _link(self, row: OutboxRow, one: Mapping[str, Any], channel: str) -> str:
        return self.opens(
            replace(row, incident_id=one["incident"], template=one["template"], facts=one), channel
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


def _custom(
    template: CustomTemplate, usual: RenderedMessage, row: OutboxRow, reader: MessageReader
) -> RenderedMessage:
    """Return the message by an administrator's template; its usual words where that fails."""
    try:
        return render_custom(template, usual, row.facts, reader)
    except TemplateFailed as error:
        log.warning("message_template_failed", template=row.template, error=str(error))
        return usual


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


def _is_expired(row: OutboxRow) -> bool:
    """Return whether the code that a message brings cannot be used any more."""
    expires_at = row.facts.get("expires_at")
    return expires_at is None or datetime.fromisoformat(str(expires_at)) <= row.claimed_at


def _reached(row: OutboxRow, ways: Ways, place: int) -> AttemptOutcome:
    """Return the outcome of a delivery, with the step that follows it while nobody accepts."""
    target = ways.steps[place].target
    ended = _ended(row, Delivered(), target.channel)
    further: tuple[FollowUp, ...] = ()
    after = ways.steps[place + 1].after if place + 1 < len(ways.steps) else None
    if after is not None:
        further = tuple(
            bundles.follow_up(message, row.sequence or message, place + 1, after)
            for message, template in _told_by(row)
            if template in FOLLOWED
        )
    reached = replace(ended.settlement, reached=str(target), further=further)
    return ended._replace(settlement=reached)


def _told_by(row: OutboxRow) -> Iterator[tuple[UUID, str]]:
    """Yield the messages that a row tells, with their occasions: itself, or those of its bundle."""
    if row.template == Template.BUNDLE:
        yield from bundles.members(row.facts)
    elif is_paced(row):
        yield row.id, row.template


def _ended(row: OutboxRow, result: Result, channel: str) -> AttemptOutcome:
    verdict = settle(row.id, row.attempts, row.claimed_at - row.due_since, result)
    outcome = {"sent": SendOutcome.SENT, "dead": SendOutcome.DEAD}.get(
        verdict.state, SendOutcome.RETRY
    )
    return AttemptOutcome(replace(verdict, method=row.step), outcome, channel)
