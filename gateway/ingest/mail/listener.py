"""Mail by SMTP, on the gateway's own loop. 250 means committed; what cannot be committed now is a 4yz, which senders repeat.

Whoever writes to `name+KEY@...` writes for the key's integration; an address with a signed tag of a record needs no key, nor does
one that the settings name. There is no relaying: mail for anybody else is refused.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.db.pool import Pool, acquire
from gateway.errors import GatewayError, Overloaded, Unauthenticated
from gateway.ingest.mail.posted import MAIL, Posted
from gateway.ingest.mail.room import MailRoom
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.keys import Caller, Scope
from gateway.settings import MailListener

MAX_RECIPIENTS = 50
LONGEST_LINE = 262_144
"""Bytes of a line: the standard's thousand is what many machines do not keep to."""

GRACE = 5.0
"""Seconds that sessions have to end when the replica stops."""

NOT_NOW = "451 4.3.0 not now: send it again shortly"
TOO_MUCH = "452 4.3.1 too much mail at once: send it again shortly"
FULL = b"421 4.3.2 too many sessions: come back shortly\r\n"

log = structlog.get_logger()

OWN = """
INSERT INTO integration (slug, name) VALUES ('email', 'E-mail')
ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id
"""
BY_SLUG = "SELECT id FROM integration WHERE slug = $1"


@dataclass(slots=True)
class MailDoor:
    """What is answered at each step of a session; the methods are named as aiosmtpd calls them."""

    room: MailRoom
    pool: Pool
    recognise: Callable[[str], Awaitable[Caller]]
    tokens: ReplyTokens
    _known: dict[str, int] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """Whether there is such a mailbox."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        if await self._integration(address) is None:
            return "550 5.1.1 there is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        """Commit the mail, for each integration it was sent to."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        integrations = {one for address in envelope.rcpt_tos if (one := await self._integration(address)) is not None}
        posted = Posted(MAIL, content, envelope.mail_from or "")
        receipts = [await self.room.take(integration, posted) for integration in sorted(integrations)]
        return f"250 2.0.0 taken as {receipts[0].id}" if receipts else NOT_NOW

    async def handle_exception(self, error: Exception) -> str:
        """Nothing that goes wrong here makes a sender give up."""
        if isinstance(error, Overloaded):
            return TOO_MUCH
        if not isinstance(error, GatewayError):
            log.error("smtp_failed", exc_info=error)
        return NOT_NOW

    async def _integration(self, address: str) -> int | None:
        """For which integration mail to that address is; raises Unavailable."""
        slug = self.room.mail.listener.mailboxes.get(address.lower())
        if slug is not None:
            return await self._lookup(BY_SLUG, slug)
        if self.tokens.read(address) is not None:
            return await self._lookup(OWN)
        try:
            caller = await self.recognise(address.rpartition("@")[0].partition("+")[2])
        except Unauthenticated:
            return None
        return caller.integration_id if caller.may(Scope.INGEST) else None

    async def _lookup(self, statement: str, *given: str) -> int | None:
        name = given[0] if given else ""
        if name not in self._known:
            async with acquire(self.pool) as conn:
                found: int | None = await conn.fetchval(statement, *given)
            if found is None:
                return None
            self._known[name] = found
        return self._known[name]


@dataclass(slots=True)
class Sessions:
    """Who is connected: bounded in all and for each address."""

    most: int
    most_of_one: int
    changed: Callable[[int], object]
    by_address: Counter[str] = field(default_factory=Counter)
    transports: set[asyncio.Transport] = field(default_factory=set)
    none_left: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, address: str, transport: asyncio.Transport) -> bool:
        """Whether there is room."""
        if len(self.transports) >= self.most or self.by_address[address] >= self.most_of_one:
            return False
        self.by_address[address] += 1
        self.transports.add(transport)
        self.none_left.clear()
        self.changed(len(self.transports))
        return True

    def leave(self, address: str, transport: asyncio.Transport) -> None:
        """One session ended."""
        self.by_address -= Counter((address,))
        self.transports.discard(transport)
        self.changed(len(self.transports))
        if not self.transports:
            self.none_left.set()


class Line(SMTP):
    """One session, which ends after a time whatever happens in it."""

    line_length_limit = LONGEST_LINE

    def __init__(self, door: MailDoor, sessions: Sessions, tls: ssl.SSLContext | None, listener: MailListener) -> None:
        super().__init__(
            door,
            data_size_limit=door.room.mail.max_bytes,
            enable_SMTPUTF8=True,
            hostname="gateway",
            ident="ready",
            tls_context=tls,
            require_starttls=listener.starttls,
            timeout=listener.idle_within.total_seconds(),
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )
        self._sessions, self._within = sessions, listener.session_within.total_seconds()
        self._plain: asyncio.Transport | None = None
        self._address = ""
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called once for the connection and once more when it is encrypted."""
        if self._plain is None:
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP
            self._address = (transport.get_extra_info("peername") or ("",))[0]
            if not self._sessions.enter(self._address, transport):
                transport.write(FULL)
                transport.close()
                return
            self._plain = transport
            self._end = self.loop.call_later(self._within, transport.abort)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Called once for the connection, and before that for its encryption where that fails."""
        if self._plain is None:
            return
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._sessions.leave(self._address, self._plain)
            super().connection_lost(error)


@asynccontextmanager
async def receiving(door: MailDoor, changed: Callable[[int], object]) -> AsyncIterator[Sequence[Any]]:
    """Listen as the settings say, if they do; gives the addresses."""
    listener = door.room.mail.listener
    if not listener.host:
        yield ()
        return
    tls = None
    if listener.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(listener.certificate, listener.private_key or None)
    sessions = Sessions(listener.sessions, listener.sessions_per_address, changed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(door, sessions, tls, listener), listener.host, listener.port)
    try:
        yield [socket.getsockname() for socket in server.sockets]
    finally:
        server.close()
        await _ended(sessions)


async def _ended(sessions: Sessions) -> None:
    if sessions.transports:
        try:
            await asyncio.wait_for(sessions.none_left.wait(), GRACE)
        except TimeoutError:
            log.info("smtp_sessions_cut", count=len(sessions.transports))
    for transport in list(sessions.transports):
        transport.abort()
