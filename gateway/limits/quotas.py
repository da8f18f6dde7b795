"""Quotas of a replica: the use allowed to each key, and to each address without a key. Pure.

Each replica counts for itself: with several, a caller may use as much of each. No caller uses up
another's quota.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import TypeVar

from gateway.limits.token_bucket import TokenBucket
from gateway.settings import UseLimits
from gateway.vocabulary import Quota

Key = TypeVar("Key", int, str)

MOST_SHARES = 10_000
"""The most callers remembered; of more, the idle ones are forgotten."""

CONCURRENCY_RETRY_SECONDS = 1
"""Seconds until a retry if too many requests run at once."""


@dataclass(frozen=True, slots=True)
class QuotaRefusal:
    """A refused request: the quota, its explanation, and the seconds until a retry."""

    quota: Quota
    told: str
    retry_after: int


@dataclass(slots=True)
class CallerUsage:
    """The use of one caller so far."""

    requests: TokenBucket
    bytes: TokenBucket
    files: TokenBucket
    running: int = 0

    def is_idle(self, now: float) -> bool:
        """Return whether nothing is in use, so that forgetting this share changes nothing."""
        return not self.running and all(
            one.refill(now) >= one.burst for one in (self.requests, self.bytes, self.files)
        )


@dataclass(slots=True)
class Quotas:
    """The shares of all callers; a key has two, one of them for sending alerts.

    `refused` is called with the quota of every refusal.
    """

    limits: UseLimits
    refused: Callable[[Quota], None]
    keys: dict[int, CallerUsage] = field(default_factory=dict)
    strangers: dict[str, CallerUsage] = field(default_factory=dict)

    def enter(self, key: int, size: int, now: float, *, sends: bool = False) -> QuotaRefusal | None:
        """Begin a request of a key with a body of `size` bytes, or return a refusal.

        `leave` ends the request. A key that `sends` alerts may do so much more often: intake has
        queues of its own, and is built for alert storms.
        """
        limits = self.limits
        rate, burst = (
            (limits.ingest_per_second, limits.ingest_burst)
            if sends
            else (limits.key_per_second, limits.key_burst)
        )
        name = 2 * key + sends
        share = self.keys.get(name) or self._share(self.keys, name, now, rate, burst)
        if share.running >= limits.key_at_once:
            told = (
                f"{share.running} requests of this key run already, "
                f"limits.key_at_once is {limits.key_at_once}"
            )
            return self._refuse(QuotaRefusal(Quota.AT_ONCE, told, CONCURRENCY_RETRY_SECONDS))
        if wait := share.requests.take(1, now):
            told = (
                "this key asks more than "
                f"limits.{'ingest' if sends else 'key'}_per_second, {rate} requests"
            )
            return self._refuse(QuotaRefusal(Quota.REQUESTS, told, ceil(wait)))
        if size and (wait := share.bytes.take(size, now)):
            told = (
                "this key sends more than limits.key_bytes_per_minute, "
                f"{limits.key_bytes_per_minute} bytes"
            )
            return self._refuse(QuotaRefusal(Quota.BYTES, told, ceil(wait)))
        share.running += 1
        return None

    def leave(self, key: int, more: int, *, sends: bool = False) -> None:
        """End a request of a key; `more` are bytes of its body beyond the announced size."""
        share = self.keys.get(2 * key + sends)
        if share is not None:
            share.running = max(0, share.running - 1)
            share.bytes.level -= more

    def keep(self, key: int, size: int, now: float) -> QuotaRefusal | None:
        """Count a file that a running request of a key stores for good, or return a refusal."""
        share, most = self.keys.get(2 * key), self.limits.file_bytes_per_day
        if share is not None and (wait := share.files.take(size, now)):
            told = f"this key attaches more files than limits.file_bytes_per_day, {most} bytes"
            return self._refuse(QuotaRefusal(Quota.FILES, told, ceil(wait)))
        return None

    def stranger(self, address: str, now: float) -> QuotaRefusal | None:
        """Count a request without a key, or return a refusal."""
        limits = self.limits
        rate, burst = limits.address_per_second, limits.address_burst
        share = self.strangers.get(address) or self._share(
            self.strangers, address, now, rate, burst
        )
        if wait := share.requests.take(1, now):
            told = (
                "more requests without a key than limits.address_per_second, "
                f"{limits.address_per_second}, from one address"
            )
            return self._refuse(QuotaRefusal(Quota.STRANGERS, told, ceil(wait)))
        return None

    def _share(
        self, shares: dict[Key, CallerUsage], key: Key, now: float, rate: int, burst: int
    ) -> CallerUsage:
        if len(shares) >= MOST_SHARES:
            _forget(shares, now)
        shares[key] = made = CallerUsage(
            TokenBucket.full(rate, burst, now),
            TokenBucket.per_minute(self.limits.key_bytes_per_minute, now),
            TokenBucket.per_day(self.limits.file_bytes_per_day, now),
        )
        return made

    def _refuse(self, refusal: QuotaRefusal) -> QuotaRefusal:
        self.refused(refusal.quota)
        return refusal


def _forget(shares: dict[Key, CallerUsage], now: float) -> None:
    """Forget the idle callers; if all are busy, the oldest half."""
    for key in [key for key, share in shares.items() if share.is_idle(now)] or list(shares)[
        : MOST_SHARES // 2
    ]:
        del shares[key]
