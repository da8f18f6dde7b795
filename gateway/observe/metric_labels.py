"""The labels of metrics: their bounded values, and the buckets of histograms."""

from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import Counter, Gauge

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER = "other"
"""The label for every value that is not in the table."""
LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LATENESS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LAG = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class RequestOutcome(StrEnum):
    """The results of an intake request.

    `untrusted` had a missing or wrong signature, or that of another account.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNTRUSTED = "untrusted"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"


class BodyCaller(StrEnum):
    """The callers whose bodies have a budget of their own: authenticated ones, and all others."""

    KNOWN = "known"
    STRANGER = "stranger"


class Rejection(StrEnum):
    """Reasons why an item of a request was not accepted as an alert."""

    MALFORMED = "malformed"


class SendOutcome(StrEnum):
    """The results of an attempt to send a notification.

    `deferred` was not tried because the endpoint's circuit breaker was open.
    """

    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"
    DEFERRED = "deferred"


class OutboxState(StrEnum):
    """States of unsettled notifications: never tried, or to be tried again."""

    WAITING = "waiting"
    RETRYING = "retrying"


def create_series(metric: Counter | Gauge, first: str, values: Iterable[StrEnum]) -> None:
    """Create the series of a metric at 0, for each value of its second label."""
    for value in values:
        metric.labels(first, value.value)
