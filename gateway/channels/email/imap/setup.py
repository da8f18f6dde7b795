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
    pool: Pool, intake: MailIntake
) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the coroutine that reads each mailbox of the settings while the replica runs."""
    return {
        f"mailbox {name}": _mailbox(pool, intake, name, own).run
        for name, own in intake.mail.imap.items()
    }


def _mailbox(pool: Pool, intake: MailIntake, name: str, own: Imap) -> MailboxReader:
    for metric in (
        intake.metrics.notifications.mailbox_failures,
        intake.metrics.notifications.mailbox_read,
    ):
        metric.labels(
            name
        )  # there from the start, so that a mailbox that was never read is noticed as well
    books = MailboxState(pool, intake.clock, name, uuid4(), own.poll + SLACK)
    return MailboxReader(
        own,
        ImapConnection(own, intake.mail.max_bytes),
        BlockingThread(f"mailbox {name}"),
        books,
        intake,
    )
