"""A client of Twilio's REST API for calls and text messages.

https://www.twilio.com/docs/voice/api/call-resource, /docs/messaging/api.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth

from gateway.channels.phone.twilio.section import TwilioSection
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Delivered, Result, Retry, Undeliverable

TIMEOUT_S = 9.0
MOST_BYTES = 65_536


class TwilioAnswer(msgspec.Struct):
    """The reason for which Twilio refused a request, or the id of what it took."""

    code: int = 0
    message: str = ""
    sid: str = ""


@dataclass(frozen=True, slots=True)
class TwilioApi:
    """A client that requests calls and messages of Twilio, without redirects or proxies."""

    session: ClientSession
    settings: TwilioSection

    @classmethod
    def open(cls, settings: TwilioSection) -> "TwilioApi":
        """Return a client with its own connections, to be closed.

        Must be called inside the running loop.
        """
        session = ClientSession(
            timeout=ClientTimeout(total=TIMEOUT_S, connect=4.0),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "user-agent": "incident-gateway",
                "authorization": encode_basic_auth(settings.account, settings.token),
            },
        )
        return cls(session, settings)

    async def ask(self, resource: str, fields: Mapping[str, Any]) -> Result:
        """Create one resource ("Calls", "Messages") once and return the result."""
        accounts = f"{self.settings.api.rstrip('/')}/2010-04-01/Accounts"
        url = f"{accounts}/{self.settings.account}/{resource}.json"
        try:
            async with self.session.post(
                url, data={"From": self.settings.sender, **fields}, allow_redirects=False
            ) as answer:
                return response_result(
                    answer.status,
                    await answer.content.read(MOST_BYTES),
                    answer.headers.get("retry-after", ""),
                )
        except (ClientError, OSError) as error:
            return Retry(f"{type(error).__name__}: {error}", down=True)

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


def response_result(status: int, body: bytes, retry_after: str) -> Result:
    """Return the result of a response.

    2xx is delivered, temporary failures are tried again, a refused key a few times, all else
    never.
    """
    try:
        told = msgspec.json.decode(body, type=TwilioAnswer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        told = TwilioAnswer()
    if 200 <= status < 300:
        return Delivered(told.sid)
    reason = f"Twilio answered {status}" + (
        f" ({told.code}: {told.message[:200]})" if told.code else ""
    )
    if status in (408, 429) or status >= 500:
        waits = int(retry_after[:6]) if retry_after.isascii() and retry_after.isdigit() else None
        return Retry(
            reason, after=None if waits is None else timedelta(seconds=waits), down=status != 429
        )
    return (
        Retry(reason, at_most=FEW_ATTEMPTS, down=True)
        if status in (401, 403)
        else Undeliverable(reason)
    )
