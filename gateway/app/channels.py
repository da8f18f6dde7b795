"""Assembly of the channels for reports and replies: mail, telephone, chat, web form and apps."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.access.reporter_links import ReporterLinks
from gateway.app import reports
from gateway.channels.chat.http import ChatEndpoint
from gateway.channels.chat.setup import SLUGS, build_chat_endpoint
from gateway.channels.email.amazon.mail import SnsMailIntake
from gateway.channels.email.handler import SOURCE as MAIL
from gateway.channels.email.http import MailEndpoint
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.setup import build_mail_intake
from gateway.channels.phone.handler import SOURCE as PHONE
from gateway.channels.phone.http import PhoneEndpoint
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.setup import build_phone_endpoint, build_phone_intake
from gateway.channels.report_service import ReportService
from gateway.ingest.http import AlertEndpoint
from gateway.ingest.replay import Resubmit
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.message import NotificationChannel
from gateway.notify.press_tokens import PressTokens
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import AttachmentService

SOURCES = (MAIL, PHONE, *SLUGS, *reports.SOURCES)


@dataclass(frozen=True, slots=True)
class Receivers:
    """All channels of a replica by which people write or call."""

    room: MailIntake
    mail: MailEndpoint
    calls: PhoneIntake
    phone: PhoneEndpoint
    chat: ChatEndpoint
    reports: reports.ReportChannels
    readers: tuple[ParseWorker, ...]

    @property
    def releases(self) -> Mapping[str, Resubmit]:
        """The functions that replay quarantined messages and reports of people, by source."""
        return {MAIL: self.room.release, PHONE: self.calls.replay, **self.reports.people}


def build_receivers(
    stack: AsyncExitStack,
    door: AlertEndpoint,
    files: AttachmentService,
    links: ReporterLinks,
    channels: Mapping[str, NotificationChannel],
) -> Receivers:
    """Build the channels; `links` holds the secrets of everything that is signed for people.

    `door` is the endpoint for alerts of monitoring tools.
    """
    settings, uow, submit, metrics = door.settings, files.uow, door.submit, door.metrics
    mails, reader = (ParseWorker(name, door.read.reader.forker) for name in ("mail", "people"))
    for process in (mails, reader):
        stack.push_async_callback(process.close)
    room = build_mail_intake(
        stack, settings, files, ReplyTokens(links.secrets), submit, metrics, mails
    )
    amazon = SnsMailIntake(room, door.fetch, door.certificates.get, settings.mail.ses)
    calls = build_phone_intake(settings, uow, submit, metrics)
    return Receivers(
        room,
        MailEndpoint(room, door.authenticate, settings.mail, amazon, mails),
        calls,
        build_phone_endpoint(settings, calls, links.secrets, door.authenticate, reader),
        build_chat_endpoint(
            settings,
            uow,
            submit,
            door.authenticate,
            metrics,
            PressTokens(links.secrets),
            channels,
            reader,
        ),
        reports.build_report_channels(
            settings,
            ReportService(uow, submit, metrics),
            files,
            links,
            uow.catalogue,
            metrics,
            reader,
        ),
        (mails, reader),
    )
