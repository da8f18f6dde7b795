"""Who signs is believed; who does not, or signs wrongly, late or for somebody else, is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.clock import SystemClock
from gateway.errors import Forbidden, Misconfigured, Unauthenticated
from gateway.ingest import signatures
from gateway.ingest.source import Delivery
from gateway.settings import Intake, load
from tests.ingest.requests import BY_SLUG, NOW
from tests.ingest.signing import NEW, OLD, SIGNERS, Signer, hexed, lied
from tests.support.served import served

signer = pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.slug)


def verified(signer: Signer, headers: dict[str, str], body: bytes | None = None, *accounts: str) -> None:
    source, delivery = BY_SLUG[signer.slug], Delivery(headers, signer.body() if body is None else body, NOW)
    assert source.verify is not None
    source.verify(delivery, signer.intake(*accounts))
    source.read(delivery, signer.intake(*accounts))


@signer
def test_a_request_signed_by_either_secret_is_believed(signer: Signer) -> None:
    for secret in signer.secrets:
        verified(signer, signer.sign(secret, signer.body(), NOW))
    verified(signer, signer.sign(signer.secrets[0], signer.body(), NOW - timedelta(minutes=4)))


LIES: dict[str, Callable[[Signer], tuple[dict[str, str], bytes]]] = {
    "bad signature": lambda s: (s.sign(s.secrets[0][:-8] + "AAAABBBB", s.body(), NOW), s.body()),
    "another body": lambda s: (s.sign(s.secrets[0], s.body(), NOW), s.body() + b" "),
    "no signature": lambda s: (lied(s.sign(s.secrets[0], s.body(), NOW), s.signature, None), s.body()),
    "no signature that could be one": lambda s: (lied(s.sign(s.secrets[0], s.body(), NOW), s.signature, "v1,é\udcff"), s.body()),
    "stale": lambda s: (s.sign(s.secrets[0], s.body(), NOW - timedelta(minutes=6)), s.body()),
    "of tomorrow": lambda s: (s.sign(s.secrets[0], s.body(), NOW + timedelta(minutes=6)), s.body()),
}


@signer
@pytest.mark.parametrize("lie", LIES)
def test_a_request_that_is_not_signed_as_it_must_be_is_refused(signer: Signer, lie: str) -> None:
    headers, body = LIES[lie](signer)
    with pytest.raises(Unauthenticated):
        verified(signer, headers, body)


@signer
def test_an_account_that_is_not_among_those_allowed_is_refused(signer: Signer) -> None:
    headers = signer.sign(signer.secrets[0], signer.body(), NOW)
    if signer.account:
        verified(signer, headers, None, "another", signer.account)
    with pytest.raises(Forbidden):
        verified(signer, headers, None, "another")


@signer
def test_without_secrets_the_key_alone_opens(signer: Signer) -> None:
    verify = BY_SLUG[signer.slug].verify
    assert verify is not None
    verify(Delivery({}, signer.body(), NOW), Intake())


async def test_what_is_signed_comes_in_once_and_what_is_not_leaves_nothing(database_url: str) -> None:
    settings = msgspec.structs.replace(
        load(None, {"DATABASE_URL": database_url}), intake={signer.slug: signer.intake() for signer in SIGNERS}
    )
    now = SystemClock().now()
    async with served(settings) as gateway:
        for signer in SIGNERS:
            await comes_in_once(gateway, signer, signer.sign(signer.secrets[1], signer.body(), now))
        assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == len(SIGNERS)
        assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 2 * len(SIGNERS)
        assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == 0


async def comes_in_once(gateway: Any, signer: Signer, headers: dict[str, str]) -> None:
    """By the key in a header, then replayed with the key in the path; with a broken signature, never."""
    path, key = f"/ingest/{signer.slug}", gateway.keys["ingest"]
    first = await gateway.client.post(path, data=signer.body(), headers=headers | {"Authorization": f"Bearer {key}"})
    again = await gateway.client.post(f"{path}/{key}", data=signer.body(), headers=headers)
    (one,), (two,) = (await first.json())["results"], (await again.json())["results"]
    assert (first.status, one["outcome"], again.status, two["outcome"]) == (202, "opened", 202, "duplicate")
    assert one["incident"] == two["incident"]
    for wrong in (lied(headers, signer.signature, None), lied(headers, signer.signature, "00" * 32)):
        refused = await gateway.client.post(f"{path}/{key}", data=signer.body(), headers=wrong)
        assert (refused.status, refused.content_type) == (401, "application/problem+json")
        told = await refused.text()
        assert not any(secret in told for secret in signer.secrets)


def test_grafana_without_a_time_signs_the_body_alone() -> None:
    grafana = SIGNERS[0]
    bare = {"x-grafana-alert-signature": hexed(NEW, grafana.body())}
    verified(grafana, bare)
    for sent in (str(int(NOW.timestamp())), "", "soon", "9" * 30):
        with pytest.raises(Unauthenticated):
            verified(grafana, bare | {"x-grafana-alerting-timestamp": sent})


def test_a_time_of_signing_is_seconds_since_1970_and_nothing_else() -> None:
    assert signatures.seconds("1795237200") == NOW
    for text in (None, "", "-1", "1.5", "٣", "9" * 12, "9" * 13):
        with pytest.raises(Unauthenticated):
            signatures.seconds(text)


def test_a_signature_that_cannot_be_read_is_none() -> None:
    assert signatures.from_base64("é") == signatures.from_base64("a") == b""
    for text in (None, "", "xy"):
        with pytest.raises(Unauthenticated):
            signatures.from_hex(text)


def test_secrets_come_from_the_environment_and_are_never_shown() -> None:
    settings = load(None, {"GATEWAY_INTAKE__GRAFANA__SECRETS": "12345678 abcdefgh", "GATEWAY_INTAKE__SENTRY__ACCOUNTS": "a b"})
    assert settings.intake["grafana"].secrets == ("12345678", "abcdefgh")
    assert settings.intake["sentry"].accounts == ("a", "b")
    assert "abcdefgh" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "secret"), [("grafana", "short"), ("standard_webhooks", OLD), ("standard_webhooks", "whsec_????????")]
)
def test_a_secret_that_cannot_be_one_is_a_problem_of_the_configuration(name: str, secret: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(None, {f"GATEWAY_INTAKE__{name.upper()}__SECRETS": secret.replace(" ", "-")})
    assert [flaw.pointer for flaw in refused.value.flaws] == [f"/intake/{name}/secrets"]


@pytest.mark.parametrize("name", ["alertmanager", "grafna"])
async def test_a_secret_that_no_source_would_use_keeps_the_gateway_from_starting(database_url: str, name: str) -> None:
    settings = load(None, {"DATABASE_URL": database_url, f"GATEWAY_INTAKE__{name.upper()}__SECRETS": NEW.replace(" ", "-")})
    with pytest.raises(Misconfigured):
        async with served(settings):
            raise AssertionError("it started")
