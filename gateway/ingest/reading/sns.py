"""Amazon SNS over HTTPS: envelope, signature (versions 1 and 2), subscription. Pure.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.errors import Malformed, Unauthenticated
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.source import WebhookDelivery
from gateway.settings import SourceSettings

HOST = r"https://sns\.[a-z]{2}[a-z0-9-]{3,28}\.amazonaws\.com(?:\.cn)?"
CERTIFICATE = re.compile(HOST + r"/SimpleNotificationService-[0-9A-Za-z-]{1,64}\.pem", re.ASCII)
SUBSCRIBE = re.compile(
    HOST + r"/\?Action=ConfirmSubscription&[0-9A-Za-z:&=%._~-]{1,1024}", re.ASCII
)
"""Patterns of the only addresses that are ever called.

They match whole addresses, so that nothing can precede or follow the allowed text.
"""

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:([0-9]{12}):[A-Za-z0-9_.-]{1,256}", re.ASCII)
LONGEST = timedelta(hours=1) + signatures.TOLERANCE
"""The maximum age of a message: SNS retries for an hour and signs the time of publishing."""

LARGEST = 786_432
"""Maximum bytes of a request; a message has 256 KiB at most, and some characters are escaped."""

HASHES = {"1": hashes.SHA1, "2": hashes.SHA256}
NOTIFICATION, SUBSCRIPTION, UNSUBSCRIPTION = (
    "Notification",
    "SubscriptionConfirmation",
    "UnsubscribeConfirmation",
)
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
    UNSUBSCRIPTION: (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
"""The signed fields of each kind of message, in the order of signing."""


class SnsMessage(msgspec.Struct, rename="pascal"):
    """A message as SNS posts it; with raw delivery there is no envelope, and nothing to verify."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(default=None, name="SubscribeURL")

    def accounts(self) -> tuple[str, ...]:
        """Return the topic and the account it belongs to, nothing for a malformed topic."""
        found = TOPIC.fullmatch(self.topic_arn)
        return (self.topic_arn, found[1]) if found else ()


def certificate_at(delivery: WebhookDelivery, _: SourceSettings) -> str:
    """Return the address of the certificate; raises Unauthenticated unless it is Amazon's."""
    address = _envelope(delivery).signing_cert_url
    if not CERTIFICATE.fullmatch(address):
        raise Unauthenticated("the certificate does not lie where Amazon SNS keeps its own")
    return address


def verify(delivery: WebhookDelivery) -> None:
    """Raise Unauthenticated unless the certificate's key signed a message of the last hour."""
    envelope = _envelope(delivery)
    algorithm = HASHES.get(envelope.signature_version)
    if algorithm is None:
        raise Unauthenticated(
            f"signature version {envelope.signature_version[:10]!r} is not known: 1 and 2 are"
        )
    try:
        key = _key(delivery.certificate, delivery.received_at)
        key.verify(
            signatures.from_base64(envelope.signature),
            _signed(envelope),
            padding.PKCS1v15(),
            algorithm(),
        )
        sent = limits.parse_time(envelope.timestamp)
    except (InvalidSignature, UnsupportedAlgorithm, Malformed) as error:
        raise Unauthenticated("the message is not signed by Amazon SNS") from error
    if sent is None:
        raise Unauthenticated("the message does not say when it was published")
    signatures.require_fresh(sent, delivery.received_at, LONGEST)


def find_confirmation_url(envelope: SnsMessage) -> str:
    """Return the address that confirms the subscription; raises Malformed unless it is Amazon's."""
    address = envelope.subscribe_url or ""
    if not SUBSCRIBE.fullmatch(address):
        raise limits.build_malformed(
            "/SubscribeURL", "this is not where Amazon SNS has a subscription confirmed"
        )
    return address


def _envelope(delivery: WebhookDelivery) -> SnsMessage:
    if len(delivery.body) > LARGEST:
        raise Unauthenticated(
            f"this is no message of Amazon SNS: those have at most {LARGEST} bytes"
        )
    try:
        envelope = limits.decode(delivery.body, SnsMessage)
    except Malformed as error:
        raise Unauthenticated(
            "this is no signed message of Amazon SNS: leave raw message delivery off"
        ) from error
    if envelope.type not in SIGNED:
        raise Unauthenticated("this is no kind of message that Amazon SNS sends")
    return envelope


def _signed(envelope: SnsMessage) -> bytes:
    """Return the signed text: the name and value of each signed field that is present, on lines."""
    told = msgspec.to_builtins(envelope)
    lines = [
        f"{name}\n{told[name]}\n" for name in SIGNED[envelope.type] if told.get(name) is not None
    ]
    return "".join(lines).encode("utf-8", "surrogatepass")


def _key(certificate: bytes, now: datetime) -> rsa.RSAPublicKey:
    """Return the key of a certificate that is valid at that time; raises Unauthenticated."""
    found = _read(certificate)
    key = found.public_key()
    if (
        not isinstance(key, rsa.RSAPublicKey)
        or not found.not_valid_before_utc <= now <= found.not_valid_after_utc
    ):
        raise Unauthenticated("the certificate is not valid")
    return key


@lru_cache(maxsize=32)
def _read(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise Unauthenticated("the certificate cannot be read") from error
