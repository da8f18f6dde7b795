"""A token of a cloud is accepted only if its signature and every claim are right.

Its keys are fetched from one address only.
"""

import base64
import hmac
from typing import Any

import msgspec
import pytest
from joserfc.jwk import KeySet

from gateway.egress.fetching import REFETCH_SECONDS, FetchCache
from gateway.errors import Malformed, Misconfigured, Unauthenticated
from gateway.ingest.reading import tokens
from gateway.ingest.reading.signatures import UnknownSigningKey
from gateway.ingest.reading.source import WebhookDelivery
from gateway.settings import SourceSettings, load
from gateway.timing.clock import SystemClock
from gateway.tokens.foreign_tokens import TokenRequirements
from tests.ingest.requests import BY_SLUG, NOW
from tests.ingest.signing import (
    CLOUD,
    ENTRA_AT,
    ENTRAS,
    GOOGLE_AT,
    GOOGLES,
    MINUTE,
    PUBLISHED,
    SIGNERS,
    TENANT,
    Signer,
    token,
)
from tests.support.clock import FakeClock
from tests.support.served import served

CLOUDS = {one.slug: one for one in SIGNERS if one.settings is not None}
CLAIMS: dict[str, dict[str, Any]] = {"azure": ENTRAS, "google_cloud": GOOGLES}
SECONDS = int(NOW.timestamp())

OF_BOTH: list[dict[str, Any]] = [
    {"iss": "https://accounts.example.com"}, {"iss": None}, {"aud": "https://another.example"},
    {"aud": None}, {"aud": []}, {"exp": SECONDS - 61}, {"exp": None}, {"exp": "9999999999"},
    {"exp": True}, {"iat": SECONDS + 61}, {"iat": None}, {"nbf": SECONDS + 61},
]  # fmt: skip
CHANGES: list[tuple[str, dict[str, Any]]] = [
    *((slug, change) for slug in CLOUDS for change in OF_BOTH),
    ("google_cloud", {"email": "push@another.iam.gserviceaccount.com"}),
    ("google_cloud", {"email_verified": "true"}),
    ("google_cloud", {"email": None}),
    ("azure", {"appid": "another"}),
    ("azure", {"appid": None}),
    ("azure", {"iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/"}),
]


def believed(signer: Signer, text: str, keys: bytes = PUBLISHED) -> None:
    verify = BY_SLUG[signer.slug].verify
    assert verify is not None
    delivery = WebhookDelivery({"authorization": text}, signer.body(), NOW, certificate=keys)
    verify(delivery, signer.intake())


@pytest.mark.parametrize(("slug", "change"), CHANGES)
def test_token_with_one_wrong_claim_is_refused(slug: str, change: dict[str, Any]) -> None:
    believed(CLOUDS[slug], f"Bearer {token(CLAIMS[slug])}")
    with pytest.raises(Unauthenticated):
        believed(CLOUDS[slug], f"Bearer {token(CLAIMS[slug] | change)}")


@pytest.mark.parametrize("slug", CLOUDS)
def test_source_without_audience_needs_no_token_and_fetches_no_keys(slug: str) -> None:
    source, delivery = BY_SLUG[slug], WebhookDelivery({}, CLOUDS[slug].body(), NOW)
    assert source.verify is not None
    assert source.certificate_at is not None
    source.verify(delivery, SourceSettings())
    assert source.certificate_at(delivery, SourceSettings()) == ""


def test_pubsub_data_must_be_base64() -> None:
    with pytest.raises(Malformed) as refused:
        BY_SLUG["google_cloud"].parse(
            WebhookDelivery({}, b'{"message": {"data": "?", "messageId": "1"}}', NOW),
            SourceSettings(),
        )
    assert refused.value.flaws[0].pointer == "/message/data"


def test_both_entra_token_versions_are_accepted() -> None:
    newer = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "azp": ENTRAS["appid"],
        "aud": ["x", "api://gateway"],
    }
    believed(CLOUDS["azure"], f"bearer {token({**ENTRAS, **newer, 'appid': ENTRAS['appid']})}")
    unnamed = {name: value for name, value in (ENTRAS | newer).items() if name != "appid"}
    believed(CLOUDS["azure"], f"Bearer {token(unnamed)}")


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()


def forged() -> list[str]:
    """Return forged tokens: one unsigned, and one signed with the public key as a shared secret."""
    said = part({"iat": SECONDS, "exp": SECONDS + 60, **GOOGLES})
    secret = f"{part({'alg': 'HS256', 'kid': 'k2'})}.{said}"
    mark = hmac.digest(CLOUD["new"].as_pem(private=False), secret.encode(), "sha256")
    return [
        f"{part({'alg': 'none', 'kid': 'k2'})}.{said}.",
        f"{secret}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}",
    ]


@pytest.mark.parametrize("text", ["", "Bearer", "Basic abc", "Bearer x", "Bearer a.b.c",
                                  f"Bearer {'x' * 9_000}",
                                  *(f"Bearer {one}" for one in forged())])  # fmt: skip
def test_invalid_or_forged_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        believed(CLOUDS["google_cloud"], text)


@pytest.mark.parametrize(
    "keys",
    [b"", b"{", b"[]", b"{}", b'{"keys": 5}', b'{"keys": [5]}', b'{"keys": [{"kty": "RSA"}]}'],
)
def test_unreadable_key_set_accepts_no_token(keys: bytes) -> None:
    with pytest.raises(Unauthenticated):
        believed(CLOUDS["azure"], f"Bearer {token(ENTRAS)}", keys)


@pytest.mark.parametrize("slug", CLOUDS)
@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_token_headers_cannot_redirect_key_lookup(slug: str, name: str) -> None:
    source = BY_SLUG[slug]
    lies: dict[str, Any] = {name: "https://169.254.169.254/keys"}
    delivery = WebhookDelivery(
        {"authorization": f"Bearer {token(CLAIMS[slug], 'stranger', **lies)}"}, b"", NOW
    )
    assert source.certificate_at is not None
    assert source.certificate_at(delivery, CLOUDS[slug].intake()) in {GOOGLE_AT, ENTRA_AT}
    with pytest.raises(Unauthenticated):
        believed(CLOUDS[slug], delivery.headers["authorization"])


def test_unpublished_key_id_raises_unknown_key() -> None:
    with pytest.raises(UnknownSigningKey):
        believed(CLOUDS["google_cloud"], f"Bearer {token(GOOGLES, 'rotated')}")


async def test_keys_are_refetched_at_most_once_per_interval(clock: FakeClock) -> None:
    asked = []

    async def fetch(address: str) -> bytes:
        asked.append(address)
        return b"%d" % len(asked)

    kept = FetchCache(fetch, clock)
    assert [await kept.get("a"), await kept.newer("a"), await kept.newer("b")] == [b"1", b"1", b"2"]
    clock.advance(MINUTE)
    assert REFETCH_SECONDS == 60
    assert [await kept.newer("a"), await kept.newer("a"), await kept.get("a")] == [b"3", b"3", b"3"]


async def test_rotated_cloud_keys_are_accepted_after_refetch(
    database_url: str, clock: FakeClock
) -> None:
    shown = [PUBLISHED]

    async def fetch(address: str) -> bytes:
        assert address == GOOGLE_AT
        return shown[-1]

    one, settings = CLOUDS["google_cloud"], load(None, {"DATABASE_URL": database_url})
    settings = msgspec.structs.replace(settings, intake={one.slug: one.intake()})
    async with served(settings, fetch, clock) as gateway:

        async def sent(name: str) -> int:
            headers = {"authorization": f"Bearer {token(GOOGLES, name, clock.now())}"}
            path = f"/ingest/google_cloud/{gateway.keys['ingest']}"
            return (await gateway.client.post(path, data=one.body(), headers=headers)).status

        assert [await sent("new"), await sent("rotated")] == [202, 401]
        shown.append(msgspec.json.encode(KeySet([CLOUD["rotated"]]).as_dict()))
        clock.advance(MINUTE)
        assert [await sent("rotated"), await sent("new")] == [202, 401]


@pytest.mark.parametrize(
    ("name", "setting", "value", "flaw"),
    [
        ("azure", "AUDIENCE", "api://gateway", "tenant"),
        ("google_cloud", "AUDIENCE", "https://x.example", "senders"),
        ("grafana", "AUDIENCE", "x", "audience"),
        ("azure", "TENANT", TENANT, "audience"),
        ("google_cloud", "SENDERS", "a b", "audience"),
    ],
)
def test_incomplete_token_settings_are_misconfigured(
    name: str, setting: str, value: str, flaw: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(None, {f"GATEWAY_INTAKE__{name.upper()}__{setting}": value})
    assert [one.pointer for one in refused.value.flaws] == [f"/intake/{name}/{flaw}"]


def test_expired_token_is_reported_as_too_old() -> None:
    wanted = TokenRequirements(
        ("https://accounts.google.com",), "https://gateway.example", SystemClock().now()
    )
    with pytest.raises(Unauthenticated, match="too old"):
        tokens.verify_token(token(GOOGLES, at=SystemClock().now() - 70 * MINUTE), PUBLISHED, wanted)
