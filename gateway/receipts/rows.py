"""Rows for PostgreSQL as one JSON parameter: many small values as arrays cost the event loop four times as much."""

import msgspec

_encode = msgspec.json.Encoder().encode


def as_json(rows: object) -> str:
    """What `json_to_recordset` reads."""
    return _encode(rows).decode()


def as_bytea(data: bytes) -> str:
    """Bytes as PostgreSQL writes them in text."""
    return "\\x" + data.hex()
