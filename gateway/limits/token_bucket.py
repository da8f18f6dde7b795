"""Token buckets: limits of use at once and over time. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """A bucket of at most `burst` tokens, refilled by `rate` tokens a second.

    `level` is the number of tokens held at `at`, in seconds of a monotonic clock; below 0 the
    bucket is in debt.
    """

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "TokenBucket":
        """Return a bucket that nothing was taken from."""
        return cls(rate, burst, burst, now)

    @classmethod
    def per_minute(cls, amount: float, now: float) -> "TokenBucket":
        """Return a full bucket of `amount` tokens that refills in a minute."""
        return cls.full(amount / 60, amount, now)

    @classmethod
    def per_day(cls, amount: float, now: float) -> "TokenBucket":
        """Return a full bucket of `amount` tokens that refills in a day."""
        return cls.full(amount / 86_400, amount, now)

    def refill(self, now: float) -> float:
        """Return the tokens held now."""
        if now > self.at:
            level = self.level + (now - self.at) * self.rate
            self.level, self.at = min(self.burst, level), now
        return self.level

    def take(self, cost: float, now: float) -> float:
        """Take tokens and return 0.0, or take none and return the seconds until there are enough.

        A cost above the size of the bucket is taken from a full bucket, which is in debt then.
        """
        level = self.refill(now)
        if level < cost and level < self.burst:
            return (min(cost, self.burst) - level) / self.rate
        self.level = level - cost
        return 0.0
