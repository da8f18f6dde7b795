"""Puts the mail room together."""

from contextlib import AsyncExitStack

from gateway.clock import Clock
from gateway.files.s3 import S3Store
from gateway.ingest.http import Submit
from gateway.ingest.mail.acknowledging import Acknowledging
from gateway.ingest.mail.amazon import Bucket
from gateway.ingest.mail.filing import Filing
from gateway.ingest.mail.posted import Kept
from gateway.ingest.mail.reader import MailReader
from gateway.ingest.mail.room import MailRoom
from gateway.ingest.places import Places
from gateway.ingest.reading.process import Reader
from gateway.ingest.reception import Reception
from gateway.metrics import Metrics
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import Filing as Files
from gateway.settings import Mail, Settings


def mail_room(
    stack: AsyncExitStack,
    settings: Settings,
    files: Files,
    tokens: ReplyTokens,
    submit: Submit,
    metrics: Metrics,
    process: Reader,
) -> MailRoom:
    """The room as the settings say; its process ends with `stack`."""
    mail, smtp = settings.mail, settings.notify.smtp
    reader = MailReader(Kept(settings.attachments.max_bytes, settings.attachments.max_files), process)
    sender = smtp.sender if smtp.host else ""
    acknowledging = Acknowledging(mail.acknowledgements_per_hour if sender and mail.acknowledge else 0)
    filing = Filing(Reception(files.desk, submit, metrics), files, tokens, mail, acknowledging)
    places = Places(mail.at_once, mail.at_once * mail.max_bytes)
    return MailRoom(
        _bucket(stack, mail, files.desk.clock), reader, submit, filing, sender, mail, metrics, files.desk.clock, places
    )


def _bucket(stack: AsyncExitStack, mail: Mail, clock: Clock) -> Bucket:
    """Where mails lie that SES only tells of."""
    store = None
    if mail.ses.s3.endpoint:
        store = S3Store(mail.ses.s3, clock)
        stack.push_async_callback(store.close)
    return Bucket(store, mail.ses, mail.max_bytes)
