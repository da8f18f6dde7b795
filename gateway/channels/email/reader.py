"""Has mails read: short ones at once, the others by a process of their own, one at a time, so that the loop is never held."""

from gateway.channels.email.parsing.letter import Letter
from gateway.channels.email.posted import MAIL, Kept, Posted, understood
from gateway.errors import Malformed
from gateway.ingest.workers.process import Reader, is_quick
from gateway.ingest.workers.protocol import TooCostly

SHORT = 24_576
"""Bytes of a mail that are read in a few milliseconds whatever they are; JSON of a mail service costs by the value."""

CPU_SECONDS = 5.0
"""Seconds of the processor that one mail may take."""


class MailReader:
    """Reads mails; the process is `reader`, which others may end."""

    def __init__(self, kept: Kept, reader: Reader) -> None:
        self._kept = kept
        self.reader = reader

    async def __call__(self, posted: Posted) -> Letter:
        """The letter; raises Malformed, also for what takes too long, and Unavailable when no process can be had."""
        if len(posted.body) <= SHORT and (posted.kind == MAIL or is_quick(posted.body)):
            return understood(posted, self._kept)
        try:
            return await self.reader.call("mail", CPU_SECONDS, understood, posted, self._kept)
        except TooCostly as error:
            raise Malformed("the mail takes more time or memory to read than it may") from error
