"""The result of a message to a browser, and of one to all browsers of a person. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.egress.http_results import FEW_ATTEMPTS, interpret_status
from gateway.notify.message import Delivered, Result, Retry, Undeliverable

GONE = Undeliverable("the push service knows this browser no longer")
"""The result for a subscription that has ended; it is deleted."""

NO_BROWSER = Undeliverable("no browser is subscribed: open the page of POST /api/v1/me/push-link")
OTHER_KEY = Undeliverable("this browser subscribed with a key that is not ours: subscribe it anew")


def interpret_answer(status: int, headers: Mapping[str, str], now: datetime) -> Result:
    """Return the meaning of an answer of a push service (RFC 8030, 5 and 7.3).

    A service that took the message names its place in `Location`, that of Mozilla sometimes with
    a plain 200, which other servers in between answer as well. The service of Windows asks by
    406 to slow down. A token or key that is refused gets a few attempts: somebody may be
    correcting the settings.
    """
    if status in (201, 202) or (status == 200 and "Location" in headers):
        return Delivered()
    if status in (404, 410):
        return GONE
    if status == 413:
        return Undeliverable("the push service takes no message as long as this (413)")
    found = interpret_status(429 if status == 406 else status, headers.get("Retry-After"), now)
    if isinstance(found, Delivered):
        return Retry(f"answered {status}, which no push service does", at_most=FEW_ATTEMPTS)
    return found


def combine(results: Iterable[Result]) -> Result:
    """Return the result for a person, of whom one browser at least was called.

    One that took the message is enough. Otherwise it is tried again as long as that may help one
    of them, and as soon as the first of them asks for it; the endpoint is down if all are.
    """
    found = list(results)
    if delivered := next((one for one in found if isinstance(one, Delivered)), None):
        return delivered
    again = [one for one in found if isinstance(one, Retry)]
    if not again:
        return next((one for one in found if one != GONE), NO_BROWSER)
    limits = [one.at_most for one in again if one.at_most is not None]
    waits = [one.after for one in again if one.after is not None]
    return Retry(
        "; ".join(dict.fromkeys(one.reason for one in again)),
        after=min(waits) if len(waits) == len(again) else None,
        at_most=max(limits) if len(limits) == len(again) else None,
        down=all(one.down for one in again),
    )
