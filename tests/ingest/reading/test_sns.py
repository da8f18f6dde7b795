"""A message of Amazon SNS is accepted only if Amazon signed it.

The gateway requests no address but Amazon's, whatever a message names.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest

from gateway.errors import Unauthenticated, Unavailable
from gateway.ingest.reading import sns
from gateway.ingest.reading.source import WebhookDelivery
from gateway.settings import SourceSettings, load
from gateway.timing.clock import SystemClock
from tests.ingest import signing
from tests.ingest.requests import FIXTURES, NOW
from tests.ingest.signing import CERTIFICATE, CERTIFICATE_AT, certificate
from tests.support.served import RunningGateway, served

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f5d51e6e2425dacbba"


def message(case: str = "firing") -> bytes:
    return (FIXTURES / "cloudwatch" / case / "request.http").read_bytes().partition(b"\n\n")[2]


def signed(case: str = "firing", version: str = "2", **changes: str) -> bytes:
    return signing.sns(version, message(case), SystemClock().now(), **changes)[1]


@dataclass
class World:
    """A network that answers every request with Amazon's certificate and records the addresses."""

    asked: list[str] = field(default_factory=list)
    away: bool = False

    async def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        if self.away:
            raise Unavailable("away")
        return CERTIFICATE


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def gateway(database_url: str, world: World) -> AsyncIterator[RunningGateway]:
    settings = load(
        None,
        {
            "DATABASE_URL": database_url,
            "GATEWAY_INTAKE__CLOUDWATCH__ACCOUNTS": f"{TOPIC} 999999999999",
        },
    )
    async with served(settings, world.fetch) as running:
        yield running


async def post(gateway: RunningGateway, body: bytes) -> int:
    path = f"/ingest/cloudwatch/{gateway.keys['ingest']}"
    answer = await gateway.client.post(
        path, data=body, headers={"Content-Type": "text/plain; charset=UTF-8"}
    )
    assert answer.status == 202 or answer.content_type == "application/problem+json"
    return answer.status


async def test_sns_subscription_is_confirmed_and_certificate_is_fetched_once(
    gateway: RunningGateway, world: World
) -> None:
    assert await post(gateway, signed("subscription", version="1")) == 202
    assert world.asked == [CERTIFICATE_AT, CONFIRM]
    for case in ("firing", "composite", "resolved", "insufficient_data", "unsubscription"):
        assert await post(gateway, signed(case)) == 202
    assert world.asked == [CERTIFICATE_AT, CONFIRM]
    told = await gateway.pool.fetch("SELECT outcome, reason FROM alert_event ORDER BY receipt_id")
    assert {"opened", "cleared", "ignored"} <= {row["outcome"] for row in told}


ELSEWHERE = [
    "http://169.254.169.254/SimpleNotificationService-1.pem",
    "https://169.254.169.254/SimpleNotificationService-1.pem",
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
    "https://evil.example#https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
    "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.evil.example.amazonaws.com/SimpleNotificationService-1.pem",
    "https://sns.eu-west-1.amazonaws.com/../evil.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem?x",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem\n",
    "",
]
"""Addresses that are not Amazon's, given for its certificate or to confirm a subscription."""


async def test_sns_certificate_is_fetched_only_from_amazon(
    gateway: RunningGateway, world: World
) -> None:
    for address in ELSEWHERE:
        assert await post(gateway, signed(SigningCertURL=address)) == 401, address
    assert world.asked == []
    assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 0


async def test_sns_subscription_is_confirmed_only_at_amazon(
    gateway: RunningGateway, world: World
) -> None:
    """A subscription with another address is refused and the address is not requested.

    Amazon would not sign such a message; here its signature is valid nevertheless.
    """
    for address in (
        *ELSEWHERE,
        "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        CONFIRM + "#@evil.example",
    ):
        assert await post(gateway, signed("subscription", SubscribeURL=address)) == 400, address
    assert await post(gateway, signed("subscription", version="a stranger")) == 401
    assert (
        await post(gateway, signed("subscription", TopicArn=TOPIC.replace("1234", "4321"))) == 403
    )
    assert world.asked == [CERTIFICATE_AT]


async def test_unavailable_amazon_returns_503_for_retry(
    gateway: RunningGateway, world: World
) -> None:
    world.away = True
    assert await post(gateway, signed()) == 503
    world.away = False
    assert await post(gateway, signed()) == 202


async def test_raw_delivery_and_non_sns_bodies_are_refused(
    gateway: RunningGateway, world: World
) -> None:
    raw = msgspec.json.decode(message())["Message"].encode()
    long = signed() + b" " * sns.LARGEST
    for body in (
        raw,
        long,
        b"",
        b"[",
        b"{}",
        signed(Type="Notification") + b"}",
        message().replace(b"Notification", b"Notice"),
    ):
        assert await post(gateway, body) == 401
    assert world.asked == []


def checked(body: bytes, found: bytes = CERTIFICATE) -> None:
    sns.verify(WebhookDelivery({}, body, NOW, certificate=found))


def at(moment: datetime, **changes: str) -> bytes:
    return signing.sns("2", message(), moment, **changes)[1]


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        certificate(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        certificate(datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)),
    ],
    ids=["nothing", "rubbish", "of the past", "of the future"],
)
def test_invalid_or_expired_certificate_is_refused(found: bytes) -> None:
    checked(at(NOW))
    with pytest.raises(Unauthenticated):
        checked(at(NOW), found)


def test_invalid_sns_timestamp_or_signature_version_is_refused() -> None:
    for changes in ({"Timestamp": "soon"}, {"Timestamp": ""}):
        with pytest.raises(Unauthenticated):
            checked(at(NOW, **changes))
    with pytest.raises(Unauthenticated):
        checked(msgspec.json.encode(msgspec.json.decode(at(NOW)) | {"SignatureVersion": "3"}))


def test_sns_signature_covers_subject_if_present() -> None:
    checked(at(NOW))
    checked(signing.sns("1", message("subscription"), NOW)[1])
    with pytest.raises(Unauthenticated):
        checked(
            msgspec.json.encode(
                {k: v for k, v in msgspec.json.decode(at(NOW)).items() if k != "Subject"}
            )
        )


def test_sns_account_is_topic_arn_and_account_number() -> None:
    envelope = msgspec.json.decode(message(), type=sns.SnsMessage)
    assert envelope.accounts() == (TOPIC, "123456789012")
    envelope.topic_arn = "arn:aws:sns:eu-west-1:999:alarms"
    assert envelope.accounts() == ()
    assert SourceSettings().accounts == ()
