"""Calls of push services: one encrypted message to one browser."""

import secrets
from dataclasses import dataclass

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from yarl import URL

from gateway.channels.push.webpush.encryption import encrypt
from gateway.channels.push.webpush.results import interpret_answer
from gateway.channels.push.webpush.subscription import Subscription
from gateway.channels.push.webpush.vapid import VapidKey, authorization
from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.guarded_calls import CALL_FAULTS, interpret_fault, make_guard, open_session
from gateway.notify.message import Result
from gateway.timing.clock import Clock

TIMEOUT_S = 8.0
"""Seconds in which a push service has to answer: less than an attempt may take."""


@dataclass(frozen=True, slots=True)
class PushClient:
    """A client of all push services; browsers name their addresses, so each is guarded.

    `subject` is how operators of push services reach those of the gateway.
    """

    session: ClientSession
    guard: AddressGuard
    subject: str
    clock: Clock

    @classmethod
    def open(cls, subject: str, clock: Clock, *, allow_private: bool) -> "PushClient":
        """Open a client, which must be closed; must be called inside the running loop."""
        guard = make_guard(allow_private=allow_private)
        session = open_session(guard, limit=64, timeout_s=TIMEOUT_S, auto_decompress=False)
        return cls(session, guard, subject, clock)

    def check(self, endpoint: str) -> URL:
        """Return the address of a subscription; raises AddressRefused.

        It is called as the browser wrote it: some services compare the text.
        """
        checked = self.guard.check_url(endpoint)
        if checked.scheme != "https" and not self.guard.private:
            raise AddressRefused("a push service is called by https")
        return URL(endpoint, encoded=True)

    async def post(
        self, to: Subscription, key: VapidKey, content: bytes, headers: dict[str, str]
    ) -> Result:
        """Post the content once, encrypted for the browser, and return the result."""
        now = self.clock.now()
        try:
            url = self.check(to.endpoint)
            body = encrypt(
                content, to.keys, generate_private_key(SECP256R1()), secrets.token_bytes(16)
            )
            sent = headers | {
                "Authorization": authorization(key, str(url.origin()), self.subject, now),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
            }
            async with self.session.post(
                url, data=body, headers=sent, allow_redirects=False
            ) as answer:
                return interpret_answer(answer.status, answer.headers, now)
        except CALL_FAULTS as error:
            return interpret_fault(error)

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
