"""The outbound channel of Web Push: a notification in every browser that a person subscribed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from gateway.channels.opening import ChannelParts
from gateway.channels.push.webpush import subscriptions
from gateway.channels.push.webpush.content import (
    delivery_headers,
    encode_content,
    encode_test,
    topic_of,
)
from gateway.channels.push.webpush.push_client import PushClient
from gateway.channels.push.webpush.results import GONE, NO_BROWSER, OTHER_KEY, combine
from gateway.channels.push.webpush.section import WebpushSection
from gateway.channels.push.webpush.subscriptions import Browser
from gateway.channels.push.webpush.vapid import VapidKey
from gateway.channels.push.webpush.vapid_keys import load_vapid_keys
from gateway.db.pool import LOST_RACE, Connection, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents.labels import Locale
from gateway.notify.chat_posts import make_handle, parse_post_target
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)
from gateway.notify.texts.phrases import MessageReader
from gateway.timing.clock import Clock

log = structlog.get_logger()

NAME = "webpush"

READER = "SELECT id, locale, zone FROM person WHERE login = $1 AND active"


class Receiver(NamedTuple):
    """A person with their language, time zone and browsers."""

    locale: Locale
    zone: str
    browsers: Sequence[Browser]


@dataclass(frozen=True, slots=True)
class WebPushChannel:
    """A channel to the browsers of people; recipients are logins.

    `keys` is the setting of the keys, `secret` makes the topics of records, `zone` is the default
    time zone. `LOGIN/=TAG` is a message that was sent.
    """

    pool: Pool
    client: PushClient
    clock: Clock
    keys: str
    secret: bytes
    zone: str

    def endpoint(self, recipient: str) -> str:
        """Return the person: each has other push services."""
        return f"{NAME}:{recipient}"

    async def send(self, message: Message) -> Result:
        """Send the message once to each browser of the person and return the result.

        It replaces what was shown about its record.
        """
        topic = "" if message.incident_id is None else topic_of(message.incident_id, self.secret)
        return await self._push(message, message.recipient, topic or str(message.id), topic)

    async def update(self, message: Message, handle: str) -> Result:
        """Show a message in the place of another."""
        target = parse_post_target(handle)
        return await self._push(message, target.conversation, target.instead_of, "")

    async def send_test(self, login: str, locale: Locale) -> Result:
        """Send a notification to try the browsers of a person, once to each."""
        found = await self._look_up(login)
        if not isinstance(found, tuple):
            return found
        receiver, keys = found
        return await self._to_each(receiver, keys, encode_test(locale), delivery_headers(1, ""))

    async def load_keys(self, conn: Connection) -> tuple[VapidKey, ...]:
        """Return the keys of the gateway, the one to subscribe with first."""
        return await load_vapid_keys(conn, self.keys, self.clock.stamp())

    async def _push(self, message: Message, login: str, tag: str, topic: str) -> Result:
        found = await self._look_up(login)
        if not isinstance(found, tuple):
            return found
        receiver, keys = found
        reader = MessageReader(receiver.locale, receiver.zone or self.zone)
        content = encode_content(message, reader, tag)
        headers = delivery_headers(message.urgency, topic)
        result = await self._to_each(receiver, keys, content, headers)
        return Delivered(make_handle(login, tag)) if isinstance(result, Delivered) else result

    async def _look_up(
        self, login: str
    ) -> tuple[Receiver, tuple[VapidKey, ...]] | Retry | Undeliverable:
        """Return the person with their browsers and our keys, or why nobody is called."""
        try:
            async with acquire(self.pool) as conn:
                row = await conn.fetchrow(READER, login)
                if row is None:
                    return Undeliverable("nobody has this login")
                browsers = await subscriptions.of_person(conn, row["id"])
                if not browsers:
                    return NO_BROWSER
                return Receiver(row["locale"], row["zone"], browsers), await self.load_keys(conn)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")

    async def _to_each(
        self,
        receiver: Receiver,
        keys: tuple[VapidKey, ...],
        content: bytes,
        headers: dict[str, str],
    ) -> Result:
        by_public = {key.public: key for key in keys}

        async def call(browser: Browser) -> Result:
            key = by_public.get(browser.subscription.server_key)
            if key is None:
                return OTHER_KEY
            return await self.client.post(browser.subscription, key, content, headers)

        results = await asyncio.gather(*map(call, receiver.browsers))
        await self._note(receiver.browsers, results)
        return combine(results)

    async def _note(self, browsers: Sequence[Browser], results: Sequence[Result]) -> None:
        """Record the results; what was sent stays sent if that fails."""
        told = [(one.id, result) for one, result in zip(browsers, results, strict=True)]
        gone = [id_ for id_, result in told if result == GONE]
        reached = [id_ for id_, result in told if isinstance(result, Delivered)]
        failed = [id_ for id_, _ in told if id_ not in {*gone, *reached}]
        try:
            async with acquire(self.pool) as conn:
                await subscriptions.note_results(conn, gone, reached, failed, self.clock.stamp())
        except (Unavailable, *LOST_RACE) as error:
            log.warning("push_results_not_noted", error=repr(error))


def build_channel(parts: ChannelParts) -> WebPushChannel:
    """Return the channel with connections of its own, which end with the stack of the parts."""
    section = parts.section(WebpushSection)
    subject = section.contact(parts.settings)
    client = PushClient.open(subject, parts.clock, allow_private=section.allow_private)
    parts.stack.push_async_callback(client.close)
    return WebPushChannel(
        parts.pool, client, parts.clock, section.keys, parts.secrets[0], parts.settings.form.zone
    )


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none if it is switched off."""
    return {NAME: build_channel(parts)} if parts.section(WebpushSection).enabled else {}
