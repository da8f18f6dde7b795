"""Signed notifications of Amazon SES, and a gateway that accepts their certificate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from gateway.settings import Database, load
from gateway.timing.clock import SystemClock
from tests.ingest import signing
from tests.ingest.requests import FIXTURES
from tests.ingest.signing import CERTIFICATE
from tests.support.served import RunningGateway, served

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"

PENDING = "SELECT id, problem, body FROM quarantine WHERE state = 'pending' ORDER BY id"


def envelope(case: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(
        (FIXTURES / "email" / "ses" / case / "request.http").read_bytes().partition(b"\n\n")[2]
    )
    return found


def signed(case: str, version: str = "2", late: timedelta = timedelta(), **changes: str) -> bytes:
    return signing.sns(
        version, msgspec.json.encode(envelope(case)), SystemClock().now() - late, **changes
    )[1]


@dataclass
class World:
    """A fetcher that records the addresses asked for and returns Amazon's certificate."""

    asked: list[str] = field(default_factory=list)

    async def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        return CERTIFICATE


@asynccontextmanager
async def a_gateway(
    database_url: str, world: World, **changes: Any
) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    own = msgspec.structs.replace(plain.mail.ses, **({"accounts": (TOPIC,)} | changes))
    mail = msgspec.structs.replace(plain.mail, ses=own, max_bytes=200_000)
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(
        msgspec.structs.replace(plain, database=database, mail=mail), world.fetch
    ) as running:
        yield running


async def post(gateway: RunningGateway, body: bytes, **headers: str) -> tuple[int, Any]:
    sent = {"Content-Type": "text/plain; charset=UTF-8"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    answer = await gateway.client.post(
        f"/ingest/email/ses/{gateway.keys['ingest']}", data=body, headers=sent
    )
    return answer.status, await answer.json(content_type=None)


async def outcome(gateway: RunningGateway, body: bytes, **headers: str) -> str:
    status, told = await post(gateway, body, **headers)
    assert status == 200, told
    (result,) = told["results"]
    return str(result["outcome"])
