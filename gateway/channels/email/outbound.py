"""The outbound channel of e-mail.

Each message has a connection of its own: messages are rare, relays drop idle connections after a
minute, and a pooled connection that died while idle would be noticed only after half of the
message was sent, when nobody can say whether it was accepted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib

from gateway.channels.opening import ChannelParts
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)
from gateway.notify.reply_tokens import ReplyTokens, add_tag, reply_marker_line
from gateway.settings import Smtp
from gateway.settings.recipients import MAIL

OTHER_LETTERS = re.compile(r"[^\x00-\x7f]")
OUTSIDERS = frozenset({"reporter", "subscriber"})
"""The roles of recipients who give no commands by their replies."""
TIMEOUT_S = 9.0


@dataclass(frozen=True, slots=True)
class ReplyRouting:
    """The means by which replies find their record: signed tags and the address they are put into.

    Without an address the tag stands in the text alone.
    """

    tokens: ReplyTokens
    address: str = ""


def compose(message: Message, sender: str, replies: ReplyRouting | None = None) -> EmailMessage:
    """Return the mail; raises ValueError for a bad address.

    It has the same Message-ID on every attempt. All mails of an incident are one thread, whose
    root is a Message-ID nobody ever sent, so that they are connected in whatever order they
    arrive; an answer to a mail is below that one. As an id with a counter could be guessed, a
    signed one stands beside the root. Auto-Submitted keeps vacation replies and the gateway's
    own intake from answering it (RFC 3834), X-Loop lets that intake recognise its own mail.
    """
    domain = _address(sender).domain
    root = f"<incident-{message.incident_id}@{domain}>"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = _address(message.recipient)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    answered = message.facts.get("answers")
    if answered or message.incident_id is not None:
        mail["In-Reply-To"] = f"<{answered}>" if answered else root
        mail["References"] = " ".join(_thread(message, answered, root, domain, replies))
    mail["Auto-Submitted"] = "auto-replied" if answered else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Loop"] = sender
    replies = replies if message.incident_id is not None else None
    if replies is not None and replies.address:
        mail["Reply-To"] = _address(add_tag(replies.address, _tag(message, replies)))
    mail.set_content(message.text if replies is None else _tagged_text(message, replies))
    return mail


def _thread(
    message: Message, answered: object, root: str, domain: str, replies: ReplyRouting | None
) -> Iterator[str]:
    """Yield the ids for References; the last one is signed, by which a reply finds its record."""
    if answered:
        yield f"<{answered}>"
    yield root
    if replies is not None and message.incident_id is not None:
        yield f"<{_tag(message, replies)}@{domain}>"


def _tagged_text(message: Message, replies: ReplyRouting) -> str:
    """Return the text between the line above which people reply and the tag.

    The tag in the text survives where Reply-To does not.
    """
    line = reply_marker_line(str(message.facts.get("locale", "")))
    return f"{line}\n\n{message.text.rstrip()}\n\n[{_tag(message, replies)}]\n"


def _tag(message: Message, replies: ReplyRouting) -> str:
    assert message.incident_id is not None  # noqa: S101 - a message about no record has no tag
    told_at = None if message.role in OUTSIDERS else message.created_at
    return replies.tokens.make(message.incident_id, told_at)


def with_ascii_domain(text: str) -> str:
    """Return the address with its domain in IDNA.

    A local part in other letters stays, and needs SMTPUTF8 (RFC 6531).
    """
    name, at, domain = text.rpartition("@")
    if domain.isascii():
        return text
    try:
        return f"{name}{at}{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise ValueError(f"not a mail address: {text!r}") from error


def _address(text: str) -> Address:
    if not text.isprintable() or any(letter.isspace() for letter in text):
        raise ValueError(f"not a mail address: {text!r}")
    try:
        address = Address(addr_spec=OTHER_LETTERS.sub("x", with_ascii_domain(text)))
    except (MessageError, IndexError, ValueError) as error:
        raise ValueError(f"not a mail address: {text!r}") from error
    if not address.username or not address.domain:
        raise ValueError(f"not a mail address: {text!r}")
    return (
        Address(username=text.rpartition("@")[0], domain=address.domain)
        if not text.isascii()
        else address
    )


def refusal_result(code: int, reason: str) -> Result:
    """Return the result of a refusal: 4yz is temporary, 5yz permanent (RFC 5321, 4.2.1)."""
    return (
        Undeliverable(f"refused {code}: {reason}")
        if code >= 500
        else Retry(f"refused {code}: {reason}")
    )


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """A channel through the one configured relay.

    With `starttls` a relay that does not support it is not used.
    """

    settings: Smtp
    replies: ReplyRouting | None = None

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the relay is the endpoint, whoever the mail is for
        """Return the relay as the endpoint of every message."""
        return f"smtp://{self.settings.host}:{self.settings.port}"

    async def send(self, message: Message) -> Result:
        """Hand the message to the relay once."""
        try:
            mail = compose(message, self.settings.sender, self.replies)
        except (ValueError, MessageError) as error:
            return Undeliverable(str(error))
        try:
            await aiosmtplib.send(
                mail,
                recipients=[with_ascii_domain(message.recipient)],
                hostname=self.settings.host,
                port=self.settings.port,
                timeout=TIMEOUT_S,
                username=self.settings.username or None,
                password=self.settings.password or None,
                start_tls=self.settings.starttls,
                use_tls=False,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            return error_result(error, message.recipient)
        return Delivered()


def error_result(error: aiosmtplib.SMTPException | OSError, recipient: str) -> Result:
    """Return the result of an error."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return refusal_result(error.recipients[0].code, error.recipients[0].message)
        case aiosmtplib.SMTPDataError():
            return refusal_result(error.code, error.message)
        case aiosmtplib.SMTPSenderRefused():
            return Retry(f"sender refused {error.code}: {error.message}", down=True)
        case aiosmtplib.SMTPNotSupported() if not recipient.rpartition("@")[0].isascii():
            return Undeliverable(
                f"the relay takes no SMTPUTF8, which the address {recipient} needs"
            )
        case _:
            return Retry(f"{type(error).__name__}: {error}", down=True)


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without a relay."""
    settings = parts.settings
    if not settings.notify.smtp.host:
        return {}
    replies = ReplyRouting(ReplyTokens(parts.secrets), settings.mail.reply_to)
    return {MAIL: SmtpChannel(settings.notify.smtp, replies)}
