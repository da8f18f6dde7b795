"""The schedule of retries, and when to give up. Pure.

The waits follow the shape of the Standard Webhooks schedule (its total is 75 h 35 min), with two
more early attempts, because a page that comes five minutes late is of little use.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from gateway.notify.message import Delivered, Result, Retry, Undeliverable

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The wait after the first, second, ... failed attempt; after the last one there is none."""
JITTER = 0.1
"""The share by which each wait varies, so that joint failures are not retried together."""
LONGEST_ASKED = timedelta(hours=24)
"""The longest Retry-After that is honoured."""
GIVE_UP_AFTER = timedelta(hours=84)
"""The age at which a row is dead in any case: longer than all jittered waits together."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The next step of a message that was delivered: its row, so long after the delivery.

    It tells what `message` tells by the contact method at index `method`.
    """

    message: UUID
    id: UUID
    after: timedelta
    method: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """The effect of one attempt on its outbox row: `sent`, `dead`, or `pending` again after `wait`.

    A row whose sending was no longer needed is `cancelled`. `held` is the reason for which a row
    waits on purpose; `further` are the steps that follow a delivery.

    `attempt` is the attempt that is being settled: a retry or a death is written only while it
    is still the newest. `refund` takes the attempt back, because nothing was sent or another
    method is tried at once. `method` is the contact method that is next, `may_recover` whether
    an earlier one may work later, `reached` the address that took the message.
    """

    id: UUID
    attempt: int
    state: str
    wait: timedelta = timedelta(0)
    error: str = ""
    refund: bool = False
    method: int = 0
    may_recover: bool = False
    reached: str = ""
    held: str = ""
    further: tuple[FollowUp, ...] = ()


def wait_before(identity: UUID, attempt: int) -> timedelta | None:
    """Return the wait after failed attempt `attempt` (from 1), None if it was the last."""
    if attempt > len(WAITS):
        return None
    draw = hashlib.sha256(identity.bytes + attempt.to_bytes(4, "big")).digest()
    share = int.from_bytes(draw[:8], "big") / 2**64
    return WAITS[attempt - 1] * (1 + JITTER * (2 * share - 1))


def settle(identity: UUID, attempt: int, age: timedelta, result: Result) -> Settlement:
    """Return the settlement of a row of this `age` whose attempt ended in `result`."""
    if isinstance(result, Delivered):
        return Settlement(identity, attempt, "sent")
    if isinstance(result, Undeliverable):
        return Settlement(identity, attempt, "dead", error=result.reason)
    wait = wait_before(identity, attempt)
    if (
        wait is None
        or age >= GIVE_UP_AFTER
        or (result.at_most is not None and attempt >= result.at_most)
    ):
        return Settlement(identity, attempt, "dead", error=result.reason)
    asked = min(result.after or timedelta(0), LONGEST_ASKED)
    return Settlement(identity, attempt, "pending", max(wait, asked), result.reason)


def next_method(settlement: Settlement, method: int, *, may_recover: bool) -> Settlement:
    """Go on with the next contact method at once.

    The attempt counts only when the last one has failed.
    """
    return replace(
        settlement,
        state="pending",
        wait=timedelta(0),
        refund=True,
        method=method + 1,
        may_recover=may_recover,
    )


def defer(
    identity: UUID, attempt: int, created_at: datetime, claimed_at: datetime, wait: timedelta
) -> Settlement:
    """Put a row back untried because its endpoint is being left alone.

    One that is too old is dead.
    """
    reason = "the endpoint is failing or busy, and is left alone for now"
    if claimed_at - created_at >= GIVE_UP_AFTER:
        return Settlement(identity, attempt, "dead", error=reason)
    return Settlement(identity, attempt, "pending", wait, reason, refund=True)


def is_endpoint_failure(result: Result) -> bool:
    """Return whether this result counts against the endpoint as a whole."""
    return isinstance(result, Retry) and result.down
