"""The endpoint for mail by HTTP: raw messages, and the posts of mail services.

Each service is authenticated and answered as it requires. Mailgun takes 200 for done and tries
again after everything else but 406; Postmark takes 200 alone and stops at 403; SendGrid tries
again after 5xx, Amazon SNS after all but 2xx. A mail that cannot be understood is kept in
quarantine; trying again would not help, so services get 200 for it.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.channels.email.amazon.mail import SnsMailIntake
from gateway.channels.email.handler import SOURCE
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.posted import FORM, MAIL, DeliveredMail, form
from gateway.channels.email.reader import CPU_SECONDS, SHORT
from gateway.channels.memory_budget import read_body
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import Authenticate, build_accepted_response
from gateway.ingest.workers.process import ParseWorker
from gateway.receipts.submission import Receipt
from gateway.settings import Mail
from gateway.vocabulary import Outcome

WAYS = ("raw", "mailgun", "sendgrid", "postmark", "ses")
FRESH = timedelta(days=3)
"""The maximum age of a signature.

Services that try again for days do so with the first one. A mail sent twice counts once.
"""


@dataclass(frozen=True, slots=True)
class MailEndpoint:
    """The endpoint POST /ingest/email/{way} and /ingest/email/{way}/{key}."""

    intake: MailIntake
    authenticate: Authenticate
    mail: Mail
    amazon: SnsMailIntake
    reader: ParseWorker

    async def receive(self, request: web.Request) -> web.Response:
        """Take a mail and respond with the receipt, once committed.

        The status is 202 for a raw message, 200 for services. A raw message that cannot be
        understood raises Malformed, with its receipt, when it is in quarantine.
        """
        way = request.match_info["way"]
        caller = await self.authenticate(request, "ingest", request.match_info.get("key"))
        if caller.integration_id is None:
            raise Forbidden(
                "this key belongs to no integration: mail is sent with an integration's key"
            )
        body = bytearray()
        try:
            with counting_failures(self.intake.metrics, SOURCE):
                await read_body(body, request, self.intake.places, self.mail.max_bytes, "mail")
            receipt = await self._taken(way, caller.integration_id, request, bytes(body))
        finally:
            self.intake.places.release(len(body))
        if way != "raw":
            response = build_accepted_response(receipt)
            response.set_status(200)
            return response
        if receipt.results and receipt.results[0].outcome is Outcome.QUARANTINED:
            raise refused(receipt)
        return build_accepted_response(receipt)

    async def _taken(
        self, way: str, integration_id: int, request: web.Request, body: bytes
    ) -> Receipt:
        if way == "ses":
            return await self.amazon.take(integration_id, request.headers, body)
        posted = DeliveredMail(
            MAIL if way == "raw" else request.headers.get("Content-Type", FORM), body
        )
        with counting_failures(self.intake.metrics, SOURCE):
            by_service = await self._is_sendgrid(way, request, posted)
        trusted = self.mail.authentication
        servers = trusted.servers if trusted.posted else ()
        return await self.intake.take(
            integration_id, replace(posted, servers=servers, by_service=by_service)
        )

    async def _is_sendgrid(self, way: str, request: web.Request, posted: DeliveredMail) -> bool:
        """Verify the service's signature where its key is known; return whether SendGrid signed.

        Mailgun's forms have a field for each header of the mail, so no field of theirs counts as
        a check of the service. Raises Unauthenticated.
        """
        if way == "mailgun" and self.mail.mailgun_key:
            self._by_mailgun(
                form(posted)
                if len(posted.body) <= SHORT
                else await self.reader.call("mail", CPU_SECONDS, form, posted)
            )
        if way == "sendgrid" and self.mail.sendgrid_key:
            self._by_sendgrid(request, posted.body)
            return True
        return False

    def _by_mailgun(self, fields: dict[str, str]) -> None:
        """Verify Mailgun's signature: HMAC-SHA256 over timestamp and token; raises Unauthenticated.

        https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks
        """
        timestamp, token = fields.get("timestamp", ""), fields.get("token", "")
        wanted = hmac.digest(
            self.mail.mailgun_key.encode(), (timestamp + token).encode(), "sha256"
        ).hex()
        if not hmac.compare_digest(
            wanted.encode(), fields.get("signature", "").encode()
        ) or not self._fresh(timestamp):
            raise Unauthenticated("the signature is not Mailgun's, or too old")

    def _by_sendgrid(self, request: web.Request, body: bytes) -> None:
        """Verify SendGrid's signature: ECDSA over timestamp and body; raises Unauthenticated.

        https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
        """
        timestamp = request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp", "")
        try:
            key = load_der_public_key(base64.b64decode(self.mail.sendgrid_key))
            if not isinstance(key, EllipticCurvePublicKey):
                raise Unauthenticated("mail.sendgrid_key is no ECDSA key")
            signature = base64.b64decode(
                request.headers.get("X-Twilio-Email-Event-Webhook-Signature", ""), validate=True
            )
            key.verify(signature, timestamp.encode() + body, ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise Unauthenticated("the signature is not SendGrid's") from error
        if not self._fresh(timestamp):
            raise Unauthenticated("the signature is too old")

    def _fresh(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        return abs(self.intake.clock.now().timestamp() - int(timestamp)) <= FRESH.total_seconds()


def refused(receipt: Receipt) -> Malformed:
    """Return the error for a mail that is in quarantine under the receipt."""
    return Malformed(
        f"{receipt.results[0].reason}; the mail is kept in quarantine", receipt=str(receipt.id)
    )


def mail_routes(posts: MailEndpoint) -> list[web.RouteDef]:
    """Return the routes that mail is posted to.

    Mailgun posts whole messages to addresses that end in mime.
    """
    way = "/ingest/email/{way:" + "|".join(WAYS) + "}"
    return [
        web.post(way, posts.receive),
        web.post(way + "/{key}", posts.receive),
        web.post(way + "/{key}/mime", posts.receive),
    ]
