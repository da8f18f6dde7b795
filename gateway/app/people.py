"""The ways in for what people say, put together: mail, telephone, chat, forms and apps."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.app import reports
from gateway.ingest.chat.http import ChatDoor
from gateway.ingest.chat.opening import SLUGS, chat_door
from gateway.ingest.http import FrontDoor
from gateway.ingest.mail.amazon import Amazon
from gateway.ingest.mail.filing import SOURCE as MAIL
from gateway.ingest.mail.http import MailPosts
from gateway.ingest.mail.opening import mail_room
from gateway.ingest.mail.room import MailRoom
from gateway.ingest.phone.filing import SOURCE as PHONE
from gateway.ingest.phone.http import PhonePosts
from gateway.ingest.phone.opening import phone_posts, phone_room
from gateway.ingest.phone.room import PhoneRoom
from gateway.ingest.reading.process import Reader
from gateway.ingest.reception import Reception
from gateway.ingest.replay import Release
from gateway.notify.message import Channel
from gateway.notify.press_tokens import PressTokens
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import Filing
from gateway.operations.reporter_links import ReporterLinks

SOURCES = (MAIL, PHONE, *SLUGS, *reports.SOURCES)


@dataclass(frozen=True, slots=True)
class Ways:
    """All of them."""

    room: MailRoom
    mail: MailPosts
    calls: PhoneRoom
    phone: PhonePosts
    chat: ChatDoor
    reports: reports.Ways
    readers: tuple[Reader, ...]

    @property
    def releases(self) -> Mapping[str, Release]:
        """What reads again what of theirs is in quarantine, by source."""
        return {MAIL: self.room.release, PHONE: self.calls.replay, **self.reports.people}


def ways(stack: AsyncExitStack, door: FrontDoor, files: Filing, links: ReporterLinks, channels: Mapping[str, Channel]) -> Ways:
    """Beside `door`, through which monitors come; `links` has the secrets of everything that is signed for people."""
    settings, desk, submit, metrics = door.settings, files.desk, door.submit, door.metrics
    mails, reader = (Reader(name, door.read.reader.forker) for name in ("mail", "people"))
    for process in (mails, reader):
        stack.push_async_callback(process.close)
    room = mail_room(stack, settings, files, ReplyTokens(links.secrets), submit, metrics, mails)
    amazon = Amazon(room, door.fetch, door.certificates.get, settings.mail.ses)
    calls = phone_room(settings, desk, submit, metrics)
    return Ways(
        room,
        MailPosts(room, door.authenticate, settings.mail, amazon, mails),
        calls,
        phone_posts(settings, calls, links.secrets, door.authenticate, reader),
        chat_door(settings, desk, submit, door.authenticate, metrics, PressTokens(links.secrets), channels, reader),
        reports.ways(settings, Reception(desk, submit, metrics), files, links, desk.catalogue, metrics, reader),
        (mails, reader),
    )
