"""The labels of metrics: their values, which are bounded, and the bounds of histograms."""

from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import Counter, Gauge

CHANNELS = ("smtp", "person", "webhook", "voice", "sms", "slack", "feishu", "wecom", "dingtalk")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CALLERS = ("known", "stranger")
PINGS = ("success", "start", "fail", "log", "unknown")
MONITORS = ("new", "up", "down", "paused")
QUOTAS = ("requests", "at_once", "bytes", "files", "strangers")
"""What a key, or an address without one, may use of a replica."""
UNJUDGED = ("pattern", "work", "number")
"""Why a silence was not judged."""
OTHER = "other"
"""What a label value that is not in the table is counted under."""
LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LATENESS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LAG = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class RequestOutcome(StrEnum):
    """How one intake request was answered; `untrusted` was not signed as it must be, or is of another account."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNTRUSTED = "untrusted"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"


class Rejection(StrEnum):
    """Why one item of a request was not taken as an alert."""

    MALFORMED = "malformed"


class SendOutcome(StrEnum):
    """How one attempt to tell someone ended; `deferred` was not tried because the endpoint's circuit was open."""

    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"
    DEFERRED = "deferred"


class OutboxState(StrEnum):
    """What still waits in the outbox: never tried, or tried and to be tried again."""

    WAITING = "waiting"
    RETRYING = "retrying"


def channel_label(channel: str) -> str:
    """The label of a channel; one that does not exist is `other`."""
    return channel if channel in CHANNELS else OTHER


def create_series(metric: Counter | Gauge, first: str, values: Iterable[StrEnum]) -> None:
    """Let a metric begin at 0 for each value of its second label."""
    for value in values:
        metric.labels(first, value.value)
