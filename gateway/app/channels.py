"""The ways in for what people say, put together: mail, telephone, chat, forms and apps."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.access.reporter_links import ReporterLinks
from gateway.app import reports
from gateway.channels.chat.http import ChatDoor
from gateway.channels.chat.setup import SLUGS, chat_door
from gateway.channels.email.amazon.mail import Amazon
from gateway.channels.email.handler import SOURCE as MAIL
from gateway.channels.email.http import MailPosts
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.setup import mail_room
from gateway.channels.phone.handler import SOURCE as PHONE
from gateway.channels.phone.http import PhonePosts
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.setup import phone_posts, phone_room
from gateway.channels.report_service import ReportService
from gateway.ingest.http import AlertEndpoint
from gateway.ingest.replay import Release
from gateway.ingest.workers.process import Reader
from gateway.notify.message import Channel
from gateway.notify.press_tokens import PressTokens
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import AttachmentStore

SOURCES = (MAIL, PHONE, *SLUGS, *reports.SOURCES)


@dataclass(frozen=True, slots=True)
class Receivers:
    """All of them."""

    room: MailIntake
    mail: MailPosts
    calls: PhoneIntake
    phone: PhonePosts
    chat: ChatDoor
    reports: reports.ReportChannels
    readers: tuple[Reader, ...]

    @property
    def releases(self) -> Mapping[str, Release]:
        """What reads again what of theirs is in quarantine, by source."""
        return {MAIL: self.room.release, PHONE: self.calls.replay, **self.reports.people}


def build_receivers(
    stack: AsyncExitStack, door: AlertEndpoint, files: AttachmentStore, links: ReporterLinks, channels: Mapping[str, Channel]
) -> Receivers:
    """Beside `door`, through which monitors come; `links` has the secrets of everything that is signed for people."""
    settings, uow, submit, metrics = door.settings, files.uow, door.submit, door.metrics
    mails, reader = (Reader(name, door.read.reader.forker) for name in ("mail", "people"))
    for process in (mails, reader):
        stack.push_async_callback(process.close)
    room = mail_room(stack, settings, files, ReplyTokens(links.secrets), submit, metrics, mails)
    amazon = Amazon(room, door.fetch, door.certificates.get, settings.mail.ses)
    calls = phone_room(settings, uow, submit, metrics)
    return Receivers(
        room,
        MailPosts(room, door.authenticate, settings.mail, amazon, mails),
        calls,
        phone_posts(settings, calls, links.secrets, door.authenticate, reader),
        chat_door(settings, uow, submit, door.authenticate, metrics, PressTokens(links.secrets), channels, reader),
        reports.build_report_channels(
            settings, ReportService(uow, submit, metrics), files, links, uow.catalogue, metrics, reader
        ),
        (mails, reader),
    )
