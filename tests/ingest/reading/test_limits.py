"""The limits of a request: values beyond them are cut or refused."""

import msgspec
import pytest

from gateway.errors import Malformed
from gateway.ingest.reading import limits


def test_labels_within_limits_are_unchanged_and_long_ones_are_cut() -> None:
    fine = {"job": "checkout"}
    assert limits.labels(fine) == fine
    assert limits.labels({}) == {}
    cut = limits.labels({"n" * 600: "v" * 5_000, "short": "kept"})
    assert {len(name): len(value) for name, value in cut.items()} == {
        limits.KEY: limits.LABEL,
        5: 4,
    }
    assert all(value.endswith("…") for name, value in cut.items() if name != "short")


def test_labels_beyond_maximum_count_are_dropped() -> None:
    kept = limits.labels({str(n): "" for n in range(limits.MAX_LABELS + 1)})
    assert list(kept) == [str(n) for n in range(limits.MAX_LABELS)]


def test_number_beyond_range_is_refused_at_its_pointer() -> None:
    with pytest.raises(Malformed) as refused:
        limits.decode(b'{"a": [1, {"b": 1e31}]}', object)
    assert refused.value.flaws[0].pointer == "/a/1/b"
    assert limits.decode_item(msgspec.Raw(b'{"a": [1]}'), object) == {"a": [1]}


def test_untyped_item_with_nul_is_refused() -> None:
    with pytest.raises(Malformed):
        limits.decode_item(msgspec.Raw(b'["\\u0000"]'), object)


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"title": "a\0"}', b"[" * 40 + b"]" * 40, b'{"title": ']
)
def test_invalid_or_too_deep_body_is_refused_as_whole(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        limits.decode_envelope(body, msgspec.Raw)
    assert refused.value.flaws[0].pointer == ""
