"""The assembly of the intake of mail."""

from contextlib import AsyncExitStack

from gateway.channels.email.acknowledgement import MailAcknowledger
from gateway.channels.email.amazon.mail import SesBucketReader
from gateway.channels.email.handler import MailHandler
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.posted import FileLimits
from gateway.channels.email.reader import MailReader
from gateway.channels.memory_budget import MemoryBudget
from gateway.channels.report_service import ReportService
from gateway.files.s3 import S3Store
from gateway.ingest.http import Submit
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.reply_tokens import ReplyTokens
from gateway.observe.metrics import Metrics
from gateway.operations.attach import AttachmentService as Files
from gateway.settings import Mail, Settings
from gateway.timing.clock import Clock


def build_mail_intake(
    stack: AsyncExitStack,
    settings: Settings,
    files: Files,
    tokens: ReplyTokens,
    submit: Submit,
    metrics: Metrics,
    process: ParseWorker,
) -> MailIntake:
    """Return the intake as configured; its process ends with `stack`."""
    mail, smtp = settings.mail, settings.notify.smtp
    reader = MailReader(
        FileLimits(settings.attachments.max_bytes, settings.attachments.max_files), process
    )
    sender = smtp.sender if smtp.host else ""
    acknowledging = MailAcknowledger(
        mail.acknowledgements_per_hour if sender and mail.acknowledge else 0
    )
    handler = MailHandler(
        ReportService(files.uow, submit, metrics), files, tokens, mail, acknowledging
    )
    places = MemoryBudget(mail.at_once, mail.at_once * mail.max_bytes)
    return MailIntake(
        _bucket(stack, mail, files.uow.clock),
        reader,
        submit,
        handler,
        sender,
        mail,
        metrics,
        files.uow.clock,
        places,
    )


def _bucket(stack: AsyncExitStack, mail: Mail, clock: Clock) -> SesBucketReader:
    """Return the reader of mails that SES stored in S3."""
    store = None
    if mail.ses.s3.endpoint:
        store = S3Store(mail.ses.s3, clock)
        stack.push_async_callback(store.close)
    return SesBucketReader(store, mail.ses, mail.max_bytes)
