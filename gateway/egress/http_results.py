"""The result of a delivery over HTTP, from the status and headers of the response. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from gateway.notify.message import Delivered, Result, Retry, Undeliverable

FEW_ATTEMPTS = 3
"""Attempts made where the status says that the request is wrong: it may be fixed soon."""
TIMEOUT_S = 9.0
"""Seconds in which another server has to respond."""


def interpret_status(status: int, retry_after: str | None, now: datetime) -> Result:
    """Return the meaning of a status.

    2xx means delivered and 410 dead; 408, 429 and 5xx are retried by the schedule, anything else
    a few times.
    """
    if 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Undeliverable("the endpoint is gone (410)")
    if status in (408, 429) or status >= 500:
        return Retry(f"answered {status}", after=_asked(retry_after, now), down=status != 429)
    if 300 <= status < 400:
        return Retry(f"answered {status}: redirects are not followed", at_most=FEW_ATTEMPTS)
    return Retry(f"answered {status}", at_most=FEW_ATTEMPTS)


def interpret_code(
    vendor: str,
    code: object,
    reason: str,
    busy: Mapping[int, timedelta | None],
    never: Collection[int],
) -> Result:
    """Return the meaning of an error code in the body of a response; 0 means delivered.

    `busy` are codes of temporary faults, with the pause where the vendor names one: the schedule
    retries them. After those in `never` nothing is tried again; all others, which somebody may be
    fixing, get a few tries. Code -1 means that the vendor is down.
    """
    if not isinstance(code, int) or isinstance(code, bool):
        return Retry(f"{vendor}: an answer without a code", at_most=FEW_ATTEMPTS)
    if code == 0:
        return Delivered()
    said = f"{vendor}: {code} {reason}"
    if code in busy:
        return Retry(said, after=busy[code], down=code == -1)
    return Undeliverable(said) if code in never else Retry(said, at_most=FEW_ATTEMPTS)


def _asked(text: str | None, now: datetime) -> timedelta | None:
    """Return a Retry-After, in seconds or as a date (RFC 9110, 10.2.3), or None."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
