"""Mail that Amazon SES received arrives in an SNS notification, accepted if Amazon signed it.

Mail stored in a bucket is fetched from there, and no mail is lost.
"""

from datetime import timedelta

import msgspec
import pytest

from gateway.channels.email.amazon import ses
from gateway.channels.email.posted import MAIL, DeliveredMail
from gateway.errors import Malformed, Misconfigured
from gateway.settings import Ses, load
from tests.channels.email.amazon.ses_calls import (
    PENDING,
    TOPIC,
    World,
    a_gateway,
    envelope,
    outcome,
    post,
    signed,
)
from tests.ingest.reading.test_sns import ELSEWHERE
from tests.ingest.signing import CERTIFICATE_AT
from tests.support.served import RunningGateway

STAFF = """
INSERT INTO person (login, name, email, roles, created_at, updated_at)
VALUES ('ann', 'Ann', 'ann@example.com', '{service_desk}', now(), now())
"""


async def test_mail_in_utf8_or_base64_opens_incident_once(
    gateway: RunningGateway, world: World
) -> None:
    assert await outcome(gateway, signed("subscription")) == "ignored"
    assert world.asked[0] == CERTIFICATE_AT
    assert world.asked[1].startswith(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&"
    )
    assert [
        await outcome(gateway, signed(case)) for case in ("utf8", "base64", "utf8", "base64")
    ] == [
        "opened",
        "opened",
        "duplicate",
        "duplicate",
    ]
    rows = await gateway.pool.fetch("SELECT title, description, contact FROM incident ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("The printer on floor 3 is on fire", "Please hurry.", "ann@example.com"),
        ("电脑", "打印机坏了", "zhang@example.cn"),
    ]
    assert len(world.asked) == 2


async def test_mail_already_received_by_ses_is_duplicate_by_raw_endpoint(
    gateway: RunningGateway,
) -> None:
    await outcome(gateway, signed("utf8"))
    content = msgspec.json.decode(envelope("utf8")["Message"])["content"].encode()
    answer = await gateway.client.post(f"/ingest/email/raw/{gateway.keys['ingest']}", data=content)
    assert (await answer.json())["results"][0]["outcome"] == "duplicate"


def lies() -> dict[str, tuple[bytes, int]]:
    return {
        "bad": (signed("utf8", version="a stranger"), 401),
        "changed": (signed("utf8").replace(b"floor 3", b"floor 4"), 401),
        "stale": (signed("utf8", late=timedelta(minutes=66)), 401),
        "of the future": (signed("utf8", late=-timedelta(minutes=6)), 401),
        "another account": (signed("utf8", TopicArn=TOPIC.replace("1234", "4321")), 403),
        "another topic": (signed("utf8", TopicArn=TOPIC + "2"), 403),
        "a subscription of somebody else's": (
            signed("subscription", TopicArn=TOPIC.replace("1234", "4321")),
            403,
        ),
        "not JSON": (b"hello", 401),
    }


async def test_forged_notification_is_refused_without_receipt(
    gateway: RunningGateway, world: World
) -> None:
    for name, (body, status) in (told := lies()).items():
        assert (await post(gateway, body))[0] == status, name
    assert (await post(gateway, b"[" + b" " * 199_000))[0] == 401
    assert world.asked == [CERTIFICATE_AT]
    assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 0
    counted = await (await gateway.client.get("/metrics")).text()
    assert (
        f'gateway_intake_requests_total{{outcome="untrusted",source="email"}} {len(told) + 1}.0'
        in counted
    )


async def test_replayed_notification_is_duplicate(gateway: RunningGateway) -> None:
    body = signed("utf8")
    assert [await outcome(gateway, body) for _ in range(2)] == ["opened", "duplicate"]
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 1


async def test_foreign_certificate_and_subscribe_urls_are_not_fetched(
    gateway: RunningGateway, world: World
) -> None:
    for address in ELSEWHERE:
        assert (await post(gateway, signed("utf8", SigningCertURL=address)))[0] == 401, address
        assert (await post(gateway, signed("subscription", SubscribeURL=address)))[0] == 400, (
            address
        )
    assert world.asked == [CERTIFICATE_AT]


async def test_virus_mail_is_quarantined_until_replay(gateway: RunningGateway) -> None:
    assert [await outcome(gateway, signed("virus")) for _ in range(2)] == [
        "quarantined",
        "duplicate",
    ]
    (kept,) = await gateway.pool.fetch(PENDING)
    assert "virus" in kept["problem"]
    assert b"Please hurry." in kept["body"]
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 0
    answer = await gateway.post(f"/api/v1/quarantine/{kept['id']}/replay", {}, key="write")
    assert (await answer.json())["results"][0]["outcome"] == "opened"


async def test_spam_mail_is_quarantined_when_configured(database_url: str, world: World) -> None:
    async with a_gateway(database_url, world, doubted=("spam", "dmarc")) as gateway:
        assert [await outcome(gateway, signed(case)) for case in ("spam", "utf8")] == [
            "quarantined",
            "opened",
        ]


async def test_spam_mail_opens_incident_by_default(gateway: RunningGateway) -> None:
    assert await outcome(gateway, signed("spam")) == "opened"


async def test_notification_without_mail_is_quarantined_with_advice(
    gateway: RunningGateway,
) -> None:
    assert await outcome(gateway, signed("bounce")) == "quarantined"
    assert (
        await outcome(gateway, signed("utf8", Message="Successfully validated SNS topic"))
        == "quarantined"
    )
    first, second = await gateway.pool.fetch(PENDING)
    assert "SNS action" in first["problem"]
    assert "no notification of Amazon SES" in second["problem"]


async def test_raw_delivery_is_accepted_only_when_configured(
    database_url: str, gateway: RunningGateway, world: World
) -> None:
    raw = envelope("utf8")["Message"].encode()
    headers = {"x_amz_sns_rawdelivery": "true", "x_amz_sns_topic_arn": TOPIC}
    assert (await post(gateway, raw))[0] == 401
    assert (await post(gateway, raw, **headers))[0] == 401
    await gateway.pool.execute("DELETE FROM api_key; DELETE FROM integration")
    async with a_gateway(database_url, world, raw_delivery=True) as other:
        assert (await post(other, raw, x_amz_sns_rawdelivery="true"))[0] == 403
        assert (await post(other, raw, **headers | {"x_amz_sns_topic_arn": TOPIC + "2"}))[0] == 403
        assert await outcome(other, raw, **headers) == "opened"


def test_bounce_notification_is_malformed() -> None:
    with pytest.raises(Malformed):
        ses.parse_notification(
            '{"notificationType":"Bounce","bounce":{},"mail":{"messageId":"1"}}', ()
        )


@pytest.mark.parametrize(("accounts", "actor"), [((TOPIC,), "ann"), ((), "ann@example.com")])
async def test_ses_authenticates_staff_only_when_account_is_configured(
    database_url: str, world: World, accounts: tuple[str, ...], actor: str
) -> None:
    async with a_gateway(database_url, world, accounts=accounts) as gateway:
        await gateway.pool.execute(STAFF)
        await outcome(gateway, signed("utf8"))
        told = msgspec.json.decode(envelope("utf8")["Message"])
        (first,) = [
            line[12:] for line in told["content"].split("\r\n") if line.startswith("Message-ID: ")
        ]
        told["content"] = (
            told["content"]
            .replace(first, f"<2@x>\r\nIn-Reply-To: {first}")
            .replace("hurry", "wait")
        )
        assert (
            await outcome(gateway, signed("utf8", Message=msgspec.json.encode(told).decode()))
            == "added"
        )
        assert (
            await gateway.pool.fetchval("SELECT actor FROM timeline WHERE event = 'note'") == actor
        )


def note(content: str, **action: str) -> str:
    told = {
        "notificationType": "Received",
        "mail": {"source": "<>"},
        "content": content,
        "receipt": {"action": action},
    }
    return msgspec.json.encode(told).decode()


def test_content_is_decoded_from_base64_when_declared_or_evident() -> None:
    mail = "RnJvbTogYUBiDQoNCg=="
    for message in (
        note(mail, type="SNS", encoding="BASE64"),
        note(mail, type="SNS"),
        note("From: a@b\r\n\r\n", type="SNS"),
    ):
        assert ses.parse_notification(message, ()) == ses.SesMail(
            DeliveredMail(MAIL, b"From: a@b\r\n\r\n", ""), ""
        )
    with pytest.raises(Malformed):
        ses.parse_notification(note("é", type="SNS", encoding="BASE64"), ())
    assert (
        ses.parse_notification(note("From: é\r\n\r\n", type="SNS", encoding="UTF8"), ()).posted.body
        == "From: é\r\n\r\n".encode()
    )


def test_ses_settings_are_read_and_incomplete_s3_settings_refused() -> None:
    environ = {
        "GATEWAY_MAIL__SES__DOUBTED": "spam dkim",
        "GATEWAY_MAIL__SES__ACCOUNTS": "123456789012",
    }
    own = load(None, environ).mail.ses
    assert isinstance(own, Ses)
    assert (own.doubted, own.accounts, own.raw_delivery) == (
        ("spam", "dkim"),
        ("123456789012",),
        False,
    )
    with pytest.raises(Misconfigured) as raised:
        load(
            None,
            {
                "GATEWAY_MAIL__SES__S3__ENDPOINT": "s3.example.com",
                "GATEWAY_MAIL__SES__S3__BUCKET": "mail",
            },
        )
    assert [flaw.pointer.rpartition("/")[2] for flaw in raised.value.flaws] == [
        "endpoint",
        "region",
        "access_key",
        "secret_key",
    ]
