"""One SMTP session, limited in time, bytes and number.

The handler decides which recipients are accepted and what becomes of mail.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from aiosmtpd.smtp import SMTP, syntax

from gateway.channels.memory_budget import MemoryBudget
from gateway.errors import Overloaded
from gateway.settings import Mail
from gateway.timing.clock import yield_to_other_tasks

BUFFER = 65_536
"""The number of bytes of a session that are buffered before they are read."""

CHUNKS_PER_TURN = 100
"""The number of chunks of a mail after which other tasks have their turn."""

MAX_REFUSALS = 20
"""The number of unknown recipients after which a session ends."""

DOT, END = b".\r\n", b"\r\n.\r\n"
UNKNOWN = "451 4.3.5 no such mailbox is set up here yet: send it again later"
NOBODY = "550 5.1.1 there is no such mailbox here"
TOO_MUCH = "452 4.3.1 too much mail at once: send it again shortly"
FULL = b"421 4.3.2 too many sessions: come back shortly\r\n"


@dataclass(slots=True)
class SmtpSessions:
    """The open sessions, limited in all and for each address."""

    most: int
    most_of_one: int
    changed: Callable[[int], object]
    by_address: Counter[str] = field(default_factory=Counter)
    transports: set[asyncio.Transport] = field(default_factory=set)
    none_left: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, address: str, transport: asyncio.Transport) -> bool:
        """Enter a session; return False if there are too many."""
        if len(self.transports) >= self.most or self.by_address[address] >= self.most_of_one:
            return False
        self.by_address[address] += 1
        self.transports.add(transport)
        self.none_left.clear()
        self.changed(len(self.transports))
        return True

    def leave(self, address: str, transport: asyncio.Transport) -> None:
        """Remove a session that ended."""
        self.by_address -= Counter((address,))
        self.transports.discard(transport)
        self.changed(len(self.transports))
        if not self.transports:
            self.none_left.set()


class SmtpSession(SMTP):
    """One SMTP session, which ends after a time whatever happens in it."""

    line_length_limit = BUFFER

    def __init__(
        self,
        endpoint: object,
        places: MemoryBudget,
        mail: Mail,
        sessions: SmtpSessions,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            endpoint,
            data_size_limit=mail.max_bytes,
            enable_SMTPUTF8=True,
            hostname="gateway",
            ident="ready",
            tls_context=tls,
            require_starttls=mail.listener.starttls,
            timeout=mail.listener.idle_within.total_seconds(),
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )
        self._sessions, self._within = sessions, mail.listener.session_within.total_seconds()
        self._plain: asyncio.Transport | None = None
        self._address = ""
        self._end: asyncio.TimerHandle | None = None
        self._places = places
        self._held, self._unheld, self._refusals = 0, "", 0

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the text of a mail with lines of any length.

        aiosmtpd reads line by line and refuses lines above 1,000 bytes.
        """
        assert self.envelope is not None  # noqa: S101 - there is one from the connection on
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 5.5.1 need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            data = await self._text(self.data_size_limit or 0)
            self.envelope.content = self.envelope.original_content = data
            answer = self._unheld or await self._call_handler_hook("DATA")
        finally:
            self._places.release(self._held)
            self._held, self._unheld = 0, ""
            self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(answer)

    async def _text(self, most: int) -> bytes | None:
        """Return the text before the line of one dot (RFC 5321, 4.5.2), None if it is too much.

        Only CRLF ends a line.
        """
        data, pieces = bytearray(b"\r\n"), 0
        while not data.endswith(END):
            try:
                piece = await self._reader.readuntil(DOT)
            except asyncio.LimitOverrunError as more:
                piece = await self._reader.readexactly(more.consumed)
            self._hold(len(piece), most + len(END))
            if self._unheld:
                del data[: -len(END)]
            data += piece
            pieces += 1
            self._reset_timeout()
            if pieces % CHUNKS_PER_TURN == 0:
                await yield_to_other_tasks()
        return None if self._unheld else bytes(data.replace(b"\r\n..", b"\r\n.")[2 : 2 - len(END)])

    def refused(self, answer: str) -> str:
        """Count one more unknown recipient and return the reply; too many end the session."""
        self._refusals += 1
        if self._refusals < MAX_REFUSALS or self._plain is None:
            return answer
        self.loop.call_later(1, self._plain.abort)
        return "421 4.7.0 too many addresses that are nobody's"

    def _hold(self, size: int, most: int) -> None:
        """Count received bytes; once they are too many, drop the mail.

        The refusal is sent when the rest was read.
        """
        if self._unheld:
            return
        try:
            self._places.hold(size)
        except Overloaded:
            self._unheld = TOO_MUCH
        else:
            self._held += size
            self._unheld = "552 5.3.4 the mail is too large" if self._held > most else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session; called once for the connection and again when it is encrypted."""
        if self._plain is None:
            plain = cast("asyncio.Transport", transport)  # uvloop's is not derived from it
            self._address = (plain.get_extra_info("peername") or ("",))[0]
            if not self._sessions.enter(self._address, plain):
                plain.write(FULL)
                plain.close()
                return
            self._plain = plain
            self._end = self.loop.call_later(self._within, plain.abort)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End the session; called for the connection, and before that if its encryption fails."""
        if self._plain is None:
            return
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._sessions.leave(self._address, self._plain)
            super().connection_lost(error)
