"""A request with a valid signature is accepted.

One without, or with one that is wrong, late or of another account, is refused.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.errors import Forbidden, Misconfigured, Unauthenticated
from gateway.ingest.reading import signatures
from gateway.ingest.reading.source import WebhookDelivery
from gateway.ingest.sources import SOURCES
from gateway.settings import SourceSettings, load
from gateway.timing.clock import SystemClock
from tests.ingest.requests import BY_SLUG, FIXTURES, NOW
from tests.ingest.signing import MINUTE, NEW, OLD, SIGNERS, WHSEC_OLD, Request, Signer, hexed
from tests.support.served import RunningGateway, served

signer = pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.slug)


def verified(signer: Signer, request: Request, *accounts: str) -> None:
    """Verify and read a request as the endpoint does, with the keys that its sender publishes."""
    source, delivery, intake = (
        BY_SLUG[signer.slug],
        WebhookDelivery(*request, NOW),
        signer.intake(*accounts),
    )
    assert source.verify is not None
    if source.certificate_at is not None:
        delivery = replace(
            delivery, certificate=signer.certificates[source.certificate_at(delivery, intake)]
        )
    source.verify(delivery, intake)
    source.read(delivery, intake)


@signer
def test_request_signed_with_either_secret_is_accepted(signer: Signer) -> None:
    verified(signer, signer.signed(secret=0))
    verified(signer, signer.signed(secret=1))
    verified(signer, signer.signed(NOW - (signer.longest or MINUTE) + MINUTE))


LIES: dict[str, Callable[[Signer], Request]] = {
    "by another secret": Signer.by_a_stranger,
    "of another body": lambda one: (
        one.signed()[0],
        one.signed()[1].replace(one.word, one.word[::-1]),
    ),
    "not signed": lambda one: one.otherwise(one.signed(), None),
    "signed with an empty text": lambda one: one.otherwise(one.signed(), ""),
    "signed with rubbish": lambda one: one.otherwise(one.signed(), "v1,é"),
}


BINDING = "of another body"
"""The attack that a token cannot detect, as it does not sign the body."""


@pytest.mark.parametrize(
    ("signer", "lie"),
    [(one, lie) for one in SIGNERS for lie in LIES if one.binds_the_body or lie != BINDING],
    ids=lambda value: value if isinstance(value, str) else value.slug,
)
def test_request_with_wrong_signature_is_refused(signer: Signer, lie: str) -> None:
    with pytest.raises(Unauthenticated):
        verified(signer, LIES[lie](signer))


@pytest.mark.parametrize(
    "signer", [one for one in SIGNERS if one.longest], ids=lambda signer: signer.slug
)
def test_request_signed_too_long_ago_or_in_future_is_refused(signer: Signer) -> None:
    for at in (NOW - (signer.longest or MINUTE) - MINUTE, NOW + 6 * MINUTE):
        with pytest.raises(Unauthenticated):
            verified(signer, signer.signed(at))


@signer
def test_account_outside_allowlist_is_refused(signer: Signer) -> None:
    if signer.account:
        verified(signer, signer.signed(), "another", signer.account)
    with pytest.raises(Forbidden):
        verified(signer, signer.signed(), "another")


def fixture(case: str) -> WebhookDelivery:
    return WebhookDelivery(
        {}, (FIXTURES / case / "request.http").read_bytes().partition(b"\n\n")[2], NOW
    )


@pytest.mark.parametrize(
    ("slug", "account"),
    [
        ("azure", "3f2d4487-b0fc-4125-8bd5-7ad17384221e"),
        ("google_cloud", "shop-prod"),
        ("google_cloud", "365415247865"),
    ],
)
def test_account_allowlist_applies_to_unsigned_source(slug: str, account: str) -> None:
    source = BY_SLUG[slug]
    assert source.read(fixture(f"{slug}/firing"), SourceSettings(accounts=(account,))).alerts
    with pytest.raises(Forbidden):
        source.read(fixture(f"{slug}/firing"), SourceSettings(accounts=("another",)))


TESTS = [
    "azure/test_action_group",
    "google_cloud/test_connection",
    "grafana/test_button",
    "grafana/test_button_with_own_labels",
]


@pytest.mark.parametrize("case", TESTS)
def test_test_button_is_accepted_for_any_account_as_test_alert(case: str) -> None:
    parsed = BY_SLUG[case.partition("/")[0]].read(
        fixture(case), SourceSettings(accounts=("another",))
    )
    assert [alert.test for _, alert in parsed.alerts] == [True]


@pytest.mark.parametrize("slug", [source.slug for source in SOURCES if source.uses_shared_secret])
def test_source_without_secrets_needs_no_signature(slug: str) -> None:
    verify = BY_SLUG[slug].verify
    assert verify is not None
    verify(WebhookDelivery({}, b"", NOW), SourceSettings())


def test_every_signing_source_has_signer() -> None:
    assert {signer.slug for signer in SIGNERS} == {
        source.slug for source in SOURCES if source.verify is not None
    }


async def fetch_published(address: str) -> bytes:
    """Return the keys that a sender publishes at this address; raises KeyError for any other."""
    return {at: found for signer in SIGNERS for at, found in signer.certificates.items()}[address]


async def test_signed_request_is_taken_once_and_unsigned_is_rejected(database_url: str) -> None:
    settings = msgspec.structs.replace(
        load(None, {"DATABASE_URL": database_url}),
        intake={signer.slug: signer.intake() for signer in SIGNERS},
    )
    async with served(settings, fetch_published) as gateway:
        for signer in SIGNERS:
            await assert_accepted_once(
                gateway, signer, signer.signed(SystemClock().now(), secret=1)
            )
        assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == len(SIGNERS)
        assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 2 * len(SIGNERS)
        assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == 0
        told = await (await gateway.client.get("/metrics")).text()
        for signer in SIGNERS:
            assert (
                f'gateway_intake_requests_total{{outcome="untrusted",source="{signer.slug}"}} 2.0'
                in told
            )


async def assert_accepted_once(gateway: RunningGateway, signer: Signer, request: Request) -> None:
    """Assert that a request is accepted once and refused with a broken signature.

    Its replay is a duplicate. The key is in a header, or in the path where that header holds a
    token.
    """
    path, key = f"/ingest/{signer.slug}", gateway.keys["ingest"]
    headers, body = request
    shows_a_token = signer.signature == "authorization"
    shown = (
        (f"{path}/{key}", headers)
        if shows_a_token
        else (path, headers | {"Authorization": f"Bearer {key}"})
    )
    first = await gateway.client.post(shown[0], data=body, headers=shown[1])
    again = await gateway.client.post(f"{path}/{key}", data=body, headers=headers)
    (one,), (two,) = (await first.json())["results"], (await again.json())["results"]
    assert (first.status, again.status, two["outcome"]) == (202, 202, "duplicate")
    assert one["outcome"] in {"opened", "related"}
    assert one["incident"] == two["incident"]
    for headers, body in (signer.otherwise(request, None), signer.otherwise(request, "00" * 32)):
        refused = await gateway.client.post(f"{path}/{key}", data=body, headers=headers)
        assert (refused.status, refused.content_type) == (401, "application/problem+json")
        told = await refused.text()
        assert not any(len(secret) > 8 and secret in told for secret in signer.secrets)


def test_grafana_without_timestamp_signs_body_alone() -> None:
    grafana = next(signer for signer in SIGNERS if signer.slug == "grafana")
    bare = {"x-grafana-alert-signature": hexed(NEW, grafana.body())}
    verified(grafana, (bare, grafana.body()))
    for sent in (str(int(NOW.timestamp())), "", "soon", "9" * 30):
        with pytest.raises(Unauthenticated):
            verified(grafana, (bare | {"x-grafana-alerting-timestamp": sent}, grafana.body()))


def test_standard_webhooks_accepts_ed25519_signature() -> None:
    webhooks = next(signer for signer in SIGNERS if signer.slug == "standard_webhooks")
    ours, strangers = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(ours.public_key().public_bytes_raw()).decode()
    body, source = webhooks.body(), BY_SLUG["standard_webhooks"]

    def sent(key: Ed25519PrivateKey, version: str = "v1a", at: datetime = NOW) -> WebhookDelivery:
        stamp = str(int(at.timestamp()))
        mark = base64.b64encode(key.sign(f"msg_1.{stamp}.".encode() + body)).decode()
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,AAAA {version},{mark}",
        }
        return WebhookDelivery(headers, body, NOW)

    assert source.verify is not None
    source.verify(sent(ours), SourceSettings(secrets=(WHSEC_OLD, public)))
    lies = (
        sent(strangers),
        sent(ours, version="v1"),
        sent(ours, version="v2"),
        sent(ours, at=NOW - 6 * MINUTE),
    )
    for delivery in lies:
        with pytest.raises(Unauthenticated):
            source.verify(delivery, SourceSettings(secrets=(public,)))
    with pytest.raises(Unauthenticated):
        source.verify(sent(ours), SourceSettings(secrets=(WHSEC_OLD,)))
    assert load(
        None, {"GATEWAY_INTAKE__STANDARD_WEBHOOKS__SECRETS": f"{public} {WHSEC_OLD}"}
    ).intake


def test_signature_timestamp_must_be_epoch_seconds() -> None:
    assert signatures.parse_seconds("1795237200") == NOW
    for text in (None, "", "-1", "1.5", "٣", "9" * 12, "9" * 13):
        with pytest.raises(Unauthenticated):
            signatures.parse_seconds(text)


def test_invalid_signature_encoding_is_refused() -> None:
    assert signatures.from_base64("é") == signatures.from_base64("a") == b""
    for text in (None, "", "xy"):
        with pytest.raises(Unauthenticated):
            signatures.from_hex(text)


def test_secrets_are_loaded_from_environment_and_hidden_in_repr() -> None:
    settings = load(
        None,
        {
            "GATEWAY_INTAKE__GRAFANA__SECRETS": "12345678 abcdefgh",
            "GATEWAY_INTAKE__SENTRY__ACCOUNTS": "a b",
        },
    )
    assert settings.intake["grafana"].secrets == ("12345678", "abcdefgh")
    assert settings.intake["sentry"].accounts == ("a", "b")
    assert "abcdefgh" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("grafana", "short"),
        ("standard_webhooks", OLD),
        ("standard_webhooks", "whsec_????????"),
        ("standard_webhooks", "whpk_AAAAAAAAAAAAAAAA"),
    ],
)
def test_invalid_secret_is_reported_as_configuration_flaw(name: str, secret: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(None, {f"GATEWAY_INTAKE__{name.upper()}__SECRETS": secret.replace(" ", "-")})
    assert [flaw.pointer for flaw in refused.value.flaws] == [f"/intake/{name}/secrets"]


@pytest.mark.parametrize("name", ["alertmanager", "grafna"])
async def test_secret_for_source_without_signatures_prevents_start(
    database_url: str, name: str
) -> None:
    settings = load(
        None,
        {
            "DATABASE_URL": database_url,
            f"GATEWAY_INTAKE__{name.upper()}__SECRETS": NEW.replace(" ", "-"),
        },
    )
    with pytest.raises(Misconfigured):
        async with served(settings):
            raise AssertionError("it started")
