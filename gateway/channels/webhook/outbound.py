"""Outbound webhooks, signed by the Standard Webhooks specification (v1, symmetric)."""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import ClientSession

from gateway.channels.opening import ChannelParts
from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.guarded_calls import CALL_FAULTS, interpret_fault, make_guard, open_session
from gateway.egress.http_results import interpret_status
from gateway.notify.message import Message, NotificationChannel, Result
from gateway.settings import Webhook
from gateway.timing.clock import Clock

PREFIX = "whsec_"
SHIFT_TEMPLATES = frozenset(
    {
        "handover",
        "handover_late",
        "look_through",
        "on_call_changed",
        "on_call_restored",
        "swap_proposed",
        "swap_accepted",
        "swap_refused",
        "swap_withdrawn",
    }
)
"""Message templates that concern a shift, not an incident."""


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Return the signing keys of a setting; raises ValueError.

    There is one, or two during a rotation ("whsec_new whsec_old").
    """
    keys = []
    for word in text.split():
        if not word.startswith(PREFIX):
            raise ValueError(f"a webhook secret begins with {PREFIX}")
        keys.append(base64.b64decode(word.removeprefix(PREFIX), validate=True))
    return tuple(keys)


def sign(keys: tuple[bytes, ...], identity: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers of the signature; without keys, only identity and timestamp."""
    stamp = str(int(at.timestamp()))
    headers = {"webhook-id": identity, "webhook-timestamp": stamp}
    content = f"{identity}.{stamp}.".encode() + body
    marks = [base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
    return headers | (
        {"webhook-signature": " ".join(f"v1,{mark}" for mark in marks)} if marks else {}
    )


def encode_payload(message: Message) -> bytes:
    """Return the payload: event type, time, and the facts beside the texts for people."""
    data: dict[str, Any] = {
        "subject": message.subject,
        "text": message.text,
        "role": message.role,
        "facts": message.facts,
    }
    if message.link:
        data["link"] = message.link
    about = "shift" if message.template in SHIFT_TEMPLATES else "incident"
    return msgspec.json.encode(
        {"type": f"{about}.{message.template}", "timestamp": message.created_at, "data": data}
    )


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """A channel that POSTs signed JSON to the recipient's URL.

    It follows no redirects, uses no proxies and calls only addresses that the guard allows.
    """

    session: ClientSession
    guard: AddressGuard
    keys: tuple[bytes, ...]
    clock: Clock

    @classmethod
    def open(
        cls, settings: Webhook, clock: Clock, guard: AddressGuard | None = None
    ) -> "WebhookChannel":
        """Return a channel with its own connections, to be closed.

        Must be called inside the running loop.
        """
        guard = guard or make_guard(allow_private=settings.allow_private)
        session = open_session(guard, limit=64, limit_per_host=8, auto_decompress=False)
        return cls(session, guard, read_secrets(settings.secret), clock)

    def endpoint(self, recipient: str) -> str:
        """Return the origin of the URL: a scheme, host and port that fail together."""
        try:
            return str(self.guard.check_url(recipient).origin())
        except (AddressRefused, ValueError):
            return "webhook:refused"

    async def send(self, message: Message) -> Result:
        """POST the message once and return the result."""
        now = self.clock.now()
        body = encode_payload(message)
        headers = sign(self.keys, str(message.id), now, body) | {"content-type": "application/json"}
        try:
            url = self.guard.check_url(message.recipient)
            async with self.session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return interpret_status(answer.status, answer.headers.get("retry-after"), now)
        except CALL_FAULTS as error:
            return interpret_fault(error)

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, which is always on."""
    webhook = WebhookChannel.open(parts.settings.notify.webhook, parts.clock)
    parts.stack.push_async_callback(webhook.close)
    return {"webhook": webhook}
