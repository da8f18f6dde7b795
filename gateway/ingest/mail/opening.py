"""Puts the mail room together."""

from contextlib import AsyncExitStack

from gateway.ingest.http import Submit
from gateway.ingest.mail.filing import Filing
from gateway.ingest.mail.posted import Kept
from gateway.ingest.mail.reader import Reader
from gateway.ingest.mail.room import MailRoom, Places
from gateway.ingest.reception import Reception
from gateway.metrics import Metrics
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import Filing as Files
from gateway.settings import Settings


def mail_room(
    stack: AsyncExitStack, settings: Settings, files: Files, tokens: ReplyTokens, submit: Submit, metrics: Metrics
) -> MailRoom:
    """The room as the settings say; its process ends with `stack`."""
    mail, smtp = settings.mail, settings.notify.smtp
    reader = Reader(Kept(settings.attachments.max_bytes, settings.attachments.max_files))
    stack.push_async_callback(reader.close)
    filing = Filing(Reception(files.desk, submit, metrics), files, tokens, mail, smtp.sender if smtp.host else "")
    places = Places(mail.at_once, mail.at_once * mail.max_bytes)
    return MailRoom(reader, submit, filing, mail, metrics, files.desk.clock, places)
