"""Webhooks on the way out, signed by the Standard Webhooks specification (v1, symmetric)."""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import msgspec
from aiohttp import ClientConnectorDNSError, ClientError, ClientSession, ClientTimeout, TCPConnector

from gateway.clock import Clock
from gateway.notify.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.notify.message import Dead, Delivered, Message, Result, Retry
from gateway.settings import Webhook

FEW_TRIES = 3
"""Attempts worth making where the answer says that the request itself is wrong: someone may be mending the receiver."""
TIMEOUT_S = 9.0
PREFIX = "whsec_"
OF_SHIFTS = frozenset({"handover", "handover_late"})
"""Occasions that are about a shift and not about an incident."""


def secrets(text: str) -> tuple[bytes, ...]:
    """The signing keys of a setting: one, or during a rotation two ("whsec_new whsec_old"); raises ValueError."""
    keys = []
    for word in text.split():
        if not word.startswith(PREFIX):
            raise ValueError(f"a webhook secret begins with {PREFIX}")
        keys.append(base64.b64decode(word.removeprefix(PREFIX), validate=True))
    return tuple(keys)


def sign(keys: tuple[bytes, ...], identity: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; without keys the signature is left out."""
    stamp = str(int(at.timestamp()))
    headers = {"webhook-id": identity, "webhook-timestamp": stamp}
    content = f"{identity}.{stamp}.".encode() + body
    marks = [base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
    return headers | ({"webhook-signature": " ".join(f"v1,{mark}" for mark in marks)} if marks else {})


def body_of(message: Message) -> bytes:
    """The payload: what happened, when, and the facts beside the words for people."""
    data: dict[str, Any] = {"subject": message.subject, "text": message.text, "role": message.role, "facts": message.facts}
    if message.link:
        data["link"] = message.link
    about = "shift" if message.template in OF_SHIFTS else "incident"
    return msgspec.json.encode({"type": f"{about}.{message.template}", "timestamp": message.created_at, "data": data})


def judge(status: int, retry_after: str | None, now: datetime) -> Result:
    """What an answer means: 2xx is delivered, 410 ends it, 408, 429 and 5xx run the schedule, the rest a few tries."""
    if 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Dead("the endpoint is gone (410)")
    if status in (408, 429) or status >= 500:
        return Retry(f"answered {status}", after=_asked(retry_after, now), down=status != 429)
    if 300 <= status < 400:
        return Retry(f"answered {status}: redirects are not followed", at_most=FEW_TRIES)
    return Retry(f"answered {status}", at_most=FEW_TRIES)


def _asked(text: str | None, now: datetime) -> timedelta | None:
    """A Retry-After, in seconds or as a date (RFC 9110, 10.2.3); None when there is none that can be read."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """POSTs signed JSON to the recipient's URL: no redirects, no proxies, only where the guard allows."""

    session: ClientSession
    guard: AddressGuard
    keys: tuple[bytes, ...]
    clock: Clock

    @classmethod
    def open(cls, settings: Webhook, clock: Clock, guard: AddressGuard | None = None) -> "WebhookChannel":
        """A channel with its own connections, to be closed; must be called inside the running loop."""
        if guard is None:
            guard = AddressGuard(private=True, ports=None) if settings.allow_private else AddressGuard()
        connector = TCPConnector(resolver=PinnedResolver(guard), use_dns_cache=False, limit=64, limit_per_host=8)
        session = ClientSession(
            connector=connector,
            timeout=ClientTimeout(total=TIMEOUT_S, connect=4.0),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"user-agent": "incident-gateway"},
        )
        return cls(session, guard, secrets(settings.secret), clock)

    def endpoint(self, recipient: str) -> str:
        """Scheme, host and port fail as one."""
        try:
            return str(self.guard.check_url(recipient).origin())
        except (AddressRefused, ValueError):
            return "webhook:refused"

    async def send(self, message: Message) -> Result:
        """POST it once."""
        now = self.clock.now()
        body = body_of(message)
        headers = sign(self.keys, str(message.id), now, body) | {"content-type": "application/json"}
        try:
            url = self.guard.check_url(message.recipient)
            async with self.session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return judge(answer.status, answer.headers.get("retry-after"), now)
        except AddressRefused as refusal:
            return Dead(f"refused: {refusal}")
        except ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefused):
                return Retry(f"refused: {error.os_error}", at_most=FEW_TRIES)
            return Retry(f"name look-up failed: {error.os_error}", down=True)
        except (ClientError, OSError) as error:
            return Retry(f"{type(error).__name__}: {error}", down=True)

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
