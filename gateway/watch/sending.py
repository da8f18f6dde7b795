"""Sending of the watch: pings to the outside, and messages by channels of its own.

Nothing of it needs the database. Only addresses that the guard allows are called, without
redirects and proxies.
"""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

import aiosmtplib
import msgspec
import structlog
from aiohttp import ClientSession

from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.guarded_calls import CALL_FAULTS, make_guard, open_session
from gateway.egress.http_results import TIMEOUT_S
from gateway.settings.recipients import MAIL, RecipientAddress
from gateway.settings.watch import WatchSettings
from gateway.timing.clock import Clock
from gateway.watch.words import WatchMessage

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WatchSender:
    """A sender with connections of its own, which must be closed."""

    session: ClientSession
    guard: AddressGuard
    settings: WatchSettings
    clock: Clock

    @classmethod
    def open(cls, settings: WatchSettings, clock: Clock) -> "WatchSender":
        """Open a sender; must be called inside the running loop."""
        guard = make_guard(allow_private=settings.allow_private)
        return cls(open_session(guard), guard, settings, clock)

    async def ping(self, failing: str) -> bool:
        """Ping the outside address: its `/fail` with the checks that fail, if any do.

        Returns whether the ping was accepted.
        """
        address = self.settings.ping_url.rstrip("/")
        return await self._post(
            f"{address}/fail" if failing else address, failing.encode(), {}, "ping"
        )

    async def send(self, target: RecipientAddress, identity: UUID, message: WatchMessage) -> bool:
        """Send the message to one target and return whether it was accepted.

        It has the same identity on every attempt.
        """
        at = self.clock.now()
        match target.channel:
            case "webhook":
                body = {"subject": message.subject, "text": message.text}
                event = {"type": "gateway.watch", "timestamp": at, "data": body}
                headers = {
                    "content-type": "application/json",
                    "webhook-id": str(identity),
                    "webhook-timestamp": str(int(at.timestamp())),
                }
                return await self._post(
                    target.address, msgspec.json.encode(event), headers, "webhook"
                )
            case "ntfy":
                headers = {
                    "title": Header(message.subject, "utf-8", maxlinelen=2_000).encode(),
                    "priority": "urgent",
                    "tags": "rotating_light",
                }
                return await self._post(target.address, message.text.encode(), headers, "ntfy")
            case _:
                return await self._mail(target.address, identity, message, at)

    async def _post(self, address: str, body: bytes, headers: dict[str, str], what: str) -> bool:
        """POST once; the log names no address, which is a secret of most of these services."""
        try:
            url = self.guard.check_url(address)
            async with self.session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                if accepted := 200 <= answer.status < 300:
                    return accepted
                why = f"answered {answer.status}"
        except AddressRefused as refusal:
            why = f"refused: {refusal}"
        except CALL_FAULTS as error:
            why = type(error).__name__
        log.warning("watch_not_heard", what=what, why=why)
        return False

    async def _mail(
        self, address: str, identity: UUID, message: WatchMessage, at: datetime
    ) -> bool:
        relay = self.settings.smtp
        mail = EmailMessage(policy=SMTP)
        try:
            mail["From"], mail["To"], mail["Subject"] = relay.sender, address, message.subject
            mail["Date"] = format_datetime(at)
            mail["Message-ID"] = f"<{identity}@watch.invalid>"
            mail["Auto-Submitted"] = "auto-generated"
            mail.set_content(message.text)
            await aiosmtplib.send(
                mail,
                recipients=[address],
                hostname=relay.host,
                port=relay.port,
                timeout=TIMEOUT_S,
                username=relay.username or None,
                password=relay.password or None,
                start_tls=relay.starttls,
                use_tls=False,
            )
        except (aiosmtplib.SMTPException, MessageError, ValueError, OSError) as error:
            log.warning("watch_not_heard", what=MAIL, why=type(error).__name__)
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()
