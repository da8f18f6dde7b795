"""Tests of mail posted over HTTP by mail services, through the whole gateway."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from aiohttp import FormData
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.settings import Database, load
from gateway.timing.clock import SystemClock
from tests.channels.email.sample_mails import a_mail
from tests.support.served import RunningGateway, served

SIGNING = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    SIGNING.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


FILED = (
    "SELECT i.title, i.description, i.contact, a.name FROM incident i "
    "JOIN attachment a ON a.incident_id = i.id"
)


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    mail = msgspec.structs.replace(
        plain.mail, mailgun_key="mg", sendgrid_key=PUBLIC, max_bytes=200_000
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(plain, database=database, mail=mail)) as running:
        yield running


async def posted(gateway: RunningGateway, path: str, data: Any, **headers: str) -> tuple[int, Any]:
    answer = await gateway.client.post(
        path.format(key=gateway.keys["ingest"]), data=data, headers=headers
    )
    return answer.status, await answer.json(content_type=None)


async def titles(gateway: RunningGateway) -> list[str]:
    _, listed = await gateway.get("/api/v1/incidents", key="read")
    return sorted(one["title"] for one in listed["incidents"])


def signed(key: str = "mg", at: datetime | None = None) -> dict[str, str]:
    timestamp, token = str(int((at or SystemClock().now()).timestamp())), "t" * 50
    signature = hmac.digest(key.encode(), (timestamp + token).encode(), "sha256").hex()
    return {"timestamp": timestamp, "token": token, "signature": signature}


def mailgun(**more: str) -> dict[str, str]:
    head = {
        "From": "Ann <ann@example.com>",
        "Subject": "磁盘",
        "Message-Id": "<m@x>",
        "Date": "Mon, 2 Mar 2026 12:00:00 +0000",
    }
    return (
        {
            "recipient": "in@gw.example",
            "sender": "ann@example.com",
            "from": "Ann <ann@example.com>",
            "subject": "磁盘",
            "body-plain": "满了\r\n",
            "stripped-text": "满了",
            "body-html": "<p>满了</p>",
            "message-headers": json.dumps(list(head.items())),
        }
        | signed()
        | more
    )


async def test_raw_mail_opens_incident_with_receipt(gateway: RunningGateway) -> None:
    status, told = await posted(
        gateway, "/ingest/email/raw/{key}", a_mail(), **{"Content-Type": "message/rfc822"}
    )
    assert (status, told["results"][0]["outcome"]) == (202, "opened")
    assert told["results"][0]["incident"].startswith("INC-")
    assert await titles(gateway) == ["help"]
    status, receipt = await gateway.get(f"/api/v1/receipts/{told['receipt']}", key="read")
    assert (status, [one["outcome"] for one in receipt["results"]]) == (200, ["opened"])


async def test_receipt_is_found_by_id(gateway: RunningGateway) -> None:
    for number in range(10):
        mail = a_mail(Message_ID=f"<{number}@x>", Auto_Submitted="auto-replied")
        _, told = await posted(
            gateway, "/ingest/email/raw/{key}", mail, **{"Content-Type": "message/rfc822"}
        )
        assert told["results"][0]["outcome"] == "set_aside"
        status, _ = await gateway.get(f"/api/v1/receipts/{told['receipt']}", key="read")
        assert status == 200


async def test_non_mail_returns_400_and_is_quarantined(gateway: RunningGateway) -> None:
    status, told = await posted(gateway, "/ingest/email/raw/{key}", b"hello")
    assert status == 400
    assert (
        await gateway.pool.fetchval(
            "SELECT count(*) FROM quarantine WHERE receipt_id = $1::uuid", told["facts"]["receipt"]
        )
        == 1
    )


async def test_too_large_mail_returns_413_and_missing_key_returns_401(
    gateway: RunningGateway,
) -> None:
    assert (await posted(gateway, "/ingest/email/raw/{key}", b"x" * 200_001))[0] == 413
    assert (await posted(gateway, "/ingest/email/raw", a_mail()))[0] == 401
    assert (await posted(gateway, "/ingest/email/raw/gwk_x", a_mail()))[0] == 401
    assert (await posted(gateway, "/ingest/email/elsewhere/{key}", a_mail()))[0] == 404


@pytest.mark.parametrize("multipart", [False, True])
async def test_signed_mailgun_form_opens_incident(gateway: RunningGateway, multipart: bool) -> None:
    data: Any = mailgun()
    if multipart:
        data = FormData(mailgun() | {"attachment-count": "1"}, quote_fields=False)
        data.add_field(
            "attachment-1",
            b"\0\r\n\xff",
            filename="报告.bin",
            content_type="application/octet-stream",
        )
    status, told = await posted(gateway, "/ingest/email/mailgun/{key}", data)
    assert (status, told["results"][0]["outcome"]) == (200, "opened")
    (row,) = await gateway.pool.fetch(
        "SELECT title, description, contact, contact_name FROM incident"
    )
    assert tuple(row) == ("磁盘", "满了", "ann@example.com", "Ann")
    files = await gateway.pool.fetch(
        "SELECT name, p.content FROM attachment JOIN attachment_part p ON attachment_id = id"
    )
    assert [tuple(file) for file in files] == ([("报告.bin", b"\0\r\n\xff")] if multipart else [])
    again = await posted(gateway, "/ingest/email/mailgun/{key}", mailgun())
    assert again[1]["results"][0]["outcome"] == "duplicate"


async def test_mailgun_mime_message_opens_incident(gateway: RunningGateway) -> None:
    data = {
        "recipient": "in@gw.example",
        "sender": "ann@example.com",
        "body-mime": a_mail().decode(),
    } | signed()
    assert (await posted(gateway, "/ingest/email/mailgun/{key}/mime", data))[0] == 200
    assert await titles(gateway) == ["help"]


@pytest.mark.parametrize(
    "fields",
    [
        signed("other"),
        signed(at=datetime(2020, 1, 1, tzinfo=UTC)),
        {"signature": ""},
        {"timestamp": "x"},
    ],
)
async def test_mailgun_form_with_bad_or_stale_signature_returns_401(
    gateway: RunningGateway, fields: dict[str, str]
) -> None:
    assert (await posted(gateway, "/ingest/email/mailgun/{key}", mailgun(**fields)))[0] == 401
    assert await titles(gateway) == []


def sendgrid(raw: bool = False) -> bytes:  # noqa: FBT002
    fields: dict[str, Any] = {
        "envelope": json.dumps({"to": ["in@gw.example"], "from": "ann@example.com"}),
        "to": "x",
        "spam_score": "0",
    }
    if raw:
        return urlencode(fields | {"email": a_mail(subject="raw")}).encode()
    head = (
        "Received: by x\nFrom: Ann <ann@example.com>\nSubject: "
        "=?gb2312?B?tefE1A==?=\nMessage-ID: <s@x>\n"
    )
    fields |= {
        "headers": head,
        "text": "满了".encode("gbk"),
        "charsets": json.dumps({"text": "gb2312", "to": "UTF-8"}),
    }
    return urlencode(fields).encode()


def proof(body: bytes, at: str = "") -> dict[str, str]:
    timestamp = at or str(int(SystemClock().now().timestamp()))
    made = base64.b64encode(SIGNING.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    return {
        "X-Twilio-Email-Event-Webhook-Signature": made,
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        "Content-Type": "application/x-www-form-urlencoded",
    }


async def test_sendgrid_fields_or_raw_message_open_incident(gateway: RunningGateway) -> None:
    assert (await posted(gateway, "/ingest/email/sendgrid/{key}", sendgrid(), **proof(sendgrid())))[
        0
    ] == 200
    assert (
        await gateway.pool.fetchval("SELECT title || ': ' || description FROM incident")
        == "电脑: 满了"
    )
    assert (
        await posted(
            gateway, "/ingest/email/sendgrid/{key}", sendgrid(raw=True), **proof(sendgrid(raw=True))
        )
    )[0] == 200
    assert await titles(gateway) == ["raw", "电脑"]


async def test_sendgrid_form_with_bad_signature_returns_401(gateway: RunningGateway) -> None:
    body = sendgrid()
    wrong = [
        proof(body + b"x"),
        proof(body, at="1"),
        proof(body) | {"X-Twilio-Email-Event-Webhook-Signature": "AAAA"},
    ]
    for headers in wrong:
        assert (await posted(gateway, "/ingest/email/sendgrid/{key}", body, **headers))[0] == 401
    assert await titles(gateway) == []


STAFF = """
INSERT INTO person (login, name, email, roles, created_at, updated_at)
VALUES ('ann', 'Ann', 'ann@example.com', '{service_desk}', now(), now())
"""
FORGED = {
    "dkim": "{@example.com : pass}",
    "message-headers": json.dumps(
        [
            ["From", "Ann <ann@example.com>"],
            ["Message-Id", "<2@x>"],
            ["In-Reply-To", "<m@x>"],
            ["Authentication-Results", "mx.example.com; dmarc=pass header.from=example.com"],
        ]
    ),
}


async def test_forged_mailgun_fields_do_not_authenticate_staff(database_url: str) -> None:
    plain = load(None, {})
    trusting = msgspec.structs.replace(plain.mail.authentication, servers=("mx.example.com",))
    mail = msgspec.structs.replace(
        plain.mail, mailgun_key="mg", sendgrid_key=PUBLIC, authentication=trusting
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(plain, database=database, mail=mail)) as gateway:
        await gateway.pool.execute(STAFF)
        await posted(gateway, "/ingest/email/mailgun/{key}", mailgun())
        _, told = await posted(
            gateway, "/ingest/email/mailgun/{key}", mailgun(**FORGED, **{"body-plain": "Approved."})
        )
        assert told["results"][0]["outcome"] == "added"
        assert (
            await gateway.pool.fetchval("SELECT actor FROM timeline WHERE event = 'note'")
            == "ann@example.com"
        )


async def test_sendgrid_dkim_result_authenticates_staff(gateway: RunningGateway) -> None:
    await gateway.pool.execute(STAFF)
    await posted(gateway, "/ingest/email/sendgrid/{key}", sendgrid(), **proof(sendgrid()))
    head = "From: Ann <ann@example.com>\nIn-Reply-To: <s@x>\nMessage-ID: <s2@x>\n"
    body = urlencode(
        {"headers": head, "text": "Looked at.", "dkim": "{@example.com : pass}"}
    ).encode()
    _, told = await posted(gateway, "/ingest/email/sendgrid/{key}", body, **proof(body))
    assert told["results"][0]["outcome"] == "added"
    assert await gateway.pool.fetchval("SELECT actor FROM timeline WHERE event = 'note'") == "ann"


async def test_receipt_lists_mended_fields_of_mail(gateway: RunningGateway) -> None:
    basic = "Basic " + base64.b64encode(f"postmark:{gateway.keys['ingest']}".encode()).decode()
    given = {"Authorization": basic, "Content-Type": "application/json"}
    body = (
        '{"From":"ann@example.com","Subject":"Büro","Date":"last week","TextBody":"kalt"}'.encode(
            "latin-1"
        )
    )
    status, told = await posted(gateway, "/ingest/email/postmark", body, **given)
    assert (status, told["results"][0]["outcome"], await titles(gateway)) == (
        200,
        "opened",
        ["Büro"],
    )
    _, receipt = await gateway.get(f"/api/v1/receipts/{told['receipt']}", key="read")
    assert receipt["results"][0]["mended"] == [
        {"pointer": "", "what": "read as Latin-1"},
        {"pointer": "/date", "what": "left out: it is no date"},
    ]


async def test_postmark_json_opens_incident_with_key_as_password(gateway: RunningGateway) -> None:
    body = {
        "From": "zhang@example.cn",
        "FromName": "张三",
        "FromFull": {"Email": "zhang@example.cn"},
        "To": "in+x@gw.example",
        "Subject": "磁盘",
        "MessageID": "73e6d360",
        "Date": "Mon, 2 Mar 2026 20:00:00 +0800",
        "TextBody": "",
        "HtmlBody": "<b>满了</b>",
        "OriginalRecipient": "in+x@gw.example",
        "Headers": [{"Name": "Message-ID", "Value": "<p@x>"}],
        "Attachments": [
            {
                "Name": "a.txt",
                "Content": base64.b64encode(b"hi").decode(),
                "ContentType": "text/plain",
            }
        ],
    }
    basic = "Basic " + base64.b64encode(f"postmark:{gateway.keys['ingest']}".encode()).decode()
    given = {"Authorization": basic, "Content-Type": "application/json; charset=utf-8"}
    for outcome in ("opened", "duplicate"):
        status, told = await posted(gateway, "/ingest/email/postmark", json.dumps(body), **given)
        assert (status, told["results"][0]["outcome"]) == (200, outcome)
    (row,) = await gateway.pool.fetch(FILED)
    assert tuple(row) == ("磁盘", "满了", "zhang@example.cn", "a.txt")
    status, told = await posted(gateway, "/ingest/email/postmark", "{}", **given)
    assert (status, told["results"][0]["outcome"]) == (200, "quarantined")
