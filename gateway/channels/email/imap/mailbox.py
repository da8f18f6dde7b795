"""The reading of one mailbox for as long as the replica runs.

A mail is marked as read once it is committed, and never before. One that cannot be taken in is
tried after all others, so that it delays none. A commit is recorded before the mail is marked: a
mail that loses its mark, or is fetched again after a crash, is not taken in twice.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import structlog

from gateway.channels.email.imap.books import MailboxState
from gateway.channels.email.imap.connection import FetchedMail, ImapConnection
from gateway.channels.email.imap.thread import BlockingThread
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.posted import MAIL, DeliveredMail
from gateway.errors import Overloaded, Unavailable
from gateway.settings import Imap

BATCH = 20
"""The number of mails taken in before the mailbox is searched again."""

MOST_REFUSALS = 3
"""The number of mails in succession that cannot be committed before reading pauses."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 60.0
RELEASED_WITHIN = 0.5
"""Seconds within which a lease must be released at the end."""

log = structlog.get_logger()


@dataclass(slots=True)
class MailboxReader:
    """A reader of one mailbox: `line` is the connection to its server, used in `thread`."""

    settings: Imap
    line: ImapConnection
    thread: BlockingThread
    books: MailboxState
    intake: MailIntake
    _failures: int = 0
    _uidvalidity: int = 0
    _attempts: Counter[int] = field(default_factory=Counter)

    async def run(self) -> None:
        """Read the mailbox until cancelled.

        Errors are logged and the reading is tried again, each time after a longer pause.
        """
        try:
            while True:
                await self.intake.clock.sleep(await self._round())
        finally:
            self.line.abort()
            self.thread.close(self.line.close)
            await self._release()

    async def _round(self) -> float:
        """Read over one connection, if the lease is this replica's; return the seconds to wait."""
        try:
            if await self._mine():
                await self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the mailbox is read again, and the log says why it was not
            self._failures += 1
            self.intake.metrics.notifications.mailbox_failures.labels(self.books.name).inc()
            log.warning(
                "mailbox_not_read",
                mailbox=self.books.name,
                error=f"{type(error).__name__}: {error}"[:300],
            )
            await self.thread.do(self.line.close)
            return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 20))
        return self.settings.poll.total_seconds()

    async def _mine(self) -> bool:
        mine, read_at = await self.books.hold()
        self.intake.metrics.notifications.mailbox_read.labels(self.books.name).set(
            read_at.timestamp()
        )
        return mine

    async def _read(self) -> None:
        """Take in the mails there and those that arrive, until another replica has the lease."""
        integration = await self.books.integration(self.settings.integration)
        uidvalidity = await self.thread.do(self.line.open)
        if uidvalidity != self._uidvalidity:
            self._uidvalidity = uidvalidity
            self._attempts.clear()
        while await self._mine():
            if await self._pass(integration, uidvalidity):
                continue
            await self.thread.do(partial(self.line.wait, self.settings.poll.total_seconds()))
        await self.thread.do(self.line.close)

    async def _pass(self, integration: int, uidvalidity: int) -> bool:
        """Take in unread mails; return whether there are more to take in at once."""
        waiting = await self.thread.do(self.line.waiting)
        known = await self.books.known(uidvalidity, waiting)
        if known:
            await self.thread.do(partial(self.line.mark, sorted(known)))
        new = order_by_attempts(waiting, known, self._attempts)
        refusals = 0
        for uid in new[:BATCH]:
            refusals = refusals + 1 if not await self._one(integration, uidvalidity, uid) else 0
            if refusals >= MOST_REFUSALS:
                raise Unavailable("mail cannot be committed now")
        if len(new) > BATCH:
            return True
        if not any(self._attempts[uid] for uid in new) and await self.books.note_read() is not None:
            self._failures = 0
        return False

    async def _one(self, integration: int, uidvalidity: int, uid: int) -> bool:
        """Take in one mail; return False if it cannot be committed for the time being."""
        self._attempts[uid] += 1
        size = await self.thread.do(partial(self.line.size, uid))
        held = min(size or 0, self.intake.mail.max_bytes)
        try:
            self.intake.places.hold(held)
        except Overloaded:
            return False
        try:
            mail = (
                None if size is None else await self.thread.do(partial(self.line.fetch, uid, size))
            )
            if mail is not None:
                await self._commit(integration, mail)
                await self.books.note_taken(uidvalidity, uid)
        except (Overloaded, Unavailable) as error:
            log.warning("mail_not_taken", mailbox=self.books.name, uid=uid, error=str(error)[:300])
            return False
        finally:
            self.intake.places.release(held)
        if mail is not None:
            await self.thread.do(partial(self.line.mark, [uid]))
        del self._attempts[uid]
        return True

    async def _commit(self, integration: int, mail: FetchedMail) -> None:
        """Commit a mail.

        One that is too large, or whose handling raises an unexpected error, is put into
        quarantine.
        """
        posted = DeliveredMail(MAIL, mail.content, servers=self.settings.servers)
        if not mail.whole:
            problem = (
                f"the mail has {mail.size} bytes, more than mail.max_bytes: "
                "this is its head, the rest is in the mailbox"
            )
            await self.intake.quarantine(integration, posted, problem)
            return
        try:
            await self.intake.take(integration, posted)
        except (Overloaded, Unavailable):
            raise
        except Exception as error:
            log.exception("mail_poisonous", mailbox=self.books.name)
            await self.intake.quarantine(
                integration, posted, f"the mail could not be taken in: {type(error).__name__}"
            )

    async def _release(self) -> None:
        with contextlib.suppress(TimeoutError, Unavailable, OSError):  # the lease expires by itself
            async with asyncio.timeout(RELEASED_WITHIN):
                await self.books.release()


def order_by_attempts(
    waiting: list[int], known: frozenset[int], attempts: Counter[int]
) -> list[int]:
    """Return the mails to take in, oldest first, those that failed before last. Pure."""
    return sorted(
        (uid for uid in waiting if uid not in known), key=lambda uid: (attempts[uid], uid)
    )
