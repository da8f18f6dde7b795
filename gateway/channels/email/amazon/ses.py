"""Notifications of Amazon SES: the mail or its place in S3, and the verdicts on it. Pure.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from gateway.channels.email.posted import MAIL, DeliveredMail
from gateway.errors import Flaw, Malformed
from gateway.ingest.reading import limits

POINTER = "application/vnd.amazon.ses+json"
"""The Content-Type under which a notification without its mail is stored."""

OBJECT = re.compile(r"(?!.*(?:^|/)\.{0,2}(?:/|$))[^\x00-\x1f\x7f]{1,1024}")
"""Names of S3 objects that may be requested: none that a server could read as another path."""

RECEIVED, FAILED = "Received", "FAIL"


class SesVerdict(msgspec.Struct, frozen=True):
    """The result of one check: PASS, FAIL, GRAY or PROCESSING_FAILED."""

    status: str = ""


UNSAID = SesVerdict()


class SesAction(msgspec.Struct, rename="camel"):
    """The action of the receipt rule: for S3 the place of the mail, for SNS its encoding."""

    type: str = ""
    bucket_name: str = ""
    object_key: str = ""
    encoding: str = ""


class SesReceipt(msgspec.Struct, rename="camel"):
    """The part of a notification on the receipt of the mail: action, recipients and verdicts."""

    action: SesAction
    recipients: list[str] = []
    spam_verdict: SesVerdict = UNSAID
    virus_verdict: SesVerdict = UNSAID
    spf_verdict: SesVerdict = UNSAID
    dkim_verdict: SesVerdict = UNSAID
    dmarc_verdict: SesVerdict = UNSAID


class SesEnvelope(msgspec.Struct, rename="camel", frozen=True):
    """The mail's envelope."""

    message_id: str = ""
    source: str | None = None


class SesNotification(msgspec.Struct, rename="camel"):
    """A notification of SES; `content` is there for the SNS action alone."""

    notification_type: str = ""
    receipt: SesReceipt | None = None
    mail: SesEnvelope = SesEnvelope()
    content: str | None = None


@dataclass(frozen=True, slots=True)
class SesMail:
    """A mail that SES received: the mail itself or a pointer to it.

    `doubt` is the reason for putting it into quarantine, "" if there is none.
    """

    posted: DeliveredMail
    doubt: str


@dataclass(frozen=True, slots=True)
class S3Place:
    """The bucket and the name of a mail in S3."""

    bucket: str
    name: str


def parse_notification(message: str, doubted: Iterable[str]) -> SesMail:
    """Return the mail in a message of SNS.

    `doubted` are the checks, besides that for viruses, whose failure puts it into quarantine.
    Raises Malformed for a message that is no notification of a received mail, and for content in
    another encoding than is stated.
    """
    body = message.encode("utf-8", "surrogatepass")
    told, receipt = _read(body)
    doubt = _doubt(receipt, doubted)
    if told.content is None:
        return SesMail(DeliveredMail(POINTER, body), doubt)
    return SesMail(_mail(told, receipt, _content(told.content, receipt.action.encoding)), doubt)


def find_place(posted: DeliveredMail) -> S3Place:
    """Return the place of a mail in S3 from its notification; raises Malformed if it has none."""
    _, receipt = _read(posted.body)
    action = receipt.action
    if action.type != "S3" or not action.bucket_name:
        raise Malformed(
            "Amazon SES sent no mail, only that the action "
            f"{limits.cut(action.type, 40) or 'of its rule'} was taken: "
            "let the receipt rule publish to the topic by an SNS action, or by an S3 action"
        )
    if not OBJECT.fullmatch(action.object_key):
        raise limits.build_malformed(
            "/receipt/action/objectKey", "this is no name of a mail that SES kept"
        )
    return S3Place(action.bucket_name, action.object_key)


def with_content(posted: DeliveredMail, content: bytes) -> DeliveredMail:
    """Return the mail itself in place of the notification that refers to it."""
    return replace(_mail(*_read(posted.body), content), by_service=posted.by_service)


def _mail(told: SesNotification, receipt: SesReceipt, content: bytes) -> DeliveredMail:
    """Return the mail, with the verdict of SES on the address in From (DMARC)."""
    source, verdict = told.mail.source, receipt.dmarc_verdict.status.lower()
    envelope = None if source is None else source.strip("<> ")
    return DeliveredMail(MAIL, content, envelope, tuple(receipt.recipients), dmarc=verdict)


def _read(body: bytes) -> tuple[SesNotification, SesReceipt]:
    try:
        told = limits.decode(body, SesNotification)
    except Malformed as error:
        flaws = tuple(Flaw("/Message" + flaw.pointer, flaw.detail) for flaw in error.flaws)
        raise Malformed("the message is no notification of Amazon SES", flaws=flaws) from error
    if told.notification_type != RECEIVED or told.receipt is None:
        raise limits.build_malformed(
            "/Message/notificationType",
            "this is not what Amazon SES says of a mail that it received",
        )
    return told, told.receipt


def _doubt(receipt: SesReceipt, doubted: Iterable[str]) -> str:
    failed = [
        name
        for name in ("virus", *doubted)
        if getattr(receipt, f"{name}_verdict").status.upper() == FAILED
    ]
    if not failed:
        return ""
    return (
        f"Amazon SES: the mail failed its check for {', '.join(failed)}; "
        "replay it to take it in all the same"
    )


def _content(content: str, encoding: str) -> bytes:
    """Return the bytes of the mail.

    Where the action states no encoding, text without a colon is base64: every mail header has
    one.
    """
    if encoding.upper() == "BASE64" or (not encoding and ":" not in content[:1_000]):
        try:
            return b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise limits.build_malformed(
                "/Message/content", "the mail is not the base64 that it is said to be"
            ) from error
    return content.encode("utf-8", "replace")
