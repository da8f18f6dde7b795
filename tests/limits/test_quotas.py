"""Every caller has a quota of its own, unaffected by the use of others."""

from collections import Counter

import msgspec
import pytest

from gateway.limits import quotas
from gateway.limits.quotas import Quotas
from gateway.settings import load
from gateway.vocabulary import Quota

LIMITS = load(None, {}).limits


def limited(**changed: int) -> tuple[Quotas, Counter[str]]:
    refused: Counter[str] = Counter()
    return Quotas(
        msgspec.structs.replace(LIMITS, **changed), lambda quota: refused.update([quota])
    ), refused


def test_key_is_limited_to_burst_then_rate() -> None:
    made, refused = limited(key_per_second=2, key_burst=3)
    assert [made.enter(1, 0, 0.0) for _ in range(3)] == [None] * 3
    refusal = made.enter(1, 0, 0.0)
    assert refusal is not None
    assert (refusal.quota, refusal.retry_after, "limits.key_per_second, 2" in refusal.told) == (
        Quota.REQUESTS,
        1,
        True,
    )
    assert made.enter(2, 0, 0.0) is None
    assert made.enter(1, 0, 0.5) is None
    assert refused == {"requests": 1}


def test_ingest_requests_have_separate_rate() -> None:
    made, refused = limited(key_per_second=1, key_burst=1, ingest_per_second=2, ingest_burst=3)
    assert [made.enter(1, 0, 0.0, sends=True) for _ in range(3)] == [None] * 3
    refusal = made.enter(1, 0, 0.0, sends=True)
    assert refusal is not None
    assert "limits.ingest_per_second, 2" in refusal.told
    assert refused == {"requests": 1}


def test_concurrent_requests_of_key_are_limited() -> None:
    made, refused = limited(key_at_once=2)
    assert [made.enter(1, 0, 0.0), made.enter(1, 0, 0.0)] == [None, None]
    refusal = made.enter(1, 0, 0.0)
    assert refusal is not None
    assert (refusal.quota, "limits.key_at_once is 2" in refusal.told) == (Quota.AT_ONCE, True)
    made.leave(1, 0)
    assert made.enter(1, 0, 0.0) is None
    assert refused == {"at_once": 1}


def test_bytes_per_minute_of_key_are_limited() -> None:
    made, refused = limited(key_bytes_per_minute=600)
    assert made.enter(1, 500, 0.0) is None
    refusal = made.enter(1, 200, 0.0)
    assert refusal is not None
    assert (refusal.quota, refusal.retry_after) == (Quota.BYTES, 10)
    assert made.enter(1, 200, 10.0) is None
    made.leave(1, 300)
    refusal = made.enter(1, 1, 10.0)
    assert refusal is not None
    assert refusal.retry_after == 31
    assert refused == {"bytes": 2}


def test_file_bytes_per_day_of_key_are_limited() -> None:
    made, refused = limited(file_bytes_per_day=86_400)
    assert made.keep(1, 1_000_000, 0.0) is None, "no request of it runs"
    made.enter(1, 0, 0.0)
    made.enter(2, 0, 0.0)
    assert made.keep(1, 86_000, 0.0) is None
    refusal = made.keep(1, 1_000, 0.0)
    assert refusal is not None
    assert (
        refusal.quota,
        refusal.retry_after,
        "limits.file_bytes_per_day, 86400" in refusal.told,
    ) == (Quota.FILES, 600, True)
    assert made.keep(2, 86_400, 0.0) is None
    assert made.keep(1, 1_000, 600.0) is None
    assert refused == {"files": 1}


def test_requests_without_key_are_limited_by_address() -> None:
    made, refused = limited(address_per_second=1, address_burst=2)
    assert [made.stranger("a", 0.0), made.stranger("a", 0.0)] == [None, None]
    refusal = made.stranger("a", 0.0)
    assert refusal is not None
    assert (refusal.quota, "limits.address_per_second, 1" in refusal.told) == (
        Quota.STRANGERS,
        True,
    )
    assert made.stranger("b", 0.0) is None
    assert refused == {"strangers": 1}


@pytest.mark.parametrize("per_minute", [10_000])
def test_prometheus_pair_stays_within_default_quotas(per_minute: int) -> None:
    made, refused = limited()
    for at in range(2 * per_minute):
        assert made.enter(at % 2, 4_000, at * 30 / per_minute, sends=True) is None
        made.leave(at % 2, 0, sends=True)
    assert not refused


def test_number_of_remembered_shares_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "MOST_SHARES", 4)
    made, _ = limited(key_per_second=1, key_burst=1)
    for key in range(4):
        assert made.enter(key, 0, 0.0) is None
    assert made.enter(9, 0, 0.0) is None
    assert sorted(made.keys) == [4, 6, 18]
    for key in (2, 3, 9):
        made.leave(key, 0)
    made.enter(5, 0, 0.5)
    made.leave(5, 0)
    made.enter(6, 0, 100.0)
    made.leave(7, 0)
    assert sorted(made.keys) == [12]
