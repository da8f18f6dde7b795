"""The assembly of the readers of mailboxes."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import uuid4

from gateway.channels.email.imap.books import MailboxState
from gateway.channels.email.imap.connection import ImapConnection
from gateway.channels.email.imap.mailbox import MailboxReader
from gateway.channels.email.imap.thread import BlockingThread
from gateway.channels.email.intake import MailIntake
from gateway.db.pool import Pool
from gateway.settings import Imap

SLACK = timedelta(seconds=20)
"""The time by which a lease outlasts the polling interval."""


def mailbox_readers(
    pool: Pool, room: MailIntake
) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the coroutine that reads each mailbox of the settings while the replica runs."""
    return {
        f"mailbox {name}": _mailbox(pool, room, name, own).run
        for name, own in room.mail.imap.items()
    }


def _mailbox(pool: Pool, room: MailIntake, name: str, own: Imap) -> MailboxReader:
    for metric in (
        room.metrics.notifications.mailbox_failures,
        room.metrics.notifications.mailbox_read,
    ):
        metric.labels(
            name
        )  # there from the start, so that a mailbox that was never read is noticed as well
    books = MailboxState(pool, room.clock, name, uuid4(), own.poll + SLACK)
    return MailboxReader(
        own,
        ImapConnection(own, room.mail.max_bytes),
        BlockingThread(f"mailbox {name}"),
        books,
        room,
    )
