"""Assembly of the channels for reports and replies: mail, telephone, chat, web form and apps."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from gateway.access.reporter_links import ReporterLinks
from gateway.app import reports
from gateway.app.channel_pages import open_channel_pages
from gateway.channels.chat.http import ChatEndpoint
from gateway.channels.chat.setup import SLUGS, build_chat_endpoint, chat_connections
from gateway.channels.email.amazon.mail import SnsMailIntake
from gateway.channels.email.handler import SOURCE as MAIL
from gateway.channels.email.http import MailEndpoint
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.setup import build_mail_intake
from gateway.channels.opening import ChannelPages, ChannelParts, PageParts
from gateway.channels.phone.http import PhoneEndpoint
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.posted import SOURCE as PHONE
from gateway.channels.phone.setup import build_phone_endpoint, build_phone_intake
from gateway.channels.report_service import ReportService
from gateway.ingest.http import Authenticate, Certificates, Fetch, Submit
from gateway.ingest.replay import Resubmit
from gateway.ingest.workers.forker import WorkerForker
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.press_tokens import PressTokens
from gateway.notify.reply_tokens import ReplyTokens
from gateway.observe.metrics import Metrics
from gateway.operations.attach import AttachmentService
from gateway.settings import Settings

SOURCES = (MAIL, PHONE, *SLUGS, *reports.SOURCES)


@dataclass(frozen=True, slots=True)
class Receivers:
    """All channels of a replica by which people write or call."""

    mail_intake: MailIntake
    mail: MailEndpoint
    calls: PhoneIntake
    phone: PhoneEndpoint
    chat: ChatEndpoint
    reports: reports.ReportChannels
    pages: tuple[ChannelPages, ...]
    readers: tuple[ParseWorker, ...]
    connections: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]

    @property
    def releases(self) -> Mapping[str, Resubmit]:
        """The functions that replay quarantined messages and reports of people, by source."""
        return {MAIL: self.mail_intake.release, PHONE: self.calls.replay, **self.reports.people}


@dataclass(frozen=True, slots=True)
class ReceiverParts:
    """The parts of a replica that channels are built of.

    `links` holds the secrets of everything that is signed for people, `channels` are the names of
    those that notifications are sent by, `forker` starts processes that parse.
    """

    settings: Settings
    files: AttachmentService
    submit: Submit
    metrics: Metrics
    authenticate: Authenticate
    fetch: Fetch
    certificates: Certificates
    links: ReporterLinks
    channels: Collection[str]
    forker: WorkerForker


def build_receivers(stack: AsyncExitStack, parts: ReceiverParts) -> Receivers:
    """Build the channels; their processes end with `stack`."""
    settings, uow, metrics = parts.settings, parts.files.uow, parts.metrics
    submit, secrets = parts.submit, parts.links.secrets
    mails, reader = ParseWorker("mail", parts.forker), ParseWorker("people", parts.forker)
    for process in (mails, reader):
        stack.push_async_callback(process.close)
    intake = build_mail_intake(
        stack, settings, parts.files, ReplyTokens(secrets), submit, metrics, mails
    )
    amazon = SnsMailIntake(intake, parts.fetch, parts.certificates.get, settings.mail.ses)
    calls = build_phone_intake(settings, uow, submit, metrics)
    report_channels = reports.build_report_channels(
        settings,
        ReportService(uow, submit, metrics),
        parts.files,
        parts.links,
        uow.catalogue,
        metrics,
        reader,
    )
    channel = ChannelParts(stack, uow.pool, settings, uow.clock, secrets)
    chat = build_chat_endpoint(
        settings,
        uow,
        submit,
        parts.authenticate,
        metrics,
        PressTokens(secrets),
        parts.channels,
        reader,
    )
    return Receivers(
        intake,
        MailEndpoint(intake, parts.authenticate, settings.mail, amazon, mails),
        calls,
        build_phone_endpoint(settings, calls, secrets, parts.authenticate, reader),
        chat,
        report_channels,
        open_channel_pages(PageParts(channel, parts.links, report_channels.form.pages)),
        (mails, reader),
        chat_connections(channel, chat.intake),
    )
