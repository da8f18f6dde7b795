"""Short hashes that stand for keys: fixed-size, indexable, and never equal for parts that only look alike when joined."""

from collections.abc import Iterable
from hashlib import sha256


def key_hash(integration_id: int, namespace: str, dedup_key: str) -> bytes:
    """The 16 bytes that stand for one alert of one integration."""
    return _digest("v1", str(integration_id), namespace, dedup_key)


def group_hash(rule: str, values: Iterable[str]) -> bytes:
    """The 16 bytes that stand for the alerts a rule finds related: those that agree in `values`."""
    return _digest("v1", rule, *values)


def _digest(*parts: str) -> bytes:
    """Parts are length-prefixed, so ("ab", "c") and ("a", "bc") differ; a lone surrogate is hashed, not refused."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return sha256(b"".join(len(part).to_bytes(4, "big") + part for part in encoded)).digest()[:16]
