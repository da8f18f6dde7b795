"""The page on which a person subscribes browsers to their notifications, by a signed link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, NamedTuple

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.credentials import is_revoked
from gateway.access.push_links import INVALID, VALID, PushLinks
from gateway.channels.opening import ChannelPages, PageParts
from gateway.channels.push.webpush import static_files, subscriptions
from gateway.channels.push.webpush.browser_label import browser_label
from gateway.channels.push.webpush.outbound import WebPushChannel, build_channel
from gateway.channels.push.webpush.own_origin import require_own_origin
from gateway.channels.push.webpush.section import WebpushSection
from gateway.channels.push.webpush.subscription import read_subscription
from gateway.channels.push.webpush.vapid import to_base64
from gateway.channels.push.webpush.words import NOTICES, WORDS
from gateway.db.buckets import SharedBucket, take_token
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import Conflict, NotFound
from gateway.notify.message import Delivered
from gateway.pages.rendering import Pages, content_policy
from gateway.pages.words import in_language
from gateway.untrusted.bounds import Request
from gateway.web import body
from gateway.web.described_endpoint import JSON, DescribedEndpoint, KeyLocation

ADDRESS = "/push/{link:[A-Za-z0-9._-]{60,200}}"

CHANNEL_PAGES = (
    DescribedEndpoint(
        "GET", "/push/{link}", "Show the page that subscribes browsers", KeyLocation.LINK
    ),
    DescribedEndpoint("POST", "/push/{link}", "Subscribe a browser", KeyLocation.LINK, (JSON,)),
    DescribedEndpoint(
        "POST", "/push/{link}/test", "Send a test to the browsers of a person", KeyLocation.LINK
    ),
    DescribedEndpoint(
        "POST", "/push/{link}/browsers/{id}/remove", "Remove a browser", KeyLocation.LINK
    ),
    *static_files.DESCRIBED,
)

HEADERS = {
    "Content-Security-Policy": content_policy(
        "style.css",
        "script-src 'self'; worker-src 'self'; connect-src 'self'; manifest-src 'self'; ",
    ),
    # Without one, the forms of the page would be sent from an unknown origin.
    "Referrer-Policy": "same-origin",
}
"""The headers of the one page with a script, which is the gateway's own."""

TESTS, TEST_EVERY = 5, timedelta(minutes=1)
"""Tests that a person may send at once, and the time after which one more may be sent."""

PERSON = "SELECT id, login, name, credentials_since FROM person WHERE login = $1 AND active"
HOLD_PERSON = PERSON + " FOR UPDATE"


class LinkedPerson(NamedTuple):
    """The person of a link, and when the link ends."""

    id: int
    login: str
    name: str
    link_ends: datetime


class NewSubscription(Request, kw_only=True):
    """A subscription as the browser made it; keys are URL-safe base64.

    `server_key` is the key of the gateway that it was made with.
    """

    endpoint: Annotated[str, Meta(min_length=1, max_length=2_048)]
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=40)]
    server_key: Annotated[str, Meta(max_length=100)]


class Subscribed(msgspec.Struct):
    """The id of a subscription in the list of the person's browsers."""

    id: int


@dataclass(frozen=True, slots=True)
class BrowserPage:
    """The handlers of the page, its forms and its script's request.

    `external_url` is the gateway's address as people reach it.
    """

    channel: WebPushChannel
    links: PushLinks
    pages: Pages
    external_url: str

    async def read(self, request: web.Request) -> web.Response:
        """Return the page; nothing changes. Raises NotFound for a bad link."""
        locale, link = self.pages.locale(request), request.match_info["link"]
        async with acquire(self.channel.pool) as conn:
            who = await self._open(conn, request)
            keys = await self.channel.load_keys(conn)
            browsers = await subscriptions.of_person(conn, who.id)
        notice = request.query.get("said", "")
        response = self.pages.show(
            "push.html",
            locale,
            switch=f"/push/{link}",
            w={name: in_language(words, locale) for name, words in WORDS.items()},
            path=f"/push/{link}",
            key=to_base64(keys[0].public),
            person=who.name,
            browsers=[
                (one, to_base64(sha256(one.subscription.endpoint.encode()).digest()))
                for one in browsers
            ],
            notice=in_language(WORDS[notice], locale) if notice in NOTICES else "",
            ends=who.link_ends,
        )
        response.headers.update(HEADERS)
        return response

    async def subscribe(self, request: web.Request) -> web.Response:
        """Subscribe a browser.

        Raises NotFound, Forbidden, Malformed, TooLarge, Overloaded, Unprocessable and Conflict.
        """
        require_own_origin(request, self.external_url)
        async with acquire(self.channel.pool) as conn:
            await self._open(conn, request)
        async with body.read_without_key(request) as raw:
            given = read_subscription(body.decode(raw, NewSubscription), self.channel.client.check)
        label = browser_label(request.headers.get("User-Agent", ""))
        async with transaction(self.channel.pool) as conn:
            who = await self._open(conn, request, HOLD_PERSON)
            if given.server_key not in {key.public for key in await self.channel.load_keys(conn)}:
                raise Conflict("the key of the gateway has changed: load the page again")
            made = await subscriptions.subscribe(
                conn, who.id, given, label, self.channel.clock.stamp()
            )
        return web.json_response(Subscribed(made), status=201, dumps=_dumps)

    async def test(self, request: web.Request) -> web.Response:
        """Send a test to every browser of the person, then redirect to the page.

        Raises NotFound, Forbidden and TooManyAttempts.
        """
        require_own_origin(request, self.external_url)
        async with transaction(self.channel.pool) as conn:
            who = await self._open(conn, request)
            bucket = SharedBucket(
                f"push test\0{who.login}", TESTS, TEST_EVERY, "more tests than are sent at once"
            )
            await take_token(conn, bucket, self.channel.clock.stamp())
        result = await self.channel.send_test(who.login, self.pages.locale(request))
        return self._back(request, "sent" if isinstance(result, Delivered) else "unsent")

    async def remove(self, request: web.Request) -> web.Response:
        """Remove a browser, then redirect to the page. Raises NotFound and Forbidden."""
        require_own_origin(request, self.external_url)
        async with transaction(self.channel.pool) as conn:
            who = await self._open(conn, request)
            await subscriptions.remove(conn, who.id, int(request.match_info["id"]))
        return self._back(request, "removed")

    async def _open(
        self, conn: Connection, request: web.Request, query: str = PERSON
    ) -> LinkedPerson:
        """Return the person of the link in the path.

        Raises NotFound for a bad link, for a person who has left, and where all that was issued
        to them ended since.
        """
        now = await fetch_now(conn, self.channel.clock.stamp())
        opened = self.links.read(request.match_info["link"], now)
        row = await conn.fetchrow(query, opened.login)
        if row is None or is_revoked(opened.made_at, row["credentials_since"]):
            raise NotFound(INVALID)
        return LinkedPerson(row["id"], row["login"], row["name"], opened.made_at + VALID)

    def _back(self, request: web.Request, said: str) -> web.Response:
        link, locale = request.match_info["link"], self.pages.locale(request)
        return web.Response(
            status=303, headers={"Location": f"/push/{link}?lang={locale}&said={said}"}
        )


def _dumps(value: object) -> str:
    return msgspec.json.encode(value).decode()


def open_pages(parts: PageParts) -> ChannelPages:
    """Return the page, nothing if the channel is switched off."""
    if not parts.channel.section(WebpushSection).enabled:
        return ChannelPages()
    page = BrowserPage(
        build_channel(parts.channel),
        PushLinks(parts.links),
        parts.pages,
        parts.links.external_url,
    )
    return ChannelPages(
        shown=(
            web.get(ADDRESS, page.read),
            web.post(f"{ADDRESS}/test", page.test),
            web.post(f"{ADDRESS}/browsers/{{id:[0-9]{{1,18}}}}/remove", page.remove),
        ),
        fetched=(web.post(ADDRESS, page.subscribe), *static_files.routes()),
    )
