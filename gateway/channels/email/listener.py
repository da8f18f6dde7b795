"""The SMTP server, on the gateway's own event loop.

The reply 250 means committed; a mail that cannot be committed for the time being gets a 4yz,
after which senders try again.

Mail to `name+KEY@...` is for the key's integration; an address with a signed tag of a record
needs no key, nor does one that the settings name. There is no relaying: mail for other domains
is refused. Mail to an unknown mailbox at one of the gateway's own domains is not returned to its
writer: relays keep it until the settings name the mailbox.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.access.keys import Caller, Scope
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.posted import MAIL, DeliveredMail
from gateway.channels.email.session import NOBODY, TOO_MUCH, UNKNOWN, SmtpSession, SmtpSessions
from gateway.db.pool import Pool, acquire
from gateway.errors import GatewayError, Overloaded, Unauthenticated
from gateway.network.addresses import Network, is_in_networks
from gateway.network.ports import translate_port_errors
from gateway.notify.reply_tokens import ReplyTokens

MAX_RECIPIENTS = 50
GRACE = 5.0
"""Seconds that sessions have to end when the replica stops."""

NOT_NOW = "451 4.3.0 not now: send it again shortly"

log = structlog.get_logger()

INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $2)
ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id
"""
OWN = "email", "E-mail"
"""The slug and the name of the integration for mail that needs no key."""


# aiosmtpd reads every member of the handler. With slots that fails in Python 3.11.2, Debian 12's.
@dataclass
class SmtpHandler:
    """The handler of SMTP commands, with methods named as aiosmtpd calls them."""

    intake: MailIntake
    pool: Pool
    recognise: Callable[[str], Awaitable[Caller]]
    tokens: ReplyTokens
    relays: tuple[Network, ...]
    _known: dict[str, int] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002 - aiosmtpd's name
    ) -> str:
        """Accept a recipient whose mailbox exists; return the SMTP reply."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        if await self._integration(address) is None:
            refusal = UNKNOWN if self._serves(address) else NOBODY
            if refusal == UNKNOWN:
                log.warning("mailbox_unknown", address=address[:320])
            return server.refused(refusal) if isinstance(server, SmtpSession) else refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        """Commit the mail for each integration it was sent to; return the SMTP reply."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        integrations = {
            one
            for address in envelope.rcpt_tos
            if (one := await self._integration(address)) is not None
        }
        by_relay = is_in_networks(str((session.peer or ("",))[0]), self.relays)
        servers = self.intake.mail.authentication.servers if by_relay else ()
        posted = DeliveredMail(
            MAIL,
            content,
            (envelope.mail_from or "").strip(" <>"),
            tuple(envelope.rcpt_tos),
            servers,
        )
        receipts = [
            await self.intake.take(integration, posted) for integration in sorted(integrations)
        ]
        return f"250 2.0.0 taken as {receipts[0].id}" if receipts else NOT_NOW

    async def handle_exception(self, error: Exception) -> str:
        """Return a temporary refusal for any error, so that no sender gives up."""
        if isinstance(error, Overloaded):
            return TOO_MUCH
        if not isinstance(error, GatewayError):
            log.error("smtp_failed", exc_info=error)
        return NOT_NOW

    async def _integration(self, address: str) -> int | None:
        """Return the integration that mail to the address is for; raises Unavailable."""
        mailboxes, (name, _, domain) = (
            self.intake.mail.listener.mailboxes,
            address.lower().rpartition("@"),
        )
        if slug := mailboxes.get(f"{name}@{domain}"):
            return await self._made(slug, slug)
        if self.tokens.read(address) is not None:
            return await self._made(*OWN)
        if (
            integration := await self._of_key(address.rpartition("@")[0].partition("+")[2])
        ) is not None:
            return integration
        slug = mailboxes.get(f"{name.partition('+')[0]}@{domain}")
        return await self._made(slug, slug) if slug else None

    async def _of_key(self, key: str) -> int | None:
        try:
            caller = await self.recognise(key)
        except Unauthenticated:
            return None
        return caller.integration_id if caller.may(Scope.INGEST) else None

    async def _made(self, slug: str, name: str) -> int:
        """Return the integration of that slug, creating it if there is none; raises Unavailable."""
        if slug not in self._known:
            async with acquire(self.pool) as conn:
                self._known[slug] = await conn.fetchval(INTEGRATION, slug, name)
        return self._known[slug]

    def _serves(self, address: str) -> bool:
        """Return whether an address without a key is at a domain of the gateway's."""
        mail = self.intake.mail
        if "gwk_" in address:
            return False
        own = (*mail.listener.mailboxes, *((mail.reply_to,) if mail.reply_to else ()))
        return address.lower().rpartition("@")[2] in {one.lower().rpartition("@")[2] for one in own}


@asynccontextmanager
async def receiving(
    endpoint: SmtpHandler, changed: Callable[[int], object]
) -> AsyncIterator[Sequence[Any]]:
    """Listen if the settings say so, and give the addresses."""
    mail, places = endpoint.intake.mail, endpoint.intake.places
    listener = mail.listener
    if not listener.host:
        yield ()
        return
    logging.getLogger("mail.log").setLevel(
        logging.CRITICAL
    )  # aiosmtpd's log, which would hold whatever strangers send
    tls = None
    if listener.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(listener.certificate, listener.private_key or None)
    sessions = SmtpSessions(listener.sessions, listener.sessions_per_address, changed)
    loop = asyncio.get_running_loop()
    with translate_port_errors(listener.host, listener.port):
        make = partial(SmtpSession, endpoint, places, mail, sessions, tls)
        server = await loop.create_server(make, listener.host, listener.port)
    try:
        yield [socket.getsockname() for socket in server.sockets]
    finally:
        server.close()
        await _ended(sessions)


async def _ended(sessions: SmtpSessions) -> None:
    if sessions.transports:
        try:
            await asyncio.wait_for(sessions.none_left.wait(), GRACE)
        except TimeoutError:
            log.info("smtp_sessions_cut", count=len(sessions.transports))
    for transport in list(sessions.transports):
        transport.abort()
