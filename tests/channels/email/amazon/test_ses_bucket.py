"""Mail that Amazon SES put into a bucket is fetched, or quarantined with the reason."""

import msgspec
import pytest

from gateway.channels.email.amazon import ses
from gateway.channels.email.posted import DeliveredMail
from gateway.errors import Malformed, Unavailable
from tests.channels.email.amazon.ses_calls import PENDING, World, a_gateway, outcome, post, signed
from tests.channels.email.sample_mails import a_mail
from tests.support.object_store import ObjectStore, run_object_store
from tests.support.served import RunningGateway

KEPT_AS = "gw/o3vrnil0e2ic28trm7dfhrc2v0cnbeccl4nbp0g1"


async def test_mail_in_bucket_is_fetched(database_url: str, world: World) -> None:
    async with run_object_store() as (store, s3), a_gateway(database_url, world, s3=s3) as gateway:
        keep(store, a_mail(subject="large", Message_ID="<large@x>"))
        assert [await outcome(gateway, signed("s3")) for _ in range(2)] == ["opened", "duplicate"]
        assert await gateway.pool.fetchval("SELECT title FROM incident") == "large"


def keep(store: ObjectStore, mail: bytes) -> None:
    store.objects[KEPT_AS] = mail, store.at


async def test_unfetchable_mail_returns_503_or_is_quarantined(
    database_url: str, world: World
) -> None:
    async with run_object_store() as (store, s3), a_gateway(database_url, world, s3=s3) as gateway:
        store.broken = 503
        assert (await post(gateway, signed("s3")))[0] == 503
        store.broken = 0
        assert await outcome(gateway, signed("s3")) == "quarantined"
        (kept,) = await gateway.pool.fetch(PENDING)
        assert (
            f"in the bucket {s3.bucket} as {KEPT_AS}, and the bucket answers 404" in kept["problem"]
        )
        keep(store, b"x" * 200_001)
        replay = f"/api/v1/quarantine/{kept['id']}/replay"
        told = await (await gateway.post(replay, {}, key="write")).json()
        assert "more than 200000 bytes" in told["detail"]
        keep(store, a_mail(subject="at last"))
        told = await (await gateway.post(replay, {}, key="write")).json()
        assert told["results"][0]["outcome"] == "opened"
        assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 1


async def test_mail_in_unconfigured_bucket_is_quarantined_with_advice(
    gateway: RunningGateway,
) -> None:
    assert await outcome(gateway, signed("s3")) == "quarantined"
    (kept,) = await gateway.pool.fetch(PENDING)
    assert "name that bucket in mail.ses.s3" in kept["problem"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/../b", "../a", "a/..", "a//b", "/a", "a/", "a\nb", "x" * 1_025]
)
def test_unsafe_object_key_is_malformed(name: str) -> None:
    action = {"type": "S3", "bucketName": "b", "objectKey": name}
    told = {"notificationType": "Received", "receipt": {"action": action}}
    with pytest.raises(Malformed):
        ses.find_place(DeliveredMail(ses.POINTER, msgspec.json.encode(told)))
    action["objectKey"] = "in/a..b/o3vr"
    assert ses.find_place(DeliveredMail(ses.POINTER, msgspec.json.encode(told))) == ses.S3Place(
        "b", "in/a..b/o3vr"
    )


async def test_unreachable_amazon_returns_503(database_url: str) -> None:
    class Away(World):
        async def fetch(self, address: str) -> bytes:
            raise Unavailable(f"{address} is away")

    async with a_gateway(database_url, Away()) as gateway:
        assert (await post(gateway, signed("utf8")))[0] == 503
