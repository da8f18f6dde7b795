"""The intake of mail that Amazon SES received.

SES notifies by signed messages of SNS, which hold the mail or name the S3 object that does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.channels.email.amazon import ses
from gateway.channels.email.handler import SOURCE
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.posted import DeliveredMail
from gateway.errors import Forbidden, Malformed, TooLarge, Unauthenticated, Unavailable
from gateway.files.s3 import S3Store
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import UNSET, Fetch
from gateway.ingest.reading import limits, sns
from gateway.ingest.reading.source import WebhookDelivery
from gateway.observe.metric_labels import RequestOutcome
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import Ses

RAW = "x-amz-sns-rawdelivery"


@dataclass(frozen=True, slots=True)
class SesBucketReader:
    """A reader of mails that SES stored in the bucket of the settings.

    Each has at most `max_bytes`; without a store none are read.
    """

    store: S3Store | None
    settings: Ses
    max_bytes: int

    async def __call__(self, posted: DeliveredMail) -> DeliveredMail:
        """Return the mail that a notification refers to; anything else is returned unchanged.

        Raises Malformed for a mail that cannot be read, with what to do about it, and
        Unavailable while the bucket does not respond.
        """
        if posted.kind != ses.POINTER:
            return posted
        place, own = ses.find_place(posted), self.settings.s3
        where = f"the mail lies in the bucket {place.bucket} as {limits.cut(place.name, 200)}"
        if (
            self.store is None
            or place.bucket != own.bucket
            or not place.name.startswith(own.prefix)
        ):
            raise Malformed(f"{where}: name that bucket in mail.ses.s3 and replay this")
        return ses.with_content(
            posted, await self._content(self.store, place.name.removeprefix(own.prefix), where)
        )

    async def _content(self, store: S3Store, handle: str, where: str) -> bytes:
        content = bytearray()
        try:
            async for piece in store.read(handle):
                content += piece
                if len(content) > self.max_bytes:
                    raise Malformed(
                        f"{where} and has more than {self.max_bytes} bytes: "
                        "raise mail.max_bytes and replay this"
                    )
        except Unavailable as error:
            status = error.facts.get("status")
            if status in (403, 404):
                raise Malformed(
                    f"{where}, and the bucket answers {status}: see to its rights, and replay this"
                ) from error
            raise
        return bytes(content)


@dataclass(frozen=True, slots=True)
class SnsMailIntake:
    """An intake of SNS messages about mail.

    `fetch` calls the address that confirms a subscription; `certificate` returns a signing
    certificate.
    """

    intake: MailIntake
    fetch: Fetch
    certificate: Fetch
    settings: Ses

    async def take(self, integration_id: int, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Take a message and return the receipt, once committed.

        A mail that cannot be understood or trusted is in quarantine when this returns. Raises
        Unauthenticated for a message that Amazon did not sign, Forbidden for a topic that is not
        allowed, TooLarge for a message longer than SNS sends, and Unavailable.
        """
        with counting_failures(self.intake.metrics, SOURCE):
            told = await self._verified(headers, body)
        if isinstance(told, str):
            return await self._mail(integration_id, told, by_service=False)
        if told.type == sns.NOTIFICATION:
            return await self._mail(
                integration_id, told.message, by_service=bool(self.settings.accounts)
            )
        with counting_failures(self.intake.metrics, SOURCE):
            return await self._subscription(integration_id, told, body)

    async def _verified(self, headers: Mapping[str, str], body: bytes) -> sns.SnsMessage | str:
        """Return the message that Amazon signed, or the text of one without an envelope."""
        if len(body) > sns.LARGEST:
            raise TooLarge(f"a message of Amazon SNS has at most {sns.LARGEST} bytes")
        if headers.get(RAW, "").lower() == "true":
            return self._unwrapped(headers, body)
        delivery = WebhookDelivery(headers, body, self.intake.clock.now())
        delivery = replace(
            delivery, certificate=await self.certificate(sns.certificate_at(delivery, UNSET))
        )
        sns.verify(delivery)
        envelope = limits.decode(body, sns.SnsMessage)
        self._allowed(envelope.accounts())
        return envelope

    def _unwrapped(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return a message without its SNS envelope, which nobody signed.

        It is accepted where the settings say that the integration's key is proof enough; raises
        Unauthenticated elsewhere.
        """
        if not self.settings.raw_delivery:
            raise Unauthenticated(
                "raw messages are not signed: "
                "leave raw message delivery off, or set mail.ses.raw_delivery"
            )
        found = sns.TOPIC.fullmatch(headers.get("x-amz-sns-topic-arn", ""))
        self._allowed((found[0], found[1]) if found else ())
        return body.decode("utf-8", "replace")

    def _allowed(self, told: tuple[str, ...]) -> None:
        if self.settings.accounts and not set(self.settings.accounts) & set(told):
            raise Forbidden("the topic is not among mail.ses.accounts")

    async def _mail(self, integration_id: int, message: str, *, by_service: bool) -> Receipt:
        """Take a mail; its SES verdicts count where one of the accounts in the settings sent it."""
        try:
            found = ses.parse_notification(message, self.settings.doubted)
        except Malformed as error:
            found = ses.SesMail(
                DeliveredMail(ses.POINTER, message.encode("utf-8", "replace")), error.detail
            )
        if not found.doubt:
            return await self.intake.take(
                integration_id, replace(found.posted, by_service=by_service)
            )
        with counting_failures(self.intake.metrics, SOURCE):
            receipt = await self.intake.quarantine(integration_id, found.posted, found.doubt)
        self.intake.metrics.request(SOURCE, RequestOutcome.REFUSED)
        return receipt

    async def _subscription(
        self, integration_id: int, envelope: sns.SnsMessage, body: bytes
    ) -> Receipt:
        """Confirm a subscription; raises Malformed if its address is not Amazon's."""
        said = "subscription ended"
        if envelope.type == sns.SUBSCRIPTION:
            await self.fetch(sns.find_confirmation_url(envelope))
            said = "subscription confirmed"
        name = f"sns:{limits.key(envelope.message_id, '/MessageId')}"
        return await self.intake.submit(
            Submission(integration_id, SOURCE, body, {}, (), ignored=((0, said),), delivery_id=name)
        )
