"""The parsing of mails without blocking the event loop.

Short mails are parsed at once, others in a process of their own, one at a time.
"""

from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.posted import MAIL, DeliveredMail, FileLimits, parse_mail
from gateway.errors import Malformed
from gateway.ingest.workers.process import ParseWorker, is_quick
from gateway.ingest.workers.protocol import TooCostly

SHORT = 24_576
"""The number of bytes of a mail that is parsed in a few milliseconds, whatever it holds.

JSON of a mail service costs by the number of values.
"""

CPU_SECONDS = 5.0
"""Seconds of CPU time that parsing one mail may take."""


class MailReader:
    """A parser of mails that uses a process for long ones; others may end the process."""

    def __init__(self, kept: FileLimits, reader: ParseWorker) -> None:
        self._kept = kept
        self.reader = reader

    async def __call__(self, posted: DeliveredMail) -> ParsedMail:
        """Return the parsed mail.

        Raises Malformed, also if parsing takes too long, and Unavailable if no process is
        available.
        """
        if len(posted.body) <= SHORT and (posted.kind == MAIL or is_quick(posted.body)):
            return parse_mail(posted, self._kept)
        try:
            return await self.reader.call("mail", CPU_SECONDS, parse_mail, posted, self._kept)
        except TooCostly as error:
            raise Malformed("the mail takes more time or memory to read than it may") from error
