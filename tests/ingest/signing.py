"""Senders that sign their requests.

Each signs as its documentation says, with a secret of its own, and can be made to sign wrongly.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from standardwebhooks import Webhook

from gateway.settings import SourceSettings
from tests.ingest.requests import FIXTURES, NOW

OLD, NEW = "the secret before this one", "the secret of today"
WHSEC_OLD, WHSEC_NEW = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_cGxlYXNlIGRvIG5vdCB0ZWxsIGFueWJvZHk=",
)


Request = tuple[dict[str, str], bytes]
"""The headers and the body of a request."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Signer:
    """A sender that signs its requests.

    It has two live secrets, the account it sends for, a function that signs a body at a time, and
    the name of the header or field of the signature.

    `word` is a part of the body of its fixture; `longest` is the time a signature is valid, None if
    it has no time. If `in_body`, the signature is a field of the body, made with a certificate: the
    secrets are then the versions of the signature. Senders that use tokens have `settings`; their
    keys are published at the addresses of `certificates`, and no token `binds_the_body`.
    """

    slug: str
    secrets: tuple[str, str]
    account: str
    sign: Callable[[str, bytes, datetime], Request]
    signature: str
    word: bytes
    longest: timedelta | None = 5 * MINUTE
    in_body: bool = False
    settings: SourceSettings | None = None
    certificates: Mapping[str, bytes] = field(default_factory=dict)
    binds_the_body: bool = True
    case: str = "firing"

    def body(self) -> bytes:
        return (
            (FIXTURES / self.slug / self.case / "request.http").read_bytes().partition(b"\n\n")[2]
        )

    def signed(self, at: datetime = NOW, secret: int = 0) -> Request:
        return self.sign(self.secrets[secret], self.body(), at)

    def by_a_stranger(self) -> Request:
        return self.sign(self.secrets[0][:-8] + "AAAABBBB", self.body(), NOW)

    def otherwise(self, request: Request, signature: str | None) -> Request:
        """Return the request with another signature, or with none."""
        headers, body = request
        if self.in_body:
            return headers, msgspec.json.encode(
                _changed(msgspec.json.decode(body), self.signature, signature)
            )
        return _changed(headers, self.signature, signature), body

    def intake(self, *accounts: str) -> SourceSettings:
        if self.settings is not None:
            return msgspec.structs.replace(self.settings, accounts=accounts)
        return SourceSettings(secrets=() if self.in_body else self.secrets, accounts=accounts)


def _changed(values: dict[str, str], name: str, value: str | None) -> dict[str, str]:
    return {n: v for n, v in values.items() if n != name} | (
        {name: value} if value is not None else {}
    )


def stamp(at: datetime) -> str:
    return str(int(at.timestamp()))


def hexed(secret: str, content: bytes) -> str:
    return hmac.digest(secret.encode(), content, "sha256").hex()


def grafana(secret: str, body: bytes, at: datetime) -> Request:
    mark = hexed(secret, stamp(at).encode() + b":" + body)
    return {"x-grafana-alerting-timestamp": stamp(at), "x-grafana-alerting-signature": mark}, body


def github(secret: str, body: bytes, _: datetime) -> Request:
    return {"x-hub-signature-256": "sha256=" + hexed(secret, body)}, body


def sentry(secret: str, body: bytes, at: datetime) -> Request:
    return {"sentry-hook-timestamp": stamp(at), "sentry-hook-signature": hexed(secret, body)}, body


def standard(secret: str, body: bytes, at: datetime) -> Request:
    """Return a request signed by the library of the Standard Webhooks specification."""
    mark = Webhook(secret).sign("msg_1", at.astimezone(UTC), body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp(at),
        "webhook-signature": f"v1a,AAAA {mark}",
    }, body


AMAZON, STRANGER = (rsa.generate_private_key(65537, 2048) for _ in range(2))
CERTIFICATE_AT = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem"


def certificate(begins: datetime, ends: datetime) -> bytes:
    """Return a certificate as Amazon publishes it, valid between two times."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, AMAZON.public_key(), 1, begins, ends).sign(
        AMAZON, hashes.SHA256()
    )
    return made.public_bytes(serialization.Encoding.PEM)


CERTIFICATE = certificate(datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def sns(version: str, body: bytes, at: datetime, **changes: str) -> Request:
    """Return an SNS message signed by Amazon in version "1" or "2".

    With any other version a stranger signs it, as version 2.
    """
    told = (
        msgspec.json.decode(body)
        | {"Timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds")}
        | changes
    )
    told["SignatureVersion"] = version if version in {"1", "2"} else "2"
    url = [] if told["Type"] == "Notification" else ["SubscribeURL"]
    token = [] if told["Type"] == "Notification" else ["Token"]
    names = [
        "Message",
        "MessageId",
        *(["Subject"] if "Subject" in told else []),
        *url,
        "Timestamp",
        *token,
        "TopicArn",
        "Type",
    ]
    content = "".join(f"{name}\n{told[name]}\n" for name in names).encode()
    key = AMAZON if version in {"1", "2"} else STRANGER
    mark = key.sign(
        content,
        padding.PKCS1v15(),
        hashes.SHA1() if version == "1" else hashes.SHA256(),  # noqa: S303 - version 1
    )
    return {}, msgspec.json.encode(told | {"Signature": base64.b64encode(mark).decode()})


GOOGLE_AT = "https://www.googleapis.com/oauth2/v3/certs"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ENTRA_AT = f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"
CLOUD = {
    name: RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
    for name, kid in {"new": "k2", "old": "k1", "stranger": "k1", "rotated": "k3"}.items()
}
"""The keys with which clouds sign tokens; the stranger's has the key id of the old one."""

PUBLISHED = msgspec.json.encode(KeySet([CLOUD["new"], CLOUD["old"]]).as_dict())
GOOGLES: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "aud": "https://gateway.example",
    "email": "push@shop-prod.iam.gserviceaccount.com",
    "email_verified": True,
    "sub": "113774264463038321964",
}
ENTRAS: dict[str, Any] = {
    "iss": f"https://sts.windows.net/{TENANT}/",
    "aud": "api://gateway",
    "appid": "461e8683-5575-4561-ac7f-899cc907d62a",
    "tid": TENANT,
    "roles": ["ActionGroupsSecureWebhook"],
}
FOR_GOOGLE = SourceSettings(
    audience="https://gateway.example", senders=("push@shop-prod.iam.gserviceaccount.com",)
)
FOR_ENTRA = SourceSettings(audience="api://gateway", tenant=TENANT.upper())


def token(claims: Mapping[str, Any], name: str = "new", at: datetime = NOW, **header: Any) -> str:
    """Return a token that is valid for an hour from `at`, signed with the key of that name."""
    key, issued = CLOUD.get(name, CLOUD["stranger"]), int(at.timestamp())
    said: dict[str, Any] = {"iat": issued, "exp": issued + 3_600, **claims}
    return jwt.encode({"alg": "RS256", "kid": key.kid} | header, said, key, algorithms=["RS256"])


def shown(claims: Mapping[str, Any]) -> Callable[[str, bytes, datetime], Request]:
    """Return the function that sends a body with a token of these claims."""
    return lambda name, body, at: ({"authorization": f"Bearer {token(claims, name, at)}"}, body)


SUBSCRIPTION = "3f2d4487-b0fc-4125-8bd5-7ad17384221e"
HOUR = timedelta(hours=1)

SIGNERS = [
    Signer("azure", ("new", "old"), SUBSCRIPTION, shown(ENTRAS), "authorization", b"Fired", HOUR,
           settings=FOR_ENTRA, certificates={ENTRA_AT: PUBLISHED}, binds_the_body=False),
    Signer("cloudwatch", ("2", "1"), "123456789012", sns, "Signature", b"ALARM",
           timedelta(minutes=65), in_body=True, certificates={CERTIFICATE_AT: CERTIFICATE}),
    Signer("github", (NEW, OLD), "octo-org", github, "x-hub-signature-256", b"nightly", None),
    Signer("google_cloud", ("new", "old"), "shop-prod", shown(GOOGLES), "authorization", b"open",
           HOUR, settings=FOR_GOOGLE, certificates={GOOGLE_AT: PUBLISHED}, binds_the_body=False,
           case="pushed"),
    Signer("grafana", (NEW, OLD), "grafana.example/1", grafana, "x-grafana-alerting-signature",
           b"c6eadffa33fcdf37"),
    Signer("sentry", (NEW, OLD), "a8e5d37a-696c-4c54-adb5-b3f28d64c7de", sentry,
           "sentry-hook-signature", b"Too many"),
    Signer("standard_webhooks", (WHSEC_NEW, WHSEC_OLD), "", standard, "webhook-signature",
           b"Disk full"),
]  # fmt: skip
