"""The answers of Vonage to a text message or a call. Pure.

https://developer.vonage.com/en/api-errors: a status, and a problem as in RFC 7807.
"""

from collections.abc import Mapping
from typing import Any

from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Delivered, Result, Retry, Undeliverable

OURS = frozenset({401, 402, 403})
"""Statuses of a wrong key, an account without credit, and an application that may not."""

NEVER = frozenset({400, 422})
"""Statuses of a number or a message that is refused."""


def read_answer(status: int, body: Mapping[str, Any]) -> Result:
    """Return the result of a request."""
    if 200 <= status < 300:
        handle = str(body.get("message_uuid") or body.get("uuid") or "")
        if handle:
            return Delivered(handle)
        return Retry("Vonage: an answer without an id", at_most=FEW_ATTEMPTS)
    said = " ".join(str(body.get(name) or "") for name in ("title", "detail")).strip()
    reason = f"Vonage answered {status} {said[:200]}".rstrip()
    if status in NEVER:
        return Undeliverable(reason)
    return Retry(reason, at_most=FEW_ATTEMPTS, down=status in OURS)
