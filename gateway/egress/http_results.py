"""The result of a delivery by HTTP, from the status and headers of the answer. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from gateway.notify.message import Dead, Delivered, Result, Retry

FEW_TRIES = 3
"""Attempts worth making where the answer says that the request itself is wrong: someone may be mending the receiver."""
TIMEOUT_S = 9.0
"""Seconds in which another server has to answer."""


def result_of(status: int, retry_after: str | None, now: datetime) -> Result:
    """What an answer means: 2xx is delivered, 410 ends it, 408, 429 and 5xx run the schedule, the rest a few tries."""
    if 200 <= status < 300:
        return Delivered()
    if status == 410:
        return Dead("the endpoint is gone (410)")
    if status in (408, 429) or status >= 500:
        return Retry(f"answered {status}", after=_asked(retry_after, now), down=status != 429)
    if 300 <= status < 400:
        return Retry(f"answered {status}: redirects are not followed", at_most=FEW_TRIES)
    return Retry(f"answered {status}", at_most=FEW_TRIES)


def _asked(text: str | None, now: datetime) -> timedelta | None:
    """A Retry-After, in seconds or as a date (RFC 9110, 10.2.3); None when there is none that can be read."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
