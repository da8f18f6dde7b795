"""A token bucket: how much of something may be used at once, and how much over time. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """Holds at most `burst` tokens and is refilled by `rate` tokens a second.

    `level` are the tokens it held at `at`, in seconds of a clock that only grows; below 0 it is in debt.
    """

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "TokenBucket":
        """Return a bucket that nobody has taken from yet."""
        return cls(rate, burst, burst, now)

    @classmethod
    def per_minute(cls, amount: float, now: float) -> "TokenBucket":
        """Return a full bucket of `amount` tokens that is filled in a minute."""
        return cls.full(amount / 60, amount, now)

    @classmethod
    def per_day(cls, amount: float, now: float) -> "TokenBucket":
        """Return a full bucket of `amount` tokens that is filled in a day."""
        return cls.full(amount / 86_400, amount, now)

    def refill(self, now: float) -> float:
        """Return the tokens held now."""
        if now > self.at:
            level = self.level + (now - self.at) * self.rate
            self.level, self.at = min(self.burst, level), now
        return self.level

    def take(self, cost: float, now: float) -> float:
        """Take tokens and return 0.0; return the seconds until there are enough where there are not, and take none.

        What costs more than the bucket ever holds is taken from a full one, which is in debt then.
        """
        level = self.refill(now)
        if level < cost and level < self.burst:
            return (min(cost, self.burst) - level) / self.rate
        self.level = level - cost
        return 0.0
