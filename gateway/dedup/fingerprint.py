"""Hashes that identify an alert or a group of alerts. Pure.

Hashes contain a version, so that a changed rule does not merge alerts that were distinct
earlier.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

VERSION = b"v1"


@lru_cache(maxsize=65_536)
def key_hash(integration_id: int, namespace: str, dedup_key: str) -> bytes:
    """Return the hash of an alert's dedup key.

    It is the first 16 bytes of SHA-256 over version, integration, namespace and key; lengths
    keep the parts apart.
    """
    named, key = namespace.encode(), dedup_key.encode()
    return sha256(b"%b:%d:%d:%b:%b" % (VERSION, integration_id, len(named), named, key)).digest()[
        :16
    ]


def group_hash(rule: str, values: Sequence[str]) -> bytes:
    """Return the hash of the group of a relate rule for alerts that agree in `values`."""
    parts = [part.encode() for part in (rule, *values)]
    return sha256(VERSION + b"".join(b":%d:%b" % (len(part), part) for part in parts)).digest()[:16]
